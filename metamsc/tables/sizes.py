"""Units of effects and the size that matters, as tables and sentences name them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_number, format_ratio

if TYPE_CHECKING:
    from metamsc.analysis.result import Scale

UNIT_WORDS = {"%": "percentage points"}
STANDARDISED = "standard deviations"


def unit_words(scale: Scale) -> str:
    """Return the unit of a difference as it is read out; "" where the measure has none."""
    if scale.unit:
        return UNIT_WORDS.get(scale.unit, scale.unit)
    if scale.measure == "RD":
        return "percentage points"
    return STANDARDISED if scale.measure.startswith(("SMD", "SMC")) else ""


def mid_size(scale: Scale) -> str:
    """Return the minimal important difference: "0.5 percentage points", for ratios "1.25 or 0.80"."""
    if scale.mid is None:
        return ""
    if scale.ratio:
        return " or ".join(format_ratio(math.exp(sign * scale.mid)) for sign in (1, -1))
    number = format_number(100.0 * scale.mid if scale.measure == "RD" else scale.mid, 3)
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {unit_words(scale)}".strip()
