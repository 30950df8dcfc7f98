"""Coefficients of one or many models beside each other, drawn with the ``forestplot`` package.

With one model, a row per coefficient; with several, a heading per coefficient and a row per model, so that
models are compared on what they share. The guards are those of :mod:`metamsc.plots.sensitivity`: forestplot
knows rows by their text and merges equal ones, so equal rows are refused and rows are named by number for it.
Its ``mforestplot`` is not used: it cannot draw on given axes, and without an explicit order of the models its
legend names the wrong ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.names import coefficient_words
from metamsc.plots import page, style, wording
from metamsc.plots.forestplot_call import call_forestplot
from metamsc.plots.numbers import decimals_for, format_value
from metamsc.plots.row_columns import fit_columns, write_columns
from metamsc.plots.sensitivity_marks import mark_cuts, name_artists
from metamsc.plots.sensitivity_rows import SensitivityRow, stack_lines
from metamsc.plots.ticks import effect_limits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from metamsc.models.results import PooledResult

INTERCEPT = "intercept"
ONE_MODEL = "Coefficient"


def coefficient_rows(
    models: Mapping[str, PooledResult], *, names: Mapping[str, str] | None = None, intercept: bool = False
) -> tuple[SensitivityRow, ...]:
    """Return a row per coefficient and model, in the order of the coefficients. Pure.

    Parameters
    ----------
    models : mapping of str to PooledResult
        Name of each model -> its fit.
    names : mapping of str to str, optional
        Name of a coefficient -> what to write for it; default: its column and level in words.
    intercept : bool
        Show the intercept as well.

    Raises
    ------
    InputError
        If there is no coefficient to show, or two rows would read the same.
    """
    order = dict.fromkeys(c.name for pooled in models.values() for c in pooled.coefficients)
    shown = {name: wording.capitalise(coefficient_words(name)) for name in order} | dict(names or {})
    wanted = [name for name in order if intercept or name != INTERCEPT]
    single = len(models) == 1
    rows = [
        SensitivityRow(
            group=next(iter(models)) if single else shown[name],
            name=f"{model}:{name}",
            label=shown[name] if single else model,
            k=pooled.k,
            estimate=c.estimate,
            low=c.ci.low,
            high=c.ci.high,
        )
        for name in wanted
        for model, pooled in models.items()
        for c in pooled.coefficients
        if c.name == name
    ]
    if not rows:
        raise InputError("there is no coefficient to draw: the models have no moderators.")
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.group, row.label) in seen:
            raise InputError(f"two rows read {row.label!r} under {row.group!r}: give them different names.")
        seen.add((row.group, row.label))
    return tuple(rows)


def draw_coefficients(
    models: Mapping[str, PooledResult],
    *,
    ratio: bool = False,
    names: Mapping[str, str] | None = None,
    intercept: bool = False,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
    """Compare the coefficients of meta-regressions.

    Parameters
    ----------
    models : mapping of str to PooledResult
        Name of each model -> its fit (:func:`metamsc.pool` with `X`, or ``Regression.pooled``).
    ratio : bool
        Whether effects are logarithms of ratios: ticks and numbers are then ratios.
    names : mapping of str to str, optional
        Name of a coefficient -> what to write for it; default: its column and level in words.
    intercept : bool
        Show the intercept as well.
    ax : Axes, optional
        Where to draw; leave room on both sides for text. Default: a new figure of the size needed.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        x is the analysis scale. Artists by `gid`: ``est`` and ``ci`` (one collection each, rows from the
        bottom up), ``null``.

    Raises
    ------
    InputError
        If there is no coefficient, or two rows would read the same.
    OptionError
        If the width is too small; says the least one.
    """
    rows = coefficient_rows(models, names=names, intercept=intercept)
    lines = stack_lines(rows, tuple(dict.fromkeys(row.group for row in rows)))
    level = wording.percent(next(iter(models.values())).level)
    header = f"{'Ratio' if ratio else 'Coefficient'} ({level} CI)"
    texts = _effects(rows, ratio=ratio)
    limits = effect_limits(
        [row.estimate for row in rows if row.estimate is not None],
        [(row.low, row.high) for row in rows if row.low is not None and row.high is not None],
        (),
        0.0,
    )
    columns = fit_columns(lines, texts, first=ONE_MODEL, header=header, width=width if ax is None else None)
    words = "Ratio of effects (log scale)" if ratio else "Change of the effect"
    margins = page.Margins(left=columns.left, right=columns.right, top=2.0, bottom=34.0)
    words, margins = page.below_axis(words, margins, columns.graphic, columns.size)
    if ax is None:
        ax = page.new_axes(columns.graphic, columns.scale.total, margins, title=title)
    call_forestplot(_frame(rows, texts), ax, limits, ratio=ratio, null=0.0, size=columns.size)
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    write_columns(ax, columns)
    page.heading_texts(ax, words, size=columns.size)
    name_artists(ax)
    mark_cuts(ax, lines, limits)
    return ax


def _effects(rows: Sequence[SensitivityRow], *, ratio: bool) -> list[str]:
    """Return estimate and interval of each row; decimals by its own width, for units differ between rows."""
    found = []
    for row in rows:
        assert row.estimate is not None and row.low is not None and row.high is not None  # noqa: S101, PT018
        decimals = decimals_for([(row.high - row.low) / 3.92])

        def shown(value: float, decimals: int = decimals) -> str:
            return format_value(value, ratio=ratio, decimals=decimals)

        found.append(f"{shown(row.estimate)} ({shown(row.low)} to {shown(row.high)})")
    return found


def _frame(rows: Sequence[SensitivityRow], texts: Sequence[str]) -> pd.DataFrame:
    """Return the table forestplot draws; rows and groups are named by number, so that no two are equal."""
    import pandas as pd

    groups = list(dict.fromkeys(row.group for row in rows))
    return pd.DataFrame(
        {
            "row": [f"row {number}" for number in range(len(rows))],
            "group": [f"group {groups.index(row.group)}" for row in rows],
            "estimate": [row.estimate for row in rows],
            "low": [row.low for row in rows],
            "high": [row.high for row in rows],
            "effect": list(texts),
        }
    )
