"""Families of study designs, for the layers that treat them differently."""

from __future__ import annotations

from metamsc.vocabulary import Design

SINGLE_ARM = frozenset({Design.SINGLE_ARM, Design.ANIMAL_SINGLE_ARM})
"""One group before and after: never pooled with controlled designs by default."""

ACTIVE = frozenset({Design.RCT_ACTIVE, Design.ACTIVE_NONRANDOMISED})
"""Products compared with each other, no untreated control."""

RANDOMISED = frozenset(
    {Design.RCT_PARALLEL, Design.RCT_CROSSOVER, Design.RCT_WITHIN_PERSON, Design.RCT_ACTIVE}
)
"""Randomised clinical trials."""

ANIMAL = frozenset({Design.ANIMAL_RANDOMISED, Design.ANIMAL_CONTROLLED, Design.ANIMAL_SINGLE_ARM})
"""Designs of preclinical studies."""
