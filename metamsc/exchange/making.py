"""A record while its rows are brought together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metamsc.exchange.drafts import Draft
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
