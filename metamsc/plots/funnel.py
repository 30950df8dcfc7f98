"""Drawing of a funnel plot; :func:`funnel_layout` says what is on it.

Artists have a `gid`: ``est:<row id>``, ``null``, ``pooled``, ``region``, ``contour:<p>``, ``caption:<n>``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from metamsc.plots import style
from metamsc.plots.funnel_layout import FunnelLayout, funnel_layout

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult

__all__ = ["draw_funnel", "funnel_layout"]

_WIDTH, _HEIGHT = 300.0, 240.0
_LEFT, _TOP, _RIGHT = 52.0, 14.0, 12.0
_LEGEND = 14.0
_AXIS_SPACE = 34.0
_POINT = 5.2
_BANDS = ("#FFFFFF", "#E3E8EE", "#CDD6E0", "#B4C1CF")
"""From p above the largest contour to p below the smallest: darker is more significant."""


def draw_funnel(
    result: AnalysisResult,
    *,
    ax: Axes | None = None,
    stratum: str | None = None,
    title: bool = True,
    legend: bool = True,
) -> Axes:
    """Draw the funnel plot of an analysis, or of one of its strata.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on the right for the legend and below for the caption. Default: a new
        figure with that room.
    stratum : str, optional
        Path of a stratum ("T1D", "T1D/bone-marrow"); default: all rows.
    title : bool
        Put the title of the analysis above the figure.
    legend : bool
        Explain symbols, region and contours at the right of the axes.

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
    layout = funnel_layout(result, stratum=stratum, title=title)
    handles = _legend_handles(layout)
    if ax is None:
        ax = _new_axes(layout, handles if legend else [])
    _frame(ax, layout)
    _draw_contours(ax, layout)
    _draw_lines(ax, layout)
    for point in layout.points:
        marker, color = _symbol(layout, point.group)
        ax.plot(
            [point.x],
            [point.y],
            marker=marker,
            markersize=_POINT,
            markerfacecolor=color,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
            linestyle="",
            zorder=4,
            gid=f"est:{point.row_id}",
        )
    _write_words(ax, layout)
    if legend:
        _draw_legend(ax, handles)
    return ax


def _caption_lines(layout: FunnelLayout, width: float) -> tuple[str, ...]:
    return style.wrap_to(" ".join(layout.caption), width, style.SMALL)


def _new_axes(layout: FunnelLayout, handles: list[Artist]) -> Axes:
    """Make a figure with room for title, legend and caption, measured beforehand."""
    legend = 0.0
    if handles:
        legend = (
            _LEGEND + 34.0 + max(style.text_width(str(handle.get_label()), style.SMALL) for handle in handles)
        )
    lines = len(_caption_lines(layout, _WIDTH + legend))
    title = style.wrap_to(layout.title, _WIDTH + legend, style.TITLE_SIZE, bold=True) if layout.title else ()
    top = _TOP + style.text_height(len(title), style.TITLE_SIZE)
    bottom = _AXIS_SPACE + style.text_height(lines, style.SMALL) + 8.0
    width, height = _LEFT + _WIDTH + legend + _RIGHT, top + _HEIGHT + bottom
    figure = style.bare_figure(width, height)
    return figure.add_axes((_LEFT / width, bottom / height, _WIDTH / width, _HEIGHT / height))


def _frame(ax: Axes, layout: FunnelLayout) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.y.high, layout.y.low)
    ax.set_xticks(*layout.x_ticks)
    ax.set_yticks(*layout.y_ticks)
    ax.minorticks_off()
    ax.set_xlabel(layout.x_label, **style.text_style(layout.x_label), labelpad=5.0)
    ax.set_ylabel(layout.y_label, **style.text_style(layout.y_label), labelpad=6.0)


def _draw_contours(ax: Axes, layout: FunnelLayout) -> None:
    """Shade by the p value a single study would have against the null."""
    if not layout.contours:
        return
    ax.set_facecolor(_BANDS[len(layout.contours)])
    bottom = layout.y.high
    for index, (p, width) in reversed(list(enumerate(layout.contours))):
        corners = [
            (layout.null, 0.0),
            (layout.null - width * bottom, bottom),
            (layout.null + width * bottom, bottom),
        ]
        ax.add_patch(
            Polygon(
                corners, closed=True, facecolor=_BANDS[index], edgecolor="none", zorder=0, gid=f"contour:{p}"
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


def _symbol(layout: FunnelLayout, group: str) -> tuple[str, str]:
    return style.SERIES[layout.groups.index(group) % len(style.SERIES)]


def _legend_handles(layout: FunnelLayout) -> list[Artist]:
    handles: list[Artist] = []
    for group in layout.groups:
        marker, color = _symbol(layout, group)
        handles.append(
            Line2D(
                [],
                [],
                marker=marker,
                markersize=_POINT,
                markerfacecolor=color,
                markeredgecolor=style.INK,
                markeredgewidth=0.6,
                linestyle="",
                label=style.drawable(group),
            )
        )
    if layout.estimate is not None:
        handles.append(Line2D([], [], color=style.POOLED, linewidth=1.1, label=layout.estimate_label))
    if layout.region is not None:
        dashes = (0, (4, 2.5))
        handles.append(
            Line2D([], [], color=style.POOLED, linewidth=0.9, linestyle=dashes, label=layout.region_label)
        )
    handles.append(Line2D([], [], color=style.RULE, linewidth=0.8, label="No effect"))
    for index in range(len(layout.contours) + 1 if layout.contours else 0):
        patch = Patch(
            facecolor=_BANDS[index], edgecolor=style.FAINT, linewidth=0.5, label=_band_label(layout, index)
        )
        handles.append(patch)
    return handles


def _band_label(layout: FunnelLayout, index: int) -> str:
    """Return the range of p values in a band, counted from the inside out."""
    bounds = [f"{p:.2f}" for p, _ in layout.contours]
    if index == 0:
        return f"p > {bounds[0]}"
    if index == len(bounds):
        return f"p < {bounds[-1]}"
    return f"{bounds[index]} < p < {bounds[index - 1]}"


def _draw_legend(ax: Axes, handles: list[Artist]) -> None:
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.0,
        borderpad=0.0,
        handlelength=2.0,
        handletextpad=0.7,
        labelspacing=0.55,
        frameon=False,
        fontsize=style.SMALL,
        bbox_transform=ax.transAxes,
    )
    legend.set_bbox_to_anchor(
        (1.0 + _LEGEND / (ax.get_position().width * _figure_width(ax)), 1.0), ax.transAxes
    )
    legend.set_gid("legend")
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_usetex(False)
        text.set_fontfamily(list(style.families(text.get_text())))
        text.set_color(style.INK)


def _figure_width(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    return 72.0 * (figure.get_figwidth() if figure is not None else 1.0)


def _write_words(ax: Axes, layout: FunnelLayout) -> None:
    """Write title and caption at fixed distances in points from the axes."""
    width = ax.get_position().width * _figure_width(ax)
    room = _figure_width(ax) - ax.get_position().x0 * _figure_width(ax) - _RIGHT
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
    for number, line in enumerate(_caption_lines(layout, max(room, width))):
        shown = style.drawable(line)
        ax.annotate(
            shown,
            (0.0, 0.0),
            xycoords="axes fraction",
            xytext=(0.0, -_AXIS_SPACE - style.text_height(number, style.SMALL)),
            textcoords="offset points",
            ha="left",
            va="top",
            gid=f"caption:{number + 1}",
            annotation_clip=False,
            **style.text_style(shown, size=style.SMALL, color=style.SOFT),
        )
