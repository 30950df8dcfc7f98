"""Means, SDs and SEs brought to the unit of the analysis, across body weights where the record has one."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.moments import Moments
from metamsc.dataset.trail import Trail
from metamsc.dataset.weights import Weight
from metamsc.effects.recover import Recovered
from metamsc.effects.recover_doses import per_kg_from_total, total_from_per_kg
from metamsc.errors import UnitError
from metamsc.outcomes.catalogue import Outcome
from metamsc.outcomes.units import convert, convertible


@dataclass(frozen=True, slots=True)
class UnitChange:
    """From the unit of a result to another one, for one group of people.

    Attributes
    ----------
    outcome : Outcome
    source : str
        Unit as printed.
    target : str
        Unit wanted.
    weight : Weight or None
        Body weight of the group.
    """

    outcome: Outcome
    source: str
    target: str
    weight: Weight | None = None

    @property
    def _by_weight(self) -> bool:
        """Whether the two units differ by the body weight."""
        plain = convertible(self.outcome, self.source, self.target)
        return not plain and convertible(self.outcome, self.source, self.target, with_weight=True)

    def factor(self) -> float:
        """Return what a difference is multiplied by.

        Raises
        ------
        Unusable
            If the units have no common scale, or only a body weight that is not recorded makes one.
        """
        try:
            return convert(1.0, self.outcome, self.source, self.target, "difference", self._kg()).value
        except UnitError as error:
            raise Unusable("unit", str(error)) from None

    def keeps_zero(self) -> bool:
        """Whether zero is zero in both units, so that ratios are the same.

        Raises
        ------
        Unusable
            See :meth:`factor`.
        """
        self.factor()
        return convert(0.0, self.outcome, self.source, self.target, "level", self._kg()).value == 0

    def described(self) -> tuple[float, str, str]:
        """Return the factor of a difference, the kind of derivation and its text, "" where nothing changes.

        Raises
        ------
        Unusable
            See :meth:`factor`.
        """
        factor = self.factor()
        text = convert(1.0, self.outcome, self.source, self.target, "difference", self._kg()).derivation
        if self.weight is not None and self._by_weight:
            return factor, "body-weight", f"{text} {self.weight.of}"
        return factor, "unit", text

    def _kg(self) -> float | None:
        return self.weight.mean if self.weight is not None and self._by_weight else None

    def bring(self, found: Moments, kind: str, n: float | None, trail: Trail) -> Moments:
        """Return the same group in the other unit.

        Parameters
        ----------
        found : Moments
            In the printed unit.
        kind : {"level", "difference"}
            What the mean is; widths are always differences.
        n : float or None
            Size of the group.
        trail : Trail

        Raises
        ------
        Unusable
            See :meth:`factor`.
        """
        factor = self.factor()
        try:
            moved = convert(found.mean, self.outcome, self.source, self.target, kind, self._kg())
        except UnitError as error:
            raise Unusable("unit", str(error)) from None
        plain = found.scaled(factor, moved.value)
        if self.weight is None or not self._by_weight:
            if moved.derivation:
                trail.add("unit", moved.derivation)
            return plain
        varied = self._with_varying_weight(found, self.weight, n, trail)
        if varied is not None:
            return Moments(moved.value, reading=plain.reading).with_sd(varied, n)
        trail.add("body-weight", f"{moved.derivation} {self.weight.of}")
        trail.notes.append("every member taken to have the mean body weight")
        return plain

    def _with_varying_weight(
        self, found: Moments, weight: Weight, n: float | None, trail: Trail
    ) -> float | None:
        """Return the SD when weights vary (delta method); None where their SD or this one is unknown."""
        sd = found.sd
        if weight.sd is None or sd is None or n is None:
            return None
        one, two = (
            convert(1.0, self.outcome, self.source, self.target, "difference", kg).value for kg in (1.0, 2.0)
        )
        make = total_from_per_kg if two > one else per_kg_from_total  # heavier: more in all

        def find() -> Recovered[float]:
            moved = make(found.mean * one, sd * one, n, weight=weight.mean, sd_weight=weight.sd)
            return Recovered(moved.value.sd, f"{moved.derivation} {weight.of}", moved.imputed, moved.notes)

        return trail.recover("body-weight", find)
