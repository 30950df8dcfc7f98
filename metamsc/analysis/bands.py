"""Mean effect and prediction along one moderator of a meta-regression: what a bubble plot draws.

The model is refitted from its rows and formula, and predicted at values of one moderator with the others as
they are in the rows: the prediction at a value is that of the average row with this value (for a linear
predictor, the others held at their means and at the shares of their levels).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, OptionError, check_option
from metamsc.models.results import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from metamsc.analysis.result import AnalysisResult, Regression
    from metamsc.models.formula import FormulaDesign

GRID = 81
"""Values of a continuous moderator at which the bands are computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandPoint:
    """Prediction at one value; `pi` is None where it cannot be told (k < 3, equal effects)."""

    value: float | str
    estimate: float
    ci: Interval
    pi: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One row of the regression."""

    row_id: str
    label: str
    value: float | str
    yi: float
    vi: float
    weight_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionBands:
    """Rows of a meta-regression and its predictions along one moderator."""

    label: str
    """Name of the pool."""
    formula: str
    moderator: str
    categorical: bool
    bubbles: tuple[Bubble, ...]
    line: tuple[BandPoint, ...]
    """Along the grid, or one per level."""
    held: tuple[str, ...]
    """The other moderators, which are held at their means."""
    k: int
    tau2: float
    R2: float | None
    p: float | None
    """Of the test of all moderators together."""
    left_out: tuple[str, ...] = ()


def regression_bands(
    yi: Sequence[float],
    vi: Sequence[float],
    columns: Mapping[str, Sequence[Any]],
    formula: str,
    *,
    moderator: str | None = None,
    labels: Sequence[str] | None = None,
    row_ids: Sequence[str] | None = None,
    label: str = "",
    logarithmic: bool = False,
    left_out: Sequence[str] = (),
    **options: Any,
) -> RegressionBands:
    """Fit a meta-regression and predict along one of its moderators.

    Parameters
    ----------
    yi, vi : sequence of float, length k
        Effects on the analysis scale and their variances.
    columns : mapping of str to sequence of length k
        Moderators by name: numbers, or words (categories).
    formula : str
        Right-hand side: "year + msc_source", "log10(dose_per_kg)".
    moderator : str, optional
        Along which to predict; default: the only one, or the first of the formula.
    labels, row_ids : sequence of str, optional
        Names and ids of the rows.
    label : str
        Name of the pool.
    logarithmic : bool
        Space the grid evenly in logarithms; the values must be > 0.
    left_out : sequence of str
        Rows without a moderator, carried into the result.
    **options
        tau2_method, ci_method, pi_method, level of :func:`metamsc.models.pool.pool`.

    Raises
    ------
    OptionError
        If the formula cannot be read or does not have the moderator.
    InputError
        If a value is missing, or not above 0 on a logarithmic grid.
    """
    from metamsc.models.formula import formula_design, formula_variables
    from metamsc.models.pool import pool
    from metamsc.models.regression import predict_effects

    needed = formula_variables(formula)
    if not needed:
        raise OptionError(f"formula {formula!r} names no moderator.")
    chosen = moderator or needed[0]
    check_option("moderator", chosen, needed)
    design = formula_design(formula, columns)
    values = list(columns[chosen])
    categorical = any(isinstance(value, str) for value in values)
    grid: list[float | str] = []
    grid += sorted(set(map(str, values))) if categorical else _grid(values, logarithmic=logarithmic)
    new_X = _average_rows(design, columns, needed, chosen, grid)
    fit = pool(yi, vi, X=design.X, names=design.names, **options)
    shown = {name: value for name, value in options.items() if name != "measure"}
    found = predict_effects(yi, vi, X=design.X, new_X=new_X, names=design.names, **shown)
    names = labels or [f"row {number}" for number in range(1, len(yi) + 1)]
    return RegressionBands(
        label=label,
        formula=formula,
        moderator=chosen,
        categorical=categorical,
        bubbles=tuple(
            Bubble(
                row_id=row_id, label=name, value=str(value) if categorical else float(value),
                yi=float(y), vi=float(v), weight_percent=weight,
            )
            for row_id, name, value, y, v, weight in zip(
                row_ids or names, names, values, yi, vi, fit.weights_percent, strict=True
            )
        ),
        line=tuple(
            BandPoint(value=value, estimate=item.estimate, ci=item.ci, pi=item.pi)
            for value, item in zip(grid, found, strict=True)
        ),
        held=tuple(name for name in needed if name != chosen),
        k=fit.k,
        tau2=fit.heterogeneity.tau2,
        R2=fit.R2,
        p=None if fit.QM is None else fit.QM.p,
        left_out=tuple(left_out),
    )  # fmt: skip


def bands_of(
    result: AnalysisResult, *, stratum: str | None = None, moderator: str | None = None
) -> RegressionBands:
    """Return the bands of the plan's meta-regression.

    Parameters
    ----------
    result : AnalysisResult
        Of a plan with `mods`.
    stratum : str, optional
        Label of the pool; default: the last one that was fitted (over all types where they are pooled).
    moderator : str, optional
        Along which to predict; default: the first of the formula.

    Raises
    ------
    InputError
        If the plan has no meta-regression, or it was not run, or its tests are cluster-robust, for which
        no bands are computed.
    OptionError
        If there is no such stratum or moderator.
    """
    regression = _chosen(result, stratum)
    if regression.pooled is None:
        raise InputError(f"{regression.label}: the meta-regression was not run: {regression.refused}")
    if regression.details.get("cluster"):
        raise InputError(f"{regression.label}: bands of a cluster-robust meta-regression are not computed.")
    from metamsc.analysis.regression import NUMERIC, row_value
    from metamsc.models.formula import formula_variables

    by_id = {row.row_id: row for row in result.table.rows}
    rows = [by_id[row_id] for row_id in regression.row_ids]
    columns: dict[str, list[Any]] = {}
    for name in formula_variables(regression.formula):
        texts = [row_value(row, name) for row in rows]
        columns[name] = [float(text) for text in texts] if name in NUMERIC else texts
    pooled = regression.pooled
    return regression_bands(
        [row.yi for row in rows],
        [row.vi for row in rows],
        columns,
        regression.formula,
        moderator=moderator,
        labels=[row.label for row in rows],
        row_ids=regression.row_ids,
        label=regression.label,
        left_out=regression.left_out,
        measure=pooled.measure,
        tau2_method=pooled.tau2_method,
        ci_method=pooled.ci_method,
        pi_method=pooled.pi_method,
        level=pooled.level,
    )


def _chosen(result: AnalysisResult, stratum: str | None) -> Regression:
    if not result.regressions:
        raise InputError(f"analysis {result.name!r} has no meta-regression: its plan has no `mods`.")
    if stratum is None:
        fitted = [item for item in result.regressions if item.pooled is not None]
        return (fitted or list(result.regressions))[-1]
    check_option("stratum", stratum, [item.label for item in result.regressions])
    return next(item for item in result.regressions if item.label == stratum)


def _grid(values: Sequence[Any], *, logarithmic: bool) -> list[float]:
    """Return evenly spaced values from the smallest to the largest; a single one where all are equal."""
    import numpy as np

    low, high = float(min(values)), float(max(values))
    if logarithmic and low <= 0.0:
        raise InputError(f"a logarithmic axis needs values above 0; got {low:g}.")
    if low == high:
        return [low]
    spaced = np.geomspace(low, high, GRID) if logarithmic else np.linspace(low, high, GRID)
    inner = [float(value) for value in spaced[1:-1]]
    return [low, *inner, high]  # the ends as they are: a spline refuses values beyond its knots


def _average_rows(
    design: FormulaDesign, columns: Mapping[str, Sequence[Any]], needed: Sequence[str], chosen: str,
    grid: Sequence[float | str],
) -> NDArray[np.float64]:  # fmt: skip
    """Return the mean design row at each value, shape (len(grid), p), from one call of the formula."""
    k = len(columns[chosen])
    data = {name: list(columns[name]) * len(grid) for name in needed if name != chosen}
    data[chosen] = [value for value in grid for _ in range(k)]
    averaged: NDArray[np.float64] = design.rows(data).reshape(len(grid), k, -1).mean(axis=1)
    return averaged
