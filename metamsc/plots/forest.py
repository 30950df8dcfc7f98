"""Drawing of a forest plot: :func:`forest_layout` says what, :func:`forest_geometry` where; this draws.

Every artist has a `gid`: ``est:<row id>``, ``ci:<row id>``, ``diamond:<stratum>``, ``pi:<stratum>``,
``arrow-low:<name>``, ``null``, ``mid:<n>``, ``text:<row key>:<column>``, so that a figure can be read back
and each mark in an SVG can be found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from metamsc.errors import InputError
from metamsc.plots import style
from metamsc.plots.forest_geometry import (
    HEADER_PAD,
    INDENT,
    LINE_PAD,
    MARGIN,
    ROW,
    ForestGeometry,
    forest_geometry,
    is_bold,
    row_size,
)
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_marks import draw_effect
from metamsc.plots.forest_rows import SPANNING, ForestColumn, ForestLayout, ForestRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult

__all__ = ["draw_forest", "draw_layout", "forest_layout"]

_BASELINE = 0.36
"""From the middle of a line of text down to its baseline, in font sizes."""


def draw_forest(
    result: AnalysisResult,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
    arm_columns: bool = True,
    title: bool = True,
) -> Axes:
    """Draw the forest plot of an analysis.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw: the axes become the frame of the whole plot, and everything is scaled down if it
        would not fit into them. Default: a new figure of the size the plot needs.
    limits : (low, high), optional
        Ends of the effect axis as shown (ratios as ratios); intervals beyond end in arrows.
    arm_columns : bool
        Show what each arm reported.
    title : bool
        Put the title of the analysis above the figure.

    Returns
    -------
    Axes
        Of the graphic: x is the analysis scale (logarithms for ratios), y the row heights of the layout.
        The figure is its ``.figure``; nothing is shown or saved.

    Raises
    ------
    InputError
        If there is no row to draw, or `limits` does not fit.
    """
    return draw_layout(forest_layout(result, limits=limits, arm_columns=arm_columns, title=title), ax=ax)


def draw_layout(layout: ForestLayout, *, ax: Axes | None = None) -> Axes:
    """Draw a layout, on the given axes or in a new figure; return the axes of the graphic."""
    if ax is None:
        geometry = forest_geometry(layout)
        ax = style.bare_figure(geometry.width, geometry.height).add_axes((0.0, 0.0, 1.0, 1.0))
        page = _Page(ax, geometry, geometry.width, geometry.height, 1.0)
    else:
        page = _fit(layout, ax)
    ax.set_axis_off()
    ax.set_xlim(0.0, page.width)
    ax.set_ylim(page.height, 0.0)
    ax.set_gid("forest")
    _draw_headings(page, layout)
    graphic = _graphic_axes(page, layout)
    for row in layout.rows:
        _draw_cells(page, layout, row)
        draw_effect(graphic, layout.axis, row, page.scale)
    _draw_axis_words(page)
    _draw_footer(page)
    return graphic


class _Page:
    """An axes whose coordinates are points of the natural size, and how much smaller it is drawn."""

    def __init__(self, ax: Axes, geometry: ForestGeometry, width: float, height: float, scale: float) -> None:
        self.ax, self.geometry, self.width, self.height, self.scale = ax, geometry, width, height, scale

    def text(
        self,
        x: float,
        y: float,
        text: str,
        gid: str,
        *,
        align: str = "left",
        size: float = style.SIZE,
        bold: bool = False,
        color: str = style.INK,
    ) -> None:
        """Write a text with its first line's middle at `y`, and further lines below."""
        for number, line in enumerate(text.split("\n")):
            shown = style.drawable(line)
            self.ax.text(
                x,
                y + _BASELINE * size + style.text_height(number, size),
                shown,
                ha=align,
                va="baseline",
                gid=gid if number == 0 else f"{gid}:{number + 1}",
                clip_on=False,
                **style.text_style(shown, size=size * self.scale, color=color, bold=bold),
            )

    def rule(self, y: float, gid: str, *, color: str = style.INK, width: float = 0.7) -> None:
        """Draw a line across the page."""
        ends = [MARGIN, self.geometry.width - MARGIN]
        self.ax.plot(
            ends, [y, y], color=color, linewidth=width * self.scale, linestyle="-", marker="", gid=gid
        )


