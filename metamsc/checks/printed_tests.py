"""Printed tests: whether they agree with themselves, and whether means, SDs and counts give them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from metamsc.checks.distributions import (
    chi2_p,
    f_p,
    fisher_p,
    normal_p,
    normal_quantile,
    t_p,
)
from metamsc.checks.rounding import Range, half_unit, unrounded
from metamsc.checks.rows import Row, centre, rows, sd_range
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.values import ArmValue, PrintedTest
from metamsc.vocabulary import StatisticalTest

NAMED_ROOM = 0.15
"""Room on the z scale where the test is named: n may differ by a participant or two from the table's."""
UNNAMED_ROOM = 1.0
"""Where it is not: an adjusted or rank test of the same data, P = 0.05 beside 0.003 to 0.34."""
MOST = 37.0
"""|z| beyond which P is 0 in floating point."""
MOST_DF = 1e4
"""Degrees of freedom of a chi-square: more than a table in a paper has."""
MOST_N_OF_FISHER = 20_000
"""Above, chi-square is as good, and the tables to add up are many."""
_OF_MEANS = frozenset({StatisticalTest.T, StatisticalTest.WELCH, StatisticalTest.Z, StatisticalTest.F})
_OF_COUNTS = frozenset({StatisticalTest.CHI2, StatisticalTest.FISHER, StatisticalTest.Z})


def z_of(p: float) -> float:
    """|z| whose two-sided P value is `p`, at most 37."""
    return MOST if p <= normal_p(MOST) else normal_quantile(min(p, 1.0))


def _printed_z(printed: PrintedTest) -> Range | None:
    """|z| that the printed P stands for, so that P values can be compared on one scale."""
    return None if printed.p is None else claimed_z(printed.p, printed.p_operator)


def claimed_z(p: float, operator: str) -> Range:
    """|z| that a printed two-sided P stands for."""
    if operator == "<":  # a bound is not rounded
        return Range(z_of(p), MOST)
    if operator == ">":
        return Range(0.0, z_of(p))
    low, high = unrounded(p)
    # "P = 0.000" is what some programs print for anything below half of the last place
    return Range(z_of(high), z_of(max(low, 0.0)))


def _tail(test: StatisticalTest, statistic: float, df: float | None, df_between: int) -> float | None:
    """P value of a statistic; None where the degrees of freedom are not known."""
    if test is StatisticalTest.Z:
        return normal_p(statistic)
    if test is StatisticalTest.CHI2:
        degrees = df if df is not None else df_between
        return chi2_p(statistic, degrees) if 0 < degrees < MOST_DF else None
    if df is None or df <= 0:
        return None
    if test is StatisticalTest.F:
        return f_p(statistic, df_between, df) if df_between > 0 else None
    return t_p(statistic, df)


def check_test_agrees(study: Study) -> Iterator[Finding]:
    """Check that statistic, degrees of freedom and P of a printed test belong together."""
    for row in rows(study):
        printed = row.result.between
        if (
            printed is None
            or printed.statistic is None
            or printed.test not in (*_OF_MEANS, StatisticalTest.CHI2)
        ):
            continue
        values = _tested(row, printed)
        n = sum(value.n or 0 for value in values) if all(value.n for value in values) else None
        df = printed.df
        if printed.test is StatisticalTest.T and n is not None:
            if df is not None and df != n - len(values):
                message = f"{df:g} degrees of freedom; n of the arms gives {n - len(values)}"
                hint = "n of the row, or the test, is of another group"
                yield Finding((*row.path, "between", "df"), message, hint)
            df = df if df is not None else n - len(values)
        yield from _p_of_statistic(row, printed, df, len(values) - 1)


