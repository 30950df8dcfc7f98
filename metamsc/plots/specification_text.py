"""The names of the choices beside a specification curve, fitted to a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.plots import column, page, style
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.specification_layout import OptionLine

OPTION_GAP = 6.0
"""Between the names and the graphic, in points."""
RIGHT = 4.0
"""Right of the graphic, in points."""
_Y_LABEL = 54.0
"""Least room left of the curve: its label and its ticks."""
_LINE = 1.53
"""Height of a line, in sizes of type."""
# The whole is no wider than the text of an A4 page, so that print keeps the size of its letters.
_PAGE, _NARROWEST, _WIDEST = 455.0, 220.0, 400.0
_LEAST_GRAPHIC = 90.0
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class OptionText:
    """Names of the choices from the top down, with the room they take in points."""

    names: tuple[str, ...]
    """Broken into lines."""
    size: float
    """Of the type."""
    left: float
    """Of the names, with the gap to the graphic."""
    graphic: float
    scale: column.RowScale
    """Heights of the lines."""


def option_text(lines: Sequence[OptionLine], width: float | None = None) -> OptionText:
    """Break the names of decisions and options to the room there is, and choose the size of the type.

    Parameters
    ----------
    lines : sequence of OptionLine
    width : float, optional
        Of the whole figure, in millimetres.

    Raises
    ------
    OptionError
        If it does not fit in the smallest type; says the least width.
    """

    def names(size: float, most_lines: int) -> float:
        return max(
            column.least_width(style.drawable(line.text), most_lines, size, bold=line.taken is None)
            for line in lines
        )

    def graphic(size: float) -> float:
        return max(_LEAST_GRAPHIC, column.widest((line.note for line in lines), size) + 2.0)

    def least(size: float) -> float:
        return max(names(size, _MOST_LINES) + OPTION_GAP, _Y_LABEL) + graphic(size) + 2 * page.EDGE + RIGHT

    size = column.type_size(width, least)
    room, wide = names(size, 1), 0.0
    if width is None:
        wide = min(_WIDEST, max(_NARROWEST, _PAGE - max(room + OPTION_GAP, _Y_LABEL) - 2 * page.EDGE - RIGHT))
    else:
        inside = width * POINTS_PER_MM - 2 * page.EDGE - RIGHT - OPTION_GAP
        room = max(room, _Y_LABEL - OPTION_GAP)
        room, wide = column.divide(
            inside, room, max(names(size, _MOST_LINES), _Y_LABEL - OPTION_GAP), graphic(size)
        )
    broken = [
        style.wrap_to(style.drawable(line.text), room + 0.1, size, bold=line.taken is None) for line in lines
    ]
    return OptionText(
        names=tuple("\n".join(part) for part in broken),
        size=size,
        left=max(room + OPTION_GAP, _Y_LABEL),
        graphic=wide,
        scale=column.RowScale(
            tuple(_LINE * size + style.text_height(len(part) - 1, size) for part in broken)
        ),
    )
