"""From what an arm reports to the numbers an effect size needs, each with how it came about.

One arm at a time: unit conversion, SD from what is printed, a count from a percentage, several arms
combined into one, a shared control divided. What cannot be used is said with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.rows import ArmNumbers, Derived
from metamsc.dataset.selection import Selection
from metamsc.effects.recover import Recovered, events_from_percent, sd_from_ci, sd_from_se, sd_from_unlabelled
from metamsc.effects.recover_groups import combine_counts, combine_means
from metamsc.effects.recover_quantiles import mean_sd_from_quantiles
from metamsc.errors import InputError, UnitError
from metamsc.outcomes.catalogue import Outcome
from metamsc.outcomes.units import convert
from metamsc.records.model import Arm, Result
from metamsc.records.values import ArmValue, Derivation
from metamsc.vocabulary import DerivationKind


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison with the derivations behind it."""

    numbers: ArmNumbers
    derived: tuple[Derived, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads arms under one selection: outcome, unit of the analysis, and the rules in doubt."""

    outcome: Outcome
    unit: str
    selection: Selection

    def read(self, result: Result, arms: Sequence[Arm], side: str, share: int = 1) -> Side:
        """Return one side of a comparison.

        Parameters
        ----------
        result : Result
            Holds the values.
        arms : sequence of Arm
            One arm, or several to be combined.
        side : {"treatment", "control"}
        share : int
            Comparisons among which this arm is divided.

        Raises
        ------
        Unusable
            If a number that is needed is missing or cannot be used under the selection.
        """
        values = result.arms or {}
        sides = [self._read_arm(result, arm, values[arm.id], side) for arm in arms]
        whole = sides[0] if len(sides) == 1 else self._combine(sides, side)
        return whole if share == 1 else _divide(whole, share, side)

    def _read_arm(self, result: Result, arm: Arm, value: ArmValue, side: str) -> Side:
        derived = extractor_derivations(value.derivations, side)
        notes = [value.note] if value.note else []
        label = arm.label or arm.id
        if value.centre is None:
            events = self._events(value, side, derived)
            numbers = ArmNumbers(arms=(arm.id,), label=label, n=value.n, events=events)
        else:
            mean, sd, se = self._mean_and_spread(value, side, derived, notes)
            if result.unit is not None:
                mean, sd, se = self._in_unit(value, result.unit, (mean, sd, se), side, derived)
            numbers = ArmNumbers(arms=(arm.id,), label=label, n=value.n, mean=mean, sd=sd, se=se)
        return Side(numbers, tuple(derived), tuple(notes))

    def _events(self, value: ArmValue, side: str, derived: list[Derived]) -> float:
        if value.n is None:
            raise Unusable("no-n", "number analysed not printed")
        if value.events is not None:
            return float(value.events)
        if value.percent is None:
            raise Unusable("no-value", "neither a count nor a percentage")
        try:
            found = events_from_percent(value.percent, value.n)
        except InputError as error:
            raise Unusable("not-computable", str(error)) from None
        _keep(found, side, derived)
        return float(found.value)

    def _mean_and_spread(
        self, value: ArmValue, side: str, derived: list[Derived], notes: list[str]
    ) -> tuple[float, float | None, float | None]:
        """Return mean, SD and SE; the SD is None where only an SE without n is known."""
        if value.centre == "median":
            return self._from_median(value, side, derived, notes)
        centre = getattr(value, value.centre or "mean")
        if value.centre == "percent_change":
            centre += 100.0
            derived.append(Derived(side=side, text="% of baseline ← 100 + percent change"))
        n = value.n
        if value.sd is not None:
            return centre, value.sd, None if n is None else value.sd / n**0.5
        if value.se is not None:
            if n is None:
                return centre, None, value.se
            return centre, _keep(sd_from_se(value.se, n), side, derived), value.se
        if value.spread is not None:
            return self._from_unlabelled(value, centre, side, derived)
        if value.ci is not None:
            if n is None or n < 2:
                raise Unusable("no-n", "an interval without the number analysed")
            sd = _keep(sd_from_ci(*value.ci, n), side, derived)
            return centre, sd, sd / n**0.5
        raise Unusable("no-spread", "mean without any measure of spread")

    def _from_unlabelled(
        self, value: ArmValue, centre: float, side: str, derived: list[Derived]
    ) -> tuple[float, float | None, float | None]:
        reading, spread = self.selection.unlabelled_spread, value.spread
        assert spread is not None  # the caller looked  # noqa: S101
        if reading == "exclude":
            raise Unusable(
                "unlabelled-spread",
                f"± {spread.value:g} is not labelled SD or SE, and the plan assumes neither",
            )
        if value.n is not None:
            sd = _keep(sd_from_unlabelled(spread.value, value.n, reading=reading), side, derived)
            return centre, sd, sd / value.n**0.5
        if reading == "sd":
            raise Unusable("no-n", "± read as SD, and the number analysed is not printed")
        derived.append(
            Derived(side=side, text=f"se ← unlabelled ± read as SE ({spread.value:g})", imputed=True)
        )
        return centre, None, spread.value

    def _from_median(
        self, value: ArmValue, side: str, derived: list[Derived], notes: list[str]
    ) -> tuple[float, float | None, float | None]:
        if self.selection.medians == "exclude":
            raise Unusable("measure", "median, and the plan takes means only")
        if value.iq_range is None and value.range is None:
            raise Unusable("no-spread", "median without quartiles or range")
        if value.n is None:
            raise Unusable("no-n", "median without the number analysed")
        assert value.median is not None  # the caller looked  # noqa: S101
        try:
            found = mean_sd_from_quantiles(
                value.median, value.n, quartiles=value.iq_range, extremes=value.range
            )
        except InputError as error:
            raise Unusable("not-computable", str(error)) from None
        pair = found.value
        derived.append(Derived(side=side, text=found.derivation, imputed=True))
        notes.extend(found.notes)
        return pair.mean, pair.sd, pair.sd / value.n**0.5

    def _in_unit(
        self,
        value: ArmValue,
        unit: str,
        numbers: tuple[float, float | None, float | None],
        side: str,
        derived: list[Derived],
    ) -> tuple[float, float | None, float | None]:
        """Bring mean, SD and SE to the unit of the analysis; a standardised difference needs none."""
        if self.selection.measure in UNIT_FREE:
            return numbers
        mean, sd, se = numbers
        kind = "level" if value.centre in ("mean", "median") else "difference"
        try:
            centre = convert(mean, self.outcome, unit, self.unit, kind)
            spreads = [
                None if x is None else convert(x, self.outcome, unit, self.unit, "difference").value
                for x in (sd, se)
            ]
        except UnitError as error:
            raise Unusable("unit", str(error)) from None
        if centre.derivation:
            derived.append(Derived(side=side, text=centre.derivation))
        return centre.value, spreads[0], spreads[1]

    def _combine(self, sides: list[Side], side: str) -> Side:
        """Merge several arms into one, as if their participants had been one group."""
        numbers = [item.numbers for item in sides]
        arms = tuple(arm for item in numbers for arm in item.arms)
        label = " + ".join(item.label for item in numbers)
        derived = [item for part in sides for item in part.derived]
        notes = tuple(dict.fromkeys(note for part in sides for note in part.notes))
        try:
            if numbers[0].events is not None:
                counts = combine_counts([x.events or 0.0 for x in numbers], [x.n or 0.0 for x in numbers])
                merged = ArmNumbers(arms=arms, label=label, n=counts.value.n, events=counts.value.events)
                derived.append(Derived(side=side, text=counts.derivation))
            else:
                if any(x.n is None or x.mean is None or x.sd is None for x in numbers):
                    raise Unusable("no-n", "arms cannot be combined without n and SD of each")
                means = combine_means(
                    [x.n or 0.0 for x in numbers],
                    [x.mean or 0.0 for x in numbers],
                    [x.sd or 0.0 for x in numbers],
                )
                group = means.value
                merged = ArmNumbers(
                    arms=arms,
                    label=label,
                    n=group.n,
                    mean=group.mean,
                    sd=group.sd,
                    se=group.sd / group.n**0.5,
                )
                derived.append(Derived(side=side, text=means.derivation))
        except InputError as error:
            raise Unusable("not-computable", str(error)) from None
        return Side(merged, tuple(derived), notes)


UNIT_FREE = frozenset({"SMD", "SMDH", "SMD1", "SMD1H", "RPB", "RBIS", "D2ORL", "D2ORN"})
"""Measures in standard deviations: each study's own unit will do."""


def _keep(found: Recovered[float] | Recovered[int], side: str, derived: list[Derived]) -> float:
    """Note a recovered number and return it."""
    derived.append(Derived(side=side, text=found.derivation, imputed=found.imputed))
    return float(found.value)


def extractor_derivations(items: Iterable[Derivation], side: str) -> list[Derived]:
    """Return what the extractor worked out before writing the record; an inference is an assumption."""
    return [
        Derived(
            side=side,
            text=f"{', '.join(item.fields)} ← {item.kind.value} ({item.note})",
            imputed=item.kind is DerivationKind.INFERRED,
        )
        for item in items
    ]


def _divide(whole: Side, share: int, side: str) -> Side:
    """Give a comparison its part of a shared arm: n and events divided, mean and SD kept."""
    numbers = whole.numbers
    if numbers.n is None:
        raise Unusable("no-n", "a shared control cannot be divided without its n")
    n = numbers.n / share
    divided = replace(
        numbers,
        n=n,
        events=None if numbers.events is None else numbers.events / share,
        se=None if numbers.sd is None else numbers.sd / n**0.5,
    )
    text = f"n ← n/{share} (control shared by {share} comparisons)"
    return Side(divided, (*whole.derived, Derived(side=side, text=text)), whole.notes)
