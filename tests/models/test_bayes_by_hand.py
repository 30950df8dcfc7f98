"""The Bayesian model against arithmetic, closed forms, other integrators and computed anchors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from metamsc.models.batch import FloatArray
from metamsc.models.bayes.empirical import rhodes_prior, turner_prior
from metamsc.models.bayes.fit import fit_bayes, probability_beyond
from metamsc.models.bayes.priors import (
    HalfCauchy,
    HalfNormal,
    KnownTau,
    LogNormalVariance,
    LogTVariance,
    NormalPrior,
    TauPrior,
    Uniform,
)
from metamsc.models.pool import pool

# Closed forms: only rounding.
EXACT = 1e-12
# Against scipy's adaptive integrator asked for 1e-11, and against sums over fine grids.
INTEGRATED = 1e-8
# A trapezoid grid over mu and tau of 1,201 x 1,201 points, error of its rule at a boundary with slope.
GRID = 2e-5
# Midpoint rule of 1e5 slices: second order, with a kink of the likelihood's tail in the last slice.
SLICES = 1e-7

# BCG vaccine trials (tests/published/test_colditz1994_bcg.py): vaccinated and controls, with and without
BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]
YI = np.array([math.log((a / (a + b)) / (c / (c + d))) for a, b, c, d in BCG])
VI = np.array([1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in BCG])

Y3, V3 = np.array([0.1, 0.7, -0.2]), np.array([0.04, 0.09, 0.02])


def test_bcg_anchors() -> None:
    # half-normal(0.5), flat mu: a quadrature and two MCMC programs agree to these digits
    r = fit_bayes(YI, VI, tau_prior=HalfNormal(0.5))
    assert r.mu.mean == pytest.approx(-0.71186, abs=0.5e-5)
    assert r.mu.sd == pytest.approx(0.18733, abs=0.5e-5)
    assert r.mu.ci.low == pytest.approx(-1.0912, abs=0.5e-4)
    assert r.mu.ci.high == pytest.approx(-0.3470, abs=0.5e-4)
    assert r.tau.mean == pytest.approx(0.5719, abs=0.5e-4)


def test_known_tau_is_the_conjugate_analysis_by_hand() -> None:
    # v + tau2 = 0.25, 0.50: weights 4, 2; prior N(1, 0.5): weight 1 / 0.5**2 = 4
    # precision 10, mean (4 * 0.5 + 2 * 2 + 4 * 1) / 10 = 1.0, variance 0.1
    r = fit_bayes([0.5, 2.0], [0.16, 0.41], tau_prior=KnownTau(0.3), mu_prior=NormalPrior(1.0, 0.5))
    assert r.mu.mean == pytest.approx(1.0, rel=EXACT)
    assert r.mu.sd == pytest.approx(math.sqrt(0.1), rel=EXACT)
    assert r.mu.ci.low == pytest.approx(1.0 - stats.norm.ppf(0.975) * math.sqrt(0.1), rel=EXACT)
    # a new study adds tau2: 0.1 + 0.09
    assert r.new_study.sd == pytest.approx(math.sqrt(0.19), rel=EXACT)
    # study 1 keeps 0.09 / 0.25 of its own estimate: 0.36 * 0.5 + 0.64 * 1;
    # variance 0.36 * 0.16 + 0.64**2 * 0.1
    study = r.studies[0]
    assert study.pull == pytest.approx(0.64, rel=EXACT)
    assert study.mean == pytest.approx(0.82, rel=EXACT)
    assert study.sd == pytest.approx(math.sqrt(0.36 * 0.16 + 0.4096 * 0.1), rel=EXACT)
    # y ~ N(1, diag(0.25, 0.5) + 0.25)
    evidence = stats.multivariate_normal([1.0, 1.0], [[0.5, 0.25], [0.25, 0.75]]).logpdf([0.5, 2.0])
    assert r.log_evidence == pytest.approx(evidence, rel=EXACT)
    assert r.tau.mean == r.tau.median == r.tau.ci.low == r.tau.shortest.high == 0.3
    assert r.tau.sd == 0.0


def test_known_tau_of_zero_and_a_flat_prior_is_the_equal_effects_model() -> None:
    r = fit_bayes(YI, VI, tau_prior=KnownTau(0.0))
    fixed = pool(YI, VI, tau2_method="EE", ci_method="wald")
    assert r.mu.mean == pytest.approx(fixed.estimate, rel=EXACT)
    assert r.mu.ci.low == pytest.approx(fixed.ci.low, rel=EXACT)
    assert r.new_study.ci.high == pytest.approx(r.mu.ci.high, rel=EXACT)
    assert all(s.mean == pytest.approx(fixed.estimate, rel=EXACT) for s in r.studies)


@pytest.mark.parametrize(
    "prior",
    [HalfNormal(0.4), HalfCauchy(0.3), Uniform(2.0), LogNormalVariance(-2.0, 1.0), LogTVariance(-3.4, 2.6)],
)
def test_one_study_with_a_flat_mean_leaves_tau_at_its_prior(prior: TauPrior) -> None:
    r = fit_bayes([0.3], [0.05], tau_prior=prior)
    for p, quantile in ((0.025, r.tau.ci.low), (0.5, r.tau.median), (0.975, r.tau.ci.high)):
        assert prior.cdf(quantile) == pytest.approx(p, rel=1e-10)
    assert r.mu.median == pytest.approx(0.3, rel=EXACT)
    assert r.studies[0].mean == pytest.approx(0.3, rel=EXACT)
    assert r.studies[0].sd == pytest.approx(math.sqrt(0.05), rel=EXACT)


def test_one_study_closed_form() -> None:
    # tau half-normal(s): E tau = s sqrt(2/pi), E tau2 = s**2; var mu = v + s**2, a new study adds s**2 again
    s, v = 0.4, 0.05
    r = fit_bayes([0.3], [v], tau_prior=HalfNormal(s))
    assert r.tau.mean == pytest.approx(s * math.sqrt(2.0 / math.pi), rel=EXACT)
    assert r.tau.sd == pytest.approx(s * math.sqrt(1.0 - 2.0 / math.pi), rel=EXACT)
    assert r.mu.sd == pytest.approx(math.sqrt(v + s * s), rel=EXACT)
    assert r.new_study.sd == pytest.approx(math.sqrt(v + 2.0 * s * s), rel=EXACT)
    assert r.tau.shortest.low == 0.0
    assert r.tau.shortest.high == pytest.approx(s * stats.norm.ppf(0.975), rel=1e-10)


def test_uniform_tau_of_one_study_by_hand() -> None:
    r = fit_bayes([0.0], [1.0], tau_prior=Uniform(2.0))
    assert (r.tau.mean, r.tau.median) == pytest.approx((1.0, 1.0), rel=EXACT)
    assert r.tau.sd == pytest.approx(2.0 / math.sqrt(12.0), rel=EXACT)
    assert (r.tau.ci.low, r.tau.ci.high) == pytest.approx((0.05, 1.95), rel=1e-10)


def _moments_by_scipy(prior: TauPrior, mu_prior: NormalPrior | None) -> tuple[float, float, float, float]:
    """E tau, E mu, sd mu and P(mu < 0) by scipy's quad over tau; the model written out as a joint normal."""

    def weight(tau: float) -> tuple[float, float, float]:
        total = V3 + tau * tau
        if mu_prior is None:
            w = 1.0 / total
            mean, variance = float((w * Y3).sum() / w.sum()), float(1.0 / w.sum())
            loglik = np.sum(stats.norm.logpdf(Y3, mean, np.sqrt(total))) + 0.5 * math.log(variance)
        else:
            cov = np.diag(total) + mu_prior.sd**2
            loglik = stats.multivariate_normal([mu_prior.mean] * 3, cov).logpdf(Y3)
            gain = mu_prior.sd**2 * np.linalg.solve(cov, np.ones(3))
            mean = mu_prior.mean + float(gain @ (Y3 - mu_prior.mean))
            variance = mu_prior.sd**2 * (1.0 - float(gain.sum()))
        return math.exp(loglik + prior.log_density(np.array([tau]))[0]), mean, variance

    def integrand(x: float) -> FloatArray:
        density, mean, variance = weight(math.exp(x))
        below = float(stats.norm.cdf(0.0, mean, math.sqrt(variance)))
        return density * math.exp(x) * np.array([1.0, math.exp(x), mean, variance + mean * mean, below])

    total = np.zeros(5)
    for a, b in ((-60.0, -12.0), (-12.0, -4.0), (-4.0, 0.0), (0.0, 4.0), (4.0, 40.0)):
        total += integrate.quad_vec(integrand, a, b, epsabs=1e-13, epsrel=1e-11)[0]
    tau, mean, square, below = total[1:] / total[0]
    return tau, mean, math.sqrt(square - mean * mean), below