def _p_of_statistic(row: Row, printed: PrintedTest, df: float | None, groups: int) -> Iterator[Finding]:
    claimed = _printed_z(printed)
    assert printed.statistic is not None  # a caller's condition  # noqa: S101
    low, high = unrounded(abs(printed.statistic))
    most = _tail(printed.test, max(low, 0.0), df, groups)
    least = _tail(printed.test, high, df, groups)
    if claimed is None or most is None or least is None:
        return
    if claimed.meets(Range(z_of(most), z_of(least)).widened(1e-6)):
        return
    sign = printed.p_operator
    exact = _tail(printed.test, abs(printed.statistic), df, groups)
    degrees = f" on {df:g} df" if df is not None else ""
    message = (
        f"P {sign} {printed.p:g}; {printed.test.value} = {printed.statistic:g}{degrees} gives {exact:.2g}"
    )
    hint = "check statistic, df and P against the paper"
    if claimed.meets(Range(z_of(most / 2), z_of(least / 2))):
        hint = "it fits a one-sided test: give the two-sided P"
    yield Finding((*row.path, "between", "p"), message, hint)


def _tested(row: Row, printed: PrintedTest) -> list[ArmValue]:
    arms = row.result.arms or {}
    names = printed.arms if printed.arms is not None else tuple(arms)
    return [arms[name] for name in names if name in arms]


def check_values_give_test(study: Study) -> Iterator[Finding]:
    """Check that means, SDs and n, or counts, give the printed statistic and P."""
    for row in rows(study):
        printed = row.result.between
        if printed is not None:
            values = _tested(row, printed)
            if len(values) == 2:
                yield from _means_and_test(row, printed, values)
                yield from _counts_and_test(row, printed, values)


class Group(NamedTuple):
    """Mean with its rounding, SD with its rounding, n."""

    mean: Range
    sd: Range
    n: int


def _group(value: ArmValue, *beside: ArmValue) -> Group | None:
    number, spread = centre(value), sd_range(value)
    if number is None or spread is None or value.n is None or value.n < 2:
        return None
    return Group(unrounded(number, *map(centre, beside)), spread, value.n)


def _t_of(a: Group, b: Group) -> tuple[Range, Range]:
    """Return |t| by Student and Welch, and |z| of its P value, each over all that rounding allows."""
    apart = abs((a.mean.low + a.mean.high - b.mean.low - b.mean.high) / 2)
    room = (a.mean.high - a.mean.low + b.mean.high - b.mean.low) / 2
    ses: dict[int, list[float]] = {}
    for end in (0, 1):
        va, vb = a.sd[end] ** 2, b.sd[end] ** 2
        pooled = ((a.n - 1) * va + (b.n - 1) * vb) / (a.n + b.n - 2)
        ses[end] = [math.sqrt(va / a.n + vb / b.n), math.sqrt(pooled * (1 / a.n + 1 / b.n))]
    low = max(0.0, apart - room) / max(ses[1])  # an SD of 0 is no SD here: sd_range leaves it out
    high = (apart + room) / min(ses[0]) if min(ses[0]) > 0 else 1e6
    most_df = a.n + b.n - 2
    zs = [z_of(t_p(t, df)) for t in (low, high) for df in (most_df, _welch_df(a, b))]
    return Range(low, high), Range(min(zs), max(zs))


def _welch_df(a: Group, b: Group) -> float:
    """Degrees of freedom by Welch-Satterthwaite."""
    va, vb = (sum(g.sd) / 2 for g in (a, b))
    wa, wb = va**2 / a.n, vb**2 / b.n
    whole = wa**2 / (a.n - 1) + wb**2 / (b.n - 1)
    return (wa + wb) ** 2 / whole if whole > 0 else a.n + b.n - 2


def _fits(printed: PrintedTest, t: Range, z: Range, room: float) -> bool:
    if printed.statistic is not None and printed.test in _OF_MEANS:
        size = abs(printed.statistic)
        low, high = unrounded(size)
        if printed.test is StatisticalTest.F:
            low, high = math.sqrt(max(low, 0.0)), math.sqrt(high)
        # 3 %: the statistic was computed from more digits than mean and SD are printed with
        return Range(low, high).widened(0.03 * size + NAMED_ROOM / 3).meets(t)  # of its P, A616 tells
    claimed = _printed_z(printed)
    return claimed is None or claimed.widened(room).meets(z)


