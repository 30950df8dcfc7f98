"""Doses per kilogram and per person: hand arithmetic, agreement with the unit table, simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.effects.recover_doses import dose_per_kg, per_kg_from_total, total_dose, total_from_per_kg
from metamsc.errors import InputError
from metamsc.outcomes.units import convert

RTOL = 1e-12  # closed forms
SIMULATED = 0.02  # 200,000 draws give an SD to 0.2 %; the delta method leaves out 1 % at CVs of 0.1


def test_cell_doses() -> None:
    # 1.1 million cells/kg in recipients of 60 kg: 66 million
    total = total_dose(1.1e6, 60)
    assert total.value == pytest.approx(66e6, rel=RTOL)
    assert not total.imputed
    assert total.derivation == "total dose ← 1.1e+06 per kg · 60 kg"
    assert dose_per_kg(66e6, 60).value == pytest.approx(1.1e6, rel=RTOL)
    mouse = dose_per_kg(5e5, 0.025, weight_reported=False)
    assert mouse.value == pytest.approx(2e7, rel=RTOL)
    assert mouse.imputed
    assert mouse.derivation.endswith("(weight not of this study)")


def test_insulin_at_one_fixed_weight_is_a_change_of_unit() -> None:
    # 42 U/day (SD 14) at 70 kg: 0.6 (0.2) U/kg/day
    recovered = per_kg_from_total(42, 14, 20, weight=70)
    assert recovered.value.mean == pytest.approx(0.6, rel=RTOL)
    assert recovered.value.sd == pytest.approx(0.2, rel=RTOL)
    assert not recovered.imputed
    assert recovered.notes == ("every member taken to have the mean body weight",)
    back = total_from_per_kg(0.6, 0.2, 20, weight=70)
    assert (back.value.mean, back.value.sd) == pytest.approx((42, 14), rel=RTOL)
    assert not back.imputed


def test_agrees_with_the_unit_table() -> None:
    mean = convert(42, "insulin_dose", "U/day", "U/kg/day", body_weight=70)
    sd = convert(14, "insulin_dose", "U/day", "U/kg/day", kind="difference", body_weight=70)
    recovered = per_kg_from_total(42, 14, 20, weight=70).value
    assert (recovered.mean, recovered.sd) == pytest.approx((mean.value, sd.value), rel=RTOL)


def test_varying_weights_by_hand() -> None:
    # 42 (14) over 70 (7): (42/70)·√(1/9 + 1/100) = 0.6·√(109/900)
    recovered = per_kg_from_total(42, 14, 20, weight=70, sd_weight=7)
    assert recovered.value.mean == pytest.approx(0.6, rel=RTOL)
    assert recovered.value.sd == pytest.approx(0.6 * math.sqrt(109 / 900), rel=RTOL)
    assert recovered.imputed
    # 0.6 (0.2) times 70 (7), r = ½: mean 42 + 0.7; SD √(14² + 4.2² + 14·4.2)
    total = total_from_per_kg(0.6, 0.2, 20, weight=70, sd_weight=7, r=0.5)
    assert total.value.mean == pytest.approx(42.7, rel=RTOL)
    assert total.value.sd == pytest.approx(math.sqrt(196 + 17.64 + 58.8), rel=RTOL)
    assert total.imputed
    assert "r = 0.5 assumed" in total.derivation


def test_weights_that_vary_a_lot_are_pointed_out() -> None:
    recovered = per_kg_from_total(42, 14, 20, weight=70, sd_weight=21)
    assert recovered.notes == ("body weight varies by 30% of its mean: the SD by the delta method is rough",)


def test_against_simulated_persons() -> None:
    draws = np.random.default_rng(7).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=200_000)
    dose, weight = 42 + 8.4 * draws[:, 0], 70 + 7 * draws[:, 1]
    recovered = per_kg_from_total(42, 8.4, 20, weight=70, sd_weight=7, r=0.5).value
    assert recovered.sd == pytest.approx(float((dose / weight).std()), rel=SIMULATED)
    product = total_from_per_kg(42, 8.4, 20, weight=70, sd_weight=7, r=0.5).value
    assert product.mean == pytest.approx(float((dose * weight).mean()), rel=SIMULATED)
    assert product.sd == pytest.approx(float((dose * weight).std()), rel=SIMULATED)


def test_refusals() -> None:
    with pytest.raises(InputError, match="weight must be > 0 and < 1000; got 70000"):
        total_dose(1e6, 70_000)
    with pytest.raises(InputError, match="per_kg must be > 0; got 0"):
        total_dose(0, 70)
    with pytest.raises(InputError, match="sd must be >= 0; got -1"):
        per_kg_from_total(42, -1, 20, weight=70)
    with pytest.raises(InputError, match=r"r = 0\.5 needs sd_weight"):
        total_from_per_kg(0.6, 0.2, 20, weight=70, r=0.5)
