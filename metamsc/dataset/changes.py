"""The change from baseline of one arm: as printed, or worked out from other numbers of the same record.

Mean: printed, final minus baseline, or from a percent change. SD: printed; from the test of the change within
the arm; from the test between the arms; from the SDs before and after with their correlation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metamsc.dataset.baselines import find_baseline, find_final
from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.correlations import Correlations
from metamsc.dataset.levels import Levels, Spot, first_found
from metamsc.dataset.moments import Moments, own_moments
from metamsc.dataset.printed_tests import sd_of_tested_change, sd_of_tested_difference
from metamsc.dataset.trail import Trail
from metamsc.effects.recover import Recovered
from metamsc.effects.recover_change import change_from_percent
from metamsc.effects.recover_groups import sd_of_change
from metamsc.effects.recover_quantiles import MeanSd

_NO_SPREAD = "change without any measure of spread"


@dataclass(frozen=True, slots=True)
class Changes:
    """Reads changes under one selection.

    Attributes
    ----------
    levels : Levels
        Reads the values at baseline and at the end, and knows the unit.
    correlations : Correlations
        Where an arm has none of its own.
    """

    levels: Levels
    correlations: Correlations

    def read(self, spot: Spot, trail: Trail) -> Moments:
        """Return mean change, SD and SE of one arm in the unit of the analysis.

        Raises
        ------
        Unusable
            If a number that is needed is not in the record, or cannot be used.
        """
        ways = {"change": self._printed, "percent_change": self._from_percent}
        return ways.get(spot.value.centre or "", self._from_levels)(spot, trail)

    def _printed(self, spot: Spot, trail: Trail) -> Moments:
        """Take a printed change; work out an SD that is not printed."""
        target = self.levels.target(spot.result)
        change = self.levels.own(spot, "difference", trail, target)
        if change.sd is not None or change.se is not None:
            return change
        ways = (
            lambda: sd_of_tested_change(spot.value, change.mean, trail),
            lambda: self.levels.sd_between(spot, target, trail),
            lambda: self._sd_from_both_ends(spot, target, trail),
        )
        return change.with_sd(first_found(ways, _NO_SPREAD), spot.value.n)

    def _from_levels(self, spot: Spot, trail: Trail) -> Moments:
        """Take final minus baseline."""
        before = find_baseline(self.levels.study, spot.result, spot.arm.id)
        if before is None:
            raise Unusable("no-value", "no value at baseline to take the change from")
        target = self.levels.target(spot.result)
        first, last = (
            self._end(spot.at(before), "baseline", target, trail),
            self._end(spot, "", target, trail),
        )
        mean = last.mean - first.mean
        trail.add("change-mean", f"change ← final − baseline ({last.mean:g} − {first.mean:g})")
        ways = (
            lambda: sd_of_tested_change(spot.value, mean, trail),
            lambda: self._sd_by_correlation((spot.at(before), first), (spot, last), trail),
        )
        sd = first_found(ways, "the SD of a change needs the SDs before and after")
        return Moments(mean, reading=math.hypot(first.reading, last.reading)).with_sd(sd, spot.value.n)

    def _from_percent(self, spot: Spot, trail: Trail) -> Moments:
        """Take the change in units from the members' percent changes and the baseline."""
        before = find_baseline(self.levels.study, spot.result, spot.arm.id)
        if before is None:
            raise Unusable("measure", "only a percent change from baseline is reported")
        percent, n = self.percent(spot, trail), spot.value.n
        base = self._end(spot.at(before), "baseline", self.levels.target(before), trail)
        if percent.sd is None or base.sd is None or n is None:
            raise Unusable("no-spread", "a percent change becomes a change only with n and both SDs")
        sds = percent.sd, base.sd

        def find() -> Recovered[MeanSd]:
            made = change_from_percent(percent.mean, sds[0], n, baseline=base.mean, sd_baseline=sds[1])
            text = f"change ← percent change, taken as independent of the baseline ({made.derivation})"
            return Recovered(made.value, text, made.imputed, made.notes)

        found = trail.recover("percent-change", find)
        reading = math.hypot(percent.reading * base.mean, base.reading * percent.mean) / 100
        return Moments(found.mean, reading=reading).with_sd(found.sd, n)

    def percent(self, spot: Spot, trail: Trail) -> Moments:
        """Return mean and spread of a percent change, in percent.

        Raises
        ------
        Unusable
            If there is no spread.
        """
        found = own_moments(spot.value, self.levels.selection, trail)
        if found.sd is not None or found.se is not None:
            return found
        ways = (
            lambda: sd_of_tested_change(spot.value, found.mean, trail),
            lambda: sd_of_tested_difference(spot.result, spot.sides, trail),
        )
        return found.with_sd(first_found(ways, "percent change without any measure of spread"), spot.value.n)

    def _sd_from_both_ends(self, spot: Spot, target: str | None, trail: Trail) -> float | None:
        """Return the SD of a printed change from the values before and after; None where one is missing."""
        study, arm = self.levels.study, spot.arm.id
        before, after = find_baseline(study, spot.result, arm), find_final(study, spot.result, arm)
        if before is None or after is None:
            return None
        first, last = spot.at(before), spot.at(after)
        ends = self._end(first, "baseline", target, trail), self._end(last, "final", target, trail)
        return self._sd_by_correlation((first, ends[0]), (last, ends[1]), trail, spot)

    def _end(self, spot: Spot, name: str, target: str | None, trail: Trail) -> Moments:
        """Read a value before or after, noting under its name what was worked out."""
        if not name:
            return self.levels.own(spot, "level", trail, target)
        apart = Trail(trail.side)
        try:
            found = self.levels.own(spot, "level", apart, target)
        except Unusable as reason:
            raise Unusable(reason.code, f"{name}: {reason.reason}") from None
        trail.take(apart, name)
        return found

    def _sd_by_correlation(
        self,
        first: tuple[Spot, Moments],
        last: tuple[Spot, Moments],
        trail: Trail,
        change: Spot | None = None,
    ) -> float | None:
        """Return the SD of the change from the SDs before and after; None where one is missing."""
        before, after = first[1].sd, last[1].sd
        if before is None or after is None:
            return None
        r = self._correlation(*((last[0],) if change is None else (change, last[0])))
        n_before, n_after = (spot.value.n for spot in (first[0], last[0]))
        if n_before is not None and n_after is not None and n_before != n_after:
            trail.notes.append(f"{n_before} at baseline and {n_after} later: not all are the same members")

        def find() -> Recovered[float]:
            found = sd_of_change(before, after, r.value, r_reported=not r.imputed)
            text = f"sd of change ← SDs before and after, {r.derivation} ({before:g}, {after:g})"
            return Recovered(found.value, text, found.imputed, r.notes)

        return trail.recover("change-sd", find)

    def _correlation(self, *spots: Spot) -> Recovered[float]:
        """Return the correlation: printed for this arm, set by the plan, borrowed, or assumed."""
        printed = next((s.value.correlation for s in spots if s.value.correlation is not None), None)
        if printed is not None:
            return Recovered(printed, f"r ← {printed:g} as printed")
        chosen = self.levels.selection.correlation
        if chosen is not None:
            return Recovered(chosen, f"r ← {chosen:g} set by the plan", imputed=True)
        return self.correlations.borrow(self.levels.study)
