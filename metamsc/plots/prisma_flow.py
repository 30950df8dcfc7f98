"""Drawing of a PRISMA 2020 flow diagram; ``flow_layout`` says what is on it.

Artists have a `gid`: ``box:<name>``, ``text:<name>``, ``arrow:<from>:<to>``, ``stage:<name>``.

After Page et al. (2021), BMJ 372:n71.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import FancyArrowPatch, Rectangle

from metamsc.plots import column, page, style
from metamsc.plots.prisma_flow_layout import (
    BAND_WIDTH,
    FLOW_MARGIN,
    PADDING,
    FlowBox,
    FlowLayout,
    flow_layout,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.flow import Flow

_HEADER = 20.0
_STAGE = "#D7E2ED"


def draw_flow(flow: Flow, *, ax: Axes | None = None, title: str = "", width: float | None = None) -> Axes:
    """Draw the flow of studies through a review, down to one analysis.

    Parameters
    ----------
    flow : Flow
        From :func:`metamsc.analysis.flow.make_flow`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top. Boxes whose numbers nobody recorded are dashed.

    Raises
    ------
    OptionError
        If the width is too small; says the least one.
    """
    layout = flow_layout(flow, width=width if ax is None else None)
    if ax is None:
        margins = page.Margins(left=0.0, right=FLOW_MARGIN, top=2.0, bottom=4.0)
        ax = page.new_axes(layout.width, layout.height, margins, title=title, caption=layout.caption)
    page.blank_axes(ax, layout.width, layout.height)
    for x, y, width, text in layout.headers:
        ax.add_patch(
            Rectangle(
                (x, y), width, _HEADER, facecolor=_STAGE, edgecolor="none", zorder=1, gid=f"header:{text}"
            )
        )
        page.write(
            ax, x + width / 2.0, y + _HEADER / 2.0, text, bold=True, ha="center", va="center",
            size=layout.size, gid=f"header-text:{text}",
        )  # fmt: skip
    for top, height, name in layout.stages:
        ax.add_patch(
            Rectangle((0.0, top), BAND_WIDTH, height, facecolor=_STAGE, edgecolor="none", gid=f"stage:{name}")
        )
        fits = style.text_width(name, layout.size, bold=True) <= height
        size = layout.size if fits else column.small(layout.size)
        ax.text(
            BAND_WIDTH / 2.0, top + height / 2.0, name, rotation=90, ha="center", va="center",
            gid=f"stage-text:{name}", **style.text_style(name, size=size, bold=True),
        )  # fmt: skip
    for box in layout.boxes:
        _draw_box(ax, box, layout.size)
    for arrow in layout.arrows:
        _draw_arrow(ax, layout, arrow.start, arrow.end)
    return ax


def _draw_box(ax: Axes, box: FlowBox, size: float) -> None:
    ax.add_patch(
        Rectangle(
            (box.x, box.y), box.width, box.height, facecolor="none", zorder=2, gid=f"box:{box.name}",
            edgecolor=style.INK if box.recorded else style.RULE, linewidth=0.8,
            linestyle="-" if box.recorded else (0, (3, 2)),
        )
    )  # fmt: skip
    for number, line in enumerate(box.lines):
        y = box.y + PADDING + style.text_height(number, size) + style.text_height(1, size) / 2.0
        page.write(
            ax, box.x + PADDING, y, line, size=size, color=style.INK if box.recorded else style.SOFT,
            gid=f"text:{box.name}:{number}",
        )  # fmt: skip


def _draw_arrow(ax: Axes, layout: FlowLayout, start: str, end: str) -> None:
    """Draw straight down, straight to the right, or down and to the left into the side of the last box."""
    a, b = layout.box(start), layout.box(end)
    middle = a.x + a.width / 2.0
    if b.x > a.x:
        # both boxes begin at the same height: the shorter one sets where the arrow can run
        y = a.y + min(a.height, b.height) / 2.0
        _arrow(ax, (a.x + a.width, y), (b.x, y), f"arrow:{start}:{end}")
    elif b.x == a.x:
        _arrow(ax, (middle, a.y + a.height), (middle, b.y), f"arrow:{start}:{end}")
    else:
        y = b.y + b.height / 2.0
        ax.plot(
            [middle, middle],
            [a.y + a.height, y],
            color=style.INK,
            linewidth=0.8,
            zorder=2,
            gid=f"line:{start}:{end}",
        )
        _arrow(ax, (middle, y), (b.x + b.width, y), f"arrow:{start}:{end}")


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], gid: str) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=7.0, shrinkA=0.0, shrinkB=0.0, color=style.INK,
            linewidth=0.8, zorder=3, gid=gid,
        )
    )  # fmt: skip