@pytest.mark.parametrize("mu_prior", [None, NormalPrior(0.0, 0.5)], ids=["flat", "normal"])
@pytest.mark.parametrize(
    "prior",
    [HalfNormal(0.5), HalfCauchy(0.3), LogNormalVariance(-2.56, 1.74)],
    ids=lambda p: type(p).__name__,
)
def test_against_scipy_quad(prior: TauPrior, mu_prior: NormalPrior | None) -> None:
    tau, mean, sd, below = _moments_by_scipy(prior, mu_prior)
    r = fit_bayes(Y3, V3, tau_prior=prior, mu_prior=mu_prior)
    assert r.tau.mean == pytest.approx(tau, rel=INTEGRATED)
    assert r.mu.mean == pytest.approx(mean, rel=INTEGRATED)
    assert r.mu.sd == pytest.approx(sd, rel=INTEGRATED)
    assert probability_beyond(r, 0.0, "below").mu == pytest.approx(below, rel=INTEGRATED)


@pytest.mark.parametrize("prior", [HalfNormal(0.5), Uniform(3.0)], ids=lambda p: type(p).__name__)
def test_against_a_grid_over_both_parameters(prior: TauPrior) -> None:
    # the joint density with nothing integrated analytically; mu has a normal prior, so the grid can end
    mu, tau = np.linspace(-2.5, 2.5, 1201), np.linspace(0.0, 3.0, 1201)
    log_joint = stats.norm.logpdf(mu, 0.0, 0.4)[:, None] + prior.log_density(np.maximum(tau, 1e-300))[None, :]
    for y, v in zip(Y3, V3, strict=True):
        log_joint = log_joint + stats.norm.logpdf(y, mu[:, None], np.sqrt(v + tau[None, :] ** 2))
    joint = np.exp(log_joint)
    joint[:, [0, -1]] *= 0.5
    joint /= joint.sum()
    r = fit_bayes(Y3, V3, tau_prior=prior, mu_prior=NormalPrior(0.0, 0.4))
    share = (joint.sum(axis=0) * tau).sum()
    mean = (joint.sum(axis=1) * mu).sum()
    assert r.mu.mean == pytest.approx(mean, abs=GRID)
    assert r.mu.sd == pytest.approx(math.sqrt((joint.sum(axis=1) * (mu - mean) ** 2).sum()), abs=GRID)
    assert r.tau.mean == pytest.approx(share, abs=GRID)


