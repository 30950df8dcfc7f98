"""A record while it is put together from cells: plain data, and the cell that each value came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metamsc.errors import Problem
from metamsc.exchange.columns import Column, set_at
from metamsc.exchange.raw import CellPlace
from metamsc.records.model import Study
from metamsc.records.positions import Path, Place, Positions
from metamsc.records.validate import validate

Filled = tuple[Column, Any, CellPlace]
"""A column, the value that its cell holds, and the cell."""


@dataclass(frozen=True, slots=True)
class CellPositions(Positions):
    """Places in tables: the line of a :class:`Place` is the number of a cell."""

    numbers: Mapping[Path, int] = field(default_factory=dict)

    def value(self, path: Path) -> Place:
        """Place of the cell at `path`, or of its nearest ancestor."""
        for length in range(len(path), -1, -1):
            number = self.numbers.get(path[:length])
            if number is not None:
                return Place(number, 1)
        return Place(0, 0)

    def key(self, path: Path) -> Place:
        """Place of the cell at `path`; a table has no keys of its own."""
        return self.value(path)


@dataclass(slots=True)
class Draft:
    """A record in the making.

    Attributes
    ----------
    data : dict
        Plain data, as a YAML file would hold it.
    cells : dict
        Path -> cell it came from.
    """

    data: dict[str, Any] = field(default_factory=dict)
    cells: dict[Path, CellPlace] = field(default_factory=dict)

    def fill(self, part: dict[str, Any], base: Path, row: Iterable[Filled]) -> None:
        """Put the values of a row into the part at `base`, and remember their cells."""
        for column, value, cell in row:
            set_at(part, column.path, value)
            self.remember((*base, *column.path), cell)

    def remember(self, path: Path, cell: CellPlace) -> None:
        """Note the cell of a path, and of what lies above it where nothing is noted yet."""
        self.cells[path] = cell
        for length in range(len(path) - 1, -1, -1):
            self.cells.setdefault(path[:length], cell)

    def append(self, name: str, entry: dict[str, Any], cell: CellPlace | None = None) -> int:
        """Add an entry to a list of the record and return its number."""
        entries: list[dict[str, Any]] = self.data.setdefault(name, [])
        entries.append(entry)
        if cell is not None:
            self.remember((name, len(entries) - 1), cell)
        return len(entries) - 1

    def to_confirm(self, path: str, reason: str) -> None:
        """Note a doubt that the paper must settle, once."""
        entry = {"field": path, "reason": reason}
        if entry not in self.data.setdefault("to_confirm", []):
            self.data["to_confirm"].append(entry)

    def validate(self, file: str) -> tuple[Study | None, tuple[Problem, ...]]:
        """Return the record; or None and every problem of its structure, each at its cell."""
        places = list(dict.fromkeys(self.cells.values()))
        index = {place: number for number, place in enumerate(places, start=1)}
        numbers = {path: index[cell] for path, cell in self.cells.items()}
        study, problems = validate(Study, self.data, CellPositions(numbers=numbers), file)
        return study, tuple(_at_cell(problem, places) for problem in problems)


def _at_cell(problem: Problem, places: list[CellPlace]) -> Problem:
    if not problem.line:
        return problem
    cell = places[problem.line - 1]
    message = f"{problem.where}: {problem.message}" if problem.where else problem.message
    return cell.problem(problem.code, message, problem.hint)
