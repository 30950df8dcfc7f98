"""Route A: a real ``quarto`` renders the project. Used where it is on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from metamsc.errors import ReportError
from metamsc.report.page import RECORDS_VARIABLE
from metamsc.report.source import Document

TIMEOUT = 1800


def find_quarto() -> str | None:
    """Return the path of ``quarto``, or None when there is none."""
    return shutil.which("quarto")


_TARGETS = {"html": "html", "pdf": "typst", "docx": "docx"}
"""What quarto calls the formats: a PDF is set by the typst it brings."""


def render(
    documents: Sequence[Document],
    folder: Path,
    records: Path,
    header: str,
    to: Sequence[str] = ("html",),
) -> None:
    """Render documents with quarto into a folder, each at ``<analysis>/report.<format>``.

    Parameters
    ----------
    documents : sequence of Document
        All in one project (``analyses/``).
    folder : Path
        Where the pages are put.
    records : Path
        Folder of the records.
    header : str
        HTML put at the top of each page: the way back to the index.
    to : sequence of str
        Some of "html", "pdf", "docx".

    Raises
    ------
    ReportError
        If quarto fails; quotes what it printed. If an analysis has no document of its own: quarto writes
        what it makes of the shared one beside it, under one name.
    """
    quarto = find_quarto()
    if quarto is None:
        raise ReportError("quarto is not on the PATH; use the embedded route.")
    environment = dict(os.environ)
    environment[RECORDS_VARIABLE] = os.fspath(records.resolve())
    # chunks run in this interpreter, which has metamsc
    environment.setdefault("QUARTO_PYTHON", sys.executable)
    for document in documents:
        if document.parameters:
            raise ReportError(
                f"{document.path} serves {document.name} by a parameter: give the analysis a report.qmd "
                "of its own (metamsc.report.template.write_report), or take the embedded route."
            )
    # quarto writes more than the page: the index that lists it, what it needs to be searched. All or nothing:
    # the pages are taken out, the rest goes with the folder
    with tempfile.TemporaryDirectory(prefix=".quarto-", dir=folder) as scratch:
        top = Path(scratch) / "top.html"
        top.write_text(header, encoding="utf-8")
        for document in documents:
            target = folder / document.folder.name
            target.mkdir(parents=True, exist_ok=True)
            for form in to:
                made = Path(scratch) / document.folder.name / form
                _render_one(quarto, document, made, top, environment, form)
                _page(document, made, form).replace(target / f"report.{form}")


def _render_one(
    quarto: str, document: Document, folder: Path, top: Path, environment: dict[str, str], form: str
) -> None:
    """Render one format of a document into a folder.

    Raises
    ------
    ReportError
        If quarto fails or takes too long; quotes what it printed.
    """
    command = [
        quarto, "render", os.fspath(document.path.resolve()), "--to", _TARGETS[form],
        # relative to the project, whatever the working directory is
        "--output-dir", os.path.relpath(folder.resolve(), document.folder.parent.resolve()),
    ]  # fmt: skip
    if form == "html":
        # one file per page: what stands beside it would be the site's, and every page is moved
        command += [
            "--metadata",
            f"include-before-body:{top.resolve()}",
            "--metadata",
            "embed-resources:true",
        ]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own quarto with arguments of ours
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{document.path}: quarto took longer than {TIMEOUT} s") from error
    if done.returncode != 0:
        printed = "\n".join(part for part in (done.stdout.strip(), done.stderr.strip()) if part)
        raise ReportError(f"{document.path}: quarto could not render it:\n{printed}")


def _page(document: Document, folder: Path, form: str) -> Path:
    """Return where quarto put the page: in a project, below the document's own folder.

    Raises
    ------
    ReportError
        If it is not there.
    """
    found = sorted(folder.rglob(f"report.{form}"))
    if not found:
        raise ReportError(f"{document.path}: quarto said it was done, but made no report.{form}.")
    return found[0]
