"""The marks of a forest plot: squares, diamonds, bars, arrowheads. Data coordinates, a row at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.markers import CARETLEFTBASE, CARETRIGHTBASE
from matplotlib.patches import Polygon, Rectangle

from metamsc.plots.forest_ink import put_line
from metamsc.plots.forest_rows import POOLED, ForestAxis, ForestRow, OtherEffect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.plots.preset_palette import Palette

_SQUARE = 9.0
"""Side of the largest square, in points."""
_SMALLEST = 3.0
_OTHER = 4.6
"""Size of the marks of further models."""
_DIAMOND = 0.36
"""Half the height of a diamond, in row heights."""
_BAR = 0.11
_ARROW = 4.2
_POOLED_ARROW = 6.5
_DENSITY_ALPHA = 0.35
_BASE = 0.3
"""How far below the last line's middle a density stands, in row heights."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What decides how marks are drawn beside the numbers.

    Attributes
    ----------
    palette : Palette
    scale : float
        Factor on everything that is measured in points.
    step : float
        Distance of the lines of one row, in row heights.
    events : bool
        Whether the arms are counts: some presets have another colour for them.
    """

    palette: Palette
    scale: float
    step: float
    events: bool = False


def draw_effect(ax: Axes, axis: ForestAxis, row: ForestRow, brush: Brush) -> None:
    """Draw what a row shows: a square with its interval, a diamond, or a prediction interval.

    Parameters
    ----------
    ax : Axes
        x is the analysis scale, y row heights.
    axis : ForestAxis
        An interval that leaves it ends in an arrowhead.
    row : ForestRow
        Rows without an interval draw nothing.
    brush : Brush
    """
    if row.low is None or row.high is None:
        return
    y = row.y - brush.step * len(row.others) / 2.0
    if row.kind == "prediction":
        _draw_prediction(ax, row, row.low, row.high, brush)
    elif row.estimate is not None and row.kind in POOLED:
        _draw_diamond(ax, row, (row.low, row.estimate, row.high), y, brush)
    elif row.estimate is not None:
        _draw_study(ax, axis, row, (row.low, row.estimate, row.high), y, brush)
    _draw_arrows(ax, axis, row, y, brush)
    for number, other in enumerate(row.others, start=1):
        _draw_other(ax, axis, row, other, y + number * brush.step, brush)


def _draw_study(
    ax: Axes,
    axis: ForestAxis,
    row: ForestRow,
    effect: tuple[float, float, float],
    y: float,
    brush: Brush,
) -> None:
    low, estimate, high = effect
    palette, scale = brush.palette, brush.scale
    put_line(
        ax,
        [low, high],
        [y, y],
        color=palette.ink,
        linewidth=0.9 * scale,
        linestyle="-",
        solid_capstyle="butt",
        zorder=2,
        gid=f"ci:{row.target}",
    )
    if axis.shows(estimate):
        side = max(_SQUARE * (row.size or 0.0) ** 0.5, _SMALLEST)
        put_line(
            ax,
            [estimate],
            [y],
            marker="s",
            markersize=side * scale,
            markerfacecolor=palette.study_of_events if brush.events else palette.study,
            markeredgecolor=palette.background,
            markeredgewidth=0.4 * scale,
            linestyle="",
            zorder=3,
            gid=f"est:{row.target}",
        )


def _pooled_color(row: ForestRow, palette: Palette) -> str:
    """Return the colour of a diamond: second-level strata are lighter than what they add up to."""
    return palette.pooled if row.indent <= 1 else palette.inner


def _draw_diamond(
    ax: Axes, row: ForestRow, effect: tuple[float, float, float], y: float, brush: Brush
) -> None:
    low, estimate, high = effect
    color = _pooled_color(row, brush.palette)
    ax.add_artist(
        Polygon(
            [(low, y), (estimate, y - _DIAMOND), (high, y), (estimate, y + _DIAMOND)],
            closed=True,
            facecolor=color,
            edgecolor=color,
            linewidth=0.6 * brush.scale,
            zorder=3,
            gid=f"diamond:{row.target}",
        )
    )


def _draw_prediction(ax: Axes, row: ForestRow, low: float, high: float, brush: Brush) -> None:
    """Draw a prediction interval as its row says: a bar, an open diamond, or a density with its bar."""
    color, scale = brush.palette.prediction, brush.scale
    base = row.y
    if row.shape == "diamond":
        top = [(x, row.y - _DIAMOND * share) for x, share in row.outline]
        points = [*top, (row.outline[1][0], row.y + _DIAMOND)]
        ax.add_artist(
            Polygon(
                points,
                closed=True,
                facecolor="none",
                edgecolor=color,
                linewidth=1.1 * scale,
                zorder=3,
                gid=f"pi:{row.target}",
            )
        )
        return
    if row.shape == "density":
        base = _density_base(row, brush)
        _draw_density(ax, row, base, color)
    ax.add_artist(
        Rectangle(
            (low, base - _BAR),
            high - low,
            2 * _BAR,
            facecolor=color,
            edgecolor=color,
            linewidth=0.4 * scale,
            zorder=2,
            gid=f"pi:{row.target}",
        )
    )


def _density_base(row: ForestRow, brush: Brush) -> float:
    """Return where a density stands, in row heights: at the bottom of its row."""
    return row.y + brush.step * (row.lines - 1) / 2.0 + _BASE


def _draw_density(ax: Axes, row: ForestRow, base: float, color: str) -> None:
    """Fill the density over its base, symmetric about the middle of the row."""
    height = 2.0 * (base - row.y)
    points = [(x, base - height * share) for x, share in row.outline]
    ends = [(row.outline[0][0], base), *points, (row.outline[-1][0], base)]
    ax.add_artist(
        Polygon(
            ends,
            closed=True,
            facecolor=color,
            edgecolor="none",
            alpha=_DENSITY_ALPHA,
            zorder=1,
            gid=f"density:{row.target}",
        )
    )


def _draw_arrows(ax: Axes, axis: ForestAxis, row: ForestRow, y: float, brush: Brush) -> None:
    """End an interval that leaves the axis in an arrowhead at the edge."""
    palette = brush.palette
    color = {"study": palette.ink, "prediction": palette.prediction}.get(
        row.kind, _pooled_color(row, palette)
    )
    pooled = row.kind in POOLED
    size = _POOLED_ARROW if pooled else _ARROW
    if row.shape == "density":
        y = _density_base(row, brush)
    for name, cut, edge, marker in (
        ("low", axis.cuts_low(row), axis.low, CARETLEFTBASE if pooled else "<"),
        ("high", axis.cuts_high(row), axis.high, CARETRIGHTBASE if pooled else ">"),
    ):
        if cut:
            _arrowhead(
                ax, edge, y, marker, size * brush.scale, color, f"arrow-{name}:{row.kind}:{row.target}"
            )


def _arrowhead(ax: Axes, x: float, y: float, marker: str | int, size: float, color: str, gid: str) -> None:
    put_line(
        ax,
        [x],
        [y],
        marker=marker,
        markersize=size,
        markerfacecolor=color,
        markeredgecolor=color,
        markeredgewidth=0.0,
        linestyle="",
        clip_on=False,
        zorder=4,
        gid=gid,
    )


def _draw_other(
    ax: Axes, axis: ForestAxis, row: ForestRow, other: OtherEffect, y: float, brush: Brush
) -> None:
    """Draw what a further model says: its own marker and colour, on its own line."""
    if other.estimate is None or other.low is None or other.high is None:
        return
    marker, color = other_mark(brush.palette, other.model)
    name = f"{other.model}:{row.kind}:{row.target}"
    put_line(
        ax,
        [other.low, other.high],
        [y, y],
        color=color,
        linewidth=1.0 * brush.scale,
        linestyle="-",
        solid_capstyle="butt",
        zorder=2,
        gid=f"other-ci:{name}",
    )
    if axis.shows(other.estimate):
        put_line(
            ax,
            [other.estimate],
            [y],
            marker=marker,
            markersize=_OTHER * brush.scale,
            markerfacecolor=color,
            markeredgecolor=brush.palette.ink,
            markeredgewidth=0.4 * brush.scale,
            linestyle="",
            zorder=3,
            gid=f"other:{name}",
        )
    if other.low < axis.low:
        _arrowhead(ax, axis.low, y, "<", _ARROW * brush.scale, color, f"other-arrow-low:{name}")
    if other.high > axis.high:
        _arrowhead(ax, axis.high, y, ">", _ARROW * brush.scale, color, f"other-arrow-high:{name}")


def other_mark(palette: Palette, model: int) -> tuple[str, str]:
    """Return marker and colour of a further model (1 is the first); both repeat after the last."""
    return palette.series[(model - 1) % len(palette.series)]
