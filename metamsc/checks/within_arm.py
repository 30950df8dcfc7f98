"""The change of one arm beside what is printed of it: its P and t, and the correlation that made it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metamsc.checks.changes import Course, courses, same_people
from metamsc.checks.distributions import t_p
from metamsc.checks.printed_tests import MOST, UNNAMED_ROOM, claimed_z, p_span, z_of
from metamsc.checks.rounding import Range, half_unit, unrounded
from metamsc.checks.rows import Row, rows, sd_range
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.values import ArmValue

BOUNDS = (0.05, 0.01, 0.001, 0.0001)
"""P values that are mostly bounds, whatever sign is written."""
T_ROOM = 0.03
"""Share by which t may differ: it was computed from more digits than change and SD are printed with."""
R_ROOM = 0.05
"""Correlation: the SDs may be of a few participants more."""


def check_change_gives_test(study: Study) -> Iterator[Finding]:
    """Check that change, spread and n of an arm give its printed t and P."""
    for row in rows(study):
        for arm, value in (row.result.arms or {}).items():
            if value.change is None or (value.p is None and value.t is None):
                continue
            yield from _t_and_p(row, arm, value)
            expected = _t_of_change(value)
            if expected is not None:
                yield from _change_and_test(row, arm, value, expected)


def _t_of_change(value: ArmValue) -> Range | None:
    """|t| of a change over all that rounding allows; None where spread or n are not given."""
    spread, n = sd_range(value), value.n
    if value.change is None or spread is None or n is None or n < 2:
        return None
    apart, room, root = abs(value.change), half_unit(value.change), math.sqrt(n)
    high = (apart + room) / (spread.low / root) if spread.low > 0 else 1e6
    return Range(max(0.0, apart - room) / (spread.high / root), high)


def _t_and_p(row: Row, arm: str, value: ArmValue) -> Iterator[Finding]:
    """P beside the t of the same paired test."""
    if value.t is None or value.p is None or value.n is None or value.n < 2:
        return
    low, high = unrounded(abs(value.t))
    z = Range(z_of(t_p(max(low, 0.0), value.n - 1)), z_of(t_p(high, value.n - 1)))
    if not claimed_z(value.p, value.p_operator).widened(1e-6).meets(z):
        message = f"P {value.p_operator} {value.p:g}; t = {value.t:g} on {value.n - 1} df gives {p_span(z)}"
        yield Finding(row.arm_path(arm, "p"), message, "check t, n and P against the paper; is P two-sided?")


def _change_and_test(row: Row, arm: str, value: ArmValue, expected: Range) -> Iterator[Finding]:
    spread = "SD" if value.sd else "SE"
    hint = f"check change, n and the paper's word for the {spread}: SD or SE?"
    if value.t is not None:
        size = abs(value.t)
        if not Range(*unrounded(size)).widened(T_ROOM * size).meets(expected):
            message = (
                f"t = {value.t:g}; change, {spread} and n give {expected.low:.3g} to {expected.high:.3g}"
            )
            yield Finding(row.arm_path(arm, "t"), message, hint)
        return
    assert value.p is not None  # a caller's condition  # noqa: S101
    df = (value.n or 2) - 1
    z = Range(z_of(t_p(expected.low, df)), z_of(t_p(expected.high, df)))
    claimed = claimed_z(value.p, value.p_operator)
    if value.p in BOUNDS and value.p_operator == "=":
        claimed = Range(claimed.low, MOST)
    if not claimed.widened(UNNAMED_ROOM).meets(z):
        message = f"P {value.p_operator} {value.p:g}; change, {spread} and n give {p_span(z)}"
        yield Finding(row.arm_path(arm, "p"), message, hint)


def check_correlation_given(study: Study) -> Iterator[Finding]:
    """Check that a printed correlation is the one that the SDs before, after and of the change imply."""
    for course in courses(study):
        printed, row = _printed_correlation(course)
        if printed is None or course.before is None or course.change is None:
            continue
        changed = course.change[1]
        if not same_people(course.before, course.value, changed):
            continue
        sds = [sd_range(value) for value in (course.before, course.value, changed)]
        if sds[0] is None or sds[1] is None or sds[2] is None:
            continue
        implied = [
            (a * a + b * b - c * c) / (2 * a * b)
            for a in sds[0]
            for b in sds[1]
            for c in sds[2]
            if a > 0 and b > 0
        ]
        room = R_ROOM + half_unit(printed)
        if implied and not min(implied) - room <= printed <= max(implied) + room:
            low, high = f"{min(implied):.2f}", f"{max(implied):.2f}"
            message = f"correlation {printed:g}; the SDs imply {low if low == high else f'{low} to {high}'}"
            hint = "one of the SDs is an SE, or the correlation is of another group"
            yield Finding(row.arm_path(course.arm, "correlation"), message, hint)


def _printed_correlation(course: Course) -> tuple[float | None, Row]:
    if course.value.correlation is not None:
        return course.value.correlation, course.after
    if course.change is not None:
        return course.change[1].correlation, course.change[0]
    return None, course.after
