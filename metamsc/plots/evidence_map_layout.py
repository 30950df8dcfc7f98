"""Where the cells of an evidence map stand and what is written in them. Frozen data, in points. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, OptionError
from metamsc.names import type_words, word
from metamsc.plots import column, page, style, wording
from metamsc.plots.preset_room import POINTS_PER_MM

if TYPE_CHECKING:
    from metamsc.analysis.evidence_map import EvidenceCell, EvidenceMap

SHADES = ((1, "#DCE6F0"), (2, "#A9C1D9"), (3, "#6B90B8"), (5, "#34618F"))
"""Least number of controlled cohorts and the colour of the cell, pale to dark."""
LIGHT_FROM = 5
"""From so many cohorts the number is written in white."""
GAP = 8.0
"""Between the names of the outcomes and the grid."""
MAP_MARGIN = 2.0
"""Right of the grid."""
_WIDE, _WIDEST, _INSIDE = 20.0, 34.0, 3.0
"""A cell: usual and greatest width, and what it is wider than its text at least."""
_BETWEEN, _LEAST_BETWEEN = 9.0, 5.0
_TALL, _LOW, _LINE_PAD = 2.45, 1.7, 3.0
"""Height of a cell with participants and without, in sizes of type; more where a name has several lines."""
_MOST_LINES = 3
_LEGEND_ROW, _LEGEND_GAP, _BEFORE_LEGEND, SWATCH = 13.0, 12.0, 6.0, 10.0


@dataclass(frozen=True, slots=True)
class MapCell:
    """One place of the grid; `cell` is None for a gap."""

    x: float
    y: float
    tall: float
    key: tuple[str, str, str]
    cell: EvidenceCell | None

    @property
    def count(self) -> str:
        """Cohorts to write: "3" controlled, "(2)" others, "" for a gap."""
        if self.cell is None:
            return ""
        others = len(self.cell.uncontrolled) + len(self.cell.without_numbers)
        return str(len(self.cell.controlled)) if self.cell.controlled else f"({others})"

    @property
    def size(self) -> str:
        """Participants to write under a number of controlled cohorts; "≥" where some are not printed."""
        if self.cell is None or not self.cell.controlled:
            return ""
        if self.cell.participants == 0:
            return "?"
        return f"{'≥' if self.cell.unknown_sizes else ''}{self.cell.participants}"


@dataclass(frozen=True, slots=True)
class MapSwatch:
    """One entry of the legend: upper left corner, least number of controlled cohorts, words.

    `least` is 0 for cells with other evidence only, and None for gaps.
    """

    x: float
    y: float
    least: int | None
    words: str


@dataclass(frozen=True, slots=True)
class EvidenceMapLayout:
    """The whole grid, from its upper left corner down, with the legend below it."""

    cells: tuple[MapCell, ...]
    rows: tuple[tuple[float, str], ...]
    """Middle and label, broken into lines."""
    groups: tuple[tuple[float, float, str], ...]
    """Left and right end of each type of diabetes, and its name."""
    columns: tuple[tuple[float, str], ...]
    """Middle and source."""
    legend: tuple[MapSwatch, ...]
    wide: float
    """Width of a cell."""
    left: float
    """Room of the names."""
    size: float
    """Of the type."""
    sized: bool
    """Whether there is room for the participants in a cell."""
    width: float
    height: float
    caption: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Room:
    """How the width is shared out, in points."""

    size: float
    names: float
    wide: float
    between: float
    sized: bool


def evidence_map_layout(
    evidence: EvidenceMap, *, least: int = 1, width: float | None = None
) -> EvidenceMapLayout:
    """Place every combination of outcome, type and source. Pure.

    Parameters
    ----------
    evidence : EvidenceMap
        From :func:`metamsc.analysis.evidence_map.map_evidence`.
    least : int
        Outcomes of fewer cohorts are named below instead of having a row.
    width : float, optional
        Of the whole figure, in millimetres. Where it is small, participants are left out.

    Raises
    ------
    InputError
        If there is no outcome to show.
    OptionError
        If the grid does not fit in the smallest type; says the least width.
    """
    shown = [item for item in evidence.outcomes if evidence.n_of(item[0]) >= least]
    if not shown:
        raise InputError(
            f"no {evidence.setting} outcome has {least} cohorts or more: there is nothing to map."
        )
    names = [style.drawable(wording.capitalise(label)) for _, label in shown]
    room = _room(evidence, [key for key, _ in shown], names, width)
    broken = [style.wrap_to(name, room.names + 0.1, room.size) for name in names]
    low = (_TALL if room.sized else _LOW) * room.size
    heights = [max(low, style.text_height(len(lines), room.size) + _LINE_PAD) for lines in broken]
    tops = [sum(heights[:row]) for row in range(len(shown))]
    cells, groups, columns, x = [], [], [], 0.0
    for kind in evidence.diabetes_types:
        start = x
        for source in evidence.msc_sources:
            columns.append((x + room.wide / 2.0, wording.capitalise(word(source))))
            cells += [
                MapCell(x, top, tall, (key, kind, source), evidence.cell(key, kind, source))
                for (key, _), top, tall in zip(shown, tops, heights, strict=True)
            ]
            x += room.wide
        groups.append((start, x, wording.capitalise(type_words(kind))))
        x += room.between
    grid, tall = x - room.between, sum(heights)
    legend, height = _legend(cells, room, grid, tall)
    hidden = [label for item, label in evidence.outcomes if (item, label) not in shown]
    return EvidenceMapLayout(
        cells=tuple(cells),
        rows=tuple(
            (top + high / 2.0, "\n".join(lines))
            for top, high, lines in zip(tops, heights, broken, strict=True)
        ),
        groups=tuple(groups),
        columns=tuple(columns),
        legend=legend,
        wide=room.wide,
        left=room.names + GAP,
        size=room.size,
        sized=room.sized,
        width=grid,
        height=height,
        caption=_caption(evidence, hidden, cells, least, sized=room.sized),
    )


def _room(evidence: EvidenceMap, keys: Sequence[str], names: Sequence[str], width: float | None) -> _Room:
    """Share a width out among names and cells; participants go before it is refused."""
    n_groups, n_columns = (
        len(evidence.diabetes_types),
        len(evidence.diabetes_types) * len(evidence.msc_sources),
    )
    places = [MapCell(0.0, 0.0, 0.0, ("", "", ""), cell) for cell in evidence.cells if cell.outcome in keys]

    def cell(size: float, *, sized: bool) -> float:
        counts = column.widest((place.count for place in places), size, bold=True)
        sizes = column.widest((place.size for place in places), style.SMALLEST) if sized else 0.0
        return max(counts, sizes) + _INSIDE

    def labels(size: float, most_lines: int) -> float:
        return max(column.least_width(name, most_lines, size) for name in names)

    def fixed(between: float) -> float:
        return GAP + between * (n_groups - 1) + MAP_MARGIN + 2 * page.EDGE

    if width is None:
        size = style.SIZE
        return _Room(size, labels(size, 1), max(_WIDE, cell(size, sized=True)), _BETWEEN, sized=True)
    for sized in (True, False):

        def needed(size: float, sized: bool = sized) -> float:
            return labels(size, _MOST_LINES) + n_columns * cell(size, sized=sized) + fixed(_LEAST_BETWEEN)

        try:
            size = column.type_size(width, needed)
        except OptionError:
            if not sized:
                raise
        else:
            break
    room = width * POINTS_PER_MM - fixed(_LEAST_BETWEEN)
    given, rest = column.divide(
        room, labels(size, 1), labels(size, _MOST_LINES), n_columns * cell(size, sized=sized)
    )
    wide = min(rest / n_columns, _WIDEST)
    return _Room(size, given + rest - wide * n_columns, wide, _LEAST_BETWEEN, sized=sized)


def _legend(
    cells: Sequence[MapCell], room: _Room, grid: float, y: float
) -> tuple[tuple[MapSwatch, ...], float]:
    """Return what the looks of the cells mean, below the grid, and where the legend ends."""
    most = max((len(place.cell.controlled) for place in cells if place.cell is not None), default=0)
    steps = [least for least, _ in SHADES if least <= most]
    ends = [*(least - 1 for least in steps[1:]), most]
    entries: list[tuple[int | None, str]] = []
    for least, end in zip(steps, ends, strict=True):
        cohorts = "cohort" if end == 1 else "cohorts"
        entries.append((least, f"{least if least == end else f'{least} to {end}'} controlled {cohorts}"))
    if any(place.cell is not None and not place.cell.controlled for place in cells):
        entries.append((0, "only results without a control or without numbers"))
    if any(place.cell is None for place in cells):
        entries.append((None, "no study"))
    x = start = -(room.names + GAP)
    y += _BEFORE_LEGEND
    found = []
    for least_of, words in entries:
        wide = SWATCH + 4.0 + style.text_width(words, column.small(room.size))
        if x > start and x + wide > grid:
            x, y = start, y + _LEGEND_ROW
        found.append(MapSwatch(x, y, least_of, words))
        x += wide + _LEGEND_GAP
    return tuple(found), y + _LEGEND_ROW


def _caption(
    evidence: EvidenceMap, hidden: Sequence[str], cells: Sequence[MapCell], least: int, *, sized: bool
) -> tuple[str, ...]:
    who = "participants" if evidence.setting == "clinical" else "animals"
    gaps = sum(place.cell is None for place in cells)
    below = f"; below it {who} in them (≥ where not all are printed, ? where none is)" if sized else ""
    sentences = (
        f"{evidence.n_cohorts} cohorts. In bold: cohorts with controlled numbers{below}.",
        "In brackets: cohorts with other evidence only.",
        f"{gaps} of {len(cells)} combinations have no study.",
        "A cohort with two sources counts under both.",
        "" if sized else f"Numbers of {who} are not shown for want of room.",
    )
    parts = [" ".join(filter(None, sentences))]
    if hidden:
        parts.append(
            f"Not shown, fewer than {least} cohorts: {'; '.join(wording.inside_sentence(h) for h in hidden)}."
        )
    return tuple(parts)
