"""How wide everything in a forest plot is, in points, from rendered text. Pages of one figure share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from metamsc.plots.forest_align import Template, Width, pieces_of, template_of
from metamsc.plots.forest_rows import POOLED, SPANNING, ForestColumn, ForestLayout, ForestRow
from metamsc.plots.style import SIZE, SMALL, text_width

COLUMN_GAP = 11.0
GROUP_GAP = 7.0
"""Between columns that share a heading."""
DISC = 9.5
"""Diameter of a risk-of-bias judgement."""
DISC_GAP = 2.0
_GAP = 0.9
"""Between the numbers of one cell, in spaces: slots are as wide as bold type, so most rows show more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Widths of the columns, and where the numbers of each hang."""

    widths: Mapping[str, float]
    templates: Mapping[str, Template]


def is_bold(row: ForestRow, layout: ForestLayout) -> bool:
    """Say whether a row is set in bold: headings, and pooled effects unless the preset keeps them plain."""
    return row.kind == "stratum" or (row.kind in POOLED and layout.preset.bold)


def row_size(row: ForestRow) -> float:
    """Return the size of a row's text: the lines that explain are smaller."""
    return SMALL if row.kind in {"heterogeneity", "test", "difference", "prediction"} else SIZE


def row_width(row: ForestRow, layout: ForestLayout, line: int = 0) -> Width:
    """Return the function that measures a line of a row: what further models say is never bold."""
    bold = is_bold(row, layout) and not (line and row.others)
    return partial(text_width, size=row_size(row), bold=bold)


def measure(layout: ForestLayout) -> Measured:
    """Measure every column: its widest cell or heading."""
    templates = {
        column.name: template_of(
            [
                (line, row_width(row, layout, number))
                for row in layout.rows
                for number, line in enumerate(row.cell(column.name).split("\n"))
            ],
            _GAP * text_width(" "),
            from_end=column.align == "decimal-end",
        )
        for column in layout.columns
        if column.align.startswith("decimal")
    }
    widths = {column.name: _column_width(layout, column, templates) for column in layout.columns}
    _widen_for_groups(layout, widths)
    spanned = [
        text_width(row.cell("label"), row_size(row), bold=is_bold(row, layout))
        + row.indent * layout.preset.room.indent
        for row in layout.rows
        if row.kind in SPANNING
    ]
    # Lines across the left columns end before the graphic, so that they hide no interval.
    if "label" in widths:
        widths["label"] += max(max(spanned, default=0.0) - side_width(layout, widths, "left"), 0.0)
    return Measured(widths, templates)


def _column_width(layout: ForestLayout, column: ForestColumn, templates: Mapping[str, Template]) -> float:
    if column.kind == "rob":
        return max(DISC, text_width(column.header, SIZE, bold=True))
    found = [text_width(column.header, SIZE, bold=True)]
    template = templates.get(column.name)
    if template is not None:
        found.append(template.width)
    for row in layout.rows:
        if row.kind in SPANNING and column.name == "label":
            continue
        indent = row.indent * layout.preset.room.indent if column.name == "label" else 0.0
        found.extend(
            row_width(row, layout)(line) + indent
            for line in row.cell(column.name).split("\n")
            if template is None or not pieces_of(line)
        )
    return max(found)


def _widen_for_groups(layout: ForestLayout, widths: dict[str, float]) -> None:
    """Share out what a heading over several columns needs beyond what they have."""
    for name in {column.group for column in layout.columns if column.group}:
        members = [column for column in layout.columns if column.group == name]
        gaps = sum(gap_before(before, column) for before, column in pairwise(members))
        short = text_width(name, SIZE, bold=True) - sum(widths[member.name] for member in members) - gaps
        for member in members:
            widths[member.name] += max(short, 0.0) / len(members)


def gap_before(previous: ForestColumn | None, column: ForestColumn) -> float:
    """Return the room between two columns."""
    if previous is None:
        return 0.0
    if not column.group or column.group != previous.group:
        return COLUMN_GAP
    return DISC_GAP if column.kind == "rob" else GROUP_GAP


def side_width(layout: ForestLayout, widths: Mapping[str, float], side: str) -> float:
    """Return the room that the columns on one side of the graphic take."""
    total, previous = 0.0, None
    for column in layout.columns:
        if column.side == side:
            total += widths[column.name] + gap_before(previous, column)
            previous = column
    return total
