"""Empirical Bayes estimates of each study's true effect (BLUP) and of its random effect.

Arrays in, frozen rows out. The model is refitted from the arrays; nothing is drawn or judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.models.inference import critical_value
from metamsc.models.model import Model, check_model
from metamsc.models.results import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenEffect:
    """Estimate of one study's true effect, or of its deviation from the mean.

    `shrinkage` is the share of the estimate that comes from the study's own effect, tau2 / (tau2 + vi);
    `interval` covers the quantity itself (a random variable), not a parameter.
    """

    estimate: float
    se: float
    interval: Interval
    shrinkage: float

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {
            "estimate": self.estimate,
            "se": self.se,
            "interval": self.interval.to_dict(),
            "shrinkage": self.shrinkage,
        }


def shrink_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tau2: float | None = None,
) -> tuple[ShrunkenEffect, ...]:
    """Return the best linear unbiased prediction of each study's true effect.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, level, tau2
        As in :func:`metamsc.models.pool.pool`.

    Returns
    -------
    tuple of ShrunkenEffect
        One per study, on the scale of `yi`. With tau2 = 0 all of them are the model's mean.

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As `pool`.

    Notes
    -----
    With g = tau2 / (tau2 + vi) and m = x b: estimate = g y + (1 - g) m and variance g vi + (1 - g)**2
    x cov x', tau2 taken as known (Raudenbush SW & Bryk AS 1985, Journal of Educational Statistics
    10:75-98; Robinson GK 1991, Statistical Science 6:15-32).

    Examples
    --------
    >>> from metamsc.models.shrinkage import shrink_effects
    >>> rows = shrink_effects([0.0, 1.0], [0.1, 0.1], tau2=0.1, ci_method="wald")
    >>> [round(row.estimate, 2) for row in rows]
    [0.25, 0.75]
    """
    model = _model(yi, vi, X, names, tau2_method, ci_method, level, tau2)
    mean, variance, share = _parts(model)
    estimate = share * model.yi + (1.0 - share) * mean
    return _rows(model, estimate, share * model.vi + (1.0 - share) ** 2 * variance, share)


def random_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tau2: float | None = None,
) -> tuple[ShrunkenEffect, ...]:
    """Return the prediction of each study's random effect: its true effect minus the model's mean.

    Parameters, errors and sources are those of :func:`shrink_effects`.

    Notes
    -----
    estimate = g (y - m), variance = g vi + g**2 x cov x'.
    """
    model = _model(yi, vi, X, names, tau2_method, ci_method, level, tau2)
    mean, variance, share = _parts(model)
    return _rows(model, share * (model.yi - mean), share * model.vi + share**2 * variance, share)


def _parts(model: Model) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the model's mean at each study, its variance, and the share of the study's own effect."""
    fit = model.fit(model.batch())
    x = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    variance = np.maximum(np.einsum("kp,pq,kq->k", x, fit.cov[0], x), 0.0)
    return x @ fit.estimate[0], variance, fit.tau2[0] / (fit.tau2[0] + model.vi)


def _rows(
    model: Model, estimate: FloatArray, variance: FloatArray, share: FloatArray
) -> tuple[ShrunkenEffect, ...]:
    se = np.sqrt(variance)
    half = critical_value(model.level, model.df) * se
    return tuple(
        ShrunkenEffect(estimate=b, se=s, interval=Interval(b - h, b + h, model.level), shrinkage=g)
        for b, s, h, g in zip(estimate.tolist(), se.tolist(), half.tolist(), share.tolist(), strict=True)
    )


def _model(
    yi: ArrayLike,
    vi: ArrayLike,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    tau2_method: str,
    ci_method: str,
    level: float,
    tau2: float | None,
) -> Model:
    return check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=None,
    )
