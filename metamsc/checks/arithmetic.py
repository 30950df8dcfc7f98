"""Arithmetic: numbers of one row that cannot all be right."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.rounding import SLACK, half_unit
from metamsc.checks.rows import arm_values, rows, summaries
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.vocabulary import Design, UnitOfAnalysis


def check_events_within_n(study: Study) -> Iterator[Finding]:
    """Check that events are no more than participants."""
    for path, _, value in arm_values(study):
        if value.events is not None and value.n is not None and value.events > value.n:
            message = f"{value.events} events in {value.n} participants"
            yield Finding((*path, "events"), message, "are events and n exchanged?")


def check_percent_possible(study: Study) -> Iterator[Finding]:
    """Check that a printed percentage is a whole number of participants, up to rounding."""
    for path, _, value in arm_values(study):
        if value.percent is None or value.n is None or value.n == 0 or value.events is not None:
            continue
        count = round(value.percent * value.n / 100)
        if abs(100 * count / value.n - value.percent) > half_unit(value.percent) + SLACK:
            nearest = f"{count} would be {100 * count / value.n:.4g}%"
            message = f"{value.percent:g}% of {value.n} is no whole number; {nearest}"
            yield Finding((*path, "percent"), message, "the percentage may be of another n")


def check_percent_is_events(study: Study) -> Iterator[Finding]:
    """Check that events, n and percent agree."""
    for path, _, value in arm_values(study):
        if value.percent is None or not value.n or value.events is None:
            continue
        exact = 100 * value.events / value.n
        if abs(exact - value.percent) > half_unit(value.percent) + SLACK:
            message = (
                f"{value.events} of {value.n} is {exact:.4g}%; the percentage given is {value.percent:g}"
            )
            yield Finding((*path, "percent"), message, "one of the three numbers is of another group")


def check_n_within_randomised(study: Study) -> Iterator[Finding]:
    """Check that no more participants are analysed than were randomised."""
    randomised = {arm.id: arm.n_randomised for arm in study.arms}
    for path, arm, value in arm_values(study):
        limit = randomised.get(arm)
        unit = study.results[int(path[1])].unit_of_analysis
        if unit is not UnitOfAnalysis.PARTICIPANTS or limit is None or value.n is None:
            continue
        if value.n > limit:
            message = f"{value.n} analysed; the arm has {limit} randomised"
            yield Finding((*path, "n"), message, _OTHER_UNITS)
    yield from _rows_within_randomised(study)


_OTHER_UNITS = "limbs, wounds or eyes are declared in `unit_of_analysis`"


def _rows_within_randomised(study: Study) -> Iterator[Finding]:
    """Arms of one row that add up to more than all who were randomised, where arms are not given apart."""
    total = study.study.n_randomised
    again = study.study.design in (Design.RCT_CROSSOVER, Design.RCT_WITHIN_PERSON)
    if total is None or again or all(arm.n_randomised is not None for arm in study.arms):
        return
    for row in rows(study):
        analysed = sum(value.n or 0 for value in (row.result.arms or {}).values())
        if row.result.unit_of_analysis is UnitOfAnalysis.PARTICIPANTS and analysed > total:
            message = f"{analysed} analysed in all arms; {total} were randomised"
            yield Finding((*row.path, "arms"), message, _OTHER_UNITS)


def check_group_sizes(study: Study) -> Iterator[Finding]:
    """Check that arms do not add up to more than were randomised; women are not more than participants."""
    total = study.study.n_randomised
    sizes = [arm.n_randomised for arm in study.arms if arm.n_randomised is not None]
    if total is not None and sum(sizes) > total:
        message = f"the arms add up to {sum(sizes)}; {total} were randomised"
        yield Finding(("study", "n_randomised"), message, "count each participant once")
    for index, arm in enumerate(study.arms):
        if arm.n_female is not None and arm.n_randomised is not None and arm.n_female > arm.n_randomised:
            message = f"{arm.n_female} women among {arm.n_randomised} participants"
            yield Finding(("arms", index, "n_female"), message, "give a count, not a percentage")


def check_interval_holds_centre(study: Study) -> Iterator[Finding]:
    """Check that a confidence interval contains the value it belongs to."""
    for path, summary in summaries(study):
        if summary.ci is not None and summary.centre is not None:
            yield from _outside((*path, "ci"), getattr(summary, summary.centre), summary.ci, summary.centre)
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None or contrast.ci is None:
            continue
        name = "difference" if contrast.difference is not None else "ratio"
        yield from _outside(("results", index, "contrast", "ci"), getattr(contrast, name), contrast.ci, name)


def _outside(path: Path, value: float, pair: tuple[float, float], name: str) -> Iterator[Finding]:
    if not pair[0] <= value <= pair[1]:
        message = f"the {name} {value:g} lies outside {pair[0]:g} to {pair[1]:g}"
        yield Finding(path, message, "look for a lost minus sign or an exchanged number")


def check_quartiles_ordered(study: Study) -> Iterator[Finding]:
    """Check the order of lowest, first quartile, median, third quartile and highest value."""
    for path, summary in summaries(study):
        if summary.iq_range is not None and summary.median is not None:
            yield from _outside((*path, "iq_range"), summary.median, summary.iq_range, "median")
        centre = summary.median if summary.median is not None else summary.mean
        if summary.range is not None and centre is not None:
            name = "median" if summary.median is not None else "mean"
            yield from _outside((*path, "range"), centre, summary.range, name)
        if summary.range is not None and summary.iq_range is not None:
            for quartile in summary.iq_range:
                yield from _outside((*path, "range"), quartile, summary.range, "quartile")


def check_spread_above_zero(study: Study) -> Iterator[Finding]:
    """Check that no SD or SE is 0, which gives a study infinite weight."""
    for path, summary in summaries(study):
        for name in ("sd", "se"):
            if getattr(summary, name) == 0:
                hint = f"leave `{name}` out and say in `note` what is printed"
                yield Finding((*path, name), f"the {name.upper()} is 0", hint)
        if summary.spread is not None and summary.spread.value == 0:
            yield Finding(
                (*path, "spread"), "the ± is 0", "leave `spread` out and say in `note` what is printed"
            )
