"""Dose–response: the effect of every study over its dose of cells, on a logarithmic axis.

Artists have a `gid`: ``est:<row id>``, ``ci:<row id>``, ``mean``, ``band:ci``, ``band:pi``, ``null``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from metamsc.names import type_words
from metamsc.plots import page, style, wording
from metamsc.plots.dose_response_layout import HEIGHT, WIDTH, DoseLayout, dose_layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.doses import DosePoint, DoseResponse
    from metamsc.analysis.result import Scale

_MARGINS = page.Margins(left=54.0, right=10.0, top=22.0, bottom=34.0)
_LEGEND_LINE, _LEGEND_MARK = 12.0, 30.0
"""Height of a line of the legend, width of a mark with what is around it; in points."""


def draw_dose_response(
    doses: DoseResponse,
    scale: Scale,
    *,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
    """Draw effects over doses.

    Parameters
    ----------
    doses : DoseResponse
        From :func:`metamsc.analysis.doses.dose_response`.
    scale : Scale
        How effects are shown: ``AnalysisResult.scale``.
    ax : Axes, optional
        Where to draw; default: a new figure, which also has title and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        x is the natural logarithm of the dose, y the analysis scale.

    Raises
    ------
    InputError
        If no study has such a dose.
    """
    size = page.size_of(ax) if ax else (page.graphic_width(width, _MARGINS, WIDTH), HEIGHT)
    layout = dose_layout(doses, scale, size=size)
    x_words, margins = page.below_axis(layout.x_label, _MARGINS, size[0])
    columns = _legend_columns(layout, size[0])
    more = (math.ceil(len(layout.kinds) / columns) - 1) * _LEGEND_LINE
    if ax is None:
        margins = replace(margins, top=margins.top + more)
        ax = page.new_axes(*size, margins, title=title, caption=layout.caption)
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.y.low, layout.y.high)
    ax.set_xticks(*layout.x_ticks)
    ax.set_yticks(*layout.y_ticks)
    ax.minorticks_off()
    page.heading_texts(ax, x_words, layout.y_label, height=size[1])
    ax.axhline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    _draw_line(ax, doses)
    for point, place in zip(doses.points, layout.places, strict=True):
        _draw_point(
            ax, point, place, style.SERIES[layout.kinds.index(point.diabetes_type) % len(style.SERIES)]
        )
    page.write_labels(ax, [(x, y) for x, y, *_ in layout.places], layout.labelling)
    _draw_legend(ax, layout, columns)
    return ax


def _draw_line(ax: Axes, doses: DoseResponse) -> None:
    if doses.bands is None:
        return
    line = doses.bands.line
    x = [math.log(float(item.value)) for item in line]
    known = [(at, item.pi) for at, item in zip(x, line, strict=True) if item.pi is not None]
    if len(known) == len(x):
        ax.fill_between(
            x, [pi.low for _, pi in known], [pi.high for _, pi in known], color=style.BAND, linewidth=0.0,
            zorder=0, gid="band:pi",
        )  # fmt: skip
    ax.fill_between(
        x, [item.ci.low for item in line], [item.ci.high for item in line], color=style.FAINT, alpha=0.8,
        linewidth=0.0, zorder=1, gid="band:ci",
    )  # fmt: skip
    ax.plot(x, [item.estimate for item in line], color=style.POOLED, linewidth=1.3, zorder=2, gid="mean")


def _draw_point(
    ax: Axes, point: DosePoint, place: tuple[float, float, float, float], look: tuple[str, str]
) -> None:
    x, y, low, high = place
    marker, color = look
    bottom, top = ax.get_ylim()
    ax.plot(
        [x, x],
        [max(low, bottom), min(high, top)],
        color=color,
        linewidth=1.0,
        zorder=3,
        gid=f"ci:{point.row_id}",
    )
    for beyond, edge, head in ((low < bottom, bottom, "v"), (high > top, top, "^")):
        if beyond:
            ax.plot(
                [x], [edge], marker=head, color=color, markersize=3.5, clip_on=False, zorder=3,
                gid=f"arrow{head}:{point.row_id}",
            )  # fmt: skip
    ax.plot(
        [x], [y], marker, markersize=6.0, markeredgecolor=color, markeredgewidth=1.1, zorder=4,
        markerfacecolor="white" if point.from_weight else color, gid=f"est:{point.row_id}",
    )  # fmt: skip


def _legend_columns(layout: DoseLayout, room: float) -> int:
    """Return how many types stand side by side above axes that are so many points wide."""
    widest = max(style.text_width(wording.capitalise(type_words(kind))) for kind in layout.kinds)
    return max(1, min(len(layout.kinds), int(room / (widest + _LEGEND_MARK))))


def _draw_legend(ax: Axes, layout: DoseLayout, columns: int) -> None:
    """Name the markers above the axes; nothing where no type is known (a CSV)."""
    if layout.kinds == ("",):
        return
    handles = [
        Line2D(
            [],
            [],
            marker=marker,
            color=color,
            linestyle="",
            markersize=5.5,
            label=wording.capitalise(type_words(kind)),
        )
        for kind, (marker, color) in zip(layout.kinds, style.SERIES * 3, strict=False)
    ]  # fmt: skip
    legend = ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False,
        borderaxespad=0.2, handletextpad=0.3, columnspacing=1.2,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set(**style.text_style(text.get_text()))
