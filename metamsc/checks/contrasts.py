"""Contrasts as printed: whether estimate, SE, interval, statistic and P belong together, and their size."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metamsc.checks.distributions import chi2_p, f_p, normal_p, normal_quantile, t_p, t_quantile
from metamsc.checks.intervals import ROOM, Z95, half_width
from metamsc.checks.printed_tests import z_of
from metamsc.checks.rounding import Range, half_unit, unrounded
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.values import Contrast
from metamsc.vocabulary import ContrastMeasure, StatisticalTest

Z_ROOM = 0.35
"""P and interval may come from two models: 0.35 on the z scale is P = 0.05 beside 0.02 to 0.11."""
T_ROOM = 0.05
"""Share by which a statistic may differ from estimate/SE, which are printed with two or three digits."""
FEW_DF, SOME_DF = 5.0, 20.0
"""Degrees of freedom where none are printed: for widths those of groups of 3 or 4, for P of groups of 11."""
LARGE_CONTRAST = 4.0
"""SDs. An adjusted difference is measured in residual SDs, 0.6 to 0.9 of those of the participants."""
_SQUARED = (StatisticalTest.F, StatisticalTest.CHI2)
_OF_ONE = (StatisticalTest.T, StatisticalTest.WELCH, StatisticalTest.Z, *_SQUARED)


def check_contrast_agrees(study: Study) -> Iterator[Finding]:
    """Check that estimate, SE, interval, statistic and P of a contrast belong together."""
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None:
            continue
        path: Path = ("results", index, "contrast")
        widths = dict(_contrast_se(contrast))
        if len(widths) == 2 and not widths["se"].meets(widths["ci"]):
            low, high = widths["ci"]
            message = f"SE {contrast.se:g}; the interval gives {low:.3g} to {high:.3g}"
            yield Finding((*path, "se"), message, "one of the two is of another estimate, or is an SD")
        yield from _statistic_disagrees(path, contrast, widths)
        told = list(_p_of_statistic(path, contrast)) or list(_p_disagrees(path, contrast, widths))
        yield from told or _interval_and_p(path, contrast)


def _df(contrast: Contrast, unknown: float) -> float:
    """Degrees of freedom: printed, from n, or `unknown`."""
    n = (contrast.n_treatment or 0) + (contrast.n_control or 0)
    return contrast.df or (n - 2.0 if n > 3 else unknown)


def _contrast_se(contrast: Contrast) -> Iterator[tuple[str, Range]]:
    """SE on the analysis scale by each way it is printed."""
    if contrast.se is not None:
        yield "se", unrounded(contrast.se)
    if contrast.ci is None:
        return
    low, high = contrast.ci
    half = half_width(contrast.ci)
    if contrast.measure is not ContrastMeasure.DIFFERENCE:
        if low <= 0 or high <= low:
            return
        room = half_unit(low, high) / low + half_unit(high, low) / high
        middle = math.log(high / low) / 2
        half = Range(max(0.0, middle - room / 2), middle + room / 2)
    yield "ci", Range(half.low / t_quantile(0.05, _df(contrast, FEW_DF)) / ROOM, half.high / Z95 * ROOM)


def _over_se(contrast: Contrast, widths: dict[str, Range]) -> tuple[str, Range] | None:
    """|estimate|/SE with what its width is called; None where no width is printed."""
    if not widths:
        return None
    beside = (contrast.se, *(contrast.ci or ()))
    if contrast.difference is not None:
        value, room = contrast.difference, half_unit(contrast.difference, *beside)
    else:
        ratio = contrast.ratio or 1.0
        value, room = math.log(ratio), half_unit(ratio, *beside) / ratio
    name, se = next(iter(widths.items()))
    least = max(0.0, abs(value) - room) / se.high if se.high > 0 else 0.0
    return name, Range(least, (abs(value) + room) / se.low if se.low > 0 else math.inf)


_WIDTHS = {"se": "the SE", "ci": "the interval"}


def _statistic_disagrees(path: Path, contrast: Contrast, widths: dict[str, Range]) -> Iterator[Finding]:
    found = _over_se(contrast, widths)
    if found is None or contrast.statistic is None or contrast.test not in _OF_ONE:
        return
    name, expected = found
    low, high = unrounded(abs(contrast.statistic))
    if contrast.test in _SQUARED:
        low, high = math.sqrt(max(low, 0.0)), math.sqrt(high)
    room = T_ROOM * high
    if Range(low, high).widened(room).meets(expected):
        return
    message = (
        f"{contrast.test.value} = {contrast.statistic:g}; estimate and {_WIDTHS[name]} give "
        f"{expected.low:.3g} to {expected.high:.3g}"
    )
    hint = "check estimate, width and statistic against the paper; is the SE an SD?"
    yield Finding((*path, "statistic"), message, hint)


def _claimed(contrast: Contrast) -> Range:
    """|z| that the printed P stands for: a bound is not rounded, a one-sided P is half of the two-sided."""
    assert contrast.p is not None  # a caller's condition  # noqa: S101
    sides = 2.0 if contrast.one_sided else 1.0
    p = unrounded(contrast.p)
    if contrast.p_operator == "<":
        return Range(normal_quantile(min(sides * contrast.p, 1.0)), math.inf)
    if contrast.p_operator == ">":
        return Range(0.0, normal_quantile(min(sides * contrast.p, 1.0)))
    least = normal_quantile(min(sides * p.high, 1.0))
    return Range(least, normal_quantile(sides * p.low) if p.low > 0 else math.inf)


def _p_of_statistic(path: Path, contrast: Contrast) -> Iterator[Finding]:
    """P beside the statistic of the same test; exact, where the degrees of freedom are known."""
    if contrast.p is None or contrast.statistic is None:
        return
    low, high = unrounded(abs(contrast.statistic))
    ps = [_tail(contrast, max(low, 0.0)), _tail(contrast, high)]
    if ps[0] is None or ps[1] is None:
        return
    if _claimed(contrast).meets(Range(normal_quantile(ps[0]), normal_quantile(ps[1])).widened(1e-6)):
        return
    exact = _tail(contrast, abs(contrast.statistic)) or 0.0
    degrees = f" on {contrast.df:g} df" if contrast.df is not None else ""
    message = (
        f"P {contrast.p_operator} {contrast.p:g}; {contrast.test.value} = {contrast.statistic:g}{degrees} "
        f"gives {exact:.2g}"
    )
    yield Finding((*path, "p"), message, "check statistic, df and P; a one-sided P says `one_sided: true`")


def _tail(contrast: Contrast, statistic: float) -> float | None:
    """Two-sided P of a statistic on one degree of freedom; None where the test does not tell it."""
    if contrast.test is StatisticalTest.Z:
        return normal_p(statistic)
    if contrast.test is StatisticalTest.CHI2:
        return chi2_p(statistic, 1)
    if contrast.df is None:
        return None
    if contrast.test is StatisticalTest.F:
        return f_p(statistic, 1, contrast.df)
    known = contrast.test in (StatisticalTest.T, StatisticalTest.WELCH)
    return t_p(statistic, contrast.df) if known else None


def _p_disagrees(path: Path, contrast: Contrast, widths: dict[str, Range]) -> Iterator[Finding]:
    found = _over_se(contrast, widths)
    if contrast.p is None or found is None or contrast.p >= 1:
        return
    name, expected = found
    by_t = Range(*(z_of(t_p(end, _df(contrast, SOME_DF))) for end in expected))
    if _claimed(contrast).meets(Range(by_t.low, max(by_t.high, expected.high)).widened(Z_ROOM)):
        return
    message = (
        f"P {contrast.p_operator} {contrast.p:g}; estimate and {_WIDTHS[name]} give about "
        f"{t_p(expected.low, _df(contrast, SOME_DF)):.2g}"
    )
    yield Finding((*path, "p"), message, "check sign, interval and P against the paper")


BEYOND_NULL = 0.05
"""Share of the half-width: an interval that ends nearer to the null may be of another method than P."""


def _interval_and_p(path: Path, contrast: Contrast) -> Iterator[Finding]:
    """Find an interval that holds the null beside P < 0.05, or the other way round."""
    if contrast.p is None or contrast.ci is None or contrast.one_sided:
        return
    low, high = contrast.ci
    if contrast.measure is not ContrastMeasure.DIFFERENCE:
        if low <= 0:
            return
        low, high = math.log(low), math.log(high)
    margin = BEYOND_NULL * (high - low) / 2 + half_unit(contrast.ci[0]) + half_unit(contrast.ci[1])
    if contrast.measure is not ContrastMeasure.DIFFERENCE:
        margin = BEYOND_NULL * (high - low) / 2
    holds, excludes = low < -margin and high > margin, low > margin or high < -margin
    p = unrounded(contrast.p)
    below = contrast.p_operator != ">" and (
        p.high < 0.05 or (contrast.p_operator == "<" and contrast.p <= 0.05)
    )
    above = contrast.p_operator != "<" and (
        p.low > 0.05 or (contrast.p_operator == ">" and contrast.p >= 0.05)
    )
    if (holds and below) or (excludes and above):
        word = "holds" if holds else "excludes"
        message = f"P {contrast.p_operator} {contrast.p:g}, and the 95% interval {word} no difference"
        yield Finding((*path, "ci"), message, "a limit or P is misread, or the interval is not the 95% one")


def large_contrasts(study: Study) -> Iterator[Finding]:
    """Differences of more than four SDs, the SD taken from their SE or interval and the n of the arms."""
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None or contrast.difference is None:
            continue
        if not contrast.n_treatment or not contrast.n_control:
            continue
        widths = dict(_contrast_se(contrast))
        if not widths:
            continue
        name, se = next(iter(widths.items()))
        sd = se.high / math.sqrt(1 / contrast.n_treatment + 1 / contrast.n_control)
        if sd <= 0 or abs(contrast.difference) <= LARGE_CONTRAST * sd:
            continue
        message = (
            f"the difference {contrast.difference:g} is {abs(contrast.difference) / sd:.1f} SDs; "
            f"{_WIDTHS[name]} and n give an SD of {sd:.3g}"
        )
        path: Path = ("results", index, "contrast", "difference")
        yield Finding(path, message, "check difference, unit, SE and decimal points against the paper")
