"""Building a site: all or nothing, the same bytes twice, and never over anybody's files."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from click.testing import CliRunner

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.cli import main
from metamsc.errors import OptionError, ReportError
from metamsc.report import quarto
from metamsc.report.build import build_site
from metamsc.report.site_file import SITE_FILE
from metamsc.report.source import read_document
from metamsc.report.template import rewrite_reports, write_report
from metamsc.tables.labels import shown_effect

ROOT = Path(__file__).parents[2]


def prints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def build(project: Path, **options: str) -> Path:
    site = build_site(
        project / "build" / "site",
        analyses=project / "analyses",
        records=project / "data" / "extractions",
        route=options.get("route", "embedded"),
    )
    return site.folder


class Links(HTMLParser):
    """Addresses and ids of a page, and the order of its headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))


def test_same_inputs_give_the_same_bytes(small_project: Path, tmp_path: Path) -> None:
    said: list[str] = []
    site = build_site(
        small_project / "build" / "site",
        analyses=small_project / "analyses",
        records=small_project / "data" / "extractions",
        route="embedded",
        progress=said.append,
    )
    assert (site.route, site.warnings) == ("embedded", ())
    assert re.fullmatch(r"pooled hba1c \(1 of 1, \d+\.\d s\)", said[1])
    assert said[2:] == [
        "running hba1c (1 of 1)",
        "writing 1 page",
        "wrote hba1c/report.html (1 of 1)",
        "writing the index, the records, the explorer and the form",
    ]
    first = prints(site.folder)
    assert set(site.pages) == set(first) - {SITE_FILE}
    assert {"index.html", "hba1c/report.html", "records/clinical/cai-2016.html", SITE_FILE} <= set(first)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(small_project / "data", elsewhere / "data")
    shutil.copytree(small_project / "analyses", elsewhere / "analyses")
    assert prints(build(elsewhere)) == first
    listed = json.loads((small_project / "build" / "site" / SITE_FILE).read_text(encoding="utf-8"))["pages"]
    assert listed == {name: value for name, value in first.items() if name != SITE_FILE}


def test_failed_build_leaves_the_old_site(small_project: Path) -> None:
    site = small_project / "build" / "site"
    site.mkdir(parents=True)
    (site / SITE_FILE).write_text("{}", encoding="utf-8")
    (site / "index.html").write_text("old", encoding="utf-8")
    report = small_project / "analyses" / "hba1c" / "report.qmd"
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace("page.show_methods(result)", "page.show_methods(None)"), encoding="utf-8")
    with pytest.raises(ReportError, match=r"hba1c/report\.qmd:\d+: chunk at line \d+ failed: AttributeError"):
        build(small_project)
    assert (site / "index.html").read_text(encoding="utf-8") == "old"
    assert [path.name for path in (small_project / "build").iterdir()] == ["site"]


def test_folder_that_is_no_site_is_not_replaced(small_project: Path) -> None:
    site = small_project / "build" / "site"
    site.mkdir(parents=True)
    (site / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ReportError, match="neither empty nor a site"):
        build(small_project)
    assert (site / "thesis.txt").exists()
    with pytest.raises(ReportError, match="is a file"):
        build_site(site / "thesis.txt", analyses=small_project / "analyses")


def test_missing_report_says_how_to_make_one(small_project: Path) -> None:
    (small_project / "analyses" / "hba1c" / "report.qmd").unlink()
    (small_project / "analyses" / "report.qmd").unlink()
    with pytest.raises(ReportError, match="write_report"):
        build(small_project)


def test_route_is_one_of_three(small_project: Path) -> None:
    with pytest.raises(OptionError, match="'embedded'"):
        build(small_project, route="word")


def test_quarto_is_asked_for_by_name(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarto, "find_quarto", lambda: None)
    with pytest.raises(ReportError, match="not on the PATH"):
        build(small_project, route="quarto")


def need_quarto() -> str:
    found = quarto.find_quarto()
    if found is None:
        pytest.skip("no quarto on the PATH")
    return found


@pytest.mark.needs_quarto
def test_quarto_renders_the_same_pages(small_project: Path) -> None:
    need_quarto()
    site = build_site(
        small_project / "build" / "site",
        analyses=small_project / "analyses",
        records=small_project / "data" / "extractions",
        route="quarto",
        to=("html", "pdf", "docx"),
    )
    folder = site.folder / "hba1c"
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert (folder / "report.docx").read_bytes().startswith(b"PK")
    page = (folder / "report.html").read_text(encoding="utf-8")
    for text in (
        "HbA1c was",
        "Figure&nbsp;1",
        "Table&nbsp;1",
        "Cai 2016",
        "../records/clinical/cai-2016.html#L",
    ):
        assert text in page


@pytest.mark.needs_quarto
def test_quarto_renders_the_project_as_a_website(small_project: Path) -> None:
    command = [need_quarto(), "render", str(small_project / "analyses"), "--to", "html"]
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    site = small_project / "build" / "quarto"
    assert (site / "index.html").is_file()
    assert "Cai 2016" in (site / "hba1c" / "report.html").read_text(encoding="utf-8")
    assert not (site / "report.html").exists(), "the report with a parameter is no page of the website"


