"""A table as it stands in a file, before anything is known of it: cells with their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from metamsc.errors import Problem

MAX_BYTES = 200_000_000
"""Largest table that is read, unpacked; a hundred thousand results have some 30 MB."""
MAX_CELLS = 5_000_000
"""Largest sheet, or book of sheets, that is read, empty cells within it counted."""
MAX_CHARACTERS = MAX_BYTES
"""Of all texts of a sheet: a file may say of a million cells that they all hold its longest text."""
_ERROR_SHOWN = re.compile(r"#(N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|DIV/0!|SPILL!|CALC!|FIELD!|UNKNOWN!)")
"""What a spreadsheet shows where it cannot compute; every other ``#`` begins a remark."""
MAX_RUNS = 5
"""Hidden rows or columns, or runs of them, that a message lists."""
CONSTANTS = {"=TRUE()": True, "=FALSE()": False}
"""LibreOffice stores true and false as these formulas; they compute nothing."""


class RefusedFileError(ValueError):
    """A file that is not read, with the reason."""


LONGEST = 600
"""Letters of a message or hint: a person reads it, whatever the cell holds."""


class CellPlace(NamedTuple):
    """Where a cell stands; row and column are counted from 1."""

    file: str
    sheet: str
    row: int
    column: int

    @property
    def where(self) -> str:
        """As a spreadsheet names it: ``results!E7``."""
        return f"{self.sheet}!{column_letters(self.column)}{self.row}"

    def problem(self, code: str, message: str, hint: str = "", severity: str = "error") -> Problem:
        """Return a problem of this cell; what it quotes of a cell that holds a page is cut."""
        message, hint = (
            text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for text in (message, hint)
        )
        return Problem(self.file, self.row, self.column, code, self.where, message, hint, severity)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes; its last value is not trusted."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """A cell that shows ``#REF!`` or the like."""

    text: str


@dataclass(frozen=True, slots=True)
class Percentage:
    """A number formatted as a percentage: the cell shows 58 % and holds 0.58."""

    value: float


@dataclass(frozen=True, slots=True)
class Merged:
    """A cell that is joined with others: its value stands in the first of them."""

    range: str


@dataclass(frozen=True, slots=True)
class RawSheet:
    """One sheet or CSV file.

    Attributes
    ----------
    file, name : str
        File as the user gave it, and the name of the sheet.
    header : dict of int to str
        Column number -> header, without empty ones.
    header_row : int
        Row in which the header stands.
    rows : tuple
        Row number, and column number -> what the cell holds, without empty cells.
    hidden : str
        Rows and columns that the spreadsheet does not show, in words; they are read all the same.
    """

    file: str
    name: str
    header: Mapping[int, str]
    header_row: int
    rows: tuple[tuple[int, Mapping[int, Any]], ...]
    hidden: str = ""

    def place(self, row: int, column: int) -> CellPlace:
        """Place of a cell."""
        return CellPlace(self.file, self.name, row, column)

    def number_of(self, header: str) -> int | None:
        """Return the column of a header, None where there is none."""
        return next((number for number, name in self.header.items() if name == header), None)


def column_letters(number: int) -> str:
    """Return the letters of a column counted from 1: A, Z, AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters or "A"


def sheet_of(file: str, name: str, lines: list[tuple[int, list[Any]]], hidden: str = "") -> RawSheet:
    """Return a sheet from its lines: the first that is not empty is the header, ``#`` begins a remark.

    Parameters
    ----------
    file, name : str
        As in :class:`RawSheet`.
    lines : list of tuple
        Row number and cells from the first column on; None and empty text are empty cells.
    hidden : str
        As in :class:`RawSheet`.

    Raises
    ------
    RefusedFileError
        If the texts of all cells together are longer than any table that is read.
    """
    characters = 0
    rows: list[tuple[int, Mapping[int, Any]]] = []
    header: dict[int, str] = {}
    header_row = 1
    for number, values in lines:
        characters += sum(len(value) for value in values if isinstance(value, str))
        if characters > MAX_CHARACTERS:
            raise RefusedFileError(f"the cells of {name[:40]!r} hold more than {MAX_CHARACTERS:,} characters")
        cells = {
            column: value.strip() if isinstance(value, str) else value
            for column, value in enumerate(values, start=1)
            if value is not None and not (isinstance(value, str) and not value.strip())
        }
        if all(isinstance(value, Merged) for value in cells.values()) or _is_remark(
            next(iter(cells.values()))
        ):
            continue
        if header:
            rows.append((number, cells))
        else:
            header = {column: str(value) for column, value in cells.items() if not isinstance(value, Merged)}
            header_row = number
    return RawSheet(file, name, header, header_row, tuple(rows), hidden)


def hidden_words(rows: list[int], columns: list[int]) -> str:
    """Name hidden rows and columns: "rows 3-5, column C"; empty when there are none."""
    parts = []
    if rows:
        parts.append(_ranges("row", rows, str))
    if columns:
        parts.append(_ranges("column", columns, column_letters))
    return ", ".join(parts)


def _ranges(what: str, numbers: list[int], show: Callable[[int], str]) -> str:
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    shown = [show(a) if a == b else f"{show(a)}-{show(b)}" for a, b in runs[:MAX_RUNS]]
    more = ", ..." if len(runs) > MAX_RUNS else ""
    return f"{what}{'' if len(numbers) == 1 else 's'} {', '.join(shown)}{more}"


def _is_remark(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("#") and not _ERROR_SHOWN.match(value)


def missing_extra(package: str, purpose: str) -> str:
    """Return the message about a package that is not installed."""
    return f"{purpose} needs the package {package}: pip install 'metamsc[exchange]'"
