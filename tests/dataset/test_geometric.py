"""Geometric means. All studies are invented but for the Cochrane Handbook's titres."""

import math
from typing import Any

import pytest

from metamsc.dataset.rows import EffectTable
from tests.dataset.invented import control, means, only, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
PRINTED_2 = 5e-3  # published with two decimals


def glucose(msc: dict[str, Any], ctrl: dict[str, Any], **options: Any) -> EffectTable:
    """Fasting glucose in mmol/L."""
    result = {**means(msc=msc, ctrl=ctrl), "outcome": "fasting_glucose", "unit": "mmol/L"}
    return table(study("a", result), outcome="fasting_glucose", **options)


TREATED = {"geometric_mean": 6.0, "geometric_sd": 1.5, "n": 10}
UNTREATED = {"geometric_mean": 8.0, "geometric_sd": 1.25, "n": 20}


def test_a_ratio_of_geometric_means_is_algebra() -> None:
    """ln(6/8); variance ln(1.5)²/10 + ln(1.25)²/20."""
    (row,) = glucose(TREATED, UNTREATED, measure="ROM", as_reported_only=True).rows
    assert row.yi == pytest.approx(math.log(0.75), abs=EXACT)
    assert row.vi == pytest.approx(math.log(1.5) ** 2 / 10 + math.log(1.25) ** 2 / 20, abs=EXACT)
    assert row.treatment.mean == pytest.approx(6.0, abs=EXACT)
    assert row.treatment.sd is None
    assert {item.kind for item in row.derived} == {"geometric"}
    assert "ratio of geometric means" in row.notes


def test_the_cochrane_handbooks_titres() -> None:
    """Handbook 5.1, 7.7.3.4 (MacLennan 2000): 24 (17 to 34) and 4.2 (3.9 to 4.6), logs 3.18 and 1.44."""
    first = {"geometric_mean": 24.0, "ci": [17.0, 34.0], "n": 30}
    second = {"geometric_mean": 4.2, "ci": [3.9, 4.6], "n": 30}
    (row,) = glucose(first, second, measure="ROM").rows
    assert row.yi == pytest.approx(3.18 - 1.44, abs=2 * PRINTED_2)
    t29 = 2.045229642132703  # 0.975 quantile of Student's t on 29 df
    halves = (3.53 - 2.83) / 2, (1.53 - 1.36) / 2  # half-widths of the printed log intervals
    assert row.sei == pytest.approx(math.hypot(*halves) / t29, abs=PRINTED_2)
    assert not row.imputed


def test_a_mean_difference_takes_them_as_log_normal() -> None:
    """Mean exp(ln 6 + σ²/2), SD mean·√(exp σ² − 1) with σ = ln 1.5 (Higgins 2008)."""
    found = glucose(TREATED, UNTREATED)
    (row,) = found.rows
    sigma = math.log(1.5)
    assert row.treatment.mean == pytest.approx(6 * math.exp(sigma**2 / 2), rel=EXACT)
    assert row.treatment.sd == pytest.approx((row.treatment.mean or 0) * math.sqrt(math.expm1(sigma**2)))
    assert row.imputed
    assert "Values behind geometric means are taken as log-normal." in found.assumptions
    assert only(glucose(TREATED, UNTREATED, as_reported_only=True)).code == "imputed"


def test_one_geometric_and_one_arithmetic_mean_give_a_ratio_by_assumption() -> None:
    (row,) = glucose(TREATED, {"mean": 8.0, "sd": 1.0, "n": 20}, measure="ROM").rows
    assert row.imputed
    assert row.treatment.sd is not None


def test_units_of_one_zero_keep_the_ratio_and_others_do_not() -> None:
    """108.0936 mg/dL is 6 mmol/L; HbA1c in mmol/mol and in % have different zeros (Higgins 2008 then)."""
    in_mg = {**means(msc=TREATED, ctrl=UNTREATED), "outcome": "fasting_glucose", "unit": "mg/dL"}
    (row,) = table(study("a", in_mg), outcome="fasting_glucose", measure="ROM").rows
    assert row.yi == pytest.approx(math.log(0.75), abs=EXACT)
    assert row.treatment.mean == pytest.approx(6 / 18.0156, rel=1e-6)
    in_mol = {**means(msc=TREATED, ctrl=UNTREATED), "unit": "mmol/mol"}
    (row,) = table(study("a", in_mol), measure="ROM").rows
    assert row.imputed
    assert row.treatment.sd is not None


def test_several_arms_are_combined_on_the_log_scale() -> None:
    """Log means 0 and ln 4, SDs 0.5, n 4 each: mean ln 2, SD √((2·3·0.25 + 8·(ln 2)²)/7)."""
    factor = math.exp(0.5)
    values = {
        "low": {"geometric_mean": 1.0, "geometric_sd": factor, "n": 4},
        "high": {"geometric_mean": 4.0, "geometric_sd": factor, "n": 4},
        "placebo": {"geometric_mean": 1.0, "geometric_sd": factor, "n": 4},
    }
    arms = [treated("low"), treated("high"), control("placebo")]
    result = {**means(), "outcome": "fasting_glucose", "unit": "mmol/L", "arms": values}
    (row,) = table(study("a", result, arms=arms), outcome="fasting_glucose", measure="ROM").rows
    assert row.yi == pytest.approx(math.log(2), abs=EXACT)
    variance = (2 * 3 * 0.25 + 8 * math.log(2) ** 2) / 7
    assert row.vi == pytest.approx(variance / 8 + 0.25 / 4, abs=EXACT)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"geometric_mean": 6.0, "n": 10}, "no-spread"),
        ({"geometric_mean": 6.0, "geometric_sd": 1.5}, "no-n"),
        ({"geometric_mean": 6.0, "ci": [7.0, 8.0], "n": 10}, "not-computable"),
    ],
)
def test_geometric_means_that_cannot_be_used(value: dict[str, Any], code: str) -> None:
    assert only(glucose(value, UNTREATED, measure="ROM")).code == code
    assert only(glucose(value, UNTREATED)).code == code