@pytest.mark.needs_quarto
def test_quarto_renders_the_shared_report_for_an_analysis(small_project: Path) -> None:
    command = [need_quarto(), "render", "report.qmd", "-P", "analysis:hba1c", "--to", "html"]
    if importlib.util.find_spec("papermill") is None:
        pytest.skip("no papermill: quarto needs it for parameters")
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=small_project / "analyses", env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    (page,) = small_project.rglob("report.html")
    text = page.read_text(encoding="utf-8")
    assert "HbA1c after MSC therapy" in text
    assert "Cai 2016" in text


def test_shared_report_serves_an_analysis_without_one_of_its_own(small_project: Path) -> None:
    (small_project / "analyses" / "hba1c" / "report.qmd").unlink()
    settings = small_project / "analyses" / "_quarto.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?m)^  title: .*$", "  title: Mine <& ours>", text), encoding="utf-8")
    site = build(small_project)
    page = (site / "hba1c" / "report.html").read_text(encoding="utf-8")
    for name in ("hba1c/report.html", "index.html", "records/index.html", "records/clinical/cai-2016.html"):
        assert '<a class="mm-home"' in (shown := (site / name).read_text(encoding="utf-8"))
        assert 'index.html">Mine &lt;&amp; ours&gt;</a>' in shown
    assert "<title>HbA1c after MSC therapy</title>" in page
    assert "<h1>HbA1c after MSC therapy</h1>" in page
    assert "../records/clinical/cai-2016.html#L" in page


def test_command(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small_project)
    done = CliRunner().invoke(main, ["report", "--route", "embedded"])
    assert done.exit_code == 0, done.output
    assert done.stdout == "build/site/index.html\n"
    assert "running hba1c" in done.stderr
    assert (small_project / "build" / "site" / "index.html").is_file()


def test_help_has_an_example() -> None:
    done = CliRunner().invoke(main, ["report", "--help"])
    assert "Example: metamsc report" in done.output


def test_template_writes_only_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "analyses" / "hba1c"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "analyses" / "hba1c" / "analysis.yml", folder)
    written = {path.relative_to(folder.parent).as_posix() for path in write_report(folder)}
    assert written == {"hba1c/report.qmd", "report.qmd", "index.qmd", "_quarto.yml", "references.bib"}
    (folder / "report.qmd").write_text("mine", encoding="utf-8")
    assert write_report(folder) == ()
    assert (folder / "report.qmd").read_text(encoding="utf-8") == "mine"


def test_shipped_reports_are_those_of_the_template(tmp_path: Path) -> None:
    copy = tmp_path / "analyses"
    shutil.copytree(ROOT / "analyses", copy)
    changed = [path.relative_to(copy).as_posix() for path in rewrite_reports(copy)]
    assert changed == [], "run: python -m metamsc.report.template analyses"
    (copy / "index.qmd").unlink()
    report = copy / "hba1c" / "report.qmd"
    report.write_text("other", encoding="utf-8")
    assert rewrite_reports(copy) == (report, copy / "index.qmd")
    assert report.read_bytes() == (ROOT / "analyses" / "hba1c" / "report.qmd").read_bytes()


@pytest.mark.parametrize("plan", find_specs(ROOT / "analyses"), ids=lambda plan: Path(plan).parent.name)
def test_shipped_reports_are_thin(plan: str) -> None:
    document = read_document(Path(plan).parent / "report.qmd")
    assert document.front["title"] == read_spec(plan).title
    code = [cell for cell in document.cells if cell.kind == "code"]
    assert code[0].options.get("include") is False
    assert all(cell.source.startswith("page.show_") and "\n" not in cell.source for cell in code[1:])


def test_every_link_of_the_shipped_site_leads_somewhere(shipped_site: Path) -> None:
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in shipped_site.rglob("*.html")}
    assert len(pages) > 100
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), f"an id stands twice on {path}"
        for link in page.links:
            if link.startswith(("https://", "http://")):
                continue
            address, fragment = urldefrag(link)
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.is_file(), f"{path} links to {link}"
            assert not fragment or unquote(fragment) in pages[target].ids, f"{path} links to {link}"


def test_headings_of_the_shipped_site_are_in_order(shipped_site: Path) -> None:
    for path in shipped_site.rglob("*.html"):
        levels = Links(path.read_text(encoding="utf-8")).headings
        assert levels[0] == 1
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), path


def test_shipped_pages_show_the_numbers_of_the_results(shipped_site: Path) -> None:
    records = read_records(ROOT / "data" / "extractions")
    for plan in find_specs(ROOT / "analyses"):
        result = run(read_spec(plan), records)
        page = (shipped_site / result.name / "report.html").read_text(encoding="utf-8")
        assert "Traceback" not in page
        assert page.count("<svg") >= 2 * bool(result.strata) + bool(result.sensitivity)
        for stratum in result.pools:
            assert shown_effect(result, stratum.pooled.estimate) in page
        for row in result.table.rows:
            assert f"../records/{row.place.file.split('extractions/')[1][:-4]}.html#L{row.place.line}" in page
        for text in (*result.spec["notes"], *(item.label for item in result.table.excluded)):
            assert text.split("'")[0].split('"')[0].split("&")[0] in page
