"""Places on axes of a known size, in 1/72 inch: rectangles, lines, and how values become places. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

Spot = tuple[float, float]
Line = tuple[Spot, Spot]


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

    def crossed_by(self, line: Line) -> bool:
        """Say whether a straight line touches this rectangle (Liang & Barsky 1984)."""
        (x0, y0), (x1, y1) = line
        enter, leave = 0.0, 1.0
        for step, room_low, room_high in (
            (x1 - x0, self.left - x0, self.right - x0),
            (y1 - y0, self.bottom - y0, self.top - y0),
        ):
            if step == 0.0:
                if room_low > 0.0 or room_high < 0.0:
                    return False
                continue
            first, last = sorted((room_low / step, room_high / step))
            enter, leave = max(enter, first), min(leave, last)
        return enter <= leave


def polyline(spots: Sequence[Spot], *, most: int = 40) -> tuple[Line, ...]:
    """Return a curve as at most `most` straight lines."""
    step = max(1, math.ceil((len(spots) - 1) / most))
    kept = [*spots[:-1:step], spots[-1]] if len(spots) > 1 else []
    return tuple(itertools.pairwise(kept))


@dataclass(frozen=True, slots=True)
class Sheet:
    """Axes of a known size: turns values into places in 1/72 inch from the lower left corner."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float

    def at(self, x: float, y: float) -> Spot:
        """Return where a pair of values stands."""
        (x0, x1), (y0, y1) = self.x, self.y
        return (x - x0) / (x1 - x0) * self.width, (y - y0) / (y1 - y0) * self.height

    def curve(self, xs: Sequence[float], ys: Sequence[float]) -> tuple[Line, ...]:
        """Return a curve of values as lines that no name may lie on."""
        return polyline([self.at(x, y) for x, y in zip(xs, ys, strict=True)])

    def frame(self, *, right: float = 0.0, top: float = 0.0) -> Box:
        """Return the axes as a frame for names, wider by what is free beside them."""
        return Box(0.0, 0.0, self.width + right, self.height + top)
