"""What is done to the axes that forestplot returns: our look, and the marks it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D

from metamsc.plots import page, style
from metamsc.plots.forestplot_call import SQUARE_AREA
from metamsc.plots.sensitivity_rows import SensitivityLine
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.plots.row_columns import RowColumns


def name_artists(ax: Axes) -> None:
    """Give what forestplot drew its names, its order in depth and our shading."""
    for artist, gid, zorder in zip(ax.collections, ("ci", "est", "null"), (2, 3, 1), strict=False):
        artist.set_gid(gid)
        artist.set_zorder(zorder)
    for line in ax.lines:
        line.set_visible(False)  # errorbar's data line, which carries no mark
    for number, band in enumerate(ax.patches):
        band.set_gid(f"stripe:{number}")
        band.set_facecolor(style.BAND)
        band.set_alpha(0.7)
        band.set_linewidth(0.0)


def mark_plan(ax: Axes, lines: Sequence[SensitivityLine]) -> None:
    """Draw the planned analysis as a diamond, and its estimate down through its group."""
    planned = {line.y for line in lines if line.row is not None and line.row.name == "main"}
    squares = ax.collections[1]
    if isinstance(squares, PathCollection):
        squares.set_sizes([0.0 if y in planned else SQUARE_AREA for y in range(len(lines))])
    for line in lines:
        row = line.row
        if row is None or row.name != "main" or row.estimate is None:
            continue
        last = min(other.y for other in lines if other.row is not None and other.row.group == row.group)
        ax.plot(
            [row.estimate, row.estimate],
            [last - 0.45, line.y],
            color=style.POOLED,
            linewidth=0.8,
            linestyle=(0, (1, 1.6)),
            marker="",
            zorder=1,
            gid=f"planned:{row.group}",
        )
        ax.plot(
            [row.estimate],
            [line.y],
            marker="D",
            markersize=5.6,
            markerfacecolor=style.POOLED,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="",
            zorder=4,
            gid=f"main:{row.group}",
        )


def mark_cuts(ax: Axes, lines: Sequence[SensitivityLine], limits: Limits) -> None:
    """End intervals that leave the axis in arrowheads."""
    for line in lines:
        row = line.row
        if row is None or row.low is None or row.high is None:
            continue
        ends = (
            ("low", row.low < limits.low, limits.low, "<"),
            ("high", row.high > limits.high, limits.high, ">"),
        )
        for name, cut, edge, marker in ends:
            if cut:
                ax.plot(
                    [edge],
                    [line.y],
                    marker=marker,
                    markersize=4.2,
                    markerfacecolor=style.INK,
                    markeredgewidth=0.0,
                    linestyle="",
                    clip_on=False,
                    zorder=4,
                    gid=f"arrow-{name}:{row.group}:{row.name}",
                )


def rule_head(ax: Axes, columns: RowColumns) -> None:
    """Draw the rules above and below the headings of a new figure, over its whole width."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes of ours  # noqa: S101
    edge = page.EDGE / (72.0 * float(figure.get_figwidth()))
    box = ax.get_position()
    head = columns.scale.heights[-1] / columns.scale.total * box.height
    for gid, y in (("rule:top", box.y1), ("rule:header", box.y1 - head)):
        figure.add_artist(
            Line2D(
                [edge, 1.0 - edge], [y, y], color=style.INK, linewidth=0.7, marker="", linestyle="-", gid=gid
            )
        )
