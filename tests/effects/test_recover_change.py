"""Percent changes, and SDs of change over correlations: hand arithmetic, published examples, simulation."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.effects.compute import compute_effects
from metamsc.effects.recover_change import (
    GRID_R,
    change_from_percent,
    impute_correlation,
    percent_change_of_means,
    sd_of_change_over,
)
from metamsc.effects.recover_groups import sd_of_change
from metamsc.errors import InputError

RTOL = 1e-12  # closed forms
PRINTED_3 = 5e-4  # values printed with three decimals
SIMULATED = 0.02
"""200,000 draws give an SD to 0.2 %; the delta method leaves out below 1 % of a product at CVs of 0.1."""


def test_change_from_percent_by_hand() -> None:
    # −20 % (SD 10) of 8 (SD 2): −1.6; SD √(8²·10² + 20²·2²)/100 = √(6400 + 1600)/100 = √8000/100
    recovered = change_from_percent(-20, 10, 25, baseline=8, sd_baseline=2)
    assert recovered.value.mean == pytest.approx(-1.6, rel=RTOL)
    assert recovered.value.sd == pytest.approx(math.sqrt(8000) / 100, rel=RTOL)
    assert recovered.value.n == 25
    assert recovered.imputed
    assert "r = 0 assumed" in recovered.derivation
    assert recovered.notes == ("baseline varies by 25% of its mean: the SD by the delta method is rough",)
    # r = −½: mean (−160 − ½·2·10)/100 = −1.7; SD √(8000 + 2·(−½)·8·(−20)·10·2)/100 = √11200/100
    correlated = change_from_percent(-20, 10, 25, baseline=8, sd_baseline=2, r=-0.5, r_reported=True)
    assert correlated.value.mean == pytest.approx(-1.7, rel=RTOL)
    assert correlated.value.sd == pytest.approx(math.sqrt(11200) / 100, rel=RTOL)
    assert not correlated.imputed


def test_a_baseline_that_does_not_vary_only_changes_the_unit() -> None:
    recovered = change_from_percent(-20, 10, 25, baseline=8, sd_baseline=0)
    assert recovered.value.mean == pytest.approx(-1.6, rel=RTOL)
    assert recovered.value.sd == pytest.approx(0.8, rel=RTOL)
    assert recovered.notes == ()


def test_percent_change_of_means_by_hand() -> None:
    # 10 (SD 1) to 8 (SD 2), r = ½: −20 %; (100/10)·√(4 + 0.64 − 2·½·0.8·1·2) = 10√3.04
    recovered = percent_change_of_means(10, 1, 8, 2, 16, r=0.5)
    assert recovered.value.mean == pytest.approx(-20, rel=RTOL)
    assert recovered.value.sd == pytest.approx(10 * math.sqrt(3.04), rel=RTOL)
    assert recovered.imputed
    assert not percent_change_of_means(10, 1, 8, 2, 16, r=0.5, r_reported=True).imputed


def test_se_of_a_ratio_of_two_means() -> None:
    # Beyene & Moineddin 2005, BMC Med Res Methodol 5:32: SE = ratio·√(CV₁² + CV₂²) for independent means.
    # 50, 60, 70 over 15, 25, 20: means 60 and 20, SEs 10/√3 and 5/√3, ratio 3
    recovered = percent_change_of_means(20, 5, 60, 10, 3, r=0)
    assert recovered.value.mean == pytest.approx(200, rel=RTOL)
    expected = 300 * math.sqrt((10 / 60) ** 2 / 3 + (5 / 20) ** 2 / 3)
    assert recovered.value.sd / math.sqrt(3) == pytest.approx(expected, rel=RTOL)


def test_percent_change_agrees_with_the_log_ratio_of_means() -> None:
    # ln of the ratio has variance (SE/ratio)², for independent means that of ROM
    effects = compute_effects(
        "ROM",
        n_treat=30,
        mean_treat=60,
        sd_treat=10,
        n_control=30,
        mean_control=20,
        sd_control=5,
        bias_correction=False,
    )
    sd = percent_change_of_means(20, 5, 60, 10, 30, r=0).value.sd
    assert sd / 300 / math.sqrt(30) == pytest.approx(float(effects.sei[0]), rel=RTOL)


def test_against_simulated_persons() -> None:
    draws = np.random.default_rng(20080101).multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=200_000)
    baseline, percent = 8 + 0.8 * draws[:, 0], -20 + 10 * draws[:, 1]
    change = baseline * percent / 100
    recovered = change_from_percent(-20, 10, 25, baseline=8, sd_baseline=0.8, r=0.4).value
    assert recovered.mean == pytest.approx(float(change.mean()), rel=SIMULATED)
    assert recovered.sd == pytest.approx(float(change.std()), rel=SIMULATED)
    pre, post = 10 + draws[:, 0], 8 + draws[:, 1]
    shares = 100 * (post / pre - 1)
    found = percent_change_of_means(10, 1, 8, 1, 25, r=0.4).value
    assert found.sd == pytest.approx(float(shares.std()), rel=3 * SIMULATED)  # of a ratio: 4 %


@given(
    baseline=st.floats(1, 100),
    percent=st.floats(-90, 90),
    sd_percent=st.floats(0.1, 50),
    scale=st.floats(0.01, 100),
)
def test_units_scale(baseline: float, percent: float, sd_percent: float, scale: float) -> None:
    one = change_from_percent(percent, sd_percent, 10, baseline=baseline, sd_baseline=baseline / 10).value
    other = change_from_percent(
        percent, sd_percent, 10, baseline=scale * baseline, sd_baseline=scale * baseline / 10
    ).value
    assert other.mean == pytest.approx(scale * one.mean, rel=1e-9)
    assert other.sd == pytest.approx(scale * one.sd, rel=1e-9)


def test_imputed_correlation() -> None:
    nothing = impute_correlation()
    assert (nothing.value, nothing.imputed) == (0.5, True)
    assert nothing.notes == ("no study gives a correlation",)
    borrowed = impute_correlation([0.8, 0.4, 0.7])
    assert (borrowed.value, borrowed.imputed) == (0.7, True)
    assert borrowed.derivation == "r ← 0.70, median of 3 known elsewhere"
    assert borrowed.notes == ("others from 0.40 to 0.80",)
    assert impute_correlation([0.4, 0.8]).value == pytest.approx(0.6, rel=RTOL)
    one = impute_correlation([0.4], where="in other studies")
    assert (one.notes, one.derivation) == ((), "r ← 0.40, known in other studies")
    with pytest.raises(InputError, match=re.escape("others must lie between -1 and 1; got 1.2")):
        impute_correlation([0.5, 1.2])


def test_sd_of_change_over_the_grid() -> None:
    # SDs 4 and 3: √(25 − 24r)
    found = sd_of_change_over(4, 3)
    assert found.r == 0.5
    assert found.assumed.value == pytest.approx(math.sqrt(13), rel=RTOL)
    assert found.assumed.imputed
    assert "r ← 0.5 assumed" in found.assumed.derivation
    assert [r for r, _ in found.grid] == list(GRID_R) == [0.3, 0.5, 0.7, 0.9]
    expected = [math.sqrt(value) for value in (17.8, 13, 8.2, 3.4)]
    assert [sd for _, sd in found.grid] == pytest.approx(expected, rel=RTOL)


def test_sd_of_change_over_with_the_cochrane_handbook() -> None:
    # Cochrane Handbook 5.1, 16.4.6.4: SDs 2.38 and 2.21, r = 0.68, n = 10: SE 0.583; SD imputed as 2: 0.632
    found = sd_of_change_over(2.38, 2.21, r=(0.68,), others=(0.68,))
    assert found.assumed.value / math.sqrt(10) == pytest.approx(0.583, abs=PRINTED_3)
    assert found.grid == ((0.68, found.assumed.value),)


def test_the_grid_falls_with_r() -> None:
    sds = [sd for _, sd in sd_of_change_over(2, 2.5).grid]
    assert sds == sorted(sds, reverse=True)
    assert sds[1] == sd_of_change(2, 2.5, 0.5).value


def test_refusals() -> None:
    with pytest.raises(InputError, match="baseline must not be 0"):
        change_from_percent(-20, 10, 25, baseline=0, sd_baseline=2)
    with pytest.raises(InputError, match=re.escape("r must lie between -1 and 1; got -1.5")):
        change_from_percent(-20, 10, 25, baseline=8, sd_baseline=2, r=-1.5)
    with pytest.raises(InputError, match="sd_percent must be >= 0; got -1"):
        change_from_percent(-20, -1, 25, baseline=8, sd_baseline=2)
    with pytest.raises(InputError, match="mean_pre must be > 0; got 0"):
        percent_change_of_means(0, 1, 8, 2, 16)
    with pytest.raises(InputError, match="r must hold at least one correlation; got none"):
        sd_of_change_over(4, 3, r=())
