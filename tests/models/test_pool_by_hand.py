"""Pooling of two and three studies, with the arithmetic written out."""

from __future__ import annotations

import math

import pytest

from metamsc.models.pool import pool

# Closed forms in double precision.
CLOSED_FORM = 1e-12
Z975 = 1.959963984540054
# t quantiles at 0.975: 1 df (tangent of 0.475 pi), 2 df.
T975_1 = 12.706204736174694
T975_2 = 4.302652729749464


def test_equal_effects_of_two_studies() -> None:
    # w = 1/0.04 = 25, 1/0.01 = 100; estimate = (25*1 + 100*2) / 125 = 1.8; se = 1/sqrt(125)
    r = pool([1.0, 2.0], [0.04, 0.01], tau2_method="EE", ci_method="wald")
    assert r.estimate == pytest.approx(1.8, rel=CLOSED_FORM)
    assert r.se == pytest.approx(1 / math.sqrt(125), rel=CLOSED_FORM)
    assert r.ci.low == pytest.approx(1.8 - Z975 / math.sqrt(125), rel=CLOSED_FORM)
    # Q = 25*(1-1.8)^2 + 100*(2-1.8)^2 = 16 + 4 = 20 on 1 df; I2 = (20-1)/20; H2 = 20
    assert pytest.approx(20.0, rel=CLOSED_FORM) == r.heterogeneity.Q
    assert r.heterogeneity.Q_df == 1
    assert pytest.approx(95.0, rel=CLOSED_FORM) == r.heterogeneity.I2
    assert pytest.approx(20.0, rel=CLOSED_FORM) == r.heterogeneity.H2
    assert r.weights_percent == pytest.approx((20.0, 80.0), rel=CLOSED_FORM)
    assert r.pi is None
    assert r.df is None


def test_dersimonian_laird_of_two_studies() -> None:
    # Q = 20; C = 125 - (25^2 + 100^2)/125 = 125 - 85 = 40; tau2 = (20-1)/40 = 0.475
    # weights 1/0.515, 1/0.485; their sum S; estimate = (1/0.515 + 2/0.485)/S
    r = pool([1.0, 2.0], [0.04, 0.01], tau2_method="DL", ci_method="hksj")
    assert r.heterogeneity.tau2 == pytest.approx(0.475, rel=CLOSED_FORM)
    S = 1 / 0.515 + 1 / 0.485
    mean = (1 / 0.515 + 2 / 0.485) / S
    assert r.estimate == pytest.approx(mean, rel=CLOSED_FORM)
    # Hartung-Knapp: q = sum w (y - mean)^2 / (k-1); two studies: q = (y1-y2)^2 / (0.515 + 0.485) = 1
    assert r.se == pytest.approx(1 / math.sqrt(S), rel=CLOSED_FORM)
    assert r.ci.high == pytest.approx(mean + T975_1 / math.sqrt(S), rel=CLOSED_FORM)
    assert r.df == 1.0
    # I2 = tau2 / (tau2 + s2) with typical variance s2 = (k-1)/C = 1/40
    assert pytest.approx(100 * 0.475 / (0.475 + 1 / 40), rel=CLOSED_FORM) == r.heterogeneity.I2


@pytest.mark.parametrize("method", ["DL", "HE", "REML", "PM", "EB"])
def test_two_studies_have_one_answer(method: str) -> None:
    # With k = 2 these all solve (y1-y2)^2 / (v1 + v2 + 2 tau2) = 1: tau2 = (0.49 - 0.13)/2 = 0.18
    r = pool([0.2, 0.9], [0.04, 0.09], tau2_method=method)
    assert r.heterogeneity.tau2 == pytest.approx(0.18, rel=1e-10)


def test_three_studies_with_equal_variances() -> None:
    # y = 0, 1, 2; v = 0.5: mean 1, sample variance 1; REML, PM, DL, HE: tau2 = 1 - 0.5 = 0.5
    # ML: (2/3)*1 - 0.5 = 1/6. se = sqrt(1/3); t, 2 df. PI: sqrt(1/3 + 1/2) = sqrt(5/6)
    for method in ("REML", "PM", "DL", "HE"):
        r = pool([0.0, 1.0, 2.0], [0.5] * 3, tau2_method=method, ci_method="t")
        assert r.heterogeneity.tau2 == pytest.approx(0.5, rel=1e-10)
        assert r.se == pytest.approx(math.sqrt(1 / 3), rel=1e-10)
        assert r.ci.low == pytest.approx(1 - T975_2 * math.sqrt(1 / 3), rel=1e-10)
        assert r.pi is not None
        assert r.pi.low == pytest.approx(1 - T975_2 * math.sqrt(5 / 6), rel=1e-10)
    ml = pool([0.0, 1.0, 2.0], [0.5] * 3, tau2_method="ML")
    assert ml.heterogeneity.tau2 == pytest.approx(1 / 6, rel=1e-10)
    # ML log-likelihood at tau2 + v = 2/3: -1/2 (3 log 2pi + 3 log(2/3) + 2/(2/3))
    expected = -0.5 * (3 * math.log(2 * math.pi) + 3 * math.log(2 / 3) + 3)
    assert ml.loglik == pytest.approx(expected, rel=1e-12)
    # 2 parameters: AIC = -2 ll + 4, BIC = -2 ll + 2 log 3, AICc = -2 ll + 2*2*4/(4-2-1) (k raised to 4)
    assert ml.aic == pytest.approx(-2 * expected + 4, rel=1e-12)
    assert ml.bic == pytest.approx(-2 * expected + 2 * math.log(3), rel=1e-12)
    assert ml.aicc == pytest.approx(-2 * expected + 16, rel=1e-12)


