"""Several treated arms against one control. All studies are invented."""

from typing import Any

import pytest

from metamsc.dataset.describe import _doses
from metamsc.dataset.rows import EffectTable
from metamsc.records.model import Arm
from tests.dataset.invented import CONTROL, MSC, contrast, means, study, table, treated

EXACT = 1e-12  # one or two additions of numbers near 1


def two_doses(
    low: dict[str, Any] | None = None, high: dict[str, Any] | None = None, **options: Any
) -> EffectTable:
    """Arms low (7.0, SD 1, n 10) and high (6.0, SD 1, n 10) against one control (8.0, SD 1, n 20)."""
    result = means()
    result["arms"] = {
        "low": low or {"mean": 7.0, "sd": 1.0, "n": 10},
        "high": high or {"mean": 6.0, "sd": 1.0, "n": 10},
        "control": {"mean": 8.0, "sd": 1.0, "n": 20},
    }
    return table(study("a", result, arms=[treated("low", 1e6), treated("high", 2e6), CONTROL]), **options)


def test_combined_into_one_arm() -> None:
    """Mean 6.5; SD² = (9·1 + 9·1 + 10·0.5² + 10·0.5²)/19 = 23/19 by the Cochrane Handbook, table 6.5.a."""
    (row,) = two_doses().rows
    assert row.row_id == "a:low+high"
    assert (row.treatment.n, row.treatment.mean) == (20, 6.5)
    assert row.treatment.sd == pytest.approx((23 / 19) ** 0.5, abs=EXACT)
    assert row.yi == pytest.approx(-1.5, abs=EXACT)
    assert row.vi == pytest.approx(23 / 19 / 20 + 1 / 20, abs=EXACT)
    assert [item.text for item in row.derived] == [
        "n, mean, sd ← 2 arms taken as one (Cochrane Handbook table 6.5.a)"
    ]
    assert "Treated arms of one study are combined into one group." in two_doses().assumptions


def test_split_control() -> None:
    """Each arm gets half of the control: 10 of its 20 participants, with their mean and SD."""
    found = two_doses(multi_arm="split-control")
    assert [row.row_id for row in found.rows] == ["a:high", "a:low"]
    assert [row.label for row in found.rows] == ["Invented a, high", "Invented a, low"]
    assert [row.yi for row in found.rows] == pytest.approx([-2.0, -1.0], abs=EXACT)
    assert [row.vi for row in found.rows] == pytest.approx([1 / 10 + 1 / 10] * 2, abs=EXACT)
    assert {row.control.n for row in found.rows} == {10}
    assert found.assumptions[1].startswith("One study per cohort, its treated arms kept apart")
    assert found.assumptions[-1] == "A control group shared by several treated arms is divided among them."


def test_split_counts_may_be_fractions() -> None:
    result: dict[str, Any] = {"outcome": "ulcer_healing", "at": "12 weeks", "source": "paper"}
    result["arms"] = {
        "low": {"events": 5, "n": 10},
        "high": {"events": 6, "n": 10},
        "control": {"events": 3, "n": 9},
    }
    arms = [treated("low"), treated("high"), CONTROL]
    found = table(study("a", result, arms=arms), outcome="ulcer_healing", multi_arm="split-control")
    assert {(row.control.events, row.control.n) for row in found.rows} == {(1.5, 4.5)}
    # RR of low: (5/10)/(1.5/4.5), variance 1/5 − 1/10 + 1/1.5 − 1/4.5
    low = next(row for row in found.rows if row.row_id == "a:low")
    assert low.vi == pytest.approx(1 / 5 - 1 / 10 + 1 / 1.5 - 1 / 4.5, abs=EXACT)


def test_highest_dose() -> None:
    found = two_doses(multi_arm="highest-dose")
    assert [row.row_id for row in found.rows] == ["a:high"]
    assert [(i.code, i.reason) for i in found.excluded] == [
        ("cohort", "low and high share one control; used: high, the higher dose")
    ]


def highest(*arms: dict[str, Any]) -> tuple[str, str]:
    """The arm that stands for a study of two, and why."""
    result = means()
    result["arms"] = {
        **{arm["id"]: {"mean": 7.0, "sd": 1.0, "n": 10} for arm in arms},
        "control": {"mean": 8.0, "sd": 1.0, "n": 10},
    }
    found = table(study("a", result, arms=[*arms, CONTROL]), multi_arm="highest-dose")
    return found.rows[0].treatment.label, found.excluded[0].reason.rpartition(", ")[2]


