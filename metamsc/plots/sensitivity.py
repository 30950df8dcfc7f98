"""Many analyses of one question beside each other, drawn with the ``forestplot`` package.

One row per analysis and pool: the plan's own first, then every other choice. forestplot groups the rows and
draws headings, intervals, estimates, shading, reference line and right-hand column. It needs guarding: it
knows rows by their text (equal texts merge into one row), takes measures from pyplot's current figure,
places the right-hand text by a product that fails for negative limits, silences numpy and all warnings
for the whole process when imported, and changes rcParams. The guards are in
:mod:`metamsc.plots.forestplot_call`; what it cannot do (intervals that leave the axis, ratios as ticks, text
in a proportional font, marking the plan's own row) is done on the axes it returns. Ratios are drawn as
logarithms, because its log axis loses its ticks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots import page, style, wording
from metamsc.plots.forest_cells import effect_decimals, effect_texts
from metamsc.plots.forestplot_call import call_forestplot
from metamsc.plots.row_columns import fit_columns, write_columns
from metamsc.plots.sensitivity_marks import mark_cuts, mark_plan, name_artists, rule_head
from metamsc.plots.sensitivity_rows import SensitivityRow, sensitivity_rows, stack_lines
from metamsc.plots.ticks import Limits, effect_limits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult


def draw_sensitivity(
    result: AnalysisResult, *, ax: Axes | None = None, title: bool = True, width: float | None = None
) -> Axes:
    """Compare the planned analysis with every sensitivity analysis.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on both sides for text. Default: a new figure of the size needed.
    title : bool
        Put the title of the analysis above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        x is the analysis scale (logarithms for ratios). Artists by `gid`: ``est`` and ``ci`` (one
        collection each, rows from the bottom up), ``main:<pool>``, ``null``, ``arrow-low:<row>``.

    Raises
    ------
    InputError
        If the result holds no sensitivity analysis.
    OptionError
        If the width is too small; says the least one.
    """
    rows = sensitivity_rows(result)
    groups = tuple(dict.fromkeys(row.group for row in rows))
    lines = stack_lines(rows, groups)
    limits = _limits(result, rows)
    scale, effects = result.scale, _effect_column(result, rows)
    level = wording.percent(result.pools[0].pooled.ci.level)
    header = f"{wording.capitalise(scale.measure_label)} [{level} CI]"
    new = ax is None
    columns = fit_columns(lines, effects, first="Analysis", header=header, width=width if new else None)
    margins = page.Margins(left=columns.left, right=columns.right, top=0.0, bottom=30.0)
    label, margins = page.below_axis(wording.axis_label(scale), margins, columns.graphic, columns.size)
    if ax is None:
        heading = result.title if title else ""
        ax = page.new_axes(columns.graphic, columns.scale.total, margins, title=heading)
    call_forestplot(_frame(rows, effects), ax, limits, ratio=scale.ratio, null=scale.null, size=columns.size)
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    write_columns(ax, columns)
    page.heading_texts(ax, label, size=columns.size)
    name_artists(ax)
    mark_plan(ax, lines)
    mark_cuts(ax, lines, limits)
    if new:
        rule_head(ax, columns)
    return ax


def _frame(rows: Sequence[SensitivityRow], effects: Sequence[str]) -> pd.DataFrame:
    """Return the table forestplot draws; rows and groups are named by number, so that no two are equal."""
    import pandas as pd

    groups = list(dict.fromkeys(row.group for row in rows))
    return pd.DataFrame(
        {
            "row": [f"row {number}" for number in range(len(rows))],
            "group": [f"group {groups.index(row.group)}" for row in rows],
            "estimate": [math.nan if row.estimate is None else row.estimate for row in rows],
            "low": [math.nan if row.low is None else row.low for row in rows],
            "high": [math.nan if row.high is None else row.high for row in rows],
            "effect": list(effects),
        }
    )


def _effect_column(result: AnalysisResult, rows: Sequence[SensitivityRow]) -> list[str]:
    effects = [
        (row.estimate, row.low, row.high) for row in rows if row.low is not None and row.high is not None
    ]
    texts = iter(effect_texts(effects, ratio=result.scale.ratio, decimals=effect_decimals(result)))
    return [row.instead if row.low is None or row.high is None else next(texts) for row in rows]


def _limits(result: AnalysisResult, rows: Sequence[SensitivityRow]) -> Limits:
    """Return the ends of the axis; the planned intervals set the scale, wider ones may be cut."""
    estimates = [row.estimate for row in rows if row.estimate is not None]
    intervals = [(row.low, row.high) for row in rows if row.low is not None and row.high is not None]
    return effect_limits(estimates, intervals, (), result.scale.null)
