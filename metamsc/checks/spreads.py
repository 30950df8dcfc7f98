"""Spreads that are not what they are called: an SE for an SD, an SD for an SE, a slipped decimal point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from metamsc.checks.contrasts import large_contrasts
from metamsc.checks.plausibility import implausible
from metamsc.checks.rows import Row, known_outcome, once_per_study, pairs, sd_of, series
from metamsc.checks.rule import Finding
from metamsc.checks.spread_evidence import STRONG, Difference, Reading, Series, Spread, best_reading
from metamsc.checks.spread_rows import spread_series
from metamsc.checks.usual_spread import Usual, unit_of_spread
from metamsc.records.model import Study
from metamsc.records.values import ArmValue
from metamsc.vocabulary import Setting

TEN = math.log(10)
LARGE_SMD = 3.0
"""Kadlec et al. (2022), Sports Med: 60 % of SMDs above 3 in 20 meta-analyses were mix-ups of SE and SD."""


MENTION = math.log(3)
"""Effects in animals are large: three SDs are told where a Bayes factor of 3 speaks for SEs."""


class Suspect(NamedTuple):
    """Spreads of one series with the reading that fits better."""

    series: Series
    reading: Reading
    kind: str
    """"se" (an SE called SD), "sd" (an SD called SE), "ten" (a decimal point too far left), "tenth"."""


def suspects(study: Study, others: Mapping[str, Usual] | None = None) -> list[Suspect]:
    """Return the series whose spreads fit another reading better, each with the best one."""
    return list(_own_suspects(study)) if others is None else _suspects(study, others)


@once_per_study
def _own_suspects(study: Study) -> tuple[Suspect, ...]:
    return tuple(_suspects(study, None))


def _suspects(study: Study, others: Mapping[str, Usual] | None) -> list[Suspect]:
    found = list(spread_series(study, others))
    weak: list[Suspect] = []
    strong: list[Suspect] = []
    for each in found:
        best = max(_readings(each), key=lambda suspect: suspect.reading.evidence, default=None)
        if best is not None and best.reading.evidence >= STRONG:
            strong.append(best)
        elif best is not None and best.kind in ("se", "sd") and best.reading.evidence > 0:
            weak.append(best)
    return strong + _joined(weak, strong)


def _readings(found: Series) -> Iterator[Suspect]:
    roots = {i: math.log(spread.n) / 2 for i, spread in enumerate(found.spreads)}
    for label in sorted({spread.label for spread in found.spreads}):
        kind, factors = ("se", roots) if label == "sd" else ("sd", {i: -x for i, x in roots.items()})
        reading = best_reading(found, label, factors)
        if reading is not None:
            yield Suspect(found, reading, kind)
        if not _far_out(found):
            continue
        for kind, factor in (("ten", TEN), ("tenth", -TEN)):
            reading = best_reading(found, label, dict.fromkeys(roots, factor))
            if reading is not None:
                # slips of a decimal point are rarer than mix-ups of SD and SE
                yield Suspect(found, reading._replace(evidence=reading.evidence - 1.0), kind)


def _far_out(found: Series) -> bool:
    """Whether a spread is so far from the usual, or from the others, that a factor of 10 comes near."""
    ratios = [spread.log_usual for spread in found.spreads if spread.log_usual is not None]
    sizes = [spread.log_sd for spread in found.spreads]
    centre = found.usual.centre if found.usual is not None else None
    off = max((abs(ratio - centre) for ratio in ratios), default=0.0) if centre is not None else 0.0
    return max(off, max(sizes) - min(sizes)) > TEN / 2


def _joined(weak: list[Suspect], strong: list[Suspect]) -> list[Suspect]:
    """Outcomes of one table share a mistake: together their evidence may be strong."""
    joined: list[Suspect] = []
    for kind in ("se", "sd"):
        same = [s for s in weak if s.kind == kind and len(s.reading.members) == len(s.series.spreads)]
        before = any(s.kind == kind and len(s.reading.members) == len(s.series.spreads) for s in strong)
        if same and (before or sum(s.reading.evidence for s in same) >= STRONG):
            joined += same
    return joined


def check_se_for_sd(study: Study) -> Iterator[Finding]:
    """Check that an SD is not a standard error: by SD/mean, the other arm and the difference of arms."""
    yield from (finding(s, "") for s in suspects(study) if s.kind == "se")


def check_sd_for_se(study: Study) -> Iterator[Finding]:
    """Check that a standard error is not an SD, by the same evidence."""
    yield from (finding(s, "") for s in suspects(study) if s.kind == "sd")


def check_decimal_point(study: Study) -> Iterator[Finding]:
    """Check that a spread is not ten times too large or too small."""
    yield from (finding(s, "") for s in suspects(study) if s.kind in ("ten", "tenth"))


def finding(suspect: Suspect, whose: str) -> Finding:
    """Say what is printed, what is usual and which reading fits; `whose` names other studies."""
    members = suspect.reading.members
    first = suspect.series.spreads[members[0]]
    label = first.label.upper()
    own = f"{label} {first.number:g}" + (f" is an SD of {first.sd:.3g}" if label == "SE" else "")
    usual = suspect.series.usual
    parts = [own]
    if first.log_usual is not None and usual is not None:
        beside = _beside_usual(suspect.series.outcome, first, usual, f" {whose}" if whose else "")
        parts = [f"{own}{beside}"]
    apart = max((_apart(suspect.series, each) for each in suspect.series.differences), default=0.0)
    if apart >= FAR_APART and suspect.kind in ("se", "ten"):
        parts.append(f"the arms are {apart:.1f} SDs apart")
    if len(members) > 1:
        parts.append(f"{len(members) - 1} more alike")
    hints = {
        "se": f"read as a standard error it is an SD of {first.sd * math.sqrt(first.n):.3g}: "
        f"if the paper says SE or SEM, write `se: {first.number:g}`",
        "sd": f"if the paper says SD, write `sd: {first.number:g}`; as SE it is an SD of {first.sd:.3g}",
        "ten": f"{first.number * 10:g} would fit: check the decimal point",
        "tenth": f"{first.number / 10:g} would fit: check the decimal point",
    }
    return Finding(first.path, "; ".join(parts), hints[suspect.kind])


FAR_APART = 2.0
"""SDs; a smaller difference adds nothing to the message."""


def _apart(series: Series, difference: Difference) -> float:
    one, other = series.spreads[difference.treated].sd, series.spreads[difference.control].sd
    return abs(difference.size) / math.sqrt((one**2 + other**2) / 2)


def _beside_usual(outcome_id: str, spread: Spread, usual: Usual, whose: str) -> str:
    """Say how large the SD is, and how large it usually is."""
    verb = "," if spread.label == "se" else " is"
    unit = unit_of_spread(outcome_id)
    if unit is not None:
        low, high = (f"{end:.2g}" for end in usual.span)
        return f"{'' if spread.label == 'se' else f' {unit}'}; usual are {low} to {high} {unit}{whose}"
    low, high = (_percent(end) for end in usual.span)
    of = "of the level" if spread.of_change else "of the mean"
    ratio = _percent(math.exp(spread.log_usual or 0.0))
    return f"{verb} {ratio}% {of}; usual are {low} to {high}%{whose}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g}" if share < 0.995 else f"{100 * share:.0f}"


MOST_OF_MEAN = 3.0
"""SD over mean of what cannot be negative; of 15 groups with ulcers, skewed as they are, the most was 1.3."""


def check_sd_many_times_mean(study: Study) -> Iterator[Finding]:
    """Check that the SD of what cannot be negative is not many times its mean."""
    for group in series(study).values():
        for row in group:
            outcome = known_outcome(row.result)
            if outcome is None or not outcome.plausible or any(e.range[0] < 0 for e in outcome.plausible):
                continue
            for arm, value in (row.result.arms or {}).items():
                sd = sd_of(value)
                if sd is None or not value.mean or value.mean < 0 or sd <= MOST_OF_MEAN * value.mean:
                    continue
                if any(
                    row.index == s.series.spreads[i].row for s in suspects(study) for i in s.reading.members
                ):
                    continue  # P702 to P704 tell
                message = f"the SD {sd:.3g} is {sd / value.mean:.0f} times the mean {value.mean:g}"
                hint = f"{outcome.id} is never below 0: check the decimal points of mean and spread"
                yield Finding(row.arm_path(arm, "mean"), message, hint)


def check_large_difference(study: Study) -> Iterator[Finding]:
    """Check that arms are no more than three SDs apart, unless the spread is already in doubt."""
    yield from large_contrasts(study)
    large = list(_large_differences(study))
    if not large:
        return
    doubted = {
        s.series.spreads[i].path[:2] for s in suspects(study) for i in s.reading.members
    }  # P702 to P704 tell
    for place, message, hint in large:
        if place[:2] not in doubted:
            yield Finding(place, message, hint)


def _large_differences(study: Study) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    animals = study.study.setting is Setting.PRECLINICAL
    found = list(spread_series(study)) if animals else []
    for group in series(study).values():
        for row in group:
            outcome = known_outcome(row.result)
            if outcome is None or outcome.kind == "event":
                continue
            for treated, control in pairs(study, row):
                a, b = (row.result.arms or {})[treated], (row.result.arms or {})[control]
                one, other, first, second = sd_of(a), sd_of(b), _level(a), _level(b)
                if one is None or other is None or first is None or second is None:
                    continue
                if a.centre != b.centre or not a.n or not b.n:
                    continue
                if implausible(study, row, a) or implausible(study, row, b):
                    continue  # P701 tells
                apart = abs(first - second)
                smd = apart / math.sqrt((one**2 + other**2) / 2)
                if smd <= LARGE_SMD or (animals and not _could_be_ses(found, row)):
                    continue
                label = "sd" if a.sd else "se"
                message = f"the arms {treated!r} and {control!r} are {smd:.1f} SDs apart"
                lower = smd / math.sqrt((a.n + b.n) / 2)
                hint = "check spread and means against the paper"
                if a.sd and b.sd:
                    hint = f"if the paper says SE, the difference is {lower:.1f} SDs: write `se`"
                yield row.arm_path(treated, label), message, hint


def _could_be_ses(found: Sequence[Series], row: Row) -> bool:
    """Whether the spreads of a row fit better as SEs, if not so much better that P702 tells."""
    for each in found:
        if any(spread.row == row.index for spread in each.spreads):
            roots = {i: math.log(spread.n) / 2 for i, spread in enumerate(each.spreads)}
            reading = best_reading(each, "sd", roots)
            return reading is not None and reading.evidence >= MENTION
    return True


def _level(value: ArmValue) -> float | None:
    return value.mean if value.mean is not None else value.change
