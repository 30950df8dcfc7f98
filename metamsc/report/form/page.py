"""The extraction form as one HTML file: nothing is fetched, nothing is sent, nothing is evaluated."""

from __future__ import annotations

import re
from html import escape
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from metamsc.errors import InputError
from metamsc.files import PathLike, write_atomic
from metamsc.report.explorer.page import content_policy, embedded_json
from metamsc.report.form.content import RECORDS, form_data, rules_elsewhere
from metamsc.report.head import FORM_PAGE, SITE_TITLE, lone_header, site_header, style_sheet

FILE_NAME = FORM_PAGE
TITLE = "Extraction form"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+(?:@[A-Za-z0-9][A-Za-z0-9._/-]*)?")
_SHARED = "01_distributions.js"
"""The explorer's distributions: t quantiles and the gamma function are written once."""


def form_script() -> str:
    """Return all scripts as one, in a scope of their own."""
    own = sorted(item.name for item in _folder("form").iterdir() if item.name.endswith(".js"))
    parts = [_read("explorer", _SHARED), *(_read("form", name) for name in own)]
    joined = "\n".join(parts)
    return f'(() => {{\n"use strict";\n{joined}\n}})();'


def form_page(
    *, repository: str = "", in_site: bool = True, title: str = SITE_TITLE, records: PathLike = RECORDS
) -> str:
    """Return the whole page.

    Parameters
    ----------
    repository : str
        ``OWNER/NAME`` on GitHub that records are proposed to, or ``OWNER/NAME@BRANCH`` where that is not the
        repository's own branch; empty leaves the field to the reader.
    in_site : bool
        Whether the page stands at the top of a site of :func:`metamsc.report.build.build_site`.
    title : str
        Of the review: stands at the top of the page.
    records : path
        Folder of the review's records: see :func:`metamsc.report.form.content.form_data`.

    Returns
    -------
    str
        The same text each time for the same version of metamsc and the same place of the schema.

    Raises
    ------
    InputError
        If `repository` has another form, or the schema of a record uses a keyword that the
        page cannot judge.
    """
    if repository and not _REPOSITORY.fullmatch(repository):
        raise InputError(f"repository must be OWNER/NAME or OWNER/NAME@BRANCH; got {repository!r}.")
    code, style = form_script(), style_sheet("form.css", "metamsc.report.form")
    return Template(_read("form", "form.html")).substitute(
        policy=escape(content_policy(code, style)),
        title=escape(f"{TITLE} · {title}"),
        style=style,
        header=site_header("", title, FORM_PAGE) if in_site else lone_header(title),
        version=escape(version("metamsc")),
        elsewhere=escape("; ".join(f"{code} {title}" for code, title in rules_elsewhere().items())),
        data=embedded_json(form_data(repository, records)),
        script=code,
    )


def write_form(
    folder: PathLike,
    *,
    file_name: str = FILE_NAME,
    repository: str = "",
    in_site: bool = True,
    title: str = SITE_TITLE,
    records: PathLike = RECORDS,
) -> Path:
    """Write the extraction form.

    Parameters
    ----------
    folder : path
    file_name : str
    repository, in_site, title, records
        As for :func:`form_page`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        As :func:`form_page`.
    OSError
        If the file cannot be written.
    """
    path = Path(folder) / file_name
    text = form_page(repository=repository, in_site=in_site, title=title, records=records)
    write_atomic(path, text)
    return path


def _folder(package: str) -> Traversable:
    return resources.files(f"metamsc.report.{package}") / "assets"


def _read(package: str, name: str) -> str:
    return (_folder(package) / name).read_text(encoding="utf-8").strip("\n")
