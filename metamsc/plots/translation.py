"""Translational panel: results in animals beside results in people, theme by theme, never pooled.

Artists have a `gid`: ``est:<plan>:<pool>``, ``ci:...``, ``pi:...``, ``null:<setting>``,
``gap:<setting>:<theme>``. Where people stand below animals, both share one axis, that of "all".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots import page, style
from metamsc.plots.translation_layout import (
    FOOT,
    INDENT,
    SIDES,
    TRANSLATION_MARGIN,
    TranslationCell,
    TranslationLayout,
    translation_layout,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.translation import TranslationRow

_BAND = 15.0
"""Height of the bar behind the name of a theme."""


def draw_translation(
    rows: Sequence[TranslationRow], *, ax: Axes | None = None, title: str = "", width: float | None = None
) -> Axes:
    """Draw results in animals and in people side by side.

    Parameters
    ----------
    rows : sequence of TranslationRow
        From :func:`metamsc.analysis.translation.translate`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres. Where it is small, people stand below animals, theme by theme.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top. Squares are animals, diamonds people.

    Raises
    ------
    InputError
        If no row has an effect.
    OptionError
        If the width is too small; says the least one.
    """
    layout = translation_layout(rows, width=width if ax is None else None)
    room = layout.room
    if ax is None:
        margins = page.Margins(left=0.0, right=TRANSLATION_MARGIN, top=2.0, bottom=2.0)
        ax = page.new_axes(room.width, layout.height, margins, title=title, caption=layout.caption)
    page.blank_axes(ax, room.width, layout.height)
    for setting, name in (("all", ""),) if room.stacked else SIDES:
        start = room.starts.get(setting, 0.0)
        if name:
            page.write(
                ax, start + INDENT, layout.top / 2.0 - 2.0, name, bold=True, size=style.TITLE_SIZE,
                gid=f"side:{setting}",
            )  # fmt: skip
        _draw_axis(ax, layout, start + room.words, setting)
    for top, theme in layout.themes:
        ax.axhspan(top, top + _BAND, color=style.BAND, linewidth=0.0, zorder=0, gid=f"band:{theme}")
        page.write(
            ax, INDENT, top + _BAND / 2.0, theme, size=room.size, bold=True, va="center", gid=f"theme:{theme}"
        )
    for cell in layout.cells:
        _draw_cell(ax, cell, layout)
    return ax


def _at(value: float, layout: TranslationLayout, left: float) -> float:
    """Return where a value stands on a graphic that begins at `left`; beyond the axis at its end."""
    x = layout.x
    share = (min(max(value, x.low), x.high) - x.low) / (x.high - x.low)
    return left + layout.room.graphic * share


def _draw_axis(ax: Axes, layout: TranslationLayout, left: float, setting: str) -> None:
    size, wide = layout.room.size, layout.room.graphic
    bottom = layout.height - FOOT + 2.0
    ax.plot(
        [left, left + wide], [bottom, bottom], color=style.INK, linewidth=0.7, zorder=1, gid=f"axis:{setting}"
    )
    for value, text in zip(*layout.ticks, strict=True):
        at = _at(value, layout, left)
        ax.plot(
            [at, at], [bottom, bottom + 3.0], color=style.INK, linewidth=0.7, zorder=1,
            gid=f"tick:{setting}:{text}",
        )  # fmt: skip
        page.write(
            ax,
            at,
            bottom + 10.0,
            text,
            size=size,
            ha="center",
            va="center",
            gid=f"tick-text:{setting}:{text}",
        )
    page.write(
        ax, left + wide / 2.0, bottom + 23.0, "SMD, better →", size=size, ha="center", va="center",
        gid=f"axis-text:{setting}",
    )  # fmt: skip
    at = _at(0.0, layout, left)
    ax.plot([at, at], [layout.top, bottom], color=style.INK, linewidth=0.7, zorder=1, gid=f"null:{setting}")


def _draw_cell(ax: Axes, cell: TranslationCell, layout: TranslationLayout) -> None:
    usual = layout.room.size
    for number, (line, size) in enumerate(cell.lines):
        y = cell.y + (number - (len(cell.lines) - 1) / 2.0) * 1.27 * usual
        gid = (
            f"gap:{cell.setting}:{cell.theme}"
            if cell.row is None
            else f"text:{cell.row.analysis}:{cell.row.stratum}:{number}"
        )
        color = style.INK if size == usual and cell.row is not None else style.SOFT
        page.write(ax, cell.x + INDENT, y, line, va="center", size=size, color=color, gid=gid)
    row = cell.row
    if row is None or row.estimate is None or row.ci is None:
        return
    name, left = f"{row.analysis}:{row.stratum}", cell.x + layout.room.words
    color = style.STUDY if cell.setting == "preclinical" else style.POOLED
    if row.pi is not None:
        _bar(ax, (row.pi.low, row.pi.high), cell.y, layout, left, (style.PREDICTION, 1.1), f"pi:{name}")
    _bar(ax, (row.ci.low, row.ci.high), cell.y, layout, left, (color, 3.2), f"ci:{name}")
    ax.plot(
        [_at(row.estimate, layout, left)], [cell.y], "s" if cell.setting == "preclinical" else "D",
        markersize=6.0, color=color, markeredgecolor="white", markeredgewidth=0.8, zorder=5,
        gid=f"est:{name}",
    )  # fmt: skip


def _bar(
    ax: Axes,
    ends: tuple[float, float],
    y: float,
    layout: TranslationLayout,
    left: float,
    look: tuple[str, float],
    gid: str,
) -> None:
    """Draw an interval, ended in arrowheads where it leaves the axis."""
    (color, width), x = look, layout.x
    at = [_at(end, layout, left) for end in ends]
    ax.plot(
        at, [y, y], color=color, linewidth=width, solid_capstyle="butt", zorder=3 if width < 2 else 4, gid=gid
    )
    for beyond, edge, marker in ((ends[0] < x.low, at[0], "<"), (ends[1] > x.high, at[1], ">")):
        if beyond:
            ax.plot(
                [edge],
                [y],
                marker=marker,
                color=color,
                markersize=4.5,
                zorder=5,
                clip_on=False,
                gid=f"arrow{marker}:{gid}",
            )
