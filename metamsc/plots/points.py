"""Plots of one point per study: Baujat, radial (Galbraith) and L'Abbé."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style
from metamsc.plots.labels import Box, place_labels
from metamsc.plots.numbers import format_significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.coordinates import BaujatPoint, RadialPoint

_LEFT, _RIGHT, _TOP, _BOTTOM, _SIDE = 46.0, 14.0, 12.0, 38.0, 250.0
_POINT = 5.0
_MARGIN = 0.08


def draw_baujat(points: Sequence[BaujatPoint], *, ax: Axes | None = None) -> Axes:
    """Draw each study's influence on the pooled effect over its contribution to heterogeneity.

    Parameters
    ----------
    points : sequence of BaujatPoint
        From :func:`metamsc.sensitivity.coordinates.baujat_coordinates`.
    ax : Axes, optional
        Where to draw; default: a new figure.

    Raises
    ------
    InputError
        If no study has both coordinates.
    """
    shown = [(p.contribution, p.influence, p.label) for p in points if p.influence is not None]
    if not shown:
        raise InputError("no study can be left out of these: a Baujat plot needs refits.")
    ax = ax or _new_axes()
    high_x, high_y = max(x for x, _, _ in shown) or 1.0, max(y for _, y, _ in shown) or 1.0
    _frame(
        ax,
        (-_MARGIN * high_x, (1 + 2 * _MARGIN) * high_x),
        (-_MARGIN * high_y, (1 + _MARGIN) * high_y),
        "Contribution to heterogeneity",
        "Influence on the pooled effect",
    )
    _scatter(ax, [(x, y) for x, y, _ in shown], [label for _, _, label in shown])
    return ax


def draw_radial(points: Sequence[RadialPoint], pooled: PooledResult, *, ax: Axes | None = None) -> Axes:
    """Draw each study's effect over its standard error (with tau2) against its precision.

    The slope of a line from the origin to a point is the study's effect; the solid line is the pooled
    effect, and 95 % of points are expected within 1.96 of it.

    Parameters
    ----------
    points : sequence of RadialPoint
        From :func:`metamsc.sensitivity.coordinates.radial_coordinates`.
    pooled : PooledResult
    ax : Axes, optional
    """
    if not points:
        raise InputError("there is no study to draw.")
    ax = ax or _new_axes()
    reach = 1.06 * max(point.precision for point in points)
    ends = [
        0.0,
        *(point.z for point in points),
        pooled.estimate * reach + 1.96,
        pooled.estimate * reach - 1.96,
    ]
    low, high = min([*ends, -1.96]), max([*ends, 1.96])
    span = high - low
    _frame(
        ax,
        (0.0, reach * 1.08),
        (low - 0.05 * span, high + 0.05 * span),
        "Precision, 1 / √(v + τ²)",
        "Effect / √(v + τ²)",
    )
    ax.fill_between(
        [0.0, reach],
        [-1.96, pooled.estimate * reach - 1.96],
        [1.96, pooled.estimate * reach + 1.96],
        color=style.BAND, linewidth=0.0, zorder=0, gid="expected",
    )  # fmt: skip
    line = [0.0, pooled.estimate * reach]
    ax.plot([0.0, reach], line, color=style.POOLED, linewidth=1.2, zorder=2, gid="pooled")
    ax.axhline(0.0, color=style.RULE, linewidth=0.6, zorder=1, gid="null")
    _scatter(ax, [(p.precision, p.z) for p in points], [p.label for p in points])
    return ax


def draw_labbe(rows: Sequence[EffectRow], pooled: PooledResult, *, ax: Axes | None = None) -> Axes:
    """Draw the risk with treatment over the risk with control, a circle per study by its size.

    The diagonal is no difference; the curve is the pooled effect. Both axes end at the same risk, a quarter
    above the largest one, so that rare events do not all lie in one corner.

    Parameters
    ----------
    rows : sequence of EffectRow
        Rows of counts.
    pooled : PooledResult
        Of OR, RR or RD.
    ax : Axes, optional

    Raises
    ------
    InputError
        If a row has no counts, or the measure is none of these.
    """
    curve = _CURVES.get(pooled.measure)
    if curve is None:
        raise InputError(f"a L'Abbé plot is of {', '.join(_CURVES)}; got {pooled.measure}.")
    places = []
    for row in rows:
        arms = (row.control, row.treatment)
        if any(arm.events is None or not arm.n for arm in arms):
            raise InputError(f"{row.label} has no counts: a L'Abbé plot needs events and n of both arms.")
        places.append(tuple((arm.events or 0.0) / (arm.n or 1.0) for arm in arms))
    ax = ax or _new_axes()
    reach = min(1.0, 1.25 * max([0.04, *(risk for place in places for risk in place)]))
    _frame(
        ax,
        (-0.03 * reach, 1.03 * reach),
        (-0.03 * reach, 1.03 * reach),
        "Risk with control",
        "Risk with treatment",
    )
    ax.plot(
        [0, reach], [0, reach], color=style.RULE, linewidth=0.8, linestyle=(0, (3, 2)), gid="null", zorder=1
    )
    steps = [reach * step / 200.0 for step in range(1, 200)]
    drawn = [(x, y) for x, y in ((x, curve(x, pooled.estimate)) for x in steps) if 0.0 <= y <= reach]
    ax.plot(
        [x for x, _ in drawn],
        [y for _, y in drawn],
        color=style.POOLED,
        linewidth=1.2,
        gid="pooled",
        zorder=2,
    )
    sizes = [math.sqrt((row.treatment.n or 0.0) + (row.control.n or 0.0)) for row in rows]
    widest = max(sizes)
    _scatter(
        ax, [(x, y) for x, y in places], [row.label for row in rows], [5.0 + 9.0 * s / widest for s in sizes]
    )
    return ax


def _odds(x: float, effect: float) -> float:
    odds = x / (1.0 - x) * math.exp(effect)
    return odds / (1.0 + odds)


def _risk(x: float, effect: float) -> float:
    return x * math.exp(effect)


def _difference(x: float, effect: float) -> float:
    return x + effect


_CURVES = {"OR": _odds, "RR": _risk, "RD": _difference}


def _new_axes() -> Axes:
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    figure = style.bare_figure(width, height)
    return figure.add_axes((_LEFT / width, _BOTTOM / height, _SIDE / width, _SIDE / height))


def _frame(ax: Axes, x: tuple[float, float], y: tuple[float, float], x_label: str, y_label: str) -> None:
    style.quiet_axes(ax)
    ax.spines["left"].set_visible(True)
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    ax.minorticks_off()
    ax.locator_params(nbins=6)
    for axis in (ax.xaxis, ax.yaxis):
        low, high = axis.get_view_interval()
        ticks = [tick for tick in axis.get_ticklocs() if low <= tick <= high]
        axis.set_ticks(ticks, [format_significant(tick, 3).rstrip("0").rstrip(".") or "0" for tick in ticks])
    ax.set_xlabel(x_label, **style.text_style(x_label), labelpad=5.0)
    ax.set_ylabel(y_label, **style.text_style(y_label), labelpad=6.0)


def _scatter(
    ax: Axes,
    places: Sequence[tuple[float, float]],
    labels: Sequence[str],
    sizes: Sequence[float] | None = None,
) -> None:
    """Draw the points, farthest from the others first named, each name where it covers nothing."""
    for number, (x, y) in enumerate(places):
        ax.plot(
            [x], [y], "o", markersize=_POINT if sizes is None else sizes[number], color=style.STUDY,
            markeredgecolor="white", markeredgewidth=0.6, alpha=0.9, zorder=3, gid=f"est:{number}",
        )  # fmt: skip
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that were just drawn on  # noqa: S101
    unit = 72.0 / figure.dpi
    radii = [size / 2.0 for size in (sizes or [_POINT] * len(places))]
    order = sorted(range(len(places)), key=lambda n: -places[n][0] - places[n][1])
    pixels = [ax.transData.transform(places[n]) * unit for n in order]
    box = ax.get_window_extent()
    frame = Box(box.x0 * unit, box.y0 * unit, (box.x1 * unit) + _RIGHT - 2.0, box.y1 * unit + 6.0)
    words = [style.drawable(labels[n]) for n in order]
    for placed in place_labels(
        [(float(x), float(y)) for x, y in pixels], words, frame, radii=[radii[n] for n in order]
    ):
        ax.annotate(
            placed.text, places[order[placed.number]], xytext=(placed.dx, placed.dy),
            textcoords="offset points", ha=placed.align, va="center", zorder=5,
            **style.text_style(placed.text, size=style.SMALL, color=style.SOFT),
        )  # fmt: skip
