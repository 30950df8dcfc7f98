"""Begg's rank test: do effects and variances go together, with no line assumed.

Kendall's correlation of the standardised deviations from the pool with the variances. It has less power
than the regression tests, and like them cannot say why small studies differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.sensitivity.bias import checked_effects

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Deviations from the pool this small beside the effects are rounding.
_ROUNDING = 1e-13
# Above this the normal distribution is as good as the exact one.
_MOST_EXACT = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Kendall's tau-b of deviations and variances; `exact` says which distribution `p` is from.

    `tau` and `p` are None where all deviations or all variances are the same: nothing can then be ranked.
    """

    k: int
    tau: float | None
    p: float | None
    exact: bool


def rank_correlation(yi: ArrayLike, vi: ArrayLike, *, force: bool = False) -> RankTest:
    """Test for small-study effects by the rank correlation of effects and variances.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    force : bool
        Run below ten studies all the same (never below two).

    Returns
    -------
    RankTest

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below two always.
    InputError
        If lengths differ or a variance is not positive.

    Notes
    -----
    Deviations are (y - m) / sqrt(v - 1 / sum(1 / v)), m the inverse-variance mean: the denominator is the
    variance of the numerator. P is two-sided: exact without ties, from the normal distribution with its
    variance corrected for ties otherwise; without a continuity correction.

    References
    ----------
    Begg & Mazumdar (1994), Biometrics 50:1088-1101; Kendall (1970), Rank Correlation Methods.
    """
    import numpy as np

    from metamsc.sensitivity.kendall import exact_p, kendall_tau, normal_p

    y, v = checked_effects(yi, vi, force=force, minimum=2)
    w = 1.0 / v
    away = y - float(w @ y) / float(w.sum())
    away[np.abs(away) <= _ROUNDING * np.abs(y).max()] = 0.0
    # Relative to v, so that a study with nearly all the weight keeps its digits.
    standardised = away / np.sqrt(v * (1.0 - w / w.sum()))
    if np.ptp(standardised) == 0.0 or np.ptp(v) == 0.0:
        return RankTest(k=y.size, tau=None, p=None, exact=False)
    ties = len(np.unique(standardised)) < y.size or len(np.unique(v)) < y.size
    exact = not ties and y.size <= _MOST_EXACT
    score, tau = kendall_tau(standardised, v)
    p = exact_p(score, y.size) if exact else normal_p(score, standardised, v)
    return RankTest(k=y.size, tau=tau, p=p, exact=exact)
