"""Confidence intervals beside what else is printed: SD, SE, the estimate in the middle."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metamsc.checks.distributions import t_quantile
from metamsc.checks.rounding import Range, half_unit, unrounded
from metamsc.checks.rows import LEVELS, centre, summaries
from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.values import Summary

Z95 = 1.959963984540054
ROOM = 1.10
"""An interval from a model with a pooled SD differs from mean ± t·SD/√n by some per cent."""
SKEW = 0.10
"""Share of the half-width by which the estimate may be off the middle, beyond rounding."""


def check_interval_fits_spread(study: Study) -> Iterator[Finding]:
    """Check that the interval of a mean is the one that its SD (or SE) and n give."""
    for path, summary in summaries(study):
        if summary.ci is None or summary.centre not in LEVELS or not (summary.sd or summary.se):
            continue
        if summary.se is None and (summary.n is None or summary.n < 2):
            continue
        printed = half_width(summary.ci)
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
    yield from _geometric_interval(study)


def _geometric_interval(study: Study) -> Iterator[Finding]:
    """Interval of a geometric mean beside its geometric SD, on the log scale."""
    for path, summary in summaries(study):
        spread, n = summary.geometric_sd, summary.n
        if spread is None or summary.ci is None or summary.ci[0] <= 0 or n is None or n < 2:
            continue
        low, high = summary.ci
        room = (half_unit(low, high) / low + half_unit(high, low) / high) / 2
        middle = math.log(high / low) / 2
        printed = Range(max(0.0, middle - room), middle + room)
        ends = [math.log(max(end, 1.0)) / math.sqrt(n) for end in unrounded(spread)]
        expected = Range(Z95 * ends[0] / ROOM, t_quantile(0.05, n - 1) * ends[1] * ROOM)
        if not printed.meets(expected):
            factor = f"{math.exp(expected.low):.3g} to {math.exp(expected.high):.3g}"
            message = (
                f"the interval is a factor of {math.sqrt(high / low):.3g} each way; "
                f"geometric SD {spread:g} and n {n} give {factor}"
            )
            yield Finding((*path, "ci"), message, "check interval, geometric SD and n against the paper")


def half_width(pair: tuple[float, float]) -> Range:
    """Half-width of an interval, with its rounding."""
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
        return "it fits a 90% interval; `ci` is the 95% one"
    return "check interval, spread and n against the paper"


def check_interval_symmetric(study: Study) -> Iterator[Finding]:
    """Check that the estimate is in the middle: of ratios and geometric means on the log scale."""
    for owner, summary in summaries(study):
        if summary.ci is not None and summary.centre in (*LEVELS, "geometric_mean"):
            value, ratio = getattr(summary, summary.centre), summary.centre == "geometric_mean"
            yield from _asymmetric((*owner, "ci"), value, summary.ci, ratio=ratio)
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
        hint = "limits of a ratio or geometric mean are above 0"
        yield Finding(path, f"an interval on the log scale with the limit {pair[0]:g}", hint)
    if off is None or off <= SKEW:
        return
    scale = " on the log scale" if ratio else ""
    message = f"{value:g} is not in the middle of {pair[0]:g} to {pair[1]:g}{scale}"
    hint = "look for an exchanged digit or a lost minus sign"
    if ratio and natural <= SKEW:
        hint = "it is in the middle on the natural scale: a difference, or an arithmetic mean?"
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