def test_q_profile_interval_with_equal_variances() -> None:
    # Q(tau2) = 2 / (0.5 + tau2) on 2 df; chi-square with 2 df has quantile -2 log(1-p):
    # lower end: 2/(0.5+t) = -2 log 0.025 -> t = 1/3.6889 - 0.5 < 0 -> 0; upper: t = 1/0.025318 - 0.5
    ci = pool([0.0, 1.0, 2.0], [0.5] * 3).heterogeneity.tau2_ci
    assert ci is not None
    assert ci.low == 0.0
    assert ci.high == pytest.approx(1 / -math.log(0.975) - 0.5, rel=1e-10)


def test_moderator_that_fits_two_groups() -> None:
    # Two studies at x = 0 (1, 3) and two at x = 1 (5, 7), v = 1: slope 6 - 2 = 4, intercept 2
    # residuals +-1: Q = 4 on 2 df; EE: cov = (X'X)^-1 = [[1/2, -1/2], [-1/2, 1]]
    X = [[1, 0], [1, 0], [1, 1], [1, 1]]
    r = pool(
        [1.0, 3.0, 5.0, 7.0], [1.0] * 4, tau2_method="EE", ci_method="wald", X=X, names=["intercept", "x"]
    )
    assert [c.estimate for c in r.coefficients] == pytest.approx([2.0, 4.0], rel=CLOSED_FORM)
    assert [c.se for c in r.coefficients] == pytest.approx([math.sqrt(0.5), 1.0], rel=CLOSED_FORM)
    assert r.QM is not None
    assert r.QM.statistic == pytest.approx(16.0, rel=CLOSED_FORM)
    assert pytest.approx(4.0, rel=CLOSED_FORM) == r.heterogeneity.Q
    # adjusted R2: 1 - (4/2) / (20/3), the total sum of squares being 9+1+1+9 = 20 on 3 df
    assert pytest.approx(70.0, rel=CLOSED_FORM) == r.R2


def test_adhoc_never_shrinks_the_interval() -> None:
    # Effects closer than sampling error: q = sum w (y-m)^2/(k-1) < 1, so hksj shrinks, adhoc does not.
    y, v = [0.10, 0.11, 0.12], [0.04, 0.04, 0.04]
    plain, adhoc = (pool(y, v, ci_method=c) for c in ("hksj", "hksj-adhoc"))
    wald = pool(y, v, ci_method="wald")
    # q = 25 * 0.0002 / 2 = 0.0025: the plain standard error is 0.05 times the Wald one
    assert plain.se == pytest.approx(0.05 * wald.se, rel=1e-10)
    assert adhoc.se == pytest.approx(wald.se, rel=CLOSED_FORM)


def test_given_tau2_and_own_weights() -> None:
    # tau2 = 1 given: w = 1/2, 1/4, 1/2 (v = 1, 3, 1): mean = (1*0.5 + 2*0.25 + 6*0.5)/1.25 = 3.2
    r = pool([1.0, 2.0, 6.0], [1.0, 3.0, 1.0], tau2=1.0, ci_method="wald")
    assert r.estimate == pytest.approx(3.2, rel=CLOSED_FORM)
    # own weights 1: plain mean 3, variance (2 + 4 + 2)/9
    r = pool([1.0, 2.0, 6.0], [1.0, 3.0, 1.0], tau2=1.0, ci_method="wald", weights=[1, 1, 1])
    assert r.estimate == pytest.approx(3.0, rel=CLOSED_FORM)
    assert r.se == pytest.approx(math.sqrt(8 / 9), rel=CLOSED_FORM)
    assert r.weights_percent == pytest.approx((100 / 3,) * 3, rel=CLOSED_FORM)


def test_one_study_pools_nothing() -> None:
    r = pool([0.5], [0.04])
    assert (r.estimate, r.k, r.df, r.pi, r.ci_method) == (0.5, 1, None, None, "wald")
    assert r.se == pytest.approx(0.2, rel=CLOSED_FORM)
    assert (r.ci.low, r.ci.high) == pytest.approx((0.5 - 0.2 * Z975, 0.5 + 0.2 * Z975), rel=CLOSED_FORM)
    assert r.heterogeneity.tau2 == 0.0
    assert r.heterogeneity.tau2_ci is None
    assert r.weights_percent == (100.0,)
    assert "nothing was pooled" in r.warnings[0]
