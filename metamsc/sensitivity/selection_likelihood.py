"""Likelihood of a selection model with exact first and second derivatives.

A study's effect is seen with a probability proportional to w(p). With f the normal density of mean mu and
variance t = v + tau2, the density of an effect that was seen is w(p(y)) f(y) / A, A = integral of w f.
Derivatives of log A are moments under that density, so value, gradient and Hessian come from one pass
over the nodes of a quadrature (smooth weights), or from normal tail areas (step functions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from metamsc.sensitivity.selection_weights import WeightFunction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# Quadrature: panels that end where the density or the weight bends, each with a Gauss-Legendre rule.
# Beyond 9 standard deviations a normal density holds less than 1e-18.
_DENSITY_ENDS = np.linspace(-9.0, 9.0, 13)
_Z_ENDS = np.array([0.0, 0.75, 1.5, 2.25, 3.0, 4.264890793922825, 6.0, 9.0, 13.0, 18.0, 26.0, 40.0])
# Where two-sided p-values near 1 (z near 0) are cut off, and the approach to it: |z|**(delta - 1) is not
# smooth there. The first and the last end are z at p = 1 - 1e-5 and p = 1e-5.
_TWO_SIDED_ENDS = np.array([1.2533141373e-5, 1e-4, 1e-3, 1e-2, 0.1, 4.417173413469023])
# Points of the rule on each panel: to search, and for the result.
COARSE, FINE = 8, 20
# Smallest normalising integral: below it only rounding is left.
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class SelectionData:
    """Effects, variances and design of k studies, and how they were tested.

    `sign` is 1 where large effects are significant, -1 where small ones are, 0 for two-sided tests.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    sign: int

    def p_values(self, y: FloatArray, se: FloatArray) -> FloatArray:
        """Return the p-values of effects `y` with sampling standard errors `se`."""
        z = y / se
        if self.sign == 0:
            return np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)
        return np.asarray(ndtr(-self.sign * z), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Log-likelihood, gradient (n,) and Hessian (n, n) in (coefficients, tau2, delta)."""

    value: float
    gradient: FloatArray
    hessian: FloatArray


def assembled(
    data: SelectionData, value: FloatArray, gradient: FloatArray, hessian: FloatArray
) -> Likelihood:
    """Turn studies' derivatives in (mu, t, delta), shapes (k,), (k, q), (k, q, q), into the model's."""
    p, q = data.X.shape[1], gradient.shape[1]
    n = p + q - 1
    H = np.empty((n, n))
    H[:p, :p] = data.X.T @ (hessian[:, 0, 0, None] * data.X)
    H[:p, p:] = data.X.T @ hessian[:, 0, 1:]
    H[p:, :p] = H[:p, p:].T
    H[p:, p:] = hessian[:, 1:, 1:].sum(axis=0)
    g = np.concatenate([data.X.T @ gradient[:, 0], gradient[:, 1:].sum(axis=0)])
    return Likelihood(float(value.sum()), g, H)


def normal_density(residual: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log density, gradient (..., 2) and Hessian (..., 2, 2) of N(mu, t) in (mu, t)."""
    r = residual / t
    square = residual * r
    value = -0.5 * (np.log(2.0 * np.pi * t) + square)
    gradient = np.stack([r, 0.5 * (square - 1.0) / t], axis=-1)
    cross = -r / t
    hessian = np.empty((*residual.shape, 2, 2))
    hessian[..., 0, 0] = -1.0 / t
    hessian[..., 0, 1] = hessian[..., 1, 0] = cross
    hessian[..., 1, 1] = (0.5 - square) / t**2
    return value, gradient, hessian


class SmoothLikelihood:
    """Likelihood with a smooth weight function.

    Parameters
    ----------
    data : SelectionData
    weight : WeightFunction
    points : int
        Nodes on each panel of the quadrature.
    """

    def __init__(self, data: SelectionData, weight: WeightFunction, points: int = FINE) -> None:
        self.data, self.weight = data, weight
        self._se = np.sqrt(data.v)
        self._observed = self._clipped(data.p_values(data.y, self._se))
        self._nodes, self._weights = np.polynomial.legendre.leggauss(points)
        cut = data.sign == 0 and weight.p_floor > 0.0
        ends = np.concatenate([_Z_ENDS, _TWO_SIDED_ENDS]) if cut else _Z_ENDS
        self._z_ends = np.unique(np.concatenate([-ends, ends]))

    def _clipped(self, p: FloatArray) -> FloatArray:
        floor = self.weight.p_floor
        return np.clip(p, floor, 1.0 - floor) if floor else p

    def _rule(self, mu: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return nodes (in units of y) and weights of shape (k, N) that integrate against N(mu, t)."""
        s = np.sqrt(t)
        # The weight may favour effects that the density makes all but impossible.
        low = np.minimum(mu + _DENSITY_ENDS[0] * s, _DENSITY_ENDS[0] * self._se)
        high = np.maximum(mu + _DENSITY_ENDS[-1] * s, _DENSITY_ENDS[-1] * self._se)
        bends = np.clip(self._z_ends * self._se[:, None], low[:, None], high[:, None])
        parts = [mu[:, None] + _DENSITY_ENDS * s[:, None], bends, low[:, None], high[:, None]]
        ends = np.sort(np.concatenate(parts, axis=1), axis=1)
        half = 0.5 * np.diff(ends, axis=1)[..., None]
        y = (0.5 * (ends[:, 1:] + ends[:, :-1])[..., None] + half * self._nodes).reshape(mu.size, -1)
        return y, (half * self._weights).reshape(mu.size, -1)

    def __call__(self, theta: FloatArray) -> Likelihood:
        """Return the likelihood at (coefficients, tau2, delta)."""
        data = self.data
        p = data.X.shape[1]
        mu, t, delta = data.X @ theta[:p], data.v + theta[p], theta[p + 1 :]
        log_f, f_gradient, f_hessian = normal_density(data.y - mu, t)
        at = self.weight.evaluate(self._observed, delta)
        log_A, A_gradient, A_hessian = self._normalising(mu, t, delta)
        q = 2 + delta.size
        gradient, hessian = -A_gradient, -A_hessian
        gradient[:, :2] += f_gradient
        gradient[:, 2:] += at.gradient
        hessian[:, :2, :2] += f_hessian
        hessian[:, 2:, 2:] += at.hessian
        return assembled(data, log_f + at.value - log_A, gradient.reshape(-1, q), hessian)

    def _normalising(
        self, mu: FloatArray, t: FloatArray, delta: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log A with gradient and Hessian in (mu, t, delta): moments of the effects seen."""
        y, rule = self._rule(mu, t)
        residual, wide = y - mu[:, None], t[:, None]
        at = self.weight.evaluate(self._clipped(self.data.p_values(y, self._se[:, None])), delta)
        log_mass = -0.5 * (residual**2 / wide + np.log(2.0 * np.pi * wide)) + at.value
        top = log_mass.max(axis=1)
        mass = rule * np.exp(log_mass - top[:, None])
        A = mass.sum(axis=1)
        share = mass / A[:, None]
        r = residual / wide
        score = np.concatenate(
            [np.stack([r, 0.5 * (residual * r - 1.0) / wide]), np.moveaxis(at.gradient, -1, 0)]
        )
        mean = np.einsum("kn,qkn->kq", share, score)
        second = np.einsum("kn,qkn,rkn->kqr", share, score, score, optimize=True)
        second[:, 0, 0] -= 1.0 / t
        cross = mean[:, 0] / t
        second[:, 0, 1] -= cross
        second[:, 1, 0] -= cross
        second[:, 1, 1] += 0.5 / t**2 - (share * r**2).sum(axis=1) / t
        second[:, 2:, 2:] += np.einsum("kn,knab->kab", share, at.hessian)
        return np.log(A) + top, mean, second - mean[:, :, None] * mean[:, None, :]


class StepLikelihood:
    """Likelihood with a step function: w = delta[j] for p in (steps[j-1], steps[j]], delta[0] = 1.

    `steps` are the upper ends of the intervals, the last being 1. The parameters are delta[1:].
    """

    def __init__(self, data: SelectionData, steps: FloatArray) -> None:
        self.data = data
        se = np.sqrt(data.v)
        self.interval = np.searchsorted(steps, data.p_values(data.y, se), side="left")
        self.counts = np.bincount(self.interval, minlength=steps.size)
        self._inner = steps[:-1]
        self._se = se

    def _areas(self, mu: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the probability of each interval, shape (k, m), with its derivatives in (mu, t)."""
        sign = self.data.sign
        if sign:
            cut = sign * self._se[:, None] * -ndtri(self._inner)
            return _intervals(*_upper_area(sign * mu, t, sign * cut), sign)
        cut = self._se[:, None] * -ndtri(0.5 * self._inner)
        above, below = _upper_area(mu, t, cut), _upper_area(-mu, t, cut)
        flip = np.array([-1.0, 1.0])
        value = above[0] + below[0]
        gradient = above[1] + below[1] * flip
        hessian = above[2] + below[2] * np.outer(flip, flip)
        return _intervals(value, gradient, hessian, 1)

    def __call__(self, theta: FloatArray) -> Likelihood:
        """Return the likelihood at (coefficients, tau2, delta of all intervals but the first)."""
        data = self.data
        p = data.X.shape[1]
        mu, t = data.X @ theta[:p], data.v + theta[p]
        delta = np.concatenate([[1.0], theta[p + 1 :]])
        area, area_gradient, area_hessian = self._areas(mu, t)
        A = np.maximum(area @ delta, _TINY)
        k, q = mu.size, 1 + delta.size
        first = np.concatenate([np.einsum("kjq,j->kq", area_gradient, delta), area[:, 1:]], axis=1)
        second = np.zeros((k, q, q))
        second[:, :2, :2] = np.einsum("kjqr,j->kqr", area_hessian, delta)
        second[:, :2, 2:] = np.swapaxes(area_gradient[:, 1:], 1, 2)
        second[:, 2:, :2] = area_gradient[:, 1:]
        first /= A[:, None]
        hessian = first[:, :, None] * first[:, None, :] - second / A[:, None, None]
        log_f, f_gradient, f_hessian = normal_density(data.y - mu, t)
        gradient = -first
        gradient[:, :2] += f_gradient
        hessian[:, :2, :2] += f_hessian
        with np.errstate(divide="ignore"):
            log_w = np.log(delta)[self.interval]
        seen = np.flatnonzero(self.interval > 0)
        place = 1 + self.interval[seen]
        gradient[seen, place] += 1.0 / delta[self.interval[seen]]
        hessian[seen, place, place] -= 1.0 / delta[self.interval[seen]] ** 2
        return assembled(data, log_f + log_w - np.log(A), gradient, hessian)


def _upper_area(mu: FloatArray, t: FloatArray, cut: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return P(y > cut) for N(mu, t), shape (k, m), its gradient and Hessian in (mu, t)."""
    s, wide = np.sqrt(t)[:, None], t[:, None]
    u = (cut - mu[:, None]) / s
    density = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
    gradient = np.stack([density / s, 0.5 * u * density / wide], axis=-1)
    hessian = np.empty((*u.shape, 2, 2))
    hessian[..., 0, 0] = u * density / wide
    hessian[..., 0, 1] = hessian[..., 1, 0] = -density * (1.0 - u**2) / (2.0 * wide * s)
    hessian[..., 1, 1] = -u * density * (3.0 - u**2) / (4.0 * wide**2)
    return np.asarray(ndtr(-u), dtype=np.float64), gradient, hessian


def _intervals(
    above: FloatArray, gradient: FloatArray, hessian: FloatArray, sign: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Turn areas beyond each cut (p below each step) into those of the intervals between the steps."""
    flip = np.array([float(sign), 1.0])
    gradient, hessian = gradient * flip, hessian * np.outer(flip, flip)
    k = above.shape[0]
    value = np.diff(np.concatenate([np.zeros((k, 1)), above, np.ones((k, 1))], axis=1), axis=1)
    none, none2 = np.zeros((k, 1, 2)), np.zeros((k, 1, 2, 2))
    return (
        value,
        np.diff(np.concatenate([none, gradient, none], axis=1), axis=1),
        np.diff(np.concatenate([none2, hessian, none2], axis=1), axis=1),
    )
