"""Simulated meta-analyses as arms report them: means and SDs, or counts; B data sets at once.

True effects are normal with mean `MU[measure]` and variance tau2; the arms' results are drawn given
them, so that effects and estimated variances depend on each other as they do in trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.effects import compute_effects
from metamsc.models.batch import BoolArray, FloatArray

# Participants per arm of an ordinary study; the first study of an unbalanced meta-analysis has ten times
# as many (IntHout 2014 took the same factor).
ARM_SIZE = {"MD": 30, "SMD": 30, "OR": 100, "OR-rare": 100}
LARGE = 10
# Mean true effects: a difference of half an SD, a log odds ratio of 0.5 (an odds ratio of 1.65).
MU = {"MD": 0.5, "SMD": 0.5, "OR": 0.5, "OR-rare": 0.5}
CONTROL_RISK = {"OR": 0.3, "OR-rare": 0.03}


@dataclass(frozen=True)
class Scenario:
    """One cell of the table: what is measured, in how many studies, how unequal and how heterogeneous.

    `I2` is the fraction of variance that is between studies, at the typical sampling variance (Higgins &
    Thompson 2002) of the design, which fixes tau2.
    """

    measure: str
    sizes: str
    k: int
    I2: float

    @property
    def mu(self) -> float:
        """Mean of the true effects."""
        return MU[self.measure]

    @property
    def arms(self) -> FloatArray:
        """Participants per arm, shape (k,)."""
        n = np.full(self.k, float(ARM_SIZE[self.measure]))
        if self.sizes == "unbalanced":
            n[0] *= LARGE
        return n

    @property
    def tau2(self) -> float:
        """Between-study variance."""
        w = 1.0 / _expected_variance(self.measure, self.arms)
        typical = (self.k - 1) / (w.sum() - (w**2).sum() / w.sum())
        return float(self.I2 / (1.0 - self.I2) * typical)


def _expected_variance(measure: str, n: FloatArray) -> FloatArray:
    """Sampling variance of an effect at the mean, arms of `n`; SDs are 1."""
    mu = MU[measure]
    if measure == "MD":
        return 2.0 / n
    if measure == "SMD":
        return 2.0 / n + mu**2 / (4.0 * n)
    control = CONTROL_RISK[measure]
    treat = 1.0 / (1.0 + np.exp(-(np.log(control / (1.0 - control)) + mu)))
    cells = 1.0 / control + 1.0 / (1.0 - control) + 1.0 / treat + 1.0 / (1.0 - treat)
    return np.asarray(cells / n)


def simulate(
    scenario: Scenario, B: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return effects, variances and which studies can be pooled, each of shape (B, k).

    Variances are those of ``compute_effects``: MD with each arm's SD, SMD large-sample (LS), odds ratios with
    ½ added to all cells of a table with an empty one; tables without events in both arms are left out.
    """
    n = np.broadcast_to(scenario.arms, (B, scenario.k))
    theta = rng.normal(scenario.mu, np.sqrt(scenario.tau2), n.shape)
    if scenario.measure in CONTROL_RISK:
        return _counts(theta, n, CONTROL_RISK[scenario.measure], rng)
    scatter = 1.0 / np.sqrt(n)
    effects = compute_effects(
        scenario.measure,
        mean_treat=(theta + rng.normal(0.0, scatter)).ravel(),
        mean_control=rng.normal(0.0, scatter).ravel(),
        sd_treat=np.sqrt(rng.chisquare(n - 1.0) / (n - 1.0)).ravel(),
        sd_control=np.sqrt(rng.chisquare(n - 1.0) / (n - 1.0)).ravel(),
        n_treat=n.ravel(),
        n_control=n.ravel(),
    )
    shape = n.shape
    return effects.yi.reshape(shape), effects.vi.reshape(shape), np.ones(shape, dtype=np.bool_)


def _counts(
    theta: FloatArray, n: FloatArray, risk: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, BoolArray]:
    odds = risk / (1.0 - risk) * np.exp(theta)
    effects = compute_effects(
        "OR",
        events_treat=rng.binomial(n.astype(np.int64), odds / (1.0 + odds)).ravel(),
        n_treat=n.ravel(),
        events_control=rng.binomial(n.astype(np.int64), risk, n.shape).ravel(),
        n_control=n.ravel(),
        drop00=True,
        undefined="missing",
    )
    here = effects.usable
    yi, vi = np.where(here, effects.yi, 0.0), np.where(here, effects.vi, 1.0)
    return yi.reshape(n.shape), vi.reshape(n.shape), here.reshape(n.shape)
