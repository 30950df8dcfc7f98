"""Measures made of means and SDs, with the arithmetic by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from metamsc.effects import compute_effects
from metamsc.effects.standardised import hedges_correction

RTOL = 1e-12  # closed forms in double precision, a handful of operations each
PRINTED_6 = 5e-7  # anchors given with six decimals

ARMS: dict[str, Any] = {
    "n_treat": 10,
    "mean_treat": 8.0,
    "sd_treat": 2.0,
    "n_control": 20,
    "mean_control": 5.0,
    "sd_control": 4.0,
}


def test_mean_difference_unpooled() -> None:
    effects = compute_effects("MD", **ARMS)
    assert effects.yi == pytest.approx([8 - 5], rel=RTOL)
    assert effects.vi == pytest.approx([4 / 10 + 16 / 20], rel=RTOL)  # 0.4 + 0.8 = 1.2
    assert effects.sei == pytest.approx([math.sqrt(1.2)], rel=RTOL)
    assert effects.variance_formula.name == "LS"
    assert (effects.scale, effects.notes, effects.warnings) == ("raw", ((),), ())


def test_mean_difference_pooled() -> None:
    effects = compute_effects("MD", variance="HO", **ARMS)
    pooled = (9 * 4 + 19 * 16) / 28  # 340/28
    assert effects.vi == pytest.approx([pooled * (1 / 10 + 1 / 20)], rel=RTOL)
    assert effects.variance_formula.name == "HO"


def test_mean_difference_and_ratio_from_standard_errors_only() -> None:
    # Lee 2006, NOD/scid mice: glucose 18.34 (SE 1.12) against 27.78 (SE 2.45) mmol/L, n not printed
    lee: dict[str, Any] = {"mean_treat": 18.34, "se_treat": 1.12, "mean_control": 27.78, "se_control": 2.45}
    md = compute_effects("MD", **lee)
    assert md.yi == pytest.approx([-9.44], rel=RTOL)
    assert md.sei == pytest.approx([2.6939], abs=5e-5)  # printed with four decimals
    rom = compute_effects("ROM", bias_correction=False, **lee)
    assert rom.yi == pytest.approx([-0.41523], abs=5e-6)  # printed with five decimals
    assert rom.sei == pytest.approx([0.10727], abs=5e-6)
    corrected = compute_effects("ROM", **lee)
    bias = ((1.12 / 18.34) ** 2 - (2.45 / 27.78) ** 2) / 2
    assert corrected.yi == pytest.approx(rom.yi + bias, rel=RTOL)


def test_one_arm_by_se_and_the_other_by_sd_and_n() -> None:
    mixed = compute_effects(
        "MD", mean_treat=8, se_treat=2 / math.sqrt(10), mean_control=5, sd_control=4, n_control=20
    )
    assert mixed.vi == pytest.approx(compute_effects("MD", **ARMS).vi, rel=RTOL)


def test_normalised_mean_difference() -> None:
    # healthy 5, diseased control 25, treated 10: 15 of the 20 mmol/L are made up, 75 %
    effects = compute_effects(
        "NMD",
        n_treat=8,
        mean_treat=10,
        sd_treat=4,
        n_control=4,
        mean_control=25,
        sd_control=2,
        mean_healthy=5,
    )
    assert effects.yi == pytest.approx([75], rel=RTOL)
    assert effects.vi == pytest.approx([25 * (16 / 8 + 4 / 4)], rel=RTOL)  # (100/20)² = 25; 25·3 = 75


def test_mean_change() -> None:
    paired: dict[str, Any] = {"n": 16, "mean_post": 7, "sd_post": 3, "mean_pre": 9, "sd_pre": 4, "r": 0.5}
    effects = compute_effects("MC", **paired)
    assert effects.yi == pytest.approx([-2], rel=RTOL)
    assert effects.vi == pytest.approx([(9 + 16 - 12) / 16], rel=RTOL)  # 2·0.5·3·4 = 12


def test_hedges_correction_anchors() -> None:
    df = np.array([4, 6, 8, 10, 14, 18], dtype=float)
    anchors = [0.797885, 0.868627, 0.902703, 0.922746, 0.945288, 0.957646]
    assert hedges_correction(df) == pytest.approx(anchors, abs=PRINTED_6)
    # Γ(1)/(1·Γ(½)) = 1/√π, and Γ(3/2)/(√(3/2)·Γ(1)) = √π/(2√1.5)
    exact = [1 / math.sqrt(math.pi), math.sqrt(math.pi) / (2 * math.sqrt(1.5))]
    assert hedges_correction(np.array([2.0, 3.0])) == pytest.approx(exact, rel=RTOL)


def test_hedges_correction_ends() -> None:
    assert np.isnan(hedges_correction(np.array([0.0, 1.0]))).all()
    # J tends to 1 − 3/(4·df − 1), at a million they agree to 1e-12
    assert hedges_correction(np.array([1e6])) == pytest.approx([1 - 3 / (4e6 - 1)], abs=1e-12)


def test_hedges_correction_recurrence() -> None:
    # Γ(x+1) = xΓ(x) gives J(df)·J(df+1) = (df − 1)/√(df(df+1)), also across the change to the series
    df = np.concatenate([np.arange(2.0, 400.0), np.arange(1990.0, 2010.0), [1e5, 1e7]])
    product = hedges_correction(df) * hedges_correction(df + 1)
    # 5e-12: log-gammas of 1000 are 5905, so each difference carries up to 1e-12
    assert product == pytest.approx((df - 1) / np.sqrt(df * (df + 1)), rel=5e-12)


TWO_PAIRS: dict[str, Any] = {
    "n_treat": 2,
    "mean_treat": 3,
    "sd_treat": 1,
    "n_control": 2,
    "mean_control": 1,
    "sd_control": 1,
}


@pytest.mark.parametrize(
    ("variance", "expected"),
    [
        ("LS", 1 + 1 / (2 * math.pi)),  # 1/2 + 1/2 + g²/8, g² = 4/π
        ("LS2", 3 / (2 * math.pi)),  # J²·1 + g²/8 = 1/π + 1/(2π)
        ("UB", 1 + 4 / math.pi),  # df − 2 = 0, so 1 + g²
        ("AV", 1 + 1 / (2 * math.pi)),  # one row is its own average
    ],
)
def test_standardised_difference_by_hand(variance: str, expected: float) -> None:
    # pooled SD 1, d = 2, J(2) = 1/√π, so g = 2/√π
    effects = compute_effects("SMD", variance=variance, **TWO_PAIRS)
    assert effects.yi == pytest.approx([2 / math.sqrt(math.pi)], rel=RTOL)
    assert effects.vi == pytest.approx([expected], rel=RTOL)


def test_standardised_difference_from_a_p_value_of_the_metafor_manual() -> None:
    # metafor's manual of escalc: P = 0.018 favouring control, n = 20 and 20, gives -0.7664
    t = -float(stdtrit(38, 1 - 0.018 / 2))
    effects = compute_effects(
        "SMD",
        n_treat=20,
        mean_treat=t * math.sqrt(2 / 20),
        sd_treat=1,
        n_control=20,
        mean_control=0,
        sd_control=1,
    )
    assert effects.yi == pytest.approx([-0.766373], abs=PRINTED_6)


def test_standardised_difference_without_correction_is_cohens_d() -> None:
    effects = compute_effects("SMD", bias_correction=False, **TWO_PAIRS)
    assert effects.yi == pytest.approx([2], rel=RTOL)
    assert effects.vi == pytest.approx([1 + 4 / 8], rel=RTOL)


def test_average_variance_uses_the_n_weighted_mean_effect() -> None:
    # g = 2/√π with N = 4 and 0 with N = 12: ḡ = 4·(2/√π)/16 = 1/(2√π), ḡ² = 1/(4π)
    effects = compute_effects(
        "SMD",
        variance="AV",
        n_treat=[2, 6],
        mean_treat=[3, 1],
        sd_treat=1,
        n_control=[2, 6],
        mean_control=1,
        sd_control=1,
    )
    average = 1 / (4 * math.pi)
    assert effects.vi == pytest.approx([1 + average / 8, 1 / 3 + average / 24], rel=RTOL)


def test_large_standardised_differences_are_pointed_out() -> None:
    effects = compute_effects("SMD", **{**ARMS, "mean_treat": [8.0, 25.0], "mean_control": [5.0, 5.0]})
    assert len(effects.warnings) == 1
    assert "positions 1:" in effects.warnings[0]
    assert "standard errors" in effects.warnings[0]
    alone = compute_effects("SMD", **{**ARMS, "mean_treat": 25.0})
    assert alone.warnings == ("|SMD| > 2: check that SDs are not standard errors.",)


def test_unequal_variances_and_glass() -> None:
    # SDs 1 and 3 (root of average variance √5), difference 5, 5 per group
    arms: dict[str, Any] = {
        "n_treat": 5,
        "mean_treat": 7,
        "sd_treat": 1,
        "n_control": 5,
        "mean_control": 2,
        "sd_control": 3,
        "bias_correction": False,
    }
    smdh = compute_effects("SMDH", **arms)
    assert smdh.yi == pytest.approx([math.sqrt(5)], rel=RTOL)
    # g²(1/4 + 81/4)/(8·25) + (1/4 + 9/4)/5 = 5·20.5/200 + 0.5
    assert smdh.vi == pytest.approx([0.5125 + 0.5], rel=RTOL)
    smd1 = compute_effects("SMD1", **arms)
    assert smd1.yi == pytest.approx([5 / 3], rel=RTOL)
    assert smd1.vi == pytest.approx([0.4 + (25 / 9) / 10], rel=RTOL)
    smd1h = compute_effects("SMD1H", **arms)
    assert smd1h.vi == pytest.approx([(1 / 9) / 4 + 1 / 4 + (25 / 9) / 8], rel=RTOL)
    # on control degrees of freedom: J(4)
    corrected = compute_effects("SMD1", **{**arms, "bias_correction": True})
    assert corrected.yi == pytest.approx([0.797885 * 5 / 3], abs=2 * PRINTED_6)


def test_standardised_changes() -> None:
    paired: dict[str, Any] = {"mean_post": 12, "mean_pre": 8, "n": 3, "sd_pre": 4, "r": 0.5}
    j = math.sqrt(1 / math.pi)  # J(2)
    smcr = compute_effects("SMCR", **paired)
    assert smcr.yi == pytest.approx([j], rel=RTOL)  # 4/4 = 1
    assert smcr.vi == pytest.approx([1 / 3 + j**2 / 6], rel=RTOL)  # 2(1 − ½)/3
    ls2 = compute_effects("SMCR", variance="LS2", **paired)
    assert ls2.vi == pytest.approx([j**2 / 3 + j**2 / 6], rel=RTOL)
    smcc = compute_effects("SMCC", sd_post=4, **paired)  # SD of change √(16+16−16) = 4
    assert smcc.yi == pytest.approx([j], rel=RTOL)
    assert smcc.vi == pytest.approx([1 / 3 + j**2 / 6], rel=RTOL)
    smcrh = compute_effects("SMCRH", sd_post=4, **paired)
    assert smcrh.vi == pytest.approx([16 / (16 * 2) + j**2 / 4], rel=RTOL)


RATIO: dict[str, Any] = {
    "n_treat": 16,
    "mean_treat": 20,
    "sd_treat": 4,
    "n_control": 4,
    "mean_control": 10,
    "sd_control": 2,
}


def test_ratio_of_means() -> None:
    effects = compute_effects("ROM", **RATIO)  # (4/20)²/16 = 0.0025 and (2/10)²/4 = 0.01
    assert effects.yi == pytest.approx([math.log(2) + (0.0025 - 0.01) / 2], rel=RTOL)
    assert effects.vi == pytest.approx([0.0125], rel=RTOL)
    assert compute_effects("ROM", bias_correction=False, **RATIO).yi == pytest.approx([math.log(2)], rel=RTOL)
    pooled = (15 * 16 + 3 * 4) / 18  # 14
    ho = compute_effects("ROM", variance="HO", **RATIO)
    assert ho.vi == pytest.approx([pooled * (1 / (16 * 400) + 1 / (4 * 100))], rel=RTOL)
    av = compute_effects("ROM", variance="AV", **RATIO)
    assert av.vi == pytest.approx([0.04 / 16 + 0.04 / 4], rel=RTOL)


def test_ratio_of_means_change() -> None:
    paired: dict[str, Any] = {"n": 4, "mean_post": 20, "sd_post": 4, "mean_pre": 10, "sd_pre": 2, "r": 0.25}
    effects = compute_effects("ROMC", **paired)  # both coefficients of variation 0.2: no bias
    assert effects.yi == pytest.approx([math.log(2)], rel=RTOL)
    assert effects.vi == pytest.approx([(0.04 + 0.04 - 0.02) / 4], rel=RTOL)


def test_variability_ratios() -> None:
    vr = compute_effects("VR", n_treat=16, sd_treat=4, n_control=4, sd_control=2)
    assert vr.yi == pytest.approx([math.log(2) + 1 / 30 - 1 / 6], rel=RTOL)
    assert vr.vi == pytest.approx([1 / 30 + 1 / 6], rel=RTOL)
    cvr = compute_effects("CVR", **RATIO)
    assert cvr.yi == pytest.approx([1 / 30 - 1 / 6 - (0.0025 - 0.01) / 2], rel=RTOL)
    assert cvr.vi == pytest.approx([1 / 30 + 1 / 6 + 0.0125], rel=RTOL)
    vrc = compute_effects("VRC", n=5, sd_post=4, sd_pre=2, r=0.6)
    assert vrc.yi == pytest.approx([math.log(2)], rel=RTOL)
    assert vrc.vi == pytest.approx([0.64 / 4], rel=RTOL)
    cvrc = compute_effects("CVRC", n=4, mean_post=20, sd_post=4, mean_pre=10, sd_pre=2, r=0.25)
    assert cvrc.yi == pytest.approx([0], abs=RTOL)
    assert cvrc.vi == pytest.approx([0.9375 / 3 + 0.06 / 4], rel=RTOL)


def test_single_means() -> None:
    group: dict[str, Any] = {"n": 9, "mean": 4, "sd": 2}
    assert compute_effects("MN", **group).vi == pytest.approx([4 / 9], rel=RTOL)
    log = compute_effects("MNLN", **group)
    assert log.yi == pytest.approx([math.log(4)], rel=RTOL)
    assert log.vi == pytest.approx([0.25 / 9], rel=RTOL)
    spread = compute_effects("SDLN", n=9, sd=2)
    assert spread.yi == pytest.approx([math.log(2) + 1 / 16], rel=RTOL)
    assert spread.vi == pytest.approx([1 / 16], rel=RTOL)
