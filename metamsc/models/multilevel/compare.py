"""Comparing two nested multilevel models by their likelihoods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import chi2_p
from metamsc.models.multilevel.fit import MultilevelFit


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatio:
    """Twice the difference of log-likelihoods, its degrees of freedom and chi-square p-value.

    Where the smaller model puts a variance on its boundary 0 the p-value is too large (by about half).
    """

    statistic: float
    df: int
    p: float


def compare_multilevel(full: MultilevelFit, reduced: MultilevelFit) -> LikelihoodRatio:
    """Return the likelihood-ratio test of `reduced` against `full`.

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
    df = int(a.n_coefs + a.free.sum()) - int(b.n_coefs + b.free.sum())
    if df < 1:
        raise InputError(f"full must have more parameters than reduced; the difference is {df}.")
    statistic = max(2.0 * (full.result.loglik - reduced.result.loglik), 0.0)
    return LikelihoodRatio(statistic=statistic, df=df, p=chi2_p(statistic, df))


def same_design(A: FloatArray, B: FloatArray) -> bool:
    """Say whether two orthogonal bases span the same space."""
    if A.shape != B.shape:
        return False
    rest = B - A @ (A.T @ B) / len(A)
    return bool(np.abs(rest).max() < 1e-7)
