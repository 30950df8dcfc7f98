"""Location-scale models: against separate fits, by their derivatives, published numbers, laws."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.location_scale.compare import compare_location_scale
from metamsc.models.location_scale.fit import fit_location_scale
from metamsc.models.location_scale.likelihood import ScaleLikelihood
from metamsc.models.location_scale.predict import predict_location_scale, predict_tau2, scale_tests
from metamsc.models.pool import pool

# Newton's method on exact derivatives, stopped by rounding.
RTOL = 1e-8
# Identity link: sequential quadratic programming, then Newton.
IDENTITY = 1e-6

RNG = np.random.default_rng(7)
K = 24
V = np.exp(RNG.normal(-3.0, 0.7, K))
SECOND = np.arange(K) % 2 == 1
Y = 0.3 + RNG.normal(size=K) * np.sqrt(V + np.where(SECOND, 0.5, 0.05))
ONES = np.ones((K, 1))
BOTH = np.column_stack([np.ones(K), SECOND])


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("link", ["log", "identity"])
def test_an_intercept_only_is_the_common_tau2(method: str, link: str) -> None:
    fit = fit_location_scale(Y, V, Z=ONES, link=link, method=method, ci_method="hksj")
    flat = pool(Y, V, tau2_method=method, ci_method="hksj")
    assert fit.result.tau2[0] == pytest.approx(flat.heterogeneity.tau2, rel=RTOL)
    mean = fit.result.coefficients[0]
    assert (mean.estimate, mean.se) == pytest.approx((flat.estimate, flat.se), rel=RTOL)
    own = fit.result.fit.reml if method == "REML" else fit.result.fit.ml
    assert own is not None
    assert (own.loglik, own.aic, own.bic, own.aicc) == pytest.approx(
        (flat.loglik, flat.aic, flat.bic, flat.aicc), rel=1e-10
    )
    assert fit.result.I2[0] == pytest.approx(flat.heterogeneity.I2, rel=RTOL)
    assert pytest.approx(flat.heterogeneity.Q, rel=1e-10) == fit.result.Q


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize(("link", "tolerance"), [("log", RTOL), ("identity", IDENTITY)])
def test_a_factor_of_both_parts_is_separate_fits(method: str, link: str, tolerance: float) -> None:
    fit = fit_location_scale(Y, V, X=BOTH, Z=BOTH, link=link, method=method, ci_method="wald")
    for group in (False, True):
        own = group == SECOND
        alone = pool(Y[own], V[own], tau2_method=method, ci_method="wald")
        index = int(np.flatnonzero(own)[0])
        assert fit.result.tau2[index] == pytest.approx(alone.heterogeneity.tau2, rel=tolerance)
        predicted = predict_location_scale(fit, [[1.0, group]], [[1.0, group]])[0]
        assert (predicted.estimate, predicted.se) == pytest.approx((alone.estimate, alone.se), rel=tolerance)
        assert predicted.pi is not None
        half = 1.959963984540054 * math.sqrt(alone.se**2 + alone.heterogeneity.tau2)
        assert predicted.pi.high - predicted.estimate == pytest.approx(half, rel=tolerance)


@pytest.mark.parametrize("log_link", [True, False])
@pytest.mark.parametrize("restricted", [True, False])
def test_derivatives(log_link: bool, restricted: bool) -> None:
    X, B = np.linalg.qr(BOTH)[0], np.linalg.qr(np.column_stack([np.ones(K), V]))[0] * math.sqrt(K)
    likelihood = ScaleLikelihood(Y, V, X, B, 0.3, log_link, restricted)
    a = B.T @ (0.2 + 0.5 * V) / K
    at, h = likelihood.evaluate(a), 1e-6
    for j, unit in enumerate(np.eye(2)):
        up, down = likelihood.evaluate(a + h * unit), likelihood.evaluate(a - h * unit)
        # Central differences are good to h**2 and to rounding over h.
        assert at.gradient[j] == pytest.approx((up.value - down.value) / (2 * h), rel=1e-6, abs=1e-7)
        assert at.hessian[j] == pytest.approx((up.gradient - down.gradient) / (2 * h), rel=1e-6, abs=1e-6)


def test_equivariance() -> None:
    once = fit_location_scale(Y, V, X=BOTH, Z=BOTH).result
    moved = fit_location_scale(1e3 * Y + 40.0, 1e6 * V, X=BOTH, Z=BOTH).result
    assert moved.tau2 == pytest.approx([1e6 * t for t in once.tau2], rel=RTOL)
    assert moved.scale[1].estimate == pytest.approx(once.scale[1].estimate, rel=RTOL)
    assert moved.scale[1].se == pytest.approx(once.scale[1].se, rel=1e-6)
    assert moved.coefficients[1].estimate == pytest.approx(1e3 * once.coefficients[1].estimate, rel=RTOL)


def test_wald_tests_of_the_scale_part() -> None:
    fit = fit_location_scale(Y, V, Z=BOTH, Z_names=["intercept", "second"], ci_method="t")
    found = scale_tests(fit, [[0.0, 1.0]], labels=["second"])
    assert fit.result.QS is not None
    assert found.joint is not None
    assert found.joint.statistic == pytest.approx(fit.result.QS.statistic, rel=1e-10)
    assert fit.result.QS.df2 == K - 2
    assert found.tests[0].result.p == pytest.approx(fit.result.QS.p, rel=1e-8)
    assert fit.result.scale[1].name == "second"


def test_predicted_tau2_is_the_exponential_of_the_predictor() -> None:
    fit = fit_location_scale(Y, V, Z=BOTH, ci_method="wald")
    first, second = predict_tau2(fit, [[1.0, 0.0], [1.0, 1.0]])
    c = fit.result.scale[0]
    assert first.tau2 == pytest.approx(math.exp(c.estimate), rel=1e-12)
    assert first.ci is not None
    assert c.ci is not None
    assert first.ci.high == pytest.approx(math.exp(c.ci.high), rel=1e-12)
    assert second.predictor == pytest.approx(c.estimate + fit.result.scale[1].estimate, rel=1e-12)


def test_likelihood_ratio() -> None:
    full, reduced = (fit_location_scale(Y, V, Z=Z) for Z in (BOTH, ONES))
    found = compare_location_scale(full, reduced)
    a, b = full.result.fit.reml, reduced.result.fit.reml
    assert a is not None
    assert b is not None
    assert found.statistic == pytest.approx(2 * (a.loglik - b.loglik), rel=1e-12)
    assert found.df == 1
    with pytest.raises(InputError, match="more coefficients than reduced"):
        compare_location_scale(reduced, full)
    with pytest.raises(InputError, match="use method='ML'"):
        compare_location_scale(fit_location_scale(Y, V, X=BOTH, Z=BOTH), full)
    with pytest.raises(InputError, match="different effects"):
        compare_location_scale(fit_location_scale(Y + 1.0, V, Z=BOTH), reduced)
    with pytest.raises(InputError, match="same link and method"):
        compare_location_scale(fit_location_scale(Y, V, Z=BOTH, method="ML"), reduced)


def test_a_tau2_that_runs_to_zero_has_no_standard_error() -> None:
    y = np.where(SECOND, Y, 0.3 + 0.01 * np.sqrt(V) * np.cos(np.arange(K)))
    fit = fit_location_scale(y, V, Z=BOTH)
    assert fit.cov_alpha is None
    assert fit.result.QS is None
    assert fit.result.scale[0].se is None
    assert any("runs towards 0" in text for text in fit.result.warnings)
    assert fit.result.tau2[0] < 1e-6 < fit.result.tau2[1]
    assert predict_tau2(fit)[0].ci is None
    with pytest.raises(InputError, match="no standard errors"):
        scale_tests(fit, [[0.0, 1.0]])


def test_identity_link_keeps_every_tau2_at_or_above_zero() -> None:
    trend = np.arange(K) / K
    y = 0.3 + np.sqrt(V) * 3.0 * trend * np.cos(3.0 * np.arange(K))
    fit = fit_location_scale(y, V, Z=np.column_stack([np.ones(K), trend]), link="identity")
    assert min(fit.result.tau2) >= 0.0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"link": "logit"}, OptionError, "link must be one of 'log', 'identity'"),
        ({"method": "DL"}, OptionError, "method must be one of 'REML', 'ML'"),
        ({"Z": np.ones((3, 1))}, InputError, "one row per study"),
        ({"Z": np.eye(K)}, TooFewStudiesError, "needs at least 25 studies; got 24"),
    ],
)
def test_refusals(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit_location_scale(Y, V, **{"Z": BOTH, **options})


def test_results_are_plain_numbers() -> None:
    fit = fit_location_scale(Y, V, Z=BOTH)
    assert json.loads(json.dumps(fit.result.to_dict()))["link"] == "log"
    assert json.loads(json.dumps(predict_tau2(fit)[0].to_dict()))["predictor"] < 0.0
