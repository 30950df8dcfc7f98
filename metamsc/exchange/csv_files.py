"""Tables as CSV files, one for each sheet; UTF-8 with a byte-order mark, which Excel needs to see."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from metamsc.errors import Problem
from metamsc.exchange.cells import Plain
from metamsc.exchange.raw import MAX_BYTES, CellPlace, RawSheet, sheet_of
from metamsc.exchange.tables import Table
from metamsc.files import write_atomic
from metamsc.records.text import BAD_CHARACTER, name_character

MAX_COLUMNS = 2_000
_DELIMITERS = ",;\t"


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


def read_csv(file: str | os.PathLike[str]) -> RawSheet | Problem:
    """Read one CSV file; comma, semicolon or tab between the cells, as the header shows.

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
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "save it as 'CSV UTF-8 (comma delimited)'"
        place = CellPlace(shown, name, line, 1)
        return place.problem("T901", f"byte 0x{content[error.start]:02X} is not UTF-8", hint)
    found = BAD_CHARACTER.search(text)
    if found:
        place = CellPlace(shown, name, text.count("\n", 0, found.start()) + 1, 1)
        return place.problem("T901", f"the file holds the character {name_character(found[0])}", "remove it")
    return _parse(text, shown, name)


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(file, 0, 0, "T901", "", f"cannot be read: {reason}")


def _parse(text: str, file: str, name: str) -> RawSheet | Problem:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[Any]]] = []
    begins = 1
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS:
                return CellPlace(file, name, begins, 1).problem("T901", f"more than {MAX_COLUMNS:,} columns")
            lines.append((begins, list(cells)))
            begins = reader.line_num + 1
    except csv.Error as error:
        return CellPlace(file, name, begins, 1).problem("T901", f"not CSV: {error}", "a quote is not closed")
    return sheet_of(file, name, lines)
