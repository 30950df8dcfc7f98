"""Drapery plot: P value functions of the studies and of the pooled effect, every level at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.ticks import Limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult

_LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH, _HEIGHT = 44.0, 16.0, 12.0, 46.0, 320.0, 220.0
_LEVELS = (0.5, 0.1, 0.05, 0.01, 0.001)
_SMALLEST = 5e-4


def p_values(at: NDArray[np.float64], estimate: float, se: float, df: float | None) -> NDArray[np.float64]:
    """Return the two-sided P value of each hypothesis `at`, by t on `df` or, without df, by the normal."""
    z = -np.abs((at - estimate) / se)
    return np.asarray(2.0 * (ndtr(z) if df is None else stdtr(df, z)), dtype=np.float64)


def draw_drapery(
    rows: Sequence[EffectRow], pooled: PooledResult, scale: Scale, *, ax: Axes | None = None
) -> Axes:
    """Draw P value functions: where a curve is above a level, the effect is inside that interval.

    Parameters
    ----------
    rows : sequence of EffectRow
        The studies; their curves use normal quantiles.
    pooled : PooledResult
        Its curve uses the quantiles of its own interval. The prediction region has P values from t on
        its degrees of freedom.
    scale : Scale
    ax : Axes, optional

    Raises
    ------
    InputError
        If there is no row, or the pooled effect has no standard error.

    Notes
    -----
    Rücker G & Schwarzer G (2021), Research Synthesis Methods 12:308-318.
    """
    if not rows or not pooled.se:
        raise InputError("a drapery plot needs studies and a pooled effect with a standard error.")
    ax = ax or _new_axes()
    ends = [(row.yi - 2.2 * row.sei, row.yi + 2.2 * row.sei) for row in rows]
    low = min([scale.null, pooled.ci.low, float(np.quantile([end[0] for end in ends], 0.15))])
    high = max([scale.null, pooled.ci.high, float(np.quantile([end[1] for end in ends], 0.85))])
    limits = Limits(low - 0.03 * (high - low), high + 0.03 * (high - low))
    at = np.linspace(limits.low, limits.high, 801)
    _frame(ax, limits, scale)
    if pooled.pi is not None:
        ax.axvspan(
            max(pooled.pi.low, limits.low), min(pooled.pi.high, limits.high), color=style.BAND,
            linewidth=0.0, zorder=0, gid="pi",
        )  # fmt: skip
    for row in rows:
        curve = np.maximum(p_values(at, row.yi, row.sei, None), _SMALLEST / 2.0)
        ax.plot(at, curve, color=style.STUDY, alpha=0.45, linewidth=0.8, zorder=2, gid=f"study:{row.row_id}")
    curve = np.maximum(p_values(at, pooled.estimate, pooled.se, pooled.df), _SMALLEST / 2.0)
    ax.plot(at, curve, color=style.POOLED, linewidth=2.0, zorder=4, gid="pooled")
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    return ax


def _new_axes() -> Axes:
    width, height = _LEFT + _WIDTH + _RIGHT + 30.0, _TOP + _HEIGHT + _BOTTOM
    figure = style.bare_figure(width, height)
    return figure.add_axes((_LEFT / width, _BOTTOM / height, _WIDTH / width, _HEIGHT / height))


def _frame(ax: Axes, limits: Limits, scale: Scale) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_yscale("log")
    ax.set_ylim(_SMALLEST, 1.05)
    ax.set_xlim(limits.low, limits.high)
    ax.set_xticks(*effect_ticks(limits, ratio=scale.ratio))
    ax.set_yticks([1.0, *_LEVELS], ["1", *(f"{level:g}" for level in _LEVELS)])
    ax.minorticks_off()
    for level in _LEVELS[1:]:
        ax.axhline(level, color=style.FAINT, linewidth=0.6, zorder=1)
        words = wording.percent(1.0 - level)
        ax.annotate(
            words, (1.0, level), xycoords=ax.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points",
            va="center", annotation_clip=False,
            **style.text_style(words, size=style.SMALL, color=style.SOFT),
        )  # fmt: skip
    label = wording.axis_label(scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.set_ylabel("P value", **style.text_style("P value"), labelpad=5.0)
