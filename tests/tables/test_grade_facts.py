"""Facts of each GRADE domain of invented results, by hand; and every judgement that a fact speaks against."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metamsc.analysis.grade import GradeProfile
from metamsc.analysis.grade_bias import BiasAssessment
from metamsc.analysis.grade_plan import DOMAINS, GradeEntry
from metamsc.analysis.grade_profile import grade_profiles
from metamsc.analysis.information import information_of
from metamsc.analysis.result import AnalysisResult, Scale, SmallStudy
from metamsc.dataset.rows import ArmNumbers, EffectRow, Missing

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]
CLOSED = 1e-12
"""Closed forms of a few operations: rounding alone."""


def entry(**judgements: str) -> GradeEntry:
    data: dict[str, Any] = {
        name: {"judgement": level, "because": "x", "by": "y"} for name, level in judgements.items()
    }
    return GradeEntry.model_validate({"stratum": "T1D", **data})


def profile(result: AnalysisResult, *entries: GradeEntry) -> GradeProfile:
    return grade_profiles(result, entries)[0]


def bias(row: EffectRow, overall: str) -> BiasAssessment:
    return BiasAssessment(
        study_id=row.study_id,
        label=row.label,
        tool="rob2",
        about="",
        overall=overall,
        domains=(),
        assessed_by="",
    )


def moderators(row: EffectRow, **changes: str) -> EffectRow:
    return replace(row, moderators=tuple((dict(row.moderators) | changes).items()))


def counts(row: EffectRow, treated: tuple[int, int], control: tuple[int, int]) -> EffectRow:
    """A row of a risk ratio: events and participants of both sides."""
    (a, n1), (c, n2) = treated, control
    return replace(
        row,
        yi=math.log(a / n1) - math.log(c / n2),
        vi=1 / a - 1 / n1 + 1 / c - 1 / n2,
        treatment=ArmNumbers(arms=("msc",), label="MSC", n=n1, events=a),
        control=ArmNumbers(arms=("control",), label="control", n=n2, events=c),
        value="events",
    )


def test_weight_by_risk_of_bias(make_result: Make, make_row: MakeRow) -> None:
    """Variances 0.1 and 0.3, equal effects: tau2 = 0, weights 10 and 10/3, so 75 % and 25 %."""
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.1), make_row("Bb 2018", "T1D", -1.0, 0.3)]
    result = make_result(rows, risk_of_bias=(bias(rows[0], "high"),))
    found = profile(result).bias
    assert [(item.value, item.k) for item in found.shares] == [("high", 1), ("not assessed", 1)]
    assert found.weight("high") == pytest.approx(75.0, rel=CLOSED)
    assert found.weight("not assessed") == pytest.approx(25.0, rel=CLOSED)


def test_effects_at_high_and_at_other_risk(make_result: Make, make_row: MakeRow) -> None:
    """One study each: its own effect, ± 1.96·0.2; the study that nobody judged is on neither side."""
    rows = [make_row(name, "T1D", y, 0.04) for name, y in (("Aa", -1.5), ("Bb", -0.5), ("Cc", -9.0))]
    judged = (bias(rows[0], "high"), bias(rows[1], "some concerns"), bias(rows[2], "not assessed"))
    found = profile(make_result(rows, risk_of_bias=judged)).bias
    assert found.at_high_risk is not None
    assert found.others is not None
    assert (found.at_high_risk.k, found.at_high_risk.estimate) == (1, -1.5)
    assert (found.others.k, found.others.estimate) == (1, -0.5)
    assert found.others.low == pytest.approx(-0.5 - 1.959963984540054 * 0.2, rel=CLOSED)
    alone = profile(make_result(rows, risk_of_bias=judged[:1])).bias
    assert (alone.at_high_risk, alone.others) == (None, None)


def test_overlap_and_sides_of_the_threshold(make_result: Make, make_row: MakeRow) -> None:
    """SE 0.1: intervals ±0.196. -1.0 ends at -0.804, -0.7 begins at -0.896 (overlap); 0.6 meets neither."""
    rows = [
        make_row("Aa 2014", "T1D", -1.0, 0.01),
        make_row("Bb 2018", "T1D", -0.7, 0.01),
        make_row("Cc 2019", "T1D", 0.6, 0.01),
        make_row("Dd 2020", "T1D", -0.4, 0.01),
    ]
    found = profile(make_result(rows)).inconsistency
    # pairs: AB overlap; AC, AD, BC, CD do not; B's upper end -0.504 is above D's lower -0.596: overlap
    assert (found.pairs, found.apart) == (6, 4)
    # minimal important difference 0.5, lower is better: A and B beyond, D between, C beyond on the other side
    assert (found.better, found.between, found.worse, found.about) == (2, 1, 1, "mid")
    null = GradeEntry(stratum="T1D", threshold="null")
    found = profile(make_result(rows), null).inconsistency
    assert (found.better, found.between, found.worse, found.about) == (3, 0, 1, "null")


def test_one_study_has_nothing_to_compare(make_result: Make, make_row: MakeRow) -> None:
    found = profile(make_result([make_row("Aa 2014", "T1D", -1.0, 0.01)])).inconsistency
    assert (found.k, found.pairs, found.apart, found.tau2, found.I2, found.pi_low) == (
        1,
        0,
        0,
        None,
        None,
        None,
    )


def test_prediction_interval_against_thresholds(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row(f"A{n} 2014", "T1D", y, 0.01) for n, y in enumerate((-1.6, -1.0, -0.4, -1.0))]
    result = make_result(rows)
    pooled = result.strata[0].pooled
    assert pooled.pi is not None
    found = profile(result).inconsistency
    inside = {
        name
        for name, value in (("important benefit", -0.5), ("no effect", 0.0), ("important harm", 0.5))
        if pooled.pi.low < value < pooled.pi.high
    }
    assert set(found.pi_crossed) == inside
    assert "no effect" in inside


def test_information_against_one_adequate_trial(make_result: Make, make_row: MakeRow) -> None:
    """41 participants a row (20 and 21); means, SD 1.0 and 0.9."""
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T1D", -0.9, 0.04)]
    result = make_result(rows)
    info = information_of(result.strata[0], rows, result.scale)
    assert info is not None
    found = profile(replace(result, information=(info,))).imprecision
    assert found.participants == 82
    # sd² = (2·19·1 + 2·20·0.81)/78 = 0.9026; per arm 2·(1.960 + 0.8416)²·0.9026/0.5² = 56.7, so 57
    assert found.optimal == 114
    assert found.enough is False
    assert replace(found, participants=200).enough is True
    assert replace(found, optimal=None).enough is None


def test_confidence_beyond_the_important_difference(make_result: Make, make_row: MakeRow) -> None:
    """One study: -0.5, SE 0.25; the threshold is the estimate itself, so one half."""
    found = profile(make_result([make_row("Aa 2014", "T1D", -0.5, 0.0625)])).imprecision
    assert found.beyond_mid == pytest.approx(0.5, rel=CLOSED)
    assert (found.beyond_mid_new, found.beyond_by) == (None, "confidence")


def test_indirectness_counts_people_products_and_what_else_was_given(
    make_result: Make, make_row: MakeRow
) -> None:
    rows = [
        moderators(make_row("Aa 2014", "T1D", -1.0, 0.04), co_intervention="vitamin D"),
        moderators(make_row("Bb 2018", "T1D", -1.0, 0.04), product="cells"),
    ]
    found = profile(make_result(rows)).indirectness
    assert found.outcome_kind == "surrogate"  # HbA1c
    assert [(item.value, item.k) for item in found.co_interventions] == [("vitamin D", 1)]
    assert found.co_interventions[0].weight_percent == pytest.approx(50.0, rel=CLOSED)
    assert [(item.value, item.k) for item in found.populations] == [("T1D", 2)]
    assert [(item.value, item.k) for item in found.comparators] == [("placebo", 2)]


def test_designs_say_where_a_rating_begins(make_result: Make, make_row: MakeRow) -> None:
    trial = make_row("Aa 2014", "T1D", -1.0, 0.04)
    other = moderators(make_row("Bb 2018", "T1D", -1.0, 0.04), design="nonrandomised-controlled")
    mouse = moderators(make_row("Cc 2018", "T1D", -1.0, 0.04), design="animal-randomised")
    assert profile(make_result([trial])).implied_start == "high"
    assert profile(make_result([other])).implied_start == "low"
    assert profile(make_result([trial, other])).implied_start is None
    assert profile(make_result([mouse])).implied_start is None


def test_animals_have_no_certainty(make_result: Make, make_row: MakeRow) -> None:
    full = entry(**dict.fromkeys(DOMAINS, "none"))
    begin = {"level": "high", "because": "x", "by": "y"}
    data = full.model_dump(mode="json", exclude_none=True) | {"start": begin}
    whole = GradeEntry.model_validate(data)
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04)]
    assert profile(make_result(rows), whole).certainty == "high"
    assert profile(make_result(rows, setting="preclinical"), whole).certainty is None


def test_missing_results_of_the_same_type_and_of_none(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)])

    def gone(study: str, kind: str, n: int | None, *, controlled: bool = True) -> Missing:
        return Missing(
            study_id=study, label=study, diabetes_type=kind, outcome="hba1c", kind="figure-only", reason="",
            direction="", n=n, controlled=controlled, file="x.yml", line=1,
        )  # fmt: skip

    missing = (
        gone("a", "T1D", 30), gone("a", "T1D", None), gone("b", "T1D", 12), gone("c", "T2D", 99),
        gone("d", "T1D", 50, controlled=False),
    )  # fmt: skip
    known = [{"label": "Ii", "reason": "never reported", "source": "register"}]
    result = replace(
        result, table=replace(result.table, missing=missing), spec=result.spec | {"known_missing": known}
    )
    found = profile(result).publication
    assert found.missing == 3  # a (twice), b, and the trial without a record
    assert found.missing_participants == 42  # 30 + 12


def test_absolute_effect_by_hand(make_result: Make, make_row: MakeRow, rr: Scale) -> None:
    """Control arms 4 of 20 and 6 of 30: 10 of 50, 200 in 1000."""
    rows = [
        counts(make_row("Aa 2014", "T1D", 0.0, 1.0), (8, 20), (4, 20)),
        counts(make_row("Bb 2018", "T1D", 0.0, 1.0), (12, 30), (6, 30)),
    ]
    result = make_result(rows, rr)
    (found,) = profile(result).absolute
    # both ratios are 2, so the pooled one is: 0.2 · 2 = 0.4, difference 0.2
    assert found.baseline == pytest.approx(0.2, rel=CLOSED)
    assert found.risk == pytest.approx(0.4, rel=1e-8)
    assert found.differences[0] == pytest.approx(0.2, rel=1e-7)
    ci = result.strata[0].pooled.ci
    assert found.risk_low == pytest.approx(0.2 * math.exp(ci.low), rel=CLOSED)
    assert found.risk_high == pytest.approx(min(0.2 * math.exp(ci.high), 1.0), rel=CLOSED)
    assert found.source == "events in all control arms together"


def test_a_baseline_risk_of_the_plan_goes_first_and_risks_stay_below_one(
    make_result: Make, make_row: MakeRow, rr: Scale
) -> None:
    rows = [counts(make_row("Aa 2014", "T1D", 0.0, 1.0), (8, 20), (4, 20))]
    given = GradeEntry.model_validate(
        {"stratum": "T1D", "baseline_risk": {"value": 0.6, "source": "a register"}}
    )
    (found,) = profile(make_result(rows, rr), given).absolute
    # 0.6 · 2 = 1.2, cut to 1
    assert (found.baseline, found.risk, found.capped, found.source) == (0.6, 1.0, True, "a register")


def test_means_of_control_arms(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T1D", -0.4, 0.04)]
    lower = replace(rows[1], control=replace(rows[1].control, mean=6.9))
    found = profile(make_result([rows[0], lower])).control_means
    assert found is not None
    assert (found.low, found.high, found.k) == (6.9, 7.5, 2)
    changes = [replace(row, value="change") for row in rows]
    assert profile(make_result(changes)).control_means is None


# --- judgements that a fact speaks against: each said once, none where they agree ---


def notes(
    result: AnalysisResult, *, start: str = "", upgrades: dict[str, Any] | None = None, **said: str
) -> str:
    data = entry(**said).model_dump(mode="json", exclude_none=True)
    if start:
        data["start"] = {"level": start, "because": "x", "by": "y"}
    if upgrades:
        data["upgrades"] = {name: {"because": "x", "by": "y", **item} for name, item in upgrades.items()}
    return "\n".join(profile(result, GradeEntry.model_validate(data)).notes)


@pytest.fixture
def wide(make_result: Make, make_row: MakeRow) -> AnalysisResult:
    """Two trials of opposite effects: every interval is wide."""
    return make_result([make_row("Aa 2014", "T1D", -1.5, 0.04), make_row("Bb 2018", "T1D", 0.8, 0.04)])


@pytest.fixture
def narrow(make_result: Make, make_row: MakeRow) -> AnalysisResult:
    """Six trials that agree on -1.0: no threshold in any interval."""
    return make_result([make_row(f"A{n} 2014", "T1D", -1.0, 0.01) for n in range(6)])


def test_no_concern_of_imprecision_with_an_interval_over_the_threshold(
    wide: AnalysisResult, narrow: AnalysisResult
) -> None:
    assert "the interval crosses important benefit and important harm" in notes(wide, imprecision="none")
    assert notes(wide, imprecision="serious") == (
        "Imprecision takes one level; the interval holds both important benefit and important harm."
    )
    assert notes(wide, imprecision="very-serious") == ""
    assert notes(narrow, imprecision="none") == ""


def test_imprecision_is_held_against_the_chosen_threshold(make_result: Make, make_row: MakeRow) -> None:
    """-0.6 ± 1.96·0.1: -0.796 to -0.404 crosses the important difference, not no effect."""
    result = make_result([make_row("Aa 2014", "T1D", -0.6, 0.01)])
    data = entry(imprecision="none").model_dump(mode="json", exclude_none=True)
    about_null = GradeEntry.model_validate(data | {"threshold": "null"})
    about_mid = GradeEntry.model_validate(data | {"threshold": "mid"})
    assert profile(result, about_null).notes == ()
    assert profile(result, about_mid).notes == (
        "Imprecision is judged no concern; the interval crosses important benefit.",
    )


def test_little_effect_is_precise_although_no_effect_is_inside(make_result: Make, make_row: MakeRow) -> None:
    """-0.1 ± 1.96·0.1: -0.296 to 0.096, all of it too small to matter."""
    result = make_result([make_row("Aa 2014", "T1D", -0.1, 0.01)])
    assert notes(result, imprecision="none") == ""
    about_null = GradeEntry.model_validate(
        entry(imprecision="none").model_dump(mode="json", exclude_none=True) | {"threshold": "null"}
    )
    assert "the interval crosses no effect" in profile(result, about_null).notes[0]


def test_nothing_is_rated_against_a_difference_that_is_not_set(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -0.3, 0.01)])
    result = replace(result, scale=replace(result.scale, mid=None))
    found = profile(result, GradeEntry(stratum="T1D", threshold="mid"))
    assert (found.inconsistency.about, found.target) == ("null", "a benefit, of any size")
    assert found.notes == (
        "The threshold is the minimal important difference, and none is set; no effect is used instead.",
    )


def test_imprecision_and_information(narrow: AnalysisResult) -> None:
    info = information_of(narrow.strata[0], narrow.table.rows, narrow.scale)
    assert info is not None
    few = replace(narrow, information=(replace(info, optimal=1000),))
    many = replace(narrow, information=(replace(info, optimal=100),))
    assert notes(few, imprecision="none") == (
        "Imprecision is judged no concern; 246 participants are fewer than the 1000 of one adequate trial."
    )
    assert "crosses no threshold of the rating, and there is as much" in notes(many, imprecision="serious")
    assert notes(many, imprecision="none") == ""


def test_start_against_designs(narrow: AnalysisResult) -> None:
    assert notes(narrow, start="low") == (
        "The rating starts low; the designs (rct-parallel) would start high."
    )
    assert notes(narrow, start="high") == ""


def test_risk_of_bias_against_weight(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.1), make_row("Bb 2018", "T1D", -1.0, 0.3)]
    high = make_result(rows, risk_of_bias=(bias(rows[0], "high"), bias(rows[1], "low")))
    assert (
        notes(high, risk_of_bias="none")
        == "Risk of bias is judged no concern; 75% of the weight is at high risk."
    )
    low = make_result(rows, risk_of_bias=(bias(rows[0], "low"), bias(rows[1], "high")))
    assert notes(low, risk_of_bias="none") == ""
    assert "100% of the weight is not assessed" in notes(make_result(rows), risk_of_bias="none")
    assert notes(low, risk_of_bias="serious") == ""
    all_low = make_result(rows, risk_of_bias=(bias(rows[0], "low"), bias(rows[1], "low")))
    assert notes(all_low, risk_of_bias="serious") == (
        "Risk of bias is judged a concern; all of the weight is at low risk."
    )


def test_inconsistency_against_prediction_interval_and_sides(
    wide: AnalysisResult, make_result: Make, make_row: MakeRow
) -> None:
    assert "estimates lie on different sides of the threshold" in notes(wide, inconsistency="none")
    rows = [
        make_row(f"A{n} 2014", "T1D", y, 0.01) for n, y in enumerate((-2.1, -1.6, -1.0, -1.6, -0.9, -2.0))
    ]
    spread = make_result(rows)
    assert "important benefit" not in grade_profiles(spread)[0].imprecision.crossed
    assert "the prediction interval crosses important benefit" in notes(spread, inconsistency="none")
    assert notes(spread, inconsistency="serious") == ""
    alone = make_result([make_row("Aa 2014", "T1D", -1.0, 0.01)])
    assert "one study alone cannot be inconsistent" in notes(alone, inconsistency="serious")
    assert notes(alone, inconsistency="none") == ""


def test_indirectness_against_outcome_and_treatment(make_result: Make, make_row: MakeRow) -> None:
    row = make_row("Aa 2014", "T1D", -1.0, 0.01)
    assert notes(make_result([row]), indirectness="none") == (
        "Indirectness is judged no concern; the outcome is a surrogate one."
    )
    given = make_result([moderators(row, co_intervention="vitamin D")])
    assert "every treated group got something besides the cells" in notes(given, indirectness="none")
    assert notes(given, indirectness="serious") == ""


def test_publication_bias_against_missing_results_and_test(narrow: AnalysisResult) -> None:
    assert notes(narrow, publication_bias="none") == ""
    known = [{"label": "Ii", "reason": "never reported", "source": "register"}]
    gone = replace(narrow, spec=narrow.spec | {"known_missing": known})
    assert "results of 1 study are missing" in notes(gone, publication_bias="none")
    test = SmallStudy(
        label="T1D", k=12, method="Egger regression", predictor="se", statistic=-2.9, df=10, p=0.016,
    )  # fmt: skip
    lopsided = replace(narrow, small_study=(test,))
    assert "Egger regression gives p = 0.016" in notes(lopsided, publication_bias="none")
    assert "more than one level" in notes(narrow, publication_bias="very-serious")


def test_rating_up(narrow: AnalysisResult, make_result: Make, make_row: MakeRow, rr: Scale) -> None:
    said = notes(narrow, imprecision="serious", upgrades={"dose_response": {}})
    assert "Core GRADE does so for non-randomised studies only" in said
    assert "rated up although it is rated down elsewhere" in said
    other = moderators(
        counts(make_row("Aa 2014", "T1D", 0.0, 1.0), (8, 20), (4, 20)), design="nonrandomised-controlled"
    )
    ratio = make_result([other], rr)  # risk ratio 2.0
    assert notes(ratio, upgrades={"large_effect": {"levels": 1}}) == ""
    assert "a risk ratio of 2.00 lies between 0.2 and 5" in notes(
        ratio, upgrades={"large_effect": {"levels": 2}}
    )
    assert "claimed for a MD" in notes(narrow, upgrades={"large_effect": {"levels": 1}})


def test_a_baseline_risk_that_nothing_uses_is_said(narrow: AnalysisResult) -> None:
    given = GradeEntry.model_validate({"stratum": "T1D", "baseline_risk": {"value": 0.3, "source": "x"}})
    assert profile(narrow, given).notes == (
        "A baseline risk is given; the measure has no effect per 1000 people, so it is not used.",
    )
