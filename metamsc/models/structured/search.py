"""Coordinates that maximise a structured likelihood: quasi-Newton from several starts, then Newton."""

from __future__ import annotations

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.structured.likelihood import Evaluation, StructuredLikelihood

# Variances (as shares of the spread of the effects) and correlations that the search starts from.
_STARTS = ((0.5, 0.3), (0.1, 0.7), (1.0, 0.0), (0.02, 0.3))
# A coordinate at this is at infinity: a standard deviation of exp(-23) sampling errors, a correlation of 1.
LARGEST = 46.0
# A log variance below this is that of 0: 3e-10 of a sampling variance.
NOTHING = -22.0
_DIFFERENCE = 1e-5
# Deviances this close (relative) are those of one maximum.
_EQUAL = 1e-9
_NEWTON = 12


def maximise(likelihood: StructuredLikelihood, spread: float) -> tuple[FloatArray, Evaluation]:
    """Return the coordinates with the largest likelihood and the evaluation there.

    Parameters
    ----------
    likelihood : StructuredLikelihood
    spread : float
        Mean squared residual of the effects, on the working scale.
    """
    found = []
    for share, correlation in _STARTS:
        parts = [t.structure.start(max(share * spread, 1e-4), correlation) for t in likelihood.terms]
        every = np.ones(likelihood.n_coordinates, dtype=np.bool_)
        found.append(climb(likelihood, np.concatenate(parts), every))
        lowest = sorted(at.deviance for _, at in found)[:2]
        if len(lowest) == 2 and lowest[1] - lowest[0] < _EQUAL * (1.0 + abs(lowest[0])):
            break  # two starts agree
    return _at_bounds(likelihood, *min(found, key=lambda item: item[1].deviance))


def _at_bounds(
    likelihood: StructuredLikelihood, x: FloatArray, at: Evaluation
) -> tuple[FloatArray, Evaluation]:
    """Look for a better point with one coordinate at an end; derivatives vanish before it is reached."""
    every = np.ones(x.size, dtype=np.bool_)
    for j in range(x.size):
        for end in (-LARGEST, LARGEST):
            moved = x.copy()
            moved[j] = end
            if likelihood.evaluate(moved).deviance < at.deviance:
                every[j] = False
                new, there = climb(likelihood, moved, every)
                every[j] = True
                if there.deviance < at.deviance:
                    x, at = new, there
    return x, at


def climb(
    likelihood: StructuredLikelihood, start: FloatArray, free: BoolArray
) -> tuple[FloatArray, Evaluation]:
    """Return the maximum reached from `start` with only the `free` coordinates moving."""
    from scipy.optimize import Bounds, minimize

    if not free.any():
        return start, likelihood.evaluate(start)

    def point(z: FloatArray) -> FloatArray:
        x = start.copy()
        x[free] = z
        return x

    def value(z: FloatArray) -> float:
        return likelihood.evaluate(point(z)).deviance

    def slope(z: FloatArray) -> FloatArray:
        return likelihood.evaluate(point(z)).gradient[free]

    bounds = Bounds(-LARGEST, LARGEST)
    found = minimize(
        value,
        np.clip(start[free], -LARGEST, LARGEST),
        jac=slope,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 2000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
    )
    return _sharpened(likelihood, point(np.asarray(found.x, dtype=np.float64)), free)


def _sharpened(
    likelihood: StructuredLikelihood, x: FloatArray, free: BoolArray
) -> tuple[FloatArray, Evaluation]:
    """Take Newton steps on the gradient, its derivative by differences, while they make it smaller."""
    at = likelihood.evaluate(x)
    for _ in range(_NEWTON):
        inside = np.flatnonzero(free & (np.abs(x) < LARGEST - 1e-6) & (np.abs(at.gradient) > 0.0))
        if not inside.size or np.abs(at.gradient[inside]).max() < 1e-12:
            break
        H = hessian(likelihood, x)[np.ix_(inside, inside)]
        values, vectors = np.linalg.eigh(H)
        if values[0] <= 1e-9 * values[-1]:
            break
        new = x.copy()
        new[inside] -= vectors @ ((vectors.T @ at.gradient[inside]) / values)
        if (np.abs(new) > LARGEST).any():
            break
        there = likelihood.evaluate(new)
        if not np.abs(there.gradient[inside]).max() < 0.5 * np.abs(at.gradient[inside]).max():
            break
        x, at = new, there
    return x, at


def hessian(likelihood: StructuredLikelihood, x: FloatArray) -> FloatArray:
    """Return the second derivatives of the deviance at `x` by central differences of its gradient."""
    columns = []
    for j in range(x.size):
        step = _DIFFERENCE * max(1.0, abs(x[j]))
        up, down = x.copy(), x.copy()
        up[j], down[j] = x[j] + step, x[j] - step
        columns.append((likelihood.evaluate(up).gradient - likelihood.evaluate(down).gradient) / (2.0 * step))
    H = np.array(columns)
    result: FloatArray = 0.5 * (H + H.T)
    return result
