"""A forest plot over several pages: the same columns and axis on each, headings repeated, pages numbered.

A heading stays with its first study, and a pooled effect with its prediction interval and heterogeneity;
what is cut apart goes on below the heading of its group, "(continued)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.files import PathLike, write_atomic
from metamsc.plots.forest import draw_layout
from metamsc.plots.forest_geometry import ROW, forest_geometry
from metamsc.plots.forest_ink import many_artists
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_lines import EXTRA_LINE
from metamsc.plots.forest_measure import Measured, measure
from metamsc.plots.forest_models import Models
from metamsc.plots.forest_rows import POOLED, ForestLayout, ForestRow
from metamsc.plots.preset import ForestPreset
from metamsc.plots.save import pages_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from metamsc.analysis.result import AnalysisResult
    from metamsc.plots.judgements import RobProfile

PAPER = 2.0**0.5
"""Height of a page over its width: ISO 216, A4 among them."""
_WITH_ABOVE = frozenset({"prediction", "heterogeneity", "test"})
"""Kinds of row that stay on the page of what stands above."""
_NUMBER = "Page 88 of 88"
"""Room for the page number."""


def write_forest_pages(
    result: AnalysisResult,
    path: PathLike,
    *,
    preset: str | ForestPreset = "plain",
    limits: tuple[float, float] | None = None,
    rob: Mapping[str, RobProfile] | None = None,
    models: Models | None = None,
    portrait: bool = True,
) -> Path:
    """Write the forest plot of an analysis as a PDF of as many pages as it needs, in the shape of A4.

    Parameters
    ----------
    result : AnalysisResult
    path : path
        The PDF; missing folders are made. The same result gives the same bytes.
    preset, limits, rob, models
        As for :func:`~metamsc.plots.forest.draw_forest`.
    portrait : bool
        Upright pages.

    Returns
    -------
    Path

    Raises
    ------
    InputError, OptionError
        As :func:`~metamsc.plots.forest.draw_forest`; also for a preset with a width.
    """
    if not isinstance(preset, str) and preset.width is not None:
        raise InputError("pages are in the shape of A4; draw_forest takes a width.")
    layout = forest_layout(result, preset=preset, limits=limits, rob=rob, models=models)
    target = Path(path)
    with many_artists():
        written = pages_bytes(draw_pages(layout, portrait=portrait), title=result.title)
    write_atomic(target, written)
    return target


def draw_pages(layout: ForestLayout, *, portrait: bool = True) -> tuple[Figure, ...]:
    """Draw a layout page by page."""
    measured = measure(layout)
    height = page_height(layout, measured, portrait=portrait)
    figures = []
    for page in page_layouts(layout, measured, height):
        figure = draw_layout(page, measured=measured, height=height).get_figure(root=True)
        assert figure is not None  # noqa: S101 - it was made for these axes
        figures.append(figure)
    return tuple(figures)


def page_height(layout: ForestLayout, measured: Measured, *, portrait: bool = True) -> float:
    """Return the height of a page in points: that of paper as wide as the figure."""
    width = forest_geometry(layout, measured=measured).width
    return width * PAPER if portrait else width / PAPER


def page_layouts(layout: ForestLayout, measured: Measured, height: float) -> tuple[ForestLayout, ...]:
    """Return a layout per page; legend and footnotes stand on the last.

    Parameters
    ----------
    layout : ForestLayout
    measured : Measured
    height : float
        Of a page, in points.
    """
    room = height / ROW - _overhead(layout, measured, last=False)
    last_room = height / ROW - _overhead(layout, measured, last=True)
    chunks: list[list[ForestRow]] = []
    blocks = _blocks(layout.rows)
    while blocks:
        fit = _fitting(blocks, room, first=not chunks)
        if (
            fit == len(blocks)
            and _height([row for block in blocks for row in block], first=not chunks) > last_room
        ):
            fit = max(fit - 1, 1) if len(blocks) > 1 else 1
        chunks.append([row for block in blocks[:fit] for row in block])
        blocks = blocks[fit:]
    if len(chunks) == 1:
        return (layout,)
    return tuple(_page(layout, chunks, number) for number in range(len(chunks)))


def _overhead(layout: ForestLayout, measured: Measured, *, last: bool) -> float:
    """Return what a page needs beside its rows, in row heights."""
    empty = replace(layout, rows=(), height=0.0, page=_NUMBER)
    if not last:
        empty = replace(empty, footer=(), models=(), judgements=())
    return forest_geometry(empty, measured=measured).height / ROW


def _row_height(row: ForestRow) -> float:
    return 1.0 + EXTRA_LINE * (row.lines - 1)


def _top(row: ForestRow) -> float:
    return row.y - _row_height(row) / 2.0


def _blocks(rows: Sequence[ForestRow]) -> list[list[ForestRow]]:
    """Return the rows in pieces that stay together."""
    blocks: list[list[ForestRow]] = []
    for row in rows:
        after_heading = bool(blocks) and blocks[-1][-1].kind == "stratum"
        if blocks and (after_heading or row.kind in _WITH_ABOVE):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return blocks


def _height(rows: Sequence[ForestRow], *, first: bool) -> float:
    """Return the height of rows on a page of their own, with the headings that are repeated."""
    repeated = 0.0 if first or rows[0].kind == "stratum" else 2.0
    return _top(rows[-1]) + _row_height(rows[-1]) - _top(rows[0]) + repeated


def _fitting(blocks: Sequence[Sequence[ForestRow]], room: float, *, first: bool) -> int:
    """Return how many blocks fit on the page, one at least."""
    taken: list[ForestRow] = []
    for number, block in enumerate(blocks):
        taken.extend(block)
        if number and _height(taken, first=first) > room:
            return number
    return len(blocks)


def _page(layout: ForestLayout, chunks: Sequence[Sequence[ForestRow]], number: int) -> ForestLayout:
    rows = chunks[number]
    before = [row for chunk in chunks[:number] for row in chunk]
    repeated = _repeated(before, rows[0], number + 1)
    shift = len(repeated) - _top(rows[0])
    placed = [replace(row, y=index + 0.5) for index, row in enumerate(repeated)]
    placed += [replace(row, y=row.y + shift) for row in rows]
    last = number == len(chunks) - 1
    page = replace(
        layout,
        rows=tuple(placed),
        height=_top(placed[-1]) + _row_height(placed[-1]),
        page=f"Page {number + 1} of {len(chunks)}",
    )
    return page if last else replace(page, footer=(), models=(), judgements=())


def _repeated(before: Sequence[ForestRow], first: ForestRow, page: int) -> list[ForestRow]:
    """Return the headings of the groups that a page begins in."""
    if first.kind == "stratum" and first.indent == 0:
        return []
    if not before or first.kind in {"overall", "difference"}:
        return []
    open_groups: dict[int, ForestRow] = {}
    for row in before:
        if row.kind == "stratum":
            open_groups = {level: found for level, found in open_groups.items() if level < row.indent}
            open_groups[row.indent] = row
        elif row.kind in POOLED and row.indent - 1 in open_groups:
            open_groups = {level: found for level, found in open_groups.items() if level < row.indent}
    within = [found for level, found in sorted(open_groups.items()) if level < first.indent]
    return [
        replace(
            found,
            key=f"{found.key}:page-{page}",
            cells=(("label", f"{found.cell('label')} (continued)"),),
            lines=1,
        )
        for found in within
    ]
