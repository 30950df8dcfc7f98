"""`metamsc tables`: every table of an analysis in one document."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
PLAN = str(ROOT / "analyses/hba1c")
RECORDS = str(ROOT / "data/extractions")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["tables", *arguments, "--records", RECORDS])


def test_the_end_of_the_name_is_the_format(tmp_path: Path) -> None:
    result = call(PLAN, "--output", str(tmp_path / "a.md"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{tmp_path / 'a.md'}\n"
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.startswith("# HbA1c after MSC therapy\n")
    assert "**Table 1.** Summary of findings for HbA1c." in text


def test_a_format_given_goes_before_the_name(tmp_path: Path) -> None:
    assert call(PLAN, "--format", "xlsx", "--output", str(tmp_path / "a.md")).exit_code == 0
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.md").read_bytes())) as book:
        assert "xl/workbook.xml" in book.namelist()


def test_only_some_in_the_order_of_an_appendix(tmp_path: Path) -> None:
    call(PLAN, "--only", "excluded, results", "--output", str(tmp_path / "a.md"), "--fragment")
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.startswith("**Table 1.** Pooled results")
    assert text.count("**Table ") == 2
    assert "**Table 2.** Results for HbA1c that were left out" in text


def test_flags_reach_the_tables(tmp_path: Path) -> None:
    call(PLAN, "--only", "results", "--tau2", "PM", "--output", str(tmp_path / "a.md"))
    assert "Method: Paule–Mandel" in (tmp_path / "a.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "a.pdf"), "the file must end in one of .html, .tex, .docx, .xlsx, .md; got 'a.pdf'"),
        (("--output", "a.docx", "--fragment"), "fragment is for html, latex, markdown"),
        (("--output", "a.md", "--only", "figures"), "only must be names of tables"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], said: str) -> None:
    result = call(PLAN, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def plans_in(tmp_path: Path, *names: str) -> Path:
    """Copy shipped plans into a folder, to be changed."""
    folder = tmp_path / "analyses"
    for name in names:
        shutil.copytree(ROOT / "analyses" / name, folder / name)
    return folder


def add(folder: Path, name: str, text: str) -> None:
    with (folder / name / "analysis.yml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_folder_of_plans_gives_one_summary_of_findings(tmp_path: Path) -> None:
    folder = plans_in(tmp_path, "hba1c", "insulin-dose")
    result = call(str(folder), "--only", "findings", "--output", str(tmp_path / "a.md"))
    assert (result.exit_code, result.stderr) == (0, "")
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.startswith("# Summary of findings\n")
    assert text.count("**Table ") == 3
    assert "**Table 1.** Summary of findings for people with type 1 diabetes." in text
    assert text.count("\n| HbA1c ") == 3
    assert text.count("\n| Daily insulin dose ") == 2  # not pooled over types
    assert text.count("Nobody has judged the certainty of this evidence yet") == 3


def test_several_plans_are_as_a_folder_and_one_of_them_judged(tmp_path: Path) -> None:
    folder = plans_in(tmp_path, "hba1c", "insulin-dose")
    judgement = "{judgement: serious, because: too few people, by: A. Panel}"
    counts = "{judgement: critical, because: a survey, by: A. Panel}"
    add(
        folder,
        "insulin-dose",
        f"grade:\n  - stratum: T1D\n    importance: {counts}\n    imprecision: {judgement}\n",
    )
    result = call(
        str(folder / "hba1c"),
        str(folder / "insulin-dose/analysis.yml"),
        "--only=findings",
        "--output",
        str(tmp_path / "a.md"),
    )
    assert result.exit_code == 0
    first = (tmp_path / "a.md").read_text(encoding="utf-8").split("**Table 2.**")[0]
    assert first.index("\n| Daily insulin dose ") < first.index("\n| HbA1c ")
    assert "critical outcome" in first
    assert "a. too few people (A. Panel)" in first
    assert "Nobody has judged yet, and nothing is filled in: HbA1c." in first


def test_a_folder_gives_the_other_tables_by_analysis(tmp_path: Path) -> None:
    folder = plans_in(tmp_path, "hba1c", "insulin-dose")
    call(str(folder), "--only", "results,findings", "--output", str(tmp_path / "a.md"))
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.startswith("# Tables\n")
    assert "**Table 4.** Pooled results for HbA1c" in text
    assert "**Table 5.** Pooled results for daily insulin dose" in text


def test_one_plan_that_fails_stops_all_and_every_problem_is_told(tmp_path: Path) -> None:
    folder = plans_in(tmp_path, "hba1c", "insulin-dose", "c-peptide")
    add(folder, "hba1c", "colour: red\n")
    add(folder, "insulin-dose", "grade: [{stratum: T1D, imprecision: bad}]\n")
    output = tmp_path / "a.md"
    result = call(str(folder), "--only", "findings", "--output", str(output))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "2 of 3 plans are not valid" in result.stderr
    assert "hba1c/analysis.yml" in result.stderr
    assert "insulin-dose/analysis.yml" in result.stderr
    assert not output.exists()


def test_an_analysis_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    folder = plans_in(tmp_path, "c-peptide", "hba1c")
    output = tmp_path / "a.md"
    result = call(str(folder), "--measure", "RR", "--method", "mh", "--output", str(output))
    assert result.exit_code == 2
    assert "c-peptide: " in result.stderr
    assert "Nothing was written." in result.stderr
    assert not output.exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    result = call(str(empty), "--output", str(output))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no plan: there is no" in result.stderr
