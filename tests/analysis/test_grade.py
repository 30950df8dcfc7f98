"""GRADE: certainty by hand from judgements, absolute effects by hand, thresholds, and what a plan may say."""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.analysis.grade import CERTAINTIES, SYMBOLS, certainty_of, missing_judgements
from metamsc.analysis.grade_effects import crossed, risk_with, target_of
from metamsc.analysis.grade_plan import DOMAINS, GradeEntry
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import Scale
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.read import read_records
from metamsc.errors import SpecError

ROOT = Path(__file__).parents[2]
CLOSED = 1e-12
"""Closed forms of a few operations: rounding alone."""

MD = Scale(
    measure="MD", measure_label="mean difference", ratio=False, null=0.0, unit="%", outcome_label="HbA1c",
    lower_is_better=True, mid=0.5, mid_source="invented", precision="se", treatment_label="MSC",
    control_label="control",
)  # fmt: skip


def judged(level: str) -> dict[str, str]:
    return {"judgement": level, "because": f"{level} because", "by": "A. Panel"}


def entry(*levels: str, start: str = "high", **more: Any) -> GradeEntry:
    """Five judgements in the order of the domains; what is left out is no concern."""
    full = (*levels, *["none"] * (len(DOMAINS) - len(levels)))
    data = {name: judged(level) for name, level in zip(DOMAINS, full, strict=True)}
    begin = {"level": start, "because": "design", "by": "A. Panel"}
    return GradeEntry.model_validate({"stratum": "T1D", "start": begin, **data, **more})


def test_randomised_evidence_loses_a_level_for_each_serious_concern() -> None:
    assert certainty_of(entry()) == "high"  # 4
    assert certainty_of(entry("serious")) == "moderate"  # 4 - 1
    assert certainty_of(entry("serious", "none", "serious")) == "low"  # 4 - 1 - 1
    assert certainty_of(entry("very-serious", "serious")) == "very low"  # 4 - 2 - 1
    assert certainty_of(entry("none", "none", "none", "extremely-serious")) == "very low"  # 4 - 3
    assert certainty_of(entry(*["extremely-serious"] * 5)) == "very low"  # 4 - 15, never below 1


def test_other_evidence_starts_low_and_can_be_rated_up() -> None:
    large = {"levels": 1, "because": "RR 3.1", "by": "A. Panel"}
    very_large = {"levels": 2, "because": "RR 6.0", "by": "A. Panel"}
    more = {"because": "more cells, more effect", "by": "A. Panel"}
    assert certainty_of(entry(start="low")) == "low"  # 2
    assert certainty_of(entry(start="low", upgrades={"large_effect": large})) == "moderate"  # 2 + 1
    assert certainty_of(entry(start="low", upgrades={"large_effect": very_large})) == "high"  # 2 + 2
    both = {"large_effect": very_large, "dose_response": more}
    assert certainty_of(entry(start="low", upgrades=both)) == "high"  # 2 + 3, never above 4
    assert certainty_of(entry("serious", start="low", upgrades={"dose_response": more})) == "low"  # 2 - 1 + 1


@pytest.mark.parametrize("name", ["start", *DOMAINS])
def test_one_missing_judgement_leaves_no_certainty(name: str) -> None:
    data = entry().model_dump(mode="json", exclude_none=True)
    del data[name]
    partly = GradeEntry.model_validate(data)
    assert certainty_of(partly) is None
    assert missing_judgements(partly) == (name,)


def test_without_an_entry_all_is_missing() -> None:
    assert certainty_of(None) is None
    assert missing_judgements(None) == ("start", *DOMAINS)


def test_every_certainty_has_four_signs() -> None:
    assert [SYMBOLS[name].count("⊕") for name in CERTAINTIES] == [1, 2, 3, 4]
    assert {len(signs) for signs in SYMBOLS.values()} == {4}


def test_risk_with_treatment_by_hand() -> None:
    """Baseline 200 in 1000."""
    assert risk_with("RR", 0.2, math.log(1.5)) == pytest.approx(0.3, rel=CLOSED)  # 0.2 · 1.5
    # odds 0.2/0.8 = 0.25; twice that is 0.5; 0.5/1.5 = 1/3
    assert risk_with("OR", 0.2, math.log(2.0)) == pytest.approx(1 / 3, rel=CLOSED)
    assert risk_with("PETO", 0.2, math.log(2.0)) == pytest.approx(1 / 3, rel=CLOSED)
    assert risk_with("RD", 0.2, -0.05) == pytest.approx(0.15, rel=CLOSED)
    assert risk_with("MD", 0.2, -0.05) is None


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (-0.4, 0.4, ("no effect",)),
        (-0.6, -0.1, ("important benefit",)),
        (-2.0, -0.5, ()),  # an end on the threshold is not beyond it
        (-0.6, 0.1, ("important benefit", "no effect")),
        (-3.0, 3.0, ("important benefit", "no effect", "important harm")),
        (0.1, 0.7, ("important harm",)),
    ],
)
def test_thresholds_inside_an_interval(low: float, high: float, found: tuple[str, ...]) -> None:
    assert crossed(MD, low, high) == found


def test_thresholds_follow_the_better_direction() -> None:
    from dataclasses import replace

    assert crossed(replace(MD, lower_is_better=False), 0.1, 0.7) == ("important benefit",)
    assert crossed(replace(MD, lower_is_better=None), 0.1, 0.7) == ("important rise",)
    assert crossed(replace(MD, mid=None), -0.6, 0.7) == ("no effect",)


