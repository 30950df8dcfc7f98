"""Build the site: a page per analysis, a page per record, and an index. All or nothing.

The pages come from ``analyses/<name>/report.qmd``: by ``quarto`` where it is on the PATH, else by the
embedded route. Index and records are written here on both routes. Nothing in the site depends on the clock
or on where the checkout is: the same inputs give the same bytes, and a page whose inputs are those of the
site that is there is taken from it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.errors import ReportError, check_option
from metamsc.files import PathLike
from metamsc.records.published import read_reviews
from metamsc.report import quarto
from metamsc.report.compose import FORMATS
from metamsc.report.form.repository import find_repository
from metamsc.report.head import site_header
from metamsc.report.inputs import analysis_key, fingerprint, folder_prints, records_key
from metamsc.report.render import bibliography, render, site_title
from metamsc.report.site_file import SITE_FILE, OldSite, read_site, write_site_file
from metamsc.report.site_pages import write_own_pages
from metamsc.report.source import Document, read_document
from metamsc.report.template import PARAMETER, REPORT_FILE
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.history import History
    from metamsc.analysis.result import AnalysisResult
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.records.studies import Studies

ROUTES = ("auto", "quarto", "embedded")
REVIEWS = "reviews"
"""Folder of the published reviews, beside the one of the records."""
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
    rebuilt: tuple[str, ...] = ()
    """Names of the analyses whose pages were made anew; the others are those of the site before."""


def build_site(
    output: PathLike = "build/site",
    *,
    analyses: PathLike = "analyses",
    records: PathLike = "data/extractions",
    route: str = "auto",
    to: Sequence[str] = ("html",),
    force: bool = False,
    progress: Progress | None = None,
) -> Site:
    """Build the site of all analyses.

    Parameters
    ----------
    output : path
        Folder of the site. It is replaced as a whole, and only if it is empty or a site.
    analyses : path
        Folder with one folder per analysis (``analysis.yml`` and ``report.qmd``; without the latter, the
        ``report.qmd`` beside the folders serves, with the analysis as its parameter).
    records : path
        Folder of the records.
    route : str
        "quarto", "embedded", or "auto": quarto where it is on the PATH.
    to : sequence of str
        Formats of the reports: some of "html", "pdf", "docx". The HTML page is always made.
    force : bool
        Make every page anew, also those whose inputs have not changed.
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
        If `route` is not one of :data:`ROUTES`, or a format not one of
        :data:`metamsc.report.compose.FORMATS`.
    """
    from metamsc.checks.read import read_records

    check_option("route", route, ROUTES)
    for form in to:
        check_option("to", form, FORMATS)
    formats = tuple(form for form in FORMATS if form == "html" or form in to)
    say = progress or (lambda _: None)
    target = Path(output)
    _check_target(target)
    build = _Build(Path(analyses), Path(records), _route(route), formats, say)
    say(f"reading records in {os.fspath(records)}")
    build.see(read_records(records))
    old = None if force else read_site(target)
    if old is not None and old.key == build.key and old.is_intact():
        say(f"nothing has changed: {plural(len(build.keys), 'analysis', 'analyses')} as before")
        return Site(target, tuple(old.pages), build.route)
    return build.write(target, old)


class _Build:
    """One build: what there is to show, and the keys of what it is made from."""

    def __init__(
        self, project: Path, records: Path, route: str, formats: tuple[str, ...], say: Progress
    ) -> None:
        from metamsc.analysis.flow import read_flow
        from metamsc.analysis.plan import find_specs, read_spec

        self.project, self.records, self.route, self.formats, self.say = project, records, route, formats, say
        self.specs: list[AnalysisSpec] = [read_spec(path) for path in find_specs(project)]
        self.search = read_flow(project)
        self.documents = [_document(project, spec.name) for spec in self.specs]
        self.keys: dict[str, str] = {}
        self.key = ""

    def see(self, studies: Studies) -> None:
        """Take in the records, and work out the keys of all pages."""
        self._studies = studies
        self._reviews = read_reviews(self.records.parent / REVIEWS)
        beside = folder_prints(self.project, below=False)
        cited = [path for path in bibliography(self.project) if path.is_file()]
        named = [hashlib.sha256(path.read_bytes()).hexdigest() for path in cited]
        shared = [self.route, *self.formats, beside, named]
        for spec, document in zip(self.specs, self.documents, strict=True):
            own = folder_prints(self.project / spec.name)
            self.keys[spec.name] = fingerprint(
                [analysis_key(spec, studies), document.parameters, own, shared]
            )
        printed = {read.id: read.sha256 for read in self._reviews}
        self.key = fingerprint([self.keys, records_key(studies), printed])

    def write(self, target: Path, old: OldSite | None) -> Site:
        """Write the site beside its place, and put it there when it is whole."""
        kept = self._kept(old)
        results = self._results()
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".site-", dir=target.parent))
        try:
            for name in kept:
                shutil.copytree(target / name, scratch / name)
            changed = [i for i, spec in enumerate(self.specs) if spec.name not in kept]
            if kept:
                self.say(f"unchanged: {', '.join(kept)}")
            warnings = self._render(
                [self.documents[i] for i in changed], [results[i] for i in changed], scratch
            )
            self.say("writing the index, the records, the explorer and the form")
            write_own_pages(
                scratch,
                results,
                self._studies,
                self._reviews,
                self._histories(),
                search=self.search,
                site_title=site_title(self.project),
                repository=find_repository(self.project),
                records=self.records,
            )
            pages = write_site_file(scratch, self.key, self.keys)
            _swap(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return Site(target, pages, self.route, warnings, tuple(self.specs[i].name for i in changed))

    def _kept(self, old: OldSite | None) -> list[str]:
        """Return the analyses whose pages are there already; quarto's share files, and are made together."""
        if old is None or self.route == "quarto":
            return []
        return [
            name for name, key in self.keys.items() if old.analyses.get(name) == key and old.is_intact(name)
        ]

    def _histories(self) -> list[History]:
        from metamsc.analysis.history import history_by_year

        return [history_by_year(spec, self._studies) for spec in self.specs]

    def _results(self) -> list[AnalysisResult]:
        from metamsc.analysis.run import run

        results = []
        for number, spec in enumerate(self.specs, 1):
            start = time.monotonic()
            results.append(run(spec, self._studies))
            took = time.monotonic() - start
            self.say(f"pooled {spec.name} ({number} of {len(self.specs)}, {took:.1f} s)")
        return results

    def _render(
        self, documents: Sequence[Document], results: Sequence[AnalysisResult], scratch: Path
    ) -> tuple[str, ...]:
        if not documents:
            return ()
        if self.route == "quarto":
            self.say("rendering with quarto")
            header = site_header("../", site_title(self.project))
            quarto.render(documents, scratch, self.records, header, self.formats)
            return ()
        return render(
            documents,
            results,
            scratch,
            project=self.project,
            records=self.records,
            to=self.formats,
            say=self.say,
        )


def _document(project: Path, name: str) -> Document:
    """Return the report of an analysis: its own, or the one with a parameter for all.

    Raises
    ------
    ReportError
        If there is neither, or it cannot be read.
    """
    own, shared = project / name / REPORT_FILE, project / REPORT_FILE
    if own.is_file():
        return read_document(own)
    if shared.is_file():
        return read_document(shared, {PARAMETER: name})
    folder = project / name
    raise ReportError(
        f"{folder} has no {REPORT_FILE}, and {project} none that serves any analysis. Write one with\n"
        f"  python -c \"from metamsc.report.template import write_report; write_report('{folder}')\""
    )


def _check_target(target: Path) -> None:
    """Refuse to replace a folder that is not a site: a wrong `--output` must not cost anybody's files."""
    if target.exists() and not target.is_dir():
        raise ReportError(f"{target} is a file; the site needs a folder.")
    if target.is_dir() and any(target.iterdir()) and not (target / SITE_FILE).is_file():
        raise ReportError(
            f"{target} is neither empty nor a site (it has no {SITE_FILE}); name another folder, or empty it."
        )


def _route(route: str) -> str:
    if route == "auto":
        return "embedded" if quarto.find_quarto() is None else "quarto"
    return route


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
