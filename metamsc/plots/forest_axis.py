"""The effect axis of a forest plot: how far it reaches, its ticks, its words. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import wording
from metamsc.plots.forest_rows import ForestAxis, ForestRow
from metamsc.plots.ticks import Limits, effect_limits, effect_ticks

if TYPE_CHECKING:
    from metamsc.analysis.result import Scale


def forest_axis(scale: Scale, rows: Sequence[ForestRow], limits: tuple[float, float] | None) -> ForestAxis:
    """Return the axis for these rows; `limits` are ends as shown (ratios as ratios), or None to choose.

    Raises
    ------
    InputError
        If `limits` is not an increasing pair, or not positive for a ratio.
    """
    if limits is None:
        others = [other for row in rows for other in row.others]
        points = [*(row.estimate for row in rows), *(other.estimate for other in others)]
        estimates = [point for point in points if point is not None]
        wide = _intervals(rows, {"subtotal", "overall", "prediction"})
        wide += [(o.low, o.high) for o in others if o.low is not None and o.high is not None]
        ends = effect_limits(estimates, _intervals(rows, {"study"}), wide, scale.null)
    else:
        ends = given_limits(limits, ratio=scale.ratio)
    ticks, labels = effect_ticks(ends, ratio=scale.ratio)
    lower, higher = wording.directions(scale)
    return ForestAxis(
        low=ends.low,
        high=ends.high,
        ticks=ticks,
        tick_labels=labels,
        ratio=scale.ratio,
        null=scale.null,
        mid=tuple(value for value in mid_positions(scale) if ends.low < value < ends.high),
        label=wording.axis_label(scale),
        lower=lower,
        higher=higher,
    )


def _intervals(rows: Sequence[ForestRow], kinds: Collection[str]) -> list[tuple[float, float]]:
    return [
        (row.low, row.high)
        for row in rows
        if row.kind in kinds and row.low is not None and row.high is not None
    ]


def given_limits(limits: tuple[float, float], *, ratio: bool) -> Limits:
    """Return a caller's limits on the analysis scale.

    Raises
    ------
    InputError
        If they are not two increasing finite numbers, above 0 for a ratio.
    """
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (ratio and low <= 0.0):
        wanted = "two increasing numbers" + (" above 0, as ratios" if ratio else "")
        raise InputError(f"limits must be {wanted}; got {limits!r}.")
    return Limits(math.log(low), math.log(high)) if ratio else Limits(low, high)


def mid_positions(scale: Scale) -> tuple[float, ...]:
    """Return where the minimal important difference stands: on the side of benefit, or on both."""
    if scale.mid is None:
        return ()
    if scale.lower_is_better is None:
        return (scale.null - scale.mid, scale.null + scale.mid)
    return (scale.null - scale.mid if scale.lower_is_better else scale.null + scale.mid,)
