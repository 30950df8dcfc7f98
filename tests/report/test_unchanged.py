"""What has not changed is not made again, and what has changed always is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.cli import main
from metamsc.records.studies import Studies
from metamsc.report import build as building
from metamsc.report import inputs
from metamsc.report.build import Site, build_site
from metamsc.report.inputs import analysis_key, records_used
from metamsc.report.site_file import SITE_FILE
from metamsc.report.source import Document
from metamsc.report.template import write_report
from metamsc.report.unchanged import STAMP_FILE

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "data" / "extractions"
ALL = ("c-peptide", "hba1c")
DOCUMENT = """---
title: x
---

```{python}
#| include: false
from metamsc.report import page

result = page.load_result()
```

```{python}
page.show_studies(result)
```

```{python}
page.show_missing(result)
```
"""


def build(project: Path, *, force: bool = False, to: Sequence[str] = ("html",)) -> Site:
    return build_site(
        project / "site",
        analyses=project / "analyses",
        records=project / "data" / "extractions",
        route="embedded",
        to=to,
        force=force,
    )


def pages(project: Path) -> dict[str, bytes]:
    folder = project / "site"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.html")}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def records_of(project: Path, name: str) -> Path:
    return project / "data" / "extractions" / "clinical" / f"{name}.yml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two analyses on four records: with both outcomes, with one of them, and with neither."""
    project = tmp_path_factory.mktemp("built")
    for name in ("clinical/cai-2016", "clinical/zang-2022", "clinical/moon-2019", "clinical/carlsson-2015"):
        target = project / "data" / "extractions" / f"{name}.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RECORDS / f"{name}.yml", target)
    for name in ALL:
        folder = project / "analyses" / name
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "analyses" / name / "analysis.yml", folder)
        folder.joinpath("report.qmd").write_text(DOCUMENT, encoding="utf-8")
        write_report(folder)
    return project


def quick_render(
    documents: Sequence[Document], results: Sequence[AnalysisResult], folder: Path, **given: Any
) -> tuple[str, ...]:
    """Write pages of everything that goes into one, but without a kernel and pandoc."""
    for document, result in zip(documents, results, strict=True):
        data = result.to_dict()
        data["manifest"]["records"] = len(data["manifest"]["records"])
        settings = [path.read_text(encoding="utf-8") for path in sorted(given["project"].glob("[_r]*.[yb]*"))]
        parts = [data, document.path.read_text(encoding="utf-8"), settings, given["to"]]
        (folder / result.name).mkdir()
        (folder / result.name / "report.html").write_text(json.dumps(parts), encoding="utf-8")
    return ()


