"""Limit meta-analysis, p-uniform* and p-curve: a published analysis, by hand, laws, data made for them."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.bias import regress_on_precision
from metamsc.sensitivity.limit_analysis import limit_analysis
from metamsc.sensitivity.p_curve import p_curve
from metamsc.sensitivity.p_uniform import p_uniform_star
from metamsc.sensitivity.p_uniform_fit import TruncatedLikelihood

Floats = NDArray[np.float64]

CLOSED_FORM = 1e-8
ITERATED = 1e-6
# Ends of intervals: roots to 1e-10 of profiles that are maxima themselves.
PROFILE = 1e-5

# Haloperidol against placebo, responders and failures: Joy et al. 2006, as in Balduzzi, Ruecker & Schwarzer
# (2019), Evid Based Ment Health 22:153-160.
JOY = np.array([
    (25, 25, 18, 33), (29, 18, 20, 14), (12, 17, 2, 28), (3, 9, 0, 12), (10, 11, 3, 19), (11, 8, 1, 14),
    (7, 18, 4, 21), (8, 9, 3, 10), (19, 45, 14, 50), (1, 9, 0, 10), (11, 23, 0, 13), (20, 9, 2, 9),
    (17, 1, 7, 4), (4, 10, 0, 13), (2, 14, 0, 7), (11, 1, 1, 11), (9, 20, 0, 29),
], dtype=float)  # fmt: skip


def _joy() -> tuple[Floats, Floats]:
    """Return log risk ratios as R's meta has them: with a zero cell, 0.5 more events and participants."""
    more = 0.5 * (JOY == 0.0).any(axis=1)
    a, c = JOY[:, 0] + more, JOY[:, 2] + more
    n1, n0 = JOY[:, 0] + JOY[:, 1] + more, JOY[:, 2] + JOY[:, 3] + more
    return np.log(a / n1 * n0 / c), 1 / a - 1 / n1 + 1 / c - 1 / n0


def test_limit_of_a_published_analysis() -> None:
    # R's meta 4.15-1 and metasens 0.5-0 on these data (Paule-Mandel): tau2 = 0.1754, RR 2.15 (1.51 to
    # 3.06), limit RR 1.29; printed with so many digits.
    found = limit_analysis(*_joy(), tau2_method="PM")
    assert found.tau2 == pytest.approx(0.1754, abs=5e-5)
    assert math.exp(found.estimate) == pytest.approx(2.15, abs=5e-3)
    assert math.exp(found.adjusted) == pytest.approx(1.29, abs=5e-3)
    assert found.Q_bias_p < 0.001


def test_limit_without_heterogeneity_is_eggers_limit() -> None:
    y, v = _joy()
    found = limit_analysis(y, v, tau2_method="EE")
    egger = regress_on_precision(y, v)
    assert found.adjusted == pytest.approx(egger.intercept, rel=CLOSED_FORM)
    assert found.bias == pytest.approx(egger.slope, rel=CLOSED_FORM)
    assert pytest.approx(found.Q_bias + found.Q_rest, rel=CLOSED_FORM) == found.Q
    assert found.limit_yi == pytest.approx([egger.intercept] * 17, rel=CLOSED_FORM)
    assert pytest.approx(0.0, abs=1e-10) == found.G2


def test_limit_by_hand() -> None:
    # Standard errors 1, 1/2, 1/3 and effects 2, 1.5, 4/3 = 1 + se: y / se = 1 + 1 / se, so alpha = beta = 1.
    # 1 / se = 1, 2, 3: SD 1, so the standard error is 1 / sqrt(2).
    found = limit_analysis([2.0, 1.5, 4 / 3], [1.0, 0.25, 1 / 9], tau2_method="EE", force=True)
    assert (found.bias, found.slope, found.adjusted) == pytest.approx((1.0, 1.0, 1.0), rel=CLOSED_FORM)
    assert found.adjusted_se == pytest.approx(math.sqrt(0.5), rel=CLOSED_FORM)
    assert found.Q_rest == pytest.approx(0.0, abs=1e-12)


def test_limit_of_mirrored_effects_is_mirrored() -> None:
    y, v = _joy()
    there, back = limit_analysis(y, v), limit_analysis(-y, v)
    assert back.adjusted == pytest.approx(-there.adjusted, rel=ITERATED)
    assert pytest.approx(there.G2, rel=ITERATED) == back.G2


