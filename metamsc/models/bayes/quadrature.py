"""The posterior of tau as a sum over nodes: adaptive Gauss-Legendre panels on the scale of log(tau).

On that scale every prior here is smooth, peaks of any width are found, and tails as heavy as a
log-t's end within a few hundred units. Below `_NEGLIGIBLE` times the smaller of the smallest standard
error and the prior median, tau changes no likelihood by more than 1e-18; that piece is one node at 0
with the prior's exact mass. Each panel is integrated whole and in halves; it is halved until both agree to
`_TOLERANCE` of the total for the mass and for every moment that exists. The sum of the disagreements
is the error bound that results state: it bounds the coarser sums, and the halves are what is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.bayes.likelihood import NormalModel
from metamsc.models.bayes.mixture import Within
from metamsc.models.bayes.priors import KnownTau, TauPrior

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(15)
_NEGLIGIBLE = 1e-9
_TOLERANCE = 1e-13
_EPS = float(np.finfo(np.float64).eps)
# The integrand is followed down to exp(-45) = 3e-20 of its peak, and never beyond 1e120 standard errors.
_DEPTH, _DECADES = 45.0, 120
_COARSE = 0.5
_MAX_HALVINGS = 60
# A quantile of log(tau) has settled at this step: some hundred roundings, divided by a density.
_SETTLED = 1e-13
# Nodes with less than this share of the mass and of each moment cannot change a sum of doubles.
_NO_SHARE = 1e-20


@dataclass(frozen=True)
class TauPosterior:
    """Posterior of tau.

    Attributes
    ----------
    tau, mass : arrays of shape (n,)
        Nodes in rising order (the first may be 0) and their probabilities, summing to 1.
    log_evidence : float
        Log of the integral of likelihood times prior over tau and mu.
    error : float
        Bound of the relative error of the mass and of the moments that exist.
    moments : int
        2: tau has mean and variance; 1: a mean; 0: neither (the tail is too heavy).
    """

    model: NormalModel
    prior: TauPrior
    tau: FloatArray
    mass: FloatArray
    log_evidence: float
    error: float
    moments: int
    edges: FloatArray = field(default_factory=lambda: np.zeros(0))
    below: FloatArray = field(default_factory=lambda: np.zeros(0))

    def density(self, tau: float) -> float:
        """Posterior density at `tau` > 0."""
        log_prior = self.prior.log_density(np.array([tau]))
        loglik = self.model.given(np.array([tau])).loglik
        return float(np.exp(loglik + log_prior - self.log_evidence)[0])

    def cdf(self, tau: float) -> float:
        """Posterior probability that tau is at most `tau`."""
        if isinstance(self.prior, KnownTau):
            return self.prior.cdf(tau)
        if tau <= 0.0:
            return 0.0
        x = math.log(tau)
        if x <= self.edges[0]:
            share = self.prior.cdf(tau) / self.prior.cdf(math.exp(self.edges[0]))
            return float(self.below[0] * share)
        if x >= self.edges[-1]:
            return 1.0
        j = int(np.searchsorted(self.edges, x)) - 1
        mass = _panel_integrals(self, self.edges[j : j + 1], np.array([x]), 0)[2][0, 0]
        return min(float(self.below[j] + mass), 1.0)

    def quantile(self, p: float, within: Within | None = None) -> float:
        """Smallest tau with posterior probability `p` at or below it; `within` encloses it, if known."""
        if isinstance(self.prior, KnownTau):
            return self.prior.tau
        if p <= 0.0:
            return 0.0
        j = int(np.searchsorted(self.below, p)) - 1
        low = float(self.edges[j]) if j >= 0 else -740.0
        high = float(self.edges[min(j + 1, self.edges.size - 1)])
        positive = self.tau > 0.0
        start = float(np.interp(p, np.cumsum(self.mass)[positive], np.log(self.tau[positive])))
        if within is not None and within[0] > 0.0:
            low, high, start = (math.log(tau) for tau in within)
        x = start if low < start < high else 0.5 * (low + high)
        for _ in range(200):
            tau = math.exp(x)
            gap = self.cdf(tau) - p
            low, high = (x, high) if gap < 0.0 else (low, x)
            slope = self.density(tau) * tau
            step = x - gap / slope if slope > 0.0 else math.nan
            near = abs(step - x) <= _SETTLED * max(1.0, abs(x))  # rounding may put it outside the bracket
            new = step if near or low < step < high else 0.5 * (low + high)
            if abs(new - x) <= _SETTLED * max(1.0, abs(x)):
                return math.exp(new)
            x = new
        return math.exp(x)


def integrate_tau(model: NormalModel, prior: TauPrior) -> TauPosterior:
    """Return the posterior of tau under `prior`; raises nothing for checked input."""
    if isinstance(prior, KnownTau):
        at = np.array([prior.tau])
        return TauPosterior(model, prior, at, np.ones(1), float(model.given(at).loglik[0]), 0.0, 2)
    moments = _moments(model, prior)
    draft = TauPosterior(model, prior, np.zeros(0), np.zeros(0), 0.0, 0.0, moments)
    edges, peak = _first_panels(draft)
    draft = TauPosterior(model, prior, np.zeros(0), np.zeros(0), peak, 0.0, moments)
    low_tau = math.exp(edges[0])
    atom = prior.cdf(low_tau) * math.exp(float(model.given(np.zeros(1)).loglik[0]) - peak)
    lows, highs, error = _refine(draft, edges, atom)
    x, w, integrals = _panel_integrals(draft, lows, highs, 0)
    mass = integrals[:, 0]
    total = float(atom + mass.sum())
    log_evidence = peak + math.log(total)
    error += _left_out(draft, float(highs[-1]), log_evidence)
    tau = np.concatenate([[0.0], np.exp(x.ravel())])
    each = np.concatenate([[atom], w.ravel()]) / total
    keep = _matters(tau, each, moments)
    return TauPosterior(
        model,
        prior,
        tau[keep],
        each[keep],
        log_evidence,
        error,
        moments,
        edges=np.concatenate([lows, highs[-1:]]),
        below=np.concatenate([[atom], atom + np.cumsum(mass)]) / total,
    )


def _matters(tau: FloatArray, mass: FloatArray, moments: int) -> BoolArray:
    """Say which nodes count; far out, a node without mass may still carry part of a moment."""
    counts = np.zeros(tau.size, dtype=np.bool_)
    for m in range(moments + 1):
        share = mass * (tau / tau.max()) ** m
        counts |= share > _NO_SHARE * share.sum()
    return counts


def _left_out(q: TauPosterior, end: float, log_evidence: float) -> float:
    """Bound the mass beyond the last panel: the integrand falls at least as fast as a log-t's density."""
    if math.exp(end) >= q.prior.upper * (1.0 - 1e-9):
        return 0.0
    reach = max(1.0, end - math.log(_prior_median(q.prior)))
    return reach * math.exp(float(_log_integrand(q, np.array([end]))[0]) - log_evidence)


