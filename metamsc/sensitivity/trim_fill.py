"""Trim and fill: how many studies a lopsided funnel lacks, and what the pool would be with them.

In come effects and variances, out comes the number of studies that seem to be missing on one side, the
mirror images that stand for them, and the pool with and without. It assumes that asymmetry is missing
evidence and nothing else, and it invents data: a sensitivity analysis, never the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import checked_effects

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from metamsc.models.results import PooledResult

    FloatArray = NDArray[np.float64]
    Centre = Callable[[FloatArray, FloatArray], float]

ESTIMATORS: dict[str, str] = {
    "L0": "from the sum of the ranks on the heavy side; the most robust of the three, and the default",
    "R0": "from the length of the run of largest ranks on the heavy side; also gives a test",
    "Q0": "from the sum of the ranks by a quadratic equation, which may have no solution",
}

SIDES = ("left", "right")

# A handful of steps is usual; more than this is a cycle.
_MOST_STEPS = 100
# Deviations from the centre this small beside the effects are rounding: such a study is on neither side.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimFill:
    """Studies that seem to be missing, and the pool with and without them.

    Attributes
    ----------
    k, k0 : int
        Studies there are, and studies estimated to be missing.
    k0_se : float
        Standard error of the estimate before rounding.
    k0_p : float or None
        P-value of the hypothesis that none is missing; the R0 estimator only.
    estimator, side : str
        Side on which studies seem to be missing: "left" (smaller effects) or "right".
    filled_yi, filled_vi : tuple of float
        The mirror images, ordered by the distance of their originals from the centre.
    observed, adjusted : PooledResult
        The pool without and with them.
    warnings : tuple of str
    """

    k: int
    k0: int
    k0_se: float
    k0_p: float | None
    estimator: str
    side: str
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]
    observed: PooledResult
    adjusted: PooledResult
    warnings: tuple[str, ...] = ()


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    estimator: str = "L0",
    side: str | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    measure: str = "GEN",
    force: bool = False,
) -> TrimFill:
    """Estimate how many studies a funnel lacks on one side, and pool with their mirror images.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    estimator : str
        "L0", "R0" or "Q0" (``ESTIMATORS`` explains them).
    side : str, optional
        "left" or "right", where studies may be missing; default: where the small studies are fewer, by the
        slope of a meta-regression on the standard error.
    tau2_method, ci_method, level, measure
        Of the pools, as of :func:`metamsc.models.pool.pool`.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    TrimFill

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below three always.
    InputError
        If a value is wrong, no side is given and all studies are equally precise, or the estimator has no
        solution for these data.
    OptionError
        If an option is unknown.

    Notes
    -----
    Repeated until k0 stays: leave out the k0 most extreme effects on the heavy side, pool the rest, rank
    all distances from that centre, and estimate k0 from the ranks on the heavy side: with their sum S,
    L0 = (4 S - k (k + 1)) / (2 k - 1); Q0 = k - 1/2 - sqrt(2 k**2 - 4 S + 1/4); R0 = (k - largest rank on
    the light side) - 1.

    References
    ----------
    Duval & Tweedie (2000), JASA 95:89-98 and Biometrics 56:455-463.
    """
    import numpy as np

    from metamsc.models.pool import pool

    check_option("estimator", estimator, ESTIMATORS)
    y, v = checked_effects(yi, vi, level=level, force=force)
    observed = pool(y, v, tau2_method=tau2_method, ci_method=ci_method, level=level, measure=measure)
    if side is None:
        side = _lighter_side(y, v, tau2_method)
    check_option("side", side, SIDES)

    def centre(effects: FloatArray, variances: FloatArray) -> float:
        return pool(effects, variances, tau2_method=tau2_method, ci_method="wald").estimate

    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    k0, k0_se, middle = _missing(sign * y[order], v[order], estimator, centre)
    chosen = order[y.size - k0 :]
    filled_yi, filled_vi = 2.0 * sign * middle - y[chosen], v[chosen]
    adjusted = observed
    if k0:
        adjusted = pool(
            np.concatenate([y, filled_yi]),
            np.concatenate([v, filled_vi]),
            tau2_method=tau2_method,
            ci_method=ci_method,
            level=level,
            measure=measure,
        )
    return TrimFill(
        k=y.size,
        k0=k0,
        k0_se=k0_se,
        k0_p=0.5 ** (k0 + 1) if estimator == "R0" else None,
        estimator=estimator,
        side=side,
        filled_yi=tuple(filled_yi.tolist()),
        filled_vi=tuple(filled_vi.tolist()),
        observed=observed,
        adjusted=adjusted,
        warnings=_warnings(k0, y),
    )


def _lighter_side(y: FloatArray, v: FloatArray, tau2_method: str) -> str:
    """Return the side that small studies are missing on: against the slope of a meta-regression on SE."""
    import numpy as np

    from metamsc.models.pool import pool

    X = np.column_stack([np.ones_like(v), np.sqrt(v)])
    fit = pool(y, v, X=X, tau2_method=tau2_method, ci_method="wald")
    if len(fit.coefficients) < 2:
        raise InputError("all studies are equally precise, so a side must be given: 'left' or 'right'.")
    return "right" if fit.coefficients[1].estimate < 0.0 else "left"


def _missing(y: FloatArray, v: FloatArray, estimator: str, centre: Centre) -> tuple[int, float, float]:
    """Return how many are missing on the left of sorted effects, its standard error, and the centre."""
    import numpy as np

    k, k0 = y.size, 0
    for _ in range(_MOST_STEPS):
        kept = k - k0
        middle = centre(y[:kept], v[:kept])
        away = y - middle
        away[np.abs(away) <= _ROUNDING * np.abs(y).max()] = 0.0
        rank = np.empty(k)
        rank[np.argsort(np.abs(away), kind="stable")] = np.arange(1.0, k + 1.0)
        raw, se = _estimated(np.sign(away) * rank, estimator)
        found = max(0, round(raw))
        if found == k0:
            return k0, se, middle
        k0 = min(found, k - 1)
    raise InputError(
        f"trim and fill with the {estimator} estimator goes round in circles on these data; try another."
    )


def _estimated(signed_ranks: FloatArray, estimator: str) -> tuple[float, float]:
    """Return the number missing before rounding, and its standard error."""
    import numpy as np

    k = signed_ranks.size
    if estimator == "R0":
        light = -signed_ranks[signed_ranks < 0]
        run = 0.0 if not light.size and not signed_ranks.any() else k - light.max(initial=0.0)
        raw = run - 1.0
        return raw, float(np.sqrt(2.0 * max(0.0, raw) + 2.0))
    total = float(signed_ranks[signed_ranks > 0].sum())
    if estimator == "L0":
        raw = (4.0 * total - k * (k + 1)) / (2 * k - 1)
    else:
        inside = 2.0 * k**2 - 4.0 * total + 0.25
        if inside < 0.0:
            raise InputError(
                "the Q0 estimator has no solution here: nearly all studies are on one side. Use L0 or R0."
            )
        raw = k - 0.5 - float(np.sqrt(inside))
    # Variance of the sum of ranks when `raw` of them are missing (Duval & Tweedie 2000).
    polynomial = 10.0 * raw**3 + 27.0 * raw**2 + 17.0 * raw
    polynomial += -18.0 * k * raw**2 - 18.0 * k * raw + 6.0 * k**2 * raw
    variance = max((k * (k + 1) * (2 * k + 1) + polynomial) / 24.0, 0.0)
    if estimator == "L0":
        return raw, 4.0 * float(np.sqrt(variance)) / (2 * k - 1)
    spread = (k - 0.5) ** 2 - raw * (2 * k - raw - 1)
    return raw, 2.0 * float(np.sqrt(variance / spread))


def _warnings(k0: int, y: FloatArray) -> tuple[str, ...]:
    if y.max() - y.min() <= _ROUNDING * abs(y).max():
        return ("All effects are the same: there is no asymmetry to be filled.",)
    if k0 == 0:
        return ()
    text = f"{k0} invented {'study' if k0 == 1 else 'studies'}, mirror images of the most extreme; "
    text += "the adjusted pool assumes that asymmetry is missing evidence and nothing else."
    return (text,)
