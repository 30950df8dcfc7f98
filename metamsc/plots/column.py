"""Figures of a given width, for the column of a journal: how large their letters are, who gets which room.

Letters are as large as ever where there is room, smaller where there is not, and never below what journals
print. Names are broken into lines before anything else gives way. Pure.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metamsc.errors import OptionError
from metamsc.plots import style
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.ticks import MOST_TICKS, Limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_SIZES = (style.SIZE, 7.0, 6.5, style.SMALLEST)
_STEP = 0.5
"""To so many points the least width of a broken name is found."""
_NAMES = 0.5
"""Of the room for names and graphic, names that are broken into lines get so much, or what they need."""

_WIDE_GAP, _GAP = 1.6, 1.1
"""Distance of columns, in sizes of type: in the usual size, and in smaller ones."""
_APART = 3.0
"""Least distance of labels of an axis, in points."""


def type_size(width: float | None, least: Callable[[float], float]) -> float:
    """Return the largest size of type that a figure of a width has room for, in points.

    Parameters
    ----------
    width : float or None
        Of the figure in millimetres; None where any will do.
    least : callable
        Size of type -> least width of the figure, both in points.

    Raises
    ------
    OptionError
        If it does not fit in the smallest type; says the least width.
    """
    if width is None:
        return style.SIZE
    for size in _SIZES:
        if least(size) <= width * POINTS_PER_MM:
            return size
    needed = math.ceil(least(style.SMALLEST) / POINTS_PER_MM)
    raise OptionError(f"width must be at least {needed} mm for this figure; got {width:g}.")


def small(size: float) -> float:
    """Return the size of what is said besides in a figure of such type, in points."""
    return max(style.SMALLEST, size * style.SMALL / style.SIZE)


def least_width(text: str, most_lines: int, size: float = style.SIZE, *, bold: bool = False) -> float:
    """Return the least width that a text needs on so many lines without cutting a word, in points."""
    widest = max((style.text_width(word, size, bold) for word in text.split(" ")), default=0.0)
    low, high = widest, style.text_width(text, size, bold)
    while high - low > _STEP:
        middle = (low + high) / 2.0
        if len(style.wrap_to(text, middle, size, bold=bold)) <= most_lines:
            high = middle
        else:
            low = middle
    return high + _STEP / 10.0


def widest(texts: Iterable[str], size: float = style.SIZE, *, bold: bool = False) -> float:
    """Return the width of the widest text, in points; 0 without any."""
    return max((style.text_width(text, size, bold) for text in texts), default=0.0)


def gap(size: float) -> float:
    """Return the distance of columns of text of that size, in points; less where the type is small."""
    return (_WIDE_GAP if size == style.SIZE else _GAP) * size


def divide(room: float, names: float, least: float, graphic: float) -> tuple[float, float]:
    """Return the widths of names and graphic that share a room, in points.

    Parameters
    ----------
    room : float
        For both.
    names, least : float
        Width of the names on one line each, and the least that they can be broken to.
    graphic : float
        Least width of the graphic.
    """
    given = min(names, max(least, _NAMES * room, room - 2.0 * graphic))
    given = max(min(given, room - graphic), least)
    return given, room - given


def ticks_within(
    limits: Limits, room: float, *, ratio: bool, size: float = style.SIZE
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return as many ticks as have labels that stand apart on an axis so many points wide, with the labels.

    Parameters
    ----------
    limits : Limits
        Ends of the axis, on the analysis scale.
    room : float
        Width of the axis, in points.
    ratio : bool
        Whether ticks are written as ratios.
    size : float
        Of the labels, in points.
    """
    per_point = (limits.high - limits.low) / room
    for most in range(MOST_TICKS, 1, -1):
        values, labels = effect_ticks(limits, ratio=ratio, most=most)
        halves = [style.text_width(label, size) / 2.0 for label in labels]
        pairs = zip(itertools.pairwise(values), itertools.pairwise(halves), strict=True)
        if all((b - a) / per_point >= left + right + _APART for (a, b), (left, right) in pairs):
            break
    return values, labels


@dataclass(frozen=True, slots=True)
class RowScale:
    """Rows at 0, 1, 2, ... that are not equally high: how their numbers become places.

    `heights` are in points, in the order of the numbers.
    """

    heights: tuple[float, ...]

    @property
    def total(self) -> float:
        """Height of all rows, in points."""
        return sum(self.heights)

    def apply(self, ax: Axes) -> None:
        """Give axes this scale; does nothing where all rows are alike. Before ticks are set."""
        if len(set(self.heights)) < 2:
            return
        numbers = np.arange(len(self.heights) + 1) - 0.5
        places = np.concatenate([[0.0], np.cumsum(self.heights)])

        def forward(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(np.interp(values, numbers, places))

        def inverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(np.interp(values, places, numbers))

        ax.set_yscale("function", functions=(forward, inverse))
