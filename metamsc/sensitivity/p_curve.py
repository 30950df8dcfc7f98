"""p-curve: whether significant p-values pile up near 0, as with true effects, or lie flat, as without.

Looks at significant results only, so it does not matter how many others there are. It says whether a set of
findings has evidential value, nothing about the size of an effect; with heterogeneous true effects its
power estimate is too high.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import TooFewStudiesError
from metamsc.sensitivity.bias import checked_effects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

CAVEAT = (
    "p-curve takes one result per study, the one its hypothesis is about, and only significant ones; it says "
    "whether they have evidential value, not how large effects are. Its power estimate is too high when true "
    "effects differ."
)

ALPHA = 0.05
LOW_POWER = 1.0 / 3.0
"""Power of the studies that the flatness test supposes (Simonsohn et al. 2014)."""

_LEAST = 1e-300
_POWERS = (0.05, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class PCurve:
    """Tests of the distribution of significant p-values.

    Attributes
    ----------
    k, k_significant, k_half : int
        Results, those with two-sided p < 0.05, and those with p < 0.025.
    p_values : tuple of float
        Significant two-sided p-values, in the order given.
    right_z, right_p : float
        Stouffer test for right skew (evidential value), all significant results.
    right_half_z, right_half_p : float or None
        The same on p < 0.025; None without such results.
    right_binomial_p : float
        Sign test: more p-values below 0.025 than above.
    flat_z, flat_p : float
        Test that the curve is flatter than with a power of 33 %.
    flat_half_z, flat_half_p : float or None
    flat_binomial_p : float
    power, power_low, power_high : float
        Average power of the significant studies with its 90 % interval, between 5 % and 99 %.
    has_evidential_value : bool
        Half curve right-skewed at 5 %, or both curves at 10 % (Simonsohn, Simmons & Nelson 2015).
    lacks_evidential_value : bool
        Flatter than 33 % power at 5 % on the full curve, or at 10 % on the half curve and the sign test.
    warnings : tuple of str
    """

    k: int
    k_significant: int
    k_half: int
    p_values: tuple[float, ...]
    right_z: float
    right_p: float
    right_half_z: float | None
    right_half_p: float | None
    right_binomial_p: float
    flat_z: float
    flat_p: float
    flat_half_z: float | None
    flat_half_p: float | None
    flat_binomial_p: float
    power: float
    power_low: float
    power_high: float
    has_evidential_value: bool
    lacks_evidential_value: bool
    warnings: tuple[str, ...] = (CAVEAT,)


def p_curve(yi: ArrayLike, vi: ArrayLike, *, side: str | None = None, force: bool = False) -> PCurve:
    """Test the distribution of significant p-values for evidential value.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale; p-values are those of z = y / sqrt(v).
    side : str, optional
        "greater" or "less": take significant results in that direction only; default: in both, as in the
        original.
    force : bool
        Run below ten significant results all the same.

    Returns
    -------
    PCurve

    Raises
    ------
    TooFewStudiesError
        Below ten significant results unless forced, below two always.
    InputError
        If a value is wrong.
    OptionError
        If the side is unknown.

    Notes
    -----
    Under no effect p / 0.05 is uniform; under 33 % power a result's probability of a smaller p, given
    significance, is that of a noncentral z (the other tail, below 1e-3 of it, included). Both are combined
    by Stouffer's method; the half curve conditions on p < 0.025.

    References
    ----------
    Simonsohn, Nelson & Simmons (2014), J Exp Psychol Gen 143:534-547; Simonsohn, Simmons & Nelson (2015),
    J Exp Psychol Gen 144:1146-1152.
    """
    import numpy as np
    from scipy.special import bdtr, bdtrc, ndtr

    from metamsc.errors import check_option
    from metamsc.sensitivity.p_uniform import SIDES

    if side is not None:
        check_option("side", side, SIDES)
    y, v = checked_effects(yi, vi, force=True, minimum=1)
    z = y / np.sqrt(v)
    chosen = {"greater": z > 0, "less": z < 0}[side] if side else np.ones(z.size, dtype=bool)
    p = 2.0 * ndtr(-np.abs(z))
    seen = np.abs(z)[chosen & (p < ALPHA)]
    _refuse(seen.size, force=force)
    p = 2.0 * ndtr(-seen)
    half = seen[p < 0.5 * ALPHA]
    third, low_share = _noncentrality(LOW_POWER), _share_below_half(_noncentrality(LOW_POWER))
    right, flat = _stouffer(_null(seen, ALPHA)), _stouffer(_flat(seen, ALPHA, third))
    right_half = _stouffer(_null(half, 0.5 * ALPHA)) if half.size else None
    flat_half = _stouffer(_flat(half, 0.5 * ALPHA, third)) if half.size else None
    power, low, high = _power(seen)
    n, m = int(seen.size), int(half.size)
    p_right, p_flat = float(ndtr(right)), float(ndtr(-flat))
    p_right_half = None if right_half is None else float(ndtr(right_half))
    p_flat_half = None if flat_half is None else float(ndtr(-flat_half))
    flat_binomial = float(bdtr(m, n, low_share))
    return PCurve(
        k=y.size,
        k_significant=n,
        k_half=m,
        p_values=tuple(p.tolist()),
        right_z=right,
        right_p=p_right,
        right_half_z=right_half,
        right_half_p=p_right_half,
        right_binomial_p=float(bdtrc(m - 1, n, 0.5)) if m else 1.0,
        flat_z=flat,
        flat_p=p_flat,
        flat_half_z=flat_half,
        flat_half_p=p_flat_half,
        flat_binomial_p=flat_binomial,
        power=power,
        power_low=low,
        power_high=high,
        has_evidential_value=p_right_half is not None
        and (p_right_half < 0.05 or (p_right_half < 0.1 and p_right < 0.1)),
        lacks_evidential_value=p_flat < 0.05
        or (p_flat_half is not None and p_flat_half < 0.1 and flat_binomial < 0.1),
    )


def _refuse(n: int, *, force: bool) -> None:
    if n < 2:
        raise TooFewStudiesError(f"p-curve needs at least 2 significant results; got {n}.")
    if n < 10 and not force:
        raise TooFewStudiesError(
            f"p-curve needs 10 significant results to be readable; got {n}. With fewer it can hardly tell a "
            "skewed curve from a flat one."
        )


def _critical(alpha: float) -> float:
    from scipy.special import ndtri

    return -float(ndtri(0.5 * alpha))


def _tail(z: FloatArray | float, shift: float) -> FloatArray:
    """Return P(abs(Z + shift) > z)."""
    import numpy as np
    from scipy.special import ndtr

    return np.asarray(ndtr(shift - z) + ndtr(-shift - z), dtype=np.float64)


def _noncentrality(power: float) -> float:
    """Return the mean of z with which a two-sided test at 5 % has this power."""
    from scipy.optimize import brentq

    c = _critical(ALPHA)
    if power <= ALPHA:
        return 0.0
    return float(brentq(lambda shift: float(_tail(c, shift)) - power, 0.0, 10.0, xtol=1e-14))


def _share_below_half(shift: float) -> float:
    """Return the share of significant results with p < 0.025."""
    return float(_tail(_critical(0.5 * ALPHA), shift) / _tail(_critical(ALPHA), shift))


def _null(z: FloatArray, alpha: float) -> FloatArray:
    """Return p / alpha: the probability of a smaller p, given p < alpha, without an effect."""
    return _tail(z, 0.0) / alpha


def _flat(z: FloatArray, alpha: float, shift: float) -> FloatArray:
    """Return the probability of a smaller p, given p < alpha, at a mean of z."""
    return _tail(z, shift) / float(_tail(_critical(alpha), shift))


def _stouffer(probability: FloatArray) -> float:
    """Return Stouffer's z of probabilities; negative where they are small."""
    import numpy as np
    from scipy.special import ndtri

    inside = np.clip(probability, _LEAST, 1.0 - 1e-16)
    return float(ndtri(inside).sum() / np.sqrt(inside.size))


def _power(z: FloatArray) -> tuple[float, float, float]:
    """Return the power at which the curve is as skewed as observed, and the ends of its 90 % interval."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    def skew(power: float) -> float:
        return _stouffer(_flat(z, ALPHA, _noncentrality(power)))

    def solved(target: float) -> float:
        low, high = _POWERS
        if skew(low) >= target:
            return low
        if skew(high) <= target:
            return high
        return float(brentq(lambda power: skew(power) - target, low, high, xtol=1e-12))

    end = float(ndtri(0.95))
    return solved(0.0), solved(-end), solved(end)
