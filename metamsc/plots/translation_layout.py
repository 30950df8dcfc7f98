"""Where the parts of a translational panel stand: animals beside people, or above them. Frozen data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import column, page, style
from metamsc.plots.numbers import format_count, format_number
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.strata_words import pool_words
from metamsc.plots.ticks import Limits, effect_limits
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from metamsc.analysis.translation import TranslationRow

SIDES = (("preclinical", "In animals"), ("clinical", "In people"))
GAP = "no analysis"
INDENT, TRANSLATION_MARGIN, FOOT = 4.0, 8.0, 34.0
"""Left of the words, right of the last graphic, below the rows for the axis; in points."""
_WORDS, _GRAPHIC, _BETWEEN = 172.0, 150.0, 20.0
_LEAST_WORDS, _LEAST_GRAPHIC = 14.5, 70.0
"""Of words in sizes of type, of a graphic in points."""
_THEME, _HEAD, _LINE, _PAD = 17.0, 20.0, 1.27, 10.0
_MOST_NAME_LINES = 2


@dataclass(frozen=True, slots=True)
class TranslationCell:
    """One side of one line: a result, or a gap. `x` and `y` are the left end and the middle, in points."""

    setting: str
    theme: str
    y: float
    row: TranslationRow | None
    x: float = 0.0
    lines: tuple[tuple[str, float], ...] = ()
    """What is written left of the interval, with the size of its type."""

    @property
    def words(self) -> tuple[str, ...]:
        """Lines left of the interval: the outcome; the pool, studies and participants."""
        if self.row is None:
            return (GAP,)
        row = self.row
        name = row.outcome_label if row.measure == "SMD" else f"{row.outcome_label} ({row.measure})"
        if row.estimate is None:
            return (name, "not computable")
        size = "" if row.participants is None else f", n\u00a0=\u00a0{format_count(row.participants)}"
        pool = pool_words(row.stratum, animal=row.setting == Setting.PRECLINICAL)
        return (name, f"{pool}: k\u00a0=\u00a0{row.k}{size}")

    @property
    def effect(self) -> str:
        """Estimate and interval in text; "" where there is none."""
        row = self.row
        if row is None or row.estimate is None or row.ci is None:
            return ""
        low, high = (format_number(end, 2) for end in (row.ci.low, row.ci.high))
        return f"{format_number(row.estimate, 2)} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class TranslationRoom:
    """How the width is shared out, in points; `stacked` where people stand below animals."""

    size: float
    words: float
    graphic: float
    stacked: bool

    @property
    def side(self) -> float:
        """Width of words and graphic."""
        return self.words + self.graphic

    @property
    def starts(self) -> dict[str, float]:
        """Left end of each setting."""
        step = 0.0 if self.stacked else self.side + _BETWEEN
        return {setting: number * step for number, (setting, _) in enumerate(SIDES)}

    @property
    def width(self) -> float:
        """Of both sides."""
        return max(self.starts.values()) + self.side


@dataclass(frozen=True, slots=True)
class TranslationLayout:
    """The panel."""

    cells: tuple[TranslationCell, ...]
    themes: tuple[tuple[float, str], ...]
    """Top of the heading, and name."""
    room: TranslationRoom
    x: Limits
    ticks: tuple[tuple[float, ...], tuple[str, ...]]
    top: float
    """Where the first theme begins."""
    height: float
    caption: tuple[str, ...]


def translation_layout(rows: Sequence[TranslationRow], *, width: float | None = None) -> TranslationLayout:
    """Set animals left and people right of each other; what only one side has leaves a gap. Pure.

    Parameters
    ----------
    rows : sequence of TranslationRow
    width : float, optional
        Of the whole figure, in millimetres. Where it is small, people stand below animals, theme by theme.

    Raises
    ------
    InputError
        If there is nothing on either side.
    OptionError
        If the panel does not fit in the smallest type; says the least width.
    """
    known = [row for row in rows if row.estimate is not None]
    if not known:
        raise InputError("no analysis gives a standardised effect: there is nothing to compare.")
    room = _room(width)
    x = effect_limits(
        [row.estimate for row in known if row.estimate is not None],
        [(row.ci.low, row.ci.high) for row in known if row.ci is not None],
        [(row.pi.low, row.pi.high) for row in known if row.pi is not None],
        0.0,
    )
    top = 2.0 if room.stacked else _HEAD
    cells, themes, end = _stack(rows, room, top)
    return TranslationLayout(
        cells=cells,
        themes=themes,
        room=room,
        x=x,
        ticks=column.ticks_within(x, room.graphic, ratio=False, size=room.size),
        top=top,
        height=end + FOOT,
        caption=_caption(rows),
    )


def _room(width: float | None) -> TranslationRoom:
    def side(size: float) -> float:
        return _LEAST_WORDS * size + _LEAST_GRAPHIC

    if width is None:
        return TranslationRoom(style.SIZE, _WORDS, _GRAPHIC, stacked=False)
    room = width * POINTS_PER_MM - 2 * page.EDGE - TRANSLATION_MARGIN
    stacked = 2 * side(style.SIZE) + _BETWEEN > room
    size = column.type_size(width, lambda size: side(size) + 2 * page.EDGE + TRANSLATION_MARGIN)
    one = room if stacked else (room - _BETWEEN) / 2.0
    words, graphic = column.divide(one, _WORDS, _LEAST_WORDS * size, _LEAST_GRAPHIC)
    return TranslationRoom(size, words, graphic, stacked)


def _stack(
    rows: Sequence[TranslationRow], room: TranslationRoom, y: float
) -> tuple[tuple[TranslationCell, ...], tuple[tuple[float, str], ...], float]:
    """Return cells and headings from `y` down, and where the last one ends."""
    cells: list[TranslationCell] = []
    themes = []
    for theme in dict.fromkeys(row.theme for row in rows):
        themes.append((y, theme))
        y += _THEME
        sides = [[row for row in rows if row.theme == theme and row.setting == s] for s, _ in SIDES]
        for line in range(max(len(side) for side in sides)):
            found = [
                TranslationCell(setting, theme, 0.0, side[line] if line < len(side) else None)
                for (setting, _), side in zip(SIDES, sides, strict=True)
                if line < len(side) or line == 0
            ]
            for together in [[cell] for cell in found] if room.stacked else [found]:
                filled = [replace(cell, lines=_lines(cell, room)) for cell in together]
                tall = max(len(cell.lines) for cell in filled) * _LINE * room.size + _PAD
                cells += [replace(cell, x=room.starts[cell.setting], y=y + tall / 2.0) for cell in filled]
                y += tall
    return tuple(cells), tuple(themes), y


def _lines(cell: TranslationCell, room: TranslationRoom) -> tuple[tuple[str, float], ...]:
    """Return what stands left of an interval, broken to its room."""
    small = column.small(room.size)
    name, *rest = cell.words
    if room.stacked:
        name = f"{dict(SIDES)[cell.setting]}: {name}"
    inside = room.words - 2 * INDENT
    size = small if cell.row is None else room.size
    lines = [(line, size) for line in _broken(name, inside - INDENT, size)]
    for text in filter(None, (*rest, cell.effect)):
        lines += [(line, small) for line in style.wrap_to(text, inside, small)]
    return tuple(lines)


def _broken(name: str, room: float, size: float) -> tuple[str, ...]:
    lines = style.wrap_to(name, room, size)
    if len(lines) <= _MOST_NAME_LINES:
        return lines
    last = style.wrap_to(lines[_MOST_NAME_LINES - 1], room - style.text_width(" …", size), size)[0]
    return (*lines[: _MOST_NAME_LINES - 1], f"{last} …")


def _caption(rows: Sequence[TranslationRow]) -> tuple[str, ...]:
    first = "Standardised mean differences (Hedges' g), by each analysis' own plan; right of 0 is better."
    if any(row.measure == "OR" and row.estimate is not None for row in rows):
        first += " OR: log odds ratio × √3/π, read as one."
    first += (
        " Squares: animals, diamonds: people. Thick bar: confidence interval, thin bar: prediction interval."
        " Animals and people are not pooled."
    )
    notes = [f"{row.outcome_label}: {row.note}" for row in rows if row.note]
    return (first, *([f"{'; '.join(notes)}."] if notes else []))