def _moments(model: NormalModel, prior: TauPrior) -> int:
    """Return how many of the first two moments exist: the likelihood falls as tau**(1 - k), or tau**-k."""
    return int(min(2.0, prior.moments + model.y.size - (model.mu_prior is None)))


def _log_integrand(q: TauPosterior, x: FloatArray) -> FloatArray:
    """Log of likelihood times prior times d(tau)/dx at x = log(tau)."""
    tau = np.exp(x)
    return q.model.given(tau).loglik + q.prior.log_density(tau) + x


def _prior_median(prior: TauPrior) -> float:
    low, high = -700.0, 300.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if prior.cdf(math.exp(middle)) < 0.5 else (low, middle)
    return math.exp(low)


def _first_panels(q: TauPosterior) -> tuple[FloatArray, float]:
    """Return panel edges that cover all mass and close in on the peak, and the log height of the peak."""
    sei = np.sqrt(q.model.v)
    low = math.log(_NEGLIGIBLE * min(float(sei.min()), _prior_median(q.prior)))
    unit = math.log(max(float(sei.max()), float(np.abs(q.model.y).max())))
    high = min(unit + _DECADES * math.log(10.0), math.log(q.prior.upper))
    x = np.linspace(low, high, max(3, math.ceil((high - low) / _COARSE) + 1))
    g = _log_integrand(q, x)
    j = int(np.argmax(g))
    weighted = g + q.moments * np.maximum(x - unit, 0.0)
    mode, width, peak = _close_in(q, float(x[max(j - 1, 0)]), float(x[min(j + 1, x.size - 1)]))
    kept = np.flatnonzero(weighted > max(peak, float(weighted.max())) - _DEPTH)
    last = min(int(kept[-1] if kept.size else j) + 1, x.size - 1)
    end = max(float(x[last]), min(mode + 40.0 * width, high))
    steps = width * 2.0 ** np.arange(60)
    inside = np.concatenate([mode - steps, [mode], mode + steps, np.arange(low, end, 4.0)])
    inside = np.unique(inside[(inside > low) & (inside < end)])
    return np.concatenate([[low], inside, [end]]), peak


