"""How sure can one be? On the page stands what people judged, or that nobody did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metamsc.analysis.grade_bias import BiasAssessment
from metamsc.analysis.grade_plan import DOMAINS, GradeEntry
from metamsc.analysis.grade_profile import grade_profiles
from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.report import page
from metamsc.report.grade_page import show_certainty
from metamsc.report.rob_page import show_risk_of_bias

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]


def judged(stratum: str, level: str, *without: str) -> GradeEntry:
    data: dict[str, Any] = {
        name: {"judgement": level, "because": "x", "by": "y"} for name in DOMAINS if name not in without
    }
    return GradeEntry.model_validate(
        {"stratum": stratum, "start": {"level": "high", "because": "x", "by": "y"}, **data}
    )


@pytest.fixture
def two(make_result: Make, make_row: MakeRow) -> AnalysisResult:
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T2D", -0.8, 0.04)]
    return make_result(rows)


def graded(result: AnalysisResult, *entries: GradeEntry) -> AnalysisResult:
    return replace(result, grade=grade_profiles(result, entries))


def test_nobody_judged(two: AnalysisResult) -> None:
    said = show_certainty(graded(two)).markdown
    assert said.startswith("**Nobody has judged it yet.**")
    assert "certainty.**" not in said


def test_a_line_for_each_result_as_far_as_it_is_judged(two: AnalysisResult) -> None:
    said = show_certainty(graded(two, judged("T1D", "none"), judged("T2D", "none", "imprecision"))).markdown
    first, second = said.splitlines()
    assert first.startswith(
        "- **Type 1 diabetes: high certainty.** MSC lowers HbA1c by an amount that matters. "
    )
    assert first.endswith("The true effect is very likely close to the one found.")
    assert second == "- **Type 2 diabetes: not judged yet.** 1 judgement of six missing."


def test_animals_are_not_rated(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)], setting="preclinical")
    said = show_certainty(graded(result, judged("T1D", "none"))).markdown
    assert said.startswith("No certainty is given")
    assert "high certainty" not in said


def test_no_pool_nothing_to_be_sure_of(make_result: Make) -> None:
    assert "nothing to be sure of" in show_certainty(make_result([])).markdown


def test_risk_of_bias_is_open_work_until_someone_judges(two: AnalysisResult) -> None:
    blank = tuple(
        BiasAssessment(
            study_id=row.study_id,
            label=row.label,
            tool="rob2",
            about="",
            overall="not assessed",
            domains=(),
            assessed_by="",
        )
        for row in two.table.rows
    )
    nobody = show_risk_of_bias(replace(two, risk_of_bias=blank)).markdown
    assert nobody.startswith("Nobody has judged the risk of bias of the 2 pooled studies yet: ")
    assert "<table" not in nobody
    one = (replace(blank[0], overall="high"), blank[1])
    some = show_risk_of_bias(replace(two, risk_of_bias=one)).markdown
    assert some.startswith(f"The risk of bias is not judged yet of {blank[1].label}: ")
    assert some.count("<table") == 1


def test_the_page_has_what_its_chunks_call() -> None:
    assert {"show_certainty", "show_findings", "show_domains", "show_risk_of_bias"} <= set(page.__all__)
