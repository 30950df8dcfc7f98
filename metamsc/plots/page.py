"""New figures with measured margins: a title above, a caption below, a legend in between where one is asked.

Everything is in points (1/72 inch) and measured before it is drawn, so that no text leaves the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metamsc.errors import OptionError
from metamsc.plots import style
from metamsc.plots.preset_room import POINTS_PER_MM

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metamsc.plots.labels import Labelling
    from metamsc.plots.sheet import Spot

EDGE = 8.0
"""White around everything."""
_AFTER_TITLE, _BEFORE_CAPTION = 5.0, 4.0
SINGLE_COLUMN = 85.0
"""Width of one column of most journals, in millimetres."""
NARROWEST = 90.0
"""Least width of a graphic that can be read, in points."""
_COLUMN = 620.0
"""Widest line of a caption, in points."""
_WIDER = 1.03
"""Whole lines are drawn so much wider than measured at most: hinting adds up over many letters."""


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the axes, in points: tick labels, axis labels, columns of text."""

    left: float
    right: float
    top: float
    bottom: float


def new_axes(
    width: float, height: float, margins: Margins, *, title: str = "", caption: Sequence[str] = ()
) -> Axes:
    """Return axes of that size in points on a new figure with room for title and caption, both written.

    Parameters
    ----------
    width, height : float
        Of the axes.
    margins : Margins
        Around the axes, without title and caption.
    title : str
        Above; wrapped to the width of the figure.
    caption : sequence of str
        Sentences below; wrapped to the width of the figure.
    """
    full = margins.left + width + margins.right + 2 * EDGE
    inside = full - 2 * EDGE
    heading = style.wrap_to(title, inside / _WIDER, style.TITLE_SIZE, bold=True) if title else ()
    column = min(inside / _WIDER, _COLUMN)
    below = [line for part in caption for line in style.wrap_to(part, column, style.SMALL)]
    head = style.text_height(len(heading), style.TITLE_SIZE) + (_AFTER_TITLE if heading else 0.0)
    foot = style.text_height(len(below), style.SMALL) + (_BEFORE_CAPTION if below else 0.0)
    tall = EDGE + head + margins.top + height + margins.bottom + foot + EDGE
    figure = style.bare_figure(full, tall)
    _write(figure, heading, tall - EDGE, style.TITLE_SIZE, "title", bold=True)
    _write(figure, below, EDGE + foot - _BEFORE_CAPTION, style.SMALL, "caption", bold=False)
    left, bottom = EDGE + margins.left, EDGE + foot + margins.bottom
    return figure.add_axes((left / full, bottom / tall, width / full, height / tall))


def graphic_width(width: float | None, margins: Margins, usual: float, *, least: float = NARROWEST) -> float:
    """Return the width of the axes on a figure that is `width` wide.

    Parameters
    ----------
    width : float or None
        Of the whole figure in millimetres; None for the usual one.
    margins : Margins
        Around the axes.
    usual : float
        Width of the axes where none is asked for, in points.
    least : float
        Least width of the axes that what stands above or below them needs, in points.

    Raises
    ------
    OptionError
        If no room is left for the graphic; says the least width.
    """
    if width is None:
        return usual
    taken = margins.left + margins.right + 2 * EDGE
    inside = width * POINTS_PER_MM - taken
    needed = max(least, NARROWEST)
    if inside < needed:
        millimetres = math.ceil((taken + needed) / POINTS_PER_MM)
        raise OptionError(f"width must be at least {millimetres} mm for this figure; got {width:g}.")
    return inside


def below_axis(label: str, margins: Margins, graphic: float, size: float = style.SIZE) -> tuple[str, Margins]:
    """Return the label of an axis in lines that stay on the figure, and margins with room for them all.

    Parameters
    ----------
    label : str
        Of the effect axis.
    margins : Margins
        With room for one line.
    graphic : float
        Width of the axes, in points.
    size : float
        Of the type, in points.
    """
    room = graphic + 2.0 * min(margins.left, margins.right) + EDGE
    lines = style.wrap_to(label, room, size)
    more = style.text_height(max(len(lines) - 1, 0), size)
    return "\n".join(lines), replace(margins, bottom=margins.bottom + more)


