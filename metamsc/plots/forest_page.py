"""What stands around the graphic of a forest plot: headings, cells, axis words, legend, footnotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Ellipse, Rectangle

from metamsc.plots import style
from metamsc.plots.forest_align import place
from metamsc.plots.forest_geometry import HEADER_PAD, ROW, ForestGeometry
from metamsc.plots.forest_ink import put_line, put_text
from metamsc.plots.forest_legend import LegendEntry
from metamsc.plots.forest_marks import other_mark
from metamsc.plots.forest_measure import DISC, is_bold, row_size, row_width
from metamsc.plots.forest_rows import SPANNING, ForestColumn, ForestLayout, ForestRow
from metamsc.plots.judgements import EDGE, look_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.plots.preset_palette import Palette

_BASELINE = 0.36
"""From the middle of a line of text down to its baseline, in font sizes."""
_SYMBOL = 7.0
"""Size of the symbol in a disc; two letters are smaller."""


class Page:
    """An axes whose coordinates are points of the natural size, and how much smaller it is drawn."""

    def __init__(
        self,
        ax: Axes,
        layout: ForestLayout,
        geometry: ForestGeometry,
        width: float,
        height: float,
        scale: float,
    ) -> None:
        self.ax, self.layout, self.geometry = ax, layout, geometry
        self.width, self.height, self.scale = width, height, scale

    @property
    def palette(self) -> Palette:
        """The colours of the layout's preset."""
        return self.layout.preset.palette

    @property
    def margin(self) -> float:
        """Points around the figure."""
        return self.layout.preset.room.margin

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
        color: str = "",
    ) -> None:
        """Write a text with its first line's middle at `y`, and further lines below."""
        for number, line in enumerate(text.split("\n")):
            shown = style.drawable(line)
            put_text(
                self.ax,
                (x, y + _BASELINE * size + style.text_height(number, size)),
                shown,
                gid if number == 0 else f"{gid}:{number + 1}",
                align=align,
                size=size * self.scale,
                bold=bold,
                color=color or self.palette.ink,
            )

    def rule(self, y: float, gid: str) -> None:
        """Draw a line across the page."""
        ends = (self.margin, self.geometry.width - self.margin)
        self.line(ends, y, gid, color=self.palette.ink, width=0.7)

    def line(self, ends: tuple[float, float], y: float, gid: str, *, color: str, width: float) -> None:
        """Draw a level line."""
        put_line(self.ax, ends, (y, y), color=color, linewidth=width * self.scale, linestyle="-", gid=gid)

    def box(
        self, corner: tuple[float, float], size: tuple[float, float], color: str, gid: str, zorder: int
    ) -> None:
        """Fill a rectangle."""
        patch = Rectangle(corner, *size, facecolor=color, edgecolor="none", zorder=zorder, gid=gid)
        self.ax.add_artist(patch)

    def draw_background(self) -> None:
        """Fill the page where the figure may have another colour: a dark preset on given axes."""
        if self.layout.preset.is_dark:
            self.box((0.0, 0.0), (self.width, self.height), self.palette.background, "background", -3)

    def disc(self, x: float, y: float, judgement: str, gid: str) -> None:
        """Draw a judgement: a disc with its symbol, around a point."""
        look = look_of(judgement)
        self.ax.add_artist(
            Ellipse(
                (x, y),
                DISC,
                DISC,
                facecolor=look.fill,
                edgecolor=EDGE,
                linewidth=0.5 * self.scale,
                zorder=2,
                gid=gid,
            )
        )
        size = _SYMBOL if len(look.symbol) == 1 else _SYMBOL * 0.72
        bold = len(look.symbol) == 1
        self.text(x, y, look.symbol, f"{gid}:symbol", align="center", size=size, bold=bold, color=look.ink)


def draw_headings(page: Page) -> None:
    """Write title and headings between their two lines."""
    geometry, layout = page.geometry, page.layout
    top = page.margin + style.text_height(1, style.TITLE_SIZE) / 2.0
    title = "\n".join(geometry.title_lines)
    if title:
        page.text(page.margin, top, title, "title", size=style.TITLE_SIZE, bold=True)
    page.rule(geometry.header_top, "rule:top")
    page.rule(geometry.header_bottom, "rule:header")
    line = style.text_height(1)
    bottom = geometry.header_bottom - HEADER_PAD
    for column in layout.columns:
        y = bottom - line * (column.header.count("\n") + 0.5)
        x, align = _anchor(page, column)
        page.text(x, y, column.header, f"header:{column.name}", align=align, bold=True)
    _draw_groups(page, bottom)
    if layout.graphic_header:
        left, right = geometry.graphic
        over = len(geometry.lower_lines) if layout.preset.words.directions == "above" else 0
        y = bottom - line * (layout.graphic_header.count("\n") + 0.5 + over)
        page.text((left + right) / 2.0, y, layout.graphic_header, "header:graphic", align="center", bold=True)


