"""Symbols and legend of a funnel plot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from metamsc.plots import page, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from metamsc.plots.funnel_layout import FunnelLayout

LEGEND_GAP = 14.0
LEGEND_LINE, _LEGEND_MARK, _BETWEEN = 12.0, 20.0, 11.0
"""Height of a line of the legend, width of a mark with the gap after it, room between columns; in points."""
LEGEND_LEFT = 42.0
"""How far left of the axes a legend below them begins, in points."""
POINT = 5.2
BANDS = ("#FFFFFF", "#E3E8EE", "#CDD6E0", "#B4C1CF")
"""From p above the largest contour to p below the smallest: darker is more significant."""
OPEN: dict[str, Any] = {
    "marker": "o",
    "markersize": POINT,
    "markerfacecolor": "none",
    "markeredgecolor": style.PREDICTION,
    "markeredgewidth": 1.1,
    "linestyle": "",
}
DOTTED: dict[str, Any] = {"color": style.PREDICTION, "linewidth": 1.1, "linestyle": (0, (1.2, 1.6))}


def symbol(layout: FunnelLayout, group: str) -> tuple[str, str]:
    """Return marker and colour of a group."""
    return style.SERIES[layout.groups.index(group) % len(style.SERIES)]


def legend_handles(layout: FunnelLayout) -> list[Artist]:
    """Return what the legend explains, in its order."""
    handles: list[Artist] = []
    for group in layout.groups:
        marker, color = symbol(layout, group)
        handles.append(
            Line2D(
                [],
                [],
                marker=marker,
                markersize=POINT,
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
    if layout.filled:
        handles.append(Line2D([], [], label="Put in by trim and fill", **OPEN))
    if layout.adjusted is not None:
        handles.append(Line2D([], [], label="Pooled effect with them", **DOTTED))
    for index in range(len(layout.contours) + 1 if layout.contours else 0):
        patch = Patch(
            facecolor=BANDS[index], edgecolor=style.FAINT, linewidth=0.5, label=_band_label(layout, index)
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


def _columns(handles: list[Artist], room: float) -> int:
    """Return how many columns of a legend below the axes a figure has room for, in points: one or two."""
    widths = [style.text_width(str(handle.get_label()), style.SMALL) + _LEGEND_MARK for handle in handles]
    first = math.ceil(len(widths) / 2)
    if len(widths) < 2 or max(widths[:first]) + _BETWEEN + max(widths[first:]) > room:
        return 1
    return 2


def legend_height(handles: list[Artist], room: float) -> float:
    """Return the height of a legend below the axes of a figure with so much room, in points."""
    return math.ceil(len(handles) / _columns(handles, room)) * LEGEND_LINE + LEGEND_GAP / 2.0


def draw_legend(
    ax: Axes, handles: list[Artist], *, below: float | None = None, room: float = math.inf
) -> None:
    """Write the legend right of the axes, or in columns so many points `below` them."""
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        ncols=1 if below is None else _columns(handles, room),
        columnspacing=1.4,
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
    wide, tall = page.size_of(ax)
    corner = (1.0 + LEGEND_GAP / wide, 1.0) if below is None else (-LEGEND_LEFT / wide, -below / tall)
    legend.set_bbox_to_anchor(corner, ax.transAxes)
    legend.set_gid("legend")
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_usetex(False)
        text.set_fontfamily(list(style.families(text.get_text())))
        text.set_color(style.INK)


def figure_width(ax: Axes) -> float:
    """Return the width of the figure in points."""
    figure = ax.get_figure(root=True)
    return 72.0 * (figure.get_figwidth() if figure is not None else 1.0)
