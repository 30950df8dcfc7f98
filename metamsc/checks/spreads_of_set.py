"""Spreads beside those of the other studies of a review: the catalogue knows few outcomes, a set its own."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, median

from metamsc.checks.rule import Finding
from metamsc.checks.spread_evidence import spread_series
from metamsc.checks.spreads import Suspect, finding, suspects
from metamsc.checks.usual_spread import LEAST_WIDTH, Usual
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.vocabulary import Setting

LEAST_COHORTS = 6
"""Of five cohorts, two mistaken ones could move the median and its spread."""
_MAD_TO_SD = 1.4826


def check_spread_among_studies(studies: Studies) -> Iterator[tuple[Study, Finding]]:
    """Check SDs against those of the same outcome in the other studies of the set."""
    usual = usual_in_set(studies)
    if not usual:
        return
    for study in studies:
        others = {outcome: found for (setting, outcome), found in usual.items() if _is(study, setting)}
        if not any(result.outcome in others for result in study.results):
            continue
        told = {suspect.series.outcome for suspect in suspects(study)}  # P702 to P704 tell
        for suspect in suspects(study, others):
            if suspect.series.outcome not in told and suspect.series.usual is not None:
                yield study, _among(suspect)


def _is(study: Study, setting: Setting) -> bool:
    return study.study.setting is setting


def _among(suspect: Suspect) -> Finding:
    return finding(suspect, "in the other studies")


def usual_in_set(studies: Studies) -> dict[tuple[Setting, str], Usual]:
    """Return the usual log(SD/mean) by setting and outcome, where at least six cohorts give SDs.

    Median over cohorts and median absolute deviation: half of them may be mistaken before it moves far.
    """
    found: dict[tuple[Setting, str], dict[str, list[float]]] = {}
    for study in studies:
        for series in spread_series(study):
            ratios = [s.log_cv for s in series.spreads if s.log_cv is not None and not s.of_change]
            if ratios:
                cohorts = found.setdefault((study.study.setting, series.outcome), {})
                cohorts.setdefault(study.cohort, []).extend(ratios)
    usual = {}
    for key, cohorts in found.items():
        if len(cohorts) >= LEAST_COHORTS:
            values = [fmean(ratios) for ratios in cohorts.values()]
            centre = median(values)
            width = _MAD_TO_SD * median(abs(value - centre) for value in values)
            usual[key] = Usual(centre, max(LEAST_WIDTH, width))
    return usual