def test_against_equal_slices_of_the_prior() -> None:
    # log-t prior: tau at the midpoints of 100,000 equal slices of prior probability, weighted by likelihood
    prior = rhodes_prior("biological marker", "pharmacological vs control")
    u = (np.arange(100_000) + 0.5) / 100_000
    tau = np.exp((prior.location + prior.scale * stats.t.ppf(u, prior.df)) / 2.0)
    w = 1.0 / (V3 + tau[:, None] ** 2)
    mean = (w * Y3).sum(axis=1) / w.sum(axis=1)
    density = stats.norm.pdf(Y3, mean[:, None], w**-0.5).prod(axis=1) * w.sum(axis=1) ** -0.5
    density /= density.sum()
    r = fit_bayes(Y3, V3, tau_prior=prior, measure="SMD")
    assert r.mu.mean == pytest.approx(density @ mean, rel=SLICES)
    below = density @ stats.norm.cdf(0.0, mean, w.sum(axis=1) ** -0.5)
    assert probability_beyond(r, 0.0, "below").mu == pytest.approx(below, rel=SLICES)
    assert tau[np.searchsorted(np.cumsum(density), 0.5)] == pytest.approx(r.tau.median, rel=1e-4)


@pytest.mark.parametrize(
    "prior",
    [HalfNormal(0.7), HalfCauchy(0.7), Uniform(1.5), LogNormalVariance(-2.0, 1.5), LogTVariance(-3.0, 2.5)],
    ids=lambda p: type(p).__name__,
)
def test_prior_density_is_the_derivative_of_its_distribution(prior: TauPrior) -> None:
    for tau in (0.02, 0.3, 1.2):
        h = 1e-5 * tau
        slope = (prior.cdf(tau + h) - prior.cdf(tau - h)) / (2.0 * h)
        assert math.exp(prior.log_density(np.array([tau]))[0]) == pytest.approx(slope, rel=1e-7)
    assert prior.cdf(0.0) == 0.0
    assert prior.cdf(1e6) == pytest.approx(1.0, abs=1e-4)


def test_empirical_priors_are_the_published_ones() -> None:
    everything = turner_prior()
    assert (everything.location, everything.scale, everything.measure) == (-2.56, 1.74, "OR")
    mortality = turner_prior("all-cause mortality", "pharmacological vs control")
    assert (mortality.location, mortality.scale) == (-3.95, 1.34)
    # median of tau for this setting: exp(-3.95 / 2)
    assert mortality.cdf(math.exp(-3.95 / 2.0)) == pytest.approx(0.5, rel=EXACT)
    general = rhodes_prior()
    assert (general.location, general.scale, general.df, general.measure) == (-3.44, 2.59, 5.0, "SMD")
    marker = rhodes_prior("biological marker", "non-pharmacological")
    assert (marker.location, marker.scale) == (-3.27, 2.66)
    upper = math.exp((-3.27 + 2.66 * stats.t.ppf(0.975, 5)) / 2.0)
    assert marker.cdf(upper) == pytest.approx(0.975, rel=EXACT)
