"""The page of the summaries of findings, and the section of the index that leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from metamsc.analysis.grade_profile import grade_profiles
from metamsc.analysis.plan import TAKEN_NAMES
from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.report.findings_page import findings_body, findings_section
from metamsc.report.head import FINDINGS_PAGE, site_header

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]


def graded(result: AnalysisResult, label: str) -> AnalysisResult:
    named = replace(result, name="hba1c", scale=replace(result.scale, outcome_label=label))
    return replace(named, grade=grade_profiles(named))


def test_a_section_per_population_and_a_way_to_each_analysis(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T2D", -0.8, 0.04)]
    body = findings_body([graded(make_result(rows), "HbA1c")])
    assert '<section id="findings-clinical-t1d"><h2>People with type 1 diabetes</h2>' in body
    assert '<section id="findings-clinical-t2d"><h2>People with type 2 diabetes</h2>' in body
    assert body.count('<a href="./hba1c/report.html">HbA1c</a>') == 2


def test_the_index_says_how_many_outcomes_there_are_and_leads_to_them(
    make_result: Make, make_row: MakeRow
) -> None:
    first = graded(make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)]), "HbA1c")
    second = graded(make_result([make_row("Bb 2018", "T2D", -0.8, 0.04)]), "Insulin")
    section = findings_section([first, second])
    for key, name in (("t1d", "type 1"), ("t2d", "type 2")):
        link = f'<a href="./findings.html#findings-clinical-{key}">People with {name} diabetes</a>'
        assert f"<li>{link}: 1 outcome; 1 without a study</li>" in section
    assert findings_section([graded(make_result([]), "HbA1c")]) == ""


def test_names_of_outcomes_are_text(make_result: Make, make_row: MakeRow) -> None:
    hostile = graded(make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)]), "<img src=x onerror=alert(1)>")
    body = findings_body([hostile]) + findings_section([hostile])
    assert "<img" not in body
    assert "&lt;img src=x" in body


def test_no_analysis_may_have_the_name_of_a_page() -> None:
    pages = set(re.findall(r'href="([^"/]+)"', site_header("")))
    assert {"index.html", FINDINGS_PAGE} <= pages <= TAKEN_NAMES
