"""Comparing nested models of dependent effects, structured or nested intercepts, by their likelihoods."""

from __future__ import annotations

import numpy as np

from metamsc.errors import InputError
from metamsc.models.inference import chi2_p
from metamsc.models.multilevel.compare import LikelihoodRatio, same_design
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.multilevel.statistics import multilevel_statistics
from metamsc.models.structured.fit import StructuredFit


def compare_structured(
    full: StructuredFit | MultilevelFit, reduced: StructuredFit | MultilevelFit
) -> LikelihoodRatio:
    """Return the likelihood-ratio test of `reduced` against `full`.

    That the models are nested is for the caller to know: compound symmetry in unstructured, say.

    Raises
    ------
    InputError
        Different effects or methods, restricted likelihoods of different designs, or a `full` that has
        no more parameters than `reduced`.
    """
    a, b = full.model, reduced.model
    if not np.array_equal(a.yi, b.yi):
        raise InputError("The models are of different effects; their likelihoods cannot be compared.")
    if a.method != b.method:
        raise InputError(f"full was fitted by {a.method}, reduced by {b.method}; fit both the same way.")
    if a.method == "REML" and not same_design(a.basis, b.basis):
        raise InputError("Restricted likelihoods of different designs cannot be compared; use method='ML'.")
    df = _n_parameters(full) - _n_parameters(reduced)
    if df < 1:
        raise InputError(f"full must have more parameters than reduced; the difference is {df}.")
    statistic = max(2.0 * (_loglik(full) - _loglik(reduced)), 0.0)
    return LikelihoodRatio(statistic=statistic, df=df, p=chi2_p(statistic, df))


def _n_parameters(fit: StructuredFit | MultilevelFit) -> int:
    if isinstance(fit, MultilevelFit):
        return fit.model.n_coefs + int(fit.model.free.sum())
    return fit.model.n_coefs + fit.likelihood.n_coordinates


def _loglik(fit: StructuredFit | MultilevelFit) -> float:
    found = multilevel_statistics(fit) if isinstance(fit, MultilevelFit) else fit.result.fit
    own = found.reml if fit.model.method == "REML" else found.ml
    return float("nan") if own is None else own.loglik
