"""Tables as a workbook (xlsx): a sheet per table and one of contents; text is never taken for a formula."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots.numbers import FIGURE_SPACE, MINUS
from metamsc.tables.characters import printable
from metamsc.tables.package_bytes import fixed_package
from metamsc.tables.table import Cell, Column, Row, Table, spans
from metamsc.tables.write_text import formula_safe

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MISSING = "tables as xlsx need the package openpyxl: pip install 'metamsc[exchange]'"
MAX_TEXT = 32_767
"""Characters of a cell, by the specification of Excel; what is longer is cut off with an ellipsis."""
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")
_MAX_NAME = 31
_WEB = ("https://", "http://")
_WIDEST = 42
_LINE = 13.5
"""Points of one line of text."""


def to_xlsx(tables: Sequence[Table], *, title: str) -> bytes:
    """Return a workbook of tables; the same tables give the same bytes.

    Parameters
    ----------
    tables : sequence of Table
        Cells that hold one number are numbers in the workbook, with the decimals that are shown.
    title : str

    Raises
    ------
    InputError
        If openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(MISSING) from error
    book = openpyxl.Workbook()
    contents = book.active
    assert contents is not None  # noqa: S101 - a new workbook has one sheet
    contents.title = "contents"
    _put(contents, 1, 1, title, bold=True)
    for number, table in enumerate(tables, 1):
        name = f"{number} {table.name}"[:_MAX_NAME]
        _put(contents, number + 2, 1, name)
        _put(contents, number + 2, 2, table.caption)
        _fill_sheet(book.create_sheet(name), table, number)
    contents.column_dimensions["A"].width = 30
    contents.column_dimensions["B"].width = 100
    book.properties.creator = "metamsc"
    stream = io.BytesIO()
    book.save(stream)
    return fixed_package(stream.getvalue())


def _fill_sheet(sheet: Worksheet, table: Table, number: int) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    _put(sheet, 1, 1, f"Table {number}. {table.caption}", bold=True, wrap=False)
    if not table.rows:
        _put(sheet, 3, 1, table.empty, wrap=False)
        return
    for place, text in enumerate(table.lead, 2):
        _put(sheet, place, 1, text, wrap=False)
    line = 3 + len(table.lead)
    if any(column.spanner for column in table.columns):
        _put_spanners(sheet, line, table.columns)
        line += 1
    for place, column in enumerate(table.columns, 1):
        _put(sheet, line, place, column.header, bold=True, right=column.align == "right")
    sheet.row_dimensions[line].height = _LINE * max(column.header.count("\n") + 1 for column in table.columns)
    sheet.freeze_panes = f"B{line + 1}"
    sheet.print_title_rows = f"{line}:{line}"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    widths = _set_widths(sheet, table)
    for row in table.rows:
        line += 1
        _put_row(sheet, line, row, table)
        sheet.row_dimensions[line].height = _LINE * _lines(row, widths)
    for note in table.notes:
        line += 1
        _put_note(sheet, line + 1, note, widths)


def _put_note(sheet: Worksheet, line: int, note: str, widths: Sequence[float]) -> None:
    """Write a note over all columns: beside them it would make the printed page as wide as itself."""
    _put(sheet, line, 1, note)
    if len(widths) > 1:
        sheet.merge_cells(start_row=line, end_row=line, start_column=1, end_column=len(widths))
    sheet.row_dimensions[line].height = _LINE * max(math.ceil(len(note) / (sum(widths) - 2.0)), 1)


def _put_spanners(sheet: Worksheet, line: int, columns: Sequence[Column]) -> None:
    start = 1
    for name, count in spans(columns):
        if name:
            _put(sheet, line, start, name, bold=True)
            if count > 1:
                sheet.merge_cells(
                    start_row=line, end_row=line, start_column=start, end_column=start + count - 1
                )
        start += count


def _put_row(sheet: Worksheet, line: int, row: Row, table: Table) -> None:
    if row.kind == "group":
        _put(sheet, line, 1, row.cells[0].text, bold=True, wrap=False)
        return
    for place, (column, value) in enumerate(zip(table.columns, row.cells, strict=True), 1):
        number = _number(value) if column.align == "right" else None
        if number is not None:
            _put_number(sheet, line, place, number, bold=row.kind == "total")
            continue
        right, indent = column.align == "right", row.indent if place == 1 else 0
        _put(sheet, line, place, _text(value), bold=row.kind == "total", right=right, indent=indent)
        only = value.lines[0][0] if len(value.lines) == 1 and len(value.lines[0]) == 1 else None
        if only is not None and only.href.startswith(_WEB):
            sheet.cell(line, place).hyperlink = printable(only.href)


def _text(value: Cell) -> str:
    """Return the lines of a cell; a link among several pieces has its address beside it."""
    several = sum(len(line) for line in value.lines) > 1
    lines = (
        "".join(
            f"{piece.text} <{piece.href}>"
            if several and piece.href.startswith(_WEB) and piece.text not in piece.href
            else piece.text
            for piece in line
        )
        for line in value.lines
    )
    return "\n".join(lines)


def _number(value: Cell) -> tuple[float | int, str] | None:
    """Return the number of a cell that holds nothing else, with its format."""
    text = value.text.replace(FIGURE_SPACE, "").replace(MINUS, "-")
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if found[1] is None:
        return int(text), "0"
    return float(text), f"0.{'0' * len(found[1])}"


def _put_number(
    sheet: Worksheet, line: int, place: int, number: tuple[float | int, str], *, bold: bool
) -> None:
    from openpyxl.styles import Alignment, Font

    made = sheet.cell(line, place, number[0])
    made.number_format = number[1]
    made.font = Font(bold=bold)
    made.alignment = Alignment(vertical="top", horizontal="right", indent=1)


def _put(
    sheet: Worksheet,
    line: int,
    place: int,
    text: str,
    *,
    bold: bool = False,
    wrap: bool = True,
    right: bool = False,
    indent: int = 0,
) -> None:
    from openpyxl.styles import Alignment, Font

    if not text:
        return
    safe = formula_safe(printable(text).replace("\r", " "))
    made = sheet.cell(line, place)
    made.value = safe if len(safe) <= MAX_TEXT else safe[: MAX_TEXT - 1] + "…"
    made.data_type = "s"
    made.font = Font(bold=bold)
    # numbers keep off the text of the next column
    made.alignment = Alignment(
        wrap_text=wrap, vertical="top", horizontal="right" if right else "left", indent=1 if right else indent
    )


def _set_widths(sheet: Worksheet, table: Table) -> tuple[float, ...]:
    from openpyxl.utils import get_column_letter

    widths = []
    for place, column in enumerate(table.columns):
        texts = [row.cells[place].text for row in table.rows if row.kind != "group"]
        longest = max(len(line) for text in (*texts, column.header) for line in text.split("\n"))
        widths.append(float(min(max(longest + 2, 9), _WIDEST)))
        sheet.column_dimensions[get_column_letter(place + 1)].width = widths[-1]
    return tuple(widths)


def _lines(row: Row, widths: Sequence[float]) -> int:
    """Return how many lines the highest cell of a row takes; not every program finds out by itself."""
    if row.kind == "group":
        return 1
    return max(
        sum(max(math.ceil(len(line) / (width - 2.0)), 1) for line in _text(value).split("\n"))
        for value, width in zip(row.cells, widths, strict=True)
    )
