"""Values before, values after and the change between them; differences and the arms they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from metamsc.checks.rounding import half_unit
from metamsc.checks.rows import Row, once_per_study, sd_of, sd_range, series
from metamsc.checks.rule import Finding
from metamsc.records.model import Result, Study
from metamsc.records.values import ArmValue
from metamsc.vocabulary import ChangeWord, ComparisonWord

OTHER_PEOPLE = 0.25
"""Share of an SD by which completers may differ from all who began, where n differs or is not given."""


class Course(NamedTuple):
    """What one arm of one outcome prints before, after and as the change."""

    arm: str
    before: ArmValue | None
    after: Row
    value: ArmValue
    change: tuple[Row, ArmValue] | None


@once_per_study
def courses(study: Study) -> tuple[Course, ...]:
    """Every arm of every outcome with what it prints before, after and as the change."""
    return tuple(_each_course(study))


def _each_course(study: Study) -> Iterator[Course]:
    for group in series(study).values():
        at_start = [row for row in group if row.days == 0]
        for row in group:
            if row.days is None or row.days <= 0:
                continue
            for arm, value in (row.result.arms or {}).items():
                before = next((found for r in at_start if (found := _mean(r.result, arm))), None)
                change = next(
                    ((r, r.result.arms[arm]) for r in group if r.result.arms and _is_change(r, row, arm)),
                    None,
                )
                yield Course(arm, before, row, value, change)


def _mean(result: Result, arm: str) -> ArmValue | None:
    value = (result.arms or {}).get(arm)
    return value if value is not None and value.mean is not None else None


def _is_change(row: Row, after: Row, arm: str) -> bool:
    value = (row.result.arms or {}).get(arm)
    return value is not None and value.change is not None and row.days == after.days


def same_people(*values: ArmValue) -> bool:
    """Whether n is given and the same."""
    sizes = {value.n for value in values}
    return len(sizes) == 1 and None not in sizes


def check_change_is_difference(study: Study) -> Iterator[Finding]:
    """Check that a change is the final value minus the baseline value."""
    for arm, before, _after, value, change in courses(study):
        if before is None or before.mean is None or value.mean is None or change is None:
            continue
        row, changed = change
        if changed.change is None:
            continue
        expected = value.mean - before.mean
        printed = (value.mean, before.mean, changed.change)
        room = sum(half_unit(number, *printed) for number in printed)
        if not same_people(before, value, changed):
            spread = max((sd for v in (before, value) if (sd := sd_of(v))), default=abs(expected) or 1.0)
            room += OTHER_PEOPLE * spread
        if abs(changed.change - expected) <= room * 1.000001:
            continue
        message = (
            f"change {changed.change:g}; final {value.mean:g} minus baseline {before.mean:g} "
            f"is {expected:.4g}"
        )
        hint = "one of the three is of another group, time or unit"
        if abs(changed.change + expected) <= room * 1.000001:
            hint = f"the sign is exchanged: a change is final minus baseline, {expected:.4g}"
        yield Finding(row.arm_path(arm, "change"), message, hint)


def check_correlation_possible(study: Study) -> Iterator[Finding]:
    """Check that SDs before, after and of the change imply a correlation between -1 and 1."""
    for arm, before, _after, value, change in courses(study):
        if before is None or value.mean is None or change is None:
            continue
        row, changed = change
        if not same_people(before, value, changed):
            continue
        first, last, between = sd_range(before), sd_range(value), sd_range(changed)
        if first is None or last is None or between is None:
            continue
        apart = max(first.low - last.high, last.low - first.high, 0.0)
        if between.high < apart or between.low > first.high + last.high:
            sds = [sd_of(v) or 0.0 for v in (before, value, changed)]
            r = (sds[0] ** 2 + sds[1] ** 2 - sds[2] ** 2) / (2 * sds[0] * sds[1])
            message = (
                f"SDs {sds[0]:.4g} before, {sds[1]:.4g} after and {sds[2]:.4g} of the change "
                f"imply a correlation of {r:.2f}"
            )
            label = "sd" if changed.sd else "se"
            hint = "one of the three is a standard error, or of another group"
            yield Finding(row.arm_path(arm, label), message, hint)


def check_difference_is_of_arms(study: Study) -> Iterator[Finding]:
    """Check that a difference is treated minus control of the values printed per arm."""
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None or contrast.difference is None or contrast.adjusted_for is not None:
            continue
        for other in study.results:
            if not _same_row(result, other):
                continue
            field = "mean" if contrast.value == "final" else "change"
            arms = other.arms or {}
            treated, control = arms.get(contrast.treatment), arms.get(contrast.control)
            a, b = getattr(treated, field, None), getattr(control, field, None)
            if a is None or b is None or treated is None or control is None:
                continue
            printed = (a, b, contrast.difference)
            room = sum(half_unit(number, *printed) for number in printed)
            spread = max((sd for v in (treated, control) if (sd := sd_of(v))), default=abs(a - b))
            room += OTHER_PEOPLE * spread
            if abs(contrast.difference - (a - b)) <= room:
                continue
            message = f"difference {contrast.difference:g}; {field} {a:g} minus {b:g} is {a - b:.4g}"
            hint = "an adjusted difference says so in `adjusted_for`"
            if abs(contrast.difference + (a - b)) <= room:
                hint = "the sign is exchanged: a difference is treated minus control"
            yield Finding(("results", index, "contrast", "difference"), message, hint)


def _same_row(one: Result, other: Result) -> bool:
    return (one.outcome, one.definition, one.unit, one.at, one.subgroup) == (
        other.outcome, other.definition, other.unit, other.at, other.subgroup,
    )  # fmt: skip


_SIGN = {ChangeWord.FELL: -1, ChangeWord.ROSE: 1, ComparisonWord.LOWER: -1, ComparisonWord.HIGHER: 1}


def check_words_and_sign(study: Study) -> Iterator[Finding]:
    """Check that words (fell, rose, lower, higher) and the sign of the number agree."""
    for arm, before, after, value, _ in courses(study):
        found = _movement(before, value)
        if found is not None and value.said is None:
            yield from _note_and_sign(after, arm, value)
        if found is None or value.said is None or value.said not in _SIGN:
            continue
        moved, name, shown = found
        if moved * _SIGN[value.said] < 0:
            message = f"the text says {value.said.value!r}; {shown}"
            yield Finding(after.arm_path(arm, name), message, _WORD_HINT)
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None or contrast.said is None or contrast.said not in _SIGN:
            continue
        ratio = contrast.ratio
        moved = (contrast.difference or 0.0) if ratio is None else ratio - 1
        if moved * _SIGN[contrast.said] < 0:
            number = (
                f"the difference is {contrast.difference}" if ratio is None else f"the ratio is {ratio:g}"
            )
            name = "difference" if ratio is None else "ratio"
            message = f"the text says {contrast.said.value!r}; {number}"
            yield Finding(("results", index, "contrast", name), message, _WORD_HINT)


_FALLING = re.compile(r"\b(fell|fall\b|decreas|reduc|declin|drop|lower(ed)?\b)", re.IGNORECASE)
_RISING = re.compile(r"\b(rose|rise\b|increas|gain|went up)", re.IGNORECASE)


def _note_and_sign(row: Row, arm: str, value: ArmValue) -> Iterator[Finding]:
    """Find a change above 0 whose note speaks of a reduction, or the other way round."""
    for name in ("change", "percent_change"):
        number = getattr(value, name)
        if number is None or value.note is None:
            continue
        words = [
            found[0] if found else None for found in (_FALLING.search(value.note), _RISING.search(value.note))
        ]
        word = words[0] if number > 0 else words[1]
        if number != 0 and word is not None and (words[0] is None) != (words[1] is None):
            message = f"the note says {word!r}...; the {name.replace('_', ' ')} is {number:g}"
            yield Finding(row.arm_path(arm, name), message, _WORD_HINT)


_WORD_HINT = "one of the two is misread, or the arms are exchanged; a change is final minus baseline"


def _movement(before: ArmValue | None, value: ArmValue) -> tuple[float, str, str] | None:
    """Direction of an arm's change, the field that shows it, and how to say it."""
    for name in ("change", "percent_change"):
        number = getattr(value, name)
        if number is not None:
            return number, name, f"the {name.replace('_', ' ')} is {number:g}"
    if value.mean is not None and before is not None and before.mean is not None:
        return value.mean - before.mean, "mean", f"from {before.mean:g} to {value.mean:g}"
    return None
