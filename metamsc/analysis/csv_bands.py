"""Meta-regressions on columns of a CSV, as the figures of an analysis take them."""

from __future__ import annotations

from typing import Any

from metamsc.analysis.bands import RegressionBands, regression_bands
from metamsc.analysis.csv import pool_csv
from metamsc.analysis.design import model_matrix
from metamsc.analysis.result import Regression
from metamsc.dataset.csv import typed_columns
from metamsc.files import PathLike
from metamsc.models.formula import formula_variables

ALL = "All studies"


def csv_bands(
    path: PathLike, mods: str, *, measure: str | None = None, moderator: str | None = None, **options: Any
) -> RegressionBands:
    """Return the bands of a meta-regression on columns of a CSV.

    Parameters
    ----------
    path : path
        See :func:`metamsc.dataset.csv.read_csv`.
    mods : str
        Formula: "year + alloc".
    measure : str, optional
        Measure to compute from arm columns, or that `yi` holds.
    moderator : str, optional
        Along which to predict; default: the first of the formula.
    **options
        tau2_method, ci_method, pi_method, level, preset of :func:`metamsc.analysis.csv.pool_csv`.

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As the pooling and :func:`~metamsc.analysis.bands.regression_bands`.
    """
    fitted = pool_csv(path, measure=measure, mods=mods, **options)
    effects, pooled = fitted.effects, fitted.overall
    for name in formula_variables(mods):
        effects.column(name)  # says what there is where the column is missing, or empty in a row
    return regression_bands(
        effects.yi,
        effects.vi,
        typed_columns(effects),
        mods,
        moderator=moderator,
        labels=effects.labels,
        label=ALL,
        measure=pooled.measure,
        tau2_method=pooled.tau2_method,
        ci_method=pooled.ci_method,
        pi_method=pooled.pi_method,
        level=pooled.level,
    )


def csv_regression(path: PathLike, mods: str, *, measure: str | None = None, **options: Any) -> Regression:
    """Return the fitted meta-regression on columns of a CSV; parameters and errors as :func:`csv_bands`."""
    fitted = pool_csv(path, measure=measure, mods=mods, **options)
    X, names = model_matrix(fitted.effects, mods)
    return Regression(
        label=ALL,
        formula=mods,
        k=fitted.overall.k,
        row_ids=fitted.effects.labels,
        names=names,
        design=tuple(tuple(float(x) for x in row) for row in X),
        pooled=fitted.overall.as_pooled(),
    )
