"""Geometric means and log-normal values: the Cochrane Handbook's example, hand arithmetic, laws."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from metamsc.effects.recover import Recovered
from metamsc.effects.recover_logs import (
    log_mean_sd_from_geometric,
    log_mean_sd_from_raw,
    mean_sd_from_log,
    ratio_of_geometric_means,
)
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError

RTOL = 1e-12  # closed forms
ROUND_TRIP = 1e-9  # exp and log of numbers up to 1e6
PRINTED_2 = 5.001e-3  # values printed with two decimals, and the rounding of a subtraction
SIMULATED = 0.02  # 400,000 log-normal draws with σ = 0.5 give mean and SD to 0.5 %


def test_geometric_means_of_the_cochrane_handbook() -> None:
    # Cochrane Handbook 5.1, 7.7.3.4 (MacLennan 2000): geometric mean titres 24 (17 to 34) and
    # 4.2 (3.9 to 4.6) are 3.18 (2.83 to 3.53) and 1.44 (1.36 to 1.53) as natural logs
    for mean, ci, log_mean, log_ci in (
        (24, (17, 34), 3.18, (2.83, 3.53)),
        (4.2, (3.9, 4.6), 1.44, (1.36, 1.53)),
    ):
        recovered = log_mean_sd_from_geometric(mean, 30, ci=ci)
        # rounded: ln 4.2 = 1.4351, which the Handbook prints as 1.44
        assert recovered.value.mean == pytest.approx(log_mean, abs=PRINTED_2)
        half = recovered.value.sd / math.sqrt(30) * float(stdtrit(29, 0.975))
        assert half == pytest.approx((log_ci[1] - log_ci[0]) / 2, abs=PRINTED_2)
        assert not recovered.imputed
        assert "t on 29 df" in recovered.derivation


def test_geometric_sd() -> None:
    recovered = log_mean_sd_from_geometric(math.exp(2), 10, sd=math.exp(0.5))
    assert recovered.value.mean == pytest.approx(2, rel=RTOL)
    assert recovered.value.sd == pytest.approx(0.5, rel=RTOL)
    assert recovered.value.n == 10


def test_an_interval_that_is_symmetric_on_the_raw_scale_is_pointed_out() -> None:
    # 24 ± 10: (ln 14 + ln 34)/2 = 3.0827, ln 24 = 3.1781, half-width 0.4437: off by 21 %
    (note,) = log_mean_sd_from_geometric(24, 30, ci=(14, 34)).notes
    assert note == "geometric mean is 21% of the half-width from the middle of its log interval"
    assert log_mean_sd_from_geometric(24, 30, ci=(17, 34)).notes == ()


def test_log_normal_by_hand() -> None:
    # mean 10, SD 10: σ² = ln 2, μ = ln 10 − ½ ln 2 = ln(10/√2)
    recovered = log_mean_sd_from_raw(10, 10, 20)
    assert recovered.value.sd == pytest.approx(math.sqrt(math.log(2)), rel=RTOL)
    assert recovered.value.mean == pytest.approx(math.log(10 / math.sqrt(2)), rel=RTOL)
    assert recovered.imputed
    back = mean_sd_from_log(recovered.value.mean, recovered.value.sd, 20)
    assert back.value.mean == pytest.approx(10, rel=RTOL)
    assert back.value.sd == pytest.approx(10, rel=RTOL)
    assert back.imputed


@given(mean=st.floats(1e-3, 1e6), cv=st.floats(0.01, 3))
def test_there_and_back(mean: float, cv: float) -> None:
    there = log_mean_sd_from_raw(mean, cv * mean, 12).value
    back = mean_sd_from_log(there.mean, there.sd, 12).value
    assert back.mean == pytest.approx(mean, rel=ROUND_TRIP)
    assert back.sd == pytest.approx(cv * mean, rel=ROUND_TRIP)
    assert math.exp(there.mean) < mean  # the geometric mean is below the arithmetic one


def test_against_simulated_values() -> None:
    values = np.random.default_rng(27).lognormal(1.0, 0.5, size=400_000)
    found = mean_sd_from_log(1.0, 0.5, 10).value
    assert found.mean == pytest.approx(float(values.mean()), rel=SIMULATED)
    assert found.sd == pytest.approx(float(values.std()), rel=SIMULATED)


def test_ratio_of_geometric_means() -> None:
    # ln 8 − ln 2 = ln 4; √(0.36/9 + 0.09/9) = √0.05
    treat = log_mean_sd_from_geometric(8, 9, sd=math.exp(0.6))
    control = log_mean_sd_from_geometric(2, 9, sd=math.exp(0.3))
    recovered = ratio_of_geometric_means(treat, control)
    assert recovered.value.yi == pytest.approx(math.log(4), rel=RTOL)
    assert recovered.value.sei == pytest.approx(math.sqrt(0.05), rel=RTOL)
    assert not recovered.imputed
    assert "geometric mean and SD" in recovered.derivation


def test_one_imputed_arm_makes_the_ratio_imputed() -> None:
    treat = log_mean_sd_from_geometric(24, 30, ci=(14, 34))
    control = log_mean_sd_from_raw(5, 2, 30)
    recovered = ratio_of_geometric_means(treat, control)
    assert recovered.imputed
    assert recovered.notes == treat.notes
    assert "values taken as log-normal" in recovered.derivation
    swapped = ratio_of_geometric_means(control, treat)
    assert swapped.value.yi == -recovered.value.yi
    assert swapped.value.sei == recovered.value.sei


def test_refusals() -> None:
    with pytest.raises(InputError, match="one of the two"):
        log_mean_sd_from_geometric(24, 30)
    with pytest.raises(InputError, match="one of the two"):
        log_mean_sd_from_geometric(24, 30, sd=2, ci=(17, 34))
    with pytest.raises(InputError, match=re.escape("sd must be > 1; got 0.4")):
        log_mean_sd_from_geometric(24, 30, sd=0.4)
    with pytest.raises(InputError, match=re.escape("ci 25 to 34 does not contain the geometric mean 24.")):
        log_mean_sd_from_geometric(24, 30, ci=(25, 34))
    with pytest.raises(InputError, match="low must be > 0; got -1"):
        log_mean_sd_from_geometric(24, 30, ci=(-1, 34))
    with pytest.raises(InputError, match="mean must be > 0; got -10"):
        log_mean_sd_from_raw(-10, 3, 20)
    with pytest.raises(InputError, match="log_sd must be > 0 and < 20; got 0"):
        mean_sd_from_log(1, 0, 20)
    with pytest.raises(InputError, match="log_sd must be > 0 and < 20; got 40"):
        mean_sd_from_log(1, 40, 20)
    with pytest.raises(InputError, match="log_mean must be < 300; got 1000"):
        mean_sd_from_log(1000, 1, 20)
    with pytest.raises(InputError, match=re.escape("sd/mean must be < 1e+100; got 1e+300.")):
        log_mean_sd_from_raw(1e-150, 1e150, 20)
    single = Recovered(MeanSd(1, 1, 1), "one rat")
    with pytest.raises(InputError, match="n of control must be >= 2; got 1"):
        ratio_of_geometric_means(Recovered(MeanSd(1, 1, 9), "nine rats"), single)
