"""The flow of a review: read from disk, checked as sums, filled from records; what is unknown stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from metamsc.analysis.flow import (
    FLOW_CODE,
    NO_OUTCOME,
    FlowFile,
    SearchFlow,
    check_sums,
    make_flow,
    read_flow,
)
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.errors import SpecError
from metamsc.records.studies import Studies

ROOT = Path(__file__).parents[2]
FLOW = """\
schema: 1
identified: {databases: {PubMed: 100, Embase: 60}, registers: {ClinicalTrials.gov: 10}}
removed_before_screening: {duplicates: 20}
screened: 150
excluded_at_screening: 100
sought: 50
not_retrieved: 5
assessed: 45
excluded_reports: {no control: 25, not MSC: 10}
"""


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="module")
def hba1c(records: Studies) -> AnalysisResult:
    return run(read_spec(ROOT / "analyses" / "hba1c"), records)


def flow_file(tmp_path: Path, text: str = FLOW) -> FlowFile:
    path = tmp_path / "flow.yml"
    path.write_text(text, encoding="utf-8")
    found = read_flow(tmp_path)
    assert found is not None
    return found


def test_sums_that_fit(tmp_path: Path) -> None:
    # 170 - 20 = 150, 150 - 100 = 50, 50 - 5 = 45, 45 - 35 = 10 records
    assert list(check_sums(flow_file(tmp_path), reports=10)) == []


@pytest.mark.parametrize(
    ("line", "wrong", "words"),
    [
        ("screened: 150", "screened: 151", "170 - 20 = 150"),
        ("sought: 50", "sought: 49", "150 - 100 = 50"),
        ("assessed: 45", "assessed: 44", "50 - 5 = 45"),
    ],
)
def test_a_wrong_number_is_a_problem_at_its_line(tmp_path: Path, line: str, wrong: str, words: str) -> None:
    problems = list(check_sums(flow_file(tmp_path, FLOW.replace(line, wrong)), reports=10))
    assert words in problems[0].message
    assert problems[0].code == FLOW_CODE
    assert FLOW.splitlines()[problems[0].line - 1] == line


def test_reports_must_be_the_records(tmp_path: Path) -> None:
    (problem,) = check_sums(flow_file(tmp_path), reports=11)
    assert problem.message == "assessed - excluded leaves 10 reports, and there are 11 records"
    other = FLOW + "other_methods: {assessed: 3, excluded_reports: {duplicate: 2}}\n"
    assert list(check_sums(flow_file(tmp_path, other), reports=11)) == []  # 10 + (3 - 2)


def test_what_is_not_recorded_is_not_checked(tmp_path: Path) -> None:
    text = "\n".join(
        line for line in FLOW.splitlines() if not line.startswith(("sought", "excluded_reports"))
    )
    assert list(check_sums(flow_file(tmp_path, text), reports=999)) == []


def test_nothing_recorded(tmp_path: Path, records: Studies) -> None:
    assert read_flow(tmp_path) is None
    flow = make_flow(records)
    assert flow.search is None
    assert (flow.reports, flow.studies) == (len(records), len({study.cohort for study in records}))
    assert flow.studies < flow.reports  # several reports on one cohort


def test_unknown_keys_and_negative_numbers_have_their_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"flow.yml:2:\d+: screned"):
        flow_file(tmp_path, "schema: 1\nscrened: 3\n")
    with pytest.raises(SpecError, match=r"flow.yml:2:\d+: screened"):
        flow_file(tmp_path, "schema: 1\nscreened: -3\n")


def test_each_report_is_in_the_analysis_or_has_one_reason(records: Studies, hba1c: AnalysisResult) -> None:
    flow = make_flow(records, result=hba1c)
    assert flow.setting == "clinical"
    assert flow.pooled_reports == len({row.study_id for row in hba1c.table.rows}) == 4
    assert flow.pooled_reports + sum(count for _, count in flow.not_pooled) == flow.reports
    assert flow.reports == hba1c.table.n_records
    assert NO_OUTCOME in dict(flow.not_pooled)
    counts = [count for _, count in flow.not_pooled]
    assert counts == sorted(counts, reverse=True)


def test_the_search_is_of_all_records(tmp_path: Path, records: Studies, hba1c: AnalysisResult) -> None:
    """An analysis of one setting does not make the numbers of the whole search wrong."""
    text = f"schema: 1\nassessed: {len(records)}\nexcluded_reports: {{none: 0}}\n"
    assert make_flow(records, found=flow_file(tmp_path, text), result=hba1c).problems == ()
    assert SearchFlow.model_validate({"schema": 1}).screened is None
