"""What is done to the axes that forestplot returns: our look, and the marks it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy

from metamsc.plots import style, wording
from metamsc.plots.forestplot_call import SQUARE_AREA
from metamsc.plots.sensitivity_rows import SensitivityLine, SensitivityRow, stack_lines
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metamsc.analysis.result import AnalysisResult

GRAPHIC = 200.0
ROW = 13.5
_LABEL_COLUMNS = 64
_GAP = 12.0


def mend_axis(ax: Axes, result: AnalysisResult, limits: Limits, n_lines: int) -> None:
    """Give forestplot's axes our limits and look, and its artists their names."""
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(-0.6, n_lines - 0.5)
    ax.minorticks_off()
    label = wording.axis_label(result.scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.tick_params(axis="y", length=0.0)
    errorbars, scatter, reference = ax.collections[0], ax.collections[1], ax.collections[2]
    for artist, gid in ((errorbars, "ci"), (scatter, "est"), (reference, "null")):
        artist.set_gid(gid)
    errorbars.set_zorder(2)
    scatter.set_zorder(3)
    reference.set_zorder(1)
    for line in ax.lines:
        line.set_visible(False)  # errorbar's data line, which carries no mark
    for number, band in enumerate(ax.patches):
        band.set_gid(f"stripe:{number}")
        band.set_facecolor(style.BAND)
        band.set_alpha(0.7)
        band.set_linewidth(0.0)


def mend_text(ax: Axes, result: AnalysisResult, lines: Sequence[SensitivityLine]) -> None:
    """Set row names, numbers of studies and effects in our font, at fixed distances from the axes."""
    level = wording.percent(result.pools[0].pooled.ci.level)
    left = _left_widths(lines)
    ordered = sorted(lines, key=lambda line: line.y)
    labels = [_label(line, top=line.y == len(lines) - 1) for line in ordered]
    ax.set_yticks([line.y for line in ordered], labels, ha="left")
    ax.tick_params(axis="y", pad=sum(left))
    for line, tick in zip(ordered, ax.get_yticklabels(), strict=True):
        tick.set(**style.text_style(tick.get_text(), bold=line.row is None))
        tick.set_verticalalignment("center")
    header = f"{wording.capitalise(result.scale.measure_label)} [{level} CI]"
    beside = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), x=_GAP, units="points")
    for line, text in zip(ordered, ax.texts[: len(lines)], strict=True):
        shown = header if line.y == len(lines) - 1 else text.get_text().strip(" ")
        text.set_text(shown)
        text.set_transform(beside)
        text.set_position((1.0, line.y))
        text.set(**style.text_style(shown, bold=line.row is None))
        text.set_gid(f"effect:{line.y}")
    for line in ordered:
        top = line.y == len(lines) - 1
        shown = "k" if top else ("" if line.row is None else str(line.row.k))
        if shown:
            ax.annotate(
                shown,
                (0.0, line.y),
                xycoords=ax.get_yaxis_transform(),
                xytext=(-_GAP, 0.0),
                textcoords="offset points",
                ha="right",
                va="center",
                annotation_clip=False,
                gid=f"k:{line.y}",
                **style.text_style(shown, bold=top),
            )


def _label(line: SensitivityLine, *, top: bool) -> str:
    if top:
        return "Analysis"
    if line.row is None:
        return style.drawable(wording.wrap(line.heading, _LABEL_COLUMNS, 1))
    return "   " + style.drawable(wording.wrap(line.row.label, _LABEL_COLUMNS, 1))


def _left_widths(lines: Sequence[SensitivityLine]) -> tuple[float, float]:
    """Return the widths of the names and of everything between them and the axes."""
    top = len(lines) - 1
    names = max(style.text_width(_label(line, top=line.y == top), bold=line.row is None) for line in lines)
    return names, _GAP + style.text_width("000") + _GAP


def mark_plan(ax: Axes, lines: Sequence[SensitivityLine]) -> None:
    """Draw the planned analysis as a diamond, and its estimate down through its group."""
    planned = {line.y for line in lines if line.row is not None and line.row.name == "main"}
    squares = ax.collections[1]
    if isinstance(squares, PathCollection):
        squares.set_sizes([0.0 if y in planned else SQUARE_AREA for y in range(len(lines))])
    for line in lines:
        row = line.row
        if row is None or row.name != "main" or row.estimate is None:
            continue
        last = min(other.y for other in lines if other.row is not None and other.row.group == row.group)
        ax.plot(
            [row.estimate, row.estimate],
            [last - 0.45, line.y],
            color=style.POOLED,
            linewidth=0.8,
            linestyle=(0, (1, 1.6)),
            marker="",
            zorder=1,
            gid=f"planned:{row.group}",
        )
        ax.plot(
            [row.estimate],
            [line.y],
            marker="D",
            markersize=5.6,
            markerfacecolor=style.POOLED,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="",
            zorder=4,
            gid=f"main:{row.group}",
        )


def mark_cuts(ax: Axes, lines: Sequence[SensitivityLine], limits: Limits) -> None:
    """End intervals that leave the axis in arrowheads."""
    for line in lines:
        row = line.row
        if row is None or row.low is None or row.high is None:
            continue
        ends = (
            ("low", row.low < limits.low, limits.low, "<"),
            ("high", row.high > limits.high, limits.high, ">"),
        )
        for name, cut, edge, marker in ends:
            if cut:
                ax.plot(
                    [edge],
                    [line.y],
                    marker=marker,
                    markersize=4.2,
                    markerfacecolor=style.INK,
                    markeredgewidth=0.0,
                    linestyle="",
                    clip_on=False,
                    zorder=4,
                    gid=f"arrow-{name}:{row.group}:{row.name}",
                )


def fit_figure(
    figure: Figure, ax: Axes, rows: Sequence[SensitivityRow], result: AnalysisResult, *, title: bool
) -> None:
    """Give a new figure the size its text needs, and write the title."""
    lines = stack_lines(rows, tuple(dict.fromkeys(row.group for row in rows)))
    left = 10.0 + sum(_left_widths(lines))
    right = max(style.text_width(text.get_text(), bold=True) for text in ax.texts[: len(lines)]) + _GAP + 10.0
    words = (
        style.wrap_to(result.title, left + GRAPHIC + right - 20.0, style.TITLE_SIZE, bold=True)
        if title
        else ()
    )
    top = 8.0 + (style.text_height(len(words), style.TITLE_SIZE) + 4.0 if words else 0.0)
    body, bottom = ROW * len(lines), 36.0
    width, height = left + GRAPHIC + right, top + body + bottom
    figure.set_size_inches(width / 72.0, height / 72.0)
    ax.set_position((left / width, bottom / height, GRAPHIC / width, body / height))
    for gid, y in (("rule:top", top), ("rule:header", top + ROW)):
        ends = [10.0 / width, 1.0 - 10.0 / width]
        height_of_rule = 1.0 - y / height
        figure.add_artist(
            Line2D(
                ends, [height_of_rule] * 2, color=style.INK, linewidth=0.7, marker="", linestyle="-", gid=gid
            )
        )
    for number, line in enumerate(words):
        shown = style.drawable(line)
        y = 1.0 - (8.0 + style.text_height(number, style.TITLE_SIZE)) / height
        figure.text(
            10.0 / width, y, shown, va="top", gid=f"title:{number + 1}",
            **style.text_style(shown, size=style.TITLE_SIZE, bold=True),
        )  # fmt: skip
