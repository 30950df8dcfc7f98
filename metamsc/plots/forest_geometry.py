"""Places of a forest plot in points, from rendered text widths: nothing overlaps, nothing is cut off."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.plots.forest_rows import POOLED, SPANNING, ForestColumn, ForestLayout, ForestRow
from metamsc.plots.style import LINE_SPACING, SIZE, SMALL, TITLE_SIZE, text_height, text_width, wrap_to

ROW = 13.0
"""Height of a one-line row."""
MARGIN = 8.0
COLUMN_GAP = 11.0
GROUP_GAP = 7.0
"""Between columns that share a heading."""
INDENT = 8.0
GRAPHIC = 190.0
WIDEST_DIRECTIONS = 220.0
"""Direction labels up to this width together stand on one line."""
GRAPHIC_GAP = 14.0
HEADER_PAD = 4.0
TICK_SPACE = 15.0
LINE_PAD = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestGeometry:
    """Points from the top left corner, y downwards."""

    width: float
    height: float
    columns: tuple[tuple[str, float, float], ...]
    """Name, left and right end of each text column."""
    graphic: tuple[float, float]
    title_lines: tuple[str, ...]
    header_top: float
    header_bottom: float
    rows_top: float
    rows_bottom: float
    lower_lines: tuple[str, ...]
    higher_lines: tuple[str, ...]
    label_lines: tuple[str, ...]
    directions_top: float
    label_top: float
    footer_lines: tuple[str, ...]
    footer_top: float

    def column(self, name: str) -> tuple[float, float]:
        """Return left and right end of a column."""
        return next((left, right) for found, left, right in self.columns if found == name)

    def row_y(self, y: float) -> float:
        """Return the place of a row's middle from its position in row heights."""
        return self.rows_top + y * ROW


def is_bold(row: ForestRow) -> bool:
    """Say whether a row is set in bold: headings and pooled effects."""
    return row.kind in POOLED or (row.kind == "stratum")


def row_size(row: ForestRow) -> float:
    """Return the size of a row's text: the lines that explain are smaller."""
    return SMALL if row.kind in {"heterogeneity", "difference", "prediction"} else SIZE


def forest_geometry(layout: ForestLayout, width: float | None = None) -> ForestGeometry:
    """Place a layout on a page.

    Parameters
    ----------
    layout : ForestLayout
    width : float, optional
        Points to fill, if more than the figure needs: the graphic gets the rest.

    Returns
    -------
    ForestGeometry
    """
    widths = _column_widths(layout)
    needed = 2 * MARGIN + _side_width(layout, widths, "left") + _side_width(layout, widths, "right")
    graphic_width = max(GRAPHIC, _directions_width(layout))
    needed += graphic_width + 2 * GRAPHIC_GAP
    if width is not None and width > needed:
        graphic_width += width - needed
        needed = width
    columns, graphic = _place_columns(layout, widths, graphic_width)
    return _place_blocks(layout, columns, graphic, needed)


def _column_widths(layout: ForestLayout) -> dict[str, float]:
    """Return the width of every column: its widest cell or heading."""
    widths = {
        column.name: max(
            [text_width(column.header, SIZE, bold=True)]
            + [
                text_width(row.cell(column.name), row_size(row), bold=is_bold(row)) + _indent(row, column)
                for row in layout.rows
                if not (row.kind in SPANNING and column.name == "label")
            ]
        )
        for column in layout.columns
    }
    _widen_for_groups(layout, widths)
    spanned = [
        text_width(row.cell("label"), row_size(row), bold=is_bold(row)) + row.indent * INDENT
        for row in layout.rows
        if row.kind in SPANNING
    ]
    # Lines across the left columns end before the graphic, so that they hide no interval.
    short = max(spanned, default=0.0) - _side_width(layout, widths, "left")
    widths["label"] += max(short, 0.0)
    return widths


def _indent(row: ForestRow, column: ForestColumn) -> float:
    return row.indent * INDENT if column.name == "label" else 0.0


def _widen_for_groups(layout: ForestLayout, widths: dict[str, float]) -> None:
    """Share out what a heading over several columns needs beyond what they have."""
    for name in {column.group for column in layout.columns if column.group}:
        members = [column.name for column in layout.columns if column.group == name]
        have = sum(widths[member] for member in members) + GROUP_GAP * (len(members) - 1)
        short = text_width(name, SIZE, bold=True) - have
        for member in members:
            widths[member] += max(short, 0.0) / len(members)


