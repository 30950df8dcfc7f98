"""Body weights: insulin per day and per kilogram, doses of cells. All studies are invented."""

import math
from typing import Any

import pytest

from metamsc.dataset.rows import EffectTable
from metamsc.records.model import Study
from tests.dataset.invented import CONTROL, MSC, contrast, control, means, only, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
WEIGHS_70 = {"mean": 70.0, "unit": "kg"}


def weighing(first: dict[str, Any] | None, second: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The usual two arms with their body weights."""
    arms = [(MSC, first), (CONTROL, second or first)]
    return [arm if weight is None else {**arm, "body_weight": weight} for arm, weight in arms]


def insulin(arms: list[dict[str, Any]], printed: str = "U/day", **options: Any) -> EffectTable:
    """42 (SD 14, n 20) against 49 (SD 14, n 20)."""
    values: dict[str, Any] = {
        "msc": {"mean": 42.0, "sd": 14.0, "n": 20},
        "ctrl": {"mean": 49.0, "sd": 14.0, "n": 20},
    }
    result = {**means(**values), "outcome": "insulin_dose", "unit": printed}
    return table(study("a", result, arms=arms), outcome="insulin_dose", **options)


def test_units_per_day_become_units_per_kilogram() -> None:
    """(42 − 49)/70 = −0.1; variance 2·0.2²/20."""
    (row,) = insulin(weighing(WEIGHS_70)).rows
    assert (row.yi, row.vi) == pytest.approx((-0.1, 0.004), abs=EXACT)
    assert [(item.kind, item.imputed) for item in row.derived] == [("body-weight", False)] * 2
    assert row.derived[0].text == "U/kg/day ← U/day (body weight 70 kg) of the arm"
    assert "every member taken to have the mean body weight" in row.notes


def test_and_back() -> None:
    (row,) = insulin(weighing(WEIGHS_70), "U/kg/day", unit="U/day").rows
    assert row.yi == pytest.approx(-490.0, abs=1e-9)


def test_each_arm_by_its_own_weight() -> None:
    (row,) = insulin(weighing(WEIGHS_70, {"mean": 98.0, "unit": "kg"})).rows
    assert (row.treatment.mean, row.control.mean) == pytest.approx((0.6, 0.5), abs=EXACT)


def test_a_weight_with_its_spread_is_an_assumption() -> None:
    """0.6·√((14/42)² + (7/70)²): dose and weight taken as independent."""
    (row,) = insulin(weighing({**WEIGHS_70, "sd": 7.0})).rows
    assert row.treatment.sd == pytest.approx(0.6 * math.sqrt(1 / 9 + 0.01), rel=EXACT)
    assert row.imputed
    assert row.derived[0].text.startswith("per kg ← per person/70 kg (SD 7), delta method")


def test_weights_in_grams_and_of_all_participants() -> None:
    a = study("a", {**means(), "outcome": "insulin_dose", "unit": "U/day"})
    heavy = a.model_copy(
        update={
            "population": a.population.model_validate(  # type: ignore[union-attr] # a clinical study has one
                {"diabetes_type": "T1D", "body_weight": {"mean": 70000.0, "unit": "g"}}
            )
        }
    )
    (row,) = table(heavy, outcome="insulin_dose").rows
    assert row.treatment.mean == pytest.approx(0.1, abs=EXACT)
    assert row.derived[0].text.endswith("of all participants")


def test_without_a_weight_nothing_is_guessed() -> None:
    item = only(insulin(weighing(None)))
    assert item.code == "unit"
    assert "body_weight" in item.reason
    assert only(insulin(weighing({"mean": 70.0, "unit": "stones"}))).code == "unit"


def test_a_reported_difference_takes_one_weight() -> None:
    result = {**contrast(difference=-7.0, se=3.5), "outcome": "insulin_dose", "unit": "U/day"}
    (row,) = table(study("a", result, arms=weighing(WEIGHS_70)), outcome="insulin_dose").rows
    assert (row.yi, row.sei) == pytest.approx((-0.1, 0.05), abs=EXACT)
    assert any(item.kind == "body-weight" for item in row.derived)
    two = weighing(WEIGHS_70, {"mean": 80.0, "unit": "kg"})
    assert only(table(study("a", result, arms=two), outcome="insulin_dose")).code == "unit"


def doses(*arms: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    values = {arm["id"]: {"mean": 7.0, "sd": 1.0, "n": 10} for arm in arms}
    result = {**means(), "arms": values}
    (row,) = table(study("a", result, arms=list(arms))).rows
    return row.moderator("dose_per_kg"), row.moderator("dose_total"), row.notes


def test_doses_of_cells() -> None:
    """1e6 cells/kg twice, 60 kg: 2e6 per kg, 1.2e8 in all."""
    arm = {**treated("msc", 1e6, infusions=2), "body_weight": {"mean": 60.0, "unit": "kg"}}
    per_kg, total, notes = doses(arm, control("control"))
    assert (per_kg, total) == ("2e+06", "1.2e+08")
    assert float(total) == 1.2e8
    assert "dose_total: total dose ← 2e+06 per kg · 60 kg (body weight of the arm)" in notes


def test_doses_per_kilogram_of_an_animal() -> None:
    """5e5 cells to a mouse of 25 g: 2e7 per kg."""
    arm = {
        **treated("msc", dose=None),
        "cells": {"source": "adipose", "dose": {"value": 5e5, "unit": "cells"}},
        "body_weight": {"median": 25.0, "unit": "g"},
    }
    assert doses(arm, control("control"))[:2] == ("2e+07", "5e+05")


def test_doses_without_a_weight() -> None:
    assert doses(treated("msc", 1e6), control("control"))[:2] == ("1e+06", "")
    volume = {**treated("msc"), "cells": {"source": "adipose", "dose": {"value": 5.0, "unit": "mL"}}}
    assert doses(volume, control("control"))[:2] == ("", "")


def test_unequal_doses_of_combined_arms_are_listed_and_one_missing_leaves_none() -> None:
    low, high = treated("low", 1e6), treated("high", 2e6)
    assert doses(low, high, control("control"))[0] == "1e+06, 2e+06"
    assert doses(low, treated("high"), control("control"))[0] == ""


def test_a_dose_is_a_study_moderator_in_the_frame() -> None:
    a: Study = study("a", means())
    frame = table(a).to_frame()
    assert list(frame["dose_per_kg"]) == ["1e+06"]
