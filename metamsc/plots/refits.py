"""Refits of one model below each other: leave-one-out and cumulative forest plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.numbers import decimals_for, format_value, pad_left
from metamsc.plots.ticks import effect_limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.subsets import Refit, Refits

_ROW, _GAP, _AXIS, _HEAD = 13.0, 12.0, 34.0, 20.0
# A figure is no wider than the text of an A4 page, where that leaves room to see something: print then
# keeps the size of its letters.
_PAGE, _NARROWEST, _WIDEST, _LONGEST_NAME = 455.0, 135.0, 210.0, 130.0
_MOST_LINES = 2
_SQUARE = 4.2


def draw_refits(
    refits: Refits,
    scale: Scale,
    *,
    whole: PooledResult | None = None,
    prefix: str = "",
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw one line per refit: what was left out or added, k, estimate and interval, I2.

    Parameters
    ----------
    refits : Refits
        From :func:`metamsc.sensitivity.cumulative.leave_one_out` or
        :func:`~metamsc.sensitivity.cumulative.cumulative`.
    scale : Scale
        How effects are shown: ``AnalysisResult.scale``.
    whole : PooledResult, optional
        The fit to all studies: its interval is the band behind the rows.
    prefix : str
        Before each label: "without ", "+ ".
    title : str
        Above a new figure.
    ax : Axes, optional
        Where to draw; leave room on both sides for text. Default: a new figure of the size needed.

    Raises
    ------
    InputError
        If no subset could be fitted.
    """
    rows = refits.rows
    fitted = [row for row in rows if row is not None]
    if not fitted:
        raise InputError("no subset could be fitted: there is nothing to draw.")
    names = [_name(f"{prefix}{label}") for label in refits.labels]
    columns = _columns(rows, scale, fitted[0].ci.level)
    if ax is None:
        ax = _new_axes(names, columns, title)
    wide = [] if whole is None else [(whole.ci.low, whole.ci.high)]
    limits = effect_limits(
        [row.estimate for row in fitted], [(row.ci.low, row.ci.high) for row in fitted], wide, scale.null
    )
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xticks(*effect_ticks(limits, ratio=scale.ratio))
    ax.minorticks_off()
    ax.tick_params(axis="y", left=False, labelleft=False)
    label = wording.axis_label(scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    if whole is not None:
        ax.axvspan(whole.ci.low, whole.ci.high, color=style.BAND, linewidth=0.0, zorder=0, gid="whole-ci")
        ax.axvline(whole.estimate, color=style.POOLED, linewidth=0.8, linestyle=(0, (3, 2)), gid="whole")
    for y, row in enumerate(rows):
        _draw_row(ax, y, row)
    _write(ax, names, columns)
    return ax


def _name(text: str) -> str:
    """Return a name on at most two lines; what does not fit ends in "…"."""
    lines = style.wrap_to(text, _LONGEST_NAME)
    return "\n".join(lines if len(lines) <= _MOST_LINES else (*lines[: _MOST_LINES - 1], f"{lines[1]} …"))


def _draw_row(ax: Axes, y: int, row: Refit | None) -> None:
    if row is None:
        return
    low, high = ax.get_xlim()
    ax.plot(
        [max(row.ci.low, low), min(row.ci.high, high)], [y, y], color=style.STUDY, linewidth=1.1, zorder=3,
        solid_capstyle="butt", gid=f"ci:{y}",
    )  # fmt: skip
    for beyond, edge, marker in ((row.ci.low < low, low, "<"), (row.ci.high > high, high, ">")):
        if beyond:
            ax.plot([edge], [y], marker=marker, color=style.STUDY, markersize=3.5, clip_on=False, zorder=3)
    ax.plot([row.estimate], [y], "s", color=style.POOLED, markersize=_SQUARE, zorder=4, gid=f"est:{y}")


def _columns(rows: Sequence[Refit | None], scale: Scale, level: float) -> dict[str, tuple[str, ...]]:
    """Return the texts right of the plot by heading, padded so that digits stand under digits."""
    decimals = decimals_for(row.se for row in rows if row is not None)

    def shown(value: float) -> str:
        return format_value(value, ratio=scale.ratio, decimals=decimals)

    effects = tuple(
        "not estimable"
        if row is None
        else f"{shown(row.estimate)} ({shown(row.ci.low)} to {shown(row.ci.high)})"
        for row in rows
    )
    return {
        "Studies": pad_left(tuple("" if row is None else str(row.k) for row in rows)),
        f"Estimate ({wording.percent(level)} CI)": effects,
        "I²": pad_left(tuple("" if row is None else f"{row.I2:.0f}%" for row in rows)),
    }


def _widths(columns: dict[str, tuple[str, ...]]) -> list[float]:
    return [
        max(style.text_width(heading, bold=True), *(style.text_width(text) for text in texts))
        for heading, texts in columns.items()
    ]


def _new_axes(names: Sequence[str], columns: dict[str, tuple[str, ...]], title: str) -> Axes:
    left = 8.0 + max(style.text_width(name) for name in names) + _GAP
    right = sum(_widths(columns)) + _GAP * (len(columns) + 1)
    graphic = min(_WIDEST, max(_NARROWEST, _PAGE - left - right))
    full = left + graphic + right
    heading = style.wrap_to(title, full - 16.0, style.TITLE_SIZE, bold=True) if title else ()
    top = _HEAD + style.text_height(len(heading), style.TITLE_SIZE)
    lines = max(name.count("\n") + 1 for name in names)
    rows = (_ROW + style.text_height(lines - 1)) * len(names)
    height = top + rows + _AXIS
    figure = style.bare_figure(full, height)
    if heading:
        words = style.drawable("\n".join(heading))
        look = style.text_style(words, size=style.TITLE_SIZE, bold=True)
        figure.text(8.0 / full, 1.0 - 4.0 / height, words, va="top", **look)
    return figure.add_axes((left / full, _AXIS / height, graphic / full, rows / height))


def _write(ax: Axes, names: Sequence[str], columns: dict[str, tuple[str, ...]]) -> None:
    """Write names left and columns right of the axes, at fixed distances from it."""
    across = ax.get_yaxis_transform()
    for y, name in enumerate(names):
        words = style.drawable(name)
        middle = "center" if "\n" in words else "center_baseline"
        ax.annotate(
            words, (0.0, y), xycoords=across, xytext=(-_GAP, 0), textcoords="offset points", ha="right",
            va=middle, annotation_clip=False, **style.text_style(words),
        )  # fmt: skip
    at = _GAP
    for (heading, texts), width in zip(columns.items(), _widths(columns), strict=True):
        for line, text in enumerate((heading, *texts), start=-1):
            words = style.drawable(text)
            ax.annotate(
                words, (1.0, line), xycoords=across, xytext=(at + width / 2.0, 0), textcoords="offset points",
                ha="center", va="center_baseline", annotation_clip=False,
                **style.text_style(words, bold=line < 0),
            )  # fmt: skip
        at += width + _GAP
