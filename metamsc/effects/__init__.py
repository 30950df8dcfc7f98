"""Effect sizes: arrays of arm-level figures in, frozen effects with named variance formulas out."""

from metamsc.effects.compute import Effects, compute_effects
from metamsc.effects.contrast import ContrastEffect, effect_from_contrast
from metamsc.effects.measure import Measure, VarianceFormula
from metamsc.effects.registry import MEASURES, back_transform, find_measure

__all__ = [
    "MEASURES",
    "ContrastEffect",
    "Effects",
    "Measure",
    "VarianceFormula",
    "back_transform",
    "compute_effects",
    "effect_from_contrast",
    "find_measure",
]
