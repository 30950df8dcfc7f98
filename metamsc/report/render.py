"""The embedded route: documents become pages without a quarto, by Jupyter, pandoc and typst."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from metamsc.errors import ReportError
from metamsc.report.compose import FORMATS
from metamsc.report.head import SITE_TITLE, site_header, style_sheet
from metamsc.report.markdown import escaped
from metamsc.report.site_pages import page_footer
from metamsc.report.source import Document
from metamsc.report.template import PROJECT_FILE, asset
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.report.execute import Executed

PAGE = "report"
"""Stem of an analysis's page in each format."""
_NAMES = {"html": "HTML", "pdf": "PDF", "docx": "Word"}


def render(
    documents: Sequence[Document],
    results: Sequence[AnalysisResult],
    folder: Path,
    *,
    project: Path,
    records: Path,
    to: Sequence[str] = ("html",),
    say: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:
    """Execute documents and write each as ``<analysis>/report.<format>``.

    Parameters
    ----------
    documents : sequence of Document
    results : sequence of AnalysisResult
        One for each document, in the same order: for the foot of the page.
    folder : Path
        Where the pages are put.
    project : Path
        Folder of the analyses, with ``_quarto.yml`` and the bibliography.
    records : Path
        Folder of the records.
    to : sequence of str
        Some of :data:`metamsc.report.compose.FORMATS`.
    say : callable
        Called with a line of text at each step.

    Returns
    -------
    tuple of str
        What chunks wrote to stderr.

    Raises
    ------
    ReportError
        If a chunk fails or a page cannot be written.
    """
    from metamsc.report.compose import warnings_of
    from metamsc.report.execute import execute

    started = iter(range(1, len(documents) + 1))
    executed = execute(
        documents,
        records=records,
        progress=lambda name: say(f"running {name} ({next(started)} of {len(documents)})"),
    )
    pages = _Pages(folder, project, to)
    jobs = [(item, result, form) for item, result in zip(executed, results, strict=True) for form in to]
    say(f"writing {plural(len(jobs), 'page')}")
    # pandoc is a process of its own: threads are enough to keep every core busy
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for number, page in enumerate(pool.map(lambda job: pages.write(*job), jobs), 1):
            say(f"wrote {page} ({number} of {len(jobs)})")
    return tuple(text for item in executed for text in warnings_of(item))


def project_settings(project: Path) -> dict[str, Any]:
    """Return what ``_quarto.yml`` says; nothing where there is none.

    Raises
    ------
    ReportError
        If it is not YAML.
    """
    file = project / PROJECT_FILE
    if not file.is_file():
        return {}
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ReportError(f"{file} is not YAML: {error}") from error
    return settings if isinstance(settings, dict) else {}


def bibliography(project: Path) -> list[Path]:
    """Return the files of references that ``_quarto.yml`` names."""
    value = project_settings(project).get("bibliography")
    names = value if isinstance(value, list) else [value]
    return [project / str(name) for name in names if name is not None]


def site_title(project: Path) -> str:
    """Return the title of the website in ``_quarto.yml``, or the one of a project that names none."""
    website = project_settings(project).get("website")
    title = website.get("title") if isinstance(website, dict) else None
    return str(title) if title else SITE_TITLE


class _Pages:
    """Writes executed documents in one format each."""

    def __init__(self, folder: Path, project: Path, to: Sequence[str]) -> None:
        settings = project_settings(project)
        self._folder, self._to = folder, to
        self._bibliography, self._title = bibliography(project), site_title(project)
        self._lang = str(settings.get("lang", "en"))
        self._echo = bool(settings.get("execute", {}).get("echo", False))

    def write(self, item: Executed, result: AnalysisResult, form: str) -> str:
        """Write one page and return its place in the site."""
        folder = self._folder / result.name
        folder.mkdir(exist_ok=True)
        make = {"html": self._html, "pdf": self._pdf, "docx": self._docx}[form]
        (folder / f"{PAGE}.{form}").write_bytes(make(item, result))
        return f"{result.name}/{PAGE}.{form}"

    def _html(self, item: Executed, result: AnalysisResult) -> bytes:
        from metamsc.report.compose import compose
        from metamsc.report.pandoc import to_html

        page = to_html(
            compose(item, echo=self._echo).markdown,
            source=item.document.path,
            template=asset("page.html"),
            lua_filter=asset("filter.lua"),
            variables={
                "styles": style_sheet("page.css"),
                "header": site_header("../", self._title),
                "footer": escape(page_footer(result)),
                "downloads": self._downloads(),
            },
            bibliography=self._bibliography,
            lang=self._lang,
        )
        return page.encode("utf-8")

    def _downloads(self) -> str:
        others = [form for form in FORMATS if form in self._to and form != "html"]
        return ", ".join(f'<a href="{PAGE}.{form}">{_NAMES[form]}</a>' for form in others)

    def _pdf(self, item: Executed, result: AnalysisResult) -> bytes:
        from metamsc.report.compose import compose
        from metamsc.report.pandoc import to_typst
        from metamsc.report.pdf import to_pdf

        composed = compose(item, echo=self._echo, to="pdf")
        text = to_typst(
            composed.markdown,
            source=item.document.path,
            images=composed.images,
            variables={"site-title": escaped(self._title), "footer": page_footer(result)},
            bibliography=self._bibliography,
            lang=self._lang,
        )
        return to_pdf(text, composed.images, source=item.document.path)

    def _docx(self, item: Executed, result: AnalysisResult) -> bytes:  # noqa: ARG002 - as the other two
        from metamsc.report.compose import compose
        from metamsc.report.docx import reference_docx, whole_rows
        from metamsc.report.pandoc import to_docx

        composed = compose(item, echo=self._echo, to="docx")
        made = to_docx(
            composed.markdown,
            source=item.document.path,
            images=composed.images,
            reference=reference_docx(),
            bibliography=self._bibliography,
            lang=self._lang,
        )
        return whole_rows(made)
