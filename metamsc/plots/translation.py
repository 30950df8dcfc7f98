"""Translational panel: results in animals beside results in people, theme by theme, never pooled.

Artists have a `gid`: ``est:<plan>:<pool>``, ``ci:...``, ``pi:...``, ``null:<setting>``,
``gap:<setting>:<theme>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import page, style
from metamsc.plots.numbers import format_count, format_number
from metamsc.plots.strata_words import pool_words
from metamsc.plots.ticks import Limits, effect_limits, linear_ticks
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.translation import TranslationRow

SIDES = (("preclinical", "In animals"), ("clinical", "In people"))
GAP = "no analysis"
_WORDS, _GRAPHIC, _BETWEEN = 172.0, 150.0, 20.0
_ROW, _THEME, _HEAD, _FOOT = 44.0, 17.0, 20.0, 34.0


@dataclass(frozen=True, slots=True)
class TranslationCell:
    """One side of one line: a result, or a gap. `y` is the middle, in points from the top."""

    setting: str
    theme: str
    y: float
    row: TranslationRow | None

    @property
    def words(self) -> tuple[str, ...]:
        """Lines left of the interval: the outcome; the pool, studies and participants."""
        if self.row is None:
            return (GAP,)
        row = self.row
        name = row.outcome_label if row.measure == "SMD" else f"{row.outcome_label} ({row.measure})"
        if row.estimate is None:
            return (name, "not computable")
        size = "" if row.participants is None else f", n = {format_count(row.participants)}"
        return (
            name,
            f"{pool_words(row.stratum, animal=row.setting == Setting.PRECLINICAL)}: k = {row.k}{size}",
        )

    @property
    def effect(self) -> str:
        """Estimate and interval in text; "" where there is none."""
        row = self.row
        if row is None or row.estimate is None or row.ci is None:
            return ""
        low, high = (format_number(end, 2) for end in (row.ci.low, row.ci.high))
        return f"{format_number(row.estimate, 2)} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class TranslationLayout:
    """The panel."""

    cells: tuple[TranslationCell, ...]
    themes: tuple[tuple[float, str], ...]
    """Top of the heading, and name."""
    x: Limits
    ticks: tuple[tuple[float, ...], tuple[str, ...]]
    height: float
    caption: tuple[str, ...]


def translation_layout(rows: Sequence[TranslationRow]) -> TranslationLayout:
    """Set animals left and people right of each other; what only one side has leaves a gap. Pure.

    Raises
    ------
    InputError
        If there is nothing on either side.
    """
    known = [row for row in rows if row.estimate is not None]
    if not known:
        raise InputError("no analysis gives a standardised effect: there is nothing to compare.")
    cells: list[TranslationCell] = []
    themes, y = [], _HEAD
    for theme in dict.fromkeys(row.theme for row in rows):
        themes.append((y, theme))
        y += _THEME
        sides = [[row for row in rows if row.theme == theme and row.setting == s] for s, _ in SIDES]
        for line in range(max(len(side) for side in sides)):
            for (setting, _), side in zip(SIDES, sides, strict=True):
                if line < len(side) or line == 0:
                    cells.append(
                        TranslationCell(
                            setting, theme, y + _ROW / 2.0, side[line] if line < len(side) else None
                        )
                    )
            y += _ROW
    x = effect_limits(
        [row.estimate for row in known if row.estimate is not None],
        [(row.ci.low, row.ci.high) for row in known if row.ci is not None],
        [(row.pi.low, row.pi.high) for row in known if row.pi is not None],
        0.0,
    )
    return TranslationLayout(
        cells=tuple(cells),
        themes=tuple(themes),
        x=x,
        ticks=linear_ticks(x, 5),
        height=y + _FOOT,
        caption=_caption(rows),
    )


def _caption(rows: Sequence[TranslationRow]) -> tuple[str, ...]:
    first = "Standardised mean differences (Hedges' g), by each analysis' own plan; right of 0 is better."
    if any(row.measure == "OR" and row.estimate is not None for row in rows):
        first += " OR: log odds ratio × √3/π, read as one."
    first += (
        " Thick bar: confidence interval, thin bar: prediction interval. Animals and people are not pooled."
    )
    notes = [f"{row.outcome_label}: {row.note}" for row in rows if row.note]
    return (first, *([f"{'; '.join(notes)}."] if notes else []))


def draw_translation(rows: Sequence[TranslationRow], *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw results in animals and in people side by side.

    Parameters
    ----------
    rows : sequence of TranslationRow
        From :func:`metamsc.analysis.translation.translate`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with caption.
    title : str
        Above a new figure.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top.

    Raises
    ------
    InputError
        If no row has an effect.
    """
    layout = translation_layout(rows)
    side = _WORDS + _GRAPHIC
    width = 2 * side + _BETWEEN
    if ax is None:
        margins = page.Margins(left=0.0, right=8.0, top=2.0, bottom=2.0)
        ax = page.new_axes(width, layout.height, margins, title=title, caption=layout.caption)
    page.blank_axes(ax, width, layout.height)
    starts = {setting: number * (side + _BETWEEN) for number, (setting, _) in enumerate(SIDES)}
    for setting, name in SIDES:
        _draw_axis(ax, layout, starts[setting], name, setting)
    for top, theme in layout.themes:
        ax.axhspan(top, top + _THEME - 2.0, color=style.BAND, linewidth=0.0, zorder=0, gid=f"band:{theme}")
        page.write(ax, 4.0, top + (_THEME - 2.0) / 2.0, theme, bold=True, va="center", gid=f"theme:{theme}")
    for cell in layout.cells:
        _draw_cell(ax, cell, layout.x, starts[cell.setting])
    return ax


