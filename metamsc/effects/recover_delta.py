"""SD of a product and of a ratio of two measurements on the same members, by the delta method.

What changes of percentages (``recover_change``) and doses per kilogram (``recover_doses``) both lean on.
"""

from __future__ import annotations

import math

from metamsc.effects.recover import check_number
from metamsc.errors import InputError

LARGE_CV = 0.2
"""Denominators (or factors) that vary more than this, relative to their mean, are pointed out: the variance
of a reciprocal is c²(1 + 8c² + ...), of which the delta method keeps c²: its SD is 13 % too small at 0.2."""


def product_sd(x: tuple[float, float], y: tuple[float, float], r: float) -> float:
    """Return √(ȳ²sx² + x̄²sy² + 2r·x̄ȳ·sx·sy), the SD of the product of two quantities (mean, SD).

    Stuart & Ord, Kendall's Advanced Theory of Statistics, vol. 1, ch. 10 (first order).
    """
    a, b = y[0] * x[1], x[0] * y[1]
    return math.sqrt(max(a**2 + b**2 + 2 * r * a * b, 0.0))


def ratio_sd(top: tuple[float, float], bottom: tuple[float, float], r: float) -> float:
    """Return the SD of the ratio of two quantities (mean, SD); the mean below may not be zero.

    √(s₁² + q²s₂² − 2r·q·s₁·s₂)/|m₂| with q = m₁/m₂. Stuart & Ord, Kendall's Advanced Theory of
    Statistics, vol. 1, ch. 10 (first order).
    """
    a, b = top[1], top[0] / bottom[0] * bottom[1]
    return math.sqrt(max(a**2 + b**2 - 2 * r * a * b, 0.0)) / abs(bottom[0])


def check_correlation(name: str, r: float) -> None:
    """Refuse a correlation outside [−1, 1]."""
    if not -1 <= r <= 1:
        raise InputError(f"{name} must lie between -1 and 1; got {r:g}.")


def variation_notes(name: str, mean: float, sd: float) -> tuple[str, ...]:
    """Point out a quantity that varies too much for the delta method to be near."""
    check_number(f"mean of {name}", mean)
    if sd <= LARGE_CV * abs(mean):
        return ()
    return (f"{name} varies by {sd / abs(mean):.0%} of its mean: the SD by the delta method is rough",)
