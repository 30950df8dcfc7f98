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

from matplotlib.transforms import offset_copy

from metamsc.errors import InputError
from metamsc.names import coefficient_words
from metamsc.plots import page, style, wording
from metamsc.plots.forestplot_call import call_forestplot
from metamsc.plots.numbers import decimals_for, format_value
from metamsc.plots.sensitivity_marks import GRAPHIC, ROW, mark_cuts
from metamsc.plots.sensitivity_rows import SensitivityLine, SensitivityRow, stack_lines
from metamsc.plots.ticks import Limits, effect_limits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from metamsc.models.results import PooledResult

INTERCEPT = "intercept"
ONE_MODEL = "Coefficient"
_GAP = 12.0
_INDENT = "   "


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
    if ax is None:
        ax = _new_axes(lines, [header, *texts], title, width)
    call_forestplot(_frame(rows, texts), ax, limits, ratio=ratio, null=0.0, label="")
    _mend(ax, lines, limits, ratio=ratio)
    _write(ax, lines, header)
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


def _mend(ax: Axes, lines: Sequence[SensitivityLine], limits: Limits, *, ratio: bool) -> None:
    """Give forestplot's axes our limits and look, and its artists their names."""
    style.quiet_axes(ax)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(-0.6, len(lines) - 0.5)
    ax.minorticks_off()
    ax.tick_params(axis="y", length=0.0)
    page.heading_texts(ax, "Ratio of effects (log scale)" if ratio else "Change of the effect")
    for artist, gid, zorder in zip(ax.collections, ("ci", "est", "null"), (2, 3, 1), strict=False):
        artist.set_gid(gid)
        artist.set_zorder(zorder)
    for line in ax.lines:
        line.set_visible(False)  # errorbar's data line, which carries no mark
    for number, band in enumerate(ax.patches):
        band.set_gid(f"stripe:{number}")
        band.set_facecolor(style.BAND)
        band.set_alpha(0.7)
        band.set_linewidth(0.0)


def _label(line: SensitivityLine, lines: Sequence[SensitivityLine]) -> str:
    if line.y == len(lines) - 1:
        return ONE_MODEL
    return line.heading if line.row is None else f"{_INDENT}{line.row.label}"


def _write(ax: Axes, lines: Sequence[SensitivityLine], header: str) -> None:
    """Set names, numbers of studies and effects in our font, at fixed distances from the axes."""
    ordered = sorted(lines, key=lambda line: line.y)
    names, column = _widths(lines)
    ax.set_yticks(
        [line.y for line in ordered], [style.drawable(_label(line, lines)) for line in ordered], ha="left"
    )
    ax.tick_params(axis="y", pad=names + column)
    beside = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), x=_GAP, units="points")
    for line, tick, text in zip(ordered, ax.get_yticklabels(), ax.texts[: len(lines)], strict=True):
        top = line.y == len(lines) - 1
        tick.set(**style.text_style(tick.get_text(), bold=line.row is None))
        tick.set_verticalalignment("center")
        text.set_text(header if top else text.get_text().strip(" "))
        text.set_transform(beside)
        text.set_position((1.0, line.y))
        text.set(**style.text_style(text.get_text(), bold=line.row is None))
        text.set_gid(f"effect:{line.y}")
    for line in ordered:
        top = line.y == len(lines) - 1
        shown = "k" if top else ("" if line.row is None else str(line.row.k))
        if shown:
            ax.annotate(
                shown, (0.0, line.y), xycoords=ax.get_yaxis_transform(), xytext=(-_GAP, 0.0), ha="right",
                va="center", textcoords="offset points", annotation_clip=False, gid=f"k:{line.y}",
                **style.text_style(shown, bold=top),
            )  # fmt: skip


def _widths(lines: Sequence[SensitivityLine]) -> tuple[float, float]:
    """Return the widths of the names and of everything between them and the axes."""
    names = max(style.text_width(_label(line, lines), bold=line.row is None) for line in lines)
    return names, _GAP + style.text_width("000") + _GAP


def _new_axes(
    lines: Sequence[SensitivityLine], texts: Sequence[str], title: str, width: float | None
) -> Axes:
    right = max(style.text_width(text, bold=True) for text in texts) + _GAP
    margins = page.Margins(left=sum(_widths(lines)), right=right, top=2.0, bottom=34.0)
    graphic = page.graphic_width(width, margins, GRAPHIC)
    return page.new_axes(graphic, ROW * len(lines), margins, title=title)
