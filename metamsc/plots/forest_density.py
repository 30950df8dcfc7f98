"""The predictive distribution behind a prediction interval, as an outline to draw. Pure arithmetic.

Nothing is estimated: centre, spread and degrees of freedom are those that gave the interval in the result.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metamsc.models.results import PooledResult

_POINTS = 81
_SAME = 1e-6
"""The interval must be that of this distribution to so much of its width: quantiles are exact to 1e-9."""
_REACH = 1.25
"""The outline reaches so far beyond the interval, in half-widths."""


def prediction_outline(pooled: PooledResult) -> tuple[tuple[float, float], ...]:
    """Return points (analysis scale, share of the highest density) of the predictive distribution.

    A t distribution with the degrees of freedom of the interval's method around the pooled estimate, scaled
    by √(tau2 + se²) (Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137-159); normal for the
    methods with normal quantiles. Empty where there is no interval, or its method has another shape.
    """
    if pooled.pi is None:
        return ()
    df = {"t": pooled.k - 1.0, "riley": pooled.k - 2.0, "normal": None, "simple": None}.get(
        pooled.pi_method, 0.0
    )
    variance = pooled.heterogeneity.tau2 + (0.0 if pooled.pi_method == "simple" else pooled.se**2)
    half = (pooled.pi.high - pooled.pi.low) / 2.0
    if (df is not None and df <= 0.0) or variance <= 0.0 or not _same(half, variance, df, pooled.pi.level):
        return ()
    half *= _REACH
    places = [pooled.estimate + half * (2.0 * step / (_POINTS - 1) - 1.0) for step in range(_POINTS)]
    return tuple((x, _density((x - pooled.estimate) ** 2 / variance, df)) for x in places)


def _density(squared: float, df: float | None) -> float:
    """Return the density at a squared distance from the centre, as a share of the one at the centre."""
    if df is None:
        return math.exp(-squared / 2.0)
    return float((1.0 + squared / df) ** (-(df + 1.0) / 2.0))


def _same(half: float, variance: float, df: float | None, level: float) -> bool:
    """Say whether the interval is the one of this distribution (cluster-robust ones have other df)."""
    from scipy import special

    share = 0.5 + level / 2.0
    quantile = float(special.ndtri(share) if df is None else special.stdtrit(df, share))
    return math.isclose(half, quantile * math.sqrt(variance), rel_tol=_SAME)
