"""Where the names of points go: beside their point, over nothing else. Pure arithmetic, in 1/72 inch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.plots import style

_GAP, _RADIUS = 2.5, 2.5
_SIDES = (("left", 0.0), ("right", 0.0), ("center", 1.0), ("center", -1.0), ("left", 1.0), ("left", -1.0),
          ("right", 1.0), ("right", -1.0))  # fmt: skip
"""Which end of the text is at the point, and how many lines it is lifted."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, both corners."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """Say whether two rectangles share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def inside(self, other: Box) -> bool:
        """Say whether this rectangle lies wholly in another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A name beside its point: offset of the anchor from the point, and which end is anchored."""

    number: int
    text: str
    dx: float
    dy: float
    align: str


def place_labels(
    places: Sequence[tuple[float, float]],
    texts: Sequence[str],
    frame: Box,
    *,
    radii: Sequence[float] | None = None,
    size: float = style.SMALL,
) -> tuple[PlacedLabel, ...]:
    """Find a place for each name, the first points first.

    Parameters
    ----------
    places : sequence of (x, y)
        Points in 1/72 inch.
    texts : sequence of str
    frame : Box
        What names must stay in.
    radii : sequence of float, optional
        Of the points; 2.5 when left out.
    size : float
        Size of the letters.

    Returns
    -------
    tuple of PlacedLabel
        Names for which there is no free place are left out.
    """
    half = style.text_height(1, size) / 2.0
    sizes = [_RADIUS] * len(places) if radii is None else radii
    taken = [Box(x - r, y - r, x + r, y + r) for (x, y), r in zip(places, sizes, strict=True)]
    placed = []
    for number, ((x, y), text) in enumerate(zip(places, texts, strict=True)):
        away = sizes[number] + _GAP
        width = style.text_width(text, size)
        for align, lift in _SIDES:
            dx = {"left": away, "right": -away, "center": 0.0}[align]
            dy = lift * (half + away)
            start = x + dx - {"left": 0.0, "right": width, "center": width / 2.0}[align]
            box = Box(start, y + dy - half, start + width, y + dy + half)
            if box.inside(frame) and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                placed.append(PlacedLabel(number, text, dx, dy, align))
                break
    return tuple(placed)
