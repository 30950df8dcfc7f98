"""Many tables in one file: a page, a LaTeX document, a Word document, a workbook, Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from metamsc.errors import OptionError, check_option
from metamsc.files import PathLike, write_atomic
from metamsc.tables.table import Table

SUFFIXES = {"html": ".html", "latex": ".tex", "docx": ".docx", "xlsx": ".xlsx", "markdown": ".md"}
"""Formats and the end of the name of their files."""
FRAGMENTS = ("html", "latex", "markdown")
"""Formats that can be put into another document."""


def write_tables(
    tables: Sequence[Table], path: PathLike, *, title: str, form: str | None = None, fragment: bool = False
) -> Path:
    """Write tables into one file.

    Parameters
    ----------
    tables : sequence of Table
    path : path
        Replaced if it is there.
    title : str
        Heading of the document.
    form : str, optional
        A key of :data:`SUFFIXES`; told from the end of the path when left out.
    fragment : bool
        Leave out what makes the file a document of its own: for HTML, LaTeX and Markdown.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        If there is no such format, or a fragment is asked of one that has none.
    InputError
        If the package that writes the format is not installed; the message names the extra.
    OSError
        If the file cannot be written.
    """
    chosen = form_of(path) if form is None else form
    check_option("form", chosen, SUFFIXES)
    if fragment and chosen not in FRAGMENTS:
        raise OptionError(f"fragment is for {', '.join(FRAGMENTS)}; a {chosen} file stands alone.")
    write_atomic(path, _writer(chosen, fragment)(tables, title))
    return Path(path)


def form_of(path: PathLike) -> str:
    """Return the format that the end of a path stands for.

    Raises
    ------
    OptionError
        If it stands for none.
    """
    suffix = Path(path).suffix.lower()
    for form, own in SUFFIXES.items():
        if suffix == own:
            return form
    raise OptionError(f"the file must end in one of {', '.join(SUFFIXES.values())}; got {str(path)!r}.")


def _writer(form: str, fragment: bool) -> Callable[[Sequence[Table], str], str | bytes]:
    """Return the function that makes a document; its package is loaded only now."""
    if form == "html":
        from metamsc.tables.write_great import to_html_page

        return lambda tables, title: to_html_page(tables, title=title, fragment=fragment)
    if form == "latex":
        from metamsc.tables.write_latex import to_latex

        return lambda tables, title: to_latex(tables, title=title, fragment=fragment)
    if form == "docx":
        from metamsc.tables.write_docx import to_docx

        return lambda tables, title: to_docx(tables, title=title)
    if form == "xlsx":
        from metamsc.tables.write_xlsx import to_xlsx

        return lambda tables, title: to_xlsx(tables, title=title)
    return lambda tables, title: _to_markdown(tables, title, fragment=fragment)


def _to_markdown(tables: Sequence[Table], title: str, *, fragment: bool) -> str:
    from metamsc.tables.write_text import escape_markdown

    parts = [] if fragment else [f"# {escape_markdown(title)}\n"]
    for number, table in enumerate(tables, 1):
        parts.append(f"**Table {number}.** {escape_markdown(table.caption)}\n")
        parts.append(table.to_markdown())
    return "\n".join(parts)
