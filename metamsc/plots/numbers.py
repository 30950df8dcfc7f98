"""Numbers as a reader sees them: decimals by precision, true minus signs, columns that line up.

Text in, text out; every figure and every caption writes its numbers through these functions.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

FIGURE_SPACE = "\u2007"
"""As wide as a digit: pads numbers so that a right-aligned column lines up at the decimal point."""
MINUS = "\u2212"
NO_VALUE = "–"

_RATIO_DECIMALS = 2
_MOST_DECIMALS = 4
_LARGE = 1e5


def decimals_for(spreads: Iterable[float | None]) -> int:
    """Return the decimals that show the median of `spreads` (SEs or SDs) to two significant digits."""
    sizes = [spread for spread in spreads if spread is not None and spread > 0.0 and math.isfinite(spread)]
    if not sizes:
        return _RATIO_DECIMALS
    return min(max(1 - math.floor(math.log10(statistics.median(sizes))), 0), _MOST_DECIMALS)


def shortest_decimals(values: Iterable[float | None], most: int) -> int:
    """Return `most`, or one less where that shows every value exactly (as most papers print them)."""
    fewer = max(most - 1, 0)
    exact = all(value is None or abs(value - round(value, fewer)) < 1e-9 for value in values)
    return fewer if exact else most


def format_number(value: float, decimals: int) -> str:
    """Return `value` with that many decimals and a true minus sign; never a negative zero."""
    if abs(value) >= _LARGE:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def format_ratio(value: float) -> str:
    """Return a ratio: two decimals, fewer where they say nothing, more where it would read as zero."""
    if value < 0.001:
        return "<0.001"
    if value < 0.01:
        return f"{value:.3f}"
    if value < 100.0:
        return f"{value:.{_RATIO_DECIMALS}f}"
    return f"{value:.0f}" if value < 10_000.0 else ">10000"


def format_value(value: float, *, ratio: bool, decimals: int) -> str:
    """Return a number of the analysis scale as it is shown: ratios back-transformed."""
    if not ratio:
        return format_number(value, decimals)
    return format_ratio(math.exp(value) if value < 700.0 else math.inf)


def format_count(value: float | None) -> str:
    """Return a number of people or events; one decimal only where a control group was split."""
    if value is None:
        return NO_VALUE
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.1f}"


def format_p(p: float | None) -> str:
    """Return ``p = 0.03``, or what can honestly be said where it is tiny or absent."""
    if p is None:
        return "p not computable"
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def format_significant(value: float, digits: int = 2) -> str:
    """Return `value` to so many significant digits, without an exponent where that is readable."""
    if value == 0.0:
        return "0"
    if abs(value) < 1e-4 or abs(value) >= _LARGE:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f}".replace("-", MINUS)


def format_percent(value: float) -> str:
    """Return a percentage without its sign, with one decimal; a trace is not shown as nothing."""
    return "<0.1" if 0.0 < value < 0.05 else f"{value:.1f}"


def pad_left(texts: Sequence[str]) -> tuple[str, ...]:
    """Pad every text with figure spaces to the longest, so that digits stand under digits."""
    longest = max((len(text) for text in texts), default=0)
    return tuple(text.rjust(longest, FIGURE_SPACE) if text else text for text in texts)


def plain(text: str) -> str:
    """Undo the typography: what a cell says, for tests and for reading by programs."""
    return text.replace(FIGURE_SPACE, "").replace("\u00a0", " ").replace(MINUS, "-")
