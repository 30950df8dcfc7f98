"""Mean and SD guessed from a median with quartiles, with the range, or with both.

The estimators assume that the values are roughly normal, so every result is `imputed`; when the
numbers themselves speak against that (the skewness test in ``recover_skewness``), a note says so, or
they are refused on demand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from metamsc.effects.recover import Recovered, check_number
from metamsc.effects.recover_skewness import MIN_N, check_order, check_skewness
from metamsc.errors import InputError, check_option

MEAN_METHODS = ("luo", "wan")
SD_METHODS = ("shi", "wan")
SKEWED_RULES = ("note", "refuse")


@dataclass(frozen=True, slots=True)
class MeanSd:
    """Mean and SD of one group of size `n`, in the unit of the outcome."""

    mean: float
    sd: float
    n: float


def mean_sd_from_quantiles(
    median: float,
    n: float,
    *,
    quartiles: tuple[float, float] | None = None,
    extremes: tuple[float, float] | None = None,
    mean_method: str = "luo",
    sd_method: str = "shi",
    skewed: str = "note",
) -> Recovered[MeanSd]:
    """Estimate mean and SD of a group from its median and quartiles, range, or both.

    Parameters
    ----------
    median : float
        In the unit of the outcome.
    n : float
        Size of the group, >= 5.
    quartiles : (float, float), optional
        First and third quartile.
    extremes : (float, float), optional
        Smallest and largest value.
    mean_method : str
        "luo" (optimal weights) or "wan" (simple average).
    sd_method : str
        "shi" or "wan"; they differ only where quartiles and extremes are both given.
    skewed : str
        What to do where the skewness test rejects normality: "note" says so beside the result, "refuse"
        raises, as the authors of the test advise.

    Returns
    -------
    Recovered
        Mean and SD, always `imputed`; a note where the numbers look skewed.

    Raises
    ------
    InputError
        If neither quartiles nor extremes are given, they are out of order, or n < 5; with `skewed` "refuse"
        also if normality is rejected.

    Notes
    -----
    With a, b the extremes, q₁, q₃ the quartiles, m the median, ξ = 2Φ⁻¹((n−0.375)/(n+0.25)) and
    η = 2Φ⁻¹((0.75n−0.125)/(n+0.25)): SD = (b−a)/ξ or (q₃−q₁)/η; with both, their average weighted by
    w = 1/(1+0.07n^0.6) and 1−w (Shi) or equally (Wan).

    References
    ----------
    Wan et al. (2014), BMC Med Res Methodol 14:135, eq. 9, 16 and the two averaged; Luo et al. (2018),
    Stat Methods Med Res 27:1785, eq. 7, 11, 15; Shi et al. (2020), Res Synth Methods 11:641, eq. 10.
    """
    check_option("mean_method", mean_method, MEAN_METHODS)
    check_option("sd_method", sd_method, SD_METHODS)
    check_option("skewed", skewed, SKEWED_RULES)
    check_number("n", n, at_least=MIN_N)
    check_order(median, quartiles, extremes)
    skewness = check_skewness(median, n, quartiles=quartiles, extremes=extremes)
    if skewness.rejected and skewed == "refuse":
        raise InputError(f"{skewness.note}; analyse the median, or the logarithms, instead.")
    mean = _mean(median, n, quartiles, extremes, mean_method)
    sd = _sd(n, quartiles, extremes, sd_method)
    given = [name for name, pair in (("quartiles", quartiles), ("range", extremes)) if pair is not None]
    source = {"luo": "Luo 2018", "wan": "Wan 2014"}[mean_method]
    sd_source = "Shi 2020" if sd_method == "shi" and len(given) == 2 else "Wan 2014"
    derivation = (
        f"mean ← median and {' and '.join(given)} ({source}); sd ← {' and '.join(given)} ({sd_source})"
    )
    notes = (skewness.note,) if skewness.rejected else ()
    return Recovered(MeanSd(mean, sd, n), derivation, imputed=True, notes=notes)


def _mean(
    median: float,
    n: float,
    quartiles: tuple[float, float] | None,
    extremes: tuple[float, float] | None,
    method: str,
) -> float:
    """Return the weighted average of mid-range, mid-quartile and median."""
    mid_range = None if extremes is None else (extremes[0] + extremes[1]) / 2
    mid_quartile = None if quartiles is None else (quartiles[0] + quartiles[1]) / 2
    if mid_range is not None and mid_quartile is not None:
        if method == "wan":
            return mid_range / 4 + mid_quartile / 2 + median / 4
        outer, inner = 2.2 / (2.2 + math.pow(n, 0.75)), 0.7 - 0.72 / math.pow(n, 0.55)
        return outer * mid_range + inner * mid_quartile + (1 - outer - inner) * median
    if mid_range is not None:
        weight = 0.5 if method == "wan" else 4 / (4 + math.pow(n, 0.75))
        return weight * mid_range + (1 - weight) * median
    if mid_quartile is not None:
        weight = 2 / 3 if method == "wan" else 0.7 + 0.39 / n
        return weight * mid_quartile + (1 - weight) * median
    raise InputError("give quartiles, extremes or both beside the median.")


def expected_range(n: float) -> float:
    """Return ξ(n), the range of n standard normal values to be expected (Wan 2014, eq. 9)."""
    return 2 * float(ndtri((n - 0.375) / (n + 0.25)))


def expected_quartile_range(n: float) -> float:
    """Return η(n), the interquartile range of n standard normal values to be expected (Wan 2014, eq. 16)."""
    return 2 * float(ndtri((0.75 * n - 0.125) / (n + 0.25)))


def _sd(
    n: float, quartiles: tuple[float, float] | None, extremes: tuple[float, float] | None, method: str
) -> float:
    """Return the SD from the range, the interquartile range, or both weighted."""
    parts = []
    if extremes is not None:
        parts.append((extremes[1] - extremes[0]) / expected_range(n))
    if quartiles is not None:
        parts.append((quartiles[1] - quartiles[0]) / expected_quartile_range(n))
    if len(parts) == 1:
        return parts[0]
    weight = 1 / (1 + 0.07 * math.pow(n, 0.6)) if method == "shi" else 0.5
    return weight * parts[0] + (1 - weight) * parts[1]
