"""Rows of a table as the methods take them: effects, counts where all rows have them, clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, PoolChoice
from metamsc.analysis.methods.pool import COUNT_MEASURES, PoolData, pool_rows
from metamsc.analysis.methods.result import MethodResult
from metamsc.dataset.rows import EffectRow

COUNTED = frozenset(measure for measures in COUNT_MEASURES.values() for measure in measures)


def pool_data(rows: Sequence[EffectRow], measure: str, cluster: str | None = None) -> PoolData:
    """Return rows for :func:`metamsc.analysis.methods.pool.pool_rows`.

    Parameters
    ----------
    rows : sequence of EffectRow
    measure : str
    cluster : str, optional
        "study", "cohort" or a moderator.
    """
    return PoolData(
        yi=tuple(row.yi for row in rows),
        vi=tuple(row.vi for row in rows),
        measure="OR" if measure == "PETO" else measure,
        counts=_counts(rows) if measure in COUNTED else {},
        cluster=None if cluster is None else tuple(_cluster(row, cluster) for row in rows),
    )


def _cluster(row: EffectRow, name: str) -> str:
    if name == "study":
        return row.study_id
    return row.cohort if name == "cohort" else row.moderator(name)


def _counts(rows: Sequence[EffectRow]) -> dict[str, tuple[float, ...]]:
    """Return the counts of both arms by argument; empty where any row has none."""
    found: dict[str, list[float]] = {}
    for row in rows:
        for side, arm in (("treat", row.treatment), ("control", row.control)):
            if arm.events is None or arm.n is None:
                return {}
            found.setdefault(f"events_{side}", []).append(arm.events)
            found.setdefault(f"n_{side}", []).append(arm.n)
    return {name: tuple(values) for name, values in found.items()}


def pool_stratum(
    rows: Sequence[EffectRow], measure: str, choice: PoolChoice, cluster: str | None
) -> MethodResult:
    """Pool the rows of a stratum; one row is no pool, and is shown as it is whatever the method.

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        If the method cannot pool these rows.
    """
    data = pool_data(rows, measure, cluster)
    if len(rows) == 1 and choice.method != INVERSE_VARIANCE:
        data = replace(data, measure=measure)
        choice = PoolChoice(level=choice.level, mid=choice.mid)
    elif choice.method == INVERSE_VARIANCE:
        data = replace(data, measure=measure)
    found = pool_rows(data, choice)
    return _with_weights(found, data.vi)


def _with_weights(found: MethodResult, vi: Sequence[float]) -> MethodResult:
    """Give a model without weights those that a figure draws, and say what they are."""
    if found.weights_percent is not None or found.heterogeneity is None or found.coefficients[1:]:
        return found
    w = [1.0 / (v + found.heterogeneity.tau2) for v in vi]
    note = "This model has no study weights; those shown are 1 / (vi + tau2) of the studies' own effects."
    return replace(
        found,
        weights_percent=tuple(100.0 * x / sum(w) for x in w),
        warnings=(*found.warnings, note),
    )
