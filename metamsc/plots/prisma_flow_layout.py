"""Where the boxes of a PRISMA 2020 flow diagram stand and what they say. Frozen data, in points.

Heights follow from the wrapped texts, rows from the tallest box in them: no box overlaps another and no text
leaves its box, whatever the numbers. What nobody recorded says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.analysis.flow import NOTHING_RECORDED
from metamsc.plots import style

if TYPE_CHECKING:
    from metamsc.analysis.flow import Flow, SearchFlow

NOT_RECORDED = "not recorded"
PADDING = 6.0
BOX_WIDTH, SIDE_WIDTH = 168.0, 178.0
BAND_WIDTH = 20.0
"""Width of the bar at the left that names the stage."""
_ACROSS, _DOWN, _HEADER = 22.0, 16.0, 20.0
_INDENT = "   "

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
    caption: tuple[str, ...]

    def box(self, name: str) -> FlowBox:
        """Return a box by its name."""
        return next(box for box in self.boxes if box.name == name)


def flow_layout(flow: Flow) -> FlowLayout:
    """Place every box. Pure.

    Parameters
    ----------
    flow : Flow
        From :func:`metamsc.analysis.flow.make_flow`.
    """
    rows = _rows(flow)
    left = BAND_WIDTH + 10.0
    columns = [left, left + BOX_WIDTH + _ACROSS]
    columns += [columns[1] + SIDE_WIDTH + _ACROSS]
    columns += [columns[2] + BOX_WIDTH + _ACROSS]
    boxes: list[FlowBox] = []
    stages: list[tuple[float, float, str]] = []
    y = _HEADER + 10.0
    for stage, row in rows:
        tallest = max(_height(lines) for _, _, lines, _ in row)
        if [other for other, _ in rows].count(stage) == 1:  # its name is written along a single row
            tallest = max(tallest, style.text_width(stage, bold=True) + PADDING)
        stages.append((y, tallest, stage))
        for name, column, lines, recorded in row:
            wide = _width(column)
            boxes.append(FlowBox(name, stage, columns[column], y, wide, _height(lines), lines, recorded))
        y += tallest + _DOWN
    height = y - _DOWN + 2.0
    other = any(box.x >= columns[2] for box in boxes)
    ends = columns[1] + SIDE_WIDTH
    headers = [(columns[0], 0.0, ends - columns[0], "Databases and registers")]
    if other:
        ends = columns[3] + SIDE_WIDTH
        headers.append((columns[2], 0.0, ends - columns[2], "Other methods"))
    return FlowLayout(
        boxes=tuple(boxes),
        arrows=_arrows({box.name for box in boxes}),
        headers=tuple(headers),
        stages=_joined(stages),
        width=ends + 1.0,
        height=height,
        caption=_caption(flow),
    )


def _width(column: int) -> float:
    return SIDE_WIDTH if column % 2 else BOX_WIDTH


def _height(lines: Sequence[str]) -> float:
    return style.text_height(len(lines)) + 2 * PADDING


_Box = tuple[str, int, tuple[str, ...], bool]


def _box(name: str, column: int, title: str, parts: Mapping[str, int | None] | int | None) -> _Box:
    """Return a box with a title and one number, or a number for each part under it."""
    if not isinstance(parts, Mapping):
        return name, column, _wrapped([f"{title} ({_n(parts)})"], column), parts is not None
    if not parts:
        return name, column, _wrapped([f"{title}: {NOT_RECORDED}"], column), False
    listed = [f"{_INDENT}{words} ({_n(count)})" for words, count in parts.items()]
    return name, column, _wrapped([f"{title}:", *listed], column), any(n is not None for n in parts.values())


def _n(count: int | None) -> str:
    return NOT_RECORDED if count is None else f"n\u00a0=\u00a0{count:,}"


def _wrapped(texts: Sequence[str], column: int) -> tuple[str, ...]:
    """Break texts to the width of a box; what is indented stays indented."""
    room = _width(column) - 2 * PADDING
    lines: list[str] = []
    for text in texts:
        indent = _INDENT if text.startswith(_INDENT) else ""
        found = style.wrap_to(text.strip(" "), room - style.text_width(indent + "."), style.SIZE)
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
