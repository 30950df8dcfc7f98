"""Traffic lights and summary bars of the risk of bias, for RoB 2, ROBINS-I V2 and SYRCLE alike.

The tools are data (:mod:`metamsc.plots.judgements`); one function draws each figure. A colour always comes
with its symbol. Artists have a `gid`: ``rob:disc:<study id>:<domain>``, ``rob:symbol:...``,
``rob:bar:<tool>:<domain>:<judgement>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.patches import Ellipse, Rectangle

from metamsc.analysis.grade_bias import NOT_ASSESSED
from metamsc.errors import InputError
from metamsc.plots import page, style
from metamsc.plots.judgements import EDGE, LOOKS
from metamsc.plots.risk_of_bias_layout import OVERALL, RobPanel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _COLUMN, _HEAD, _BETWEEN, _GAP = 17.0, 25.0, 30.0, 18.0, 10.0
_RADIUS = 6.6
_BAR_WIDTH, _BAR, _BAR_ROW = 280.0, 11.0, 17.0
_MOST_NAME = 190.0
_KEPT = "\u00a0"
"""Keeps a symbol or a code and its words on one line."""


def draw_traffic_light(panels: Sequence[RobPanel], *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw a disc per study and domain, tool by tool.

    Parameters
    ----------
    panels : sequence of RobPanel
        From :func:`metamsc.plots.risk_of_bias_layout.risk_of_bias_panels`.
    ax : Axes, optional
        Where to draw; its coordinates become points. Default: a new figure with legend and caption.
    title : str
        Above a new figure.

    Returns
    -------
    Axes
        Coordinates are points, y down from the top.

    Raises
    ------
    InputError
        If there is no study.
    """
    _check(panels)
    names = [_short(row.label) for panel in panels for row in panel.rows]
    left = max(style.text_width(name) for name in names) + _GAP + _COLUMN / 2.0
    width = left + _COLUMN * max(len(panel.columns) for panel in panels)
    width = max(width, *(style.text_width(_heading(panel), bold=True) for panel in panels))
    height = sum(_HEAD + _ROW * len(panel.rows) for panel in panels) + _BETWEEN * (len(panels) - 1)
    if ax is None:
        ax = _new_axes(panels, width, height, title)
    page.blank_axes(ax, width, height)
    y = 0.0
    for panel in panels:
        page.write(ax, 0.0, y + 7.0, _heading(panel), bold=True, gid=f"tool:{panel.scheme.tool}")
        for number, (code, _) in enumerate(panel.columns):
            x = left + _COLUMN * number
            page.write(
                ax, x, y + _HEAD - 8.0, "All" if code == OVERALL else code, ha="center",
                bold=code == OVERALL, gid=f"domain:{panel.scheme.tool}:{code}",
            )  # fmt: skip
        y += _HEAD
        for row in panel.rows:
            page.write(ax, 0.0, y + _ROW / 2.0, _short(row.label), gid=f"label:{row.study_id}")
            for number, ((code, _), judgement) in enumerate(zip(panel.columns, row.judgements, strict=True)):
                _draw_disc(ax, left + _COLUMN * number, y + _ROW / 2.0, judgement, f"{row.study_id}:{code}")
            y += _ROW
            ax.plot(
                [0.0, width], [y, y], color=style.FAINT, linewidth=0.4, zorder=1, gid=f"rule:{row.study_id}"
            )
        y += _BETWEEN
    return ax


