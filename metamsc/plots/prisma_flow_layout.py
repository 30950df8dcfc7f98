"""Where the boxes of a PRISMA 2020 flow diagram stand and what they say. Frozen data, in points.

Heights follow from the wrapped texts, rows from the tallest box in them: no box overlaps another and no text
leaves its box, whatever the numbers. What nobody recorded says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.analysis.flow import NOTHING_RECORDED
from metamsc.plots import column, page, style
from metamsc.plots.preset_room import POINTS_PER_MM

if TYPE_CHECKING:
    from metamsc.analysis.flow import Flow, SearchFlow

NOT_RECORDED = "not recorded"
PADDING = 6.0
BAND_WIDTH = 20.0
"""Width of the bar at the left that names the stage."""
_BOX, _SIDE, _AFTER_BAND = 168.0, 178.0, 10.0
_LEAST_BOX = 12.5
"""In sizes of type; more where a word is longer."""
_ACROSS, _LEAST_ACROSS, _DOWN, _HEADER = 22.0, 12.0, 16.0, 20.0
_INDENT = "   "
FLOW_MARGIN = 2.0
"""Right of the last box."""

IDENTIFICATION, SCREENING, INCLUDED, ANALYSIS = "Identification", "Screening", "Included", "Analysis"


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box; y counts down. `lines` are wrapped to its width."""

    name: str
    stage: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    recorded: bool
    """False where every number in it is unknown."""


@dataclass(frozen=True, slots=True)
class FlowArrow:
    """From box to box, straight down or to the right, by their names."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class FlowLayout:
    """The whole diagram."""

    boxes: tuple[FlowBox, ...]
    arrows: tuple[FlowArrow, ...]
    headers: tuple[tuple[float, float, float, str], ...]
    """Left, top, width and text of the headings of the ways of finding."""
    stages: tuple[tuple[float, float, str], ...]
    """Top, height and name of the bars at the left."""
    width: float
    height: float
    size: float
    """Of the type."""
    caption: tuple[str, ...]

    def box(self, name: str) -> FlowBox:
        """Return a box by its name."""
        return next(box for box in self.boxes if box.name == name)


def flow_layout(flow: Flow, *, width: float | None = None) -> FlowLayout:
    """Place every box. Pure.

    Parameters
    ----------
    flow : Flow
        From :func:`metamsc.analysis.flow.make_flow`.
    width : float, optional
        Of the whole figure, in millimetres.

    Raises
    ------
    OptionError
        If the boxes do not fit in the smallest type; says the least width.
    """
    rows = _rows(flow)
    grid = _grid(rows, width)
    boxes: list[FlowBox] = []
    stages: list[tuple[float, float, str]] = []
    y = _HEADER + 10.0
    for stage, row in rows:
        broken = [_wrapped(texts, grid.widths[col], grid.size) for _, col, texts, _ in row]
        tallest = max(_height(lines, grid.size) for lines in broken)
        if [other for other, _ in rows].count(stage) == 1:  # its name is written along a single row
            tallest = max(tallest, style.text_width(stage, grid.size, bold=True) + PADDING)
        stages.append((y, tallest, stage))
        for (name, col, _, recorded), lines in zip(row, broken, strict=True):
            wide, tall = grid.widths[col], _height(lines, grid.size)
            boxes.append(FlowBox(name, stage, grid.lefts[col], y, wide, tall, lines, recorded))
        y += tallest + _DOWN
    ends = [left + wide for left, wide in zip(grid.lefts, grid.widths, strict=True)]
    headers = [(grid.lefts[0], 0.0, ends[1] - grid.lefts[0], "Databases and registers")]
    if len(ends) > 2:
        headers.append((grid.lefts[2], 0.0, ends[3] - grid.lefts[2], "Other methods"))
    return FlowLayout(
        boxes=tuple(boxes),
        arrows=_arrows({box.name for box in boxes}),
        headers=tuple(headers),
        stages=_joined(stages),
        width=ends[-1] + 1.0,
        height=y - _DOWN + 2.0,
        size=grid.size,
        caption=_caption(flow),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Left ends and widths of the columns of boxes in points, and the size of their type."""

    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    size: float


