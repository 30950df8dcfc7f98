"""Intervals for tau2, and what they say about I2 and H2.

Q-profile (Viechtbauer 2007, Stat Med 26:37-52): the values of tau2 at which the generalised Q
statistic is at its chi-square quantiles. Exact under the model, whatever estimated tau2. Profile
likelihood (Hardy & Thompson 1996, Stat Med 15:619-629): the values at which the likelihood is
chi2(1) / 2 below its maximum; for ML and REML. Generalised Q (Biggerstaff & Jackson 2008, Stat Med
27:6093-6110; Jackson 2013, Res Synth Methods 4:220-229; with moderators Jackson et al. 2014, Stat Med
33:3924-3944): the values at which a Q statistic with fixed weights is at its own quantiles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import chdtri

from metamsc.models.batch import Batch, FloatArray
from metamsc.models.kernel import log_likelihood
from metamsc.models.quadratic_form import generalised_q_cdf
from metamsc.models.search import solve_q, solve_q_at

# Doublings of the upper search limit; a likelihood flatter than 2**200 is flat for every purpose.
_DOUBLINGS = 200
_BISECTIONS = 200


def q_profile(batch: Batch, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the Q-profile interval for tau2 in original units, shapes (B,).

    Both ends are 0 where even tau2 = 0 leaves the effects less variable than the interval allows (the
    interval is then empty). NaN without residual degrees of freedom.
    """
    tail = 0.5 * (1.0 - level)
    unit = batch.scale**2
    if batch.k.size == 1 and batch.Z is None and batch.k[0] > 1:
        targets = np.asarray(chdtri(batch.k[0] - 1.0, np.array([tail, 1.0 - tail])), dtype=np.float64)
        ends = unit * solve_q_at(batch, targets)
        return ends[:1], ends[1:]
    some = batch.df > 0
    df = np.where(some, batch.df, 1.0)
    low = solve_q(batch, np.asarray(chdtri(df, tail), dtype=np.float64))
    high = solve_q(batch, np.asarray(chdtri(df, 1.0 - tail), dtype=np.float64))
    return np.where(some, low * unit, np.nan), np.where(some, high * unit, np.nan)


def generalised_q_interval(
    yi: FloatArray, vi: FloatArray, X: FloatArray | None, a: FloatArray, level: float
) -> tuple[float, float]:
    """Return the ends of the interval for tau2 from the Q statistic with fixed weights.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)
        Effects and sampling variances.
    X : array of shape (k, p), or None
        Design of full rank; None means an intercept only.
    a : array of shape (k,)
        Weights > 0, whatever their scale.
    level : float

    Returns
    -------
    tuple of float
        Both are 0 where even tau2 = 0 leaves the effects less variable than the interval allows.

    Notes
    -----
    Q_a = sum a_i (y_i - fitted_i)**2. P(Q_a <= q; tau2) falls from its value at tau2 = 0 to 0; the lower end
    is where it is (1 + level) / 2, the upper where it is (1 - level) / 2. Found to a relative 1e-13.
    """
    from scipy.optimize import brentq

    unit = float(np.mean(vi))
    a = a / float(np.mean(a))
    design = np.ones((yi.size, 1)) if X is None else X
    root = np.sqrt(a)[:, None]
    residual = yi / np.sqrt(unit)
    for _ in range(2):  # the second pass removes what rounding left of a large offset
        residual = residual - design @ np.linalg.lstsq(root * design, root[:, 0] * residual, rcond=None)[0]
    q, v = float(a @ residual**2), vi / unit

    def end(probability: float) -> float:
        below: Callable[[float], float] = lambda t: generalised_q_cdf(q, a, v + t, X) - probability  # noqa: E731
        if below(0.0) <= 0.0:
            return 0.0
        high = 1.0
        for _ in range(_DOUBLINGS):
            if below(high) <= 0.0:
                break
            high *= 4.0
        return unit * float(brentq(below, 0.0, high, xtol=1e-15, rtol=1e-13))

    return end(0.5 + 0.5 * level), end(0.5 - 0.5 * level)


def interval_is_empty(Q: float, df: int, level: float) -> bool:
    """Say whether `Q` at tau2 = 0 is below the lower chi-square quantile."""
    return bool(chdtri(float(df), 0.5 * (1.0 + level)) > Q)


def profile_likelihood(batch: Batch, tau2: float, level: float, *, restricted: bool) -> tuple[float, float]:
    """Return the ends of the profile-likelihood interval for tau2 of the first data set.

    Parameters
    ----------
    batch : Batch
    tau2 : float
        The maximum-likelihood value, in original units.
    level : float
    restricted : bool
        Which likelihood.
    """
    first = batch.take(slice(0, 1))
    unit = float(first.scale[0]) ** 2
    top = tau2 / unit
    drop = 0.5 * float(chdtri(1.0, 1.0 - level))

    def value(t: float) -> float:
        return float(log_likelihood(first, np.array([t]), restricted=restricted)[0])

    goal = value(top) - drop
    low = 0.0 if value(0.0) >= goal else _crossing(value, goal, 0.0, top)
    step = max(top, float(np.min(first.v)))
    for _ in range(_DOUBLINGS):
        if value(top + step) < goal:
            break
        step *= 2.0
    high = _crossing(value, goal, top + step, top)
    return low * unit, high * unit


def _crossing(value: Callable[[float], float], goal: float, outside: float, inside: float) -> float:
    """Halve between a point below `goal` and one at or above it until the two are neighbours."""
    for _ in range(_BISECTIONS):
        middle = 0.5 * (outside + inside)
        if middle in (outside, inside):
            break
        if value(middle) < goal:
            outside = middle
        else:
            inside = middle
    return 0.5 * (outside + inside)
