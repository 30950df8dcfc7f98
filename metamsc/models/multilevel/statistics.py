"""Likelihood, deviance and information criteria of models of dependent effects, by both likelihoods."""

from __future__ import annotations

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.fit_statistics import FitStatistics, likelihood_statistics
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.multilevel.model import MultilevelModel


def multilevel_statistics(fit: MultilevelFit) -> FitStatistics:
    """Return the statistics of a multilevel fit at its variances, whatever estimated them.

    Parameters are the coefficients and the variances that were estimated; the deviance under ML is measured
    from the model in which each effect is its own mean.
    """
    at = fit.likelihood.evaluate(fit.working_sigma2, derivatives=False)
    return statistics_at(fit.model, at.deviance, at.cov, fit.model.n_coefs + int(fit.model.free.sum()))


def statistics_at(model: MultilevelModel, deviance: float, cov: FloatArray, parameters: int) -> FitStatistics:
    """Return both likelihoods' statistics from the working deviance of the model's own likelihood.

    `cov` (p, p) is that of the coefficients in the working basis, whose columns have mean square 1: log|X'X|
    is p log k.
    """
    k, p = model.k, model.n_coefs
    determinant = float(np.linalg.slogdet(cov)[1])
    plain = deviance + (determinant if model.method == "REML" else 0.0)
    constant = float(np.log(2.0 * np.pi) + 2.0 * np.log(model.scale))
    full = -0.5 * (plain + k * constant)
    restricted = -0.5 * (plain - determinant - p * float(np.log(k)) + (k - p) * constant)
    log_V = sum(float(np.linalg.slogdet(c.V)[1].sum()) for c in model.blocks.classes)
    saturated = -0.5 * (k * constant + log_V)
    return FitStatistics(
        ml=likelihood_statistics(full, saturated, parameters, k),
        reml=likelihood_statistics(restricted, 0.0, parameters, k - p),
    )
