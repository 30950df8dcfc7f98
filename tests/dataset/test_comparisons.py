"""Which studies, products and controls are compared. All studies are invented."""

from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.dataset.selection import Selection
from metamsc.errors import OptionError
from tests.dataset.invented import CONTROL, MSC, contrast, control, means, only, study, table, treated

THREE = {"msc": {"mean": 7.0, "sd": 1.0, "n": 10}}


def three_armed(*controls: dict[str, Any]) -> dict[str, Any]:
    """A result with one treated arm and the given controls at 8.0, 8.1, 8.2, in their order."""
    values = {arm["id"]: {"mean": 8.0 + i / 10, "sd": 1.0, "n": 10} for i, arm in enumerate(controls)}
    return {**means(), "arms": {**THREE, **values}}


def test_a_single_arm_is_never_pooled_with_controlled_studies() -> None:
    before_after = study("a", {**means(), "arms": THREE}, arms=[MSC], design="single-arm")
    found = table(before_after, study("b", means()))
    assert [row.study_id for row in found.rows] == ["b"]
    assert [(item.code, item.reason) for item in found.excluded] == [
        ("design", "one group, before and after: its change over time is not a controlled difference")
    ]
    # not even with a control that the design cannot have
    assert only(table(study("c", means(), design="single-arm"))).code == "design"


def test_a_plan_cannot_ask_for_single_arms() -> None:
    with pytest.raises(ValidationError, match="single-arm has no control group"):
        Selection.model_validate({"outcome": "hba1c", "designs": ["rct-parallel", "single-arm"]})


def test_designs_asked_for() -> None:
    found = table(
        study("a", means()), study("b", means(), design="nonrandomised-controlled"), designs=["rct-parallel"]
    )
    assert [row.study_id for row in found.rows] == ["a"]
    assert found.excluded[0].reason == "concurrent control group, not randomised; the plan takes rct-parallel"


def test_study_left_out_by_name() -> None:
    found = table(
        study("a", means()),
        study("b", means()),
        exclude=[{"study": "a", "reason": "the invented authors withdrew it"}],
    )
    assert [row.study_id for row in found.rows] == ["b"]
    assert [(i.code, i.reason) for i in found.excluded] == [("by-plan", "the invented authors withdrew it")]


def test_controls_by_preference_of_the_plan_not_by_place() -> None:
    arms = [
        control("usual", "standard-care"),
        MSC,
        control("dummy", "placebo"),
        control("drug", "active-drug"),
    ]
    result = three_armed(arms[0], arms[2], arms[3])
    assert table(study("a", result, arms=arms)).rows[0].control.arms == ("dummy",)
    chosen = table(study("a", result, arms=arms), control=["active-drug", "standard-care"])
    assert chosen.rows[0].control.arms == ("drug",)
    assert chosen.rows[0].yi == pytest.approx(7.0 - 8.2, abs=1e-12)


def test_first_listed_of_equal_controls() -> None:
    arms = [MSC, control("first"), control("second")]
    assert table(study("a", three_armed(*arms[1:]), arms=arms)).rows[0].control.arms == ("first",)


def test_a_control_that_the_plan_does_not_allow_is_named() -> None:
    arms = [MSC, control("drug", "active-drug")]
    left_out = only(table(study("a", three_armed(arms[1]), arms=arms)))
    assert left_out.code == "no-control"
    assert left_out.reason.startswith("the plan does not allow its control: drug (a drug that")


def test_an_allowed_control_without_a_value_is_not_a_forbidden_one() -> None:
    left_out = only(table(study("a", {**means(), "arms": THREE})))
    assert (left_out.code, left_out.reason) == ("no-value", "no value of the control arm control")


def test_the_next_control_stands_in_for_one_without_a_value() -> None:
    arms = [MSC, control("dummy"), control("usual", "standard-care")]
    found = table(study("a", three_armed(arms[2]), arms=arms))
    assert found.rows[0].control.arms == ("usual",)


