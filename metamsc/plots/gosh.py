"""GOSH plot: where the pooled estimates of all subsets fall, and their heterogeneity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from metamsc.errors import InputError, check_option
from metamsc.plots import column, page, style, wording
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from metamsc.analysis.result import Scale
    from metamsc.sensitivity.gosh_result import Gosh

_WIDTH, _HEIGHT, _MARGINAL, _GAP = 320.0, 200.0, 54.0, 6.0
_MARGINS = page.Margins(left=44.0, right=14.0, top=_MARGINAL + _GAP + 4.0, bottom=34.0)
_FEW = 600
"""Up to so many subsets each is a point: a density of so few would be pale specks."""
_CELLS = (90, 60)
_OUTER = 0.0005
"""Share of the estimates on each side that the axis need not show: single studies can lie far out."""
_OTHERS = "#B9CADB"
_SHADES = LinearSegmentedColormap.from_list("gosh", ["#B4C7DA", "#5C84AB", "#0B2F57"])


def draw_gosh(
    gosh: Gosh,
    scale: Scale,
    *,
    study: str | None = None,
    ax: Axes | None = None,
    title: str = "",
    width: float | None = None,
) -> Axes:
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
    ax : Axes, optional
        Whose place density and histogram share. Default: a new figure with title and caption.
    title : str
        Above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        Of the density; the histogram is the figure's last axes.

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
    size = page.graphic_width(width if ax is None else None, _MARGINS, _WIDTH), _HEIGHT
    label, margins = page.below_axis(wording.axis_label(scale), _MARGINS, size[0])
    if ax is None:
        density, above = _new_axes(size, margins, title, _caption(gosh, study))
    else:
        density, above = _parted(ax)
    with_it = None
    if study is not None:
        bit = gosh.rows["subset"].dtype.type(1 << labels.index(study))
        with_it = (gosh.rows["subset"] & bit) != 0
    _frame(density, limits, scale, label)
    if len(estimate) <= _FEW:
        _draw_points(density, estimate, I2, with_it, study)
    else:
        _draw_density(density, estimate, I2, limits)
    _draw_histogram(above, estimate, with_it, limits, study)
    return density


def _limits(estimate: NDArray[np.float64], scale: Scale) -> Limits:
    low, high = np.quantile(estimate, (_OUTER, 1.0 - _OUTER)).tolist()
    low, high = min(low, scale.null), max(high, scale.null)
    margin = 0.04 * (high - low) or 1.0
    return Limits(low - margin, high + margin)


def _caption(gosh: Gosh, study: str | None) -> tuple[str, ...]:
    number = f"{gosh.n_subsets:,} subsets of {gosh.k} studies"
    said = [f"All {number}." if gosh.is_all else f"{number}, drawn with seed {gosh.seed}."]
    if len(gosh.groups) > 1:
        said.append(f"The estimates form {len(gosh.groups)} groups.")
    if study is not None:
        where = "" if gosh.rows.size <= _FEW else " of the histogram"
        said.append(f"In the strong colour{where}: subsets with {study}.")
    said.append("Subsets overlap: their spread is no measure of uncertainty.")
    return (" ".join(said),)


def _new_axes(
    size: tuple[float, float], margins: page.Margins, title: str, caption: tuple[str, ...]
) -> tuple[Axes, Axes]:
    below = page.new_axes(*size, margins, title=title, caption=caption)
    above = page.part_of(below, (0.0, size[1] + _GAP), (size[0], _MARGINAL))
    above.sharex(below)
    return below, above


def _parted(ax: Axes) -> tuple[Axes, Axes]:
    """Return somebody's axes, made lower, and new ones for the histogram in the place above them."""
    width, height = page.size_of(ax)
    share = (_MARGINAL + _GAP) / (_HEIGHT + _MARGINAL + _GAP)
    tall = _MARGINAL / (_MARGINAL + _GAP) * share * height
    above = page.part_of(ax, (0.0, height - tall), (width, tall))
    box = ax.get_position()
    ax.set_position((box.x0, box.y0, box.width, (1.0 - share) * box.height))
    above.sharex(ax)
    return ax, above


def _frame(ax: Axes, limits: Limits, scale: Scale, label: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(limits.low, limits.high)
    ax.set_ylim(-4.0, 104.0)
    ax.axvline(scale.null, color=style.INK, linewidth=0.7, zorder=3, gid="null")
    ax.set_xticks(*column.ticks_within(limits, page.size_of(ax)[0], ratio=scale.ratio))
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.minorticks_off()
    page.heading_texts(ax, label, "I², %")


def _draw_points(
    ax: Axes,
    estimate: NDArray[np.float64],
    I2: NDArray[np.float64],
    with_it: NDArray[np.bool_] | None,
    study: str | None,
) -> None:
    """Draw few subsets one by one; those with the study filled dark, the others open."""
    dark = np.zeros(len(estimate), dtype=bool) if with_it is None else with_it
    for chosen, face, edge, gid in (
        (~dark, _OTHERS, style.STUDY, "subsets"),
        (dark, style.POOLED, "white", f"subsets:{study}"),
    ):
        if chosen.any():
            ax.plot(
                estimate[chosen], I2[chosen], "o", markersize=4.6, markerfacecolor=face, markeredgecolor=edge,
                markeredgewidth=0.6, alpha=0.85, zorder=2.5, gid=gid, clip_on=False,
            )  # fmt: skip


def _draw_density(ax: Axes, estimate: NDArray[np.float64], I2: NDArray[np.float64], limits: Limits) -> None:
    edges = np.linspace(limits.low, limits.high, _CELLS[0] + 1), np.linspace(0.0, 100.0, _CELLS[1] + 1)
    counts = np.histogram2d(estimate, I2, bins=edges)[0]
    shown = np.ma.masked_equal(counts.T, 0.0)
    mesh = ax.pcolormesh(
        *edges, shown, cmap=_SHADES, norm=LogNorm(1.0, max(2.0, float(counts.max()))), zorder=2
    )
    mesh.set_gid("density")


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
    ax.stairs(every, edges, fill=True, color=_OTHERS, zorder=1, gid="all")
    if with_it is not None:
        part = np.histogram(estimate[with_it], edges)[0]
        ax.stairs(part, edges, fill=True, color=style.POOLED, zorder=2, gid=f"with:{study}")
    ax.set_ylim(0.0, 1.05 * max(1, int(every.max())))
    ax.tick_params(axis="both", left=False, bottom=False, labelleft=False, labelbottom=False)
