"""How probable a study's counts are, given its linear predictor: three exponential families.

Each family answers two questions about arrays of linear predictors: the log probability of every
count, normalised and **relative to the best any predictor could do** (0 at a perfect fit, so no digits
are lost to constants), and its first two derivatives. `saturated` is what was taken out. Nothing here
knows of random effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import gammaln, xlogy

from metamsc.models.batch import BoolArray, FloatArray, IntArray


class Family(Protocol):
    """Log probabilities of counts of shape (k, m), cell by cell, as a function of predictors."""

    @property
    def counts(self) -> FloatArray:
        """The counts, shape (k, m)."""

    @property
    def saturated(self) -> FloatArray:
        """Log probability of each count at its own best predictor, shape (k, m)."""

    def loglik(self, eta: FloatArray) -> FloatArray:
        """Return log probabilities minus `saturated`; `eta` and the result have shape (..., k, m)."""

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the first derivative and minus the second, each of the shape of `eta`."""


@dataclass(frozen=True, slots=True)
class Binomial:
    """`y` events of `n`, logit link; a cell with `n` = 0 carries nothing."""

    y: FloatArray
    n: FloatArray

    @property
    def counts(self) -> FloatArray:
        """Events of each cell."""
        return self.y

    @property
    def saturated(self) -> FloatArray:
        """Log probability at the observed proportion."""
        choose = gammaln(self.n + 1.0) - gammaln(self.y + 1.0) - gammaln(self.n - self.y + 1.0)
        return np.asarray(choose + self._entropy())

    def _entropy(self) -> FloatArray:
        n = np.where(self.n > 0.0, self.n, 1.0)
        rest = self.n - self.y
        return np.asarray(xlogy(self.y, self.y / n) + xlogy(rest, rest / n))

    def loglik(self, eta: FloatArray) -> FloatArray:
        """Return y eta - n log(1 + exp(eta)) minus its largest value."""
        return self.y * eta - self.n * np.logaddexp(0.0, eta) - self._entropy()

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return y - n p and n p (1 - p)."""
        p = 0.5 * (1.0 + np.tanh(0.5 * eta))
        return self.y - self.n * p, self.n * p * (1.0 - p)


@dataclass(frozen=True, slots=True)
class Poisson:
    """`y` events, log link; the exposure is part of the predictor."""

    y: FloatArray

    @property
    def counts(self) -> FloatArray:
        """Events of each cell."""
        return self.y

    @property
    def saturated(self) -> FloatArray:
        """Log probability at a mean equal to the count."""
        return np.asarray(xlogy(self.y, self.y) - self.y - gammaln(self.y + 1.0))

    def loglik(self, eta: FloatArray) -> FloatArray:
        """Return y eta - exp(eta) minus its largest value."""
        return np.asarray(self.y * eta - np.exp(eta) - xlogy(self.y, self.y) + self.y)

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return y - exp(eta) and exp(eta)."""
        mean = np.exp(eta)
        return self.y - mean, mean


@dataclass(frozen=True, slots=True)
class Hypergeometric:
    """Events of the treated given the events of both arms: Fisher's non-central hypergeometric.

    The predictor is the log odds ratio. The possible counts of all studies lie end to end in
    `possible` with the logarithms of their central weights in `log_weight`; those of study i start at
    `start[i]` and belong to `study`.
    """

    y: FloatArray
    possible: FloatArray
    log_weight: FloatArray
    start: IntArray
    study: IntArray
    best: FloatArray
    """Best predictor of each study, shape (k,); infinite where the count is the least or most possible."""

    @property
    def counts(self) -> FloatArray:
        """Events of the treated, one cell per study."""
        return self.y[:, None]

    @property
    def saturated(self) -> FloatArray:
        """Log probability at the conditional maximum likelihood estimate."""
        finite = np.isfinite(self.best)
        raw = self._raw(np.where(finite, self.best, 0.0)[:, None])
        return np.where(finite[:, None], raw, 0.0)

    def _terms(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return unnormalised probabilities, their sums per study and the exponents taken out."""
        exponent = self.log_weight + (self.possible - self.y[self.study]) * eta[..., self.study]
        top = np.maximum.reduceat(exponent, self.start, axis=-1)
        weight = np.exp(exponent - top[..., self.study])
        return weight, np.add.reduceat(weight, self.start, axis=-1), top

    def _raw(self, eta: FloatArray) -> FloatArray:
        _, total, top = self._terms(eta[..., 0])
        own = self.log_weight[self.start + (self.y - self.possible[self.start]).astype(np.intp)]
        return np.asarray(own - top - np.log(total))[..., None]

    def loglik(self, eta: FloatArray) -> FloatArray:
        """Return the log probability minus its largest value over log odds ratios."""
        return self._raw(eta) - self.saturated

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the count minus its mean, and its variance."""
        weight, total, _ = self._terms(eta[..., 0])
        away = self.possible - self.y[self.study]
        mean = np.add.reduceat(weight * away, self.start, axis=-1) / total
        spread = (away - mean[..., self.study]) ** 2
        variance = np.add.reduceat(weight * spread, self.start, axis=-1) / total
        return -mean[..., None], variance[..., None]


def hypergeometric(
    y: FloatArray, n_treat: FloatArray, n_control: FloatArray, events: FloatArray
) -> Hypergeometric:
    """Return the family of `y` treated events of `events` in all, in arms of the sizes given.

    Parameters
    ----------
    y, n_treat, n_control, events : arrays of shape (k,)
        Whole numbers.
    """
    low, high = np.maximum(0.0, events - n_control), np.minimum(events, n_treat)
    counts = (high - low + 1.0).astype(np.intp)
    start = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    study = np.repeat(np.arange(y.size, dtype=np.intp), counts)
    possible = np.arange(study.size, dtype=np.float64) - start[study] + low[study]

    def log_choose(n: FloatArray, x: FloatArray) -> FloatArray:
        return np.asarray(gammaln(n + 1.0) - gammaln(x + 1.0) - gammaln(n - x + 1.0))

    log_weight = log_choose(n_treat[study], possible) + log_choose(n_control[study], events[study] - possible)
    log_weight = log_weight - np.maximum.reduceat(log_weight, start)[study]
    unbounded = np.where(y == high, np.inf, np.where(y == low, -np.inf, 0.0))
    family = Hypergeometric(y, possible, log_weight, start, study, unbounded)
    best = np.where(np.isfinite(unbounded), _solve(family, np.isfinite(unbounded)), unbounded)
    return Hypergeometric(y, possible, log_weight, start, study, best)


def _solve(family: Hypergeometric, wanted: BoolArray) -> FloatArray:
    """Return the log odds ratios whose expected counts are the observed ones, by safeguarded Newton."""
    low, high = np.full(family.y.size, -60.0), np.full(family.y.size, 60.0)
    theta = np.zeros(family.y.size)
    for _ in range(200):
        first, second = (x[:, 0] for x in family.slopes(theta[:, None]))
        low, high = np.where(first > 0.0, theta, low), np.where(first < 0.0, theta, high)
        newton = theta + first / np.maximum(second, 1e-300)
        step = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high)) - theta
        theta = np.where(first == 0.0, theta, theta + step)
        if (np.abs(step[wanted]) < 1e-14 * (1.0 + np.abs(theta[wanted]))).all():
            break
    return theta
