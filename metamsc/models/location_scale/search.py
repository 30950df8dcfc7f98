"""The maximum of a location-scale likelihood: Newton's method from several starts, inside the constraints."""

from __future__ import annotations

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.location_scale.likelihood import Evaluation, ScaleLikelihood

_ITERATIONS = 200
_HALVINGS = 40
# Smallest curvature, as a share of the largest, that a Newton step trusts.
_FLAT = 1e-10
# Longest step of a coefficient in the basis, which is in units of log tau2.
_LONGEST = 3.0
# A gradient this small (relative to the value) is 0.
_STILL = 1e-12
# Multiples of the common tau2 from which the search starts.
_MULTIPLES = (1.0, 0.05, 8.0)
# An identity link's tau2 below this, in units of the sampling variance, is at its boundary 0.
_BOUNDARY = 1e-9


def maximise_log_link(likelihood: ScaleLikelihood, common: float) -> tuple[FloatArray, Evaluation]:
    """Return the scale coefficients with the largest likelihood, and the evaluation there.

    Parameters
    ----------
    likelihood : ScaleLikelihood
        With a log link.
    common : float
        tau2 of the model with one tau2, on the working scale.
    """
    ones = np.ones(len(likelihood.y))
    starts = [
        _coordinates(likelihood, np.log(max(common, 1e-3) * multiple) * ones) for multiple in _MULTIPLES
    ]
    residual = likelihood.y - likelihood.X @ (likelihood.X.T @ likelihood.y)
    excess = np.maximum(residual**2 - likelihood.v, 0.05 * residual**2 + 1e-6)
    starts.append(_coordinates(likelihood, np.log(excess)))
    found = [_newton(likelihood, start) for start in starts]
    return max(found, key=lambda item: item[1].value)


def _coordinates(likelihood: ScaleLikelihood, eta: FloatArray) -> FloatArray:
    """Return the coefficients whose log tau2 comes closest to `eta`."""
    return likelihood.B.T @ (eta - likelihood.offset) / len(eta)


def _newton(likelihood: ScaleLikelihood, a: FloatArray) -> tuple[FloatArray, Evaluation]:
    at = likelihood.evaluate(a)
    for _ in range(_ITERATIONS):
        if np.abs(at.gradient).max() <= _STILL * (1.0 + abs(at.value)):
            break
        step = _step(at)
        moved = _line_search(likelihood, a, at, step)
        if moved is None:
            break
        a, at = moved
    return a, at


def _step(at: Evaluation) -> FloatArray:
    values, vectors = np.linalg.eigh(-at.hessian)
    trusted = np.maximum(np.abs(values), _FLAT * max(float(np.abs(values).max()), 1e-300))
    step: FloatArray = vectors @ ((vectors.T @ at.gradient) / trusted)
    longest = float(np.abs(step).max())
    return step * min(1.0, _LONGEST / longest) if longest > 0.0 else step


def _line_search(
    likelihood: ScaleLikelihood, a: FloatArray, at: Evaluation, step: FloatArray
) -> tuple[FloatArray, Evaluation] | None:
    """Return the first halving of the step that does better, by value or, at rounding, by gradient."""
    noise = 1e-13 * (1.0 + abs(at.value))
    for halving in range(_HALVINGS):
        new = a + np.ldexp(step, -halving)
        there = likelihood.evaluate(new)
        if there.value > at.value + noise:
            return new, there
        calmer = float(np.abs(there.gradient).max()) < 0.5 * float(np.abs(at.gradient).max())
        if abs(there.value - at.value) <= noise and calmer:
            return new, there
    return None


def maximise_identity_link(likelihood: ScaleLikelihood, common: float) -> tuple[FloatArray, Evaluation, bool]:
    """Return the scale coefficients, the evaluation there, and whether every tau2 is above 0.

    The likelihood is maximised subject to B a >= 0 (sequential quadratic programming), then sharpened by
    Newton's method within the constraints that bind.
    """
    from scipy.optimize import LinearConstraint, minimize

    B = likelihood.B
    constraint = LinearConstraint(B, lb=0.0)

    def value(a: FloatArray) -> float:
        return -likelihood.evaluate(a).value

    def slope(a: FloatArray) -> FloatArray:
        return -likelihood.evaluate(a).gradient

    best: tuple[FloatArray, Evaluation] | None = None
    for multiple in _MULTIPLES:
        start = np.linalg.lstsq(B, np.full(len(B), max(common, 0.01) * multiple), rcond=None)[0]
        found = minimize(
            value,
            start,
            jac=slope,
            method="SLSQP",
            constraints=constraint,
            options={"maxiter": 500, "ftol": 1e-15},
        )
        a = np.asarray(found.x, dtype=np.float64)
        at = likelihood.evaluate(a)
        if (B @ a >= -1e-6).all() and (best is None or at.value > best[1].value):
            best = a, at
    if best is None:  # no start led anywhere allowed: tau2 the same for all
        a = np.asarray(np.linalg.lstsq(B, np.full(len(B), common), rcond=None)[0], dtype=np.float64)
        best = a, likelihood.evaluate(a)
    return _sharpened(likelihood, *best)


def _sharpened(
    likelihood: ScaleLikelihood, a: FloatArray, at: Evaluation
) -> tuple[FloatArray, Evaluation, bool]:
    binding = likelihood.B @ a <= 1e-7
    free = _null_space(likelihood.B[binding])
    for _ in range(30):
        if not free.shape[1]:
            break
        g, H = free.T @ at.gradient, free.T @ at.hessian @ free
        if np.linalg.eigvalsh(H)[-1] >= 0.0:
            break
        new = a - free @ np.linalg.solve(H, g)
        there = likelihood.evaluate(new)
        better = np.abs(free.T @ there.gradient).max() < np.abs(g).max()
        if not better or (likelihood.B[~binding] @ new < 0.0).any():
            break
        a, at = new, there
    interior = bool((likelihood.B @ a > _BOUNDARY).all())
    return a, at, interior


def _null_space(rows: FloatArray) -> FloatArray:
    """Return an orthonormal basis of the directions that leave the binding constraints as they are."""
    q = rows.shape[1]
    if not len(rows):
        return np.eye(q)
    _, s, Vt = np.linalg.svd(rows)
    rank = int((s > 1e-10 * s[0]).sum())
    basis: FloatArray = Vt[rank:].T
    return basis
