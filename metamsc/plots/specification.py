"""Specification curve: every defensible analysis of one question, sorted, above the choices behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba

from metamsc.plots import style
from metamsc.plots.specification_layout import OptionLine, SpecificationLayout, specification_layout
from metamsc.plots.ticks import Limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.multiverse_result import Multiverse

_LEFT_MARGIN, _RIGHT, _TOP, _GAP, _BOTTOM = 46.0, 12.0, 20.0, 8.0, 10.0
_CURVE, _LINE = 190.0, 11.5
# The whole is no wider than the text of an A4 page, so that print keeps the size of its letters.
_PAGE, _NARROWEST, _WIDEST = 455.0, 220.0, 400.0
_TICK = 0.32
"""Half the height of a mark, in lines."""
_DARK, _PALE = style.POOLED, "#9DB2C8"


def draw_specification(multiverse: Multiverse, *, stratum: str | None = None, title: bool = True) -> Axes:
    """Draw the specification curve of one stratum.

    Parameters
    ----------
    multiverse : Multiverse
        From :func:`metamsc.analysis.multiverse.run_multiverse`.
    stratum : str, optional
        Label of the stratum; the first one when left out.
    title : bool
        Put the title of the analysis above.

    Returns
    -------
    Axes
        Of the curve; the panel of choices is the figure's second axes.

    Raises
    ------
    OptionError
        If there is no such stratum.
    InputError
        If no path pools anything, or paths are on several scales.

    Notes
    -----
    After Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4:1208-1214.
    """
    layout = specification_layout(multiverse, stratum=stratum, title=title)
    above, below = _new_axes(layout)
    _draw_curve(above, layout)
    _draw_choices(below, layout.lines, len(layout.paths))
    _mark_plan(above, below, layout)
    return above


def _new_axes(layout: SpecificationLayout) -> tuple[Axes, Axes]:
    """Make a figure whose left margin holds the longest option and whose bottom holds the caption."""
    left = 8.0 + max(
        _LEFT_MARGIN,
        *(style.text_width(line.text, bold=line.taken is None) + 8.0 for line in layout.lines),
    )
    graphic = min(_WIDEST, max(_NARROWEST, _PAGE - left - _RIGHT))
    full = left + graphic
    heading = style.wrap_to(layout.title, full, style.TITLE_SIZE, bold=True) if layout.title else ()
    caption = style.wrap_to(" ".join(layout.caption), full - 8.0)
    head = _TOP + style.text_height(len(heading), style.TITLE_SIZE)
    foot = _BOTTOM + style.text_height(len(caption))
    choices = _LINE * len(layout.lines)
    height = head + _CURVE + _GAP + choices + foot
    width = full + _RIGHT
    figure = style.bare_figure(width, height)
    above = figure.add_axes(
        (left / width, (foot + choices + _GAP) / height, graphic / width, _CURVE / height)
    )
    below = figure.add_axes((left / width, foot / height, graphic / width, choices / height), sharex=above)
    for lines, y, size, bold, va in (
        (heading, 1.0 - 4.0 / height, style.TITLE_SIZE, True, "top"),
        (caption, (foot - 6.0) / height, style.SIZE, False, "top"),
    ):
        text = "\n".join(lines)
        if text:
            color = style.INK if bold else style.SOFT
            figure.text(
                8.0 / width,
                y,
                style.drawable(text),
                va=va,
                **style.text_style(text, size=size, bold=bold, color=color),
            )
    return above, below


def _draw_curve(ax: Axes, layout: SpecificationLayout) -> None:
    style.quiet_axes(ax)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(True)
    at = np.arange(len(layout.paths), dtype=np.float64)
    low, high = _drawn_range(layout)
    segments = np.stack([np.column_stack([at, layout.low]), np.column_stack([at, layout.high])], axis=1)
    width = min(3.0, 0.55 * _points_wide(ax) / len(at))
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
    words = "\n".join(style.wrap_to(layout.y_label, _CURVE))
    ax.set_ylabel(words, **style.text_style(words), labelpad=6.0)


def _points_wide(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - we have put it on one
    return float(ax.get_position().width * figure.get_figwidth() * 72.0)


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
    return min(3.0, 0.7 * _points_wide(ax) / n_paths)


def _draw_choices(ax: Axes, lines: tuple[OptionLine, ...], n_paths: int) -> None:
    style.quiet_axes(ax)
    ax.spines["bottom"].set_visible(False)
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.tick_params(axis="both", left=False, bottom=False, labelleft=False, labelbottom=False)
    tick = _tick_width(ax, n_paths)
    across = ax.get_yaxis_transform()
    for row, line in enumerate(lines):
        heading = line.taken is None
        words = style.drawable(line.text)
        color = style.INK if heading else style.SOFT
        ax.text(
            -0.015, row, words, transform=across, ha="right", va="center_baseline",
            **style.text_style(words, bold=heading, color=color),
        )  # fmt: skip
        if line.taken is None:
            ax.text(
                0.005, row, line.note, transform=across, ha="left", va="center_baseline",
                **style.text_style(line.note, color=style.SOFT),
            )  # fmt: skip
            continue
        taken = np.flatnonzero(line.taken).astype(np.float64)
        ax.axhline(row, color=style.BAND, linewidth=_LINE * 0.8, zorder=0)
        marks = LineCollection(
            [[(x, row - _TICK), (x, row + _TICK)] for x in taken], colors=_DARK, linewidths=tick, zorder=2
        )
        marks.set_gid(f"taken:{row}")
        ax.add_collection(marks)
