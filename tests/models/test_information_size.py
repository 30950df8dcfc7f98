"""Power and optimal information size: by hand, published values, limits and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.information_size import (
    compute_diversity,
    compute_power,
    information_size_for_means,
    information_size_for_risks,
    required_studies,
)
from metamsc.models.pool import pool

# Closed forms in double precision.
EXACT = 1e-12
Z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)


def test_power_by_hand() -> None:
    # two studies of variance 0.5 have se 0.5; effect 0.98 is 1.96 se: half, and nothing in the other tail
    r = compute_power(0.5 * stats.norm.ppf(0.975), [0.5, 0.5])
    assert r.se == pytest.approx(0.5, rel=EXACT)
    assert r.power == pytest.approx(0.5 + stats.norm.cdf(-2.0 * stats.norm.ppf(0.975)), rel=EXACT)
    assert r.detectable == pytest.approx(0.5 * Z, rel=EXACT)
    # tau2 = 0.5 doubles each variance: se sqrt(0.5)
    assert compute_power(1.0, [0.5, 0.5], tau2=0.5).se == pytest.approx(math.sqrt(0.5), rel=EXACT)


def test_power_as_published() -> None:
    # metapower's documentation: d = 0.3, 20 participants a study, 10 studies, fixed effect: 0.5594533
    variance = 20 / (10 * 10) + 0.3**2 / (2 * 20)
    assert compute_power(0.3, [variance] * 10).power == pytest.approx(0.5594533, abs=0.5e-7)


def test_no_effect_is_found_as_often_as_alpha_says() -> None:
    assert compute_power(0.0, [0.1, 0.3], tau2=0.2, alpha=0.01).power == pytest.approx(0.01, rel=EXACT)


@given(st.floats(0.05, 2.0), st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_required_studies_are_the_fewest(effect: float, variance: float, tau2: float) -> None:
    k = required_studies(effect, variance, tau2=tau2)
    assert compute_power(effect, [variance] * k, tau2=tau2).power >= 0.8 - 1e-9
    if k > 1:
        # detectable leaves out the other tail, as the formula does
        assert compute_power(effect, [variance] * (k - 1), tau2=tau2).detectable > effect


def test_size_for_means_by_hand() -> None:
    # half a standard deviation: 2 * 7.8489 / 0.25 = 62.8 an arm
    r = information_size_for_means(0.5, 1.0)
    assert (r.n_treat, r.n_control, r.n_total, r.required) == (63, 63, 126, 126)
    # HbA1c: 0.5 % with SD 1.2 %: 2 * (1.2 / 0.5)**2 * 7.8489 = 90.4
    assert information_size_for_means(-0.5, 1.2).n_control == 91
    # two treated for each control: (1 + 1/2) 7.8489 / 0.25 = 47.1 and 94.2
    unequal = information_size_for_means(0.5, 1.0, ratio=2.0)
    assert (unequal.n_control, unequal.n_treat) == (48, 95)
    # D2 = 50 % doubles it
    assert information_size_for_means(0.5, 1.0, diversity=0.5).required == 252


def test_size_for_risks_by_hand() -> None:
    # 0.30 to 0.24: (0.21 + 0.1824) * 7.8489 / 0.0036 = 855.5 an arm
    r = information_size_for_risks(0.30, 0.24)
    assert (r.n_treat, r.n_control, r.n_total) == (856, 856, 1712)
    assert r.effect == pytest.approx(-0.06, rel=EXACT)
    assert information_size_for_risks(0.24, 0.30).n_total == r.n_total


def test_a_size_gives_its_power() -> None:
    r = information_size_for_means(0.5, 1.0, power=0.9)
    assert compute_power(0.5, [1 / r.n_treat + 1 / r.n_control]).power == pytest.approx(0.9, abs=0.005)


def test_diversity() -> None:
    # equal variances v: D2 = tau2 / (v + tau2) = I2
    assert compute_diversity([0.1, 0.1, 0.1], 0.3) == pytest.approx(0.75, rel=EXACT)
    assert compute_diversity([0.1, 0.4], 0.0) == pytest.approx(0.0, abs=EXACT)
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.5, 12)
    h = pool(rng.normal(0.0, np.sqrt(v + 0.2)), v).heterogeneity
    assert compute_diversity(v, h.tau2) >= h.I2 / 100.0


def test_results_are_plain() -> None:
    assert compute_power(0.5, [0.1]).to_dict()["k"] == 1
    assert information_size_for_means(0.5, 1.0).to_dict()["n_total"] == 126


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: compute_power(0.5, []), TooFewStudiesError, "at least 1"),
        (lambda: compute_power(0.5, [0.1, 0.0]), InputError, r"vi\[2\]"),
        (lambda: compute_power(math.nan, [0.1]), InputError, "effect"),
        (lambda: compute_power(0.5, [0.1], tau2=-0.1), InputError, "tau2"),
        (lambda: compute_power(0.5, [0.1], alpha=5.0), OptionError, "0.05"),
        (lambda: compute_power(0.5, [0.1], target=0.01), OptionError, "above alpha"),
        (lambda: required_studies(0.0, 0.1), InputError, "effect must not be 0"),
        (lambda: required_studies(0.1, 0.0), InputError, "variance"),
        (lambda: information_size_for_means(0.0, 1.0), InputError, "difference must not be 0"),
        (lambda: information_size_for_means(0.5, -1.0), InputError, "sd"),
        (lambda: information_size_for_means(0.5, 1.0, ratio=0.0), InputError, "ratio"),
        (lambda: information_size_for_means(0.5, 1.0, diversity=1.0), OptionError, "diversity"),
        (lambda: information_size_for_risks(0.3, 0.3), InputError, "must differ"),
        (lambda: information_size_for_risks(30.0, 0.3), InputError, "risk_control"),
    ],
)
def test_misuse_is_refused(call: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()  # type: ignore[operator]
