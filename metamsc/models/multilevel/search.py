"""Variances that maximise the likelihood, and their profile-likelihood intervals.

Newton's method with exact derivatives on the variances themselves, kept >= 0: at a boundary the
derivative says whether 0 is the maximum. Several starts on a coarse grid, because such a likelihood can
have more than one maximum. Works on the scale where a typical sampling variance is 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.multilevel.likelihood import Evaluation, Likelihood

# Values of each variance on the grid of starts, times the residual variance of the effects.
_GRID = (0.0, 0.02, 0.15, 0.6, 2.0)
_MAX_STARTS = 125
# Starts that are followed to their maximum.
_FOLLOWED = 3
_ITERATIONS = 200
_HALVINGS = 60
# Smallest curvature, as a share of the largest, that a step trusts.
_FLAT = 1e-9
# A step smaller than this share of each variance changes no digit that the likelihood can tell.
_STEP = 1e-11
# Deviances this close (relative) are the same but for rounding; with variances eight decades apart in one
# study rounding reaches the second value.
_EQUAL = 1e-12
_NOISE = 1e-6
# Upper ends of intervals beyond this many typical sampling variances are called infinite.
_ENDLESS = 2.0**60


def maximise(likelihood: Likelihood, free: BoolArray, fixed: FloatArray, spread: float) -> FloatArray:
    """Return the variances (q,) with the largest likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    free : array of bool, shape (q,)
        Which variances are estimated.
    fixed : array of shape (q,)
        Values of the others.
    spread : float
        Mean squared residual of the effects, on the working scale.
    """
    n = int(free.sum())
    if n == 0:
        return fixed.copy()
    starts = _starts(n, spread)
    values = []
    for start in starts:
        s = fixed.copy()
        s[free] = start
        values.append(likelihood.evaluate(s, derivatives=False).deviance)
    best, lowest = fixed.copy(), np.inf
    for i in np.argsort(values, kind="stable")[:_FOLLOWED]:
        s = fixed.copy()
        s[free] = starts[i]
        s, at = newton(likelihood, s, free)
        if np.isfinite(lowest) and np.allclose(s, best, rtol=1e-6, atol=1e-9):
            break  # two starts agree
        if at.deviance < lowest - _EQUAL * (1.0 + abs(at.deviance)):
            best, lowest = s, at.deviance
    return best


def _starts(n: int, spread: float) -> list[FloatArray]:
    """Return points of the grid; with many variances, one of them large at a time."""
    if len(_GRID) ** n <= _MAX_STARTS:
        return [spread * np.array(point) for point in itertools.product(_GRID, repeat=n)]
    points = [np.full(n, value) for value in _GRID]
    points += [np.where(np.arange(n) == j, 0.6, 0.02) for j in range(n)]
    return [spread * point for point in points]


def newton(likelihood: Likelihood, s: FloatArray, free: BoolArray) -> tuple[FloatArray, Evaluation]:
    """Return the maximum that Newton's method reaches from `s`, and the evaluation there."""
    at = likelihood.evaluate(s)
    for _ in range(_ITERATIONS):
        active = free & ((s > 0.0) | (at.gradient < 0.0))
        if not active.any():
            break
        step = _bounded_step(at, s, active)
        if (np.abs(step) <= _STEP * s).all():
            break
        moved = _line_search(likelihood, at, s, step)
        if moved is None:
            break
        s, at = moved
    return s, at


def _bounded_step(at: Evaluation, s: FloatArray, active: BoolArray) -> FloatArray:
    """Return a step downhill that stays downhill when it is cut off at the boundary.

    A variance that the Newton step would push below 0 although smaller is better goes to 0, and the
    step of the others is taken anew without it (Bertsekas 1982, SIAM J Control Optim 20:221).
    """
    step = _step(at, s, active)
    leaving = active & (s + step < 0.0) & (at.gradient > 0.0)
    if leaving.any():
        staying = active & ~leaving
        step = _step(at, s, staying) if staying.any() else np.zeros_like(s)
        step[leaving] = -s[leaving]
    return step


