"""Predicted effects of a meta-regression (or a plain pool): mean, interval, prediction interval.

The model is refitted from the arrays, so that a result never has to carry a covariance matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import critical_value
from metamsc.models.model import Model, check_model
from metamsc.models.results import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Mean effect at one set of moderator values.

    `pi` is where the true effect of a new study with these values is expected; None with k < 3 or in
    an equal-effects model.
    """

    estimate: float
    se: float
    ci: Interval
    pi: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, intervals as dicts."""
        return {
            "estimate": self.estimate,
            "se": self.se,
            "ci": self.ci.to_dict(),
            "pi": None if self.pi is None else self.pi.to_dict(),
        }


def predict_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    new_X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    pi_method: str = "t",
    level: float = 0.95,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> tuple[Prediction, ...]:
    """Predict the mean effect at each row of `new_X` (default: at each study's own values).

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, pi_method, level, tau2, weights
        As in :func:`metamsc.models.pool.pool`.
    new_X : array-like of shape (n, p), optional
        Rows in the columns of `X`, the intercept's 1 included.

    Returns
    -------
    tuple of Prediction
        One per row; a single one without moderators.

    Raises
    ------
    InputError
        `new_X` has other columns than `X`.

    Notes
    -----
    Variance of the mean: x' cov x; of a new true effect: x' cov x + tau2.
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method=pi_method,
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    fit = model.fit(model.batch())
    rows = _rows(model, new_X)
    means = rows @ fit.estimate[0]
    variances = np.maximum(np.einsum("np,pq,nq->n", rows, fit.cov[0], rows), 0.0)
    return tuple(
        _prediction(model, float(m), float(v), float(fit.tau2[0]))
        for m, v in zip(means, variances, strict=True)
    )


def coefficient_covariance(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> FloatArray:
    """Return the covariance of the coefficients, shape (p, p), in the order of `PooledResult.coefficients`.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, tau2, weights
        As in :func:`metamsc.models.pool.pool`; with "hksj" the Hartung-Knapp factor is in it.
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=0.95,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    cov: FloatArray = model.fit(model.batch()).cov[0]
    return cov


def _rows(model: Model, new_X: ArrayLike | None) -> FloatArray:
    """Return the rows to predict at, without the columns that were dropped as redundant."""
    design = model.design
    if new_X is None:
        return np.ones((1, 1)) if design.X is None else design.X
    rows = np.asarray(new_X, dtype=np.float64)
    n_given = design.n_coefs + len(design.dropped)
    if rows.ndim != 2 or rows.shape[1] != n_given:
        raise InputError(f"new_X must have the {n_given} columns of X; got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        raise InputError("new_X must be finite numbers.")
    return rows[:, list(design.kept)]


def _prediction(model: Model, mean: float, variance: float, tau2: float) -> Prediction:
    half = critical_value(model.level, model.df) * float(np.sqrt(variance))
    pi = None
    if model.k >= 3 and model.tau2_method != "EE" and model.residual_df > 0:
        wide = model.prediction_half_width(variance, tau2)
        pi = Interval(mean - wide, mean + wide, model.level)
    return Prediction(
        estimate=mean,
        se=float(np.sqrt(variance)),
        ci=Interval(mean - half, mean + half, model.level),
        pi=pi,
    )
