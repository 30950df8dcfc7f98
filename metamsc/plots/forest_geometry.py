"""Places of a forest plot in points, from rendered text widths: nothing overlaps, nothing is cut off."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.plots.forest_legend import LegendEntry, glyph_note, place_legend
from metamsc.plots.forest_measure import COLUMN_GAP, Measured, gap_before, measure, side_width
from metamsc.plots.forest_rows import ForestColumn, ForestLayout
from metamsc.plots.style import LINE_SPACING, SIZE, SMALL, TITLE_SIZE, text_height, text_width, wrap_to

ROW = 13.0
"""Height of a one-line row."""
WIDEST_DIRECTIONS = 220.0
"""Direction labels up to this width together stand on one line."""
HEADER_PAD = 4.0
TICK_SPACE = 15.0
LINE_PAD = 4.0
_NARROW_GAP = 1.5
"""Between the two labels where there is no room to spare, in gaps beside the graphic."""
_LONG_LINE = 0.96
"""Share of the page a long line may fill: at 100 dpi small type is drawn up to 4% wider than measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestGeometry:
    """Points from the top left corner, y downwards."""

    width: float
    height: float
    measured: Measured
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
    legend: tuple[LegendEntry, ...]
    footer_lines: tuple[str, ...]
    footer_top: float

    def column(self, name: str) -> tuple[float, float]:
        """Return left and right end of a column."""
        return next((left, right) for found, left, right in self.columns if found == name)

    def row_y(self, y: float) -> float:
        """Return the place of a row's middle from its position in row heights."""
        return self.rows_top + y * ROW


def forest_geometry(
    layout: ForestLayout, width: float | None = None, measured: Measured | None = None
) -> ForestGeometry:
    """Place a layout on a page.

    Parameters
    ----------
    layout : ForestLayout
    width : float, optional
        Points to fill, if more than the figure needs: the graphic gets the rest.
    measured : Measured, optional
        Widths of the columns, where the layout is one page of several that share them.

    Returns
    -------
    ForestGeometry
    """
    measured, room = measured or measure(layout), layout.preset.room
    needed = 2 * room.margin + side_width(layout, measured.widths, "left")
    right = side_width(layout, measured.widths, "right")
    needed += right
    graphic_width = max(room.graphic, _directions_width(layout))
    beyond = COLUMN_GAP if room.spare else room.gap  # the axis has words at its ends
    needed += graphic_width + (2 if right else 1) * room.gap + (0.0 if right else beyond)
    if width is not None and width > needed:
        graphic_width += width - needed
        needed = width
    columns, graphic = _place_columns(layout, measured, graphic_width)
    return _place_blocks(layout, measured, columns, graphic, needed)


def _directions_width(layout: ForestLayout) -> float:
    """Return the width at which the direction labels stand side by side in two or three lines."""
    axis = layout.axis
    words = (*axis.lower.split(), *axis.higher.split())
    word = max(text_width(word) for word in words) + text_width("← ")
    if not layout.preset.room.spare:  # there is no room to spare: as many lines as they need
        return 2 * (word - text_width("← ")) + _NARROW_GAP * layout.preset.room.gap + 1.0
    both = text_width(axis.lower) + text_width(axis.higher) + 2 * text_width("← ")
    return max(2 * word, min(both, WIDEST_DIRECTIONS), both / 2.4) + COLUMN_GAP + 1.0