def _close_in(q: TauPosterior, low: float, high: float) -> tuple[float, float, float]:
    """Return the mode within [low, high], a step that takes off about half a unit of log, and the height."""
    for _ in range(40):
        x = np.linspace(low, high, 33)
        g = _log_integrand(q, x)
        j = int(np.argmax(g))
        around = g[max(j - 1, 0) : j + 2]
        if g[j] - around.min() < 0.5 or high - low < 1e-12:
            break
        low, high = float(x[max(j - 1, 0)]), float(x[min(j + 1, 32)])
    return float(x[j]), float(x[1] - x[0]), float(g[j])


def _panel_integrals(
    q: TauPosterior, lows: FloatArray, highs: FloatArray, moments: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return nodes (m, 15), mass at each, integrals (m, 1 + moments); all divided by exp(q.log_evidence)."""
    half = 0.5 * (highs - lows)[:, None]
    x = 0.5 * (highs + lows)[:, None] + half * _NODES
    shift = q.log_evidence
    g = _log_integrand(q, x.ravel()).reshape(x.shape)
    w = half * _WEIGHTS * np.exp(g - shift)
    powers = [w.sum(axis=1)]
    powers += [(half * _WEIGHTS * np.exp(g + m * x - shift)).sum(axis=1) for m in range(1, moments + 1)]
    return x, w, np.stack(powers, axis=1)


def _refine(q: TauPosterior, edges: FloatArray, atom: float) -> tuple[FloatArray, FloatArray, float]:
    """Halve panels until whole and halves agree; return the halves in order and the error bound."""
    lows, highs = edges[:-1], edges[1:]
    whole = _panel_integrals(q, lows, highs, q.moments)[2]
    done: list[FloatArray] = []
    settled = np.zeros(1 + q.moments)
    error = np.zeros(1 + q.moments)
    # the log integrand is a sum over studies: this is what its rounding does to the integrand
    tolerance = max(_TOLERANCE, 4.0 * _EPS * (1.0 + abs(q.log_evidence)))
    for _ in range(_MAX_HALVINGS):
        middle = 0.5 * (lows + highs)
        left = _panel_integrals(q, lows, middle, q.moments)[2]
        right = _panel_integrals(q, middle, highs, q.moments)[2]
        total = settled + (left + right).sum(axis=0)
        total[0] += atom
        gap = np.abs(left + right - whole)
        fine = (gap <= tolerance * total).all(axis=1)
        settled += (left + right)[fine].sum(axis=0)
        error += gap[fine].sum(axis=0)
        done += [np.stack([lows[fine], middle[fine]]), np.stack([middle[fine], highs[fine]])]
        lows, highs, whole = (
            np.concatenate([a[~fine], b[~fine]]) for a, b in ((lows, middle), (middle, highs), (left, right))
        )
        if not lows.size:
            break
    done.append(np.stack([lows, highs]))
    error += whole.sum(axis=0) if lows.size else 0.0
    panels = np.concatenate(done, axis=1)
    panels = panels[:, np.argsort(panels[0])]
    return panels[0], panels[1], float((error / total).max())
