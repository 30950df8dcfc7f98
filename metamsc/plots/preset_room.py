"""How much room the parts of a forest plot have: all they like, or what a column of a journal gives."""

from __future__ import annotations

from dataclasses import dataclass

POINTS_PER_MM = 72.0 / 25.4
_SINGLE = 120.0
"""Millimetres below which a figure stands in one of two columns of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Sizes in points, and columns (characters) that texts are wrapped to.

    Attributes
    ----------
    margin : float
        Around the figure.
    gap : float
        Beside the graphic.
    graphic : float
        Least width of the graphic.
    indent : float
        Of what belongs to a group.
    label : int
        Columns of the name of a study.
    note : int
        Columns of the lines below a pooled effect; 0 for as wide as the columns beside the graphic allow.
    below : bool
        Whether heterogeneity and tests stand below the pooled effect; otherwise they are footnotes.
    spare : bool
        Whether the words below the axis may have arrows, and names of pools a line of their own.
    """

    margin: float = 8.0
    gap: float = 14.0
    graphic: float = 190.0
    indent: float = 8.0
    label: int = 40
    note: int = 0
    below: bool = True
    spare: bool = True


FREE = Room()
DOUBLE = Room(margin=3.0, gap=10.0, graphic=120.0, label=32, note=48)
SINGLE = Room(margin=1.0, gap=6.0, graphic=72.0, indent=4.0, label=18, below=False, spare=False)


def room_of(width: float | None) -> Room:
    """Return the room in a figure of so many millimetres; None for a figure as wide as it needs."""
    if width is None:
        return FREE
    return SINGLE if width < _SINGLE else DOUBLE
