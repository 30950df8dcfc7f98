"""How tests read a layout: a row by its key, columns of a side, headings, a line of words."""

from __future__ import annotations

from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.numbers import plain


def row(layout: ForestLayout, key: str) -> ForestRow:
    return next(found for found in layout.rows if found.key == key)


def kinds(layout: ForestLayout) -> list[str]:
    return [row.kind for row in layout.rows]


def numbers(cell: str) -> list[float]:
    """The estimate and the ends of the interval as a reader reads them off a cell."""
    for sign in "[],":
        cell = cell.replace(sign, " ")
    return [float(part) for part in plain(cell).split()]


def names(layout: ForestLayout, side: str) -> list[str]:
    return [column.name for column in layout.columns if column.side == side]


def headers(layout: ForestLayout) -> dict[str, str]:
    return {column.name: column.header for column in layout.columns}


def line(layout: ForestLayout, key: str) -> str:
    return row(layout, key).cell("label").replace("\u00a0", " ")
