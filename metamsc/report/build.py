"""Build the site: a page per analysis, a page per record, and an index. All or nothing.

The pages come from ``analyses/<name>/report.qmd``: by ``quarto`` where it is on the PATH, else by the
embedded route (execute, compose, pandoc). Index and records are written here on both routes. Nothing in
the site depends on the clock or on where the checkout is: the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import yaml

from metamsc.errors import ReportError, check_option
from metamsc.files import PathLike
from metamsc.report import quarto
from metamsc.report.source import Document, read_document
from metamsc.report.template import PROJECT_FILE, REPORT_FILE, asset
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies
    from metamsc.report.execute import Executed

ROUTES = ("auto", "quarto", "embedded")
SITE_FILE = "site.json"
"""Lists every page with its fingerprint; its presence marks a folder as a site that may be replaced."""
SITE_TITLE = "metamsc: MSC therapy in diabetes"
_VERSION = version("metamsc")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Site:
    """A built site."""

    folder: Path
    pages: tuple[str, ...]
    """Paths below the folder."""
    route: str
    warnings: tuple[str, ...] = ()
    """What chunks wrote to stderr."""


def build_site(
    output: PathLike = "build/site",
    *,
    analyses: PathLike = "analyses",
    records: PathLike = "data/extractions",
    route: str = "auto",
    progress: Progress | None = None,
) -> Site:
    """Build the site of all analyses.

    Parameters
    ----------
    output : path
        Folder of the site. It is replaced as a whole, and only if it is empty or a site.
    analyses : path
        Folder with one folder per analysis (``analysis.yml`` and ``report.qmd``).
    records : path
        Folder of the records.
    route : str
        "quarto", "embedded", or "auto": quarto where it is on the PATH.
    progress : callable, optional
        Called with a line of text at each step.

    Returns
    -------
    Site

    Raises
    ------
    ReportError
        If a page cannot be built; the site that was there before is as it was.
    SpecError, RecordError
        If a plan or a record has problems.
    OptionError
        If `route` is not one of :data:`ROUTES`.
    """
    from metamsc.analysis.plan import find_specs, read_spec
    from metamsc.analysis.run import run
    from metamsc.checks.read import read_records

    check_option("route", route, ROUTES)
    say = progress or (lambda _: None)
    target, project = Path(output), Path(analyses)
    _check_target(target)
    specs = [read_spec(path) for path in find_specs(project)]
    documents = [read_document(_report_of(project / spec.name)) for spec in specs]
    say(f"reading records in {os.fspath(records)}")
    studies = read_records(records)
    results = [run(spec, studies) for spec in specs]
    chosen = _route(route)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".site-", dir=target.parent))
    try:
        if chosen == "quarto":
            say("rendering with quarto")
            quarto.render(documents, scratch, Path(records), _header("../"))
            warnings: tuple[str, ...] = ()
        else:
            warnings = _embedded(documents, results, scratch, Path(records), project, say)
        _write_own_pages(scratch, results, studies)
        pages = _write_site_file(scratch)
        _swap(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Site(target, pages, chosen, warnings)


def _check_target(target: Path) -> None:
    """Refuse to replace a folder that is not a site: a wrong `--output` must not cost anybody's files."""
    if target.exists() and not target.is_dir():
        raise ReportError(f"{target} is a file; the site needs a folder.")
    if target.is_dir() and any(target.iterdir()) and not (target / SITE_FILE).is_file():
        raise ReportError(
            f"{target} is neither empty nor a site (it has no {SITE_FILE}); name another folder, or empty it."
        )


def _report_of(folder: Path) -> Path:
    path = folder / REPORT_FILE
    if not path.is_file():
        raise ReportError(
            f"{folder} has no {REPORT_FILE}. Write one with\n"
            f"  python -c \"from metamsc.report.template import write_report; write_report('{folder}')\""
        )
    return path


def _route(route: str) -> str:
    if route == "auto":
        return "embedded" if quarto.find_quarto() is None else "quarto"
    return route