def size_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes on their figure, in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that are drawn on  # noqa: S101
    wide, tall = (float(inches) * 72.0 for inches in figure.get_size_inches())
    box = ax.get_position()
    return float(box.width) * wide, float(box.height) * tall


def part_of(ax: Axes, corner: tuple[float, float], size: tuple[float, float]) -> Axes:
    """Return new axes inside the place of others: lower left corner and size in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes of ours  # noqa: S101
    wide, tall = (float(inches) * 72.0 for inches in figure.get_size_inches())
    box = ax.get_position()
    return figure.add_axes(
        (box.x0 + corner[0] / wide, box.y0 + corner[1] / tall, size[0] / wide, size[1] / tall)
    )


def write_labels(ax: Axes, places: Sequence[Spot], labelling: Labelling) -> None:
    """Write names beside their points, with a leader where they stand off; `places` are values on `ax`."""
    for label in labelling.placed:
        shown = style.drawable(label.text)
        if label.leader is not None:
            start, end = label.leader
            ax.annotate(
                "", places[label.number], xytext=end, textcoords="offset points", zorder=3.5,
                gid=f"to:{label.number}",
                arrowprops={"arrowstyle": "-", "color": style.RULE, "linewidth": 0.5, "shrinkA": 0.0,
                            "shrinkB": math.hypot(*start), "gid": f"leader:{label.number}"},
            )  # fmt: skip
        ax.annotate(
            shown, places[label.number], xytext=(label.dx, label.dy), textcoords="offset points",
            ha=label.align, va="center", zorder=5, gid=f"name:{label.number}", annotation_clip=False,
            **style.text_style(shown, size=style.SMALL, color=style.SOFT),
        )  # fmt: skip


def _write(figure: Figure, lines: Sequence[str], top: float, size: float, gid: str, *, bold: bool) -> None:
    """Write lines from `top` (in points from the lower edge) down, at the left edge."""
    wide, tall = (float(inches) * 72.0 for inches in figure.get_size_inches())
    for number, line in enumerate(lines):
        shown = style.drawable(line)
        look = style.text_style(shown, size=size, bold=bold, color=style.INK if bold else style.SOFT)
        y = (top - style.text_height(number, size)) / tall
        figure.text(EDGE / wide, y, shown, va="top", gid=f"{gid}:{number + 1}", **look)


def blank_axes(ax: Axes, width: float, height: float) -> None:
    """Make axes a page in points: x to the right, y down from the top, nothing of their own drawn."""
    ax.set_axis_off()
    ax.set_xlim(0.0, width)
    ax.set_ylim(height, 0.0)


def write(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float = style.SIZE,
    color: str = style.INK,
    bold: bool = False,
    ha: str = "left",
    va: str = "center_baseline",
    gid: str | None = None,
) -> None:
    """Write a text at a place in data units of `ax`; what no font can draw becomes "□"."""
    shown = style.drawable(text)
    ax.text(
        x,
        y,
        shown,
        ha=ha,
        va=va,
        gid=gid,
        zorder=6,
        **style.text_style(shown, size=size, color=color, bold=bold),
    )


def beside(
    ax: Axes,
    edge: float,
    y: float,
    text: str,
    *,
    gap: float,
    gid: str,
    bold: bool = False,
    rotation: float = 0.0,
) -> None:
    """Write a text right of the axes (`edge` 1) or left of them (0), `gap` points away, at a value of y."""
    shown = style.drawable(text)
    ax.annotate(
        shown, (edge, y), xycoords=ax.get_yaxis_transform(), xytext=(gap if edge else -gap, 0.0),
        textcoords="offset points", ha="left" if edge else "right", rotation=rotation,
        va="center" if rotation else "center_baseline", annotation_clip=False, gid=gid,
        **style.text_style(shown, bold=bold),
    )  # fmt: skip


def heading_texts(
    ax: Axes, x_label: str, y_label: str = "", *, height: float = 0.0, size: float = style.SIZE
) -> None:
    """Label both axes in our type; a label of y is wrapped to `height`, in points."""
    ax.set_xlabel(x_label, **style.text_style(x_label, size=size), labelpad=5.0)
    if y_label:
        y_label = "\n".join(style.wrap_to(y_label, height)) if height else y_label
        ax.set_ylabel(y_label, **style.text_style(y_label, size=size), labelpad=6.0)
