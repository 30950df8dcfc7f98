"""Test of excess significance: more significant studies than their power allows.

From the pooled effect (and tau2) follows each study's power, from the powers the number of significant
studies expected. A larger number observed can mean selective reporting, or that the pooled effect or the
model is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import check_fraction, checked_effects

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

TESTS: dict[str, str] = {
    "exact": "the distribution of a sum of trials with unlike probabilities (Poisson binomial)",
    "binomial": "as if all studies had the average power",
    "chi2": "the normal approximation of that, without a continuity correction",
}

ALTERNATIVES = ("two-sided", "greater", "less")

# Doublings of the search for the limit; 2**60 times the effect is beyond any.
_DOUBLINGS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcessSignificance:
    """Significant studies observed and expected.

    Attributes
    ----------
    k, observed : int
    expected, ratio : float
        Sum of the powers, and observed / expected.
    test : str
    chi2 : float or None
        Statistic of the chi2 test on one degree of freedom; None for the others.
    p : float
        One-sided: as many significant studies as observed, or more.
    theta, tau2 : float
        True mean effect and heterogeneity that the powers assume.
    limit : float or None
        True mean effect at which p would be `limit_alpha`: with one nearer to 0 the excess counts as shown.
        None if p is larger even at 0, or never as large.
    limit_alpha : float
    power : tuple of float
    significant : tuple of bool
    """

    k: int
    observed: int
    expected: float
    ratio: float
    test: str
    chi2: float | None
    p: float
    theta: float
    tau2: float
    limit: float | None
    limit_alpha: float
    power: tuple[float, ...]
    significant: tuple[bool, ...]


def excess_significance(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    theta: float | None = None,
    tau2: float = 0.0,
    alternative: str = "two-sided",
    alpha: float = 0.05,
    test: str = "exact",
    limit_alpha: float = 0.10,
    force: bool = False,
) -> ExcessSignificance:
    """Compare the number of significant studies with the number that their power lets expect.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale; no effect is 0.
    theta : float, optional
        True mean effect; default: the mean weighted by 1 / (vi + tau2).
    tau2 : float
        Variance of the true effects around it.
    alternative : str
        How the studies test: "two-sided", "greater" or "less".
    alpha : float
        Level at which they test.
    test : str
        "exact", "binomial" or "chi2" (``TESTS`` explains them).
    limit_alpha : float
        Level for `limit`; the conventional one for this test is 0.10.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    ExcessSignificance

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below two always.
    InputError
        If a value is wrong.
    OptionError
        If an option is unknown.

    Notes
    -----
    With true effects from N(theta, tau2), a study's z is normal with mean theta / se and variance
    (v + tau2) / v, so its power needs no integration.

    References
    ----------
    Ioannidis & Trikalinos (2007), Clin Trials 4:245-253; the exact test: Francis (2013), J Math Psychol
    57:153-169.
    """
    import numpy as np

    check_option("alternative", alternative, ALTERNATIVES)
    check_option("test", test, TESTS)
    check_fraction("alpha", alpha)
    check_fraction("limit_alpha", limit_alpha)
    if not (math.isfinite(tau2) and tau2 >= 0.0):
        raise InputError(f"tau2 must be a finite number >= 0; got {tau2!r}.")
    y, v = checked_effects(yi, vi, force=force, minimum=2)
    if theta is None:
        w = 1.0 / (v + tau2)
        theta = float(w @ y) / float(w.sum())
    if not math.isfinite(theta):
        raise InputError(f"theta must be a finite number; got {theta!r}.")
    significant = _significant(y / np.sqrt(v), alternative, alpha)
    observed = int(significant.sum())

    def p_at(effect: float) -> float:
        return _p_value(observed, _power(effect, v, tau2, alternative, alpha), test)

    power = _power(theta, v, tau2, alternative, alpha)
    expected = float(power.sum())
    return ExcessSignificance(
        k=y.size,
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        test=test,
        chi2=_score(observed, power) ** 2 if test == "chi2" else None,
        p=p_at(theta),
        theta=theta,
        tau2=tau2,
        limit=_limit(p_at, theta, limit_alpha),
        limit_alpha=limit_alpha,
        power=tuple(power.tolist()),
        significant=tuple(bool(s) for s in significant),
    )


def _critical(alternative: str, alpha: float) -> float:
    from scipy.special import ndtri

    return -float(ndtri(0.5 * alpha if alternative == "two-sided" else alpha))


def _significant(z: FloatArray, alternative: str, alpha: float) -> NDArray[np.bool_]:
    size = {"two-sided": abs(z), "greater": z, "less": -z}[alternative]
    found: NDArray[np.bool_] = size >= _critical(alternative, alpha)
    return found


def _power(theta: float, v: FloatArray, tau2: float, alternative: str, alpha: float) -> FloatArray:
    """Return each study's probability of a significant result."""
    from scipy.special import ndtr

    spread = (1.0 + tau2 / v) ** 0.5
    critical, mean = _critical(alternative, alpha) / spread, theta / v**0.5 / spread
    above: FloatArray = ndtr(mean - critical)
    below: FloatArray = ndtr(-mean - critical)
    return {"two-sided": above + below, "greater": above, "less": below}[alternative]


def _score(observed: int, power: FloatArray) -> float:
    """Return the standardised difference from the number expected, as if all had the average power."""
    expected = float(power.sum())
    spread = expected * (1.0 - expected / power.size)
    if spread <= 0.0:
        return 0.0 if observed == expected else math.copysign(math.inf, observed - expected)
    return (observed - expected) / math.sqrt(spread)


def _p_value(observed: int, power: FloatArray, test: str) -> float:
    """Return the probability of as many significant studies as observed, or more."""
    import numpy as np
    from scipy.special import bdtrc, ndtr

    if test == "chi2":
        return float(ndtr(-_score(observed, power)))
    if observed == 0:
        return 1.0
    if test == "binomial":
        return float(bdtrc(observed - 1, power.size, float(power.mean())))
    # Number of significant studies among the first, one study more at a time; all terms are positive.
    chances = np.zeros(power.size + 1)
    chances[0] = 1.0
    for chance in power:
        chances[1:] = chances[1:] * (1.0 - chance) + chances[:-1] * chance
        chances[0] *= 1.0 - chance
    return min(1.0, float(chances[observed:].sum()))


def _limit(p_at: Callable[[float], float], theta: float, goal: float) -> float | None:
    """Return the effect, on the side of `theta`, at which p reaches `goal`; p grows with the effect."""
    from scipy.optimize import brentq

    if p_at(0.0) >= goal or theta == 0.0:
        return None
    outer = theta
    for _ in range(_DOUBLINGS):
        if p_at(outer) >= goal:
            return float(brentq(lambda effect: p_at(effect) - goal, 0.0, outer, xtol=1e-14 * abs(outer)))
        outer *= 2.0
    return None
