"""Specification curve: every defensible analysis of one question, sorted, above the choices behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba

from metamsc.plots import page, style
from metamsc.plots.specification_layout import SpecificationLayout, specification_layout
from metamsc.plots.specification_text import OPTION_GAP, RIGHT, OptionText, option_text
from metamsc.plots.ticks import Limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.multiverse_result import Multiverse

_CURVE, _GAP = 190.0, 8.0
_PLAN_WORD = 14.0
"""Room above the curve for the word at the plan's mark."""
_TICK = 0.32
"""Half the height of a mark, in lines."""
_DARK, _PALE = style.POOLED, "#9DB2C8"


def draw_specification(
    multiverse: Multiverse,
    *,
    stratum: str | None = None,
    title: bool = True,
    ax: Axes | None = None,
    width: float | None = None,
) -> Axes:
    """Draw the specification curve of one stratum.

    Parameters
    ----------
    multiverse : Multiverse
        From :func:`metamsc.analysis.multiverse.run_multiverse`.
    stratum : str, optional
        Label of the stratum; the first one when left out.
    title : bool
        Put the title of the analysis above a new figure.
    ax : Axes, optional
        Where to draw: curve and choices share its place; leave room on the left for the names of the choices.
        Default: a new figure of the size needed.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        Of the curve; the panel of choices is the figure's last axes. Artists by `gid`: ``paths``,
        ``intervals``, ``null``, ``plan``, ``plan-options``, ``taken:<line>``, ``option:<line>``.

    Raises
    ------
    OptionError
        If there is no such stratum, or the width is too small; says the least one.
    InputError
        If no path pools anything, or paths are on several scales.

    Notes
    -----
    After Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4:1208-1214.
    """
    layout = specification_layout(multiverse, stratum=stratum, title=title)
    text = option_text(layout.lines, width if ax is None else None)
    curve = ax if ax is not None else _new_axes(layout, text)
    above, below = _parted(curve, text.scale.total, shared=ax is not None)
    _draw_curve(above, layout, text.size)
    _draw_choices(below, layout, text)
    _mark_plan(above, below, layout)
    return above


def _new_axes(layout: SpecificationLayout, text: OptionText) -> Axes:
    """Make a figure whose left margin holds the longest option and whose bottom holds the caption."""
    margins = page.Margins(left=text.left, right=RIGHT, top=_PLAN_WORD, bottom=6.0)
    height = _CURVE + _GAP + text.scale.total
    return page.new_axes(
        text.graphic, height, margins, title=layout.title, caption=[" ".join(layout.caption)]
    )


def _parted(ax: Axes, choices: float, *, shared: bool) -> tuple[Axes, Axes]:
    """Return axes for the curve, which are those given, and below them new ones for the choices."""
    width, height = page.size_of(ax)
    if shared:  # somebody's axes: both parts shrink alike
        choices *= height / (_CURVE + _GAP + choices)
    below = page.part_of(ax, (0.0, 0.0), (width, choices))
    box = ax.get_position()
    gap = _GAP / (_CURVE + _GAP) * (height - choices)
    share = (choices + gap) / height
    ax.set_position((box.x0, box.y0 + share * box.height, box.width, (1.0 - share) * box.height))
    below.sharex(ax)
    return ax, below


