"""Comparing two nested location-scale models by their likelihoods."""

from __future__ import annotations

import numpy as np

from metamsc.errors import InputError
from metamsc.models.inference import chi2_p
from metamsc.models.location_scale.fit import LocationScaleFit
from metamsc.models.multilevel.compare import LikelihoodRatio


def compare_location_scale(full: LocationScaleFit, reduced: LocationScaleFit) -> LikelihoodRatio:
    """Return the likelihood-ratio test of `reduced` against `full`.

    More trustworthy than the Wald test of a scale coefficient (Viechtbauer & López-López 2022, section 5).

    Raises
    ------
    InputError
        Different effects, links or methods; restricted likelihoods of different designs of the mean; or a
        `full` that has no more coefficients than `reduced`.
    """
    a, b = full.model, reduced.model
    if not (np.array_equal(a.yi, b.yi) and np.array_equal(a.vi, b.vi)):
        raise InputError("The models are of different effects; their likelihoods cannot be compared.")
    if (full.result.link, full.result.method) != (reduced.result.link, reduced.result.method):
        raise InputError("The models must have the same link and method.")
    if full.result.method == "REML" and not _same_span(full, reduced):
        raise InputError("Restricted likelihoods of different designs cannot be compared; use method='ML'.")
    df = full.estimate.size + full.alpha.size - reduced.estimate.size - reduced.alpha.size
    if df < 1:
        raise InputError(f"full must have more coefficients than reduced; the difference is {df}.")
    statistic = max(2.0 * (_loglik(full) - _loglik(reduced)), 0.0)
    return LikelihoodRatio(statistic=statistic, df=df, p=chi2_p(statistic, df))


def _loglik(fit: LocationScaleFit) -> float:
    own = fit.result.fit.reml if fit.result.method == "REML" else fit.result.fit.ml
    if own is None:
        raise InputError("As many coefficients as studies leave no restricted likelihood.")
    return own.loglik


def _same_span(full: LocationScaleFit, reduced: LocationScaleFit) -> bool:
    """Say whether both designs of the mean span the same space."""
    columns = [
        np.ones((f.model.k, 1)) if f.model.design.X is None else f.model.design.X for f in (full, reduced)
    ]
    if columns[0].shape != columns[1].shape:
        return False
    A, B = (np.linalg.qr(X)[0] for X in columns)
    return bool(np.abs(B - A @ (A.T @ B)).max() < 1e-7)
