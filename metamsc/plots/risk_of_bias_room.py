"""Where the parts of a risk-of-bias figure stand: names, discs or bars, and the legend of each tool. Pure.

Everything is in points, from the upper left corner down. Names are broken into lines, letters and discs made
smaller, where a width is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.analysis.grade_bias import NOT_ASSESSED
from metamsc.plots import column, page, style
from metamsc.plots.judgements import LOOKS
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.risk_of_bias_layout import OVERALL, RobPanel

_STEP, _LEAST_STEP, _WIDEST_STEP = 25.0, 2.05, 36.0
"""From disc to disc: usual and widest in points, least in sizes of type."""
_RADIUS, _ROW, _HEAD, _CODES = 0.88, 2.27, 1.87, 2.13
"""Radius of a disc, heights of a row, of a tool's heading and of the codes below it, in sizes of type."""
_BAR_WIDTH, _LEAST_BAR = 280.0, 100.0
_LONGEST_NAME, _LEAST_NAME = 25.0, 12.0
"""In sizes of type: longer names of studies are broken, and so much of them is shown at least."""
_MOST_LINES = 2
_BEYOND = 10.0
"""Right of the bars, for half of the last number below them."""
_LEGEND_GAP, _MARK_GAP, _BEFORE_LEGEND = 12.0, 3.0, 5.0
LEGEND_RADIUS = 0.6
"""Of the marks of a legend, in sizes of type."""


@dataclass(frozen=True, slots=True)
class RobRoom:
    """What all tools of a figure share. `left` is the width of the names with the gap after them."""

    size: float
    """Of the type."""
    left: float
    step: float
    """From disc to disc, or the width of the bars."""
    width: float

    @property
    def radius(self) -> float:
        """Of a disc."""
        return _RADIUS * self.size

    @property
    def small(self) -> float:
        """Type of what is said besides."""
        return column.small(self.size)

    @property
    def head(self) -> float:
        """Height of one line of a tool's heading."""
        return _HEAD * self.size

    @property
    def codes(self) -> float:
        """Height of the codes above the discs."""
        return _CODES * self.size

    def row(self, lines: int) -> float:
        """Return the height of a row whose name has so many lines."""
        return _ROW * self.size + style.text_height(lines - 1, self.size)

    def name(self, text: str, *, bold: bool = False) -> tuple[str, ...]:
        """Return a name in lines that fit their column; what needs more ends in "…"."""
        room = self.left - _gap(self.size) + 0.1
        lines = style.wrap_to(text, room, self.size, bold=bold)
        if len(lines) <= _MOST_LINES:
            return lines
        last = style.wrap_to(lines[_MOST_LINES - 1], room - style.text_width(" …", self.size), self.size)
        return (*lines[: _MOST_LINES - 1], f"{last[0]} …")

    def heading(self, panel: RobPanel) -> tuple[str, ...]:
        """Return what stands above a tool, in lines."""
        return style.wrap_to(heading_of(panel), self.width, self.size, bold=True)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One judgement in a legend: the middle of its mark, and what it means; None for not assessed."""

    x: float
    y: float
    judgement: str | None
    words: str


def _gap(size: float) -> float:
    return 1.33 * size


def heading_of(panel: RobPanel) -> str:
    """Return the name of a tool, how many studies it is for, and how many of them are assessed."""
    assessed, n = sum(row.is_assessed for row in panel.rows), len(panel.rows)
    told = f"{panel.scheme.title}: {'' if assessed == 0 else f'{assessed} of '}{n}"
    studies = "study" if n == 1 else "studies"
    return f"{told} {studies}, none assessed" if assessed == 0 else f"{told} {studies} assessed"


def column_name(entry: tuple[str, str]) -> str:
    """Return a domain with its code; the overall judgement has none."""
    code, name = entry
    return name if code == OVERALL else f"{code} {name}"


def light_room(panels: Sequence[RobPanel], width: float | None = None) -> RobRoom:
    """Return the room of traffic lights.

    Parameters
    ----------
    panels : sequence of RobPanel
    width : float, optional
        Of the whole figure, in millimetres.

    Raises
    ------
    OptionError
        If they do not fit in the smallest type; says the least width.
    """
    labels = [style.drawable(row.label) for panel in panels for row in panel.rows]
    n_columns = max(len(panel.columns) for panel in panels)

    def names(size: float, most_lines: int) -> float:
        wide = max(column.least_width(label, most_lines, size) for label in labels)
        return min(wide, (_LONGEST_NAME if most_lines == 1 else _LEAST_NAME) * size)

    def lights(size: float) -> float:
        return n_columns * _LEAST_STEP * size

    size = column.type_size(
        width, lambda size: names(size, _MOST_LINES) + _gap(size) + lights(size) + 2 * page.EDGE
    )
    left, step = names(size, 1) + _gap(size), _STEP
    if width is None:
        headings = column.widest(map(heading_of, panels), size, bold=True)
        return RobRoom(size, left, step, max(left + n_columns * step, headings))
    inside = width * POINTS_PER_MM - 2 * page.EDGE
    _, room = column.divide(inside - _gap(size), names(size, 1), names(size, _MOST_LINES), lights(size))
    step = min(room / n_columns, _WIDEST_STEP)
    return RobRoom(size, inside - n_columns * step, step, inside)


def bar_room(panels: Sequence[RobPanel], width: float | None = None) -> RobRoom:
    """Return the room of bars; see :func:`light_room`."""
    domains = [column_name(entry) for panel in panels for entry in panel.columns]

    def names(size: float, most_lines: int) -> float:
        return max(column.least_width(name, most_lines, size, bold=True) for name in domains)

    def least(size: float) -> float:
        return names(size, _MOST_LINES) + _gap(size) + _LEAST_BAR + _BEYOND + 2 * page.EDGE

    size = column.type_size(width, least)
    left, bar = column.widest(domains, size, bold=True), _BAR_WIDTH
    if width is not None:
        inside = width * POINTS_PER_MM - 2 * page.EDGE - _BEYOND - _gap(size)
        left, bar = column.divide(inside, left, names(size, _MOST_LINES), _LEAST_BAR)
    left += _gap(size)
    return RobRoom(size, left, bar, left + bar + _BEYOND)


def legend_of(panel: RobPanel, room: RobRoom, y: float) -> tuple[tuple[LegendEntry, ...], float]:
    """Return what the marks of a tool mean, from `y` down, and where the legend ends.

    Two tools may share a mark, so each has a legend of its own, of the judgements that it was given.
    """
    seen = {judgement for row in panel.rows for judgement in row.judgements}
    entries: list[tuple[str | None, str]] = [(word, LOOKS[word].words) for word in LOOKS if word in seen]
    entries += [(None, NOT_ASSESSED)] if None in seen else []
    radius, line = LEGEND_RADIUS * room.size, 1.9 * room.size
    found, x = [], 0.0
    y += _BEFORE_LEGEND + line / 2.0
    for judgement, words in entries:
        wide = 2 * radius + _MARK_GAP + style.text_width(words, room.small)
        if x > 0.0 and x + wide > room.width:
            x, y = 0.0, y + line
        found.append(LegendEntry(x + radius, y, judgement, words))
        x += wide + _LEGEND_GAP
    return tuple(found), y + line / 2.0