def _grid(rows: Sequence[tuple[str, list[_Box]]], width: float | None) -> _Grid:
    """Return two columns of boxes, or four where other methods are recorded."""
    boxes = [box for _, row in rows for box in row]
    n_columns = 4 if any(col >= 2 for _, col, _, _ in boxes) else 2
    words = {word for _, _, texts, _ in boxes for text in texts for word in text.split(" ")}
    beside = BAND_WIDTH + _AFTER_BAND + 1.0

    def least_box(size: float) -> float:
        longest = column.widest(words, size) + style.text_width(f"{_INDENT}.", size)
        return max(_LEAST_BOX * size, longest + 2 * PADDING)

    def least(size: float) -> float:
        inside = n_columns * least_box(size) + (n_columns - 1) * _LEAST_ACROSS
        return beside + inside + FLOW_MARGIN + 2 * page.EDGE

    size = column.type_size(width, least)
    widths, across = [_BOX, _SIDE] * (n_columns // 2), _ACROSS
    if width is not None:
        room = width * POINTS_PER_MM - 2 * page.EDGE - FLOW_MARGIN - beside
        across = min(_ACROSS, max(_LEAST_ACROSS, 0.06 * room))
        widths = [(room - (n_columns - 1) * across) / n_columns] * n_columns
    left = BAND_WIDTH + _AFTER_BAND
    lefts = [left + sum(widths[:number]) + number * across for number in range(n_columns)]
    return _Grid(tuple(lefts), tuple(widths), size)


def _height(lines: Sequence[str], size: float) -> float:
    return style.text_height(len(lines), size) + 2 * PADDING


_Box = tuple[str, int, tuple[str, ...], bool]
"""Name, column, texts that are still whole, whether a number in it is recorded."""


def _box(name: str, col: int, title: str, parts: Mapping[str, int | None] | int | None) -> _Box:
    """Return a box with a title and one number, or a number for each part under it."""
    if not isinstance(parts, Mapping):
        return name, col, (f"{title} ({_n(parts)})",), parts is not None
    if not parts:
        return name, col, (f"{title}: {NOT_RECORDED}",), False
    listed = [f"{_INDENT}{words} ({_n(count)})" for words, count in parts.items()]
    return name, col, (f"{title}:", *listed), any(n is not None for n in parts.values())


def _n(count: int | None) -> str:
    return NOT_RECORDED if count is None else f"n\u00a0=\u00a0{count:,}"


def _wrapped(texts: Sequence[str], width: float, size: float) -> tuple[str, ...]:
    """Break texts to the width of a box; what is indented stays indented."""
    room = width - 2 * PADDING
    lines: list[str] = []
    for text in texts:
        indent = _INDENT if text.startswith(_INDENT) else ""
        found = style.wrap_to(text.strip(" "), room - style.text_width(indent + ".", size), size)
        lines += [f"{indent}{line}" for line in found]
    return tuple(lines)


def _rows(flow: Flow) -> list[tuple[str, list[_Box]]]:
    """Return the boxes row by row, each row with its stage."""
    search = flow.search or NOTHING_RECORDED
    found = search.identified
    identified = {f"Database: {name}": count for name, count in found.databases.items()}
    identified |= {f"Register: {name}": count for name, count in found.registers.items()}
    rows: list[tuple[str, list[_Box]]] = [
        (
            IDENTIFICATION,
            [
                _box("identified", 0, "Records identified from", identified),
                _box("removed", 1, "Records removed before screening", search.removed_before_screening),
            ],
        ),
        (
            SCREENING,
            [
                _box("screened", 0, "Records screened", search.screened),
                _box("excluded", 1, "Records excluded", search.excluded_at_screening),
            ],
        ),
        (
            SCREENING,
            [
                _box("sought", 0, "Reports sought for retrieval", search.sought),
                _box("not-retrieved", 1, "Reports not retrieved", search.not_retrieved),
            ],
        ),
        (
            SCREENING,
            [
                _box("assessed", 0, "Reports assessed for eligibility", search.assessed),
                _box("excluded-reports", 1, "Reports excluded", search.excluded_reports),
            ],
        ),
    ]
    title = f"Included in the review, {flow.setting} records" if flow.setting else "Included in the review"
    rows.append((INCLUDED, [_box("included", 0, title, _counts(flow.studies, flow.reports))]))
    _add_other(rows, search)
    if flow.analysis:
        counts = _counts(flow.pooled_studies, flow.pooled_reports)
        row = [_box("pooled", 0, f"In this analysis ({flow.analysis})", counts)]
        if flow.not_pooled:
            row.append(_box("not-pooled", 1, "Reports not in this analysis", dict(flow.not_pooled)))
        rows.append((ANALYSIS, row))
    return rows


def _counts(studies: int, reports: int) -> dict[str, int | None]:
    return {"Studies": studies, "Reports": reports}


def _add_other(rows: list[tuple[str, list[_Box]]], search: SearchFlow) -> None:
    """Add the boxes of other methods beside those of the same step, where anything is recorded of them."""
    other = search.other_methods
    if not search.identified.other and other == type(other)():
        return
    rows[0][1].append(_box("other-identified", 2, "Records identified from", search.identified.other))
    rows[2][1].extend(
        (
            _box("other-sought", 2, "Reports sought for retrieval", other.sought),
            _box("other-not-retrieved", 3, "Reports not retrieved", other.not_retrieved),
        )
    )
    rows[3][1].extend(
        (
            _box("other-assessed", 2, "Reports assessed for eligibility", other.assessed),
            _box("other-excluded-reports", 3, "Reports excluded", other.excluded_reports),
        )
    )


_ARROWS = (
    ("identified", "removed"), ("identified", "screened"), ("screened", "excluded"), ("screened", "sought"),
    ("sought", "not-retrieved"), ("sought", "assessed"), ("assessed", "excluded-reports"),
    ("assessed", "included"), ("included", "pooled"), ("pooled", "not-pooled"),
    ("other-identified", "other-sought"), ("other-sought", "other-not-retrieved"),
    ("other-sought", "other-assessed"), ("other-assessed", "other-excluded-reports"),
    ("other-assessed", "included"),
)  # fmt: skip


def _arrows(names: set[str]) -> tuple[FlowArrow, ...]:
    return tuple(FlowArrow(start, end) for start, end in _ARROWS if {start, end} <= names)


def _joined(rows: Sequence[tuple[float, float, str]]) -> tuple[tuple[float, float, str], ...]:
    """Return the bars at the left: each from the top of its first row to the bottom of its last."""
    found = []
    for stage in dict.fromkeys(name for _, _, name in rows):
        inside = [(top, height) for top, height, name in rows if name == stage]
        found.append((inside[0][0], inside[-1][0] + inside[-1][1] - inside[0][0], stage))
    return tuple(found)


def _caption(flow: Flow) -> tuple[str, ...]:
    parts = []
    if flow.search is None:
        parts.append(
            "Nothing is recorded of the search (no flow.yml); all other numbers come from the records."
        )
    said = "A study is a cohort of participants, a report a text on it."
    parts.append(f"{said} Each report has one reason, the first found." if flow.analysis else said)
    parts += [f"Does not add up: {problem.message}." for problem in flow.problems]
    return tuple(parts)
