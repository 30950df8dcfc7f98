"""Likelihood-ratio test of moderators: a model against one with fewer of them.

Arrays in, a frozen result out. Both models are fitted by maximum likelihood, because restricted
likelihoods of different designs cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.inference import chi2_p
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult

_METHODS = {"ML": "random effects, tau2 by maximum likelihood", "EE": "equal effects"}
# A column lies in the larger design's span when less than this share of its length is left outside.
_OUTSIDE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratorComparison:
    """Twice the difference of two log-likelihoods, its degrees of freedom and chi-square p-value.

    `R2` is the percentage of the reduced model's tau2 that the further moderators account for, None in
    equal-effects models; `full` and `reduced` are the two fits.
    """

    statistic: float
    df: int
    p: float
    R2: float | None
    full: PooledResult
    reduced: PooledResult

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return values | {"full": self.full.to_dict(), "reduced": self.reduced.to_dict()}


def compare_designs(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike,
    reduced_X: ArrayLike | None = None,
    tau2_method: str = "ML",
) -> ModeratorComparison:
    """Test the columns of `X` that `reduced_X` does not have.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        As in :func:`metamsc.models.pool.pool`.
    X : array-like of shape (k, p)
        The larger design, intercept included.
    reduced_X : array-like of shape (k, q), optional
        The smaller one, within the span of `X`; default: an intercept only.
    tau2_method : str
        "ML" or "EE".

    Returns
    -------
    ModeratorComparison

    Raises
    ------
    OptionError, TooFewStudiesError
        As `pool`, and a `tau2_method` without a full likelihood.
    InputError
        As `pool`; or the designs are not nested, or of one size.

    Notes
    -----
    2 (l_full - l_reduced) on p - q degrees of freedom (Wilks 1938, Ann Math Stat 9:60-62); in small
    samples it rejects too often (Viechtbauer et al. 2015, Psychol Methods 20:360-374).
    """
    check_option("tau2_method", tau2_method, _METHODS)
    full = pool(yi, vi, X=X, tau2_method=tau2_method, ci_method="wald")
    reduced = pool(yi, vi, X=reduced_X, tau2_method=tau2_method, ci_method="wald")
    df = len(full.coefficients) - len(reduced.coefficients)
    _check_nested(X, reduced_X, full.k, df)
    statistic = max(2.0 * (_loglik(full) - _loglik(reduced)), 0.0)
    before, after = reduced.heterogeneity.tau2, full.heterogeneity.tau2
    share = 0.0 if before == 0.0 else max(0.0, 100.0 * (before - after) / before)
    return ModeratorComparison(
        statistic=statistic,
        df=df,
        p=chi2_p(statistic, df),
        R2=None if tau2_method == "EE" else share,
        full=full,
        reduced=reduced,
    )


def _loglik(fit: PooledResult) -> float:
    if fit.loglik is None:
        raise InputError("The likelihood of these effects and variances is not a finite number.")
    return fit.loglik


def _check_nested(X: ArrayLike, reduced_X: ArrayLike | None, k: int, df: int) -> None:
    larger = np.asarray(X, dtype=np.float64).reshape(k, -1)
    smaller = np.ones((k, 1)) if reduced_X is None else np.asarray(reduced_X, dtype=np.float64).reshape(k, -1)
    lengths = np.linalg.norm(larger, axis=0)
    basis = larger[:, lengths > 0.0] / lengths[lengths > 0.0]
    fitted = basis @ np.linalg.lstsq(basis, smaller, rcond=None)[0]
    outside = np.linalg.norm(smaller - fitted, axis=0) > _OUTSIDE * np.linalg.norm(smaller, axis=0)
    if outside.any():
        raise InputError(
            f"reduced_X must lie within X; its column {int(np.flatnonzero(outside)[0]) + 1} does not."
        )
    if df < 1:
        raise InputError("X must have more independent columns than reduced_X.")