def _at(value: float, x: Limits, start: float) -> float:
    """Return where a value stands, in points; beyond the axis at its end."""
    share = (min(max(value, x.low), x.high) - x.low) / (x.high - x.low)
    return start + _WORDS + _GRAPHIC * share


def _draw_axis(ax: Axes, layout: TranslationLayout, start: float, name: str, setting: str) -> None:
    bottom = layout.height - _FOOT + 2.0
    page.write(
        ax, start + 4.0, _HEAD / 2.0 - 2.0, name, bold=True, size=style.TITLE_SIZE, gid=f"side:{setting}"
    )
    left = start + _WORDS
    ax.plot(
        [left, left + _GRAPHIC], [bottom, bottom], color=style.INK, linewidth=0.7, zorder=1,
        gid=f"axis:{setting}",
    )  # fmt: skip
    for value, text in zip(*layout.ticks, strict=True):
        at = _at(value, layout.x, start)
        ax.plot(
            [at, at], [bottom, bottom + 3.0], color=style.INK, linewidth=0.7, zorder=1,
            gid=f"tick:{setting}:{text}",
        )  # fmt: skip
        page.write(ax, at, bottom + 10.0, text, ha="center", va="center", gid=f"tick-text:{setting}:{text}")
    page.write(ax, left + _GRAPHIC / 2.0, bottom + 23.0, "SMD, better →", ha="center", va="center",
               gid=f"axis-text:{setting}")  # fmt: skip
    at = _at(0.0, layout.x, start)
    ax.plot([at, at], [_HEAD, bottom], color=style.INK, linewidth=0.7, zorder=1, gid=f"null:{setting}")


def _draw_cell(ax: Axes, cell: TranslationCell, x: Limits, start: float) -> None:
    name, *rest = cell.words
    size = style.SMALL if cell.row is None else style.SIZE
    lines = [(line, size) for line in style.wrap_to(name, _WORDS - 14.0, size)[:2]]
    for text in filter(None, (*rest, cell.effect)):
        lines += [(line, style.SMALL) for line in style.wrap_to(text, _WORDS - 10.0, style.SMALL)]
    for number, (line, size) in enumerate(lines):
        y = cell.y + (number - (len(lines) - 1) / 2.0) * 9.5
        color = style.INK if size == style.SIZE else style.SOFT
        gid = (
            f"gap:{cell.setting}:{cell.theme}"
            if cell.row is None
            else f"text:{cell.row.analysis}:{cell.row.stratum}:{number}"
        )
        page.write(ax, start + 4.0, y, line, va="center", size=size, color=color, gid=gid)
    row = cell.row
    if row is None or row.estimate is None or row.ci is None:
        return
    name = f"{row.analysis}:{row.stratum}"
    color = style.STUDY if cell.setting == "preclinical" else style.POOLED
    y = cell.y
    if row.pi is not None:
        _bar(ax, (row.pi.low, row.pi.high), y, x, start, (style.PREDICTION, 1.1), f"pi:{name}")
    _bar(ax, (row.ci.low, row.ci.high), y, x, start, (color, 3.2), f"ci:{name}")
    ax.plot(
        [_at(row.estimate, x, start)], [y], "D", markersize=6.0, color=color, markeredgecolor="white",
        markeredgewidth=0.8, zorder=5, gid=f"est:{name}",
    )  # fmt: skip


def _bar(
    ax: Axes, ends: tuple[float, float], y: float, x: Limits, start: float, look: tuple[str, float], gid: str
) -> None:
    """Draw an interval, ended in arrowheads where it leaves the axis."""
    color, width = look
    at = [_at(end, x, start) for end in ends]
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
