"""The same analysis with something else chosen. All studies are invented."""

from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_sensitivity import SensitivityChoice
from metamsc.errors import SpecError
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from tests.analysis.plans import analyse, named, names, plan
from tests.dataset.invented import CONTROL, contrast, means, study, treated

REML = {"preset": "metamsc"}
UNLABELLED = {"mean": 6.0, "n": 10, "spread": {"value": 0.5, "kind": "unlabelled"}}


def several(*values: float, **info: Any) -> list[Study]:
    return [
        study(f"s{i}", means(msc={"mean": value, "sd": 1.0, "n": 10}), **info)
        for i, value in enumerate(values)
    ]


FEW = {"bayes", "bayes-narrow", "bayes-wide"}
"""Beside two to four studies of a mean difference with a minimal important difference."""


def test_model_choices_that_change_something() -> None:
    result = analyse(*several(7.0, 5.0, 7.5), model=REML)
    assert names(result) == {"wald", "dersimonian-laird", "equal-effects"} | FEW
    equal = named(result, "equal-effects").strata[0]
    assert (equal.k, equal.tau2) == (3, 0.0)
    assert equal.estimate == pytest.approx((-1 - 3 - 0.5) / 3, abs=1e-12)
    assert named(result, "wald").changed == ("model.ci_method = wald",)


def test_choices_that_change_nothing_are_dropped() -> None:
    """One study pools nothing: no model can matter. DL with Wald is not compared with itself."""
    assert names(analyse(*several(7.0), model=REML)) == set()
    assert names(analyse(*several(7.0, 5.0, 7.5))) == {"equal-effects"} | FEW
    # equal effects all along: tau2 is 0, so a model without heterogeneity is the same one
    assert names(analyse(*several(7.0, 7.0, 7.0))) == FEW


def test_two_estimators_that_agree_but_for_rounding_are_one() -> None:
    """With two studies REML is DL in exact arithmetic, not to the last bit."""
    studies = [
        study("a", means(msc={"mean": 7.21, "sd": 1.1, "n": 11})),
        study("b", means(msc={"mean": 5.3, "sd": 0.7, "n": 13})),
    ]
    assert "dersimonian-laird" not in names(
        analyse(*studies, model={"tau2_method": "REML", "ci_method": "wald"})
    )


def test_choices_that_the_plan_asks_for_stay() -> None:
    same = {"name": "same", "label": "The same", "model": {"tau2_method": "DL"}}
    result = analyse(*several(7.0), sensitivity=[same])
    assert names(result) == {"same"}
    assert named(result, "same").note == ""


def test_rows_that_rest_on_assumptions() -> None:
    result = analyse(
        *several(7.0, 6.5),
        study("pm", means(msc=UNLABELLED)),
        select={"outcome": "hba1c", "unlabelled_spread": "sd"},
    )
    assert {"as-reported-only", "spread-exclude", "spread-se"} <= names(result)
    assert "spread-sd" not in names(result)
    for name in ("as-reported-only", "spread-exclude"):
        assert named(result, name).note == "without Invented pm"
    assert named(result, "spread-se").note == "same rows"


def test_rows_that_are_left_out_for_an_unlabelled_spread_are_tried() -> None:
    result = analyse(*several(7.0, 6.5), study("pm", means(msc=UNLABELLED)))
    assert {"spread-sd", "spread-se"} <= names(result)
    assert named(result, "spread-sd").note == "with Invented pm"


def test_unpublished_trials_co_interventions_and_designs() -> None:
    helped = [treated("msc", co_intervention="vitamin D"), CONTROL]
    result = analyse(
        *several(7.0, 6.5),
        study("hidden", means(), publication="unpublished"),
        study("helped", means(), arms=helped),
        study("chosen", means(), design="nonrandomised-controlled"),
        study("active", means(), design="rct-active"),
    )
    found = {item.name: item.note for item in result.sensitivity}
    assert found["published-only"] == "without Invented hidden"
    assert found["no-co-intervention"] == "without Invented helped"
    assert found["randomised-only"] == "without Invented chosen"  # a trial between products is randomised


def choice(name: str = "other", **changes: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "label": "Another choice", **changes}


def test_rows_at_another_time_are_told() -> None:
    result = analyse(
        study("moves", means("3 months"), means("12 months")),
        study("stays", means("12 months")),
        study("comes", means("12 months", msc={"mean": 7.0, "n": 10}), means("3 months")),
        select={"outcome": "hba1c", "time": {"at": "12 months", "tolerance": "3 months"}},
        sensitivity=[choice(select={"time": {"at": "3 months", "tolerance": "12 months"}})],
    )
    item = named(result, "other")
    assert item.note == "with Invented comes; with another time: Invented moves at 3 months"
    assert item.changed == ("select.time.at = 3 months", "select.time.tolerance = 12 months")


def test_a_label_with_a_comma_is_put_in_quotes() -> None:
    result = analyse(
        *several(7.0),
        study("b", means(), label="Invented, one", publication="unpublished"),
        study("c", means(), label="Invented two", publication="unpublished"),
    )
    assert named(result, "published-only").note == "without Invented two, “Invented, one”"


