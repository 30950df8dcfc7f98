"""Likelihood, deviance and information criteria of a random-effects model, by both likelihoods.

`pool` reports those of the likelihood its estimator maximises; here both are evaluated at the estimated
tau2, whatever estimated it, and the deviance is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.models.kernel import log_likelihood
from metamsc.models.model import check_model


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodStatistics:
    """What one likelihood says of a model.

    `deviance` is minus twice the log-likelihood, under ML measured from the saturated model (each effect its
    own mean). `bic` and `aicc` are None with too few studies.
    """

    loglik: float
    deviance: float
    aic: float
    bic: float | None
    aicc: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class FitStatistics:
    """Statistics by the full (`ml`) and the restricted (`reml`) likelihood; `reml` None with k = p."""

    ml: LikelihoodStatistics
    reml: LikelihoodStatistics | None

    def to_dict(self) -> dict[str, Any]:
        """Return both by name."""
        return {"ml": self.ml.to_dict(), "reml": None if self.reml is None else self.reml.to_dict()}


def fit_statistics(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    tau2: float | None = None,
) -> FitStatistics:
    """Return log-likelihood, deviance, AIC, BIC and AICc of a model by both likelihoods.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, tau2
        As in :func:`metamsc.models.pool.pool`.

    Returns
    -------
    FitStatistics

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As in `pool`.

    Notes
    -----
    Parameters are the coefficients and, where it was estimated, tau2. BIC and AICc count k observations
    under ML and k - p under REML (Hurvich & Tsai 1989, Biometrika 76:297-307). Restricted statistics of
    models with different moderators cannot be compared.
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method="wald",
        pi_method="t",
        level=0.95,
        X=X,
        names=names,
        tau2=tau2,
        weights=None,
    )
    batch = model.batch()
    at = model.fit(batch).tau2 / batch.scale**2
    p = model.design.n_coefs
    parameters = p + (1 if tau2_method != "EE" and tau2 is None else 0)
    full = float(log_likelihood(batch, at, restricted=False)[0])
    ml = likelihood_statistics(full, _saturated(model.vi), parameters, model.k)
    if model.residual_df < 1:
        return FitStatistics(ml=ml, reml=None)
    restricted = float(log_likelihood(batch, at, restricted=True)[0])
    return FitStatistics(ml=ml, reml=likelihood_statistics(restricted, 0.0, parameters, model.residual_df))


def likelihood_statistics(loglik: float, saturated: float, parameters: int, n: int) -> LikelihoodStatistics:
    """Return the statistics of a log-likelihood of `n` observations with this many parameters."""
    m = max(n, parameters + 2)
    return LikelihoodStatistics(
        loglik=loglik,
        deviance=-2.0 * (loglik - saturated),
        aic=-2.0 * loglik + 2.0 * parameters,
        bic=-2.0 * loglik + parameters * float(np.log(n)) if n >= 1 else None,
        aicc=-2.0 * loglik + 2.0 * parameters * m / (m - parameters - 1) if n >= 1 else None,
    )


def _saturated(vi: FloatArray) -> float:
    """Return the log-likelihood of a model in which each effect is its own mean and tau2 is 0."""
    return float(-0.5 * np.log(2.0 * np.pi * vi).sum())
