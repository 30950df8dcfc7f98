"""The correlation of values before and after: printed, known from other arms and studies, or assumed.

What the SD of a change needs when a paper prints the SDs before and after and not that of the change
(Cochrane Handbook 6.5.2.8).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from metamsc.dataset.baselines import find_baseline, find_final
from metamsc.effects.recover import Recovered, sd_from_ci, sd_from_se
from metamsc.effects.recover_change import impute_correlation
from metamsc.effects.recover_groups import correlation_from_sds
from metamsc.errors import InputError, UnitError
from metamsc.outcomes.catalogue import Outcome
from metamsc.outcomes.units import convert
from metamsc.records.model import Result, Study
from metamsc.records.values import ArmValue


class Correlations:
    """Correlations before-after of one outcome that a set of records prints, or that its SDs give.

    Parameters
    ----------
    studies : sequence of Study
        Records to borrow from.
    outcome : Outcome
    unit : str
        Unit in which SDs are compared.
    """

    def __init__(self, studies: Sequence[Study], outcome: Outcome, unit: str) -> None:
        self._studies, self._outcome, self._unit = studies, outcome, unit
        self._found: dict[str, tuple[float, ...]] = {}
        self._medians: dict[str, float] | None = None

    def borrow(self, study: Study) -> Recovered[float]:
        """Return the correlation for an arm that has none: of its own study, of other studies, or 0.5.

        One value stands for another cohort: the median of what its arms give. Times are not compared.
        Always `imputed`.
        """
        own = self.known(study)
        if own:
            return impute_correlation(own, where="in other arms or times of this study")
        if self._medians is None:
            self._medians = dict(self._by_cohort())
        medians = [median for cohort, median in self._medians.items() if cohort != study.cohort]
        return impute_correlation(medians, where="in other studies")

    def _by_cohort(self) -> Iterator[tuple[str, float]]:
        """Return each cohort that gives a correlation, and the median of those it gives."""
        cohorts: dict[str, list[float]] = {}
        for study in self._studies:
            cohorts.setdefault(study.cohort, []).extend(self.known(study))
        return ((cohort, statistics.median(found)) for cohort, found in cohorts.items() if found)

    def known(self, study: Study) -> tuple[float, ...]:
        """Return the correlation of each arm and time of the study that gives one."""
        if study.id not in self._found:
            self._found[study.id] = tuple(self._of_study(study))
        return self._found[study.id]

    def _of_study(self, study: Study) -> Iterator[float]:
        for result in study.results:
            if result.outcome != self._outcome.id or result.subgroup is not None or not result.pool:
                continue
            for arm_id, value in (result.arms or {}).items():
                found = self._of_arm(study, result, arm_id, value)
                if found is not None:
                    yield found

    def _of_arm(self, study: Study, result: Result, arm_id: str, value: ArmValue) -> float | None:
        if value.correlation is not None:
            return value.correlation
        if value.centre != "change":
            return None
        rows = find_baseline(study, result, arm_id), result, find_final(study, result, arm_id)
        sds = [None if row is None else self._printed_sd(row, arm_id) for row in rows]
        before, change, after = sds
        if before is None or change is None or after is None:
            return None
        try:
            return correlation_from_sds(before, after, change).value
        except InputError:
            return None

    def _printed_sd(self, result: Result, arm_id: str) -> float | None:
        """Return an SD that is printed, or follows by algebra; None for anything else."""
        value = (result.arms or {})[arm_id]
        if value.centre not in ("mean", "change"):
            return None
        try:
            sd = _algebraic_sd(value)
            if sd is None or result.unit is None:
                return sd
            return convert(sd, self._outcome, result.unit, self._unit, "difference").value
        except (InputError, UnitError):
            return None


def _algebraic_sd(value: ArmValue) -> float | None:
    if value.sd is not None:
        return value.sd
    if value.n is None or value.n < 2:
        return None
    if value.se is not None:
        return sd_from_se(value.se, value.n).value
    return None if value.ci is None else sd_from_ci(*value.ci, value.n).value
