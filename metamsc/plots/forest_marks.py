"""The marks of a forest plot: squares, diamonds, bars, arrowheads. Data coordinates, one row at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Polygon, Rectangle

from metamsc.plots import style
from metamsc.plots.forest_rows import POOLED, ForestAxis, ForestRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SQUARE = 9.0
"""Side of the largest square, in points."""
_SMALLEST = 3.0
_DIAMOND = 0.36
"""Half the height of a diamond, in row heights."""
_BAR = 0.11
_ARROW = 4.2
_POOLED_ARROW = 6.5


def draw_effect(ax: Axes, axis: ForestAxis, row: ForestRow, scale: float = 1.0) -> None:
    """Draw what a row shows: a square with its interval, a diamond, or the bar of a prediction interval.

    Parameters
    ----------
    ax : Axes
        x is the analysis scale, y row heights.
    axis : ForestAxis
        An interval that leaves it ends in an arrowhead.
    row : ForestRow
        Rows without an interval draw nothing.
    scale : float
        Factor on everything that is measured in points.
    """
    if row.low is None or row.high is None:
        return
    if row.kind == "prediction":
        _draw_bar(ax, row, row.low, row.high, scale)
    elif row.estimate is not None and row.kind in POOLED:
        _draw_diamond(ax, row, (row.low, row.estimate, row.high), scale)
    elif row.estimate is not None:
        _draw_study(ax, axis, row, (row.low, row.estimate, row.high), scale)
    _draw_arrows(ax, axis, row, scale)


def _draw_study(
    ax: Axes, axis: ForestAxis, row: ForestRow, effect: tuple[float, float, float], scale: float
) -> None:
    low, estimate, high = effect
    ax.plot(
        [low, high],
        [row.y, row.y],
        color=style.INK,
        linewidth=0.9 * scale,
        linestyle="-",
        marker="",
        solid_capstyle="butt",
        zorder=2,
        gid=f"ci:{row.target}",
    )
    if axis.shows(estimate):
        side = max(_SQUARE * (row.size or 0.0) ** 0.5, _SMALLEST)
        ax.plot(
            [estimate],
            [row.y],
            marker="s",
            markersize=side * scale,
            markerfacecolor=style.STUDY,
            markeredgecolor="white",
            markeredgewidth=0.4 * scale,
            linestyle="",
            zorder=3,
            gid=f"est:{row.target}",
        )


def _pooled_color(row: ForestRow) -> str:
    """Return the colour of a diamond: second-level strata are lighter than what they add up to."""
    return style.POOLED if row.indent <= 1 else style.STUDY


def _draw_diamond(ax: Axes, row: ForestRow, effect: tuple[float, float, float], scale: float) -> None:
    low, estimate, high = effect
    color = _pooled_color(row)
    ax.add_patch(
        Polygon(
            [(low, row.y), (estimate, row.y - _DIAMOND), (high, row.y), (estimate, row.y + _DIAMOND)],
            closed=True,
            facecolor=color,
            edgecolor=color,
            linewidth=0.6 * scale,
            zorder=3,
            gid=f"diamond:{row.target}",
        )
    )


def _draw_bar(ax: Axes, row: ForestRow, low: float, high: float, scale: float) -> None:
    ax.add_patch(
        Rectangle(
            (low, row.y - _BAR),
            high - low,
            2 * _BAR,
            facecolor=style.PREDICTION,
            edgecolor=style.PREDICTION,
            linewidth=0.4 * scale,
            zorder=2,
            gid=f"pi:{row.target}",
        )
    )


def _draw_arrows(ax: Axes, axis: ForestAxis, row: ForestRow, scale: float) -> None:
    """End an interval that leaves the axis in an arrowhead at the edge."""
    color = {"study": style.INK, "prediction": style.PREDICTION}.get(row.kind, _pooled_color(row))
    size = _POOLED_ARROW if row.kind in POOLED else _ARROW
    ends = (("low", axis.cuts_low(row), axis.low, "<"), ("high", axis.cuts_high(row), axis.high, ">"))
    for name, cut, edge, marker in ends:
        if cut:
            ax.plot(
                [edge],
                [row.y],
                marker=marker,
                markersize=size * scale,
                markerfacecolor=color,
                markeredgecolor=color,
                markeredgewidth=0.0,
                linestyle="",
                clip_on=False,
                zorder=4,
                gid=f"arrow-{name}:{row.kind}:{row.target}",
            )
