"""Leave studies and cohorts out of a pool that is made by another model than inverse variance.

The model is fitted again as the plan has it, once per study: no other check of trust knows these models.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from metamsc.analysis.pooling import pool_stratum
from metamsc.analysis.result import Scale, Stratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.results import PooledResult
from metamsc.sensitivity.stress_result import StressTest, Tried, attempt
from metamsc.sensitivity.stress_test import EACH_ITS_OWN
from metamsc.sensitivity.stress_verdicts import judge
from metamsc.sensitivity.subsets import Refit, Refits

MOST_REFITS = 40
"""Fits of one pool at most: such models take up to a second each."""


def hold_by_plan(spec: AnalysisSpec, table: EffectTable, stratum: Stratum, scale: Scale) -> StressTest:
    """Refit a pool without each study and each cohort, by the model of the plan.

    Parameters
    ----------
    spec : AnalysisSpec
        Its `model` pools otherwise than by inverse variance, or has clusters.
    table : EffectTable
    stratum : Stratum
        A pool of the planned analysis.
    scale : Scale

    Returns
    -------
    StressTest
        With `without_study` and `without_cohort` alone; of all else nobody asked. A refit that the model
        cannot make is None there, and the warnings say why.
    """
    by_id = {row.row_id: row for row in table.rows}
    rows = [by_id[row_id] for row_id in stratum.row_ids]
    labels, cohorts = tuple(row.label for row in rows), tuple(row.cohort for row in rows)
    refits = _Refitting(spec, table.measure, rows)
    own = len(set(cohorts)) == len(rows) > 1
    found = StressTest(
        label=stratum.label,
        pooled=stratum.pooled,
        mid=scale.mid,
        labels=labels,
        years=tuple(row.year for row in rows),
        cohorts=cohorts,
        without_study=attempt(lambda: refits.without(range(len(rows)), labels)),
        without_cohort=Tried(None, EACH_ITS_OWN)
        if own
        else attempt(lambda: refits.without(cohorts, tuple(dict.fromkeys(cohorts)))),
    )
    return replace(found, verdicts=judge(found))


class _Refitting:
    """The rows of one pool, to be pooled again without some of them."""

    def __init__(self, spec: AnalysisSpec, measure: str, rows: Sequence[EffectRow]) -> None:
        self._choice, self._cluster = spec.model.choice(), spec.model.cluster
        self._measure, self._rows = measure, rows

    def without(self, groups: Sequence[Hashable], labels: Sequence[str]) -> Refits:
        """Leave out the rows of each group in turn; `labels` are those of the groups as they come."""
        names = list(dict.fromkeys(groups))
        if len(names) < 2:
            raise TooFewStudiesError("there is nothing left without it.")
        if len(names) > MOST_REFITS:
            raise InputError(f"more than {MOST_REFITS} fits of this model would take too long.")
        found: list[Refit | None] = []
        warnings = []
        for name, label in zip(names, labels, strict=True):
            kept = [row for row, group in zip(self._rows, groups, strict=True) if group != name]
            try:
                fit = pool_stratum(kept, self._measure, self._choice, self._cluster).as_pooled()
                found.append(_refit(label, fit))
            except (InputError, OptionError, TooFewStudiesError) as error:
                found.append(None)
                warnings.append(f"{label}: {error}")
        if not any(found):
            raise InputError(f"this model cannot be fitted without any one of them ({warnings[0]})")
        return Refits(
            rows=tuple(found),
            labels=tuple(labels),
            tau2_method=self._choice.tau2_method,
            ci_method=self._choice.ci_method,
            warnings=tuple(warnings),
        )


def _refit(label: str, pooled: PooledResult) -> Refit:
    here = pooled.heterogeneity
    return Refit(
        label=label,
        k=pooled.k,
        estimate=pooled.estimate,
        se=pooled.se,
        statistic=pooled.statistic,
        df=pooled.df,
        p=pooled.p,
        ci=pooled.ci,
        tau2=here.tau2,
        I2=here.I2,
        H2=here.H2,
        Q=here.Q,
        Q_df=here.Q_df,
        Q_p=here.Q_p,
        coefficients=pooled.coefficients,
    )
