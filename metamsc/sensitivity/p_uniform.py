"""p-uniform*: the pooled effect from what lies above and below the line of significance, each by itself.

Significant results are taken as draws from a normal distribution cut off below the critical value, the
others as draws cut off above it. Selection by significance then does not matter, however strong; anything
else that decides which results are seen does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import check_fraction, checked_effects

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from metamsc.models.results import Interval

SIDES: dict[str, str] = {"greater": "large effects are significant", "less": "small effects are significant"}

CAVEAT = (
    "p-uniform* allows for selection by significance only: results chosen or dropped for another reason, or "
    "pushed below the threshold, bias it. With few significant or few other results it is very uncertain."
)
ONE_KIND = "All results are {kind}: the estimate rests on the shape of one tail alone."
EMPTY = "The interval of the effect has no {end} end: the likelihood never falls far enough."


@dataclass(frozen=True, slots=True, kw_only=True)
class PUniform:
    """The pooled effect, allowing for selection by significance.

    Attributes
    ----------
    k, k_significant : int
    estimate, tau2 : float
    ci : Interval
        By profile likelihood; an end is infinite where the likelihood never falls far enough.
    tau2_ci : Interval
        Likewise, cut off at 0.
    effect_lrt, effect_p : float
        Likelihood-ratio test of no effect, two-sided.
    tau2_lrt, tau2_p : float
        Of no heterogeneity (half of chi-square on 1 degree of freedom, the value being at its bound).
    bias_lrt, bias_p : float
        Of no selection: the plain maximum-likelihood estimate under this likelihood, on 1 degree of
        freedom for the effect and, where tau2 is not 0 in both, 1 for tau2.
    bias_df : int
    plain_estimate, plain_tau2 : float
        By maximum likelihood without selection.
    warnings : tuple of str
    """

    k: int
    k_significant: int
    estimate: float
    ci: Interval
    tau2: float
    tau2_ci: Interval
    effect_lrt: float
    effect_p: float
    tau2_lrt: float
    tau2_p: float
    bias_lrt: float
    bias_df: int
    bias_p: float
    plain_estimate: float
    plain_tau2: float
    warnings: tuple[str, ...] = (CAVEAT,)


def p_uniform_star(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    side: str = "greater",
    alpha: float = 0.05,
    level: float = 0.95,
    force: bool = False,
) -> PUniform:
    """Estimate effect and heterogeneity from truncated normal likelihoods.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    side : str
        "greater" or "less": which effects are significant.
    alpha : float
        Two-sided level at which the studies tested; the critical value is that of alpha / 2 on one side.
    level : float
        Coverage of the intervals, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    PUniform

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below three always.
    InputError
        If a value is wrong.
    OptionError
        If the side is unknown.

    Notes
    -----
    With t = v + tau2 and critical effect c = z sqrt(v), an effect's likelihood is N(y; mu, t) / P(y > c)
    above c and N(y; mu, t) / P(y <= c) at or below it (method "ML").

    References
    ----------
    van Aert & van Assen (2021), Correcting for publication bias in a meta-analysis with the p-uniform*
    method, MetaArXiv, doi:10.31222/osf.io/zqjr9.
    """
    import numpy as np

    from metamsc.sensitivity.p_uniform_fit import fit_truncated

    check_option("side", side, SIDES)
    check_fraction("alpha", alpha)
    y, v = checked_effects(yi, vi, level=level, force=force)
    sign = 1.0 if side == "greater" else -1.0
    if np.ptp(y) <= 1e-13 * np.abs(y).max():
        raise InputError("all effects are the same: their distribution cannot be told from cut-off ones.")
    return fit_truncated(sign * y, v, sign=sign, alpha=alpha, level=level)
