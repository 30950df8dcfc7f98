"""Rows of a sheet read by its columns: values with their cells, and a problem for each wrong cell."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.errors import InputError, Problem
from metamsc.exchange.columns import Column
from metamsc.exchange.drafts import Filled
from metamsc.exchange.layout import Sheet
from metamsc.exchange.raw import CellPlace, ErrorValue, Formula, Merged, Percentage, RawSheet

_PERCENTAGES = frozenset({"percent", "percent_change"})
"""Fields in which a cell that shows 28.6 % says 28.6 and nothing else."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that was read.

    Attributes
    ----------
    start : CellPlace
        Its first cell.
    cells : dict of str to tuple
        Header -> column, value and cell; empty cells are not there.
    sound : bool
        Whether every cell could be read.
    """

    start: CellPlace
    cells: Mapping[str, Filled]
    sound: bool = True

    def value(self, name: str) -> Any:
        """Return what a cell holds, None when it is empty."""
        found = self.cells.get(name)
        return found[1] if found is not None else None

    def cell(self, name: str) -> CellPlace:
        """Return the place of a cell, or of the row when the cell is empty."""
        found = self.cells.get(name)
        return found[2] if found is not None else self.start

    def of(self, columns: tuple[Column, ...]) -> Iterator[Filled]:
        """Yield the filled cells of some columns, in their order."""
        for column in columns:
            if column.name in self.cells:
                yield self.cells[column.name]


def match_header(
    raw: RawSheet,
    names: Mapping[str, Column],
    problems: list[Problem],
    shared: Mapping[str, Sequence[str]] | None = None,
) -> dict[int, Column]:
    """Return the column of each header; unknown, repeated and empty headers are problems.

    `shared` has the headers that several sheets have, with what to write instead.
    """
    found: dict[int, Column] = {}
    for number, header in raw.header.items():
        bare = header.strip().rstrip("*").strip().lower()
        column = names.get(bare)
        place = raw.place(raw.header_row, number)
        if column is None:
            near = difflib.get_close_matches(header.lower(), names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "remove the column, or see docs/exchange.md"
            if bare in (shared or {}):
                hint = f"of what? write {' or '.join((shared or {})[bare])}"
            problems.append(place.problem("T903", f"unknown column {header[:60]!r}", hint))
        elif any(other.name == column.name for other in found.values()):
            problems.append(place.problem("T903", f"the column {column.name!r} stands twice", "keep one"))
        else:
            found[number] = column
    if raw.hidden and raw.rows:
        message = f"hidden, and read all the same: {raw.hidden}"
        hint = "show them, and delete what is not meant"
        problems.append(raw.place(raw.header_row, 1).problem("T913", message, hint, "warning"))
    for number in sorted({n for _, cells in raw.rows for n in cells} - set(raw.header)):
        row = next(row for row, cells in raw.rows if number in cells)
        place = raw.place(row, number)
        problems.append(place.problem("T903", "a value in a column without a header", "give it a header"))
    return found


def read_rows(raw: RawSheet, sheet: Sheet, problems: list[Problem]) -> list[SheetRow]:
    """Return every row of a sheet, and collect what is wrong with its header and cells."""
    names = {column.name.lower(): column for column in sheet.all}
    header = match_header(raw, names, problems)
    present = {column.name for column in header.values()}
    for column in sheet.all:
        if column.required and column.name not in present and raw.rows:
            place = raw.place(raw.header_row, 1)
            message = f"the column {column.name!r} is missing"
            problems.append(place.problem("T904", message, column.help))
    return [read_row(raw, number, cells, header, problems) for number, cells in raw.rows]


def read_row(
    raw: RawSheet,
    number: int,
    cells: Mapping[int, Any],
    header: Mapping[int, Column],
    problems: list[Problem],
) -> SheetRow:
    """Return one row; each cell that cannot be read, or is needed and empty, is a problem."""
    found: dict[str, Filled] = {}
    before = len(problems)
    for position, column in header.items():
        place = raw.place(number, position)
        if position not in cells:
            if column.required:
                problems.append(place.problem("T904", f"{column.name!r} is empty", column.help))
            continue
        value = read_cell(cells[position], column, place, problems)
        if value is not None:
            found[column.name] = (column, value, place)
    _say_the_only_word(header, found)
    start = raw.place(number, min(cells, default=1))
    return SheetRow(start, found, len(problems) == before)


def read_cell(raw: Any, column: Column, place: CellPlace, problems: list[Problem]) -> Any:
    """Return the value of a cell; None, with a problem, when it does not hold one."""
    if isinstance(raw, Formula):
        hint = "copy the cell and paste it as a value: what it showed last is not trusted"
        problems.append(place.problem("T906", f"a formula: {raw.text[:60]}", hint))
    elif isinstance(raw, ErrorValue):
        problems.append(
            place.problem("T906", f"the cell shows {raw.text[:20]}", "write the value, or leave it empty")
        )
    elif isinstance(raw, Merged):
        hint = "take the cells apart and write the value in each row"
        problems.append(place.problem("T905", f"{column.name}: merged cells ({raw.range})", hint))
    elif isinstance(raw, Percentage) and _PERCENTAGES & {*column.path[-1:]}:
        return float(f"{raw.value:.12g}")  # 0.286 times 100 is 28.599999999999998
    elif isinstance(raw, Percentage):
        message = f"formatted as a percentage: it shows {raw.value:.6g}% and holds {raw.value / 100:.6g}"
        problems.append(place.problem("T905", message, "format it as a number and write the number printed"))
    else:
        try:
            return column.read(raw)
        except InputError as error:
            problems.append(place.problem("T905", f"{column.name}: {error}"))
    return None


def _say_the_only_word(header: Mapping[int, Column], found: dict[str, Filled]) -> None:
    """Fill in a word that has no alternative (the kind of an unlabelled spread) beside a filled cell."""
    beside = {column.path[:-1]: cell for column, _, cell in found.values()}
    for column in header.values():
        only = len(column.allowed) == 1 and column.words is not None
        if only and column.name not in found and column.path[:-1] in beside:
            found[column.name] = (column, column.allowed[0], beside[column.path[:-1]])
