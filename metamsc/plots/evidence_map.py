"""Evidence map: outcome × type of diabetes × source of the cells, with the gaps as visible as the evidence.

A filled cell has controlled numbers (darker: more cohorts), an outlined one only uncontrolled results or
results without numbers, an empty one nothing. Artists have a `gid`: ``cell:<outcome>:<type>:<source>``,
``gap:...``, ``count:...``, ``size:...``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from metamsc.errors import InputError
from metamsc.names import type_words, word
from metamsc.plots import page, style, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.evidence_map import EvidenceCell, EvidenceMap

_WIDE, _TALL, _INSET = 23.0, 20.0, 1.2
_BETWEEN, _GAP = 9.0, 8.0
_TINY = 5.4
SHADES = ((1, "#DCE6F0"), (2, "#A9C1D9"), (3, "#6B90B8"), (5, "#34618F"))
"""Least number of controlled cohorts and the colour of the cell, pale to dark."""
LIGHT_FROM = 5
"""From so many cohorts the number is written in white."""


@dataclass(frozen=True, slots=True)
class MapCell:
    """One place of the grid, in points from the upper left corner; `cell` is None for a gap."""

    x: float
    y: float
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
            return "n ?"
        return f"n{'≥' if self.cell.unknown_sizes else '='}{self.cell.participants}"


@dataclass(frozen=True, slots=True)
class EvidenceMapLayout:
    """The whole grid."""

    cells: tuple[MapCell, ...]
    rows: tuple[tuple[float, str], ...]
    """Middle and label."""
    groups: tuple[tuple[float, float, str], ...]
    """Left and right end of each type of diabetes, and its name."""
    columns: tuple[tuple[float, str], ...]
    """Middle and source."""
    width: float
    height: float
    caption: tuple[str, ...]


def evidence_map_layout(evidence: EvidenceMap, *, least: int = 1) -> EvidenceMapLayout:
    """Place every combination of outcome, type and source. Pure.

    Parameters
    ----------
    evidence : EvidenceMap
        From :func:`metamsc.analysis.evidence_map.map_evidence`.
    least : int
        Outcomes of fewer cohorts are named below instead of having a row.

    Raises
    ------
    InputError
        If there is no outcome to show.
    """
    shown = [item for item in evidence.outcomes if evidence.n_of(item[0]) >= least]
    if not shown:
        raise InputError(
            f"no {evidence.setting} outcome has {least} cohorts or more: there is nothing to map."
        )
    cells, groups, columns, x = [], [], [], 0.0
    for kind in evidence.diabetes_types:
        left = x
        for source in evidence.msc_sources:
            columns.append((x + _WIDE / 2.0, wording.capitalise(word(source))))
            cells += [
                MapCell(x, row * _TALL, (key, kind, source), evidence.cell(key, kind, source))
                for row, (key, _) in enumerate(shown)
            ]
            x += _WIDE
        groups.append((left, x, wording.capitalise(type_words(kind))))
        x += _BETWEEN
    rows = tuple(((row + 0.5) * _TALL, wording.capitalise(label)) for row, (_, label) in enumerate(shown))
    hidden = [label for item, label in evidence.outcomes if (item, label) not in shown]
    return EvidenceMapLayout(
        cells=tuple(cells),
        rows=rows,
        groups=tuple(groups),
        columns=tuple(columns),
        width=x - _BETWEEN,
        height=_TALL * len(shown),
        caption=_caption(evidence, hidden, cells, least),
    )


def _caption(evidence: EvidenceMap, hidden: list[str], cells: list[MapCell], least: int) -> tuple[str, ...]:
    who = "participants" if evidence.setting == "clinical" else "animals"
    gaps = sum(place.cell is None for place in cells)
    sentences = (
        f"{evidence.n_cohorts} cohorts.",
        f"Filled: cohorts with controlled numbers, n = {who} in them (n≥ where not all are printed, n ?",
        "where none is). In brackets, outlined: only results without a control or without numbers.",
        f"Empty: no study ({gaps} of {len(cells)} combinations).",
        "A cohort with two sources counts under both.",
    )
    parts = [" ".join(sentences)]
    if hidden:
        parts.append(
            f"Not shown, fewer than {least} cohorts: {'; '.join(wording.inside_sentence(h) for h in hidden)}."
        )
    return tuple(parts)


def draw_evidence_map(
    evidence: EvidenceMap, *, ax: Axes | None = None, title: str = "", least: int = 1
) -> Axes:
    """Draw where there is evidence and where there is none.

    Parameters
    ----------
    evidence : EvidenceMap
        From :func:`metamsc.analysis.evidence_map.map_evidence`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with caption.
    title : str
        Above a new figure.
    least : int
        Outcomes of fewer cohorts are named in the caption instead of having a row.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top of the grid.

    Raises
    ------
    InputError
        If there is no outcome to show.
    """
    layout = evidence_map_layout(evidence, least=least)
    left = max(style.text_width(label) for _, label in layout.rows) + _GAP
    headings = [_fitting(name, end - start) for start, end, name in layout.groups]
    over = style.text_height(max(name.count("\n") for name in headings) + 1)
    head = max(style.text_width(source, style.SMALL) for _, source in layout.columns) + 10.0
    if ax is None:
        margins = page.Margins(left=left, right=2.0, top=head + over, bottom=2.0)
        ax = page.new_axes(layout.width, layout.height, margins, title=title, caption=layout.caption)
    page.blank_axes(ax, layout.width, layout.height)
    for y, label in layout.rows:
        page.write(ax, -_GAP, y, label, ha="right", gid=f"row:{label}")
    for x, source in layout.columns:
        shown = style.drawable(source)
        ax.text(
            x,
            -4.0,
            shown,
            rotation=90,
            ha="center",
            va="bottom",
            gid=f"source:{x:g}",
            **style.text_style(shown, size=style.SMALL),
        )
    for (start, end, _), name in zip(layout.groups, headings, strict=True):
        y = -head
        ax.plot(
            [start, end],
            [y, y],
            color=style.INK,
            linewidth=0.8,
            clip_on=False,
            zorder=2,
            gid=f"rule:{start:g}",
        )
        page.write(
            ax, (start + end) / 2.0, y - 2.0, name, bold=True, ha="center", va="bottom", gid=f"type:{start:g}"
        )
    for place in layout.cells:
        _draw_cell(ax, place)
    return ax


def _fitting(name: str, width: float) -> str:
    """Return a heading that is no wider than its columns, on as many lines as it needs."""
    return "\n".join(style.wrap_to(name, width, bold=True))


def _draw_cell(ax: Axes, place: MapCell) -> None:
    name = ":".join(place.key)
    corner = (place.x + _INSET, place.y + _INSET)
    size = (_WIDE - 2 * _INSET, _TALL - 2 * _INSET)
    if place.cell is None:
        ax.add_patch(
            Rectangle(corner, *size, facecolor="none", edgecolor=style.RULE, linewidth=0.4, zorder=1,
                      linestyle=(0, (1, 2)), gid=f"gap:{name}")
        )  # fmt: skip
        return
    n = len(place.cell.controlled)
    fill = next((color for least, color in reversed(SHADES) if n >= least), "none")
    ax.add_patch(
        Rectangle(corner, *size, facecolor=fill, edgecolor=style.STUDY, linewidth=0.5 if n else 0.8, zorder=2,
                  gid=f"cell:{name}")
    )  # fmt: skip
    ink = "#FFFFFF" if n >= LIGHT_FROM else style.INK
    middle = place.x + _WIDE / 2.0
    page.write(
        ax, middle, place.y + (0.36 if place.size else 0.5) * _TALL, place.count, bold=n > 0, ha="center",
        va="center", color=ink if n else style.SOFT, gid=f"count:{name}",
    )  # fmt: skip
    if place.size:
        page.write(
            ax, middle, place.y + 0.74 * _TALL, place.size, size=_TINY, ha="center", va="center", color=ink,
            gid=f"size:{name}",
        )  # fmt: skip