def test_no_control_arm_at_all() -> None:
    arms = [MSC, treated("other")]
    left_out = only(table(study("a", {**means(), "arms": THREE}, arms=arms, design="rct-active")))
    assert (left_out.code, left_out.reason) == ("no-control", "the record has no control arm")


def test_a_treated_arm_without_a_value() -> None:
    result = {**means(), "arms": {"control": {"mean": 8.0, "sd": 1.0, "n": 10}}}
    assert only(table(study("a", result))).reason == "no value of a treated arm"


def test_comparator_arms_join_only_when_asked_for() -> None:
    """An arm with other cells is a comparator; without `comparator` it got other cells."""
    cells = {
        "id": "mnc",
        "role": "comparator",
        "cells": {"source": "bone-marrow", "product": "mononuclear-cells", "msc": False},
    }
    arms = [MSC, cells]
    result = three_armed(cells)
    assert only(table(study("a", result, arms=arms))).reason == (
        "the plan does not allow its control: mnc (another cell product)"
    )
    assert table(study("a", result, arms=arms), control=["other-cells"]).rows[0].control.arms == ("mnc",)


def test_healthy_arms_are_no_control() -> None:
    healthy = {"id": "healthy", "role": "healthy"}
    found = table(study("a", three_armed(CONTROL, healthy), arms=[MSC, healthy, CONTROL]))
    assert found.rows[0].control.arms == ("control",)


NOT_MSC = treated("msc", product="mononuclear-cells", msc=False)


def test_products_that_are_not_msc_are_a_contrast() -> None:
    plain, other = study("a", means()), study("b", means(), arms=[NOT_MSC, CONTROL])
    default = table(plain, other)
    assert [row.study_id for row in default.rows] == ["a"]
    assert [(i.code, i.reason) for i in default.excluded] == [
        ("not-msc", "not an MSC product (bone-marrow or blood mononuclear cells)")
    ]
    assert [row.study_id for row in table(plain, other, treatment={"msc": "none"}).rows] == ["b"]
    assert [row.study_id for row in table(plain, other, treatment={"msc": "any"}).rows] == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"products": ["exosomes"]}, "product cells; the plan takes exosomes"),
        ({"sources": ["adipose", "placenta"]}, "source umbilical-cord; the plan takes adipose, placenta"),
        ({"donors": "autologous"}, "donor not-reported; the plan takes autologous"),
    ],
)
def test_products_sources_and_donors_asked_for(rule: dict[str, Any], reason: str) -> None:
    rule = {key: [value] if isinstance(value, str) else value for key, value in rule.items()}
    left_out = only(table(study("a", means()), treatment=rule))
    assert (left_out.code, left_out.reason) == ("not-msc", reason)


def test_only_the_fitting_arms_of_a_study_are_combined() -> None:
    arms = [MSC, treated("fat", source="adipose"), CONTROL]
    result = means()
    result["arms"] = {**result["arms"], "fat": {"mean": 5.0, "sd": 1.0, "n": 10}}
    assert table(study("a", result, arms=arms)).rows[0].treatment.arms == ("msc", "fat")
    chosen = table(study("a", result, arms=arms), treatment={"sources": ["adipose"]}).rows[0]
    assert (chosen.treatment.arms, chosen.treatment.mean) == (("fat",), 5.0)


def test_co_interventions() -> None:
    helped = study("a", means(), arms=[treated("msc", co_intervention="vitamin D"), CONTROL])
    row = table(helped).rows[0]
    assert row.moderator("co_intervention") == "vitamin D"
    assert table(study("b", means())).rows[0].moderator("co_intervention") == "none"
    left_out = only(table(helped, treatment={"co_interventions": "exclude"}))
    assert (left_out.code, left_out.reason) == ("co-intervention", "treated arm also got vitamin D")


def test_unpublished_trials() -> None:
    hidden = study("a", means(), publication="unpublished")
    assert table(hidden).k == 1
    assert only(table(hidden, unpublished="exclude")).code == "unpublished"


