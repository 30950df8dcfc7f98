"""Likelihood of a selection model with exact first and second derivatives.

A study's effect is seen with a probability proportional to w(p). With f the normal density of mean mu and
variance t = v + tau2, the density of an effect that was seen is w(p(y)) f(y) / A, A = integral of w f.
Derivatives of log A are moments under that density, so value, gradient and Hessian come from one pass
over the nodes of a quadrature; step functions, which need none, are in ``selection_steps``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from metamsc.sensitivity.selection_weights import LogWeight, WeightFunction

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
    threshold : float
        P-values up to this one all have weight 1, and the others a weight relative to it; 0 for none.
    imprecision : array of shape (k,), optional
        What multiplies the strength of selection of each study; 1 when left out.
    """

    def __init__(
        self,
        data: SelectionData,
        weight: WeightFunction,
        points: int = FINE,
        *,
        threshold: float = 0.0,
        imprecision: FloatArray | None = None,
    ) -> None:
        self.data, self.weight = data, weight
        self._se = np.sqrt(data.v)
        self._threshold = threshold
        self._imprecision = np.ones_like(data.v) if imprecision is None else imprecision
        self._observed = self._clipped(data.p_values(data.y, self._se))
        self._nodes, self._weights = np.polynomial.legendre.leggauss(points)
        near_0 = data.sign == 0 and (weight.p_floor > 0.0 or len(weight.names) > 1)
        ends = np.concatenate([_Z_ENDS, _TWO_SIDED_ENDS]) if near_0 else _Z_ENDS
        if threshold:
            at = -float(ndtri(0.5 * threshold if data.sign == 0 else threshold))
            ends = np.append(ends, abs(at))
        self._z_ends = np.unique(np.concatenate([-ends, ends]))

    def _log_weight(self, p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
        """Return log w of p-values that are clipped; 0 up to the threshold, and relative to it beyond."""
        at = self.weight.evaluate(p, delta, imprecision)
        if not self._threshold:
            return at
        last = self.weight.evaluate(np.full_like(imprecision, self._threshold), delta, imprecision)
        beyond = (p > self._threshold).astype(np.float64)
        return LogWeight(
            beyond * (at.value - last.value),
            beyond[..., None] * (at.gradient - last.gradient),
            beyond[..., None, None] * (at.hessian - last.hessian),
        )

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
        at = self._log_weight(self._observed, delta, self._imprecision)
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
        p = self._clipped(self.data.p_values(y, self._se[:, None]))
        at = self._log_weight(p, delta, self._imprecision[:, None])
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
