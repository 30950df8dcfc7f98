"""What a printed number may have been before it was rounded."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

SLACK = 1e-9
"""Relative room for binary fractions: 0.15 + 0.05 is not 0.2."""


class Range(NamedTuple):
    """Lowest and highest value that a number can have."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def meets(self, other: Range) -> bool:
        """Whether the two have a number in common."""
        return self.low <= other.high and other.low <= self.high

    def widened(self, by: float) -> Range:
        """Return the range with `by` more on each side."""
        return Range(self.low - by, self.high + by)


def decimals(value: float, *beside: float | None) -> int:
    """Return the decimal places with which a number was printed, as far as a record tells.

    YAML keeps no trailing zeros: a printed 7.0 is read as 7. Beside numbers with decimal places it is
    taken to have one; otherwise none, so that the rounding error is rather over- than underestimated.
    """
    own = _places(value)
    if own == 0 and any(number is not None and _places(number) > 0 for number in beside):
        return 1
    return own


@lru_cache(maxsize=10_000)
def _places(value: float) -> int:
    return max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))


def half_unit(value: float, *beside: float | None) -> float:
    """Half a unit of the last place printed: 33.3 may be 33.25 to 33.35."""
    return 0.5 * 10.0 ** -decimals(value, *beside)


def unrounded(value: float, *beside: float | None) -> Range:
    """Range of numbers that are printed as `value`, with `beside` as for :func:`decimals`."""
    room = half_unit(value, *beside) + SLACK * abs(value)
    return Range(value - room, value + room)


@lru_cache(maxsize=10_000)
def significant_digits(value: float) -> int:
    """Digits that carry information: 0.90 has one, 12.5 has three."""
    return len(Decimal(repr(value)).normalize().as_tuple().digits)
