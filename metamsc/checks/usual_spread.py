"""How widely participants usually differ: SD divided by mean, or the SD itself, by outcome and setting.

The ranges and where they come from are in the outcome catalogue (`usual_cv`, `usual_sd`); here they become
a distribution over studies.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

from metamsc.outcomes.catalogue import catalogue
from metamsc.vocabulary import Setting

_RANGE_WIDTHS = 3.0
"""A range over some ten arms spans about three standard deviations (Tippett 1925: 3.08 for n = 10)."""
LEAST_WIDTH = 0.30
"""Trials differ in eligibility: their SDs by a third, even where few arms seen so far agree."""


class Usual(NamedTuple):
    """Distribution over studies of log(SD/mean), or of log(SD), without the error of estimating an SD."""

    centre: float
    width: float

    @property
    def span(self) -> tuple[float, float]:
        """SD/mean, or SD, of some nine studies in ten."""
        return math.exp(self.centre - 1.5 * self.width), math.exp(self.centre + 1.5 * self.width)


@cache
def usual_spread(outcome_id: str, setting: Setting) -> Usual | None:
    """Return the usual log(SD/mean) or log(SD) of an outcome; None where the catalogue has none."""
    outcome = catalogue().outcomes.get(outcome_id)
    entries = () if outcome is None else (*outcome.usual_cv, *outcome.usual_sd)
    found = next((entry for entry in entries if entry.setting is setting), None)
    if found is None:
        return None
    low, high = (math.log(end) for end in found.range)
    return Usual((low + high) / 2, max(LEAST_WIDTH, (high - low) / _RANGE_WIDTHS))


@cache
def unit_of_spread(outcome_id: str) -> str | None:
    """Return the unit in which an SD is judged by itself; None where it is judged by SD/mean."""
    outcome = catalogue().outcomes.get(outcome_id)
    return None if outcome is None else next((entry.unit for entry in outcome.usual_sd), None)