def draw_rob_summary(
    panels: Sequence[RobPanel], *, weighted: bool = False, ax: Axes | None = None, title: str = ""
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

    Returns
    -------
    Axes
        Coordinates are points, y down from the top.

    Raises
    ------
    InputError
        If there is no study, or `weighted` and a study has no weight.
    """
    _check(panels)
    shares = [panel.shares(weighted=weighted) for panel in panels]
    left = max(style.text_width(_column_name(c)) for panel in panels for c in panel.columns) + _GAP
    width = left + _BAR_WIDTH
    foot = 20.0
    height = (
        sum(18.0 + _BAR_ROW * len(panel.columns) for panel in panels) + _BETWEEN * (len(panels) - 1) + foot
    )
    if ax is None:
        ax = _new_axes(panels, width + 8.0, height, title, weighted=weighted, discs=False)
    page.blank_axes(ax, width + 8.0, height)
    y = 0.0
    for panel, bars in zip(panels, shares, strict=True):
        page.write(ax, 0.0, y + 7.0, _heading(panel), bold=True, gid=f"tool:{panel.scheme.tool}")
        y += 18.0
        for column, parts in zip(panel.columns, bars, strict=True):
            page.write(
                ax, 0.0, y + _BAR_ROW / 2.0, _column_name(column), bold=column[0] == OVERALL,
                gid=f"domain:{panel.scheme.tool}:{column[0]}",
            )  # fmt: skip
            x = left
            for part in parts:
                wide = _BAR_WIDTH * part.percent / 100.0
                _draw_part(ax, (x, y + (_BAR_ROW - _BAR) / 2.0, wide), part.judgement,
                           f"rob:bar:{panel.scheme.tool}:{column[0]}:{part.judgement}")  # fmt: skip
                x += wide
            y += _BAR_ROW
        y += _BETWEEN
    y -= _BETWEEN
    ax.plot([left, left + _BAR_WIDTH], [y + 2.0] * 2, color=style.INK, linewidth=0.7, zorder=1, gid="axis")
    for tick in (0, 25, 50, 75, 100):
        x = left + _BAR_WIDTH * tick / 100.0
        ax.plot([x, x], [y + 2.0, y + 5.0], color=style.INK, linewidth=0.7, zorder=1, gid=f"tick:{tick}")
        page.write(ax, x, y + 13.0, f"{tick}%", ha="center", gid=f"percent:{tick}")
    return ax


def _check(panels: Sequence[RobPanel]) -> None:
    if not panels:
        raise InputError("there is no study: nothing to judge.")


def _heading(panel: RobPanel) -> str:
    assessed = sum(row.is_assessed for row in panel.rows)
    n = len(panel.rows)
    if assessed == 0:
        return f"{panel.scheme.title}: {n} {'study' if n == 1 else 'studies'}, none assessed"
    return f"{panel.scheme.title}: {assessed} of {n} {'study' if n == 1 else 'studies'} assessed"


def _column_name(column: tuple[str, str]) -> str:
    code, name = column
    return name if code == OVERALL else f"{code}  {name}"


def _short(label: str) -> str:
    """Return a name that fits its column, cut with an ellipsis."""
    shown = style.drawable(label)
    if style.text_width(shown) <= _MOST_NAME:
        return shown
    return style.wrap_to(shown, _MOST_NAME - style.text_width(" …"))[0] + " …"


def _draw_disc(ax: Axes, x: float, y: float, judgement: str | None, name: str) -> None:
    if judgement is None:
        ax.add_patch(
            Ellipse(
                (x, y), 2 * _RADIUS, 2 * _RADIUS, facecolor="none", edgecolor=style.RULE, linewidth=0.7,
                linestyle=(0, (2, 2)), zorder=3, gid=f"none:{name}",
            )
        )  # fmt: skip
        return
    look = LOOKS[judgement]
    ax.add_patch(
        Ellipse(
            (x, y), 2 * _RADIUS, 2 * _RADIUS, facecolor=look.fill, edgecolor=EDGE, linewidth=0.6, zorder=3,
            gid=f"rob:disc:{name}",
        )
    )  # fmt: skip
    size = style.SMALL if len(look.symbol) > 1 else style.TITLE_SIZE
    page.write(ax, x, y, look.symbol, size=size, color=look.ink, bold=True, ha="center", va="center",
               gid=f"rob:symbol:{name}")  # fmt: skip


def _draw_part(ax: Axes, place: tuple[float, float, float], judgement: str, gid: str) -> None:
    """Draw a part of a bar at (left, top, width) with the symbol of its judgement."""
    x, y, wide = place
    look = LOOKS.get(judgement)
    fill = "none" if look is None else look.fill
    ax.add_patch(
        Rectangle(
            (x, y), wide, _BAR, facecolor=fill, edgecolor=EDGE, linewidth=0.6,
            linestyle=(0, (2, 2)) if look is None else "-", zorder=2,
            gid=f"none:{gid}" if look is None else gid,
        )
    )  # fmt: skip
    if look is not None and wide > style.text_width(look.symbol, bold=True) + 4.0:
        page.write(ax, x + wide / 2.0, y + _BAR / 2.0, look.symbol, color=look.ink, bold=True, ha="center",
                   va="center", gid=f"rob:symbol:{gid}")  # fmt: skip
    elif look is None and wide > style.text_width(NOT_ASSESSED, style.SMALL) + 6.0:
        page.write(ax, x + wide / 2.0, y + _BAR / 2.0, NOT_ASSESSED, size=style.SMALL, color=style.SOFT,
                   ha="center", va="center", gid=f"word:{gid}")  # fmt: skip


def _legend(panel: RobPanel, *, name_tool: bool) -> str:
    """Return what the symbols of a tool mean, since two tools may share one; "" where nothing is judged."""
    seen = {judgement for row in panel.rows for judgement in row.judgements}
    words = [f"{LOOKS[word].symbol}{_KEPT}{LOOKS[word].words}" for word in LOOKS if word in seen]
    tool = f"{panel.scheme.title}: " if name_tool else ""
    return f"{tool}{', '.join(words)}." if words else ""


def _new_axes(
    panels: Sequence[RobPanel], width: float, height: float, title: str, *, weighted: bool | None = None,
    discs: bool = True,
) -> Axes:  # fmt: skip
    """Make a figure with a legend of the judgements in words, and the domains below traffic lights."""
    caption = [text for panel in panels if (text := _legend(panel, name_tool=len(panels) > 1))]
    if any(None in row.judgements for panel in panels for row in panel.rows):
        caption.append(f"Dashed {'ring' if discs else 'outline'}: {NOT_ASSESSED}.")
    if weighted is not None:
        caption.append(
            "Shares of the weight in the pool." if weighted else "Shares of the number of studies."
        )
    if discs:
        for panel in panels:
            domains = ", ".join(f"{item.code}{_KEPT}{item.name}" for item in panel.scheme.domains)
            caption.append(f"{panel.scheme.title}: {domains}.")
    problems = [problem for panel in panels for problem in panel.problems]
    caption += [f"Not drawn: {'; '.join(problems)}."] if problems else []
    margins = page.Margins(left=0.0, right=max(0.0, 300.0 - width), top=2.0, bottom=4.0)
    return page.new_axes(width, height, margins, title=title, caption=caption)
