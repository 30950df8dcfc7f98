"""Stijnen, Hamza & Özdemir (2010), Random effects meta-analysis of event outcome in the framework of the
generalized linear mixed model, Stat Med 29:3046-3067: catheter-related infections (Niel-Weise et al. 2007,
2008).

Tables II (page 3050), III (3052), VII (3054) and VIII (3055), as metafor's test of these tables records
them; where the article's last digit differs that is noted. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from metamsc.effects import compute_effects
from metamsc.models.pool import pool
from metamsc.models.rare.glmm import fit_glmm
from tests.published.printed import digits, reference_data

CATHETER = reference_data("rare_counts")["catheter"]
LOCK = reference_data("rare_counts")["lock"]  # person-time in 1,000 days
TABLES: dict[str, Any] = {
    "events_treat": CATHETER["ai"],
    "n_treat": CATHETER["n1i"],
    "events_control": CATHETER["ci"],
    "n_control": CATHETER["n2i"],
}
RATES: dict[str, Any] = {
    "events_treat": LOCK["x1i"],
    "time_treat": LOCK["t1i"],
    "events_control": LOCK["x2i"],
    "time_control": LOCK["t2i"],
}
ARMS = {
    "control": (CATHETER["ci"], CATHETER["n2i"], LOCK["x2i"], LOCK["t2i"]),
    "treat": (CATHETER["ai"], CATHETER["n1i"], LOCK["x1i"], LOCK["t1i"]),
}


def risk(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2", "risks"),
    [
        ("control", -3.30, 0.24, 0.663, (0.036, 0.023, 0.055)),  # printed 0.035, 0.056
        ("treat", -4.26, 0.26, 0.393, (0.014, 0.008, 0.023)),
    ],
)
def test_normal_normal_table_2(
    arm: str, estimate: float, se: float, tau2: float, risks: tuple[float, ...]
) -> None:
    effects = compute_effects("PLO", events=ARMS[arm][0], n=ARMS[arm][1])
    r = pool(effects.yi, effects.vi, ci_method="wald")
    assert (r.estimate, r.se) == pytest.approx((estimate, se), abs=digits(2))
    assert r.heterogeneity.tau2 == pytest.approx(tau2, abs=digits(3))
    assert tuple(risk(x) for x in (r.estimate, r.ci.low, r.ci.high)) == pytest.approx(risks, abs=digits(3))


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2", "risks"),
    [
        ("control", -3.50, 0.26, 0.81, (0.029, 0.018, 0.048)),
        ("treat", -4.81, 0.36, 0.83, (0.008, 0.004, 0.016)),
    ],
)
def test_binomial_normal_table_2(
    arm: str, estimate: float, se: float, tau2: float, risks: tuple[float, ...]
) -> None:
    r = fit_glmm("PLO", events=ARMS[arm][0], n=ARMS[arm][1])
    assert (r.estimate, r.se, r.tau2) == pytest.approx((estimate, se, tau2), abs=digits(2))
    assert tuple(risk(x) for x in (r.estimate, r.ci.low, r.ci.high)) == pytest.approx(risks, abs=digits(3))


def test_normal_normal_table_3() -> None:
    effects = compute_effects("OR", **TABLES, drop00=True, undefined="missing")
    r = pool(effects.yi[effects.usable], effects.vi[effects.usable], ci_method="wald")
    assert r.estimate == pytest.approx(-0.980, abs=digits(3))
    assert r.se == pytest.approx(0.243, abs=digits(3))  # the article prints 0.244
    assert math.sqrt(r.heterogeneity.tau2) == pytest.approx(0.19, abs=digits(2))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx((0.38, 0.23, 0.60), abs=digits(2))  # the article prints 0.62


@pytest.mark.parametrize(
    ("model", "estimate", "se", "tau", "odds_ratio"),
    [
        ("CM.EL", -1.353, 0.351, 0.83, (0.26, 0.13, 0.51)),  # the article prints 0.25
        ("CM.AL", -1.303, 0.339, 0.78, (0.27, 0.14, 0.53)),  # the article prints tau 0.77
    ],
)
def test_conditional_logistic_table_3(
    model: str, estimate: float, se: float, tau: float, odds_ratio: tuple[float, ...]
) -> None:
    r = fit_glmm("OR", **TABLES, model=model, n_quadrature=21)
    assert (r.estimate, r.se) == pytest.approx((estimate, se), abs=digits(3))
    assert math.sqrt(r.tau2) == pytest.approx(tau, abs=digits(2))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx(odds_ratio, abs=digits(2))


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2", "rate"),
    [
        ("control", 1.468, 0.243, 0.370, (4.34, 2.70, 6.98)),  # the article prints 6.99
        ("treat", 0.981, 0.326, 0.639, (2.67, 1.41, 5.05)),
    ],
)
def test_normal_normal_table_7(
    arm: str, estimate: float, se: float, tau2: float, rate: tuple[float, ...]
) -> None:
    effects = compute_effects("IRLN", events=ARMS[arm][2], time=ARMS[arm][3])
    r = pool(effects.yi, effects.vi, ci_method="wald")
    found = (r.estimate, r.se, r.heterogeneity.tau2)
    assert found == pytest.approx((estimate, se, tau2), abs=digits(3))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx(rate, abs=digits(2))


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2", "rate"),
    [
        ("control", 1.401, 0.231, 0.317, (4.06, 2.58, 6.38)),  # the article prints tau2 0.316
        ("treat", 0.849, 0.330, 0.654, (2.34, 1.22, 4.47)),  # the article prints 0.850, 1.23
    ],
)
def test_poisson_normal_table_7(
    arm: str, estimate: float, se: float, tau2: float, rate: tuple[float, ...]
) -> None:
    r = fit_glmm("IRLN", events=ARMS[arm][2], time=ARMS[arm][3])
    assert (r.estimate, r.se, r.tau2) == pytest.approx((estimate, se, tau2), abs=digits(3))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx(rate, abs=digits(2))


def test_normal_normal_table_8() -> None:
    effects = compute_effects("IRR", **RATES)
    r = pool(effects.yi, effects.vi, ci_method="wald")
    assert (r.estimate, r.se) == pytest.approx((-0.396, 0.227), abs=digits(3))  # the article prints 0.223
    assert math.sqrt(r.heterogeneity.tau2) == pytest.approx(0.31, abs=digits(2))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx((0.67, 0.43, 1.05), abs=digits(2))  # the article prints 1.04


def test_poisson_normal_table_8() -> None:
    r = fit_glmm("IRR", **RATES, model="CM.EL")
    assert (r.estimate, r.se) == pytest.approx((-0.476, 0.238), abs=digits(3))
    assert math.sqrt(r.tau2) == pytest.approx(0.35, abs=digits(2))
    shown = tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))
    assert shown == pytest.approx((0.62, 0.39, 0.99), abs=digits(2))
