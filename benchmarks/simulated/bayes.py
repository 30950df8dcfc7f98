"""Posterior intervals of the normal-normal model for many data sets at once, on a fixed grid of tau.

Flat prior of mu, half-normal prior of tau. ``metamsc.models.bayes`` places its nodes where each posterior is
and is exact; here all data sets share theirs, which is quicker by two decades. A test holds the two together.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from metamsc.models.batch import BoolArray, FloatArray

_NODES = 64
# The prior has less than 1e-8 beyond this many scales.
_REACH = 5.7
_STEPS = 60
_CLOSE = 1e-7


def bayes_intervals(
    yi: FloatArray, vi: FloatArray, mask: BoolArray, scale: float, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return low and high of mu, then of a new study's true effect, equal-tailed, shapes (B,)."""
    unit, weights = np.polynomial.legendre.leggauss(_NODES)
    root = 0.5 * (unit + 1.0)
    tau = _REACH * scale * root**2  # denser near 0
    log_mass = np.log(weights * root) - 0.5 * (tau / scale) ** 2
    mean, se = np.empty((yi.shape[0], _NODES)), np.empty((yi.shape[0], _NODES))
    posterior = np.empty_like(mean)
    for j, t in enumerate(tau):
        w = np.where(mask, 1.0 / (vi + t * t), 0.0)
        S = w.sum(axis=1)
        mean[:, j] = (w * yi).sum(axis=1) / S
        se[:, j] = 1.0 / np.sqrt(S)
        Q = (w * (yi - mean[:, j, None]) ** 2).sum(axis=1)
        log_w = np.log(np.where(mask, w, 1.0)).sum(axis=1)
        posterior[:, j] = log_mass[j] + 0.5 * (log_w - np.log(S) - Q)
    posterior = np.exp(posterior - posterior.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    tail = 0.5 * (1.0 - level)
    new = np.sqrt(se**2 + tau**2)
    ends = [_quantile(posterior, mean, sd, p) for sd in (se, new) for p in (tail, 1.0 - tail)]
    return ends[0], ends[1], ends[2], ends[3]


def _quantile(mass: FloatArray, mean: FloatArray, sd: FloatArray, p: float) -> FloatArray:
    """Return the quantiles of mixtures of normals: Newton's steps inside a bracket, else halving."""
    low, high = (mean - 9.0 * sd).min(axis=1), (mean + 9.0 * sd).max(axis=1)
    centre = (mass * mean).sum(axis=1)
    spread = np.sqrt((mass * (sd**2 + (mean - centre[:, None]) ** 2)).sum(axis=1))
    x = centre + (1.96 if p > 0.5 else -1.96) * spread
    active = np.arange(x.size)
    for _ in range(_STEPS):
        z = (x[active, None] - mean[active]) / sd[active]
        off = (mass[active] * ndtr(z)).sum(axis=1) - p
        slope = (mass[active] * np.exp(-0.5 * z * z) / sd[active]).sum(axis=1) / np.sqrt(2.0 * np.pi)
        high[active] = np.where(off > 0.0, x[active], high[active])
        low[active] = np.where(off > 0.0, low[active], x[active])
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            step = x[active] - off / slope
        inside = (step > low[active]) & (step < high[active])
        x[active] = np.where(inside, step, 0.5 * (low[active] + high[active]))
        active = active[np.abs(off) > _CLOSE]
        if not active.size:
            break
    return np.asarray(x)
