"""The index' evidence section and the drawn judgements of a report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from metamsc.analysis.flow import FlowFile, SearchFlow
from metamsc.analysis.grade_bias import NOT_ASSESSED, BiasAssessment
from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.records.studies import Studies
from metamsc.report.evidence_page import evidence_section
from metamsc.report.rob_page import show_risk_of_bias_figures
from metamsc.report.shown import Figure, Prose

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="module")
def section(records: Studies) -> str:
    return evidence_section(records)


def test_maps_of_both_settings_and_the_flow(section: str, records: Studies) -> None:
    assert section.count("<svg") == section.count('role="img"') == 3
    names = re.findall(r'aria-label="([^"]*)"', section)
    assert names[0].startswith("Evidence map in people: 43 cohorts")
    assert "73 cohorts" in names[1]
    assert names[2] == f"Flow of the review: 131 studies in {len(records)} reports."
    assert section.count('tabindex="0"') == 3  # wide figures scroll, also by keyboard
    ids = re.findall(r' id="([^"]+)"', section)
    assert len(ids) == len(set(ids))
    assert "<script" not in section


def test_the_same_section_each_time_and_with_the_search_another_one(records: Studies) -> None:
    few = records.select(lambda study: study.id in ("cai-2016", "zang-2022"))
    plain = evidence_section(few)
    assert evidence_section(few) == plain
    searched = FlowFile(SearchFlow.model_validate({"schema": 1, "screened": 4321}))
    assert evidence_section(few, searched) != plain


def test_no_records_no_section() -> None:
    assert evidence_section(Studies()) == ""


def test_one_record_is_enough(records: Studies) -> None:
    section = evidence_section(records.select(lambda study: study.id == "cai-2016"))
    assert section.count("<svg") == 2  # nothing of animals, so no map of them


def test_judgements_are_drawn_where_there_are_any(records: Studies) -> None:
    spec = read_spec(ROOT / "analyses" / "insulin-dose").model_copy(update={"sensitivity": ()})
    result = run(spec, records)
    assert show_risk_of_bias_figures(result) == Prose("")  # nobody judged the shipped trials
    first, *others = result.risk_of_bias
    assert first.overall == NOT_ASSESSED
    judged = BiasAssessment(
        study_id=first.study_id,
        label=first.label,
        tool=first.tool,
        about="",
        overall="high",
        domains=(("D1", "low", "invented"),),
        assessed_by="A. Tester",
    )
    shown = show_risk_of_bias_figures(replace(result, risk_of_bias=(judged, *others)))
    assert isinstance(shown, Figure)
    assert "By study and domain" in shown.svg
    assert "Shares of the weight in the pool" in shown.svg
