"""Limits and ticks of an effect axis. Pure arithmetic on the analysis scale; knows no matplotlib."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.errors import InputError
from metamsc.plots.numbers import format_number

MOST_TICKS = 7
_REACH = 2.5
"""An interval is cut, with an arrow, where it reaches this many typical half-widths past all estimates."""
_MARGIN = 0.04
_SMALLEST_SPAN = 1e-9

_DECADES = range(-12, 13)
_RATIO_LADDERS: tuple[tuple[float, ...], ...] = (
    (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0),
    (0.25, 0.33, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 4.0),
    (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    tuple(step * 10.0**decade for decade in _DECADES for step in (1.0, 2.0, 5.0)),
    tuple(step * 10.0**decade for decade in _DECADES for step in (1.0, 3.0)),
    tuple(10.0**decade for decade in _DECADES),
    tuple(100.0**decade for decade in range(-6, 7)),
)
"""Ratios that ticks may stand at, from the finest set to the coarsest."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends of the drawn axis, on the analysis scale."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError(f"an axis needs low < high; got {self.low} and {self.high}.")


def effect_limits(
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    wide: Sequence[tuple[float, float]],
    null: float,
) -> Limits:
    """Choose the ends of the axis: every estimate and the null are on it, most intervals whole.

    Parameters
    ----------
    estimates : sequence of float
        All points drawn, pooled ones too.
    intervals : sequence of (low, high)
        Intervals of the single studies: their typical width sets how far the axis may reach.
    wide : sequence of (low, high)
        Intervals of pooled effects and prediction intervals, which may be wider by far with few studies.
    null : float
        No effect.

    Returns
    -------
    Limits
    """
    core_low, core_high = min([null, *estimates]), max([null, *estimates])
    half_widths = [(high - low) / 2.0 for low, high in intervals]
    reach = _REACH * statistics.median(half_widths) if half_widths else math.inf
    low = max(min([core_low, *(low for low, _ in (*intervals, *wide))]), core_low - reach)
    high = min(max([core_high, *(high for _, high in (*intervals, *wide))]), core_high + reach)
    span = high - low
    if span < _SMALLEST_SPAN:
        span = max(abs(high), 1.0)
    return Limits(low - _MARGIN * span, high + _MARGIN * span)


def linear_ticks(limits: Limits, most: int = MOST_TICKS) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return round tick positions inside `limits` (steps of 1, 2, 2.5 or 5 tens) and their labels."""
    span = limits.high - limits.low
    tens = 10.0 ** math.floor(math.log10(span / most))
    step, decimals = next(
        (factor * tens, extra)
        for factor, extra in ((1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0), (10.0, -1), (20.0, -1))
        if span / (factor * tens) <= most
    )
    shown = max(decimals - round(math.log10(tens)), 0)
    first, last = math.ceil(limits.low / step - 1e-9), math.floor(limits.high / step + 1e-9)
    values = tuple(round(index * step, 12) for index in range(first, last + 1))
    return values, tuple(format_number(value, shown) for value in values)


def ratio_ticks(limits: Limits, most: int = MOST_TICKS) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return tick positions (logarithms) at round ratios, and the ratios as labels."""
    for ladder in _RATIO_LADDERS:
        inside = [ratio for ratio in ladder if limits.low <= math.log(ratio) <= limits.high]
        reaches = limits.low >= 1.3 * math.log(ladder[0]) and limits.high <= 1.3 * math.log(ladder[-1])
        if 2 <= len(inside) <= most and reaches:
            return tuple(math.log(ratio) for ratio in inside), tuple(_ratio_label(ratio) for ratio in inside)
    return linear_as_ratio(limits)


def linear_as_ratio(limits: Limits) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return ticks for an axis that no ladder fits (far from 1, or endless): evenly spaced logarithms."""
    shares = (0.1, 0.5, 0.9)
    rounded = [float(f"{math.exp(limits.low + (limits.high - limits.low) * at):.2g}") for at in shares]
    # where three rounded ratios are not three places on the axis, they are not rounded
    inside = [ratio for ratio in rounded if limits.low <= math.log(ratio) <= limits.high]
    if len(set(inside)) < len(shares):
        values = tuple(limits.low + (limits.high - limits.low) * at for at in shares)
        return values, tuple(f"{math.exp(value):.5g}" for value in values)
    return tuple(math.log(ratio) for ratio in rounded), tuple(_ratio_label(ratio) for ratio in rounded)


def effect_ticks(
    limits: Limits, *, ratio: bool, most: int = MOST_TICKS
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return ticks on the analysis scale, no more than `most`, with the labels a reader sees."""
    return ratio_ticks(limits, most) if ratio else linear_ticks(limits, most)


def _ratio_label(ratio: float) -> str:
    if 1e-4 <= ratio < 1e6:
        return f"{ratio:.4f}".rstrip("0").rstrip(".")
    return f"{ratio:.0e}".replace("e-0", "e-").replace("e+0", "e")
