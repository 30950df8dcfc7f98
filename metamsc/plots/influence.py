"""Eight diagnostics of influence beside each other, studies along the bottom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style

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
_WIDTH, _PANEL, _GAP, _LEFT, _RIGHT, _TOP = 216.0, 62.0, 20.0, 34.0, 10.0, 10.0
_STEP, _MOST_NAMED = 11.0, 60


def draw_influence(table: InfluenceTable) -> tuple[Axes, ...]:
    """Draw every diagnostic over the studies; outliers and influential studies stand out.

    Parameters
    ----------
    table : InfluenceTable
        From :func:`metamsc.sensitivity.influence.measure_influence`.

    Returns
    -------
    tuple of Axes
        One per diagnostic, on one new figure.

    Raises
    ------
    InputError
        If there is no study.
    """
    k = len(table.rows)
    if k == 0:
        raise InputError("there is no study to draw.")
    labels = [row.label for row in table.rows] if k <= _MOST_NAMED else [str(n + 1) for n in range(k)]
    names = max(style.text_width(label, style.SMALL) for label in labels) + 10.0
    wide = max(_WIDTH, _STEP * k)
    rows = math.ceil(len(_PANELS) / 2)
    width = 2 * (_LEFT + wide + _RIGHT)
    height = _TOP + rows * (_PANEL + _GAP) + names
    figure = style.bare_figure(width, height)
    axes = []
    for number, (name, title) in enumerate(_PANELS):
        row, column = number % rows, number // rows
        left = _LEFT + column * (_LEFT + wide + _RIGHT)
        bottom = names + (rows - 1 - row) * (_PANEL + _GAP)
        ax = figure.add_axes((left / width, bottom / height, wide / width, _PANEL / height))
        _draw_panel(ax, table, name, title)
        if row == rows - 1:
            look = style.text_style("".join(labels), size=style.SMALL)
            ax.set_xticks(range(k), [style.drawable(label) for label in labels], rotation=90, **look)
        axes.append(ax)
    return tuple(axes)


def _draw_panel(ax: Axes, table: InfluenceTable, name: str, title: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_title(title, loc="left", pad=3.0, **style.text_style(title, size=style.SMALL, bold=True))
    values = [getattr(row, name) for row in table.rows]
    ax.set_xlim(-0.7, len(values) - 0.3)
    ax.set_xticks([])
    here = [(x, y) for x, y in enumerate(values) if y is not None]
    ax.plot([x for x, _ in here], [y for _, y in here], color=style.FAINT, linewidth=0.8, zorder=1, gid=name)
    for x, y in here:
        row = table.rows[x]
        marked = bool(row.is_influential) or (name == "rstudent" and bool(row.is_outlier))
        color = style.PREDICTION if marked else style.STUDY
        marker = "D" if marked else "o"
        ax.plot([x], [y], marker, color=color, markersize=4.0, zorder=3, gid=f"{name}:{x}")
    for level in _lines(name):
        ax.axhline(level, color=style.RULE, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    ax.locator_params(axis="y", nbins=4)
    ax.margins(y=0.15)


def _lines(name: str) -> tuple[float, ...]:
    """Return the levels a reader compares with."""
    return {"rstudent": (-1.96, 0.0, 1.96), "dffits": (0.0,), "cov_ratio": (1.0,)}.get(name, ())
