"""Plots of one point per study: Baujat, radial (Galbraith) and L'Abbé.

Artists have a `gid`: ``est:<n>``, ``name:<n>``, ``leader:<n>``, ``pooled``, ``null``, ``expected``, and
on the scale of effects ``tick:<text>``, ``effect:<text>``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from metamsc.plots import page, style
from metamsc.plots.points_layout import PointsLayout, baujat_layout, labbe_layout, radial_layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.coordinates import BaujatPoint, RadialPoint

_SIDE = 250.0
_MARGINS = page.Margins(left=48.0, right=14.0, top=8.0, bottom=34.0)
_WITH_EFFECTS = page.Margins(left=48.0, right=48.0, top=8.0, bottom=34.0)


def draw_baujat(
    points: Sequence[BaujatPoint], *, ax: Axes | None = None, title: str = "", width: float | None = None
) -> Axes:
    """Draw each study's influence on the pooled effect over its contribution to heterogeneity.

    Parameters
    ----------
    points : sequence of BaujatPoint
        From :func:`metamsc.sensitivity.coordinates.baujat_coordinates`.
    ax : Axes, optional
        Where to draw; default: a new figure with title and caption, which names what has no room.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Raises
    ------
    InputError
        If no study has both coordinates.
    """
    return _drawn(lambda size: baujat_layout(points, size=size), ax, _MARGINS, title, width)


def draw_radial(
    points: Sequence[RadialPoint],
    pooled: PooledResult,
    scale: Scale | None = None,
    *,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
    """Draw each study's effect over its standard error (with tau2) against its precision.

    The slope of a line from the origin to a point is the study's effect; the solid line is the pooled
    effect, and 95 % of points are expected within 1.96 of it.

    Parameters
    ----------
    points : sequence of RadialPoint
        From :func:`metamsc.sensitivity.coordinates.radial_coordinates`.
    pooled : PooledResult
    scale : Scale, optional
        How effects are shown: with it, a scale of effects stands at the right edge.
    ax : Axes, optional
        Where to draw; default: a new figure with title and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Raises
    ------
    InputError
        If there is no study.
    """
    margins = _MARGINS if scale is None else _WITH_EFFECTS
    return _drawn(lambda size: radial_layout(points, pooled, scale, size=size), ax, margins, title, width)


def draw_labbe(
    rows: Sequence[EffectRow],
    pooled: PooledResult,
    *,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
    """Draw the risk with treatment over the risk with control, a circle per study by its size.

    The diagonal is no difference; the curve is the pooled effect.

    Parameters
    ----------
    rows : sequence of EffectRow
        Rows of counts.
    pooled : PooledResult
        Of OR, RR or RD.
    ax : Axes, optional
        Where to draw; default: a new figure with title and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Raises
    ------
    InputError
        If a row has no counts, or the measure is none of these.
    """
    return _drawn(lambda size: labbe_layout(rows, pooled, size=size), ax, _MARGINS, title, width)


def _drawn(
    layout_of: Callable[[tuple[float, float]], PointsLayout],
    ax: Axes | None,
    margins: page.Margins,
    title: str,
    width: float | None,
) -> Axes:
    """Lay out for the axes there are, or for new square ones, and draw."""
    if ax is not None:
        layout, x_words = layout_of(page.size_of(ax)), ""
    else:
        side = page.graphic_width(width, margins, _SIDE)
        layout = layout_of((side, side))
        x_words, margins = page.below_axis(layout.x_label, margins, side)
        ax = page.new_axes(side, side, margins, title=title, caption=layout.caption)
    _frame(ax, layout, x_words or layout.x_label)
    _draw_lines(ax, layout)
    for number, point in enumerate(layout.points):
        ax.plot(
            [point.x], [point.y], "o", markersize=2 * point.radius, color=style.STUDY,
            markeredgecolor="white", markeredgewidth=0.6, alpha=0.9, zorder=3, gid=f"est:{number}",
        )  # fmt: skip
    page.write_labels(ax, [(point.x, point.y) for point in layout.points], layout.labelling)
    return ax


def _frame(ax: Axes, layout: PointsLayout, x_words: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.y.low, layout.y.high)
    ax.minorticks_off()
    ax.set_xticks(*layout.x_ticks)
    ax.set_yticks(*layout.y_ticks)
    page.heading_texts(ax, x_words, layout.y_label)
    for y, words in zip(*layout.right_ticks, strict=True):
        ax.plot(
            [layout.x.high], [y], marker="_", markersize=4.0, color=style.INK, clip_on=False, zorder=2,
            gid=f"tick:{words}",
        )  # fmt: skip
        page.beside(ax, 1.0, y, words, gap=6.0, gid=f"effect:{words}")
    if layout.right_label:
        middle = (layout.y.low + layout.y.high) / 2.0
        page.beside(ax, 1.0, middle, layout.right_label, gap=36.0, rotation=90, gid="effect-label")


def _draw_lines(ax: Axes, layout: PointsLayout) -> None:
    if layout.band is not None and layout.pooled is not None:
        x, y = layout.pooled
        ax.fill_between(
            x, [value - layout.band for value in y], [value + layout.band for value in y],
            color=style.BAND, linewidth=0.0, zorder=0, gid="expected",
        )  # fmt: skip
    if layout.null is not None:
        dashed = "-" if layout.band is not None else (0, (3, 2))
        ax.plot(*layout.null, color=style.RULE, linewidth=0.8, linestyle=dashed, zorder=1, gid="null")
    if layout.pooled is not None:
        ax.plot(*layout.pooled, color=style.POOLED, linewidth=1.2, zorder=2, gid="pooled")
