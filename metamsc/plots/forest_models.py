"""Several models in one forest plot: what each says of a study or a pool. Looked up, never computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metamsc.errors import InputError, OptionError
from metamsc.plots.forest_rows import OtherEffect

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Sensitivity, Stratum
    from metamsc.dataset.rows import EffectRow

Models = Sequence[str] | Mapping[str, "AnalysisResult"]
"""Names of sensitivity analyses of the result, or other results by the name that the legend gives them."""
Numbers = tuple[float, float, float]
"""Estimate, low, high: analysis scale."""


@dataclass(frozen=True, slots=True)
class OtherModels:
    """What further models say: by the key of a pool, and by the id of a row."""

    names: tuple[str, ...] = ()
    pools: tuple[Mapping[tuple[str, ...], Numbers], ...] = ()
    rows: tuple[Mapping[str, Numbers], ...] = field(default=())

    def of_pool(self, stratum: Stratum) -> tuple[OtherEffect, ...]:
        """Return what each model says of a pool, in the order of the legend."""
        return _effects([pools.get(stratum.key) for pools in self.pools])

    def of_row(self, row: EffectRow) -> tuple[OtherEffect, ...]:
        """Return what each model says of a study; () where none says anything."""
        found = [rows.get(row.row_id) for rows in self.rows]
        return _effects(found) if any(found) else ()


def _effects(found: Sequence[Numbers | None]) -> tuple[OtherEffect, ...]:
    nothing = (None, None, None)
    return tuple(
        OtherEffect(model=number, estimate=estimate, low=low, high=high)
        for number, (estimate, low, high) in enumerate((item or nothing for item in found), start=1)
    )


def other_models(result: AnalysisResult, models: Models | None, z: float) -> OtherModels:
    """Return what other models say of the same rows and pools.

    Parameters
    ----------
    result : AnalysisResult
    models : sequence of str or mapping of str to AnalysisResult, optional
    z : float
        Half-width of the intervals of single studies, in standard errors.

    Raises
    ------
    OptionError
        If the result has no sensitivity analysis of that name; lists those it has.
    InputError
        If a model is on another measure or in another unit (its marks would not fit the axis), or the pools
        of a sensitivity analysis cannot be told apart.
    """
    if not models:
        return OtherModels()
    if isinstance(models, Mapping):
        for name, other in models.items():
            if (other.scale.measure, other.scale.unit) != (result.scale.measure, result.scale.unit):
                raise InputError(
                    f"model {name!r} is on another scale: {other.scale.measure} {other.scale.unit}."
                )
        return OtherModels(
            names=tuple(models),
            pools=tuple(_pools_of(other) for other in models.values()),
            rows=tuple(_rows_of(result, other, z) for other in models.values()),
        )
    chosen = [_sensitivity(result, name) for name in models]
    return OtherModels(
        names=tuple(item.label for item in chosen),
        pools=tuple(_sensitivity_pools(result, item) for item in chosen),
        rows=tuple({} for _ in chosen),
    )


def _pools_of(result: AnalysisResult) -> dict[tuple[str, ...], Numbers]:
    return {
        stratum.key: (stratum.pooled.estimate, stratum.pooled.ci.low, stratum.pooled.ci.high)
        for stratum in result.pools
    }


def _rows_of(result: AnalysisResult, other: AnalysisResult, z: float) -> dict[str, Numbers]:
    """Return the rows of another result whose effect is another one: equal ones are not drawn twice."""
    own = {row.row_id: (row.yi, row.vi) for row in result.table.rows}
    return {
        row.row_id: (row.yi, row.yi - z * row.sei, row.yi + z * row.sei)
        for row in other.table.rows
        if own.get(row.row_id) != (row.yi, row.vi)
    }


def _sensitivity(result: AnalysisResult, name: str) -> Sensitivity:
    found = next((item for item in result.sensitivity if item.name == name), None)
    if found is None:
        listed = ", ".join(repr(item.name) for item in result.sensitivity) or "it has none"
        raise OptionError(f"models must be sensitivity analyses of {result.name!r}: {listed}; got {name!r}.")
    if found.measure and (found.measure, found.unit) != (result.scale.measure, result.scale.unit):
        raise InputError(f"model {name!r} is on another scale: {found.measure} {found.unit}.")
    return found


def _sensitivity_pools(result: AnalysisResult, item: Sensitivity) -> dict[tuple[str, ...], Numbers]:
    keys = {stratum.label: stratum.key for stratum in result.pools}
    if len(keys) < len(result.pools):
        raise InputError(f"two pools of {result.name!r} have one label; their models cannot be told apart.")
    return {
        keys[stratum.label]: (stratum.estimate, stratum.ci_low, stratum.ci_high)
        for stratum in item.strata
        if stratum.label in keys
        and stratum.estimate is not None
        and stratum.ci_low is not None
        and stratum.ci_high is not None
    }
