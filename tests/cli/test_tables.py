"""`metamsc tables`: every table of an analysis in one document."""

import io
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