def _gap_before(column: ForestColumn, previous: ForestColumn | None) -> float:
    if previous is None:
        return 0.0
    return GROUP_GAP if column.group and column.group == previous.group else COLUMN_GAP


def _side_width(layout: ForestLayout, widths: dict[str, float], side: str) -> float:
    total, previous = 0.0, None
    for column in layout.columns:
        if column.side == side:
            total += widths[column.name] + _gap_before(column, previous)
            previous = column
    return total


def _directions_width(layout: ForestLayout) -> float:
    """Return the width at which the direction labels stand side by side in two or three lines."""
    axis = layout.axis
    words = (*axis.lower.split(), *axis.higher.split())
    word = max(text_width(word) for word in words) + text_width("← ")
    both = text_width(axis.lower) + text_width(axis.higher) + 2 * text_width("← ")
    return max(2 * word, min(both, WIDEST_DIRECTIONS), both / 2.4) + COLUMN_GAP + 1.0


def _direction_lines(layout: ForestLayout, width: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Break the two direction labels to stand side by side: each gets room by its length."""
    arrow = text_width("← ")
    lower, higher = text_width(layout.axis.lower) + arrow, text_width(layout.axis.higher) + arrow
    room = width - COLUMN_GAP
    if lower + higher > room:
        word = max(text_width(word) for word in layout.axis.lower.split()) + arrow
        other = max(text_width(word) for word in layout.axis.higher.split()) + arrow
        lower = min(max(room * lower / (lower + higher), word), room - other)
        higher = room - lower
    slack = 0.1  # a label that has exactly its width must not break by rounding
    return (
        wrap_to(layout.axis.lower, lower - arrow + slack),
        wrap_to(layout.axis.higher, higher - arrow + slack),
    )


def _place_columns(
    layout: ForestLayout, widths: dict[str, float], graphic_width: float
) -> tuple[tuple[tuple[str, float, float], ...], tuple[float, float]]:
    x = MARGIN
    placed: list[tuple[str, float, float]] = []
    graphic = (0.0, 0.0)
    for side in ("left", "right"):
        previous: ForestColumn | None = None
        for column in layout.columns:
            if column.side != side:
                continue
            x += _gap_before(column, previous)
            placed.append((column.name, x, x + widths[column.name]))
            x += widths[column.name]
            previous = column
        if side == "left":
            graphic = (x + GRAPHIC_GAP, x + GRAPHIC_GAP + graphic_width)
            x = graphic[1] + GRAPHIC_GAP
    return tuple(placed), graphic


def _place_blocks(
    layout: ForestLayout,
    columns: tuple[tuple[str, float, float], ...],
    graphic: tuple[float, float],
    width: float,
) -> ForestGeometry:
    """Stack title, headings, rows, axis words and footnotes from the top down."""
    inner = width - 2 * MARGIN
    title_lines = wrap_to(layout.title, inner, TITLE_SIZE, bold=True) if layout.title else ()
    header_top = MARGIN + (text_height(len(title_lines), TITLE_SIZE) + LINE_PAD if title_lines else 0.0)
    header_lines = max(
        column.header.count("\n") + 1 + (column.group.count("\n") + 1 if column.group else 0)
        for column in layout.columns
    )
    header_bottom = header_top + text_height(header_lines) + 2 * HEADER_PAD
    rows_top = header_bottom + LINE_PAD
    rows_bottom = rows_top + layout.height * ROW + LINE_PAD
    lower, higher = _direction_lines(layout, graphic[1] - graphic[0])
    directions_top = rows_bottom + TICK_SPACE
    label_top = directions_top + text_height(max(len(lower), len(higher))) + LINE_PAD
    label_lines = wrap_to(layout.axis.label, graphic[1] - graphic[0] + 2 * GRAPHIC_GAP)
    footer_top = label_top + text_height(len(label_lines)) + 2 * LINE_PAD
    footer_lines = tuple(line for text in layout.footer for line in wrap_to(text, inner, SMALL))
    return ForestGeometry(
        width=width,
        height=footer_top + len(footer_lines) * SMALL * LINE_SPACING + MARGIN,
        columns=columns,
        graphic=graphic,
        title_lines=title_lines,
        header_top=header_top,
        header_bottom=header_bottom,
        rows_top=rows_top,
        rows_bottom=rows_bottom,
        lower_lines=lower,
        higher_lines=higher,
        label_lines=label_lines,
        directions_top=directions_top,
        label_top=label_top,
        footer_lines=footer_lines,
        footer_top=footer_top,
    )
