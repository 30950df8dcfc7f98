"""Before and after as a forest: the studies that a change touches, and below them every pool."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.numbers import format_value
from metamsc.plots.ticks import effect_limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.plots.ticks import Limits
    from metamsc.review.analysis_changes import AnalysisChange

_ROW, _GRAPHIC, _GAP, _AXIS, _HEAD = 14.0, 220.0, 12.0, 34.0, 22.0
_MOST_ROWS = 30
_Z = 1.959963984540054
"""Of the intervals of single rows: 95 % of a normal distribution."""
_COLORS = {"before": style.RULE, "after": style.POOLED, "same": style.POOLED}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of the figure, on the analysis scale; `k` is None for a study, `y` counts lines downwards."""

    name: str
    when: str
    estimate: float
    low: float
    high: float
    k: int | None
    y: float


def change_lines(change: AnalysisChange) -> tuple[ChangeLine, ...]:
    """Lay out the lines: studies that came, went or changed, then pools, each before and after."""
    found = [*_study_lines(change), *_pool_lines(change)]
    lines: list[ChangeLine] = []
    y, kind = 0.0, None
    for name, when, numbers, k in found:
        y += 0.0 if not lines else 1.6 if (k is None) != kind else 1.0
        kind = k is None
        lines.append(ChangeLine(name, when, *numbers, k, y))
    return tuple(lines)


_Found = tuple[str, str, tuple[float, float, float], int | None]


def _study_lines(change: AnalysisChange) -> Iterator[_Found]:
    for row in change.rows[:_MOST_ROWS]:
        name = row.label
        for when, numbers in (("before", row.before), ("after", row.after)):
            if numbers is not None:
                half = _Z * math.sqrt(numbers[1])
                yield name, when, (numbers[0], numbers[0] - half, numbers[0] + half), None
                name = ""


def _pool_lines(change: AnalysisChange) -> Iterator[_Found]:
    for item in change.strata:
        name = item.title
        sides = (("before", item.before), ("after", item.after)) if item.moved else (("same", item.after),)
        for when, pooled in sides:
            if pooled is not None:
                yield name, when, (pooled.estimate, pooled.ci.low, pooled.ci.high), pooled.k
                name = ""


def draw_change(change: AnalysisChange) -> Axes:
    """Draw the rows and pools of one analysis before and after a change.

    Raises
    ------
    InputError
        If nothing was pooled on either side, or the sides are not on one scale.
    """
    scale = change.scale
    lines = change_lines(change)
    if scale is None or not any(line.k is not None for line in lines):
        raise InputError(f"{change.name}: nothing was pooled on one scale before or after.")
    spans = [(line.low, line.high) for line in lines]
    limits = effect_limits([line.estimate for line in lines], spans, [], scale.null)
    texts = [_effect(line, scale) for line in lines]
    names = [style.drawable(line.name) for line in lines]
    width_when = style.text_width("before")
    left = 8.0 + max(style.text_width(name, bold=True) for name in names) + width_when + 2 * _GAP
    right = max(style.text_width(text) for text in texts) + 2 * _GAP
    rows = lines[-1].y + 1.0
    width, height = left + _GRAPHIC + right, _HEAD + _ROW * rows + _AXIS
    figure = style.bare_figure(width, height)
    ax = figure.add_axes((left / width, _AXIS / height, _GRAPHIC / width, _ROW * rows / height))
    _axes(ax, limits, scale, rows)
    for number, (line, name, text) in enumerate(zip(lines, names, texts, strict=True)):
        _draw_line(ax, line, number, limits)
        _words(ax, line, ((name, 0.0, -2 * _GAP - width_when, "right"), (line.when, 0.0, -_GAP, "right"),
                          (text, 1.0, _GAP, "left")))  # fmt: skip
    heading = style.drawable(wording.glue(change.title))
    look = style.text_style(heading, size=style.SIZE + 1, bold=True)
    figure.text(8.0 / width, 1.0 - 5.0 / height, heading, va="top", **look)
    return ax


def _axes(ax: Axes, limits: Limits, scale: Scale, rows: float) -> None:
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_xticks(*effect_ticks(limits, ratio=scale.ratio))
    ax.minorticks_off()
    ax.tick_params(axis="y", left=False, labelleft=False)
    label = wording.axis_label(scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")


def _draw_line(ax: Axes, line: ChangeLine, number: int, limits: Limits) -> None:
    """Draw an interval, with an arrow where it leaves the axis, and its estimate."""
    color = _COLORS[line.when]
    ends = [max(line.low, limits.low), min(line.high, limits.high)]
    ax.plot(ends, [line.y, line.y], color=color, linewidth=1.3, zorder=2, gid=f"ci:{number}")
    for cut, x, marker in ((line.low < limits.low, ends[0], "<"), (line.high > limits.high, ends[1], ">")):
        if cut:
            ax.plot([x], [line.y], marker, color=color, markersize=4.5, zorder=3, clip_on=False,
                    gid=f"arrow:{number}")  # fmt: skip
    if limits.low <= line.estimate <= limits.high:
        marker = "s" if line.k is None else "D"
        ax.plot([line.estimate], [line.y], marker, color=color, markersize=4.5, zorder=3,
                gid=f"{line.when}:{number}")  # fmt: skip


def _words(ax: Axes, line: ChangeLine, texts: Sequence[tuple[str, float, float, str]]) -> None:
    across = ax.get_yaxis_transform()
    for words, x, shift, align in texts:
        if words:
            ax.annotate(
                words, (x, line.y), xycoords=across, xytext=(shift, 0), textcoords="offset points",
                ha=align, va="center_baseline", annotation_clip=False,
                **style.text_style(words, bold=line.k is not None and x == 0.0 and words != line.when),
            )  # fmt: skip


def _effect(line: ChangeLine, scale: Scale) -> str:
    numbers = (line.estimate, line.low, line.high)
    parts = [format_value(value, ratio=scale.ratio, decimals=2) for value in numbers]
    counted = "" if line.k is None else ", 1 study" if line.k == 1 else f", k = {line.k}"
    return f"{parts[0]} ({parts[1]} to {parts[2]}){counted}"
