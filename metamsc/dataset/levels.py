"""The value of one arm at one time, in the unit of the analysis, with its spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.in_unit import UnitChange
from metamsc.dataset.moments import Moments, own_moments
from metamsc.dataset.printed_tests import Sides, sd_of_tested_difference
from metamsc.dataset.selection import Selection
from metamsc.dataset.trail import Trail
from metamsc.dataset.weights import weight_of
from metamsc.outcomes.catalogue import Outcome
from metamsc.records.model import Arm, Result, Study
from metamsc.records.values import ArmValue

UNIT_FREE = frozenset({"SMD", "SMDH", "SMD1", "SMD1H", "RPB", "RBIS", "D2ORL", "D2ORN"})
"""Measures in standard deviations: each study's own unit will do."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One arm in one result."""

    result: Result
    arm: Arm
    sides: Sides | None = None
    """The two arms compared; None where several treated arms are, or nothing is."""

    @property
    def value(self) -> ArmValue:
        """What the arm reports there."""
        return (self.result.arms or {})[self.arm.id]

    def at(self, result: Result) -> Spot:
        """Return the same arm in another result."""
        return Spot(result, self.arm, self.sides)


@dataclass(frozen=True, slots=True)
class Levels:
    """Reads values under one selection; `unit` is that of the analysis."""

    outcome: Outcome
    unit: str
    selection: Selection
    study: Study

    def target(self, result: Result) -> str | None:
        """Return the unit wanted: the analysis's, or the result's own for a measure that needs none."""
        return result.unit if self.selection.measure in UNIT_FREE else self.unit

    def change_of_unit(self, spot: Spot, target: str | None) -> UnitChange | None:
        """Return the way from the printed unit to another one; None where there is nothing to do."""
        if spot.result.unit is None or target is None or spot.result.unit == target:
            return None
        return UnitChange(self.outcome, spot.result.unit, target, weight_of(self.study, spot.arm))

    def own(self, spot: Spot, kind: str, trail: Trail, target: str | None) -> Moments:
        """Return what the arm prints of itself, in the unit wanted; without spread where it prints none.

        Raises
        ------
        Unusable
            If it cannot be used under the selection, or brought to the unit.
        """
        found = own_moments(spot.value, self.selection, trail)
        way = self.change_of_unit(spot, target)
        return found if way is None else way.bring(found, kind, spot.value.n, trail)

    def read(self, spot: Spot, trail: Trail) -> Moments:
        """Return the value with its spread: the arm's own, else from the test between the arms.

        Raises
        ------
        Unusable
            If there is no spread, or as :meth:`own`.
        """
        target = self.target(spot.result)
        found = self.own(spot, "level", trail, target)
        if found.sd is not None or found.se is not None:
            return found
        sd = first_found([lambda: self.sd_between(spot, target, trail)], "mean without any measure of spread")
        return found.with_sd(sd, spot.value.n)

    def sd_between(self, spot: Spot, target: str | None, trail: Trail) -> float | None:
        """Return the SD from the test between the arms, in the unit wanted; None without a test."""
        sd = sd_of_tested_difference(spot.result, spot.sides, trail)
        way = self.change_of_unit(spot, target)
        return sd if sd is None or way is None else sd * abs(way.factor())


def first_found(ways: Sequence[Callable[[], float | None]], otherwise: str) -> float:
    """Return what the first of several ways finds.

    Raises
    ------
    Unusable
        If none finds anything: with the reason of the first that was refused, else `otherwise`.
    """
    refused: Unusable | None = None
    for way in ways:
        try:
            found = way()
        except Unusable as reason:
            refused = refused or reason
        else:
            if found is not None:
                return found
    raise refused or Unusable("no-spread", otherwise)
