"""A record while its rows are brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metamsc.exchange.drafts import Draft
from metamsc.exchange.layout import CONTRASTS, Sheet
from metamsc.exchange.raw import CellPlace
from metamsc.exchange.rows import SheetRow
from metamsc.records.positions import Path


@dataclass(slots=True)
class Entry:
    """A result or judgement that several rows make up."""

    number: int | None
    part: dict[str, Any]
    filled: list[SheetRow]
    cells: dict[Path, CellPlace] = field(default_factory=dict)

    def owner(self, sheet: Sheet) -> dict[str, Any]:
        """Return what its first row says of it as a whole, by header."""
        return {column.name: value for column, value, _ in self.filled[0].of(sheet.owner)}

    def missed(self, owner: Mapping[str, Any], sheet: Sheet, arm: str | None) -> str:
        """Name the cells but for whose emptiness a row without a number would belong here; else "".

        Parameters
        ----------
        owner : mapping
            What the row says of its result or judgement as a whole.
        sheet : Sheet
            Of the row.
        arm : str or None
            Its arm; one that is here already belongs to another result.
        """
        first = self.owner(sheet)
        alike = all(first[name] == owner[name] for name in first.keys() & owner.keys())
        if self.number is not None or not alike or arm in self.part.get("arms", {}):
            return ""
        return ", ".join(sorted(first.keys() ^ owner.keys()))


@dataclass(slots=True)
class Making:
    """A record with what still has to be brought into order."""

    draft: Draft
    results: dict[Any, Entry] = field(default_factory=dict)
    judgements: dict[Any, Entry] = field(default_factory=dict)
    arms: dict[str, int] = field(default_factory=dict)
    rows: set[tuple[str, str, int]] = field(default_factory=set)
    """File, sheet and number of every row of the study."""


def row_of(place: CellPlace) -> tuple[str, str, int]:
    """Return file, sheet and number of the row of a cell."""
    return place.file, place.sheet, place.row


Note = Callable[[CellPlace, str, str, str], None]
"""Takes a problem: cell, code, message, hint."""


def join_row(
    entries: dict[Any, Entry], number: int | None, kind: str, sheet: Sheet, row: SheetRow, note: Note
) -> Entry | None:
    """Return the result or judgement that a row belongs to, a new one where there is none.

    Parameters
    ----------
    entries : dict
        Results or judgements of the record so far; a new one is added.
    number : int or None
        What the row says; without a number, rows belong together that say the same of it as a whole.
    kind : str
        "result" or "judgement".
    sheet, row
        The row and its sheet.
    note : callable
        Takes the problem when the row contradicts an earlier one; then None is returned.
    """
    owner: dict[str, Any] = {column.name: value for column, value, _ in row.of(sheet.owner)}
    key = number if number is not None else (kind, tuple(sorted(map(repr, owner.items()))))
    entry = entries.get(key)
    if entry is None:
        # A contrast has one row; two of them that are alike in part are two.
        may_be_alike = number is None and sheet.name != CONTRASTS and row.sound
        if may_be_alike and _is_half_alike(entries, owner, sheet, row, note):
            return None
        entry = entries[key] = Entry(number, {}, [row])
        return entry
    first = entry.owner(sheet)
    for name, value in owner.items():
        if first.get(name) != value:
            said = repr(first[name]) if name in first else "nothing"
            message = f"{name} is {value!r}; the first row of {kind} {number} says {said}"
            note(row.cell(name), "T907", message, "rows of one number agree, or leave the cell empty")
            return None
    entry.filled.append(row)
    return entry


def _is_half_alike(
    entries: Mapping[Any, Entry], owner: Mapping[str, Any], sheet: Sheet, row: SheetRow, note: Note
) -> bool:
    """Whether a row would belong to an earlier one, were a cell not empty in one of them; notes it."""
    for other in entries.values():
        empty = other.missed(owner, sheet, row.value("arm"))
        if empty:
            message = f"as row {other.filled[0].start.row}, but for {empty}: empty in one of the two"
            hint = f"one {sheet.name.removesuffix('s')}: write it alike in both; two: number them"
            note(row.start, "T907", message, hint)
            return True
    return False