def test_limit_needs_different_precision() -> None:
    with pytest.raises(InputError, match="equally precise"):
        limit_analysis(np.arange(12.0), np.ones(12))
    with pytest.raises(TooFewStudiesError, match="at least 10 are needed"):
        limit_analysis([1, 2, 3], [1, 2, 3])


def _censored(k: int, share: float, mu: float, tau: float, seed: int) -> tuple[Floats, Floats]:
    """Make k studies of which those that are not significant are seen with probability `share`."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.1, 10 * k)
    y = rng.normal(mu, np.sqrt(v + tau**2))
    seen = (y / np.sqrt(v) > ndtri(0.975)) | (rng.random(v.size) < share)
    return y[seen][:k], v[seen][:k]


def _minus_likelihood(theta: Floats, y: Floats, v: Floats) -> float:
    """Write the likelihood down once more, with other functions."""
    mu, s = theta[0], np.sqrt(v + theta[1] ** 2)
    cut = norm.ppf(0.975) * np.sqrt(v)
    above = y > cut
    part = np.where(above, norm.logsf(cut, mu, s), norm.logcdf(cut, mu, s))
    return -float((norm.logpdf(y, mu, s) - part).sum())


def _profile(mu: float, y: Floats, v: Floats) -> float:
    """Return the smallest -log-likelihood over tau at this mean."""

    def at(tau: float) -> float:
        return _minus_likelihood(np.array([mu, tau]), y, v)

    return min(at(0.0), float(minimize_scalar(at, bounds=(0.0, 3.0), options={"xatol": 1e-9}).fun))


def test_p_uniform_maximises_its_likelihood() -> None:
    y, v = _joy()
    found = p_uniform_star(y, v)
    best = minimize(
        _minus_likelihood,
        [0.5, 0.3],
        args=(y, v),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13},
    )
    assert found.estimate == pytest.approx(best.x[0], rel=PROFILE)
    assert found.tau2 == pytest.approx(best.x[1] ** 2, rel=PROFILE)
    assert found.effect_lrt == pytest.approx(2 * (_profile(0.0, y, v) - best.fun), rel=PROFILE)
    assert (found.k, found.k_significant) == (17, 6)


def test_ends_of_the_interval_are_where_the_likelihood_has_fallen() -> None:
    y, v = _joy()
    found = p_uniform_star(y, v)
    top = -_minus_likelihood(np.array([found.estimate, math.sqrt(found.tau2)]), y, v)
    drop = 0.5 * ndtri(0.975) ** 2
    for end in (found.ci.low, found.ci.high):
        there = -_profile(end, y, v)
        assert top - there == pytest.approx(drop, rel=PROFILE)


def test_truncated_likelihood_has_its_derivatives() -> None:
    y, v = _joy()
    function = TruncatedLikelihood(y, v, 1.959964)
    theta, step = np.array([0.4, 0.2]), 1e-5
    at = function(theta)
    for j in range(2):
        move = step * np.eye(2)[j]
        after, before = function(theta + move), function(theta - move)
        assert at.gradient[j] == pytest.approx((after.value - before.value) / (2 * step), rel=1e-6)
        np.testing.assert_allclose(at.hessian[j], (after.gradient - before.gradient) / (2 * step), rtol=1e-6)


def test_p_uniform_finds_the_effect_behind_strong_selection() -> None:
    y, v = _censored(800, share=0.1, mu=0.15, tau=0.1, seed=21)
    found = p_uniform_star(y, v)
    assert found.ci.low < 0.15 < found.ci.high
    assert found.tau2_ci.low < 0.01 < found.tau2_ci.high
    assert found.plain_estimate > 0.15 + 0.05
    assert found.bias_p < 1e-6


def test_p_uniform_turned_round() -> None:
    y, v = _joy()
    there, back = p_uniform_star(y, v), p_uniform_star(-y, v, side="less")
    assert (back.estimate, back.tau2) == pytest.approx((-there.estimate, there.tau2), rel=ITERATED)
    assert (back.ci.low, back.ci.high) == pytest.approx((-there.ci.high, -there.ci.low), rel=PROFILE)
    assert back.plain_estimate == pytest.approx(pool(-y, v, tau2_method="ML").estimate, rel=ITERATED)


def test_p_uniform_with_one_kind_of_result_says_so() -> None:
    y, v = np.linspace(1.0, 2.0, 12), np.full(12, 0.04)
    found = p_uniform_star(y, v)
    assert found.k_significant == 12
    assert any("All results are significant" in warning for warning in found.warnings)


def test_p_uniform_refusals() -> None:
    y, v = _joy()
    with pytest.raises(OptionError, match="side must be one of"):
        p_uniform_star(y, v, side="right")
    with pytest.raises(InputError, match="alpha must be a fraction"):
        p_uniform_star(y, v, alpha=5)
    with pytest.raises(TooFewStudiesError):
        p_uniform_star(y[:9], v[:9])
    with pytest.raises(InputError, match="all effects are the same"):
        p_uniform_star(np.ones(12), v[:12])


def _z_of(p: list[float]) -> Floats:
    return np.asarray(-ndtri(0.5 * np.array(p)))


def test_p_curve_by_hand() -> None:
    # p = 0.01, 0.02, 0.04: p / 0.05 = 0.2, 0.4, 0.8, normal quantiles -0.841621, -0.253347, 0.841621:
    # Stouffer -0.253347 / sqrt(3) = -0.146270. Half curve: 0.01 / 0.025 = 0.4, 0.02 / 0.025 = 0.8:
    # (-0.253347 + 0.841621) / sqrt(2) = 0.415973. Two of three below 0.025: P(X >= 2) = 4 / 8.
    found = p_curve(_z_of([0.01, 0.02, 0.04]), [1.0] * 3, force=True)
    assert found.right_z == pytest.approx(-0.146270, abs=1e-6)
    assert found.right_half_z == pytest.approx(0.415973, abs=1e-6)
    assert found.right_binomial_p == pytest.approx(0.5, rel=CLOSED_FORM)
    # 33 % power: z is normal around 1.959964 - 0.430727 = 1.529237 (the other tail adds 0.0002 only).
    # P(z beyond that of p = 0.02, 2.326348) = 1 - Phi(0.797111) = 0.2127, of 1 / 3: 0.638.
    flat = p_curve(_z_of([0.02, 0.02]), [1.0] * 2, force=True)
    assert flat.flat_z == pytest.approx(math.sqrt(2) * ndtri(0.638), abs=5e-3)
    assert found.p_values == pytest.approx((0.01, 0.02, 0.04), rel=CLOSED_FORM)


def test_p_curve_power_is_what_was_put_in() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(1.959964 + ndtri(0.7), 1.0, 6000)  # power 70 %
    found = p_curve(z, np.ones(6000))
    assert found.power_low < 0.7 < found.power_high
    assert found.power_high - found.power_low < 0.06
    assert found.has_evidential_value
    assert not found.lacks_evidential_value


def test_p_curve_without_effects_is_flat() -> None:
    rng = np.random.default_rng(6)
    right = []
    for _ in range(400):
        z = rng.normal(size=800)
        right.append(p_curve(z, np.ones(800)).right_p)
    # Uniform p-values: of 400, between 22 and 58 below 0.1 (40 +- 3 SD).
    assert 22 <= sum(p < 0.1 for p in right) <= 58


def test_p_curve_half_is_none_without_small_p() -> None:
    found = p_curve(_z_of([0.03, 0.04]), [1.0] * 2, force=True)
    assert (found.k_half, found.right_half_z, found.flat_half_p) == (0, None, None)
    assert not found.has_evidential_value
    assert found.power == pytest.approx(0.05, rel=CLOSED_FORM)


def test_p_curve_of_one_direction() -> None:
    z = np.array([2.5, 3.0, -2.6, 2.2, 0.3])
    assert p_curve(z, np.ones(5), force=True).k_significant == 4
    assert p_curve(z, np.ones(5), side="greater", force=True).k_significant == 3
    assert float(ndtr(-2.5)) * 2 == pytest.approx(
        p_curve(z, np.ones(5), force=True).p_values[0], rel=CLOSED_FORM
    )


def test_p_curve_refusals() -> None:
    with pytest.raises(TooFewStudiesError, match="at least 2 significant results; got 1"):
        p_curve([2.5, 0.1], [1, 1], force=True)
    with pytest.raises(TooFewStudiesError, match="needs 10 significant results"):
        p_curve([2.5, 3.1, 0.1], [1, 1, 1])
