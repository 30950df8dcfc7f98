"""The registry: what each measure says of itself, back-transformations, and the public names."""

from __future__ import annotations

import math

import numpy as np
import pytest

import metamsc.effects
from metamsc.effects import MEASURES, back_transform, compute_effects, find_measure
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
REQUIRED = ("MD", "SMD", "ROM", "RR", "OR", "RD")


def test_public_names() -> None:
    assert metamsc.effects.__all__ == [
        "MEASURES",
        "ContrastEffect",
        "Effects",
        "Measure",
        "VarianceFormula",
        "back_transform",
        "compute_effects",
        "effect_from_contrast",
        "find_measure",
    ]


def test_required_measures() -> None:
    assert set(REQUIRED) <= set(MEASURES)
    assert [name for name, measure in MEASURES.items() if measure.name != name] == []


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_described(name: str) -> None:
    measure = MEASURES[name]
    assert measure.label
    assert measure.formula
    assert measure.precision_axis in {"se", "1/sqrt(n)"}
    codes = [formula.name for formula in measure.variances]
    assert len(codes) == len(set(codes))
    assert all(formula.text and formula.source for formula in measure.variances)
    assert (measure.compute is None) == (not measure.variances) == (not measure.inputs)


def test_ratios_and_precision_axes() -> None:
    ratios = {name for name, measure in MEASURES.items() if measure.is_ratio}
    assert {"ROM", "RR", "OR", "HR", "IRR", "PETO"} <= ratios
    assert not {"MD", "SMD", "RD", "PLN"} & ratios
    by_n = {name for name, measure in MEASURES.items() if measure.precision_axis == "1/sqrt(n)"}
    assert {"SMD", "SMDH", "SMD1"} <= by_n
    assert not {"MD", "ROM", "RR"} & by_n


def test_an_unknown_measure_lists_all() -> None:
    with pytest.raises(OptionError) as caught:
        find_measure("RATIO")
    assert all(repr(name) in str(caught.value) for name in MEASURES)
    assert "'RATIO'" in str(caught.value)


def test_back_transformations() -> None:
    assert back_transform("RR", [0.0, math.log(2)]) == pytest.approx([1, 2], rel=RTOL)
    assert back_transform("MD", [-3.5]) == pytest.approx([-3.5], rel=RTOL)
    assert back_transform("ZCOR", math.log(3) / 2) == pytest.approx(0.5, rel=RTOL)
    assert back_transform("PLO", -math.log(3)) == pytest.approx(0.25, rel=RTOL)
    assert back_transform("PAS", [math.pi / 6, -0.1]) == pytest.approx([0.25, 0], rel=RTOL)
    assert back_transform("IRS", [0.3, -0.1]) == pytest.approx([0.09, 0], rel=RTOL)


def test_double_arcsine_inverts_at_its_n() -> None:
    x, n = np.arange(0, 13), 12
    effects = compute_effects("PFT", events=x, n=n)
    # 1e-7: at 0 and n the inverse is a square root of a rounding error
    assert back_transform("PFT", effects.yi, size=n) == pytest.approx(x / n, abs=1e-7)
    assert back_transform("PFT", [-0.5, 3.0], size=n).tolist() == [0.0, 1.0]


def test_freeman_tukey_rate_inverts_at_its_time() -> None:
    x, time = np.arange(0, 9), 50.0
    effects = compute_effects("IRFT", events=x, time=time, undefined="missing")
    assert back_transform("IRFT", effects.yi, size=time) == pytest.approx(x / time, abs=1e-12)


def test_size_is_asked_for_only_where_it_is_used() -> None:
    with pytest.raises(InputError, match="PFT needs size"):
        back_transform("PFT", 0.3)
    with pytest.raises(InputError, match="RR does not use size"):
        back_transform("RR", 0.3, size=10)
