"""Likelihood of a selection model whose weight is constant between cut-points, from normal tail areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from metamsc.sensitivity.selection_likelihood import Likelihood, SelectionData, assembled, normal_density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# Smallest normalising integral: below it only rounding is left.
_TINY = 1e-300


class StepLikelihood:
    """Likelihood with a step function: w = delta[j] in interval j, delta[0] = 1.

    Parameters
    ----------
    data : SelectionData
    steps : array of shape (m,), optional
        Upper ends of intervals of p, the last being 1: interval j is (steps[j-1], steps[j]]. The parameters
        are delta[1:].
    cutoff : float
        Without `steps`: the effect that separates the two intervals, the first being the side of it that
        `data.sign` says (Rust, Lehmann & Farley 1990).
    """

    def __init__(self, data: SelectionData, steps: FloatArray | None = None, *, cutoff: float = 0.0) -> None:
        self.data = data
        se = np.sqrt(data.v)
        if steps is None:
            self.interval = (data.sign * (data.y - cutoff) <= 0.0).astype(np.intp)
            self._cut = np.full((data.y.size, 1), data.sign * cutoff)
        else:
            self.interval = np.searchsorted(steps, data.p_values(data.y, se), side="left")
            share = 1.0 if data.sign else 0.5
            self._cut = se[:, None] * -ndtri(share * steps[:-1])
        self.counts = np.bincount(self.interval, minlength=self._cut.shape[1] + 1)

    def _areas(self, mu: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the probability of each interval, shape (k, m), with its derivatives in (mu, t)."""
        sign, cut = self.data.sign, self._cut
        if sign:
            return _intervals(*_upper_area(sign * mu, t, cut), sign)
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