def _draw_curve(ax: Axes, layout: SpecificationLayout, size: float) -> None:
    style.quiet_axes(ax)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(True)
    at = np.arange(len(layout.paths), dtype=np.float64)
    low, high = _drawn_range(layout)
    segments = np.stack([np.column_stack([at, layout.low]), np.column_stack([at, layout.high])], axis=1)
    width = min(3.0, 0.55 * page.size_of(ax)[0] / len(at))
    colors = [_DARK if dark else style.STUDY for dark in layout.significant]
    shades = [to_rgba(_DARK, 0.45) if dark else to_rgba(_PALE, 0.6) for dark in layout.significant]
    bars = LineCollection(list(segments), colors=shades, linewidths=width, zorder=2)
    bars.set_gid("intervals")
    ax.add_collection(bars)
    ax.scatter(
        at,
        layout.estimate,
        s=max(2.0, min(14.0, 4.0 * width**2)),
        c=colors,
        linewidths=0.0,
        zorder=3,
        gid="paths",
    )
    ax.axhline(layout.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    ax.set_xlim(-0.02 * len(at) - 0.5, 1.02 * len(at) - 0.5)
    ax.set_ylim(low, high)
    places, labels = effect_ticks(Limits(low, high), ratio=layout.ratio)
    ax.set_yticks(places, labels)
    ax.minorticks_off()
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.tick_params(axis="y", labelsize=size)
    words = "\n".join(style.wrap_to(layout.y_label, page.size_of(ax)[1], size))
    ax.set_ylabel(words, **style.text_style(words, size=size), labelpad=6.0)


def _mark_plan(above: Axes, below: Axes, layout: SpecificationLayout) -> None:
    """Mark the path that is the plan: diamond, line and a word on the curve, its options in its colour."""
    for place in np.flatnonzero(layout.planned)[:1]:
        x = float(place)
        above.axvline(x, color=style.PREDICTION, linewidth=0.8, alpha=0.6, zorder=1.5, gid="plan-line")
        above.plot(
            [x], [layout.estimate[place]], "D", color=style.PREDICTION, markersize=6.0,
            markeredgecolor="white", markeredgewidth=0.7, zorder=5, gid="plan",
        )  # fmt: skip
        across = (x + 0.5) / len(layout.paths)
        side = "left" if across < 0.15 else "right" if across > 0.85 else "center"
        above.annotate(
            "the plan", (x, 1.0), xycoords=above.get_xaxis_transform(), xytext=(0.0, 3.0),
            textcoords="offset points", ha=side, va="bottom", annotation_clip=False, gid="plan-word",
            **style.text_style("the plan", bold=True, color=style.PREDICTION),
        )  # fmt: skip
        taken = [row for row, line in enumerate(layout.lines) if line.taken is not None and line.taken[place]]
        marks = LineCollection(
            [[(x, row - _TICK), (x, row + _TICK)] for row in taken], colors=style.PREDICTION,
            linewidths=max(1.5, _tick_width(below, len(layout.paths))), zorder=3, gid="plan-options",
        )  # fmt: skip
        below.add_collection(marks)


def _drawn_range(layout: SpecificationLayout) -> tuple[float, float]:
    """Return the ends of the vertical axis: all estimates, and nine in ten of the intervals whole."""
    low = min(layout.null, float(layout.estimate.min()), float(np.quantile(layout.low, 0.1)))
    high = max(layout.null, float(layout.estimate.max()), float(np.quantile(layout.high, 0.9)))
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _tick_width(ax: Axes, n_paths: int) -> float:
    return min(3.0, 0.7 * page.size_of(ax)[0] / n_paths)


def _draw_choices(ax: Axes, layout: SpecificationLayout, text: OptionText) -> None:
    style.quiet_axes(ax)
    ax.spines["bottom"].set_visible(False)
    text.scale.apply(ax)
    ax.set_ylim(len(layout.lines) - 0.5, -0.5)
    ax.tick_params(axis="both", left=False, bottom=False, labelleft=False, labelbottom=False)
    tick = _tick_width(ax, len(layout.paths))
    for row, (line, words) in enumerate(zip(layout.lines, text.names, strict=True)):
        heading = line.taken is None
        color = style.INK if heading else style.SOFT
        ax.annotate(
            words, (0.0, row), xycoords=ax.get_yaxis_transform(), xytext=(-OPTION_GAP, 0.0), ha="right",
            textcoords="offset points", va="center" if "\n" in words else "center_baseline",
            annotation_clip=False, gid=f"option:{row}",
            **style.text_style(words, size=text.size, bold=heading, color=color),
        )  # fmt: skip
        if line.taken is None:
            ax.annotate(
                line.note, (0.0, row), xycoords=ax.get_yaxis_transform(), xytext=(1.5, 0.0), ha="left",
                textcoords="offset points", va="center_baseline", annotation_clip=False, gid=f"note:{row}",
                **style.text_style(line.note, size=text.size, color=style.SOFT),
            )  # fmt: skip
            continue
        taken = np.flatnonzero(line.taken).astype(np.float64)
        ax.axhspan(row - 0.4, row + 0.4, color=style.BAND, linewidth=0.0, zorder=0, gid=f"band:{row}")
        marks = LineCollection(
            [[(x, row - _TICK), (x, row + _TICK)] for x in taken], colors=_DARK, linewidths=tick, zorder=2
        )
        marks.set_gid(f"taken:{row}")
        ax.add_collection(marks)
