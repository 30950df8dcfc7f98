"""Tables as a workbook (xlsx), written and read through openpyxl.

Reading trusts nothing: no formula's last value, no percentage format, no size that a zip file claims.
"""

from __future__ import annotations

import io
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from metamsc.errors import InputError, Problem
from metamsc.exchange.cells import LARGEST_EXACT, Plain
from metamsc.exchange.layout import Sheet
from metamsc.exchange.raw import (
    CONSTANTS,
    MAX_CELLS,
    ErrorValue,
    Formula,
    Merged,
    Percentage,
    RawSheet,
    RefusedFileError,
    hidden_words,
    missing_extra,
    sheet_of,
)
from metamsc.exchange.tables import Table
from metamsc.exchange.zip_parts import open_zip, walk
from metamsc.files import write_atomic

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

MAX_MERGED = 10_000
MAX_TEXT = 32_767
"""Characters of a cell, by the specification of Excel."""
_MALFORMED = (
    AttributeError, AssertionError, EOFError, IndexError, KeyError, NotImplementedError, OverflowError,
    ParseError, RuntimeError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises on a file that is no workbook: it checks nothing before it takes things apart."""


def new_workbook() -> Workbook:
    """Return an empty workbook without sheets.

    Raises
    ------
    InputError
        If openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(missing_extra("openpyxl", "xlsx")) from error
    book = openpyxl.Workbook()
    for sheet in list(book.worksheets):
        book.remove(sheet)
    return book


def write_xlsx(tables: dict[str, Table], file: str | os.PathLike[str]) -> Path:
    """Write every sheet into one workbook.

    Raises
    ------
    InputError
        If openpyxl is not installed.
    OSError
        If the file cannot be written.
    """
    book = new_workbook()
    for name, table in tables.items():
        sheet = book.create_sheet(name)
        write_header(sheet, table.sheet)
        names = [column.name for column in table.sheet.all]
        for number, row in enumerate(table.rows, start=2):
            for position, header in enumerate(names, start=1):
                put_cell(sheet, number, position, row.get(header))
    return save_workbook(book, file)


def write_header(sheet: Worksheet, layout: Sheet) -> None:
    """Write the first row: headers in bold, kept in view, wide enough to read."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for position, column in enumerate(layout.all, start=1):
        cell = sheet.cell(1, position, column.name)
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(position)].width = max(14, len(column.name) + 3)
    sheet.freeze_panes = "B2"


def put_cell(sheet: Worksheet, row: int, column: int, value: Plain) -> None:
    """Write one cell; text is never taken for a formula, and no digit of a number is lost.

    Raises
    ------
    InputError
        If a text is longer than a cell of a workbook may be; openpyxl would cut it off.
    """
    if value is None:
        return
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise InputError(
            f"a text of {len(value):,} characters ({value[:30]!r}…) on the sheet {sheet.title!r}: "
            f"a cell of a workbook holds {MAX_TEXT:,}; export as CSV or Parquet."
        )
    if isinstance(value, float) and float(f"{value:.16g}") != value:  # openpyxl writes 16 digits
        value = repr(value)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_EXACT:
        value = str(value)
    cell = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"


def save_workbook(book: Workbook, file: str | os.PathLike[str]) -> Path:
    """Write a workbook to disk, whole or not at all."""
    stream = io.BytesIO()
    book.save(stream)
    write_atomic(file, stream.getvalue())
    return Path(file)


def read_xlsx(file: str | os.PathLike[str]) -> tuple[RawSheet, ...] | Problem:
    """Read every sheet of a workbook.

    Returns
    -------
    tuple of RawSheet or Problem
        The sheets in their order; or why the file cannot be read.

    Raises
    ------
    InputError
        If openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(missing_extra("openpyxl", "xlsx")) from error
    shown = os.fspath(file)
    try:
        content = Path(file).read_bytes()
        with open_zip(content) as archive:
            merged = _merged_cells(archive)
        if merged > MAX_MERGED:
            return _unreadable(shown, f"{merged:,} merged cells; at most {MAX_MERGED:,} are read")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about looks and extensions, which are not read
            book = openpyxl.load_workbook(io.BytesIO(content))
            cells = sum(sheet.max_row * sheet.max_column for sheet in book.worksheets)
            if cells > MAX_CELLS:
                return _unreadable(shown, f"its sheets span {cells:,} cells; delete empty rows and columns")
            return tuple(_sheet(sheet, shown) for sheet in book.worksheets)
    except OSError as error:
        return _unreadable(shown, error.strerror or str(error))
    except RefusedFileError as error:
        return _unreadable(shown, str(error))
    except _MALFORMED as error:
        return _unreadable(shown, f"not a workbook (xlsx): {type(error).__name__}: {str(error)[:100]}")


def _merged_cells(archive: zipfile.ZipFile) -> int:
    """Return how many cells all merged ranges of a workbook span: openpyxl makes an object of each."""
    from openpyxl.utils.cell import range_boundaries

    total = 0

    def count(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal total
        if name.rpartition(":")[2] == "mergeCell":
            left, top, right, bottom = range_boundaries(attributes.get("ref", "A1"))
            total += ((right or MAX_MERGED) - (left or 1) + 1) * ((bottom or MAX_MERGED) - (top or 1) + 1)

    for entry in archive.infolist():
        with archive.open(entry) as stream, suppress(expat.ExpatError):  # a picture
            walk(stream, count)
    return total


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(file, 0, 0, "T901", "", f"cannot be read: {reason}")


def _sheet(sheet: Worksheet, file: str) -> RawSheet:
    covered = {
        place: Merged(found.coord) for found in sheet.merged_cells.ranges for place in list(found.cells)[1:]
    }
    lines = [
        (number, [covered.get((cell.row, cell.column)) or _raw(cell) for cell in row])
        for number, row in enumerate(sheet.iter_rows(), start=1)
    ]
    filled = [number for number, row in lines if any(value is not None for value in row)]
    rows = [number for number in filled if sheet.row_dimensions[number].hidden]
    columns = sorted(
        number
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden
        for number in range(dimension.min or 1, min(dimension.max or 0, sheet.max_column) + 1)
    )
    parts = ["the sheet itself" if sheet.sheet_state != "visible" else "", hidden_words(rows, columns)]
    return sheet_of(file, sheet.title, lines, ", ".join(part for part in parts if part))


def _raw(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        if value in CONSTANTS:
            return CONSTANTS[value]
        return Formula(value if isinstance(value, str) else str(getattr(value, "text", "") or "="))
    if cell.data_type == "e":
        return ErrorValue(str(value))
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in str(cell.number_format):
        return Percentage(value * 100)
    if isinstance(value, str) and "\r" in value:
        return value.replace("\r\n", "\n")
    return value
