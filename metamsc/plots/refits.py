"""Refits of one model below each other: leave-one-out and cumulative forest plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import column, page, style, wording
from metamsc.plots.refits_layout import RefitText, refit_columns, refit_text
from metamsc.plots.ticks import effect_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.subsets import Refit, Refits

_SQUARE = 4.2


def draw_refits(
    refits: Refits,
    scale: Scale,
    *,
    whole: PooledResult | None = None,
    prefix: str = "",
    title: str = "",
    ax: Axes | None = None,
    width: float | None = None,
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
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        x is the analysis scale, y the number of the refit, down from the top. Artists by `gid`:
        ``est:<row>``, ``ci:<row>``, ``null``, ``whole``, ``whole-ci``, ``name:<row>``,
        ``text:<column>:<row>``.

    Raises
    ------
    InputError
        If no subset could be fitted.
    OptionError
        If the width is too small; says the least one.
    """
    rows = refits.rows
    fitted = [row for row in rows if row is not None]
    if not fitted:
        raise InputError("no subset could be fitted: there is nothing to draw.")
    names = [style.drawable(f"{prefix}{label}") for label in refits.labels]
    columns = refit_columns(rows, scale, fitted[0].ci.level)
    text = refit_text(names, columns, width if ax is None else None)
    margins = page.Margins(left=text.left, right=text.right, top=text.head, bottom=30.0)
    label, margins = page.below_axis(wording.axis_label(scale), margins, text.graphic, text.size)
    if ax is None:
        ax = page.new_axes(text.graphic, text.scale.total, margins, title=title, caption=text.caption())
    wide = [] if whole is None else [(whole.ci.low, whole.ci.high)]
    limits = effect_limits(
        [row.estimate for row in fitted], [(row.ci.low, row.ci.high) for row in fitted], wide, scale.null
    )
    style.quiet_axes(ax)
    text.scale.apply(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xticks(*column.ticks_within(limits, page.size_of(ax)[0], ratio=scale.ratio, size=text.size))
    ax.minorticks_off()
    ax.tick_params(axis="y", left=False, labelleft=False)
    ax.tick_params(axis="x", labelsize=text.size)
    page.heading_texts(ax, label, size=text.size)
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    if whole is not None:
        ax.axvspan(whole.ci.low, whole.ci.high, color=style.BAND, linewidth=0.0, zorder=0, gid="whole-ci")
        ax.axvline(whole.estimate, color=style.POOLED, linewidth=0.8, linestyle=(0, (3, 2)), gid="whole")
    for y, row in enumerate(rows):
        _draw_row(ax, y, row)
    _write(ax, text)
    return ax


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
            ax.plot(
                [edge], [y], marker=marker, color=style.STUDY, markersize=3.5, clip_on=False, zorder=3,
                gid=f"arrow-{'low' if marker == '<' else 'high'}:{y}",
            )  # fmt: skip
    ax.plot([row.estimate], [y], "s", color=style.POOLED, markersize=_SQUARE, zorder=4, gid=f"est:{y}")


def _write(ax: Axes, text: RefitText) -> None:
    """Write names left and columns right of the axes, at fixed distances from it."""
    across, gap = ax.get_yaxis_transform(), column.gap(text.size)
    for y, words in enumerate(text.names):
        anchor = "center" if "\n" in words else "center_baseline"
        ax.annotate(
            words, (0.0, y), xycoords=across, xytext=(-text.left, 0), textcoords="offset points", ha="left",
            va=anchor, annotation_clip=False, gid=f"name:{y}", **style.text_style(words, size=text.size),
        )  # fmt: skip
    at = gap
    for (heading, texts), width in zip(text.columns.items(), text.widths, strict=True):
        middle = at + width / 2.0
        ax.annotate(
            heading, (1.0, 1.0), xycoords="axes fraction", xytext=(middle, 0.6 * text.size),
            textcoords="offset points", ha="center", va="bottom", annotation_clip=False,
            gid=f"heading:{heading}", **style.text_style(heading, size=text.size, bold=True),
        )  # fmt: skip
        for y, words in enumerate(texts):
            ax.annotate(
                words, (1.0, y), xycoords=across, xytext=(middle, 0), textcoords="offset points", ha="center",
                va="center_baseline", annotation_clip=False, gid=f"text:{heading}:{y}",
                **style.text_style(words, size=text.size),
            )  # fmt: skip
        at += width + gap
