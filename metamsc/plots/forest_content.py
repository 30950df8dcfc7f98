"""What the rows of one forest plot need before they are laid out: arm cells, weights, sizes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from metamsc.plots import forest_cells as texts

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow


@dataclass(frozen=True, slots=True)
class ForestContent:
    """What every row of one figure needs to be written."""

    result: AnalysisResult
    by_id: dict[str, EffectRow]
    style: texts.ArmStyle
    arm_cells: dict[str, dict[str, str]]
    weights: dict[str, float]
    overall_weights: dict[str, float]
    sizes: dict[str, float]
    z: float
    weight_columns: int


def interval_level(result: AnalysisResult) -> float:
    """Return the coverage of the intervals of an analysis."""
    pools = [stratum.pooled for stratum in (*result.strata, result.overall) if stratum is not None]
    return pools[0].ci.level if pools else 0.95


def forest_content(result: AnalysisResult, *, arm_columns: bool) -> ForestContent:
    """Collect cells, weights and sizes of every row."""
    rows = result.table.rows
    style = texts.arm_style(rows) if arm_columns else texts.ArmStyle("none")
    weights: dict[str, float] = {}
    for stratum in result.strata:
        if len(stratum.key) == 1 and stratum.pooled.k > 1:
            weights.update(zip(stratum.row_ids, stratum.pooled.weights_percent, strict=True))
    overall = result.overall
    overall_weights = (
        dict(zip(overall.row_ids, overall.pooled.weights_percent, strict=True)) if overall else {}
    )
    both = bool(weights) and bool(overall_weights) and not is_one_pool(result)
    return ForestContent(
        result=result,
        by_id={row.row_id: row for row in rows},
        style=style,
        arm_cells=texts.arm_cells(rows, style),
        weights=weights or overall_weights,
        overall_weights=overall_weights if both else {},
        sizes=_sizes(result, overall_weights),
        z=NormalDist().inv_cdf(0.5 + interval_level(result) / 2.0),
        weight_columns=2 if both else int(bool(weights or overall_weights)),
    )


def is_one_pool(result: AnalysisResult) -> bool:
    """Say whether the overall pool is the same as the only stratum's."""
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    return (
        result.overall is not None
        and len(first) == 1
        and set(first[0].row_ids) == set(result.overall.row_ids)
    )


def _sizes(result: AnalysisResult, overall_weights: dict[str, float]) -> dict[str, float]:
    """Return relative areas of the squares: overall weights, or 1 / (vi + tau2) of each row's own pool."""
    raw = dict(overall_weights)
    if not raw:
        for stratum in result.strata:
            tau2 = stratum.pooled.heterogeneity.tau2
            rows = result.rows_of(stratum) if len(stratum.key) == 1 else ()
            raw.update({row.row_id: 1.0 / (row.vi + tau2) for row in rows})
    largest = max(raw.values(), default=1.0)
    return {row_id: value / largest for row_id, value in raw.items()}
