"""Maximum likelihood for a sum over studies in which a study may have a parameter of its own.

Each study contributes a function of a few local parameters (its intercept, its effect, the standard
deviations). The local parameters are linear in the global ones, plus, for one of them, a free amount
per study. Derivatives are taken numerically per study, so the cost is linear in the number of studies,
and the free amounts are eliminated one by one from Newton's equations (a Schur complement).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from metamsc.models.batch import FloatArray

Contribution: TypeAlias = Callable[[FloatArray], FloatArray]
"""Local parameters of shape (S, k, L) to log likelihoods of shape (S, k)."""

# Differences of fourth order: with a step of 1e-3 on a log-odds scale their error is near 1e-12, and the
# rounding of values near 1e4 divided by the step squared stays below 1e-5 of the curvature.
_STEP = 1e-3
_MAX_STEPS = 200
_GAIN_DONE = 1e-13
_HALVINGS = 30
# The share of the gain promised by the slope that a step must bring (Armijo's rule), and the longest step.
_SUFFICIENT = 1e-4
_LONGEST = 2.0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be maximised.

    Attributes
    ----------
    contribution : Contribution
    map : array of shape (k, L, P)
        Local parameters are ``map @ theta`` ...
    own : int or None
        ... plus a free amount per study in this local parameter.
    """

    contribution: Contribution
    map: FloatArray
    own: int | None = None

    def local(self, theta: FloatArray, free: FloatArray) -> FloatArray:
        """Return the local parameters, shape (k, L)."""
        phi = self.map @ theta
        if self.own is not None:
            phi[:, self.own] += free
        return np.asarray(phi)


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the likelihood is largest.

    Attributes
    ----------
    theta : array of shape (P,)
    free : array of shape (k,)
    value : float
        Log likelihood, relative to the family's saturated one.
    information : array of shape (P, P)
        Minus the Hessian in `theta` with the free amounts profiled out.
    hessian : array of shape (k, L, L)
        Minus each study's own Hessian.
    """

    theta: FloatArray
    free: FloatArray
    value: float
    information: FloatArray
    hessian: FloatArray


def maximise(problem: Problem, theta: FloatArray, free: FloatArray) -> Maximum:
    """Return the maximum reached from `theta` and `free` by damped Newton steps."""
    theta, free = theta.copy(), free.copy()
    value, damping = _total(problem, theta, free), 0.0
    for _ in range(_MAX_STEPS):
        gradient, hessian = derivatives(problem.contribution, problem.local(theta, free))
        rounding = _GAIN_DONE * (1.0 + abs(value))
        for _ in range(_HALVINGS):
            d_theta, d_free, promised = _newton(problem, gradient, hessian, damping)
            gain = _total(problem, theta + d_theta, free + d_free) - value
            # A standard deviation may change its sign for nothing, so a step has to be worth something.
            if gain >= _SUFFICIENT * promised - rounding:
                break
            damping = max(4.0 * damping, 1e-3)
        if gain < _SUFFICIENT * promised - rounding:
            break
        theta, free, value = theta + d_theta, free + d_free, value + gain
        damping = 0.1 * damping if damping > 1e-5 else 0.0
        if promised <= rounding:
            break
    _, hessian = derivatives(problem.contribution, problem.local(theta, free))
    information = _reduced(problem, hessian)[0]
    return Maximum(theta, free, value, information, hessian)


def _total(problem: Problem, theta: FloatArray, free: FloatArray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        value = float(problem.contribution(problem.local(theta, free)[None]).sum())
    return value if np.isfinite(value) else -np.inf


def _newton(
    problem: Problem, gradient: FloatArray, hessian: FloatArray, damping: float
) -> tuple[FloatArray, FloatArray, float]:
    """Return the step in `theta` and the free amounts, and the gain its slope promises.

    With damping the step is shorter; it always leads uphill.
    """
    k = problem.map.shape[0]
    slope = np.zeros(k) if problem.own is None else gradient[:, problem.own]
    information, cross, curve = _reduced(problem, hessian, damping)
    along = np.einsum("klp,kl->p", problem.map, gradient)
    right = along - cross @ (slope / curve)
    size = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-8))
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    # A negative curvature would lead along; its size is kept and its sign turned.
    values = np.maximum(np.abs(values), 1e-10) + damping
    d_theta = (vectors @ ((vectors.T @ (right / size)) / values)) / size
    d_free = np.zeros(k) if problem.own is None else (slope - cross.T @ d_theta) / curve
    longest = max(np.abs(d_theta).max(initial=0.0), np.abs(d_free).max(initial=0.0))
    shorten = min(1.0, _LONGEST / longest) if longest > 0.0 else 1.0
    promised = shorten * float(along @ d_theta + slope @ d_free)
    return d_theta * shorten, d_free * shorten, promised


def _reduced(
    problem: Problem, hessian: FloatArray, damping: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the information in theta, its part shared with the free amounts, and their own."""
    k = hessian.shape[0]
    information = np.einsum("klp,klm,kmq->pq", problem.map, hessian, problem.map)
    if problem.own is None:
        return information, np.zeros((information.shape[0], k)), np.ones(k)
    cross = np.einsum("klp,kl->pk", problem.map, hessian[:, :, problem.own])
    curve = np.maximum(np.abs(hessian[:, problem.own, problem.own]), 1e-12) * (1.0 + damping)
    return information - (cross / curve) @ cross.T, cross, curve


def derivatives(contribution: Contribution, phi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each study's gradient (k, L) and minus its Hessian (k, L, L), by fourth-order differences."""
    L = phi.shape[1]
    pairs = [(i, j) for i in range(L) for j in range(i)]
    moves = [np.zeros(L)]
    for i in range(L):
        moves += [n * _STEP * np.eye(L)[i] for n in (-2.0, -1.0, 1.0, 2.0)]
    for i, j in pairs:
        for n in (1.0, 2.0):
            moves += [n * _STEP * (s * np.eye(L)[i] + t * np.eye(L)[j]) for s in (1, -1) for t in (1, -1)]
    values = contribution(phi[None] + np.array(moves)[:, None, :])
    middle, single, mixed = values[0], values[1 : 1 + 4 * L], values[1 + 4 * L :]
    gradient, hessian = np.zeros(phi.shape), np.zeros((*phi.shape, L))
    for i in range(L):
        m2, m1, p1, p2 = single[4 * i : 4 * i + 4]
        gradient[:, i] = (m2 - 8.0 * m1 + 8.0 * p1 - p2) / (12.0 * _STEP)
        hessian[:, i, i] = (m2 - 16.0 * m1 + 30.0 * middle - 16.0 * p1 + p2) / (12.0 * _STEP**2)
    for number, (i, j) in enumerate(pairs):
        near, far = (
            (q[0] - q[1] - q[2] + q[3]) / (4.0 * (n * _STEP) ** 2)
            for n, q in ((1, mixed[8 * number : 8 * number + 4]), (2, mixed[8 * number + 4 : 8 * number + 8]))
        )
        hessian[:, i, j] = hessian[:, j, i] = -(4.0 * near - far) / 3.0
    return gradient, hessian