def _means_and_test(row: Row, printed: PrintedTest, values: list[ArmValue]) -> Iterator[Finding]:
    groups = [_group(value, *values) for value in values]
    if groups[0] is None or groups[1] is None:
        return
    if printed.test not in (*_OF_MEANS, StatisticalTest.NOT_REPORTED):
        return
    room = NAMED_ROOM if printed.test in _OF_MEANS else UNNAMED_ROOM
    t, z = _t_of(groups[0], groups[1])
    if _fits(printed, t, z, room):
        return
    message = f"{_words(printed)}; means, SDs and n give |t| {_span(t)} and P {p_span(z)}"
    name = "p" if printed.p is not None else "statistic"
    hint = _other_reading(printed, values, groups[0], groups[1], room)
    yield Finding((*row.path, "between", name), message, hint)


def _words(printed: PrintedTest) -> str:
    parts = []
    if printed.statistic is not None:
        parts.append(f"{printed.test.value} = {printed.statistic:g}")
    if printed.p is not None:
        parts.append(f"P {printed.p_operator} {printed.p:g}")
    return ", ".join(parts)


def _span(t: Range) -> str:
    return f"{t.low:.3g}" if f"{t.low:.3g}" == f"{t.high:.3g}" else f"{t.low:.3g} to {t.high:.3g}"


def p_span(z: Range) -> str:
    """P values of a range of |z|, in words."""
    low, high = f"{normal_p(z.high):.2g}", f"{normal_p(z.low):.2g}"
    return low if low == high else f"{low} to {high}"


def _other_reading(printed: PrintedTest, values: list[ArmValue], a: Group, b: Group, room: float) -> str:
    """Say which other reading of the spreads gives the printed test."""
    as_se = all(value.sd for value in values)
    as_sd = all(value.se for value in values)
    if not (as_se or as_sd):
        return "check means, spreads and n against the paper"
    changed = []
    for group in (a, b):
        factor = math.sqrt(group.n) if as_se else 1 / math.sqrt(group.n)
        changed.append(group._replace(sd=Range(group.sd.low * factor, group.sd.high * factor)))
    if _fits(printed, *_t_of(changed[0], changed[1]), room):
        name, field = ("standard errors", "se") if as_se else ("standard deviations", "sd")
        return f"the printed test fits when the spreads are {name}: write `{field}`"
    return "neither SD nor SE gives the printed test: check means, n and P against the paper"


def _counts_and_test(row: Row, printed: PrintedTest, values: list[ArmValue]) -> Iterator[Finding]:
    if printed.test not in (*_OF_COUNTS, StatisticalTest.NOT_REPORTED):
        return
    a, b = values
    if a.events is None or b.events is None or not a.n or not b.n:
        return
    if a.events > a.n or b.events > b.n:
        return  # A601 tells
    statistics = _chi2_of(a.events, a.n, b.events, b.n)
    ps = [chi2_p(x, 1) for x in statistics]
    if a.n + b.n <= MOST_N_OF_FISHER:
        ps.append(fisher_p(a.events, a.n, b.events, b.n))
    z = Range(z_of(max(ps)), z_of(min(ps)))
    claimed = _printed_z(printed)
    room = NAMED_ROOM if printed.test in _OF_COUNTS else UNNAMED_ROOM
    fits = claimed is None or claimed.widened(room).meets(z)
    if printed.statistic is not None and printed.test is StatisticalTest.CHI2:
        near = Range(min(statistics), max(statistics)).widened(half_unit(printed.statistic) + 0.05)
        fits = fits and printed.statistic in near
    if fits:
        return
    counts = f"{a.events}/{a.n} and {b.events}/{b.n}"
    message = f"{_words(printed)}; {counts} give P {p_span(z)} (chi-square, corrected or not, or Fisher)"
    name = "p" if printed.p is not None else "statistic"
    yield Finding((*row.path, "between", name), message, "check the counts, n and P against the paper")


def _chi2_of(events_a: int, n_a: int, events_b: int, n_b: int) -> list[float]:
    """Pearson's chi-square without and with Yates' correction; 0 where all or none have the event."""
    events, n = events_a + events_b, n_a + n_b
    if events in (0, n):
        return [0.0, 0.0]
    cross = abs(events_a * (n_b - events_b) - events_b * (n_a - events_a))
    below = n_a * n_b * events * (n - events)
    return [n * cross**2 / below, n * max(0.0, cross - n / 2) ** 2 / below]
