"""What stands around the numbers: other choices, tests of groups, small studies, missing results, bias."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.result import (
    AnalysisResult,
    Difference,
    Sensitivity,
    SensitivityStratum,
    SmallStudy,
)
from metamsc.checks.read import read_records
from metamsc.models.results import Interval
from metamsc.records.studies import Studies
from metamsc.report import evidence_words, spread_words, words
from metamsc.report.effects_in_words import bounds_words
from metamsc.report.methods import methods
from metamsc.report.methods_plain import plain_methods
from metamsc.report.results_technical import confidence, estimate, heterogeneity, prediction
from metamsc.report.sensitivity_words import sensitivity
from metamsc.report.spread_words import share

ROOT = Path(__file__).parents[2]


def pooled(invented: Any, k: int = 6, **changes: Any) -> AnalysisResult:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.3 * i, 0.04) for i in range(1, k + 1)]
    made: AnalysisResult = invented.make(rows)
    return replace(made, **changes)


def choice(name: str, low: float | None, high: float | None, **more: Any) -> Sensitivity:
    middle = None if low is None or high is None else (low + high) / 2
    found = SensitivityStratum(label="T1D", k=6, estimate=middle, ci_low=low, ci_high=high, tau2=0.0)
    return Sensitivity(name=name, label=name, changed=(), strata=(found,), **more)


def test_every_choice_on_the_same_side(invented: Any) -> None:
    made = pooled(invented, sensitivity=(choice("A", -2.0, -0.5), choice("B", -1.0, -0.1)))
    assert made.strata[0].pooled.ci.high < 0
    (told,) = sensitivity(made, technical=False)
    assert told.endswith(
        "excludes a difference of zero as planned, and so it does under each of 2 other choices."
    )
    (one,) = sensitivity(replace(made, sensitivity=made.sensitivity[:1]), technical=True)
    assert one.endswith("under the one other choice.")


def test_choices_on_the_other_side_are_named_with_their_unit(invented: Any) -> None:
    other = choice("Ratio", math.log(0.8), math.log(1.25), measure="ROM", ratio=True)
    made = pooled(invented, sensitivity=(choice("A", -2.0, 0.5), choice("B", -1.0, -0.1), other))
    (told,) = sensitivity(made, technical=True)
    assert "as it does under 1 of 3 other choices; under 2 it includes it" in told
    assert "(A: 2.00 lower to 0.50 higher (percentage points); Ratio: ratio of means 0.80 to 1.25)" in told
    (plain,) = sensitivity(made, technical=False)
    assert "Ratio" not in plain
    assert plain.endswith("the answer depends on the choice.")


def test_choices_without_an_estimate_are_counted(invented: Any) -> None:
    made = pooled(invented, sensitivity=(choice("A", None, None), choice("B", -1.0, 1.0)))
    (told,) = sensitivity(made, technical=True)
    assert "but under the one other choice it includes it" in told
    assert told.endswith("1 choice left nothing to pool, or gave no estimate.")
    (nothing,) = sensitivity(replace(made, sensitivity=made.sensitivity[:1]), technical=True)
    assert "no other choice gave an estimate" in nothing
    assert sensitivity(pooled(invented), technical=True) == ()


def test_many_choices_are_not_all_named(invented: Any) -> None:
    made = pooled(invented, sensitivity=tuple(choice(f"C{i}", -1.0, 1.0) for i in range(9)))
    (told,) = sensitivity(made, technical=True)
    assert "C5:" in told
    assert "C6:" not in told
    assert "3 more in the table" in told


@pytest.mark.parametrize(
    ("p", "note", "has", "hasnot"),
    [
        (0.012, "", "By a test, results differ", "cannot be relied on"),
        (0.012, "Tiny.", "the test cannot be relied on", "do not show"),
        (0.4, "", "do not show that results are alike", "finds"),
    ],
)
def test_differences_between_groups(invented: Any, p: float, note: str, has: str, hasnot: str) -> None:
    item = Difference(between=("T1D", "T2D"), statistic=6.3, df=1, p=p, method="Q", note=note)
    made = pooled(invented, differences=(item,))
    plain = evidence_words.differences(made, technical=False)
    assert has in plain
    assert hasnot not in plain
    assert "not a randomised comparison" in plain
    technical = evidence_words.differences(made, technical=True)
    assert f"Q = 6.30, df = 1, p = {p:.3g}" in technical
    exact = evidence_words.differences(replace(made, differences=(replace(item, df2=4.2),)), technical=True)
    assert "F = 6.30, df = 1 and 4.2" in exact


def test_small_study_tests_that_ran_and_that_did_not(invented: Any) -> None:
    ran = SmallStudy(
        label="T1D", k=12, method="Egger regression", predictor="se", statistic=-2.4, df=10, p=0.03
    )
    made = pooled(invented, small_study=(ran, replace(ran, p=0.4), replace(ran, p=None)))
    plain = evidence_words.small_study(made, technical=False)
    assert "small studies found other results than large ones (12 studies, p = 0.030)" in plain
    assert "did not find that small studies differ" in plain
    assert "does not rule out" in plain
    assert "gave no p value (k = 12)" in plain
    assert "statistic −2.40, df = 10, p = 0.030" in evidence_words.small_study(made, technical=True)
    refused = pooled(invented, small_study=(replace(ran, k=4, p=None, refused="with 4 studies ..."),))
    told = evidence_words.small_study(refused, technical=True)
    few = "fewer than 10 studies cannot tell them from chance (Sterne 2011)."
    assert told == f"No test for small-study effects was run in type 1 diabetes: {few}"
    same = pooled(invented, small_study=(replace(ran, p=None, refused="all are equally precise."),))
    assert evidence_words.small_study(same, technical=True).endswith(": all are equally precise.")
    assert "That does not mean there are none" in evidence_words.small_study(refused, technical=False)
    assert evidence_words.small_study(pooled(invented), technical=False) == ""


def test_lists_in_sentences() -> None:
    assert evidence_words.listed(["a"]) == "a"
    assert evidence_words.listed(["a", "b", "c"]) == "a, b and c"
    assert evidence_words.listed(["a", "b"], "or") == "a or b"
    assert evidence_words.listed(["a, x", "b"]) == "a, x; and b"


def test_risk_of_bias_is_told_as_recorded(invented: Any) -> None:
    records = read_records(ROOT / "data" / "extractions" / "clinical" / "zang-2022.yml")
    row = invented.row("Zang 2022", "T2D", -0.7, 0.04)
    made = invented.make([row])
    assert "No judgement on the risk of bias is recorded for the one pooled study" in (
        evidence_words.risk_of_bias(made, records)
    )
    judged = {"tool": "rob2", "outcome": "hba1c", "overall": "some concerns", "assessed_by": "A"}
    data = records[0].model_dump(by_alias=True, mode="json", exclude_none=True) | {"risk_of_bias": [judged]}
    study = type(records[0]).model_validate(data)
    told = evidence_words.risk_of_bias(made, Studies.of(study))
    assert told == (
        "Risk of bias was judged for the one pooled study (RoB 2, randomised trials): some concerns "
        "(RoB 2) (1)."
    )
    assert evidence_words.risk_of_bias(made, None) == ""


def test_shares_of_settings_are_hedged_below_five_studies(invented: Any) -> None:
    mid = {"threshold": -0.5, "direction": "below", "mean": 0.995, "new_study": 0.72, "by": "confidence"}
    for k, hedged in ((4, True), (6, False)):
        made = pooled(invented, k)
        stratum = replace(made.strata[0], details={"mid": mid})
        told = share(made, stratum)
        assert "in 72 of 100 such settings" in told
        assert ("rough guess" in told) is hedged
        exact = confidence(made, stratum)
        assert "more than 99% lies beyond the minimal important difference (0.5 percentage points)" in exact
        assert "new study's effect, 72%." in exact
    alone = replace(stratum, details={"mid": mid | {"new_study": None}})
    assert share(made, alone) == ""
    assert confidence(made, alone).endswith("in favour of MSC.")
    assert share(made, made.strata[0]) == confidence(made, made.strata[0]) == ""


def test_other_models_have_their_words(invented: Any) -> None:
    made = pooled(invented)
    stratum = made.strata[0]
    equal = replace(stratum, pooled=replace(stratum.pooled, tau2_method="EE", pi=None))
    assert heterogeneity(made, equal).startswith("The model assumes one true effect for all studies; Q = ")
    assert prediction(made, equal) == ""
    assert spread_words.heterogeneity(made, equal) == "The model assumes one true effect for all studies."
    changed = replace(stratum.pooled, tau2_method="bayes", ci_method="credible", p=None, statistic=None)
    bayes = replace(stratum, pooled=changed, details={"method": "bayes"})
    assert "95% credible interval" in words.finding(made, bayes)
    assert "(95% credible interval" in estimate(made, bayes)
    assert "p =" not in estimate(made, bayes)
    assert heterogeneity(made, bayes).startswith("The posterior median of τ² was")
    assert "more than chance" not in spread_words.heterogeneity(made, bayes)


def test_scales_without_a_unit_are_named(invented: Any) -> None:
    made = pooled(invented)
    arcsine = replace(made.scale, measure="AS", measure_label="Arcsine risk difference", unit="", mid=None)
    made = replace(made, scale=arcsine)
    assert "(arcsine risk difference −1.05, 95% CI" in words.finding(made, made.strata[0])
    assert bounds_words(pooled(invented), 0.0, 0.0) == "0.00 to 0.00 (percentage points)"
    assert bounds_words(made, -1.0, 0.5).startswith("arcsine risk difference 1.00 lower to 0.50 higher")
    risk = replace(made, scale=replace(arcsine, measure="RD", measure_label="Risk difference"))
    told = words.finding(risk, risk.strata[0])
    assert "the chance of HbA1c was, on average, 105 percentage points lower" in told
    assert "was −1.05 (95% CI" in estimate(risk, risk.strata[0])


def test_an_interval_at_zero_has_no_width(invented: Any) -> None:
    made = pooled(invented)
    point = replace(made.strata[0].pooled, ci=Interval(0.0, 0.0))
    assert words.certainty(made.scale, point) == "The interval has no width and lies at a difference of zero."


PLANS: list[tuple[dict[str, Any], str, str]] = [
    ({"multi_arm": "covariance"}, "the covariance of such rows went into the model", ""),
    ({"medians": "refuse-skewed"}, "unless the numbers looked skewed", ""),
    ({"changes": "derived"}, "the median correlation that other arms", ""),
    ({"changes": "derived", "correlation": 0.7}, "with a correlation of 0.7", ""),
    ({"exclude": [{"study": "aa-2014", "reason": "x"}]}, "Left out by name were aa-2014.", ""),
    ({"as_reported_only": True}, "Only numbers that need no assumption were used.", ""),
    ({"unpublished": "exclude"}, "Unpublished results were left out.", ""),
    ({"treatment": {"msc": "none"}}, "not mesenchymal stromal cells", "not mesenchymal stromal cells count"),
    ({"control": ["placebo", "sham"]}, "placebo or sham", "control group (placebo or sham)"),
]


@pytest.mark.parametrize(("plan", "technical", "plain"), PLANS)
def test_choices_of_the_plan_are_told(
    invented: Any, plan: dict[str, Any], technical: str, plain: str
) -> None:
    made = pooled(invented)
    made = replace(made, spec=made.spec | {"select": made.spec["select"] | plan})
    assert technical in "\n".join(methods(made))
    assert plain in "\n".join(plain_methods(made))


def test_directions_of_the_scale_are_told(invented: Any) -> None:
    made = pooled(invented)
    neutral = replace(made, scale=replace(made.scale, lower_is_better=None, mid=None, mid_source=""))
    assert "neither direction was taken as better" in "\n".join(methods(neutral))
    assert "Neither a higher nor a lower value" in "\n".join(plain_methods(neutral))
    assert "MSC minus control; lower values are better" in "\n".join(methods(made))
    assert "minimal important difference) is taken to be 0.5 percentage points" in "\n".join(
        plain_methods(made)
    )