def _step(at: Evaluation, s: FloatArray, active: BoolArray) -> FloatArray:
    """Return the Newton step of the active variances, downhill even where the deviance bends down.

    Coordinates are scaled by their own curvature, or by s + 1 where that is less: variances of levels
    that the data tell with unlike precision then do not hide each other.
    """
    index = np.flatnonzero(active)
    reach = s[index] + 1.0
    curvature = np.abs(np.diag(at.hessian)[index])
    scale = 1.0 / np.sqrt(np.maximum(curvature, reach**-2))
    H = at.hessian[np.ix_(index, index)] * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(H)
    trusted = np.maximum(np.abs(values), _FLAT * max(float(np.abs(values).max()), 1e-300))
    direction = -vectors @ ((vectors.T @ (scale * at.gradient[index])) / trusted)
    longest = float((np.abs(scale * direction) / reach).max())
    if longest > 4.0:  # no variance moves by more than four times itself (or four typical variances)
        direction *= 4.0 / longest
    step = np.zeros_like(s)
    step[index] = scale * direction
    # A variance at 0 that the others would push below 0 stays there for this step.
    step[(s == 0.0) & (step < 0.0)] = 0.0
    return step


def _line_search(
    likelihood: Likelihood, at: Evaluation, s: FloatArray, step: FloatArray
) -> tuple[FloatArray, Evaluation] | None:
    """Return the first halving of the step that lowers the deviance, or None when none does."""
    for halving in range(_HALVINGS):
        new = np.maximum(s + np.ldexp(step, -halving), 0.0)
        if (new == s).all():
            return None
        there = likelihood.evaluate(new)
        promised = float(at.gradient @ (new - s))
        size = 1.0 + abs(at.deviance) + abs(at.Q) + abs(at.log_det)
        # So close to the end the deviance may not tell better from worse; its derivatives still do.
        if abs(promised) <= _NOISE * size and _slope(there, new) < 0.5 * _slope(at, s):
            return new, there
        if abs(promised) <= _EQUAL * size:
            return None
        if there.deviance <= at.deviance + 1e-4 * min(promised, 0.0) and promised < 0.0:
            return new, there
    return None


def _slope(at: Evaluation, s: FloatArray) -> float:
    """Return the largest derivative with respect to a variance's logarithm, or to one that leaves 0."""
    leaving = np.where(at.gradient < 0.0, -at.gradient, 0.0)
    return float(np.where(s > 0.0, np.abs(at.gradient) * s, leaving).max())


def profile_interval(
    likelihood: Likelihood, s: FloatArray, free: BoolArray, j: int, drop: float
) -> tuple[float, float]:
    """Return both ends of the interval of variance `j` in which the profile deviance rises by <= `drop`.

    Parameters
    ----------
    likelihood : Likelihood
    s : array of shape (q,)
        The maximum.
    free : array of bool, shape (q,)
        Which variances are estimated; the others keep their values.
    j : int
        The variance in question.
    drop : float
        Quantile of chi-square with 1 degree of freedom.

    Returns
    -------
    tuple of float
        Lower end (0 when the likelihood at 0 is not that much smaller) and upper end (infinite when
        the likelihood never falls that far).
    """
    others = free.copy()
    others[j] = False
    ceiling = likelihood.evaluate(s, derivatives=False).deviance + drop
    warm = [s.copy()]

    def rise(x: float) -> tuple[float, float]:
        point = warm[0].copy()
        point[j] = x
        point, at = newton(likelihood, point, others)
        warm[0] = point
        return at.deviance - ceiling, float(at.gradient[j])

    low = 0.0
    if s[j] > 0.0 and rise(0.0)[0] > 0.0:
        low = _root(rise, 0.0, float(s[j]))
    warm[0] = s.copy()
    inner, outer = float(s[j]), 2.0 * float(s[j]) + 1.0
    while rise(outer)[0] <= 0.0:
        inner, outer = outer, 4.0 * outer
        if outer > _ENDLESS:
            return low, float("inf")
    return low, _root(rise, outer, inner)


def _root(rise: Callable[[float], tuple[float, float]], above: float, below: float) -> float:
    """Return where `rise` is 0 between a point above the ceiling and one below; safeguarded Newton."""
    x = 0.5 * (above + below)
    for _ in range(100):
        value, slope = rise(x)
        if value > 0.0:
            above = x
        else:
            below = x
        x_new = x - value / slope if slope != 0.0 else np.inf
        if not min(above, below) < x_new < max(above, below):
            x_new = 0.5 * (above + below)
        if abs(x_new - x) <= 1e-12 * max(abs(x_new), 1e-12) or abs(above - below) <= 1e-13 * abs(x_new):
            return float(x_new)
        x = x_new
    return float(x)
