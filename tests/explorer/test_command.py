"""`metamsc explorer`: what it writes, where, and what it says when it cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.cli import main
from tests.explorer.conftest import ROOT

RECORDS = str(ROOT / "data" / "extractions")
PLAN = str(ROOT / "analyses" / "c-peptide")


def test_one_plan_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "page.html"
    done = CliRunner().invoke(main, ["explorer", PLAN, "--records", RECORDS, "--output", str(target)])
    assert done.exit_code == 0
    assert done.stdout == f"{target}\n"
    text = target.read_text(encoding="utf-8")
    assert re.findall(r'"name":"([a-z-]+)","title":"Stimulated C-peptide', text) == ["c-peptide"]
    assert '"in_site":false' in text


def test_the_same_plan_twice_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["explorer", PLAN, PLAN, "--records", RECORDS, "--output", str(target)])
    assert done.exit_code == 1
    assert "c-peptide stands twice" in done.output
    assert not target.exists()


def test_no_plan_is_a_problem_that_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["explorer", "--records", RECORDS])
    assert done.exit_code == 1
    assert "no plan" in done.output
