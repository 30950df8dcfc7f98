"""The normal-normal model given tau: everything about mu, the studies and a new study is normal.

y_i ~ N(mu, v_i + tau2), mu flat or normal. In come tau values, out come arrays with one row per tau.
Effects are centred first, so that an offset costs no digits. Equations: Röver (2020), J Stat Softw
93(6), section 2; the marginal likelihood of tau is Gelman et al. (2013), Bayesian Data Analysis, eq. 5.21.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.bayes.priors import NormalPrior

# Elements of one (tau, study) array: bounds memory at about 8 MB however many studies there are.
_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True)
class Conditional:
    """Given each of n tau values: log marginal likelihood, mean and variance of mu; each of shape (n,)."""

    loglik: FloatArray
    mean: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class NormalModel:
    """Data and prior of mu, centred at `offset`."""

    y: FloatArray
    v: FloatArray
    offset: float
    mu_prior: NormalPrior | None

    @classmethod
    def of(cls, yi: FloatArray, vi: FloatArray, mu_prior: NormalPrior | None) -> NormalModel:
        """Centre the effects at their median-like inverse-variance mean."""
        w = vi.min() / vi
        offset = float(yi[0] + (w * (yi - yi[0])).sum() / w.sum())
        return cls(yi - offset, vi, offset, mu_prior)

    def given(self, tau: FloatArray) -> Conditional:
        """Condition on each value of `tau`."""
        size = max(1, _BLOCK // self.y.size)
        parts = [self._block(tau[i : i + size]) for i in range(0, tau.size, size)]
        return Conditional(*(np.concatenate([p[j] for p in parts]) for j in range(3)))

    def _block(self, tau: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        total = self.v + (tau * tau)[:, None]
        w = 1.0 / total
        precision = w.sum(axis=1)
        weighted = (w * self.y).sum(axis=1)
        loglik = -0.5 * np.log(total).sum(axis=1) - 0.5 * self.y.size * math.log(2.0 * math.pi)
        prior = self.mu_prior
        if prior is None:
            mean, variance = weighted / precision, 1.0 / precision
            # the flat prior has density 1: integrating mu out leaves this factor
            loglik += 0.5 * np.log(2.0 * math.pi * variance)
        else:
            center = prior.mean - self.offset
            mean = (weighted + center / prior.sd**2) / (precision + prior.sd**-2)
            variance = 1.0 / (precision + prior.sd**-2)
            loglik += 0.5 * np.log(variance) - math.log(prior.sd) - 0.5 * ((mean - center) / prior.sd) ** 2
        residual = self.y - mean[:, None]
        return loglik - 0.5 * (w * residual * residual).sum(axis=1), mean, variance

    def shrunken(self, i: int, tau: FloatArray, given: Conditional) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of study `i`'s true effect given each tau, mu integrated out."""
        tau2 = tau * tau
        own = tau2 / (self.v[i] + tau2)
        pooled = self.v[i] / (self.v[i] + tau2)
        mean = pooled * given.mean + own * self.y[i]
        return mean, own * self.v[i] + pooled * pooled * given.variance
