"""p-uniform*: the pooled effect from what lies above and below the line of significance, each by itself.

Significant results are taken as draws from a normal distribution cut off below the critical value, the
others as draws cut off above it. Selection by significance then does not matter, however strong; anything
else that decides which results are seen does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import check_fraction, checked_effects
from metamsc.sensitivity.p_uniform_fit import fit_truncated
from metamsc.sensitivity.p_uniform_result import PUniform

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SIDES: dict[str, str] = {"greater": "large effects are significant", "less": "small effects are significant"}


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
    check_option("side", side, SIDES)
    check_fraction("alpha", alpha)
    y, v = checked_effects(yi, vi, level=level, force=force)
    sign = 1.0 if side == "greater" else -1.0
    if np.ptp(y) <= 1e-13 * np.abs(y).max():
        raise InputError("all effects are the same: their distribution cannot be told from cut-off ones.")
    return fit_truncated(sign * y, v, sign=sign, alpha=alpha, level=level)
