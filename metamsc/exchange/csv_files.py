"""Tables as CSV files, one for each sheet; UTF-8 with a byte-order mark, which Excel needs to see."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from pathlib import Path
from typing import Any

from metamsc.errors import Problem
from metamsc.exchange.cells import Plain
from metamsc.exchange.raw import MAX_BYTES, CellPlace, RawSheet, sheet_of
from metamsc.exchange.tables import Table
from metamsc.files import write_atomic
from metamsc.records.text import BAD_CHARACTER, name_character

MAX_COLUMNS = 2_000
MAX_CELL = 1_000_000
"""Characters of a cell: as many as a record file may have bytes, so that no text of a record is too long."""
_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?(?:\r\n|\n|\r)', re.IGNORECASE)
"""A first line that tells Excel what stands between the cells."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def write_csv_folder(tables: dict[str, Table], folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write each sheet as ``<name>.csv`` into a folder, also the empty ones; return the files.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    files = []
    for name, table in tables.items():
        file = Path(folder) / f"{name}.csv"
        write_atomic(file, "\ufeff" + csv_text(table))
        files.append(file)
    return tuple(files)


def csv_text(table: Table) -> str:
    """Return a table as CSV (RFC 4180, but with newlines as on Unix)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [column.name for column in table.sheet.all]
    writer.writerow(names)
    for row in table.rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return stream.getvalue()


def _cell(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def read_csv(file: str | os.PathLike[str], encoding: str | None = None) -> RawSheet | Problem:
    """Read one CSV file; comma, semicolon or tab between the cells, as the header shows.

    Parameters
    ----------
    file : path
        UTF-8, with or without byte-order mark, or UTF-16 with one, as Excel writes "Unicode text".
    encoding : str, optional
        Another encoding, which no file says of itself: ``"cp1252"``.

    Returns
    -------
    RawSheet or Problem
        The sheet, named like the file; or why it cannot be read.
    """
    name, shown = Path(file).stem, os.fspath(file)
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(shown, error.strerror or "unknown reason")
    if len(content) > MAX_BYTES:
        return _unreadable(shown, f"larger than {MAX_BYTES:,} bytes")
    marked = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = content.decode(encoding or marked)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "save it as 'CSV UTF-8 (comma delimited)', or say --encoding cp1252 for one by Windows"
        place = CellPlace(shown, name, line, 1)
        message = f"byte 0x{content[error.start]:02X} is not {(encoding or 'UTF-8').upper()}"
        return place.problem("T901", message, hint)
    found = BAD_CHARACTER.search(text)
    if found:
        place = CellPlace(shown, name, text.count("\n", 0, found.start()) + 1, 1)
        return place.problem("T901", f"the file holds the character {name_character(found[0])}", "remove it")
    return _parse(text, shown, name)


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(file, 0, 0, "T901", "", f"cannot be read: {reason}")


def _parse(text: str, file: str, name: str) -> RawSheet | Problem:
    told = _SEPARATOR_LINE.match(text)
    body = text[told.end() :] if told else text
    delimiter = told[1] if told else max(_DELIMITERS, key=body.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[Any]]] = []
    above = 1 if told else 0
    begins = 1 + above
    usual = csv.field_size_limit(MAX_CELL)
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS:
                return CellPlace(file, name, begins, 1).problem("T901", f"more than {MAX_COLUMNS:,} columns")
            lines.append((begins, list(cells)))
            begins = reader.line_num + 1 + above
    except csv.Error as error:
        return CellPlace(file, name, begins, 1).problem("T901", f"not CSV: {error}", "a quote is not closed")
    finally:
        csv.field_size_limit(usual)
    return sheet_of(file, name, lines)
