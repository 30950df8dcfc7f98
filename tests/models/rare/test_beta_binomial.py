"""The beta-binomial model: by hand where it is binomial, against scipy's distribution, laws, refusals."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import betabinom, binom

from metamsc.errors import InputError, OptionError
from metamsc.models.rare.beta_binomial import MEASURES, beta_binomial
from metamsc.models.rare.results import BetaBinomialResult

# Newton's steps end within rounding of the maximum.
ITERATED = 1e-8

COUNTS: dict[str, Any] = {
    "events_treat": [3, 12, 2, 0, 9, 0],
    "n_treat": [40, 60, 50, 30, 45, 25],
    "events_control": [8, 10, 9, 5, 21, 0],
    "n_control": [42, 58, 51, 33, 47, 25],
}
# Every arm of one kind alike: less than binomial variation, so rho is 0.
ALIKE: dict[str, Any] = {
    "events_treat": [2] * 3, "n_treat": [50] * 3, "events_control": [4] * 3, "n_control": [50] * 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "estimate", "variance"),
    [
        # 6 of 150 against 12 of 150.
        ("OR", math.log(6 * 138 / (144 * 12)), 1 / 6 + 1 / 144 + 1 / 12 + 1 / 138),
        ("RR", math.log(0.5), 1 / 6 - 1 / 150 + 1 / 12 - 1 / 150),
        ("RD", -0.04, 0.04 * 0.96 / 150 + 0.08 * 0.92 / 150),
    ],
)
def test_without_overdispersion_it_is_one_large_trial(measure: str, estimate: float, variance: float) -> None:
    result = beta_binomial(measure, **ALIKE)
    assert result.estimate == pytest.approx(estimate, rel=ITERATED)
    assert result.se == pytest.approx(math.sqrt(variance), rel=ITERATED)
    assert (result.rho, result.rho_se) == (0.0, None)
    assert result.risk_control == pytest.approx(0.08, rel=ITERATED)
    loglik = 3 * float(binom.logpmf(2, 50, 0.04) + binom.logpmf(4, 50, 0.08))
    assert result.loglik == pytest.approx(loglik, rel=ITERATED)
    assert any("rho is 0" in text for text in result.warnings)


def _loglik(mu: tuple[float, float], rho: float) -> float:
    """Return scipy's log likelihood; its a + b is (1 - rho)/rho."""
    total = 0.0
    for arm, m in zip(("control", "treat"), mu, strict=True):
        y, n, s = COUNTS[f"events_{arm}"], COUNTS[f"n_{arm}"], (1 - rho) / rho
        total += float(betabinom.logpmf(y, n, m * s, (1 - m) * s).sum())
    return total


def test_likelihood_and_maximum_against_scipy() -> None:
    result = beta_binomial("RD", **COUNTS)
    mu = (result.risk_control, result.risk_control + result.estimate)
    assert result.loglik == pytest.approx(_loglik(mu, result.rho), rel=1e-10)

    def minus(x: Any) -> float:
        control, treat, rho = 1 / (1 + np.exp(-np.asarray(x)))
        return -_loglik((float(control), float(treat)), float(rho))

    search = minimize(minus, [-2, -2, -3], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert result.loglik == pytest.approx(-float(search.fun), rel=1e-9)
    control, treat, rho = 1 / (1 + np.exp(-search.x))
    assert result.estimate == pytest.approx(treat - control, rel=1e-5)  # the simplex stops near sqrt(1e-12)
    assert result.rho == pytest.approx(rho, rel=1e-5)


def test_standard_errors_against_differences() -> None:
    result = beta_binomial("RD", **COUNTS)
    centre = np.array([result.risk_control, result.risk_control + result.estimate, result.rho])
    h, H = 1e-4, np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            e, f = h * np.eye(3)[i], h * np.eye(3)[j]
            points = ((s * t, centre + s * e + t * f) for s in (1, -1) for t in (1, -1))
            H[i, j] = sum(sign * _loglik((p[0], p[1]), p[2]) for sign, p in points) / (4 * h * h)
    cov = np.linalg.inv(-H)
    # Differences of second order with steps near 1e-3 of the scale of the curvature.
    assert result.se == pytest.approx(math.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]), rel=1e-4)
    assert result.rho_se == pytest.approx(math.sqrt(cov[2, 2]), rel=1e-4)


def test_the_three_measures_are_one_fit() -> None:
    odds, ratio, difference = (beta_binomial(measure, **COUNTS) for measure in MEASURES)
    treat = difference.risk_control + difference.estimate
    assert ratio.estimate == pytest.approx(math.log(treat / difference.risk_control), rel=ITERATED)
    control_odds = difference.risk_control / (1 - difference.risk_control)
    assert odds.estimate == pytest.approx(math.log(treat / (1 - treat) / control_odds), rel=ITERATED)
    assert odds.loglik == ratio.loglik == difference.loglik


def test_double_zero_studies_count() -> None:
    result = beta_binomial("OR", **COUNTS)
    assert (result.k, result.n_double_zero) == (6, 1)
    assert "1 study has no events" in result.warnings[0]
    without = beta_binomial("OR", **{name: values[:5] for name, values in COUNTS.items()})
    assert without.risk_control > result.risk_control


def test_swapping_the_arms_turns_the_sign() -> None:
    swapped = {
        "events_treat": COUNTS["events_control"], "n_treat": COUNTS["n_control"],
        "events_control": COUNTS["events_treat"], "n_control": COUNTS["n_treat"],
    }  # fmt: skip
    for measure in MEASURES:
        one, other = beta_binomial(measure, **COUNTS), beta_binomial(measure, **swapped)
        assert one.estimate == pytest.approx(-other.estimate, rel=1e-7)
        assert one.se == pytest.approx(other.se, rel=1e-7)
        assert one.rho == pytest.approx(other.rho, rel=1e-7)


def test_it_always_says_what_it_compares() -> None:
    assert "randomisation is not respected" in beta_binomial("OR", **COUNTS).warnings[-1]
    two: dict[str, Any] = {name: values[:2] for name, values in COUNTS.items()}
    assert any("k = 2" in text for text in beta_binomial("OR", **two).warnings)


@pytest.mark.parametrize("data", [COUNTS, ALIKE], ids=["overdispersed", "binomial"])
def test_results_survive_json(data: dict[str, Any]) -> None:
    result = beta_binomial("RR", **data)
    assert BetaBinomialResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"events_treat": [0] * 6}, InputError, "treated arms have no events"),
        ({"events_control": COUNTS["n_control"]}, InputError, "control arms have nothing but events"),
        ({"events_treat": [0.5, 1, 1, 1, 1, 1]}, InputError, "whole numbers"),
        ({"n_treat": [1] * 6}, InputError, "study 1: events_treat is 3"),
        ({"level": 0.0}, OptionError, "level must be a fraction"),
    ],
)
def test_refusals(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        beta_binomial("OR", **{**COUNTS, **change})


def test_every_measure_is_named_in_the_refusal() -> None:
    with pytest.raises(OptionError) as refusal:
        beta_binomial("IRR", **COUNTS)
    assert all(repr(measure) in str(refusal.value) for measure in MEASURES)
