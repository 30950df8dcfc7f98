"""GOSH plot: where the pooled estimates of all subsets fall, and their heterogeneity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from metamsc.errors import InputError, check_option
from metamsc.plots import style, wording
from metamsc.plots.ticks import Limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from metamsc.analysis.result import Scale
    from metamsc.sensitivity.gosh_result import Gosh

_LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH, _HEIGHT, _MARGINAL, _GAP = (
    44.0,
    14.0,
    20.0,
    54.0,
    320.0,
    200.0,
    54.0,
    6.0,
)
_CELLS = (90, 60)
_OUTER = 0.0005
"""Share of the estimates on each side that the axis need not show: single studies can lie far out."""
_SHADES = LinearSegmentedColormap.from_list("gosh", ["#DCE5EE", "#6F93B5", "#0B2F57"])


def draw_gosh(gosh: Gosh, scale: Scale, *, study: str | None = None) -> Axes:
    """Draw the density of estimate and I2 over all subsets, with the estimates' histogram above.

    Parameters
    ----------
    gosh : Gosh
        From :func:`metamsc.sensitivity.gosh.gosh`.
    scale : Scale
        How effects are shown.
    study : str, optional
        Subsets with this study stand out in the histogram; default: the strongest driver, if there is
        one.

    Returns
    -------
    Axes
        Of the density; the histogram is the figure's second axes.

    Raises
    ------
    OptionError
        If there is no such study.
    InputError
        If no subset was kept.

    Notes
    -----
    After Olkin, Dahabreh & Trikalinos (2012), Research Synthesis Methods 3:214-223.
    """
    if gosh.rows.size == 0:
        raise InputError("no subset was kept: there is nothing to draw.")
    labels = [item.label for item in gosh.studies]
    if study is None:
        study = gosh.drivers[0] if gosh.drivers else None
    else:
        check_option("study", study, labels)
    estimate, I2 = gosh.rows["estimate"].astype(np.float64), gosh.rows["I2"].astype(np.float64)
    limits = _limits(estimate, scale)
    density, above = _new_axes(_caption(gosh, study))
    _draw_density(density, estimate, I2, limits, scale)
    with_it = None
    if study is not None:
        bit = gosh.rows["subset"].dtype.type(1 << labels.index(study))
        with_it = (gosh.rows["subset"] & bit) != 0
    _draw_histogram(above, estimate, with_it, limits, study)
    return density


def _limits(estimate: NDArray[np.float64], scale: Scale) -> Limits:
    low, high = np.quantile(estimate, (_OUTER, 1.0 - _OUTER)).tolist()
    low, high = min(low, scale.null), max(high, scale.null)
    margin = 0.04 * (high - low) or 1.0
    return Limits(low - margin, high + margin)


def _caption(gosh: Gosh, study: str | None) -> str:
    number = f"{gosh.n_subsets:,} subsets of {gosh.k} studies"
    said = [f"All {number}." if gosh.is_all else f"{number}, drawn with seed {gosh.seed}."]
    if len(gosh.groups) > 1:
        said.append(f"The estimates form {len(gosh.groups)} groups.")
    if study is not None:
        said.append(f"Dark in the histogram: subsets with {study}.")
    said.append("Subsets overlap: their spread is no measure of uncertainty.")
    return " ".join(said)


def _new_axes(caption: str) -> tuple[Axes, Axes]:
    width = _LEFT + _WIDTH + _RIGHT
    lines = style.wrap_to(caption, width - 16.0, style.SMALL)
    bottom = _BOTTOM + style.text_height(len(lines), style.SMALL)
    height = _TOP + _MARGINAL + _GAP + _HEIGHT + bottom
    figure = style.bare_figure(width, height)
    below = figure.add_axes((_LEFT / width, bottom / height, _WIDTH / width, _HEIGHT / height))
    start = (bottom + _HEIGHT + _GAP) / height
    above = figure.add_axes((_LEFT / width, start, _WIDTH / width, _MARGINAL / height), sharex=below)
    words = style.drawable("\n".join(lines))
    look = style.text_style(words, size=style.SMALL, color=style.SOFT)
    figure.text(8.0 / width, (bottom - _BOTTOM + 8.0) / height, words, va="top", **look)
    return below, above


def _draw_density(
    ax: Axes, estimate: NDArray[np.float64], I2: NDArray[np.float64], limits: Limits, scale: Scale
) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(-4.0, 104.0)
    edges = np.linspace(limits.low, limits.high, _CELLS[0] + 1), np.linspace(0.0, 100.0, _CELLS[1] + 1)
    counts = np.histogram2d(estimate, I2, bins=edges)[0]
    shown = np.ma.masked_equal(counts.T, 0.0)
    mesh = ax.pcolormesh(
        *edges, shown, cmap=_SHADES, norm=LogNorm(1.0, max(2.0, float(counts.max()))), zorder=2
    )
    mesh.set_gid("density")
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=3, gid="null")
    ax.set_xticks(*effect_ticks(limits, ratio=scale.ratio))
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.minorticks_off()
    label = wording.axis_label(scale)
    ax.set_xlabel(label, **style.text_style(label), labelpad=4.0)
    ax.set_ylabel("I², %", **style.text_style("I², %"), labelpad=5.0)


def _draw_histogram(
    ax: Axes,
    estimate: NDArray[np.float64],
    with_it: NDArray[np.bool_] | None,
    limits: Limits,
    study: str | None,
) -> None:
    style.quiet_axes(ax)
    edges = np.linspace(limits.low, limits.high, _CELLS[0] + 1)
    every = np.histogram(estimate, edges)[0]
    ax.stairs(every, edges, fill=True, color="#B9CADB", zorder=1, gid="all")
    if with_it is not None:
        part = np.histogram(estimate[with_it], edges)[0]
        ax.stairs(part, edges, fill=True, color=style.POOLED, zorder=2, gid=f"with:{study}")
    ax.set_ylim(0.0, 1.05 * max(1, int(every.max())))
    ax.tick_params(axis="both", left=False, bottom=False, labelleft=False, labelbottom=False)
