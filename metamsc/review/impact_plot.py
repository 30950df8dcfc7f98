"""Every stratum that a change touches, before and after, below each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.numbers import format_value
from metamsc.plots.ticks import effect_limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.models.results import PooledResult
    from metamsc.review.impact import AnalysisChange

_ROW, _GRAPHIC, _GAP, _AXIS, _HEAD = 13.0, 220.0, 12.0, 34.0, 22.0
_LOOKS = (("before", style.RULE, "D"), ("after", style.POOLED, "s"))


def draw_change(change: AnalysisChange) -> Axes:
    """Draw the pooled results of one analysis before and after a change.

    Raises
    ------
    InputError
        If nothing was pooled on either side.
    """
    scale = change.scale
    lines: list[tuple[str, str, str, str, PooledResult]] = []
    for item in change.strata:
        for (when, color, marker), pooled in zip(_LOOKS, (item.before, item.after), strict=True):
            if pooled is not None:
                lines.append((f"{item.label}, {when}", when, color, marker, pooled))
    if not lines or scale is None:
        raise InputError(f"{change.name}: nothing was pooled before or after.")
    spans = [(pooled.ci.low, pooled.ci.high) for *_, pooled in lines]
    limits = effect_limits([pooled.estimate for *_, pooled in lines], spans, [], scale.null)
    texts = [_effect(pooled, ratio=scale.ratio) for *_, pooled in lines]
    left = 8.0 + max(style.text_width(line[0]) for line in lines) + _GAP
    right = max(style.text_width(text) for text in texts) + 2 * _GAP
    width, height = left + _GRAPHIC + right, _HEAD + _ROW * len(lines) + _AXIS
    figure = style.bare_figure(width, height)
    ax = figure.add_axes((left / width, _AXIS / height, _GRAPHIC / width, _ROW * len(lines) / height))
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_xticks(*effect_ticks(limits, ratio=scale.ratio))
    ax.minorticks_off()
    ax.tick_params(axis="y", left=False, labelleft=False)
    label = wording.axis_label(scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    across = ax.get_yaxis_transform()
    for y, ((name, when, color, marker, pooled), text) in enumerate(zip(lines, texts, strict=True)):
        ends = [max(pooled.ci.low, limits.low), min(pooled.ci.high, limits.high)]
        ax.plot(ends, [y, y], color=color, linewidth=1.3, zorder=2, gid=f"ci:{y}")
        ax.plot([pooled.estimate], [y], marker, color=color, markersize=4.5, zorder=3, gid=f"{when}:{y}")
        for words, x, shift, align in ((name, 0.0, -_GAP, "right"), (text, 1.0, _GAP, "left")):
            drawn = style.drawable(words)
            ax.annotate(
                drawn, (x, y), xycoords=across, xytext=(shift, 0), textcoords="offset points", ha=align,
                va="center_baseline", annotation_clip=False, **style.text_style(drawn),
            )  # fmt: skip
    heading = style.drawable(wording.glue(change.title))
    look = style.text_style(heading, size=style.SIZE + 1, bold=True)
    figure.text(8.0 / width, 1.0 - 5.0 / height, heading, va="top", **look)
    return ax


def _effect(pooled: PooledResult, *, ratio: bool) -> str:
    parts = [
        format_value(x, ratio=ratio, decimals=2) for x in (pooled.estimate, pooled.ci.low, pooled.ci.high)
    ]
    return f"{parts[0]} ({parts[1]} to {parts[2]}), k = {pooled.k}"
