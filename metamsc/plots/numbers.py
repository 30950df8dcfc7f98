"""Numbers as a reader sees them: decimals by precision, true minus signs, columns that line up.

Text in, text out; every figure, table, caption and sentence writes its numbers through these functions, so
that one value reads alike wherever it stands. Rounding has two rules: a tie goes away from zero, as readers
round; and a number never reads as a threshold that it is not on (:func:`faithful`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

FIGURE_SPACE = "\u2007"
"""As wide as a digit: pads numbers so that a right-aligned column lines up at the decimal point."""
MINUS = "\u2212"
NO_VALUE = "–"

_RATIO_DECIMALS = 2
_MOST_DECIMALS = 4
_LARGE = 1e5
_SAME = 1e-9
"""Closer to a threshold than this, relative to its size, a number is that threshold: floating-point noise."""
_FINEST = 12
"""Decimals that tell every number from a threshold that it is not."""
_ALPHA = 0.05


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
    text = _rounded(value, decimals)
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def _rounded(value: float, decimals: int) -> str:
    """Return the value with so many decimals, an exact tie away from zero: 0.125 is 0.13, as in a browser."""
    if not math.isfinite(value):
        return f"{value:.{decimals}f}"
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"


def side(value: float, threshold: float) -> int:
    """Return -1, 0 or 1: below, at or above the threshold."""
    if abs(value - threshold) <= _SAME * max(1.0, abs(threshold)):
        return 0
    return 1 if value > threshold else -1


def faithful(value: float, text: str, decimals: int, threshold: float) -> str:
    """Return `text`, or the value with more decimals, so that it reads on its own side of a threshold.

    Parameters
    ----------
    value : float
    text : str
        The value as written so far, with `decimals`; what is not a number (``<0.001``) is kept.
    decimals : int
    threshold : float
        On the scale of `value`. A value on it is written as it.
    """
    wanted = side(value, threshold)
    while decimals < _FINEST:
        try:
            written = float(plain(text))
        except ValueError:  # "<0.001", ">10000": no rounding to mend
            return text
        if side(written, threshold) == wanted:
            return text
        decimals += 1
        text = format_number(value, decimals)
    return text


def format_ratio(value: float) -> str:
    """Return a ratio: two decimals, fewer where they say nothing, more where it would read as zero."""
    if value < 0.001:
        return "<0.001"
    if value < 0.01:
        return _rounded(value, 3)
    if value < 100.0:
        return _rounded(value, _RATIO_DECIMALS)
    return _rounded(value, 0) if value < 10_000.0 else ">10000"


def format_value(value: float, *, ratio: bool, decimals: int) -> str:
    """Return an effect of the analysis scale as it is shown: ratios back-transformed.

    Parameters
    ----------
    value : float
    ratio : bool
        Whether the analysis scale is a logarithm.
    decimals : int
        For differences; ratios have two. More where the number would otherwise read as no difference (0, or a
        ratio of 1) without being it: an interval that excludes no difference never seems to include it.
    """
    if not ratio:
        return faithful(value, format_number(value, decimals), decimals, 0.0)
    shown = math.exp(value) if value < 700.0 else math.inf
    text = format_ratio(shown)
    return faithful(shown, text, _RATIO_DECIMALS, 1.0) if 0.01 <= shown < 100.0 else text


def format_count(value: float | None) -> str:
    """Return a number of people or events; one decimal only where a control group was split."""
    if value is None:
        return NO_VALUE
    return _rounded(value, 0 if abs(value - round(value)) < 1e-9 else 1)


def format_p(p: float | None, alpha: float = _ALPHA) -> str:
    """Return ``p = 0.03``, or what can honestly be said where it is tiny or absent.

    Rounding never brings it to `alpha`, the level of the interval beside it: 0.0498 is not written 0.050.
    """
    if p is None:
        return "p not computable"
    if p < 0.001:
        return "p < 0.001"
    decimals = 3 if p < 0.1 else 2
    return f"p = {faithful(p, format_number(p, decimals), decimals, alpha)}"


def format_significant(value: float, digits: int = 2) -> str:
    """Return `value` to so many significant digits, without an exponent where that is readable."""
    if value == 0.0:
        return "0"
    if abs(value) < 1e-4 or abs(value) >= _LARGE:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return _rounded(value, decimals).replace("-", MINUS)


def format_percent(value: float) -> str:
    """Return a percentage without its sign, with one decimal; a trace is not shown as nothing."""
    return "<0.1" if 0.0 < value < 0.05 else _rounded(value, 1)


def format_chance(value: float) -> str:
    """Return a probability in percent as a reader takes it: no false precision, never 0 or 100%."""
    if value > 0.99:
        return "more than 99%"
    return "less than 1%" if value < 0.01 else f"{_rounded(100.0 * value, 0)}%"


def pad_left(texts: Sequence[str]) -> tuple[str, ...]:
    """Pad every text with figure spaces to the longest, so that digits stand under digits."""
    longest = max((len(text) for text in texts), default=0)
    return tuple(text.rjust(longest, FIGURE_SPACE) if text else text for text in texts)


def plain(text: str) -> str:
    """Undo the typography: what a cell says, for tests and for reading by programs."""
    return text.replace(FIGURE_SPACE, "").replace("\u00a0", " ").replace(MINUS, "-")
