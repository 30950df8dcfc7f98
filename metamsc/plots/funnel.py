"""Drawing of a funnel plot; :func:`funnel_layout` says what is on it.

Artists have a `gid`: ``est:<row id>``, ``null``, ``pooled``, ``region``, ``contour:<p>``, ``caption:<n>``,
``est:filled:<n>``, ``adjusted``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Polygon

from metamsc.plots import column, page, style
from metamsc.plots.funnel_layout import FunnelLayout, funnel_layout
from metamsc.plots.funnel_legend import (
    BANDS,
    DOTTED,
    LEGEND_GAP,
    OPEN,
    POINT,
    draw_legend,
    figure_width,
    legend_handles,
    legend_height,
    symbol,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.trim_fill import TrimFill

__all__ = ["draw_funnel", "funnel_layout"]

_WIDTH, _HEIGHT = 300.0, 240.0
_LEFT, _TOP, _RIGHT = 52.0, 14.0, 12.0
_AXIS_SPACE = 34.0
_BESIDE = 120.0
"""Least width in millimetres with the legend beside the axes."""


def draw_funnel(
    result: AnalysisResult,
    *,
    ax: Axes | None = None,
    stratum: str | None = None,
    title: bool = True,
    legend: bool = True,
    fill: TrimFill | None = None,
    width: float | None = None,
) -> Axes:
    """Draw the funnel plot of an analysis, or of one of its strata.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on the right for the legend and below for the caption. Default: a new
        figure with that room.
    stratum : str, optional
        Label or path of a pool ("T1D", "T1D/bone-marrow", "overall"); default: all rows.
    title : bool
        Put the title of the analysis above the figure.
    legend : bool
        Explain symbols, region and contours at the right of the axes.
    fill : TrimFill, optional
        Of the same rows, from :func:`metamsc.sensitivity.trim_fill.trim_and_fill`: what it puts in is drawn
        as open symbols, the pooled effect with it as a dotted line.
    width : float, optional
        Of a new figure, in millimetres; below 120 the legend stands below the axes.

    Returns
    -------
    Axes
        x is the analysis scale (logarithms for ratios), y the precision, best at the top.

    Raises
    ------
    OptionError
        If there is no such stratum.
    InputError
        If no row can be drawn.
    """
    layout = funnel_layout(result, stratum=stratum, title=title, fill=fill)
    handles = legend_handles(layout)
    narrow = ax is None and legend and width is not None and width < _BESIDE
    if ax is None:
        ax = _new_axes(layout, handles if legend else [], width, narrow=narrow)
    _frame(ax, layout, ratio=result.scale.ratio)
    _draw_contours(ax, layout)
    _draw_lines(ax, layout)
    for point in layout.points:
        marker, color = symbol(layout, point.group)
        ax.plot(
            [point.x],
            [point.y],
            marker=marker,
            markersize=POINT,
            markerfacecolor=color,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
            linestyle="",
            zorder=4,
            gid=f"est:{point.row_id}",
        )
    _draw_filled(ax, layout)
    room = figure_width(ax) - 2 * page.EDGE
    _write_words(ax, layout, legend_height(handles, room) if narrow else 0.0)
    if legend:
        draw_legend(ax, handles, below=_axis_space(ax, layout) if narrow else None, room=room)
    return ax


def _label_lines(layout: FunnelLayout, graphic: float, figure: float) -> tuple[str, ...]:
    """Return the label of the axis in lines that stay on a figure so wide, in points."""
    margins = page.Margins(_LEFT - page.EDGE, max(_RIGHT - page.EDGE, figure - graphic - _LEFT), 0.0, 0.0)
    return tuple(page.below_axis(layout.x_label, margins, graphic)[0].split("\n"))


def _axis_space(ax: Axes, layout: FunnelLayout) -> float:
    """Return the room that ticks and label of the axis take below it, in points."""
    lines = _label_lines(layout, page.size_of(ax)[0], figure_width(ax))
    return _AXIS_SPACE + style.text_height(len(lines) - 1)


def _draw_filled(ax: Axes, layout: FunnelLayout) -> None:
    """Draw what trim and fill puts in, and the pooled effect with it."""
    for point in layout.filled:
        ax.plot([point.x], [point.y], zorder=4, gid=f"est:{point.row_id}", **OPEN)
    if layout.adjusted is not None:
        ends = [layout.adjusted, layout.adjusted]
        ax.plot(ends, [0.0, layout.y.high], marker="", zorder=2, gid="adjusted", **DOTTED)


def _caption_lines(layout: FunnelLayout, width: float) -> tuple[str, ...]:
    return style.wrap_to(" ".join(layout.caption), width, style.SMALL)


def _new_axes(layout: FunnelLayout, handles: list[Artist], asked: float | None, *, narrow: bool) -> Axes:
    """Make a figure with room for title, legend and caption, measured beforehand."""
    legend = 0.0
    if handles and not narrow:
        legend = (
            LEGEND_GAP
            + 34.0
            + max(style.text_width(str(handle.get_label()), style.SMALL) for handle in handles)
        )
    margins = page.Margins(left=_LEFT - page.EDGE, right=legend + _RIGHT - page.EDGE, top=0.0, bottom=0.0)
    graphic = page.graphic_width(asked, margins, _WIDTH)
    lines = len(_caption_lines(layout, graphic + legend))
    title = style.wrap_to(layout.title, graphic + legend, style.TITLE_SIZE, bold=True) if layout.title else ()
    top = _TOP + style.text_height(len(title), style.TITLE_SIZE)
    width = _LEFT + graphic + legend + _RIGHT
    labels = len(_label_lines(layout, graphic, width))
    bottom = _AXIS_SPACE + style.text_height(labels - 1) + style.text_height(lines, style.SMALL) + 8.0
    bottom += legend_height(handles, width - 2 * page.EDGE) if narrow else 0.0
    height = top + _HEIGHT + bottom
    figure = style.bare_figure(width, height)
    return figure.add_axes((_LEFT / width, bottom / height, graphic / width, _HEIGHT / height))


def _frame(ax: Axes, layout: FunnelLayout, *, ratio: bool) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.y.high, layout.y.low)
    ax.set_xticks(*column.ticks_within(layout.x, page.size_of(ax)[0], ratio=ratio))
    ax.set_yticks(*layout.y_ticks)
    ax.minorticks_off()
    words = "\n".join(_label_lines(layout, page.size_of(ax)[0], figure_width(ax)))
    page.heading_texts(ax, words, layout.y_label)


def _draw_contours(ax: Axes, layout: FunnelLayout) -> None:
    """Shade by the p value a single study would have against the null."""
    if not layout.contours:
        return
    ax.set_facecolor(BANDS[len(layout.contours)])
    bottom = layout.y.high
    for index, (p, width) in reversed(list(enumerate(layout.contours))):
        corners = [
            (layout.null, 0.0),
            (layout.null - width * bottom, bottom),
            (layout.null + width * bottom, bottom),
        ]
        ax.add_patch(
            Polygon(
                corners, closed=True, facecolor=BANDS[index], edgecolor="none", zorder=0, gid=f"contour:{p}"
            )
        )


def _draw_lines(ax: Axes, layout: FunnelLayout) -> None:
    bottom = layout.y.high
    ax.plot(
        [layout.null, layout.null],
        [0.0, bottom],
        color=style.RULE,
        linewidth=0.8,
        linestyle="-",
        marker="",
        zorder=1,
        gid="null",
    )
    if layout.estimate is None:
        return
    ax.plot(
        [layout.estimate, layout.estimate],
        [0.0, bottom],
        color=style.POOLED,
        linewidth=1.1,
        linestyle="-",
        marker="",
        zorder=2,
        gid="pooled",
    )
    if layout.region is not None:
        reach = layout.region * bottom
        ax.plot(
            [layout.estimate - reach, layout.estimate, layout.estimate + reach],
            [bottom, 0.0, bottom],
            color=style.POOLED,
            linewidth=0.9,
            linestyle=(0, (4, 2.5)),
            marker="",
            zorder=2,
            gid="region",
        )


def _write_words(ax: Axes, layout: FunnelLayout, legend: float) -> None:
    """Write title and caption at fixed distances in points from the axes, the caption below a legend."""
    width = ax.get_position().width * figure_width(ax)
    room = figure_width(ax) - ax.get_position().x0 * figure_width(ax) - _RIGHT
    lines = style.wrap_to(layout.title, max(room, width), style.TITLE_SIZE, bold=True) if layout.title else ()
    for number, line in enumerate(reversed(lines)):
        shown = style.drawable(line)
        ax.annotate(
            shown,
            (0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0.0, 8.0 + style.text_height(number, style.TITLE_SIZE)),
            textcoords="offset points",
            ha="left",
            va="bottom",
            gid=f"title:{len(lines) - number}",
            annotation_clip=False,
            **style.text_style(shown, size=style.TITLE_SIZE, bold=True),
        )
    space = _axis_space(ax, layout)
    for number, line in enumerate(_caption_lines(layout, max(room, width))):
        shown = style.drawable(line)
        ax.annotate(
            shown,
            (0.0, 0.0),
            xycoords="axes fraction",
            xytext=(0.0, -space - legend - style.text_height(number, style.SMALL)),
            textcoords="offset points",
            ha="left",
            va="top",
            gid=f"caption:{number + 1}",
            annotation_clip=False,
            **style.text_style(shown, size=style.SMALL, color=style.SOFT),
        )
