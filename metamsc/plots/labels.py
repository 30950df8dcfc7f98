"""Where the names of points go: over no point, no line and no other name. Pure arithmetic, in 1/72 inch.

Names of few points stand beside them or, where it is crowded, a little off with a thin leader. A name for
which no place is left becomes a number, which the caption explains; of very many points only those with room
are named, and the caption counts the rest. Greedy, in the order given, so the same figure is always labelled
the same. Packages for this (adjustText, textalloc) move artists that are drawn already: their places could be
neither tested as data nor told to a caption, whose height must be known before there are axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from metamsc.plots import style
from metamsc.plots.sheet import Box, Line, Spot

_GAP, _RADIUS, _PAD = 2.5, 2.5, 2.0
_NEAR = ((0, 0.0), (180, 0.0), (90, 0.0), (270, 0.0), (40, 0.0), (-40, 0.0), (140, 0.0), (-140, 0.0))
_FAR = tuple((angle, off) for off in (7.0, 14.0, 22.0, 32.0) for angle in range(0, 360, 24))
_FARTHEST = tuple((angle, off) for off in (10.0, 18.0, 28.0, 42.0, 60.0, 80.0) for angle in range(0, 360, 9))
"""Directions in degrees and distances of a name from its point, the best first; far ones have a leader."""
_KEPT = "\u00a0"
"""Keeps a number and its name on one line."""
_RETRIES, _CLUSTER = 3, 24.0
"""How often it is tried again with more numbers, and how near to an unnamed point names give way to them."""
LED_UP_TO = 30
"""More points are named only right beside them: leaders would be a thicket."""
KEYED_UP_TO = 40
"""As many points as this are all named, by a number at least; of more, the caption counts the unnamed."""


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A name or number beside its point: offset of the anchor from the point, which end is anchored."""

    number: int
    """Which point, as they were given."""
    text: str
    dx: float
    dy: float
    align: str
    leader: tuple[Spot, Spot] | None = None
    """Ends of the leader, as offsets from the point; None beside it."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """What is written beside the points, and what the caption has to say about the others."""

    placed: tuple[PlacedLabel, ...]
    key: tuple[tuple[int, str], ...] = ()
    """Numbers that stand for names: (number, name)."""
    unnamed: int = 0

    def caption(self) -> tuple[str, ...]:
        """Return the sentences that name what the figure has no room for; none where all are named."""
        parts = []
        if self.key:
            told = "; ".join(f"{number}{_KEPT}{name}" for number, name in self.key)
            parts.append(f"Numbers: {told}.")
        if self.unnamed:
            points = "1 point is" if self.unnamed == 1 else f"{self.unnamed} points are"
            parts.append(f"{points} unnamed for want of room.")
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class _Points:
    """What is to be named: places and radii in points, names, size of the letters."""

    places: tuple[Spot, ...]
    radii: tuple[float, ...]
    texts: tuple[str, ...]
    size: float


@dataclass(slots=True)
class _Page:
    """What is taken already; the only thing here that changes."""

    frame: Box
    taken: list[Box]
    """The points, and after them what has been written."""
    lines: list[Line]
    n_points: int

    @classmethod
    def new(cls, points: _Points, frame: Box, lines: Sequence[Line]) -> _Page:
        """Return a page with nothing written on it yet."""
        circles = zip(points.places, points.radii, strict=True)
        taken = [Box(x - r, y - r, x + r, y + r) for (x, y), r in circles]
        return cls(frame, taken, list(lines), len(taken))

    def is_free(self, box: Box) -> bool:
        padded = Box(box.left - _PAD, box.bottom - _PAD / 2, box.right + _PAD, box.top + _PAD / 2)
        return (
            box.inside(self.frame)
            and not any(padded.overlaps(other) for other in self.taken)
            and not any(padded.crossed_by(line) for line in self.lines)
        )

    def is_open(self, leader: Line, own: int, *, over_points: bool) -> bool:
        """Say whether a leader crosses no name and, unless it may, no other point."""
        first = self.n_points if over_points else 0
        return not any(box.crossed_by(leader) for n, box in enumerate(self.taken) if n >= first and n != own)


def place_labels(
    places: Sequence[Spot],
    texts: Sequence[str],
    frame: Box,
    *,
    radii: Sequence[float] | None = None,
    size: float = style.SMALL,
    lines: Sequence[Line] = (),
    order: Sequence[int] | None = None,
) -> Labelling:
    """Find a place for each name.

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
    lines : sequence of ((x, y), (x, y))
        What no name may lie on; leaders may cross them.
    order : sequence of int, optional
        Which points are named first; the order given when left out.

    Returns
    -------
    Labelling
        All names, numbers where there is no room for a name, or for many points the number of the unnamed.
    """
    sizes = [_RADIUS] * len(places) if radii is None else list(radii)
    points = _Points(tuple(places), tuple(sizes), tuple(texts), size)
    page = partial(_Page.new, points, frame, lines)
    sequence = list(range(len(places)) if order is None else order)
    if len(places) > KEYED_UP_TO:
        empty = page()
        placed = [_find(empty, points, number, texts[number], _NEAR) for number in sequence]
        return Labelling(tuple(found for found in placed if found is not None), (), placed.count(None))
    best, missed = _attempt(page(), points, sequence, set())
    numbered: set[int] = set()
    for _ in range(_RETRIES):
        if not missed:
            break
        # whoever is near them gets a number too: names around a cluster would wall it in
        numbered |= {n for n in sequence if any(math.dist(places[n], places[m]) < _CLUSTER for m in missed)}
        other, still = _attempt(page(), points, sequence, numbered)
        if len(still) < len(missed):
            best, missed = other, still
    return best


def _attempt(
    page: _Page, points: _Points, order: Sequence[int], numbered: set[int]
) -> tuple[Labelling, tuple[int, ...]]:
    """Label all points, some by number from the start; the numbers of those without a label come second."""
    placed: list[PlacedLabel] = []
    key: list[tuple[int, str]] = []
    unnamed: list[int] = []

    def number_it(point: int) -> None:
        text = str(len(key) + 1)
        found = _find(page, points, point, text, (*_NEAR, *_FAR)) or _find(
            page, points, point, text, _FARTHEST, over_points=True
        )
        if found is None:
            unnamed.append(point)
        else:
            placed.append(found)
            key.append((len(key) + 1, points.texts[point]))

    for point in sorted(numbered):
        number_it(point)
    left = []
    spots = _NEAR if len(points.places) > LED_UP_TO else (*_NEAR, *_FAR)
    for point in order:
        if point in numbered:
            continue
        found = _find(page, points, point, points.texts[point], spots)
        if found is None:
            left.append(point)
        else:
            placed.append(found)
    for point in sorted(left):
        number_it(point)
    return Labelling(tuple(placed), tuple(key), len(unnamed)), tuple(unnamed)


def _find(
    page: _Page,
    points: _Points,
    number: int,
    text: str,
    spots: Sequence[tuple[float, float]],
    *,
    over_points: bool = False,
) -> PlacedLabel | None:
    """Return the first free place of a text, which is then taken."""
    place, radius = points.places[number], points.radii[number]
    for candidate, box in _candidates(place, radius, number, text, points.size, spots):
        if not page.is_free(box):
            continue
        if candidate.leader is not None:
            (x0, y0), (x1, y1) = candidate.leader
            leader = ((place[0] + x0, place[1] + y0), (place[0] + x1, place[1] + y1))
            if not page.is_open(leader, number, over_points=over_points):
                continue
            page.lines.append(leader)
        page.taken.append(box)
        return candidate
    return None


def _candidates(
    place: Spot, radius: float, number: int, text: str, size: float, spots: Sequence[tuple[float, float]]
) -> Iterator[tuple[PlacedLabel, Box]]:
    """Yield places around a point, best first, each with the rectangle that it takes."""
    half, width = style.text_height(1, size) / 2.0, style.text_width(text, size)
    for angle, off in spots:
        across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        away = radius + _GAP + off
        align = "left" if across > 0.3 else "right" if across < -0.3 else "center"
        dx = away * across if align != "center" else 0.0
        dy = away * up + half * up
        if off == 0.0 and align != "center" and abs(up) > 0.1:
            dx = (radius + _GAP) * (0.7 if align == "left" else -0.7)
        start = place[0] + dx - {"left": 0.0, "right": width, "center": width / 2.0}[align]
        box = Box(start, place[1] + dy - half, start + width, place[1] + dy + half)
        leader = None
        if off > 0.0:
            end_x = dx - (1.0 if align == "left" else -1.0 if align == "right" else 0.0)
            end_y = dy if align != "center" else dy - half * math.copysign(1.0, up)
            reach = math.hypot(end_x, end_y) or 1.0
            leader = ((radius * end_x / reach, radius * end_y / reach), (end_x, end_y))
        yield PlacedLabel(number, text, dx, dy, align, leader), box
