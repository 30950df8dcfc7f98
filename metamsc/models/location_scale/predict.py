"""What a location-scale fit predicts, and tests of its scale part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import critical_value
from metamsc.models.inputs import Design
from metamsc.models.linear_tests import LinearTests, combined
from metamsc.models.location_scale.fit import LocationScaleFit
from metamsc.models.location_scale.results import ScalePrediction
from metamsc.models.regression import Prediction
from metamsc.models.results import Interval


def predict_location_scale(
    fit: LocationScaleFit,
    new_X: ArrayLike | None = None,
    new_Z: ArrayLike | None = None,
    *,
    level: float | None = None,
) -> tuple[Prediction, ...]:
    """Predict the mean effect, and where a new study's effect is expected.

    Parameters
    ----------
    fit : LocationScaleFit
    new_X : array-like of shape (n, p), optional
        Rows in the columns of the mean's design; a single one goes with every row of `new_Z`.
    new_Z : array-like of shape (n, q), optional
        Rows in the columns of the scale's design; likewise. Default, with `new_X`: each study's own.
    level : float, optional
        Coverage; default that of the fit.

    Returns
    -------
    tuple of Prediction

    Raises
    ------
    InputError
        Rows with other columns than the designs, or unequal numbers of rows.
    """
    level = fit.model.level if level is None else level
    X = _rows("new_X", new_X, fit.model.design)
    Z = _rows("new_Z", new_Z, fit.scale_design)
    if len(X) == 1:
        X = np.repeat(X, len(Z), axis=0)
    if len(Z) == 1:
        Z = np.repeat(Z, len(X), axis=0)
    if len(X) != len(Z):
        raise InputError(f"new_X and new_Z must have as many rows as each other; got {len(X)} and {len(Z)}.")
    quantile = critical_value(level, fit.model.df)
    found = []
    for row, tau2 in zip(X, _tau2(fit, Z @ fit.alpha), strict=True):
        mean, variance = float(row @ fit.estimate), max(float(row @ fit.cov @ row), 0.0)
        half, wide = quantile * np.sqrt(variance), quantile * np.sqrt(variance + tau2)
        found.append(
            Prediction(
                estimate=mean,
                se=float(np.sqrt(variance)),
                ci=Interval(float(mean - half), float(mean + half), level),
                pi=Interval(float(mean - wide), float(mean + wide), level),
            )
        )
    return tuple(found)


def predict_tau2(
    fit: LocationScaleFit, new_Z: ArrayLike | None = None, *, level: float | None = None
) -> tuple[ScalePrediction, ...]:
    """Predict tau2 at each row of `new_Z` (default: at each study's own values).

    Parameters
    ----------
    fit, new_Z, level
        As in :func:`predict_location_scale`.

    Returns
    -------
    tuple of ScalePrediction
    """
    level = fit.model.level if level is None else level
    Z = _rows("new_Z", new_Z, fit.scale_design)
    quantile = critical_value(level, fit.scale_df)
    found = []
    for row in Z:
        eta = float(row @ fit.alpha)
        se = ci = None
        if fit.cov_alpha is not None:
            se = float(np.sqrt(max(row @ fit.cov_alpha @ row, 0.0)))
            low, high = _tau2(fit, np.array([eta - quantile * se, eta + quantile * se]))
            ci = Interval(float(low), float(high), level)
        tau2 = float(_tau2(fit, np.array([eta]))[0])
        found.append(ScalePrediction(tau2=tau2, predictor=eta, se=se, ci=ci))
    return tuple(found)


def scale_tests(
    fit: LocationScaleFit,
    combinations: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    adjustment: str = "none",
) -> LinearTests:
    """Test linear combinations of the scale coefficients (Wald); see ``linear_tests`` for the arguments.

    Raises
    ------
    InputError
        As there; also where the scale coefficients have no standard errors.
    """
    if fit.cov_alpha is None:
        raise InputError("The scale coefficients have no standard errors; compare models by likelihood.")
    return combined(
        fit.alpha,
        fit.cov_alpha,
        combinations,
        fit.scale_design,
        df=fit.scale_df,
        labels=labels,
        adjustment=adjustment,
        level=fit.model.level,
    )


def _tau2(fit: LocationScaleFit, eta: FloatArray) -> FloatArray:
    return np.exp(eta) if fit.result.link == "log" else np.maximum(eta, 0.0)


def _rows(name: str, given: ArrayLike | None, design: Design) -> FloatArray:
    if given is None:
        return np.ones((1, 1)) if design.X is None else design.X
    rows = np.asarray(given, dtype=np.float64)
    n_given = design.n_coefs + len(design.dropped)
    if rows.ndim != 2 or rows.shape[1] != n_given or not np.isfinite(rows).all():
        raise InputError(f"{name} must be finite numbers in the {n_given} columns of the design.")
    return rows[:, list(design.kept)]
