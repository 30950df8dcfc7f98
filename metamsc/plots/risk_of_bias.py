"""Traffic lights and summary bars of the risk of bias, for RoB 2, ROBINS-I V2 and SYRCLE alike.

The tools are data (:mod:`metamsc.plots.judgements`); one function draws each figure. A colour always comes
with its symbol. Artists have a `gid`: ``rob:disc:<study id>:<domain>``, ``rob:symbol:...``,
``rob:bar:<tool>:<domain>:<judgement>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import page, style
from metamsc.plots.risk_of_bias_layout import OVERALL, RobPanel
from metamsc.plots.risk_of_bias_marks import draw_disc, draw_legend, draw_part
from metamsc.plots.risk_of_bias_room import (
    RobRoom,
    bar_room,
    column_name,
    legend_of,
    light_room,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BETWEEN, _AXIS = 12.0, 20.0
"""Between tools and below the bars, in points."""
_NARROW_CAPTION = 300.0
"""A caption has lines of so many points at least, where the width is not asked for."""
_KEPT = "\u00a0"
"""Keeps a code and its words on one line."""


def draw_traffic_light(
    panels: Sequence[RobPanel], *, ax: Axes | None = None, title: str = "", width: float | None = None
) -> Axes:
    """Draw a disc per study and domain, tool by tool.

    Parameters
    ----------
    panels : sequence of RobPanel
        From :func:`metamsc.plots.risk_of_bias_layout.risk_of_bias_panels`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with legend and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top.

    Raises
    ------
    OptionError
        If the width is too small; says the least one.
    InputError
        If there is no study.
    """
    _check(panels)
    room = light_room(panels, width if ax is None else None)
    names = [[room.name(style.drawable(row.label)) for row in panel.rows] for panel in panels]
    height = _BETWEEN * (len(panels) - 1)
    for panel, labels in zip(panels, names, strict=True):
        rows = sum(room.row(len(lines)) for lines in labels)
        height += room.head * len(room.heading(panel)) + room.codes + legend_of(panel, room, rows)[1]
    if ax is None:
        ax = _new_axes(panels, room, height, title, domains=True, exact=width is not None)
    page.blank_axes(ax, room.width, height)
    y = 0.0
    for panel, labels in zip(panels, names, strict=True):
        y = _write_heading(ax, panel, room, y)
        y = _draw_lights(ax, panel, labels, room, y)
        entries, y = legend_of(panel, room, y)
        draw_legend(ax, panel, entries, room, discs=True)
        y += _BETWEEN
    return ax


def _write_heading(ax: Axes, panel: RobPanel, room: RobRoom, y: float) -> float:
    """Write the name of a tool from `y` down and return where it ends."""
    for number, line in enumerate(room.heading(panel)):
        gid = f"tool:{panel.scheme.tool}" + (f":{number}" if number else "")
        page.write(ax, 0.0, y + 0.5 * room.head, line, size=room.size, bold=True, gid=gid)
        y += room.head
    return y


def _draw_lights(
    ax: Axes, panel: RobPanel, labels: Sequence[Sequence[str]], room: RobRoom, y: float
) -> float:
    """Draw codes and discs of a tool from `y` down and return where the last row ends."""
    tool = panel.scheme.tool
    middles = [room.left + room.step * (number + 0.5) for number in range(len(panel.columns))]
    for x, (code, _) in zip(middles, panel.columns, strict=True):
        page.write(
            ax, x, y + 0.55 * room.codes, "All" if code == OVERALL else code, ha="center", size=room.size,
            bold=code == OVERALL, gid=f"domain:{tool}:{code}",
        )  # fmt: skip
    y += room.codes
    for row, lines in zip(panel.rows, labels, strict=True):
        tall = room.row(len(lines))
        _write_lines(ax, lines, y + tall / 2.0, room.size, f"label:{row.study_id}")
        for x, (code, _), judgement in zip(middles, panel.columns, row.judgements, strict=True):
            draw_disc(ax, (x, y + tall / 2.0), judgement, f"{row.study_id}:{code}", room)
        y += tall
        ax.plot(
            [0.0, room.width], [y, y], color=style.FAINT, linewidth=0.4, zorder=1, gid=f"rule:{row.study_id}"
        )
    return y


def _write_lines(
    ax: Axes, lines: Sequence[str], middle: float, size: float, gid: str, *, bold: bool = False
) -> None:
    """Write a name in lines around a height."""
    for number, line in enumerate(lines):
        y = middle + (number - (len(lines) - 1) / 2.0) * style.text_height(1, size)
        page.write(ax, 0.0, y, line, size=size, bold=bold, gid=f"{gid}:{number}" if number else gid)


def draw_rob_summary(
    panels: Sequence[RobPanel],
    *,
    weighted: bool = False,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
    """Draw the share of each judgement per domain as a stacked bar, tool by tool.

    Parameters
    ----------
    panels : sequence of RobPanel
        From :func:`metamsc.plots.risk_of_bias_layout.risk_of_bias_panels`.
    weighted : bool
        Shares of the weight in the pool instead of the number of studies.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with legend and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top.

    Raises
    ------
    OptionError
        If the width is too small; says the least one.
    InputError
        If there is no study, or `weighted` and a study has no weight.
    """
    _check(panels)
    shares = [panel.shares(weighted=weighted) for panel in panels]
    room = bar_room(panels, width if ax is None else None)
    names = [[room.name(column_name(c), bold=c[0] == OVERALL) for c in panel.columns] for panel in panels]
    height = _BETWEEN * (len(panels) - 1)
    for panel, labels in zip(panels, names, strict=True):
        rows = sum(room.row(len(lines)) for lines in labels) + _AXIS
        height += room.head * len(room.heading(panel)) + legend_of(panel, room, rows)[1]
    if ax is None:
        ax = _new_axes(panels, room, height, title, weighted=weighted, exact=width is not None)
    page.blank_axes(ax, room.width, height)
    y = 0.0
    for panel, labels, bars in zip(panels, names, shares, strict=True):
        y = _write_heading(ax, panel, room, y)
        tool = panel.scheme.tool
        for entry, lines, parts in zip(panel.columns, labels, bars, strict=True):
            tall = room.row(len(lines))
            _write_lines(
                ax, lines, y + tall / 2.0, room.size, f"domain:{tool}:{entry[0]}", bold=entry[0] == OVERALL
            )
            x = room.left
            for part in parts:
                wide = room.step * part.percent / 100.0
                gid = f"rob:bar:{tool}:{entry[0]}:{part.judgement}"
                draw_part(ax, (x, y + tall / 2.0, wide), part.judgement, gid, room)
                x += wide
            y += tall
        _draw_axis(ax, tool, room, y)
        entries, y = legend_of(panel, room, y + _AXIS)
        draw_legend(ax, panel, entries, room, discs=False)
        y += _BETWEEN
    return ax


def _draw_axis(ax: Axes, tool: str, room: RobRoom, y: float) -> None:
    """Draw the axis of percents below the bars of a tool."""
    ends = [room.left, room.left + room.step]
    ax.plot(ends, [y + 2.0] * 2, color=style.INK, linewidth=0.7, zorder=1, gid=f"axis:{tool}")
    for tick in (0, 25, 50, 75, 100):
        x = room.left + room.step * tick / 100.0
        ax.plot(
            [x, x], [y + 2.0, y + 5.0], color=style.INK, linewidth=0.7, zorder=1, gid=f"tick:{tool}:{tick}"
        )
        page.write(ax, x, y + 12.0, f"{tick}%", size=room.small, ha="center", gid=f"percent:{tool}:{tick}")


def _check(panels: Sequence[RobPanel]) -> None:
    if not panels:
        raise InputError("there is no study: nothing to judge.")


def _new_axes(
    panels: Sequence[RobPanel], room: RobRoom, height: float, title: str, *, exact: bool,
    weighted: bool | None = None, domains: bool = False,
) -> Axes:  # fmt: skip
    """Make a figure with what the codes mean, and what could not be drawn, below."""
    caption = []
    if weighted is not None:
        caption.append(
            "Shares of the weight in the pool." if weighted else "Shares of the number of studies."
        )
    if domains:
        for panel in panels:
            named = ", ".join(f"{item.code}{_KEPT}{item.name}" for item in panel.scheme.domains)
            caption.append(f"{panel.scheme.title}: {named}.")
    problems = [problem for panel in panels for problem in panel.problems]
    caption += [f"Not drawn: {'; '.join(problems)}."] if problems else []
    beyond = 0.0 if exact else max(0.0, _NARROW_CAPTION - room.width)
    margins = page.Margins(left=0.0, right=beyond, top=2.0, bottom=4.0)
    return page.new_axes(room.width, height, margins, title=title, caption=caption)