def test_another_measure_is_recorded_with_its_scale() -> None:
    result = analyse(
        *several(7.0, 6.5),
        sensitivity=[
            choice("smd", select={"measure": "SMD"}),
            choice("rom", select={"measure": "ROM"}),
            choice("mmol", select={"unit": "mmol/mol"}),
        ],
    )
    assert (named(result, "smd").measure, named(result, "smd").ratio, named(result, "smd").unit) == (
        "SMD",
        False,
        "",
    )
    assert (named(result, "rom").measure, named(result, "rom").ratio) == ("ROM", True)
    assert named(result, "mmol").measure == ""


def test_a_stratum_that_has_nothing_left() -> None:
    result = analyse(
        *several(7.0, 6.5),
        study("other", means(), diabetes_type="T2D", publication="unpublished"),
    )
    strata = {stratum.label: stratum for stratum in named(result, "published-only").strata}
    assert strata["T1D"].k == 2
    assert (strata["T2D"].k, strata["T2D"].estimate, strata["T2D"].ci_low) == (0, None, None)


def merged(select: dict[str, Any], changes: dict[str, Any]) -> AnalysisSpec:
    spec = plan(select={"outcome": "hba1c", **select})
    return spec.changed(SensitivityChoice(name="x", label="x", select=changes))


def test_mappings_are_merged_key_by_key() -> None:
    time = {"at": "12 months", "tolerance": "3 months"}
    changed = merged({"time": time}, {"time": {"at": "6 months"}}).select.time
    assert (changed.at, changed.tolerance, changed.rule) == ("6 months", "3 months", "nearest")


def test_null_takes_a_key_away() -> None:
    time = {"at": "12 months", "tolerance": "3 months"}
    changed = merged({"time": time}, {"time": {"at": None, "tolerance": None, "rule": "latest"}}).select.time
    assert (changed.at, changed.tolerance, changed.rule) == (None, None, "latest")


def test_lists_are_replaced_whole() -> None:
    changed = merged({"control": ["placebo", "sham"]}, {"control": ["insulin"]})
    assert [item.value for item in changed.select.control] == ["insulin"]
    emptied = merged({"treatment": {"products": ["cells"]}}, {"treatment": {"products": []}})
    assert emptied.select.treatment.products == ()


def test_a_preset_replaces_the_methods_beside_it() -> None:
    spec = plan(model={"tau2_method": "PM", "ci_method": "t", "level": 0.9})
    expected = {"tau2_method": "DL", "ci_method": "wald", "pi_method": "riley", "level": 0.9}
    assert spec.with_model(preset="revman-5").model.options() == expected
    changed = spec.changed(SensitivityChoice(name="x", label="x", model={"preset": "revman-5"}))
    assert changed.model.options() == expected
    both = spec.with_model(preset="revman-5", tau2_method="SJ").model.options()
    assert (both["tau2_method"], both["ci_method"]) == ("SJ", "wald")
    assert spec.with_model() is spec


def test_the_changed_plan_has_no_sensitivity_analyses_of_its_own() -> None:
    spec = plan(sensitivity=[choice(model={"tau2_method": "PM"})])
    assert spec.changed(spec.named_analyses[0]).sensitivity == ()


def test_an_invalid_choice_built_in_python_is_named() -> None:
    with pytest.raises(SpecError, match=r"'other' does not fit the plan: select.colour: Extra inputs"):
        analyse(*several(7.0), sensitivity=[choice(select={"colour": "red"})])


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([choice()], "changes something"),
        ([choice("a", model={"level": 0.9}), choice("a", model={"level": 0.8})], "a stands twice"),
    ],
)
def test_choices_that_a_plan_refuses(items: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        plan(sensitivity=items)


def small_study(k: int, measure: str = "MD") -> AnalysisResult:
    studies = [
        study(f"s{i:02}", means(msc={"mean": 7.0 + 0.1 * (i % 3), "sd": 1.0, "n": 8 + i})) for i in range(k)
    ]
    return analyse(*studies, select={"outcome": "hba1c", "measure": measure})


def test_small_study_effects_are_refused_below_ten_with_the_reason() -> None:
    (item,) = small_study(9).small_study
    assert (item.k, item.statistic, item.p) == (9, None, None)
    assert item.refused.startswith(
        "with 9 studies no test can tell small-study effects from chance; at least 10"
    )


@pytest.mark.parametrize(("measure", "predictor"), [("MD", "se"), ("SMD", "1/sqrt(n)")])
def test_small_study_effects_from_ten_on(measure: str, predictor: str) -> None:
    (item,) = small_study(10, measure).small_study
    assert (item.predictor, item.df, item.refused) == (predictor, 8, "")
    assert item.p is not None
    assert 0 < item.p < 1


def test_studies_of_one_precision_refuse_a_regression_on_it() -> None:
    studies = [study(f"s{i}", contrast(difference=-0.1 * i, se=0.2)) for i in range(1, 11)]
    result = run(plan(), Studies.of(*studies))
    assert (
        result.small_study[0].refused == "all studies have the same se: there is no precision to regress on."
    )
