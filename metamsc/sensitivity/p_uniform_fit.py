"""Fits the truncated normal likelihoods of p-uniform*; intervals and tests by profile likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri, log_ndtr, ndtri

from metamsc.models.pool import pool
from metamsc.models.results import Interval
from metamsc.sensitivity.maximum import Maximum, climb
from metamsc.sensitivity.p_uniform_result import CAVEAT, EMPTY, ONE_KIND, PUniform
from metamsc.sensitivity.selection_likelihood import Likelihood, SelectionData, assembled, normal_density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# How far, in units of the working scale, and in how many doublings the ends of an interval are searched.
_DOUBLINGS = 40
# Shrinkage of the plain estimate, and tau2 beside its plain estimate, that searches begin at.
_STARTS = ((1.0, 1.0), (0.5, 1.0), (0.0, 0.2), (0.0, 1.0), (-1.0, 2.0))
_FEW = 3


class TruncatedLikelihood:
    """Log-likelihood in (mu, tau2) with exact derivatives; significant effects are large ones."""

    def __init__(self, y: FloatArray, v: FloatArray, critical: float) -> None:
        self.data = SelectionData(y, v, np.ones((y.size, 1)), 1)
        self.cut = critical * np.sqrt(v)
        self.significant = y > self.cut

    def __call__(self, theta: FloatArray) -> Likelihood:
        """Return the likelihood at (mu, tau2)."""
        mu, t = theta[0], self.data.v + theta[1]
        value, gradient, hessian = normal_density(self.data.y - mu, t)
        side = np.where(self.significant, 1.0, -1.0)
        s = np.sqrt(t)
        u = side * (mu - self.cut) / s  # the probability of the side an effect lies on is Phi(u)
        log_p = log_ndtr(u)
        r = np.exp(-0.5 * u**2 - log_p) / np.sqrt(2.0 * np.pi)  # d log Phi / du
        curved = -r * (u + r)
        du = np.stack([side / s, -0.5 * u / t], axis=-1)
        second = np.empty_like(hessian)
        second[:, 0, 0] = 0.0
        second[:, 0, 1] = second[:, 1, 0] = -0.5 * side / (s * t)
        second[:, 1, 1] = 0.75 * u / t**2
        gradient = gradient - r[:, None] * du
        hessian = hessian - curved[:, None, None] * du[:, :, None] * du[:, None, :]
        return assembled(self.data, value - log_p, gradient, hessian - r[:, None, None] * second)


def fit_truncated(y: FloatArray, v: FloatArray, *, sign: float, alpha: float, level: float) -> PUniform:
    """Fit effects whose significant side is the upper one; `sign` turns results back."""
    scale = float(np.ldexp(1.0, int(np.rint(0.5 * np.log2(v.mean())))))
    function = TruncatedLikelihood(y / scale, v / scale**2, -float(ndtri(0.5 * alpha)))
    plain = pool(y, v, tau2_method="ML", ci_method="wald")
    mu, tau2 = plain.estimate / scale, plain.heterogeneity.tau2 / scale**2
    starts = [np.array([a * mu, b * max(tau2, 0.1)]) for a, b in _STARTS]
    most = 100.0 * (tau2 + float(function.data.v.max())) + 10.0 * float(np.var(function.data.y))

    def best(
        mean: tuple[float, float] = (-np.inf, np.inf), spread: tuple[float, float] = (0.0, most)
    ) -> Maximum:
        low, high = np.array([mean[0], spread[0]]), np.array([mean[1], spread[1]])
        found = [climb(function, start, low, high) for start in starts]
        return max(found, key=lambda top: top.value)

    top = best()
    starts[:] = [top.x, starts[0]]  # profiles change little by little: the top leads the way
    drop = 0.5 * float(chdtri(1, 1.0 - level))
    fall_mean = _fall(lambda value: best(mean=(value, value)).value, top.value, drop)
    fall_tau2 = _fall(lambda value: best(spread=(value, value)).value, top.value, drop)
    step = 1.0 / np.sqrt(max(-float(top.hessian[0, 0]), 1e-12))
    low, high = (_end(fall_mean, float(top.x[0]), way * step) for way in (-1.0, 1.0))
    upper = _end(fall_tau2, float(top.x[1]), max(float(top.x[1]), 0.1))
    lower = _end(fall_tau2, float(top.x[1]), -1.0, least=0.0) if top.x[1] > 0.0 else 0.0
    ends = sorted((sign * scale * low, sign * scale * high))
    no_effect = _ratio(top.value, best(mean=(0.0, 0.0)).value)
    no_tau2 = _ratio(top.value, best(spread=(0.0, 0.0)).value)
    unselected = function(np.array([mu, tau2])).value
    bias_df = 1 if tau2 == 0.0 and top.x[1] == 0.0 else 2
    significant = int(function.significant.sum())
    return PUniform(
        k=y.size,
        k_significant=significant,
        estimate=sign * scale * float(top.x[0]),
        ci=Interval(ends[0], ends[1], level),
        tau2=float(top.x[1]) * scale**2,
        tau2_ci=Interval(lower * scale**2, upper * scale**2, level),
        effect_lrt=no_effect,
        effect_p=float(chdtrc(1, no_effect)),
        tau2_lrt=no_tau2,
        tau2_p=0.5 * float(chdtrc(1, no_tau2)) if no_tau2 > 0.0 else 1.0,
        bias_lrt=_ratio(top.value, unselected),
        bias_df=bias_df,
        bias_p=float(chdtrc(bias_df, _ratio(top.value, unselected))),
        plain_estimate=sign * plain.estimate,
        plain_tau2=plain.heterogeneity.tau2,
        warnings=_notes(significant, y.size, ends),
    )


def _ratio(top: float, other: float) -> float:
    return max(0.0, 2.0 * (top - other))


def _fall(profile: Callable[[float], float], top: float, drop: float) -> Callable[[float], float]:
    """Return how far the profile lies above the level at which the interval ends."""
    return lambda value: profile(value) - (top - drop)


def _end(fall: Callable[[float], float], centre: float, step: float, least: float | None = None) -> float:
    """Return where `fall` crosses 0 going from `centre` by growing steps; infinite where it never does."""
    inner = centre
    if least is not None:
        return least if fall(least) >= 0.0 else float(brentq(fall, least, centre, xtol=1e-10))
    for _ in range(_DOUBLINGS):
        outer = inner + step
        if fall(outer) < 0.0:
            return float(brentq(fall, inner, outer, xtol=1e-10 * (1.0 + abs(outer))))
        inner, step = outer, 2.0 * step
    return float(np.copysign(np.inf, step))


def _notes(significant: int, k: int, ends: list[float]) -> tuple[str, ...]:
    notes = [CAVEAT]
    if significant in (0, k):
        notes.append(ONE_KIND.format(kind="significant" if significant else "not significant"))
    for end, name in zip(ends, ("lower", "upper"), strict=True):
        if np.isinf(end):
            notes.append(EMPTY.format(end=name))
    return tuple(notes)
