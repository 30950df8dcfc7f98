"""`metamsc paper`: text on standard output, or a folder with everything a manuscript needs."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["paper", "analyses/insulin-dose", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_markdown_cites_by_key() -> None:
    code, text, error = call()
    assert (code, error) == (0, "")
    assert text.startswith("# Daily insulin dose")
    assert "[@hartung2001; @sidik2002; @inthout2014]" in text
    assert "[@cai-2016; @" in text


def test_text_cites_by_name() -> None:
    code, text, _ = call("--register", "plain", "--format", "text")
    assert code == 0
    assert "[@" not in text
    assert "REFERENCES" in text
    assert "REML" not in text


def test_a_folder_gets_everything(tmp_path: Path) -> None:
    code, said, _ = call("--format", "docx", "--output", str(tmp_path / "p"))
    assert code == 0
    names = [Path(line).name for line in said.splitlines()]
    assert names[:2] == ["paper.docx", "references.bib"]
    assert all((tmp_path / "p" / name).is_file() for name in names)


def test_docx_needs_a_folder() -> None:
    code, _, error = call("--format", "docx")
    assert code == 2
    assert "--output" in error


def test_a_search_beside_the_plans_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "analyses" / "insulin-dose"
    folder.mkdir(parents=True)
    plan = (ROOT / "analyses" / "insulin-dose" / "analysis.yml").read_text(encoding="utf-8")
    (folder / "analysis.yml").write_text(plan, encoding="utf-8")
    flow = "schema: 1\nidentified: {databases: {MEDLINE: 210}}\n"
    (tmp_path / "analyses" / "flow.yml").write_text(flow, encoding="utf-8")
    done = CliRunner().invoke(main, ["paper", str(folder), "--output", str(tmp_path / "p")])
    assert done.exit_code == 0, done.output
    assert "Searched: MEDLINE." in (tmp_path / "p" / "prisma-2020.md").read_text(encoding="utf-8")
