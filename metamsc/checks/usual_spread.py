"""How widely participants usually differ: SD divided by mean, by outcome and setting.

The catalogue's `usual_cv` comes first; it is measured on this project's clinical records. For outcomes
without one the table below is a working range: set by judgement and wide on purpose, so that it tells a
standard error (√n times too small) from an SD and nothing finer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from metamsc.outcomes.catalogue import catalogue
from metamsc.vocabulary import Setting

_RANGE_WIDTHS = 3.0
"""A range over some ten arms spans about three standard deviations (Tippett 1925: 3.08 for n = 10)."""
LEAST_WIDTH = 0.30
"""Trials differ in eligibility: their SDs by a third, even where few arms seen so far agree."""

_CLINICAL = {
    "c_peptide_fasting": (0.25, 1.2),
    "c_peptide_peak": (0.25, 1.1),
    "postprandial_glucose": (0.15, 0.45),
    "egfr": (0.10, 0.55),
    "mgfr": (0.10, 0.55),
    "homa_beta": (0.25, 1.2),
    "homa_ir": (0.25, 1.2),
    "time_to_healing": (0.20, 0.9),
    "wound_area": (0.20, 1.3),
    "body_weight": (0.10, 0.30),
    "erectile_function": (0.15, 0.6),
    "symptom_score": (0.12, 0.6),
    "glucose_infusion_rate": (0.20, 0.7),
}
_PRECLINICAL = {
    "hba1c": (0.06, 0.25),
    "blood_glucose": (0.07, 0.35),
    "fasting_glucose": (0.07, 0.35),
    "glucose_auc": (0.07, 0.35),
    "c_peptide_fasting": (0.10, 0.7),
    "fasting_insulin": (0.10, 0.7),
    "homa_ir": (0.12, 0.8),
    "homa_beta": (0.12, 0.9),
    "body_weight": (0.04, 0.20),
    "wound_healing_time": (0.06, 0.35),
    "islet_diameter": (0.08, 0.45),
    "islet_area": (0.12, 0.7),
    "albumin_creatinine_ratio": (0.15, 0.9),
    "capillary_density": (0.08, 0.45),
    "fractional_shortening": (0.06, 0.30),
}


class Usual(NamedTuple):
    """Distribution of log(SD/mean) over studies, without the error of estimating an SD."""

    centre: float
    width: float

    @property
    def span(self) -> tuple[float, float]:
        """SD/mean of some nine studies in ten."""
        return math.exp(self.centre - 1.5 * self.width), math.exp(self.centre + 1.5 * self.width)


def usual_spread(outcome_id: str, setting: Setting) -> Usual | None:
    """Return the usual log(SD/mean) of an outcome; None where the ratio means nothing or is not known."""
    outcome = catalogue().outcomes.get(outcome_id)
    found: tuple[float, float] | None = None
    if outcome is not None and outcome.usual_cv is not None and setting is Setting.CLINICAL:
        found = outcome.usual_cv.range
    else:
        found = (_CLINICAL if setting is Setting.CLINICAL else _PRECLINICAL).get(outcome_id)
    if found is None:
        return None
    low, high = (math.log(end) for end in found)
    return Usual((low + high) / 2, max(LEAST_WIDTH, (high - low) / _RANGE_WIDTHS))
