"""Workbooks of LibreOffice (ods), read; the tables inside are those of ODF 1.3, part 3, section 9.

Nothing is computed and nothing kept but cells: what a formula showed last is not trusted, a percentage
is told from a number, hidden rows are named, merged cells are no values.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

from metamsc.errors import Problem
from metamsc.exchange.raw import (
    CONSTANTS,
    MAX_CELLS,
    MAX_CHARACTERS,
    ErrorValue,
    Formula,
    Merged,
    Percentage,
    RawSheet,
    RefusedFileError,
    hidden_words,
    sheet_of,
)
from metamsc.exchange.zip_parts import open_zip, walk

_CONTENT = "content.xml"
_EMPTY_RUN = 2_000
"""More empty cells or rows than this, one after the other, are the rest of the sheet."""


def read_ods(file: str | os.PathLike[str]) -> tuple[RawSheet, ...] | Problem:
    """Read every sheet of a workbook of LibreOffice.

    Returns
    -------
    tuple of RawSheet or Problem
        The sheets in their order; or why the file cannot be read.
    """
    shown = os.fspath(file)
    reader = _Reader()
    try:
        with open_zip(Path(file).read_bytes()) as archive, archive.open(_CONTENT) as stream:
            walk(stream, reader.start, reader.end, reader.text)
        return tuple(_sheet(table, shown) for table in reader.tables)
    except OSError as error:
        return _unreadable(shown, error.strerror or str(error))
    except RefusedFileError as error:
        return _unreadable(shown, str(error))
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError, NotImplementedError,
            EOFError, expat.ExpatError) as error:  # fmt: skip
        return _unreadable(shown, f"not a workbook (ods): {type(error).__name__}: {str(error)[:100]}")


def _sheet(table: _Table, file: str) -> RawSheet:
    hidden = hidden_words(table.hidden_rows, table.hidden_columns)
    return sheet_of(file, table.name, table.lines, hidden)


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(file, 0, 0, "T901", "", f"cannot be read: {reason}")


@dataclass(slots=True)
class _Table:
    name: str
    lines: list[tuple[int, list[Any]]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    next_row: int = 1
    next_column: int = 1


class _Reader:
    """Cells from the events of `content.xml`."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.cells = 0
        self.blanks = 0
        self.row: list[Any] | None = None
        self.attributes: Mapping[str, str] = {}
        self.row_attributes: Mapping[str, str] = {}
        self.paragraphs: list[str] | None = None
        self.notes = 0
        self.inner = 0  # tables inside a cell are pictures of tables, not cells of the sheet

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "office:annotation":
            self.notes += 1
        elif self.notes:
            return
        elif name == "table:table":
            if self.row is not None:
                self.inner += 1
            else:
                self.tables.append(_Table(attributes.get("table:name", "")))
        elif self.inner or not self.tables:
            return
        elif name == "table:table-column":
            self._column(attributes)
        elif name == "table:table-row":
            self.row, self.row_attributes = [], attributes
        elif name in ("table:table-cell", "table:covered-table-cell") and self.row is not None:
            self.attributes, self.paragraphs = attributes, []
        elif self.paragraphs is not None:
            self._inside(name, attributes)

    def _inside(self, name: str, attributes: Mapping[str, str]) -> None:
        assert self.paragraphs is not None  # called for what stands in a cell  # noqa: S101
        if name == "text:p":
            self.paragraphs.append("")
        elif self.paragraphs:
            if name == "text:s":
                self._blanks(_count(attributes, "text:c"))
            elif name == "text:line-break":
                self.paragraphs[-1] += "\n"
            elif name == "text:tab":
                self.paragraphs[-1] += "\t"

    def _blanks(self, count: int) -> None:
        assert self.paragraphs  # called inside a paragraph  # noqa: S101
        self.blanks += count
        if self.blanks > MAX_CHARACTERS:
            raise RefusedFileError(f"its cells hold more than {MAX_CHARACTERS:,} blanks")
        self.paragraphs[-1] += " " * count

    def text(self, text: str) -> None:
        if self.paragraphs and not self.notes and not self.inner:
            self.paragraphs[-1] += text

    def end(self, name: str) -> None:
        if name == "office:annotation":
            self.notes -= 1
        elif self.notes:
            return
        elif name == "table:table" and self.inner:
            self.inner -= 1
        elif self.inner:
            return
        elif name in ("table:table-cell", "table:covered-table-cell") and self.row is not None:
            self._cell(covered=name == "table:covered-table-cell")
        elif name == "table:table-row" and self.row is not None:
            self._end_row()

    def _column(self, attributes: Mapping[str, str]) -> None:
        table = self.tables[-1]
        count = _count(attributes, "table:number-columns-repeated")
        hidden = attributes.get("table:visibility", "visible") != "visible"
        if hidden and count <= _EMPTY_RUN:
            table.hidden_columns += range(table.next_column, table.next_column + count)
        table.next_column += count

    def _cell(self, *, covered: bool) -> None:
        assert self.row is not None  # called inside a row  # noqa: S101
        value = Merged("with the cells beside or above it") if covered else self._value()
        count = _count(self.attributes, "table:number-columns-repeated")
        if value is None and count > _EMPTY_RUN:
            count = 0
        self._add(count)
        self.row.extend([value] * count)
        self.paragraphs = None

    def _add(self, count: int) -> None:
        self.cells += count
        if self.cells > MAX_CELLS:
            raise RefusedFileError(
                f"its sheets span more than {MAX_CELLS:,} cells; delete empty rows and columns"
            )

    def _end_row(self) -> None:
        table, row = self.tables[-1], self.row or []
        count = _count(self.row_attributes, "table:number-rows-repeated")
        filled = any(value is not None and not isinstance(value, Merged) for value in row)
        if filled:
            self._add(len(row) * (count - 1))
            numbers = range(table.next_row, table.next_row + count)
            table.lines += [(number, list(row)) for number in numbers]
            if self.row_attributes.get("table:visibility", "visible") != "visible":
                table.hidden_rows += numbers
        table.next_row += count
        self.row = None

    def _value(self) -> Any:
        given = self.attributes
        shown = "\n".join(self.paragraphs or ())
        if "table:formula" in given:
            formula = given["table:formula"].removeprefix("of:")
            return CONSTANTS[formula] if formula in CONSTANTS else Formula(formula)
        kind = given.get("office:value-type", given.get("calcext:value-type", ""))
        if kind in ("float", "currency"):
            return float(given.get("office:value", "nan"))
        if kind == "percentage":
            return Percentage(float(given.get("office:value", "nan")) * 100)
        if kind == "boolean":
            return given.get("office:boolean-value") == "true"
        if kind == "date":
            return _date(given.get("office:date-value", ""))
        if kind == "time":
            return ErrorValue(f"the time {shown[:20]}")
        if kind == "error" or given.get("calcext:value-type") == "error":
            return ErrorValue(shown or "an error")
        return shown or None


def _date(text: str) -> Any:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return ErrorValue(f"the date {text[:20]}")
    return found if "T" in text else date(found.year, found.month, found.day)


def _count(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 1