def _fit(layout: ForestLayout, ax: Axes) -> _Page:
    """Fit a layout into given axes: smaller if it must be, with a wider graphic if there is room."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax belongs to no figure (was it removed?); give axes of a figure.")
    box = ax.get_window_extent()
    width, height = box.width * 72.0 / figure.dpi, box.height * 72.0 / figure.dpi
    natural = forest_geometry(layout)
    scale = min(width / natural.width, height / natural.height, 1.0)
    geometry = forest_geometry(layout, width / scale)
    scale = min(scale, height / geometry.height)
    return _Page(ax, geometry, width / scale, height / scale, scale)


def _draw_headings(page: _Page, layout: ForestLayout) -> None:
    geometry = page.geometry
    top = MARGIN + style.text_height(1, style.TITLE_SIZE) / 2.0
    title = "\n".join(geometry.title_lines)
    if title:
        page.text(MARGIN, top, title, "title", size=style.TITLE_SIZE, bold=True)
    page.rule(geometry.header_top, "rule:top")
    page.rule(geometry.header_bottom, "rule:header")
    line = style.text_height(1)
    bottom = geometry.header_bottom - HEADER_PAD
    for column in layout.columns:
        y = bottom - line * (column.header.count("\n") + 0.5)
        x, align = _anchor(page, column)
        page.text(x, y, column.header, f"header:{column.name}", align=align, bold=True)
    for group in dict.fromkeys(column.group for column in layout.columns if column.group):
        members = [column for column in layout.columns if column.group == group]
        left, right = page.geometry.column(members[0].name)[0], page.geometry.column(members[-1].name)[1]
        under = bottom - line * (members[0].header.count("\n") + 1)
        y = under - line * (group.count("\n") + 0.5)
        align, x = ("center", (left + right) / 2.0) if len(members) > 1 else ("right", right)
        page.text(x, y, group, f"group:{members[0].name}", align=align, bold=True)
        if len(members) > 1:
            page.ax.plot(
                [left, right], [under, under], color=style.RULE, linewidth=0.5 * page.scale, marker="",
                linestyle="-", gid=f"rule:{members[0].name}",
            )  # fmt: skip


def _anchor(page: _Page, column: ForestColumn) -> tuple[float, str]:
    left, right = page.geometry.column(column.name)
    return (left, "left") if column.align == "left" else (right, "right")


def _draw_cells(page: _Page, layout: ForestLayout, row: ForestRow) -> None:
    """Write the texts of one row; a heading gets a band of its own."""
    y, size = page.geometry.row_y(row.y), row_size(row)
    if row.kind == "stratum" and row.indent == 0:
        corner = (MARGIN, y - ROW / 2.0)
        size_of_band = (page.geometry.width - 2 * MARGIN, ROW)
        page.ax.add_patch(
            Rectangle(
                corner,
                *size_of_band,
                facecolor=style.BAND,
                edgecolor="none",
                zorder=-2,
                gid=f"band:{row.target}",
            )
        )
    color = style.SOFT if row.kind in (SPANNING | {"prediction"}) - {"stratum"} else style.INK
    for column in layout.columns:
        text = row.cell(column.name)
        if not text:
            continue
        x, align = _anchor(page, column)
        x += row.indent * INDENT if column.name == "label" else 0.0
        first = y - style.text_height(text.count("\n"), size) / 2.0
        gid = f"text:{row.key}:{column.name}"
        page.text(x, first, text, gid, align=align, size=size, bold=is_bold(row), color=color)


def _graphic_axes(page: _Page, layout: ForestLayout) -> Axes:
    """Make the axes of the graphic: effects across, row heights down."""
    geometry, axis = page.geometry, layout.axis
    left, right = geometry.graphic
    top, bottom = geometry.rows_top - LINE_PAD, geometry.rows_bottom
    graphic = page.ax.inset_axes(
        (
            left / page.width,
            1.0 - bottom / page.height,
            (right - left) / page.width,
            (bottom - top) / page.height,
        )
    )
    style.quiet_axes(graphic, scale=page.scale)
    graphic.set_gid("graphic")
    pad = LINE_PAD / ROW
    graphic.set_xlim(axis.low, axis.high)
    graphic.set_ylim(layout.height + pad, -pad)
    graphic.set_yticks([])
    graphic.set_xticks(axis.ticks, axis.tick_labels)
    graphic.minorticks_off()
    lines = [("null", axis.null, "-", style.RULE)]
    lines += [(f"mid:{number}", value, (0, (1, 1.6)), style.MID) for number, value in enumerate(axis.mid, 1)]  # type: ignore[misc]
    for gid, value, dashes, color in lines:
        if axis.shows(value):
            graphic.plot(
                [value, value], [-pad, layout.height + pad], color=color, linestyle=dashes, marker="",
                linewidth=0.8 * page.scale, zorder=0, gid=gid,
            )  # fmt: skip
    return graphic


def _draw_axis_words(page: _Page) -> None:
    """Write what the two directions mean and what the axis is, below the graphic."""
    geometry = page.geometry
    left, right = geometry.graphic
    first = geometry.directions_top + style.text_height(1) / 2.0
    lower = "\n".join((f"← {geometry.lower_lines[0]}", *geometry.lower_lines[1:]))
    higher = "\n".join((*geometry.higher_lines[:-1], f"{geometry.higher_lines[-1]} →"))
    page.text(left, first, lower, "direction:lower")
    page.text(right, first, higher, "direction:higher", align="right")
    y = geometry.label_top + style.text_height(1) / 2.0
    page.text((left + right) / 2.0, y, "\n".join(geometry.label_lines), "axis-label", align="center")


def _draw_footer(page: _Page) -> None:
    geometry = page.geometry
    for number, line in enumerate(geometry.footer_lines):
        y = (
            geometry.footer_top
            + style.text_height(number, style.SMALL)
            + style.text_height(1, style.SMALL) / 2.0
        )
        page.text(MARGIN, y, line, f"footer:{number}", size=style.SMALL, color=style.SOFT)
