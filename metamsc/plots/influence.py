"""Eight diagnostics of influence beside each other, studies along the bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import page, style, wording
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.ticks import Limits, linear_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.sensitivity.influence import InfluenceTable

_PANELS = (
    ("rstudent", "Studentised residual"),
    ("dffits", "DFFITS"),
    ("cooks_distance", "Cook's distance"),
    ("cov_ratio", "Covariance ratio"),
    ("tau2_deleted", "τ² without it"),
    ("Q_deleted", "Q without it"),
    ("hat", "Leverage"),
    ("weight_percent", "Weight, %"),
)
_WIDTH, _PANEL, _LOW_PANEL, _GAP, _LEFT, _RIGHT = 216.0, 62.0, 46.0, 20.0, 38.0, 10.0
_TWO_COLUMNS = 120.0
"""Least width of a figure with two columns of panels, in millimetres."""
_STEP, _THIN, _NARROWEST_STEP, _MOST_NAMED = 11.0, 2.2, 8.0, 60
"""Width of a study in points: with its name, without, least with it; up to so many all have theirs."""
_FLAT = 1e-9
"""Smaller differences are those of rounding, and not drawn as if they were any."""


def draw_influence(
    table: InfluenceTable, *, ax: Axes | None = None, title: str = "", width: float | None = None
) -> tuple[Axes, ...]:
    """Draw every diagnostic over the studies; outliers and influential studies stand out.

    Parameters
    ----------
    table : InfluenceTable
        From :func:`metamsc.sensitivity.influence.measure_influence`.
    ax : Axes, optional
        Whose place the panels take; leave room below for the names of studies. Default: a new figure.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres; below 120 the panels stand in one column.

    Returns
    -------
    tuple of Axes
        One per diagnostic, on one figure.

    Raises
    ------
    InputError
        If there is no study.
    OptionError
        If the width is too small; says the least one.
    """
    k = len(table.rows)
    if k == 0:
        raise InputError("there is no study to draw.")
    columns = 1 if width is not None and width < _TWO_COLUMNS else 2
    all_named = k <= _MOST_NAMED and _has_room(k, columns, width)
    labels = [wording.short_name(row.label) if all_named or row.is_influential else "" for row in table.rows]
    rows = math.ceil(len(_PANELS) / columns)
    tall = _PANEL if columns > 1 else _LOW_PANEL
    names = max(style.text_width(label, style.SMALL) for label in labels) + 10.0
    margins = page.Margins(left=_LEFT, right=_RIGHT, top=12.0, bottom=names)
    usual = columns * max(_WIDTH, (_STEP if all_named else _THIN) * k) + (columns - 1) * (_LEFT + _RIGHT)
    if ax is not None:
        frame, whole = ax, page.size_of(ax)
        ax.set_axis_off()
        tall = (whole[1] + _GAP) / rows - _GAP
    else:
        whole = page.graphic_width(width, margins, usual), rows * (tall + _GAP) - _GAP
        caption = _caption(table, all_named=all_named)
        frame = page.new_axes(*whole, margins, title=title, caption=caption)
    wide = (whole[0] - (columns - 1) * (_LEFT + _RIGHT)) / columns
    axes = []
    for number, (name, heading) in enumerate(_PANELS):
        row, column = number % rows, number // rows
        corner = column * (wide + _LEFT + _RIGHT), (rows - 1 - row) * (tall + _GAP)
        panel = page.part_of(frame, corner, (wide, tall))
        _draw_panel(panel, table, name, heading)
        if row == rows - 1:
            look = style.text_style("".join(labels), size=style.SMALL)
            places = [place for place, label in enumerate(labels) if label]
            panel.set_xticks(places, [style.drawable(labels[n]) for n in places], rotation=90, **look)
        axes.append(panel)
    if ax is None:
        frame.remove()
    return tuple(axes)


def _has_room(k: int, columns: int, width: float | None) -> bool:
    """Say whether the names of all studies have room side by side."""
    if width is None:
        return True
    room = (width * POINTS_PER_MM - 2 * page.EDGE) / columns - _LEFT - _RIGHT
    return room / k >= _NARROWEST_STEP


def _caption(table: InfluenceTable, *, all_named: bool) -> tuple[str, ...]:
    marked = [row.label for row in table.rows if row.is_influential]
    said = "Diamonds: influential studies (DFFITS, Cook's distance, leverage or a DFBETA beyond the usual "
    said += "limit); in the first panel outliers too (beyond ±\u00a01.96)."
    found = f"Influential: {wording.names(marked)}." if marked else "No study is influential."
    return (said, found if all_named else f"{found} Only these are named, of {len(table.rows)} studies.")


def _draw_panel(ax: Axes, table: InfluenceTable, name: str, title: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_title(title, loc="left", pad=3.0, **style.text_style(title, size=style.SMALL, bold=True))
    values = [getattr(row, name) for row in table.rows]
    ax.set_xlim(-0.7, len(values) - 0.3)
    ax.set_xticks([])
    here = [(x, y) for x, y in enumerate(values) if y is not None]
    ax.plot([x for x, _ in here], [y for _, y in here], color=style.FAINT, linewidth=0.8, zorder=1, gid=name)
    size = 4.0 if len(values) <= _MOST_NAMED else 2.4
    for x, y in here:
        row = table.rows[x]
        marked = bool(row.is_influential) or (name == "rstudent" and bool(row.is_outlier))
        color = style.PREDICTION if marked else style.STUDY
        marker = "D" if marked else "o"
        ax.plot([x], [y], marker, color=color, markersize=max(size, 3.4) if marked else size,
                zorder=3 + marked, gid=f"{name}:{x}")  # fmt: skip
    lines = _lines(name)
    for level in lines:
        ax.axhline(
            level,
            color=style.RULE,
            linewidth=0.6,
            linestyle=(0, (3, 2)),
            zorder=0,
            gid=f"{name}:level:{level:g}",
        )
    limits = _limits([*(y for _, y in here), *lines])
    ax.set_ylim(limits.low, limits.high)
    ax.set_yticks(*linear_ticks(limits, 4))
    ax.minorticks_off()


def _limits(values: Sequence[float]) -> Limits:
    """Return ends with every value between them; around equal values as far as they are large."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = high - low
    if span <= _FLAT * max(abs(low), abs(high), 1.0):
        span = max(abs(low), abs(high)) or 1.0
    return Limits(low - 0.15 * span, high + 0.15 * span)


def _lines(name: str) -> tuple[float, ...]:
    """Return the levels a reader compares with."""
    return {"rstudent": (-1.96, 0.0, 1.96), "dffits": (0.0,), "cov_ratio": (1.0,)}.get(name, ())