def _draw_groups(page: Page, bottom: float) -> None:
    """Write the headings that neighbouring columns share, with a line below."""
    layout, line = page.layout, style.text_height(1)
    for group in dict.fromkeys(column.group for column in layout.columns if column.group):
        members = [column for column in layout.columns if column.group == group]
        left, right = page.geometry.column(members[0].name)[0], page.geometry.column(members[-1].name)[1]
        lines = max(member.header.count("\n") for member in members)
        under = bottom - line * (lines + 1)
        y = under - line * (group.count("\n") + 0.5)
        align, x = ("center", (left + right) / 2.0) if len(members) > 1 else ("right", right)
        page.text(x, y, group, f"group:{members[0].name}", align=align, bold=True)
        if len(members) > 1:
            gid = f"rule:{members[0].name}"
            page.line((left, right), under, gid, color=page.palette.rule, width=0.5)


def _anchor(page: Page, column: ForestColumn) -> tuple[float, str]:
    left, right = page.geometry.column(column.name)
    if column.align == "center":
        return (left + right) / 2.0, "center"
    return (left, "left") if column.align == "left" else (right, "right")


def draw_cells(page: Page, row: ForestRow) -> None:
    """Write the texts of one row; a heading gets a band of its own."""
    y = page.geometry.row_y(row.y)
    if row.kind == "stratum" and row.indent == 0 and page.palette.band != "none":
        size = (page.geometry.width - 2 * page.margin, ROW)
        page.box((page.margin, y - ROW / 2.0), size, page.palette.band, f"band:{row.target}", -2)
    for column in page.layout.columns:
        text = row.cell(column.name)
        if not text:
            continue
        if column.kind == "rob":
            page.disc(
                _anchor(page, column)[0], y, text, f"rob:{row.target}:{column.name.removeprefix('rob:')}"
            )
        else:
            _draw_cell(page, row, column, text)


def _draw_cell(page: Page, row: ForestRow, column: ForestColumn, text: str) -> None:
    size, bold = row_size(row), is_bold(row, page.layout)
    palette = page.palette
    color = palette.soft if row.kind in (SPANNING | {"prediction"}) - {"stratum"} else palette.ink
    # beside further models a cell stands on the line of the row's own mark
    lines = len(row.others) or text.count("\n")
    first = page.geometry.row_y(row.y) - style.text_height(lines, size) / 2.0
    gid = f"text:{row.key}:{column.name}"
    x, align = _anchor(page, column)
    x += row.indent * page.layout.preset.room.indent if column.name == "label" else 0.0
    template = page.geometry.measured.templates.get(column.name)
    if template is None:
        page.text(x, first, text, gid, align=align, size=size, bold=bold, color=color)
        return
    number = 0
    for index, line in enumerate(text.split("\n")):
        strong = bold and not (index and row.others)
        for piece in place(line, template, row_width(row, page.layout, index)):
            number += 1
            name = gid if number == 1 else f"{gid}:{number}"
            y = first + style.text_height(index, size)
            page.text(
                x - piece.from_right, y, piece.text, name, align=align, size=size, bold=strong, color=color
            )


def draw_below(page: Page) -> None:
    """Write what the two directions mean and what the axis is, then legend and footnotes."""
    geometry = page.geometry
    left, right = geometry.graphic
    first = geometry.directions_top + style.text_height(1) / 2.0
    page.text(left, first, "\n".join(geometry.lower_lines), "direction:lower")
    page.text(right, first, "\n".join(geometry.higher_lines), "direction:higher", align="right")
    y = geometry.label_top + style.text_height(1) / 2.0
    page.text((left + right) / 2.0, y, "\n".join(geometry.label_lines), "axis-label", align="center")
    for entry in geometry.legend:
        _draw_entry(page, entry)
    for number, line in enumerate(geometry.footer_lines):
        y = geometry.footer_top + style.text_height(1, style.SMALL) * (number + 0.5)
        page.text(page.margin, y, line, f"footer:{number}", size=style.SMALL, color=page.palette.soft)


def _draw_entry(page: Page, entry: LegendEntry) -> None:
    """Draw one entry of the legend."""
    gid = f"legend:{entry.kind}:{entry.key}"
    if entry.kind == "judgement":
        page.disc(entry.x + DISC / 2.0, entry.y, entry.key, gid)
    else:
        first = entry.key == "0"
        marker, color = ("D", page.palette.pooled) if first else other_mark(page.palette, int(entry.key))
        put_line(
            page.ax,
            [entry.x + DISC / 2.0],
            [entry.y],
            marker=marker,
            markersize=5.0 * page.scale,
            markerfacecolor=color,
            markeredgecolor=page.palette.ink,
            markeredgewidth=0.4 * page.scale,
            linestyle="",
            gid=gid,
        )
    page.text(entry.text_x, entry.y, entry.text, f"{gid}:text", size=style.SMALL)
