"""Predicted effects of a multilevel model, and its predicted random effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import critical_value
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.multilevel.structure import Factor
from metamsc.models.regression import Prediction
from metamsc.models.results import Interval


def predict_multilevel(
    fit: MultilevelFit, new_X: ArrayLike | None = None, *, level: float | None = None
) -> tuple[Prediction, ...]:
    """Predict the mean effect at each row of `new_X` (default: at each effect's own values).

    Parameters
    ----------
    fit : MultilevelFit
    new_X : array-like of shape (n, p), optional
        Rows in the columns of the design, the intercept's 1 included.
    level : float, optional
        Coverage; default that of the fit.

    Returns
    -------
    tuple of Prediction
        One per row; a single one without moderators. `pi` is for a new effect in a new group of every
        level.

    Raises
    ------
    InputError
        `new_X` has other columns than the design.

    Notes
    -----
    Variance of the mean: x' cov x; of a new true effect: that plus the sum of all sigma2. With t
    quantiles a row has the smallest degrees of freedom of the coefficients it takes part in.
    """
    design = fit.model.design
    level = fit.model.level if level is None else level
    rows = _rows(fit, new_X)
    total = float(fit.sigma2.sum())
    df = [c.df for c in fit.result.coefficients]
    found = []
    for row in rows:
        mean, variance = float(row @ fit.estimate), max(float(row @ fit.cov @ row), 0.0)
        parts = [df[j] for j in range(design.n_coefs) if row[j] != 0.0] or df
        quantile = critical_value(level, min((d for d in parts if d is not None), default=None))
        half, wide = quantile * np.sqrt(variance), quantile * np.sqrt(variance + total)
        found.append(
            Prediction(
                estimate=mean,
                se=float(np.sqrt(variance)),
                ci=Interval(float(mean - half), float(mean + half), level),
                pi=Interval(float(mean - wide), float(mean + wide), level)
                if fit.model.k >= 3 and fit.model.factors
                else None,
            )
        )
    return tuple(found)


def _rows(fit: MultilevelFit, new_X: ArrayLike | None) -> FloatArray:
    design = fit.model.design
    if new_X is None:
        return np.ones((1, 1)) if design.X is None else design.X
    rows = np.asarray(new_X, dtype=np.float64)
    n_given = design.n_coefs + len(design.dropped)
    if rows.ndim != 2 or rows.shape[1] != n_given:
        raise InputError(f"new_X must have the {n_given} columns of X; got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        raise InputError("new_X must be finite numbers.")
    return rows[:, list(design.kept)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedEffect:
    """The predicted random intercept of one group, and the standard error of its prediction.

    `label` are the labels of the group, from the outermost level to its own; `interval` covers the random
    effect itself.
    """

    label: tuple[Any, ...]
    estimate: float
    se: float
    interval: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "label": list(self.label), "interval": self.interval.to_dict()}


# Columns of group indicators solved at a time.
_COLUMNS = 256


def predicted_effects(
    fit: MultilevelFit, *, level: float | None = None
) -> dict[str, tuple[PredictedEffect, ...]]:
    """Return every group's predicted random intercept with its prediction interval, by level.

    Groups are in the order of :func:`random_effects`. The variance of u_hat - u is sigma2 minus
    sigma2**2 times the diagonal of Z'PZ (Robinson 1991); quantiles are those of the first coefficient.
    """
    model = fit.model
    level = model.level if level is None else level
    quantile = critical_value(level, fit.result.coefficients[0].df)
    means = random_effects(fit)
    found = {}
    for j, factor in enumerate(model.factors):
        sigma2 = float(fit.sigma2[j])
        seen = _seen(fit, factor)
        se = np.sqrt(np.maximum(sigma2 - sigma2**2 * seen, 0.0))
        found[factor.name] = tuple(
            PredictedEffect(
                label=label, estimate=u, se=s, interval=Interval(u - quantile * s, u + quantile * s, level)
            )
            for label, u, s in zip(factor.labels, means[factor.name].tolist(), se.tolist(), strict=True)
        )
    return found


def _seen(fit: MultilevelFit, factor: Factor) -> FloatArray:
    """Return the diagonal of Z'PZ for the groups of `factor`, in the units of the effects."""
    model = fit.model
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    WX = fit.likelihood.solve(fit.working_sigma2, X) / model.scale**2
    sums = np.zeros((factor.n_groups, X.shape[1]))
    np.add.at(sums, factor.codes, WX)
    seen: FloatArray = -((sums @ fit.cov) * sums).sum(axis=1)
    for start in range(0, factor.n_groups, _COLUMNS):
        chosen = np.arange(start, min(start + _COLUMNS, factor.n_groups))
        Z = (factor.codes[:, None] == chosen).astype(np.float64)
        seen[chosen] += (Z * fit.likelihood.solve(fit.working_sigma2, Z)).sum(axis=0) / model.scale**2
    return seen


def random_effects(fit: MultilevelFit) -> dict[str, FloatArray]:
    """Return the predicted random intercept (BLUP) of every group of every level.

    Groups are in the order in which `random`'s labels first appear (an inner level: sorted within the
    outer one). u_j = sigma2_j Z_j' M^-1 (y - X beta), Robinson (1991), Stat Sci 6:15-32.
    """
    model = fit.model
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    residual = (model.yi - X @ fit.estimate)[:, None]
    scaled = fit.likelihood.solve(fit.working_sigma2, residual)[:, 0] / model.scale**2
    found = {}
    for j, factor in enumerate(model.factors):
        sums = np.bincount(factor.codes, weights=scaled, minlength=factor.n_groups)
        found[factor.name] = fit.sigma2[j] * sums
    return found
