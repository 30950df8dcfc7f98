"""Acknowledged warnings are set apart with the reason; errors never are; idle entries are told."""

from pathlib import Path
from typing import Any

import pytest

from metamsc.checks.run import CheckReport, check_records, judge_studies
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.records.yaml_events import Loaded, load_yaml_bytes

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"
MMOL = EXAMPLES / "invalid" / "P701-mmol-as-percent.yml"
PLACE = "results[0].arms.msc.mean"


def entry(code: str = "P701", **more: str) -> dict[str, str]:
    return {"code": code, "reason": "printed so", "by": "Reviewer C", **more}


def judged(*entries: dict[str, str], file: Path = MMOL) -> tuple[list[tuple[str, str]], list[str]]:
    """Open problems (code, severity) and the places of the acknowledged ones."""
    loaded = load_yaml_bytes(file.read_bytes(), file.name)
    assert isinstance(loaded, Loaded)
    data: dict[str, Any] = {**loaded.data, "acknowledged": list(entries)}
    problems, taken = judge_studies(Studies.of(Study.model_validate(data)))
    assert all((item.reason, item.by) == ("printed so", "Reviewer C") for item in taken)
    return [(p.code, p.severity) for p in problems], [item.problem.where for item in taken]


@pytest.mark.parametrize(
    "where",
    [None, "results", "results[0]", "results[0].arms.msc", PLACE, "results.hba1c", "results.hba1c.arms.msc"],
)
def test_a_warning_at_the_place_or_below_is_taken_up(where: str | None) -> None:
    given = entry() if where is None else entry(where=where)
    assert judged(given) == ([], [PLACE])


@pytest.mark.parametrize("where", ["results[1]", "results[0].arms.ms", "result", "results.egfr", "arms[0]"])
def test_a_warning_elsewhere_stays_and_the_entry_is_told(where: str) -> None:
    assert judged(entry(where=where)) == ([("P701", "warning"), ("R409", "warning")], [])


def test_another_code_is_not_taken_up() -> None:
    assert judged(entry("A602"))[0] == [("P701", "warning"), ("R409", "warning")]


def test_errors_stay_errors() -> None:
    file = EXAMPLES / "invalid" / "A601-events-above-n.yml"
    assert judged(entry("A601"), file=file) == ([("A601", "error"), ("R409", "warning")], [])


def test_an_entry_for_a_comparison_of_records_may_find_nothing() -> None:
    assert judged(entry(), entry("D802")) == ([], [PLACE])


def test_two_entries_for_one_warning_are_both_used() -> None:
    assert judged(entry(), entry(where=PLACE)) == ([], [PLACE])


def test_hint_of_an_idle_entry_names_the_places_of_its_code() -> None:
    loaded = load_yaml_bytes(MMOL.read_bytes(), MMOL.name)
    assert isinstance(loaded, Loaded)
    data = {**loaded.data, "acknowledged": [entry(where="results[1]")]}
    problems, _ = judge_studies(Studies.of(Study.model_validate(data)))
    (idle,) = [p for p in problems if p.code == "R409"]
    assert idle.hint == f"P701 is found at {PLACE}"
    assert idle.message == "there is no warning P701 at results[1]"


def test_acknowledged_warnings_do_not_count_under_strict(tmp_path: Path) -> None:
    text = MMOL.read_text()
    acknowledged = "acknowledged:\n  - {code: P701, reason: printed so, by: Reviewer C}\nextraction:"
    file = tmp_path / MMOL.name
    file.write_text(text.replace("extraction:", acknowledged))
    report: CheckReport = check_records(file, strict=True)
    assert (report.exit_code, len(report.problems), len(report.acknowledged)) == (0, 0, 1)
    file.write_text(text)
    assert check_records(file, strict=True).exit_code == 1