@pytest.mark.parametrize(
    ("estimate", "about", "target"),
    [
        (-0.5, "mid", "an important benefit"),
        (-0.4, "mid", "little or no important difference"),
        (0.9, "mid", "an important harm"),
        (-0.4, "null", "a benefit, of any size"),
        (0.4, "null", "a harm, of any size"),
        (0.0, "null", "no difference"),
    ],
)
def test_target_from_the_place_of_the_estimate(estimate: float, about: str, target: str) -> None:
    assert target_of(MD, estimate, about) == target


@pytest.mark.parametrize(
    "changed",
    [
        {"imprecision": {"judgement": "grave", "because": "x", "by": "y"}},
        {"imprecision": {"judgement": "serious", "by": "y"}},
        {"imprecision": {"judgement": "serious", "because": "x"}},
        {"imprecision": "serious"},
        {"start": {"level": "moderate", "because": "x", "by": "y"}},
        {"upgrades": {"dose_response": {"levels": 2, "because": "x", "by": "y"}}},
        {"baseline_risk": {"value": 35, "source": "x"}},
        {"certainty": "high"},
        {"importance": "critical"},
        {"importance": {"judgement": "vital", "because": "x", "by": "y"}},
        {"importance": {"judgement": "critical", "order": 0, "because": "x", "by": "y"}},
    ],
)
def test_a_judgement_is_a_closed_word_with_reason_and_name(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GradeEntry.model_validate({"stratum": "T1D", **changed})


def _plan(**changes: Any) -> AnalysisSpec:
    data = read_spec(ROOT / "analyses/hba1c").model_dump(by_alias=True, mode="json", exclude_none=True)
    return AnalysisSpec.model_validate(data | changes)


def test_one_result_is_judged_once() -> None:
    with pytest.raises(ValidationError, match="each stratum is judged once; T1D stands twice"):
        _plan(grade=[{"stratum": "T1D"}, {"stratum": "T1D"}])


def test_a_wrong_judgement_is_a_problem_with_its_line(tmp_path: Path) -> None:
    text = (ROOT / "analyses/hba1c/analysis.yml").read_text(encoding="utf-8")
    (tmp_path / "hba1c").mkdir()
    more = "grade:\n  - stratum: T1D\n    imprecision: {judgement: grave, because: x, by: y}\n"
    (tmp_path / "hba1c/analysis.yml").write_text(text + more, encoding="utf-8")
    with pytest.raises(
        SpecError, match=rf"analysis\.yml:{len(text.splitlines()) + 3}.*grade\[0\]\.imprecision"
    ):
        read_spec(tmp_path / "hba1c")


def test_judgements_reach_the_result_and_move_no_number() -> None:
    studies = read_records(ROOT / "data/extractions")
    data = entry("serious", "none", "serious", "very-serious").model_dump(mode="json", exclude_none=True)
    plain = run(_plan(), studies)
    with_them = run(_plan(grade=[data, {"stratum": "T9"}]), studies)
    first = with_them.grade[0]
    assert (first.label, first.certainty) == ("T1D", "very low")  # 4 - 1 - 1 - 2 = 0, never below 1
    assert first.judgements is not None
    assert first.judgements["imprecision"]["because"] == "very-serious because"
    assert [item.certainty for item in with_them.grade[1:]] == [None, None]
    assert with_them.strata == plain.strata
    assert with_them.sensitivity == plain.sensitivity
    assert with_them.warnings[-1] == (
        "The plan judges 'T9' under `grade`, and the results are T1D, T2D, All types."
    )
    assert with_them.to_dict()["grade"][0]["certainty"] == "very low"


def test_another_measure_on_the_command_line_takes_the_judgements_away() -> None:
    plan = _plan(grade=[{"stratum": "T1D"}])
    assert plan.with_flags(measure="SMD").grade == ()
    assert plan.with_flags(tau2_method="PM").grade == plan.grade
    counts = {"judgement": "critical", "because": "a survey", "by": "A. Panel"}
    both = _plan(grade=[entry().model_dump(mode="json", exclude_none=True) | {"importance": counts}])
    (kept,) = both.with_flags(measure="SMD").grade
    assert kept.importance == both.grade[0].importance
    assert not kept.judges_a_result
    assert both.grade[0].judges_a_result


def test_an_outcome_counts_also_where_nothing_could_be_pooled() -> None:
    """No study of pancreatogenic diabetes is pooled; that HbA1c counts there can be said, and not judged."""
    studies = read_records(ROOT / "data/extractions")
    counts = {"stratum": "T3c", "importance": {"judgement": "important", "because": "a survey", "by": "x"}}
    assert not [text for text in run(_plan(grade=[counts]), studies).warnings if "T3c" in text]
    said = run(_plan(grade=[counts | {"threshold": "null"}]), studies).warnings[-1]
    assert said.startswith("The plan judges 'T3c' under `grade`")
    typo = run(_plan(grade=[counts | {"stratum": "T3C"}]), studies).warnings[-1]
    assert typo.startswith("The plan judges 'T3C' under `grade`")


def test_shipped_plans_hold_no_judgement_that_nobody_made() -> None:
    for file in sorted((ROOT / "analyses").glob("*/analysis.yml")):
        assert read_spec(file.parent).grade == (), file