def _direction_lines(layout: ForestLayout, width: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Break the two direction labels to stand side by side: each gets room by its length."""
    arrows = layout.preset.words.arrows and layout.preset.room.spare
    arrow = text_width("← ") if layout.preset.room.spare else 0.0
    lower, higher = text_width(layout.axis.lower) + arrow, text_width(layout.axis.higher) + arrow
    room = width - (COLUMN_GAP if layout.preset.room.spare else _NARROW_GAP * layout.preset.room.gap)
    if lower + higher > room:
        word = max(text_width(word) for word in layout.axis.lower.split()) + arrow
        other = max(text_width(word) for word in layout.axis.higher.split()) + arrow
        lower = min(max(room * lower / (lower + higher), word), room - other)
        higher = room - lower
    slack = 0.1  # a label that has exactly its width must not break by rounding
    lines = (
        wrap_to(layout.axis.lower, lower - arrow + slack),
        wrap_to(layout.axis.higher, higher - arrow + slack),
    )
    if not arrows:
        return lines
    return (f"← {lines[0][0]}", *lines[0][1:]), (*lines[1][:-1], f"{lines[1][-1]} →")


def _place_columns(
    layout: ForestLayout, measured: Measured, graphic_width: float
) -> tuple[tuple[tuple[str, float, float], ...], tuple[float, float]]:
    room = layout.preset.room
    x = room.margin
    placed: list[tuple[str, float, float]] = []
    graphic = (0.0, 0.0)
    for side in ("left", "right"):
        previous: ForestColumn | None = None
        for column in layout.columns:
            if column.side != side:
                continue
            x += gap_before(previous, column)
            placed.append((column.name, x, x + measured.widths[column.name]))
            x += measured.widths[column.name]
            previous = column
        if side == "left":
            graphic = (x + room.gap, x + room.gap + graphic_width)
            x = graphic[1] + room.gap
    return tuple(placed), graphic


def header_lines(layout: ForestLayout, geometry_lines: int) -> int:
    """Return how many lines the headings take; `geometry_lines` are those over the graphic."""
    of_columns = max(
        column.header.count("\n") + 1 + (column.group.count("\n") + 1 if column.group else 0)
        for column in layout.columns
    )
    return max(of_columns, geometry_lines)


def _place_blocks(
    layout: ForestLayout,
    measured: Measured,
    columns: tuple[tuple[str, float, float], ...],
    graphic: tuple[float, float],
    width: float,
) -> ForestGeometry:
    """Stack title, headings, rows, axis words, legend and footnotes from the top down."""
    room = layout.preset.room
    margin = room.margin
    inner = _LONG_LINE * (width - 2 * margin)
    lower, higher = _direction_lines(layout, graphic[1] - graphic[0])
    direction_lines = max(len(lower), len(higher))
    above = layout.preset.words.directions == "above"
    over_graphic = layout.graphic_header.count("\n") + 1 if layout.graphic_header else 0
    over_graphic += direction_lines if above else 0
    title_lines = wrap_to(layout.title, inner, TITLE_SIZE, bold=True) if layout.title else ()
    header_top = margin + (text_height(len(title_lines), TITLE_SIZE) + LINE_PAD if title_lines else 0.0)
    header_bottom = header_top + text_height(header_lines(layout, over_graphic)) + 2 * HEADER_PAD
    rows_top = header_bottom + LINE_PAD
    rows_bottom = rows_top + layout.height * ROW + LINE_PAD
    below = rows_bottom + TICK_SPACE
    directions_top = header_bottom - HEADER_PAD - text_height(direction_lines) if above else below
    label_top = below if above else below + text_height(direction_lines) + LINE_PAD
    label_lines = wrap_to(layout.axis.label, graphic[1] - graphic[0] + 2 * room.gap)
    legend_top = label_top + text_height(len(label_lines)) + 2 * LINE_PAD
    legend, footer_top = place_legend(layout, margin, legend_top, inner)
    notes = (*layout.footer, *filter(None, (glyph_note(layout), layout.page)))
    footer_lines = tuple(line for text in notes for line in wrap_to(text, inner, SMALL))
    return ForestGeometry(
        width=width,
        height=footer_top + len(footer_lines) * SMALL * LINE_SPACING + margin,
        measured=measured,
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
        legend=legend,
        footer_lines=footer_lines,
        footer_top=footer_top,
    )


def line_step() -> float:
    """Return the distance of two lines of a cell, in row heights."""
    return SIZE * LINE_SPACING / ROW