@pytest.fixture
def project(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "project"
    shutil.copytree(built, copy)
    monkeypatch.setattr(building, "render", quick_render)
    assert build(copy).rebuilt == ALL
    return copy


def test_a_page_that_is_kept_is_the_page_that_would_be_made(built: Path, tmp_path: Path) -> None:
    """The one test with real pages: the others look at the inputs of a page."""
    copy = tmp_path / "project"
    shutil.copytree(built, copy)
    assert build(copy).rebuilt == ALL
    edit(records_of(copy, "zang-2022"), "Zang 2022", "Zhang 2022")
    assert build(copy).rebuilt == ("hba1c",)
    kept = pages(copy)
    assert b"Zhang 2022" in kept["hba1c/report.html"]
    assert b"Zang 2022" not in kept["hba1c/report.html"]
    assert build(copy, force=True).rebuilt == ALL
    assert pages(copy) == kept


def test_nothing_changed_nothing_is_made(project: Path) -> None:
    before = pages(project)
    for path in (project / "data").rglob("*.yml"):
        path.touch()
    site = build(project)
    assert site.rebuilt == ()
    assert pages(project) == before
    assert set(site.pages) == set(before)


CHANGES: dict[str, tuple[Callable[[Path], Path], str, str, tuple[str, ...]]] = {
    "record of both": (lambda at: records_of(at, "cai-2016"), "mean: 7.5", "mean: 7.6", ALL),
    "record of one": (lambda at: records_of(at, "zang-2022"), "Zang 2022", "Zhang 2022", ("hba1c",)),
    "record of neither": (lambda at: records_of(at, "moon-2019"), "Moon 2019", "Moon 2020", ()),
    "plan": (lambda at: at / "analyses/hba1c/analysis.yml", "title: Hb", "title: A Hb", ("hba1c",)),
    "document": (lambda at: at / "analyses/hba1c/report.qmd", "title: x", "title: y", ("hba1c",)),
    "settings": (lambda at: at / "analyses/_quarto.yml", "lang: en", "lang: en-GB", ALL),
    "references": (lambda at: at / "analyses/references.bib", "@", "\n@", ALL),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_rebuilds_what_uses_it(project: Path, what: str) -> None:
    file, old, new, expected = CHANGES[what]
    edit(file(project), old, new)
    site = build(project)
    assert site.rebuilt == expected
    kept = pages(project)
    assert build(project, force=True).rebuilt == ALL
    assert pages(project) == kept, "a page that was kept is not the one that would be made now"


def test_index_and_records_show_a_record_that_no_analysis_uses(project: Path) -> None:
    edit(records_of(project, "moon-2019"), "label: Moon 2019", "label: Moon 2020")
    build(project)
    shown = pages(project)
    assert b"Moon 2020" in shown["records/clinical/moon-2019.html"]
    assert b"Moon 2020" in shown["records/index.html"]


def test_a_record_more_changes_every_page_that_counts_them(project: Path) -> None:
    shutil.copy(RECORDS / "clinical" / "skyler-2015.yml", records_of(project, "skyler-2015"))
    assert build(project).rebuilt == ALL


def test_a_page_that_somebody_changed_is_made_anew(project: Path) -> None:
    before = pages(project)
    (project / "site" / "hba1c" / "report.html").write_text("−99 %", encoding="utf-8")
    assert build(project).rebuilt == ("hba1c",)
    assert pages(project) == before
    (project / "site" / "index.html").unlink()
    assert build(project).rebuilt == ()
    assert pages(project) == before


@pytest.mark.parametrize(
    "name",
    [".DS_Store", ".gitignore", "report.html", "report.pdf", "hba1c/report.html", "report_files/x.css"],
)
def test_what_quarto_and_the_system_leave_behind_changes_nothing(project: Path, name: str) -> None:
    left = project / "analyses" / name
    left.parent.mkdir(exist_ok=True)
    left.write_text("left behind", encoding="utf-8")
    assert build(project).rebuilt == ()


@pytest.mark.parametrize("name", ["flow.yml", "hba1c/picture.html", "hba1c/notes.md"])
def test_a_new_file_that_a_document_may_read_rebuilds(project: Path, name: str) -> None:
    (project / "analyses" / name).write_text("schema: 1\nscreened: 12\n", encoding="utf-8")
    assert build(project).rebuilt == (ALL if name == "flow.yml" else ("hba1c",))


def test_other_formats_rebuild_all(project: Path) -> None:
    assert build(project).rebuilt == ()
    assert build(project, to=("html", "pdf")).rebuilt == ALL
    assert build(project, to=("html", "pdf")).rebuilt == ()


@pytest.mark.parametrize("text", ["{}", "not json", '{"key": 1, "analyses": [1], "pages": {}}'])
def test_a_list_that_cannot_be_read_keeps_nothing(project: Path, text: str) -> None:
    (project / "site" / SITE_FILE).write_text(text, encoding="utf-8")
    assert build(project).rebuilt == ALL
    assert json.loads((project / "site" / SITE_FILE).read_text(encoding="utf-8"))["key"]


def test_another_code_or_version_rebuilds_all(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "code_print", lambda: "another version")
    assert build(project).rebuilt == ALL


def test_the_code_is_every_file_of_the_package(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "metamsc" / "report" / "assets", tmp_path / "assets")
    before = inputs.folder_prints(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert inputs.folder_prints(tmp_path) == before
    edit(tmp_path / "assets" / "page.css", "{", "{ ")
    changed = inputs.folder_prints(tmp_path)
    assert {name for name in before if before[name] != changed[name]} == {"assets/page.css"}
    assert "report/assets/page.css" in inputs.folder_prints(ROOT / "metamsc")


@pytest.mark.parametrize("plan", find_specs(ROOT / "analyses"), ids=lambda plan: Path(plan).parent.name)
def test_records_that_are_not_used_change_nothing(plan: str) -> None:
    """The result on the records of the key alone is the result on all, but for their count and list."""
    studies, spec = read_records(RECORDS), read_spec(plan)
    used = records_used(spec, studies)
    assert 0 < len(used) < len(studies)
    whole, part = run(spec, studies).to_dict(), run(spec, Studies(used)).to_dict()
    for given in (whole, part):
        del given["manifest"], given["table"]["n_records"]
    assert part == whole


def test_key_follows_every_record_that_is_used() -> None:
    studies, spec = read_records(RECORDS), read_spec(ROOT / "analyses" / "c-peptide")
    key = analysis_key(spec, studies)
    used = {file.study.id for file in records_used(spec, studies)}
    for position, file in enumerate(studies.files):
        changed = list(studies.files)
        changed[position] = replace(file, sha256="0" * 64)
        assert (analysis_key(spec, Studies(changed)) != key) == (file.study.id in used)


def run_there(project: Path, *flags: str) -> tuple[str, str, dict[str, bytes]]:
    """Run every plan of a project; return what is printed, and every file but the stamp."""
    folder = project / "build"
    arguments = ["--records", project / "data/extractions", "--analyses", project / "analyses"]
    arguments += ["--output", folder]
    done = CliRunner().invoke(main, ["run", "--no-figures", *map(str, arguments), *flags])
    assert done.exit_code == 0, done.output
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    return done.stdout, done.stderr, {name: data for name, data in files.items() if STAMP_FILE not in name}


@pytest.mark.parametrize("what", [None, "record of both", "record of one", "record of neither", "plan"])
def test_run_keeps_what_it_would_write(project: Path, what: str | None) -> None:
    first = run_there(project)
    assert first[1] == ""
    expected: tuple[str, ...] = ()
    if what is not None:
        file, old, new, expected = CHANGES[what]
        edit(file(project), old, new)
    printed, said, files = run_there(project)
    kept = [name for name in ALL if name not in expected]
    assert said == (f"unchanged: {', '.join(kept)}\n" if kept else "")
    again = run_there(project, "--force")
    assert again == (printed, "", files)
    shown = json.loads(run_there(project, "--json")[0])
    assert shown == json.loads(run_there(project, "--json", "--force")[0])


def test_run_with_another_choice_or_a_spoiled_file_runs(project: Path) -> None:
    run_there(project)
    assert run_there(project, "--tau2", "DL")[1] == ""
    assert run_there(project)[1] == "", "the choice is gone, and with it the result"
    before = run_there(project)
    (project / "build" / "hba1c" / "pooled.csv").write_text("estimate\n-99\n", encoding="utf-8")
    printed, said, files = run_there(project)
    assert (printed, said, files) == (before[0], "unchanged: c-peptide\n", before[2])
    (project / "build" / "hba1c" / STAMP_FILE).write_text("{", encoding="utf-8")
    assert run_there(project)[1] == "unchanged: c-peptide\n"
