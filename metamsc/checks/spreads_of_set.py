"""Spreads beside those of the other studies of a review: the catalogue knows few outcomes, a set its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from metamsc.checks.rule import Finding
from metamsc.checks.spread_rows import labelled_spreads
from metamsc.checks.spreads import finding, suspects
from metamsc.checks.usual_spread import LEAST_WIDTH, Usual
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.vocabulary import Setting

Ratios = dict[str, list[float]]
"""Outcome -> log(SD/mean) of each of its spreads."""
LEAST_COHORTS = 6
"""Of five cohorts, two mistaken ones could move the median and its spread."""
_MAD_TO_SD = 1.4826
WORTH_A_LOOK = 0.4
"""Log of SD/mean: half of what √n makes of it at n = 5; saves time."""


def check_spread_among_studies(
    studies: Studies, gathered: Sequence[Ratios]
) -> Iterator[tuple[Study, Finding]]:
    """Check SDs against those of the same outcome in the other studies of the set."""
    usual = _usual(studies, gathered)
    for study, ratios in zip(studies, gathered, strict=True):
        setting = study.study.setting
        others = {name: usual[setting, name] for name in ratios if (setting, name) in usual}
        if not any(_off(ratios[name], found) for name, found in others.items()):
            continue
        found = [suspect for suspect in suspects(study, others) if suspect.series.usual is not None]
        told = {suspect.series.outcome for suspect in suspects(study)} if found else set()
        for suspect in found:
            if suspect.series.outcome not in told:  # P702 to P704 tell
                yield study, finding(suspect, "in the other studies")


def log_spreads(study: Study) -> Ratios:
    """Return log(SD/mean) of each spread of a record, by outcome."""
    found: dict[str, list[float]] = {}
    for spread, outcome in labelled_spreads(study):
        if spread.log_usual is not None and not spread.of_change:
            found.setdefault(outcome, []).append(spread.log_usual)
    return found


def _off(ratios: list[float], usual: Usual) -> bool:
    """Whether a ratio is far enough from the usual for another reading to have any chance."""
    return any(abs(ratio - usual.centre) > WORTH_A_LOOK for ratio in ratios)


def usual_in_set(studies: Studies) -> dict[tuple[Setting, str], Usual]:
    """Return the usual log(SD/mean) by setting and outcome, where at least six cohorts give SDs.

    Median over cohorts and median absolute deviation: half of them may be mistaken before it moves far.
    """
    return _usual(studies, [log_spreads(study) for study in studies])


def _usual(studies: Studies, gathered: Sequence[Ratios]) -> dict[tuple[Setting, str], Usual]:
    found: dict[tuple[Setting, str], dict[str, list[float]]] = {}
    for study, ratios in zip(studies, gathered, strict=True):
        for outcome, own in ratios.items():
            cohorts = found.setdefault((study.study.setting, outcome), {})
            cohorts.setdefault(study.cohort, []).extend(own)
    usual = {}
    for key, cohorts in found.items():
        if len(cohorts) >= LEAST_COHORTS:
            values = [sum(own) / len(own) for own in cohorts.values()]
            centre = median(values)
            width = _MAD_TO_SD * median(abs(value - centre) for value in values)
            usual[key] = Usual(centre, max(LEAST_WIDTH, width))
    return usual
