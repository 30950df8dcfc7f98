"""Numbers under numbers, points under points, whatever their width, sign or weight of type. Pure.

A cell such as ``−1.20 [−2.10, −0.30]`` is cut at its spaces; each piece has a slot in its column, and a
number is hung up at its decimal point (``18/22`` at the stroke). Widths are given by a function, so nothing
here knows fonts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metamsc.plots.numbers import FIGURE_SPACE

Width = Callable[[str], float]
"""Width of a text in points."""
_NUMBER = re.compile(
    r"[\[(]*[<>]?−?\d+(\.\d+)?(e−?\d+)?%?([/–-]−?\d+(\.\d+)?)?[\])%,;]*|–/\d+(\.\d+)?|\d+(\.\d+)?/–"
)
_CONNECTORS = frozenset({"±", "to", "(SE"})


@dataclass(frozen=True, slots=True)
class Slot:
    """Room for one piece of the cells of a column: points before and after where the piece is hung up."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one column, left to right, and the gap between them."""

    slots: tuple[Slot, ...]
    gap: float
    from_end: bool
    """Whether cells with fewer pieces take the last slots."""

    @property
    def width(self) -> float:
        """Points that all slots take."""
        return sum(slot.before + slot.after for slot in self.slots) + self.gap * max(len(self.slots) - 1, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a cell and its right end, in points left of the column's right end."""

    text: str
    from_right: float


def pieces_of(text: str) -> tuple[str, ...]:
    """Return a cell's pieces if it is made of numbers; () if it is words, which stand as they are."""
    pieces = tuple(piece.strip(FIGURE_SPACE) for piece in text.split(" "))
    pieces = tuple(piece for piece in pieces if piece)
    numbers = [bool(_NUMBER.fullmatch(piece)) for piece in pieces]
    fits = all(number or piece in _CONNECTORS for number, piece in zip(numbers, pieces, strict=True))
    return pieces if fits and any(numbers) else ()


def hang(piece: str) -> tuple[str, str]:
    """Cut a piece where it is hung up: before its stroke or point, else after its last digit."""
    for sign in ("/", "."):
        if sign in piece:
            place = piece.index(sign)
            return piece[:place], piece[place:]
    place = max(
        (index + 1 for index, character in enumerate(piece) if character.isdigit()), default=len(piece)
    )
    return piece[:place], piece[place:]


def template_of(cells: Sequence[tuple[str, Width]], gap: float, *, from_end: bool) -> Template:
    """Return the slots that hold every cell (one line each, with the width function of its type)."""
    rows = [(pieces, width) for text, width in cells if (pieces := pieces_of(text))]
    most = max((len(pieces) for pieces, _ in rows), default=0)
    before, after = [0.0] * most, [0.0] * most
    for pieces, width in rows:
        first = most - len(pieces) if from_end else 0
        for number, piece in enumerate(pieces, start=first):
            head, _ = hang(piece)
            left = width(head)
            before[number] = max(before[number], left)
            after[number] = max(after[number], width(piece) - left)
    return Template(tuple(map(Slot, before, after)), gap, from_end)


def place(text: str, template: Template, width: Width) -> tuple[Piece, ...]:
    """Return the pieces of a cell with their places; the whole text at the right end if it is words."""
    pieces = pieces_of(text)
    if not pieces:
        return (Piece(text, 0.0),)
    first = len(template.slots) - len(pieces) if template.from_end else 0
    placed = []
    for number, piece in enumerate(pieces, start=first):
        later = template.slots[number + 1 :]
        beyond = sum(slot.before + slot.after + template.gap for slot in later)
        head, _ = hang(piece)
        spare = template.slots[number].after - (width(piece) - width(head))
        placed.append(Piece(piece, beyond + spare))
    return tuple(placed)
