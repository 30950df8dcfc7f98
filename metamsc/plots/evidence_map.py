"""Evidence map: outcome × type of diabetes × source of the cells, with the gaps as visible as the evidence.

A filled cell has controlled numbers (darker: more cohorts), an outlined one only uncontrolled results or
results without numbers, an empty one nothing. Artists have a `gid`: ``cell:<outcome>:<type>:<source>``,
``gap:...``, ``count:...``, ``size:...``, ``legend:...``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from metamsc.plots import column, page, style
from metamsc.plots.evidence_map_layout import (
    GAP,
    LIGHT_FROM,
    MAP_MARGIN,
    SHADES,
    SWATCH,
    EvidenceMapLayout,
    MapCell,
    evidence_map_layout,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.evidence_map import EvidenceMap

_INSET = 1.2
_NARROW_CAPTION = 204.0
"""A figure is so wide at least, where its width is not asked for: its caption must be read."""


def draw_evidence_map(
    evidence: EvidenceMap,
    *,
    ax: Axes | None = None,
    title: str = "",
    least: int = 1,
    width: float | None = None,
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
    width : float, optional
        Of a new figure, in millimetres. Where it is small, participants are left out.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top of the grid.

    Raises
    ------
    InputError
        If there is no outcome to show.
    OptionError
        If the width is too small; says the least one.
    """
    layout = evidence_map_layout(evidence, least=least, width=width if ax is None else None)
    headings = [
        "\n".join(style.wrap_to(name, end - start, layout.size, bold=True))
        for start, end, name in layout.groups
    ]
    over = style.text_height(max(name.count("\n") for name in headings) + 1, layout.size)
    head = column.widest((source for _, source in layout.columns), column.small(layout.size)) + 10.0
    if ax is None:
        beyond = max(0.0, _NARROW_CAPTION - layout.left - layout.width) if width is None else 0.0
        margins = page.Margins(left=layout.left, right=MAP_MARGIN + beyond, top=head + over, bottom=2.0)
        ax = page.new_axes(layout.width, layout.height, margins, title=title, caption=layout.caption)
    page.blank_axes(ax, layout.width, layout.height)
    _write_heads(ax, layout, headings, head)
    for y, label in layout.rows:
        anchor = "center" if "\n" in label else "center_baseline"
        page.write(ax, -GAP, y, label, size=layout.size, ha="right", va=anchor, gid=f"row:{label}")
    for place in layout.cells:
        _draw_cell(ax, place, layout)
    _draw_legend(ax, layout)
    return ax


def _write_heads(ax: Axes, layout: EvidenceMapLayout, headings: list[str], head: float) -> None:
    """Write sources upright above their columns, and types with a rule above them."""
    for x, source in layout.columns:
        shown = style.drawable(source)
        ax.text(
            x, -4.0, shown, rotation=90, ha="center", va="bottom", gid=f"source:{x:g}",
            **style.text_style(shown, size=column.small(layout.size)),
        )  # fmt: skip
    for (start, end, _), name in zip(layout.groups, headings, strict=True):
        ax.plot(
            [start, end], [-head, -head], color=style.INK, linewidth=0.8, clip_on=False, zorder=2,
            gid=f"rule:{start:g}",
        )  # fmt: skip
        page.write(
            ax, (start + end) / 2.0, -head - 2.0, name, size=layout.size, bold=True, ha="center", va="bottom",
            gid=f"type:{start:g}",
        )  # fmt: skip


def _box(
    ax: Axes, corner: tuple[float, float], size: tuple[float, float], least: int | None, gid: str
) -> None:
    """Draw a cell of so many controlled cohorts: 0 for other evidence only, None for a gap."""
    fill = next((color for step, color in reversed(SHADES) if (least or 0) >= step), "none")
    ax.add_patch(
        Rectangle(
            corner, *size, facecolor=fill, clip_on=False, gid=gid, zorder=1 if least is None else 2,
            edgecolor=style.RULE if least is None else style.STUDY,
            linewidth=0.4 if least is None else 0.5 if least else 0.8,
            linestyle=(0, (1, 2)) if least is None else "-",
        )
    )  # fmt: skip


def _draw_cell(ax: Axes, place: MapCell, layout: EvidenceMapLayout) -> None:
    name = ":".join(place.key)
    corner = (place.x + _INSET, place.y + _INSET)
    size = (layout.wide - 2 * _INSET, place.tall - 2 * _INSET)
    if place.cell is None:
        _box(ax, corner, size, None, f"gap:{name}")
        return
    n = len(place.cell.controlled)
    _box(ax, corner, size, n, f"cell:{name}")
    ink = "#FFFFFF" if n >= LIGHT_FROM else style.INK
    middle, below = place.x + layout.wide / 2.0, place.size if layout.sized else ""
    page.write(
        ax, middle, place.y + (0.3 if below else 0.5) * place.tall, place.count, size=layout.size,
        bold=n > 0, ha="center", va="center", color=ink if n else style.SOFT, gid=f"count:{name}",
    )  # fmt: skip
    if below:
        page.write(
            ax, middle, place.y + 0.75 * place.tall, below, size=style.SMALLEST, ha="center", va="center",
            color=ink, gid=f"size:{name}",
        )  # fmt: skip


def _draw_legend(ax: Axes, layout: EvidenceMapLayout) -> None:
    for entry in layout.legend:
        _box(ax, (entry.x, entry.y), (SWATCH, SWATCH), entry.least, f"legend-mark:{entry.words}")
        page.write(
            ax, entry.x + SWATCH + 4.0, entry.y + SWATCH / 2.0, entry.words, size=column.small(layout.size),
            color=style.SOFT, va="center", gid=f"legend:{entry.words}",
        )  # fmt: skip