def test_the_dose_is_that_of_all_infusions() -> None:
    assert highest(treated("once", 3e6), treated("twice", 2e6, infusions=2)) == ("twice", "the higher dose")


def test_doses_that_cannot_be_compared_leave_the_first_listed() -> None:
    in_all = treated("b")
    in_all["cells"]["dose"] = {"value": 5e7, "unit": "cells"}
    assert highest(treated("a", 1e6), in_all) == ("a", "listed first")
    assert highest(treated("a"), treated("b")) == ("a", "listed first")
    assert highest(treated("a", 1e6), treated("b")) == ("a", "listed first")
    assert highest(treated("a", 1e6), treated("b", 1e6)) == ("a", "listed first")


@pytest.mark.parametrize("broken", ["low", "high"])
def test_an_arm_without_spread_does_not_take_the_other_with_it(broken: str) -> None:
    """Whichever is listed first; and the control is divided only among arms that are used."""
    bare = {broken: {"mean": 7.0, "n": 10}}
    found = two_doses(**bare, multi_arm="split-control")
    (row,) = found.rows
    assert row.treatment.arms == (("high",) if broken == "low" else ("low",))
    assert row.control.n == 20
    assert [(i.code, i.reason) for i in found.excluded] == [
        ("no-spread", f"{broken}: mean without any measure of spread")
    ]


def test_combining_needs_every_arm() -> None:
    (left_out,) = two_doses(low={"mean": 7.0, "se": 0.3}).excluded
    assert (left_out.code, left_out.reason) == ("no-n", "arms cannot be combined without n and SD of each")


def test_reported_contrasts_with_one_control_are_never_added_up() -> None:
    """Two doses against one placebo, only differences printed: the higher dose stands for the study."""
    arms = [treated("low", 1e6), treated("high", 2e6), CONTROL]
    results = [
        contrast(treatment=name, difference=value, se=0.25) for name, value in (("low", -0.1), ("high", -0.3))
    ]
    for rule in ("combine", "split-control", "highest-dose"):
        found = table(study("a", *results, arms=arms), multi_arm=rule)
        assert [row.yi for row in found.rows] == [-0.3]
        assert [i.reason for i in found.excluded] == [
            "low and high share one control; used: high, the higher dose"
        ]


def test_arms_in_separate_results_are_not_called_a_higher_dose() -> None:
    low, high = means(), means()
    low["arms"] = {"low": {"mean": 7.0, "sd": 1.0, "n": 10}, "control": low["arms"]["control"]}
    high["arms"] = {"high": {"mean": 6.0, "sd": 1.0, "n": 10}, "control": high["arms"]["control"]}
    arms = [treated("low", 1e6), treated("high", 2e6), CONTROL]
    (left_out,) = table(study("a", low, high, arms=arms)).excluded
    assert left_out.reason == "high and low share one control; used: low, listed first"


def test_labels_are_unique_whatever_arms_and_studies_are_called() -> None:
    twins = [study(name, means(), label="Invented twin") for name in ("b", "a")]
    assert [row.label for row in table(*twins).rows] == ["Invented twin (a)", "Invented twin (b)"]
    same_arms = [{**treated(name), "label": "MSC"} for name in ("low", "high")]
    result = means()
    result["arms"] = {name: {"mean": 7.0, "sd": 1.0, "n": 10} for name in ("low", "high", "control")}
    found = table(study("a", result, arms=[*same_arms, CONTROL]), multi_arm="split-control")
    assert [row.label for row in found.rows] == ["Invented a [high]", "Invented a [low]"]
    assert len({row.row_id for row in found.rows}) == 2


def test_one_arm_needs_no_name() -> None:
    assert table(study("a", means(), arms=[MSC, CONTROL])).rows[0].label == "Invented a"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"dose": {"value": 1.1e6, "unit": "cells/kg"}, "infusions": 1}, "1.1×10⁶ cells/kg"),
        ({"dose": {"value": 2e8, "unit": "cells"}, "infusions": 3}, "2×10⁸ cells × 3"),
        ({"dose": {"value": 0.5, "unit": "mg/kg"}}, "0.5 mg/kg"),
        ({"dose": {"range": [2.1e6, 3.6e6], "unit": "cells/kg"}}, "2.1×10⁶ to 3.6×10⁶ cells/kg"),
        ({"infusions": 2}, "2 infusions"),
        ({}, ""),
    ],
)
def test_the_dose_is_said_as_recorded(cells: dict[str, object], said: str) -> None:
    arm = Arm.model_validate({"id": "msc", "role": "treatment", "cells": {"source": "adipose", **cells}})
    assert _doses((arm, arm)) == said