@pytest.mark.parametrize(
    ("part", "code", "reason"),
    [
        (
            {"pool": False, "note": "the arms differ at baseline"},
            "not-for-pooling",
            "the arms differ at baseline",
        ),
        ({"subgroup": "women"}, "subgroup", "only a part of the participants: women"),
        ({"post_hoc": True, "note": "cut-off found in the data"}, "post-hoc", "cut-off found in the data"),
        ({"post_hoc": True}, "post-hoc", "grouping chosen after the outcome was seen"),
    ],
)
def test_results_that_are_kept_out(part: dict[str, Any], code: str, reason: str) -> None:
    left_out = only(table(study("a", means(**part))))
    assert (left_out.code, left_out.reason) == (code, reason)


def test_a_plan_may_take_post_hoc_groups_but_no_subgroup() -> None:
    assert table(study("a", means(post_hoc=True)), post_hoc="include").k == 1
    assert table(study("a", means(subgroup="women")), post_hoc="include").k == 0


def test_definition() -> None:
    """The definition asked for is found in any case; another one is left out with a reason, not dropped."""
    found = table(
        study("a", means(definition="HbA1c by HPLC")),
        study("b", means(definition="point of care")),
        study("c", means()),
        definition="hplc",
    )
    assert [row.study_id for row in found.rows] == ["a"]
    assert [(item.study_id, item.code, item.reason) for item in found.excluded] == [
        ("b", "definition", "its definition does not say 'hplc': point of care"),
        ("c", "definition", "its definition does not say 'hplc': none given"),
    ]


def test_several_results_at_one_time_the_first_listed() -> None:
    first, second = means(definition="one"), means(definition="two")
    found = table(study("a", first, second))
    assert [row.definition for row in found.rows] == ["one"]
    assert [(i.code, i.reason) for i in found.excluded] == [
        ("cohort", "another result of the same participants at 12 months is used")
    ]


def test_kinds_of_numbers_by_preference() -> None:
    change = means(msc={"change": -1.0, "sd": 0.5, "n": 10}, ctrl={"change": 0.0, "sd": 0.5, "n": 10})
    reported = contrast(difference=-0.9, se=0.2)
    both = study("a", change, reported, means())
    assert table(both).rows[0].value == "final"
    assert table(both, values=["change", "final"]).rows[0].value == "change"
    assert table(both, values=["contrast"]).rows[0].value == "contrast"
    refused = [item for item in table(both, values=["contrast"]).excluded if item.code == "measure"]
    assert [item.reason for item in refused] == [
        "a change value, and the plan does not take those",
        "a final value, and the plan does not take those",
    ]


def test_arms_with_different_kinds_of_numbers() -> None:
    left_out = only(table(study("a", means(ctrl={"change": 0.0, "sd": 0.5, "n": 10}))))
    assert left_out.reason == "arms report different kinds of numbers (change, final)"


def test_n_of_limbs_is_said() -> None:
    row = table(study("a", means(unit_of_analysis="limbs"))).rows[0]
    assert row.notes[0].startswith("n counts limbs, several of which may belong to one participant")
    assert table(study("b", means())).rows[0].notes == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "hba1d"}, "Did you mean 'hba1c'"),
        ({"outcome": "hba1c", "measure": "RR"}, "hba1c is measured: measure must be one of MD, SMD"),
        ({"outcome": "hba1c", "measure": "NMD"}, "hba1c is measured"),
        ({"outcome": "hba1c", "measure": "HR"}, "hba1c is measured"),
        (
            {"outcome": "ulcer_healing", "measure": "MD"},
            "ulcer_healing is counted: measure must be one of RR, OR, RD",
        ),
        ({"outcome": "ulcer_healing", "measure": "PLO"}, "ulcer_healing is counted"),
        ({"outcome": "insulin_independence", "setting": "preclinical"}, "not one of preclinical studies"),
        ({"outcome": "hba1c", "multiarm": "combine"}, "multiarm: Extra inputs"),
        ({"outcome": "hba1c", "control": ["nothing"]}, "control.0"),
    ],
)
def test_wrong_options_say_what_is_allowed(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        table(study("a", means()), **options)