def _embedded(
    documents: Sequence[Document],
    results: Sequence[AnalysisResult],
    scratch: Path,
    records: Path,
    project: Path,
    say: Progress,
) -> tuple[str, ...]:
    from metamsc.report.compose import compose, warnings_of
    from metamsc.report.execute import execute
    from metamsc.report.pandoc import to_html

    settings = _project_settings(project)
    bibliography = [project / name for name in _listed(settings.get("bibliography"))]
    echo = bool(settings.get("execute", {}).get("echo", False))
    executed = execute(documents, records=records, progress=lambda name: say(f"running {name}"))

    def write(item: Executed, result: AnalysisResult) -> None:
        page = to_html(
            compose(item, echo=echo).markdown,
            source=item.document.path,
            template=asset("page.html"),
            lua_filter=asset("filter.lua"),
            variables={"styles": asset("page.css"), "site-title": SITE_TITLE, "footer": _footer(result)},
            bibliography=bibliography,
            lang=str(settings.get("lang", "en")),
        )
        folder = scratch / result.name
        folder.mkdir()
        (folder / "report.html").write_text(page, encoding="utf-8")

    say(f"writing {plural(len(executed), 'page')}")
    # pandoc is a process of its own: threads are enough to keep every core busy
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(write, executed, results))
    return tuple(text for item in executed for text in warnings_of(item))


def _project_settings(project: Path) -> dict[str, Any]:
    file = project / PROJECT_FILE
    if not file.is_file():
        return {}
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ReportError(f"{file} is not YAML: {error}") from error
    return settings if isinstance(settings, dict) else {}


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _footer(result: AnalysisResult) -> str:
    plan = str(result.manifest.get("plan_sha256", ""))[:12]
    return escape(f"metamsc {_VERSION}, plan {result.name} ({plan}). See “What this page was made from”.")


def _header(up: str) -> str:
    return (
        f'<header class="mm-top"><a class="mm-home" href="{up}index.html">{escape(SITE_TITLE)}</a>'
        f'<nav aria-label="Site"><a href="{up}index.html">All analyses</a> '
        f'<a href="{up}records/index.html">Records</a></nav></header>'
    )


def _write_own_pages(folder: Path, results: Sequence[AnalysisResult], studies: Studies) -> None:
    """Write index, list of records, and a page per record."""
    from metamsc.report.index_page import index_body
    from metamsc.report.record_pages import page_path, record_body, records_table

    used: dict[str, list[tuple[str, str]]] = {}
    for result in results:
        for study_id in dict.fromkeys(row.study_id for row in result.table.rows):
            used.setdefault(study_id, []).append((f"../{result.name}/report.html", result.title))
    _write_page(folder / "index.html", "", SITE_TITLE, index_body(results, studies))
    table = records_table(studies, used)
    body = f"<h1>Records</h1>\n<p>One record per study, as it was read.</p>\n{table.to_html(caption=False)}"
    _write_page(folder / "records" / "index.html", "../", f"Records · {SITE_TITLE}", body)
    for file in studies.files:
        uses = [(f"../{address}", title) for address, title in used.get(file.study.id, ())]
        title = f"{file.study.label} · {SITE_TITLE}"
        _write_page(folder / "records" / page_path(file), "../../", title, record_body(file, uses))


def _write_page(path: Path, up: str, title: str, body: str) -> None:
    page = Template(asset("plain.html")).substitute(
        title=escape(title),
        styles=asset("page.css"),
        header=_header(up),
        body=body,
        footer=escape(f"metamsc {_VERSION}"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _write_site_file(folder: Path) -> tuple[str, ...]:
    """Write the list of pages with their fingerprints, sorted."""
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    prints = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in pages}
    listed = json.dumps({"metamsc": _VERSION, "pages": prints}, indent=1)
    (folder / SITE_FILE).write_text(f"{listed}\n", encoding="utf-8")
    return tuple(pages)


def _swap(scratch: Path, target: Path) -> None:
    """Put the new site in the place of the old one, which is kept until the new one stands."""
    scratch.chmod(0o755)
    old = scratch.with_name(f"{scratch.name}-old")
    if target.exists():
        target.rename(old)
    try:
        scratch.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
