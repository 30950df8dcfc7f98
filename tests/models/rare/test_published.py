"""Printed results: Rothman et al. 2008 (chapter 15), Yusuf et al. 1985 (Table 6), Stijnen et al. 2010.

Each number is what is printed; where the print differs in its last digit, the note says so.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from metamsc.models.rare.glmm import fit_glmm
from metamsc.models.rare.mantel_haenszel import mantel_haenszel
from metamsc.models.rare.peto import peto

# The counts are those of the reference files, which name their sources.
DATA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "reference" / "data" / "rare_counts.json").read_text(encoding="utf-8")
)["data"]
_NAMES = {
    "ai": "events_treat", "n1i": "n_treat", "ci": "events_control", "n2i": "n_control",
    "x1i": "events_treat", "t1i": "time_treat", "x2i": "events_control", "t2i": "time_control",
}  # fmt: skip


def counts(name: str) -> dict[str, Any]:
    return {_NAMES[column]: values for column, values in DATA[name].items()}


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_rothman_table_15_1_tolbutamide() -> None:
    data = counts("tolbutamide")
    difference = mantel_haenszel("RD", **data, level=0.90)
    assert difference.ci is not None
    assert round(difference.estimate or 0.0, 3) == 0.035
    # Printed -0.018 to 0.088: their variance is that of Greenland & Robins (1985), ours of Sato et al.
    assert (round(difference.ci.low, 3), round(difference.ci.high, 3)) == (-0.018, 0.087)
    ratio = mantel_haenszel("RR", **data, level=0.90)
    assert ratio.ci is not None
    assert round(math.exp(ratio.estimate or 0.0), 2) == 1.33
    assert (round(math.exp(ratio.ci.low), 2), round(math.exp(ratio.ci.high), 2)) == (0.87, 2.03)
    odds = mantel_haenszel("OR", **data, level=0.90, correct=False)
    assert odds.ci is not None
    assert round(math.exp(odds.estimate or 0.0), 2) == 1.40
    assert (round(math.exp(odds.ci.low), 2), round(math.exp(odds.ci.high), 2)) == (0.84, 2.34)


def test_rothman_table_15_2_smoking() -> None:
    data = counts("smoking")  # person-time in 10,000 years
    ratio = mantel_haenszel("IRR", **data, level=0.90)
    assert ratio.ci is not None
    assert round(math.exp(ratio.estimate or 0.0), 2) == 1.42
    assert (round(math.exp(ratio.ci.low), 2), round(math.exp(ratio.ci.high), 2)) == (1.19, 1.70)
    difference = mantel_haenszel("IRD", **data, level=0.90)
    assert difference.ci is not None
    assert round(difference.estimate or 0.0, 2) == 11.44
    assert (round(difference.ci.low, 2), round(difference.ci.high, 2)) == (6.35, 16.53)
    conditional = fit_glmm("IRR", **data, model="CM.EL", tau2_method="EE")
    assert round(math.exp(conditional.estimate), 2) == 1.43


def test_rothman_table_15_5_spermicide() -> None:
    data = counts("spermicide")
    odds = mantel_haenszel("OR", **data, level=0.90)
    assert odds.ci is not None
    assert round(math.exp(odds.estimate or 0.0), 2) == 3.78
    assert (round(math.exp(odds.ci.low), 2), round(math.exp(odds.ci.high), 1)) == (1.43, 10.0)
    unconditional = fit_glmm("OR", **data, tau2_method="EE", level=0.90)
    assert round(math.exp(unconditional.estimate), 2) == 3.79
    conditional = fit_glmm("OR", **data, model="CM.EL", tau2_method="EE", level=0.90)
    assert round(math.exp(conditional.estimate), 2) == 3.76


def test_yusuf_table_6_beta_blockers() -> None:
    result = peto(**counts("beta"))
    assert result.ci is not None
    # Page 107: typical odds ratio 0.93 (0.74 to 1.18).
    assert round(math.exp(result.estimate or 0.0), 2) == 0.93
    assert (round(math.exp(result.ci.low), 2), round(math.exp(result.ci.high), 2)) == (0.74, 1.18)
    assert result.n_double_zero == 3


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2", "risk", "interval"),
    [
        ("control", -3.50, 0.26, 0.81, 0.029, (0.018, 0.048)),
        ("treat", -4.81, 0.36, 0.83, 0.008, (0.004, 0.016)),
    ],
)
def test_stijnen_table_2(
    arm: str, estimate: float, se: float, tau2: float, risk: float, interval: tuple[float, float]
) -> None:
    data = counts("catheter")
    result = fit_glmm("PLO", events=data[f"events_{arm}"], n=data[f"n_{arm}"])
    assert (round(result.estimate, 2), round(result.se, 2), round(result.tau2, 2)) == (estimate, se, tau2)
    assert round(logistic(result.estimate), 3) == risk
    assert (round(logistic(result.ci.low), 3), round(logistic(result.ci.high), 3)) == interval


@pytest.mark.parametrize(
    ("model", "estimate", "se", "tau"),
    # Printed tau of the approximate model: 0.77.
    [("CM.EL", -1.353, 0.351, 0.83), ("CM.AL", -1.303, 0.339, 0.78)],
)
def test_stijnen_table_3(model: str, estimate: float, se: float, tau: float) -> None:
    result = fit_glmm("OR", **counts("catheter"), model=model, n_quadrature=21)
    assert (round(result.estimate, 3), round(result.se, 3)) == (estimate, se)
    assert round(math.sqrt(result.tau2), 2) == tau


@pytest.mark.parametrize(
    ("arm", "estimate", "se", "tau2"),
    # Printed: tau2 0.316 of the controls, estimate 0.850 of the treated.
    [("control", 1.401, 0.231, 0.317), ("treat", 0.849, 0.330, 0.654)],
)
def test_stijnen_table_7(arm: str, estimate: float, se: float, tau2: float) -> None:
    data = counts("lock")  # person-time in 1,000 days
    result = fit_glmm("IRLN", events=data[f"events_{arm}"], time=data[f"time_{arm}"])
    assert (round(result.estimate, 3), round(result.se, 3), round(result.tau2, 3)) == (estimate, se, tau2)


def test_stijnen_table_8() -> None:
    result = fit_glmm("IRR", **counts("lock"), model="CM.EL")
    assert (round(result.estimate, 3), round(result.se, 3)) == (-0.476, 0.238)
    assert round(math.sqrt(result.tau2), 2) == 0.35
    assert round(math.exp(result.estimate), 2) == 0.62
    assert (round(math.exp(result.ci.low), 2), round(math.exp(result.ci.high), 2)) == (0.39, 0.99)
