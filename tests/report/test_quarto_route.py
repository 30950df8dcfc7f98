"""The route through quarto, with a quarto that does what its sources say and is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from metamsc.errors import ReportError
from metamsc.report import quarto
from metamsc.report.source import Document, read_document

STAND_IN = """#!{python}
import os, sys
from pathlib import Path
arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
document = Path(sys.argv[2])
project = document.parents[1]
assert (project / "_quarto.yml").is_file()
made = project / arguments["--output-dir"] / document.parent.name  # relative to the project, folder repeated
made.mkdir(parents=True)
kinds = {{"html": "html", "typst": "pdf", "docx": "docx"}}
if "{fails}":
    print("{fails}", file=sys.stderr)
    sys.exit({code})
(made / f"report.{{kinds[arguments['--to']]}}").write_text(os.environ["METAMSC_RECORDS"])
# a website renders the page that lists the document as well, and what is needed to search it
(made.parent / "index.html").write_text("listing")
(made.parent / "search.json").write_text("[]")
"""


@pytest.fixture
def document(tmp_path: Path) -> Document:
    folder = tmp_path / "my review" / "analyses" / "hba1c"
    folder.mkdir(parents=True)
    (folder.parent / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    report = folder / "report.qmd"
    report.write_text("---\ntitle: T\n---\n", encoding="utf-8")
    return read_document(report)


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, *, fails: str = "", code: int = 0) -> None:
    file = folder / "quarto"
    file.write_text(STAND_IN.format(python=sys.executable, fails=fails, code=code), encoding="utf-8")
    file.chmod(0o755)
    monkeypatch.setattr(quarto, "find_quarto", lambda: str(file))


def test_only_the_pages_are_kept(document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, tmp_path)
    site = tmp_path / "a site"
    site.mkdir()
    quarto.render([document], site, tmp_path / "records", "<header></header>", ("html", "pdf", "docx"))
    found = sorted(path.relative_to(site).as_posix() for path in site.rglob("*"))
    assert found == ["hba1c", "hba1c/report.docx", "hba1c/report.html", "hba1c/report.pdf"]
    assert (site / "hba1c" / "report.html").read_text(encoding="utf-8") == str(tmp_path / "records")


@pytest.mark.parametrize(
    ("code", "told"), [(1, "could not render it:\nno kernel"), (0, r"made no report\.html")]
)
def test_what_quarto_says_is_told(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    stand_in(monkeypatch, tmp_path, fails="no kernel", code=code)
    site = tmp_path / "site"
    site.mkdir()
    with pytest.raises(ReportError, match=told):
        quarto.render([document], site, tmp_path, "", ("html",))
    assert [path for path in site.rglob("*") if path.is_file()] == []
