"""Drapery plot: P value functions of the studies and of the pooled effect, every level at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from metamsc.errors import InputError
from metamsc.plots import column, page, style, wording
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult

_WIDTH, _HEIGHT = 320.0, 220.0
_MARGINS = page.Margins(left=44.0, right=34.0, top=6.0, bottom=34.0)
_FAINTEST, _FEW = 0.12, 20
"""Opacity of the studies' curves where there are very many; up to so many they keep theirs."""
_LEVELS = (0.5, 0.1, 0.05, 0.01, 0.001)
_SMALLEST = 5e-4


def p_values(at: NDArray[np.float64], estimate: float, se: float, df: float | None) -> NDArray[np.float64]:
    """Return the two-sided P value of each hypothesis `at`, by t on `df` or, without df, by the normal."""
    z = -np.abs((at - estimate) / se)
    return np.asarray(2.0 * (ndtr(z) if df is None else stdtr(df, z)), dtype=np.float64)


def draw_drapery(
    rows: Sequence[EffectRow],
    pooled: PooledResult,
    scale: Scale,
    *,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
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
        How effects are shown.
    ax : Axes, optional
        Where to draw; default: a new figure with title and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

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
    size = page.graphic_width(width if ax is None else None, _MARGINS, _WIDTH), _HEIGHT
    label, margins = page.below_axis(wording.axis_label(scale), _MARGINS, size[0])
    if ax is None:
        ax = page.new_axes(*size, margins, title=title, caption=_caption(rows, pooled))
    ends = [(row.yi - 2.2 * row.sei, row.yi + 2.2 * row.sei) for row in rows]
    low = min([scale.null, pooled.ci.low, float(np.quantile([end[0] for end in ends], 0.15))])
    high = max([scale.null, pooled.ci.high, float(np.quantile([end[1] for end in ends], 0.85))])
    limits = Limits(low - 0.03 * (high - low), high + 0.03 * (high - low))
    at = np.linspace(limits.low, limits.high, 801)
    _frame(ax, limits, scale, label)
    if pooled.pi is not None:
        ax.axvspan(
            max(pooled.pi.low, limits.low), min(pooled.pi.high, limits.high), color=style.BAND,
            linewidth=0.0, zorder=0, gid="pi",
        )  # fmt: skip
    faint = max(_FAINTEST, 0.45 * min(1.0, _FEW / len(rows)))
    for row in rows:
        curve = np.maximum(p_values(at, row.yi, row.sei, None), _SMALLEST / 2.0)
        ax.plot(at, curve, color=style.STUDY, alpha=faint, linewidth=0.8, zorder=2, gid=f"study:{row.row_id}")
    curve = np.maximum(p_values(at, pooled.estimate, pooled.se, pooled.df), _SMALLEST / 2.0)
    ax.plot(at, curve, color=style.POOLED, linewidth=2.0, zorder=4, gid="pooled")
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    return ax


def _caption(rows: Sequence[EffectRow], pooled: PooledResult) -> tuple[str, ...]:
    studies = "the study" if len(rows) == 1 else f"{len(rows)} studies"
    said = f"Curves: P value of each effect on the axis; thin: {studies}"
    said += f", thick: pooled effect ({wording.CI_WORDS.get(pooled.ci_method, pooled.ci_method)})."
    if pooled.k == 1:
        said = "Curve: P value of each effect on the axis, of one study; nothing is pooled."
    crossed = "Where a curve crosses a level, the interval named at the right ends."
    shaded = (
        f" Shaded: {wording.percent(pooled.pi.level)} prediction interval." if pooled.pi is not None else ""
    )
    return (said, crossed + shaded)


def _frame(ax: Axes, limits: Limits, scale: Scale, label: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_yscale("log")
    ax.set_ylim(_SMALLEST, 1.05)
    ax.set_xlim(limits.low, limits.high)
    ax.set_xticks(*column.ticks_within(limits, page.size_of(ax)[0], ratio=scale.ratio))
    ax.set_yticks([1.0, *_LEVELS], ["1", *(f"{level:g}" for level in _LEVELS)])
    ax.minorticks_off()
    for level in _LEVELS[1:]:
        ax.axhline(level, color=style.FAINT, linewidth=0.6, zorder=1, gid=f"level:{level:g}")
        words = wording.percent(1.0 - level)
        ax.annotate(
            words, (1.0, level), xycoords=ax.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points",
            va="center", annotation_clip=False, gid=f"interval:{level:g}",
            **style.text_style(words, size=style.SMALL, color=style.SOFT),
        )  # fmt: skip
    page.heading_texts(ax, label, "P value")
