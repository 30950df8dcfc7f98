"""From what a comparison's arms report to the numbers an effect size needs, each with how it came about.

One arm at a time: what it prints, what follows from that, several arms combined into one, a shared control
divided. What cannot be used is said with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metamsc.dataset.changes import Changes
from metamsc.dataset.comparisons import OF_BASELINE, Comparison, Unusable
from metamsc.dataset.correlations import Correlations
from metamsc.dataset.levels import Levels, Spot
from metamsc.dataset.moments import Moments, log_moments, reading_se
from metamsc.dataset.printed_tests import Sides
from metamsc.dataset.rows import ArmNumbers, Derived
from metamsc.dataset.trail import Trail, extractor_derivations
from metamsc.effects.recover import events_from_percent
from metamsc.effects.recover_figures import mean_from_figure
from metamsc.effects.recover_groups import combine_counts, combine_means
from metamsc.records.model import Arm
from metamsc.records.values import ArmValue


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison with the derivations behind it."""

    numbers: ArmNumbers
    derived: tuple[Derived, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the arms of comparisons under one selection.

    Attributes
    ----------
    levels : Levels
        Outcome, unit, selection and study.
    correlations : Correlations
        For changes whose SD is not printed.
    """

    levels: Levels
    correlations: Correlations

    def read(self, comparison: Comparison) -> tuple[Side, Side]:
        """Return the treated and the control side.

        Raises
        ------
        Unusable
            If a number that is needed is missing or cannot be used under the selection.
        """
        treated = [self._read_arm(comparison, arm, "treatment") for arm in comparison.treated]
        control = self._read_arm(comparison, comparison.control, "control")
        whole = treated[0] if len(treated) == 1 else _combine(treated)
        divided = control if comparison.share == 1 else _divide(control, comparison.share)
        return _with_reading(whole, "treatment"), _with_reading(divided, "control")

    def _read_arm(self, comparison: Comparison, arm: Arm, side: str) -> Side:
        trail = Trail(side)
        sides = Sides(comparison.treated[0], comparison.control) if len(comparison.treated) == 1 else None
        spot = Spot(comparison.result, arm, sides)
        value = spot.value
        trail.derived.extend(extractor_derivations(value.derivations, side))
        if value.note:
            trail.notes.append(value.note)
        numbers = ArmNumbers(arms=(arm.id,), label=arm.label or arm.id, n=value.n)
        if value.centre is None:
            numbers = replace(numbers, events=_events(value, trail))
        elif self._on_log_scale(comparison):
            logs = log_moments(value, trail)
            found = Moments(math.exp(logs.mean), reading=reading_se(value))
            way = self.levels.change_of_unit(spot, self.levels.target(spot.result))
            found = found if way is None else way.bring(found, "level", value.n, trail)
            numbers = replace(numbers, mean=found.mean, log_sd=logs.sd, reading=found.reading or None)
        else:
            found = self._moments(comparison, spot, trail)
            numbers = replace(
                numbers, mean=found.mean, sd=found.sd, se=found.se, reading=found.reading or None
            )
        return Side(numbers, tuple(trail.derived), tuple(trail.notes))

    def _on_log_scale(self, comparison: Comparison) -> bool:
        """Whether a ratio is made of geometric means alone, in a unit with the same zero: by algebra."""
        if self.levels.selection.measure != "ROM" or comparison.value != "final":
            return False
        spots = [Spot(comparison.result, arm) for arm in (*comparison.treated, comparison.control)]
        if any(spot.value.centre != "geometric_mean" for spot in spots):
            return False
        ways = (self.levels.change_of_unit(spot, self.levels.target(spot.result)) for spot in spots)
        return all(way is None or way.keeps_zero() for way in ways)

    def _moments(self, comparison: Comparison, spot: Spot, trail: Trail) -> Moments:
        """Mean and spread of one arm as the kind of number the comparison takes."""
        changes = Changes(self.levels, self.correlations)
        if comparison.of_baseline:
            percent = changes.percent(spot, trail)
            trail.add("percent-change", "% of baseline ← 100 + percent change")
            moved = replace(percent, mean=percent.mean + 100.0)
            way = self.levels.change_of_unit(spot, self.levels.target(spot.result))
            if spot.result.outcome not in OF_BASELINE:
                trail.notes.append("percents of baseline: as final values where the arms start alike")
                return moved
            if way is None:
                return moved
            return way.bring(moved, "level", spot.value.n, trail)
        return changes.read(spot, trail) if comparison.value == "change" else self.levels.read(spot, trail)


def _events(value: ArmValue, trail: Trail) -> float:
    if value.n is None:
        raise Unusable("no-n", "number analysed not printed")
    if value.events is not None:
        return float(value.events)
    if value.percent is None:
        raise Unusable("no-value", "neither a count nor a percentage")
    percent, n = value.percent, value.n
    return float(trail.recover("percentage", lambda: events_from_percent(percent, n)))


def _combine(sides: Sequence[Side]) -> Side:
    """Merge several arms into one, as if their participants had been one group."""
    numbers = [item.numbers for item in sides]
    trail = Trail("treatment", [item for part in sides for item in part.derived])
    merged = ArmNumbers(
        arms=tuple(arm for item in numbers for arm in item.arms),
        label=" + ".join(item.label for item in numbers),
    )
    if numbers[0].events is not None:
        events, sizes = [x.events or 0.0 for x in numbers], [x.n or 0.0 for x in numbers]
        counts = trail.recover("combined-arms", lambda: combine_counts(events, sizes))
        merged = replace(merged, n=counts.n, events=counts.events)
    else:
        merged = _combined_means(merged, numbers, trail)
    notes = tuple(dict.fromkeys([note for part in sides for note in part.notes] + trail.notes))
    return Side(merged, tuple(trail.derived), notes)


def _combined_means(merged: ArmNumbers, numbers: Sequence[ArmNumbers], trail: Trail) -> ArmNumbers:
    """Fill in size, mean and SD of several arms together; geometric means on the log scale."""
    geometric = numbers[0].log_sd is not None
    sds = [x.log_sd if geometric else x.sd for x in numbers]
    if any(x.n is None or x.mean is None or sd is None for x, sd in zip(numbers, sds, strict=True)):
        raise Unusable("no-n", "arms cannot be combined without n and SD of each")
    n, widths = [x.n or 0.0 for x in numbers], [sd or 0.0 for sd in sds]
    means = [math.log(x.mean or 1.0) if geometric else x.mean or 0.0 for x in numbers]
    group = trail.recover("combined-arms", lambda: combine_means(n, means, widths))
    shares = [size / group.n for size in n]
    if geometric:
        mean = math.exp(group.mean)
        relative = [(x.reading or 0.0) / (x.mean or 1.0) for x in numbers]
        reading = mean * math.hypot(*(w * r for w, r in zip(shares, relative, strict=True)))
        return replace(merged, n=group.n, mean=mean, log_sd=group.sd, reading=reading or None)
    reading = math.hypot(*(w * (x.reading or 0.0) for w, x in zip(shares, numbers, strict=True)))
    return replace(
        merged, n=group.n, mean=group.mean, sd=group.sd, se=group.sd / group.n**0.5, reading=reading or None
    )


def _divide(whole: Side, share: int) -> Side:
    """Give a comparison its part of a shared control: n and events divided, mean and SD kept."""
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
    step = Derived(side="control", text=text, kind="shared-control")
    return Side(divided, (*whole.derived, step), whole.notes)


def _with_reading(side: Side, name: str) -> Side:
    """Say what the reading of a figure adds to the variance of a mean; it is added to that of the effect."""
    numbers = side.numbers
    if numbers.reading is None or numbers.mean is None:
        return side
    se, mean = numbers.se, numbers.mean
    if numbers.log_sd is not None and numbers.n is not None:
        se = mean * numbers.log_sd / numbers.n**0.5
    if se is None:
        return side
    trail = Trail(name, list(side.derived), list(side.notes))
    error = numbers.reading * math.sqrt(3)
    trail.recover("figure", lambda: mean_from_figure(mean, se, error=error))
    return Side(numbers, tuple(trail.derived), tuple(trail.notes))
