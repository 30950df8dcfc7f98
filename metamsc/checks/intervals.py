"""Confidence intervals beside what else is printed: SD, SE, the estimate in the middle, P."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metamsc.checks.distributions import normal_p, normal_quantile, t_quantile
from metamsc.checks.rounding import Range, half_unit, unrounded
from metamsc.checks.rows import LEVELS, centre, summaries
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.values import Contrast, Summary
from metamsc.vocabulary import ContrastMeasure

Z95 = 1.959963984540054
ROOM = 1.10
"""An interval from a model with a pooled SD differs from mean ± t·SD/√n by some per cent."""
SKEW = 0.10
"""Share of the half-width by which the estimate may be off the middle, beyond rounding."""
Z_ROOM = 0.35
"""P and interval may come from two models: 0.35 on the z scale is P = 0.05 beside 0.02 to 0.11."""


def check_interval_fits_spread(study: Study) -> Iterator[Finding]:
    """Check that the interval of a mean is the one that its SD (or SE) and n give."""
    for path, summary in summaries(study):
        if summary.ci is None or summary.centre not in LEVELS or not (summary.sd or summary.se):
            continue
        if summary.se is None and (summary.n is None or summary.n < 2):
            continue
        printed = _half_width(summary.ci)
        if printed.meets(_expected_half(summary, _se(summary))):
            continue
        name = "sd" if summary.sd else "se"
        n = f" and n {summary.n}" if summary.n is not None else ""
        expected = _expected_half(summary, _se(summary))
        message = (
            f"the interval is ± {(printed.low + printed.high) / 2:.3g}; {name.upper()} "
            f"{getattr(summary, name):g}{n} give ± {expected.low:.3g} to {expected.high:.3g}"
        )
        yield Finding((*path, "ci"), message, _reading(summary, printed))


def _half_width(pair: tuple[float, float]) -> Range:
    low, high = unrounded(pair[0], pair[1]), unrounded(pair[1], pair[0])
    return Range(max(0.0, (high.low - low.high) / 2), (high.high - low.low) / 2)


def _se(summary: Summary) -> Range:
    if summary.sd:
        root = math.sqrt(summary.n or 1)
        low, high = unrounded(summary.sd, centre(summary))
        return Range(max(low, 0.0) / root, high / root)
    assert summary.se is not None  # a caller's condition  # noqa: S101
    low, high = unrounded(summary.se, centre(summary))
    return Range(max(low, 0.0), high)


def _expected_half(summary: Summary, se: Range) -> Range:
    """Half-widths by z, by t, and anything between them."""
    n = summary.n
    most = t_quantile(0.05, n - 1) if n is not None and n >= 2 else 2 * Z95
    return Range(Z95 * se.low / ROOM, most * se.high * ROOM)


def _reading(summary: Summary, printed: Range) -> str:
    """Say what would make the numbers fit, when something does."""
    se, n = _se(summary), summary.n
    if n is not None and n >= 2:
        root = math.sqrt(n)
        factor = root if summary.sd else 1 / root
        if printed.meets(_expected_half(summary, Range(se.low * factor, se.high * factor))):
            other = ("standard error", "se") if summary.sd else ("standard deviation", "sd")
            value = summary.sd or summary.se
            return f"it fits when {value:g} is a {other[0]}: write `{other[1]}: {value:g}`"
    if printed.meets(Range(se.low * 1.645 / ROOM, se.high * 1.645 * ROOM)):
        return "it fits a 90 % interval; `ci` is the 95 % one"
    return "check interval, spread and n against the paper"


def check_interval_symmetric(study: Study) -> Iterator[Finding]:
    """Check that the estimate is in the middle of its interval: of a ratio on the log scale."""
    for owner, summary in summaries(study):
        if summary.ci is not None and summary.centre in LEVELS:
            value = getattr(summary, summary.centre)
            yield from _asymmetric((*owner, "ci"), value, summary.ci, ratio=False)
    for index, result in enumerate(study.results):
        contrast = result.contrast
        if contrast is None or contrast.ci is None:
            continue
        path: Path = ("results", index, "contrast", "ci")
        if contrast.ratio is not None:
            yield from _asymmetric(path, contrast.ratio, contrast.ci, ratio=True)
        elif contrast.difference is not None:
            yield from _asymmetric(path, contrast.difference, contrast.ci, ratio=False)


def _asymmetric(path: Path, value: float, pair: tuple[float, float], *, ratio: bool) -> Iterator[Finding]:
    if not pair[0] <= value <= pair[1]:
        return  # A605 tells
    natural = _off_centre(value, *pair)
    logarithmic = _off_log_centre(value, *pair) if pair[0] > 0 and value > 0 else None
    off = logarithmic if ratio else natural
    if ratio and off is None:
        yield Finding(path, f"a ratio with the limit {pair[0]:g}", "limits of a ratio are above 0")
    if off is None or off <= SKEW:
        return
    scale = " on the log scale" if ratio else ""
    message = f"{value:g} is not in the middle of {pair[0]:g} to {pair[1]:g}{scale}"
    hint = "look for an exchanged digit or a lost minus sign"
    if ratio and natural <= SKEW:
        hint = "it is in the middle as a difference: is it a difference?"
    if not ratio and logarithmic is not None and logarithmic <= SKEW:
        hint = "it is in the middle on the log scale: a ratio, or a geometric mean?"
    yield Finding(path, message, hint)


def _off_centre(value: float, low: float, high: float) -> float:
    """Distance from the middle beyond rounding, as a share of the half-width."""
    room = half_unit(value) + (half_unit(low, high) + half_unit(high, low)) / 2
    half = (high - low) / 2
    return max(0.0, abs(value - (low + high) / 2) - room * 1.000001) / half if half > 0 else 0.0


def _off_log_centre(value: float, low: float, high: float) -> float:
    room = half_unit(value) / value + (half_unit(low, high) / low + half_unit(high, low) / high) / 2
    half = (math.log(high) - math.log(low)) / 2
    off = abs(math.log(value) - (math.log(low) + math.log(high)) / 2)
    return max(0.0, off - room * 1.000001) / half if half > 0 else 0.0


def check_contrast_agrees(study: Study) -> Iterator[Finding]:
    """Check that estimate, SE, interval and P of a contrast belong together."""
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
        yield from _p_disagrees(path, contrast, widths)


def _contrast_se(contrast: Contrast) -> Iterator[tuple[str, Range]]:
    """SE on the analysis scale by each way it is printed."""
    if contrast.se is not None:
        yield "se", unrounded(contrast.se)
    if contrast.ci is None:
        return
    low, high = contrast.ci
    half = _half_width(contrast.ci)
    if contrast.measure is not ContrastMeasure.DIFFERENCE:
        if low <= 0 or high <= low:
            return
        room = half_unit(low, high) / low + half_unit(high, low) / high
        middle = math.log(high / low) / 2
        half = Range(max(0.0, middle - room / 2), middle + room / 2)
    n = (contrast.n_treatment or 0) + (contrast.n_control or 0)
    most = t_quantile(0.05, n - 2) if n > 3 else 2.6  # 2.6: t on 5 degrees of freedom, groups of 3 or 4
    yield "ci", Range(half.low / most / ROOM, half.high / Z95 * ROOM)


def _p_disagrees(path: Path, contrast: Contrast, widths: dict[str, Range]) -> Iterator[Finding]:
    if contrast.p is None or not widths or contrast.p >= 1:
        return
    value = contrast.difference if contrast.difference is not None else math.log(contrast.ratio or 1)
    room = half_unit(contrast.difference if contrast.difference is not None else contrast.ratio or 1)
    room = room if contrast.difference is not None else room / (contrast.ratio or 1)
    name, se = next(iter(widths.items()))
    least = max(0.0, abs(value) - room) / se.high
    most = (abs(value) + room) / se.low if se.low > 0 else math.inf
    p = unrounded(contrast.p)
    printed = Range(normal_quantile(min(p.high, 1.0)), normal_quantile(p.low) if p.low > 0 else math.inf)
    if printed.meets(Range(least, most).widened(Z_ROOM)):
        return
    words = {"se": "the SE", "ci": "the interval"}[name]
    exact = normal_p(abs(value) / se.high)
    message = f"P = {contrast.p:g}; estimate and {words} give about {exact:.2g}"
    yield Finding((*path, "p"), message, "check sign, interval and P against the paper")
