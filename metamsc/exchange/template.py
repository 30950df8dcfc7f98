"""An empty workbook for extraction: headers, a line of help, drop-downs, an example that is not imported."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.exchange.cells import write_text
from metamsc.exchange.columns import Column
from metamsc.exchange.layout import Sheet, sheets
from metamsc.exchange.raw import column_letters
from metamsc.exchange.tables import to_tables
from metamsc.exchange.template_example import example_study
from metamsc.exchange.xlsx_files import new_workbook, put_cell, save_workbook, write_header
from metamsc.outcomes.catalogue import catalogue
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ROWS = 2_000
"""Rows that have drop-downs."""
FIRST_ROW = 3
"""Below the header and the line of help."""

READ_ME = (
    "An empty set of records for metamsc.",
    "Fill in the sheets, then: metamsc import THIS-FILE.xlsx --output data/extractions",
    "One study has one row in 'studies', one row for each group in 'arms', one for each text in 'sources',",
    "and in 'results' one row for each group, outcome and time. Headers with a star are needed.",
    "Write numbers as printed, without unit. A printed ± goes into sd or se only when the text says which;",
    "else into spread.value. Times are written '12 months', '48 weeks', '32 days' or 'baseline'.",
    "Rows that share a number in the column 'result' are one result; the column may stay empty.",
    "A number that you worked out yourself has a row in 'derivations', which needs the number of the result.",
    "Lists in one cell have semicolons between: NCT01374854; ChiCTR2200055885.",
    "Formulas are refused: paste values. Rows that begin with # are remarks and are not read.",
    "'read me', 'example' and 'words' are not read. Nothing is locked; columns may be deleted or moved.",
)


def write_template(file: str | os.PathLike[str], setting: str | None = None) -> Path:
    """Write the empty workbook and return its path.

    Parameters
    ----------
    file : path
    setting : {"clinical", "preclinical"}, optional
        Leaves out the columns of the other setting; all columns when not said.

    Raises
    ------
    InputError
        If openpyxl is not installed.
    OSError
        If the file cannot be written.
    """
    book = new_workbook()
    note = book.create_sheet("read me")
    note.column_dimensions["A"].width = 110
    for number, line in enumerate(READ_ME, start=1):
        put_cell(note, number, 1, line)
    layouts = [_without_other(sheet, setting) for sheet in sheets().values()]
    lists = _word_lists(layouts)
    for sheet in layouts:
        _write_sheet(book, sheet, lists)
    _write_example(book)
    _write_words(book, lists)
    return save_workbook(book, file)


def _allowed(column: Column) -> tuple[str, ...]:
    if column.name == "outcome":
        return tuple(catalogue().outcomes)
    return ("true", "false") if column.kind == "boolean" else column.allowed


def _list_name(column: Column) -> str:
    if column.words is not None:
        return column.words.__name__
    return "outcome" if column.name == "outcome" else column.name if column.allowed else "true or false"


def _without_other(sheet: Sheet, setting: str | None) -> Sheet:
    """Return a sheet without the columns that only records of the other setting have."""
    other = {Setting.CLINICAL: "model.", Setting.PRECLINICAL: "population."}
    if setting is None:
        return sheet
    prefix = other[Setting(setting)]
    return replace(sheet, columns=tuple(c for c in sheet.columns if not c.name.startswith(prefix)))


def _word_lists(layouts: Iterable[Sheet]) -> dict[str, tuple[str, ...]]:
    """Return every list of allowed words by name, in the order in which the sheets use them."""
    found: dict[str, tuple[str, ...]] = {}
    for sheet in layouts:
        for column in sheet.all:
            words = _allowed(column)
            if words:
                found.setdefault(_list_name(column), words)
    return found


def _write_sheet(book: Workbook, layout: Sheet, lists: dict[str, tuple[str, ...]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet(layout.name)
    write_header(sheet, layout)
    needed = PatternFill("solid", fgColor="FFE8D6")
    for position, column in enumerate(layout.all, start=1):
        cell = sheet.cell(1, position)
        if column.required:
            cell.value = f"{column.name}*"
            cell.fill = needed
        put_cell(sheet, 2, position, _help(column, layout if position == 1 else None))
        sheet.cell(2, position).font = Font(italic=True, size=9, color="666666")
        sheet.cell(2, position).alignment = Alignment(wrap_text=True, vertical="top")
        if column.kind not in ("integer", "number", "boolean"):
            # As text: else a spreadsheet turns 2026-11-22 and 1-2 into dates, and loses the 0 of 0123.
            sheet.column_dimensions[column_letters(position)].number_format = "@"
        _drop_down(sheet, position, column, lists)
    sheet.row_dimensions[2].height = 84
    sheet.freeze_panes = "B3"


def _help(column: Column, first_of: Sheet | None) -> str:
    text = column.help or ("one of the words in the list" if _allowed(column) else "")
    if first_of is None:
        return text
    return f"# {first_of.help} {text}"


def _drop_down(sheet: Worksheet, position: int, column: Column, lists: dict[str, tuple[str, ...]]) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    words = _allowed(column)
    if not words:
        return
    names = list(lists)
    letter = column_letters(names.index(_list_name(column)) + 1)
    rule = DataValidation(
        type="list",
        formula1=f"words!${letter}$2:${letter}${len(words) + 1}",
        allow_blank=True,
        showErrorMessage=column.name != "outcome",
        errorTitle="not an allowed word",
        error=f"{column.name}: choose from the list (sheet 'words')",
    )
    rule.add(f"{column_letters(position)}{FIRST_ROW}:{column_letters(position)}{ROWS}")
    sheet.add_data_validation(rule)


def _write_example(book: Workbook) -> None:
    """Write a made-up study sheet by sheet, with only the columns that it fills."""
    from openpyxl.styles import Font

    sheet = book.create_sheet("example")
    sheet.column_dimensions["A"].width = 24
    put_cell(sheet, 1, 1, "# An example, made up. This sheet is not imported.")
    row = 3
    for table in to_tables([example_study()]).values():
        if not table.rows:
            continue
        used = [c.name for c in table.sheet.all if any(r.get(c.name) is not None for r in table.rows)]
        put_cell(sheet, row, 1, f"sheet {table.sheet.name}")
        sheet.cell(row, 1).font = Font(bold=True)
        for position, name in enumerate(used, start=1):
            put_cell(sheet, row + 1, position, name)
            sheet.cell(row + 1, position).font = Font(italic=True)
            for number, values in enumerate(table.rows, start=row + 2):
                put_cell(sheet, number, position, values.get(name))
        row += len(table.rows) + 3


def _write_words(book: Workbook, lists: dict[str, tuple[str, ...]]) -> None:
    from openpyxl.styles import Font

    sheet = book.create_sheet("words")
    for position, (name, words) in enumerate(lists.items(), start=1):
        put_cell(sheet, 1, position, name)
        sheet.cell(1, position).font = Font(bold=True)
        sheet.column_dimensions[column_letters(position)].width = max(12, *(len(word) + 2 for word in words))
        for number, word in enumerate(words, start=2):
            put_cell(sheet, number, position, write_text(word))
