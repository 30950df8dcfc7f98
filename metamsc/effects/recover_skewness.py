"""Whether a median with quartiles, range or both speaks against normal values: when not to make a mean of it.

The test of Shi et al. (2023) at the 5 % level, one statistic for each of the three things a paper may print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metamsc.effects.recover import check_number
from metamsc.errors import InputError

MIN_N = 5
"""Below five values the formulas for expected order statistics are off, and quartiles mean little."""


@dataclass(frozen=True, slots=True)
class Skewness:
    """Outcome of the test.

    Attributes
    ----------
    scenario : str
        What it was made from: "range", "quartiles" or "quartiles and range" (S1, S2, S3 of the paper).
    statistic : float
        How far the median is from the middle, between 0 and 1; weighted for "quartiles and range".
    critical : float
        5 % critical value for this n.
    rejected : bool
        Whether normality is rejected: the statistic exceeds the critical value.
    note : str
        For a reader.
    """

    scenario: str
    statistic: float
    critical: float
    rejected: bool
    note: str


def check_skewness(
    median: float,
    n: float,
    *,
    quartiles: tuple[float, float] | None = None,
    extremes: tuple[float, float] | None = None,
) -> Skewness:
    """Test at the 5 % level whether the values behind a median can be normal.

    Parameters
    ----------
    median : float
        In the unit of the outcome.
    n : float
        Size of the group, >= 5. Small groups can hardly be shown to be skewed: not rejecting proves nothing.
    quartiles, extremes : (float, float), optional
        First and third quartile; smallest and largest value. At least one pair.

    Returns
    -------
    Skewness
        Statistic, critical value and the decision.

    Raises
    ------
    InputError
        If neither pair is given, they are out of order, or n < 5.

    Notes
    -----
    T(l, u) = |l + u − 2m|/(u − l). Range: T(a, b) against 1/ln(n+9) + 2.5/(n+1). Quartiles: T(q₁, q₃)
    against 2.65/√n − 6/n². Both: max{2.65·ln(0.6n)/√n·T(a, b), T(q₁, q₃)} against 3/√n − 40/n³.

    References
    ----------
    Shi, Luo, Wan, Liu, Liu, Bian & Tong (2023), Stat Methods Med Res 32:1338.
    """
    check_number("n", n, at_least=MIN_N)
    check_order(median, quartiles, extremes)
    of_range = 0.0 if extremes is None else _off_centre(median, *extremes)
    of_quartiles = 0.0 if quartiles is None else _off_centre(median, *quartiles)
    if extremes is not None and quartiles is not None:
        scenario = "quartiles and range"
        statistic = max(2.65 * math.log(0.6 * n) / math.sqrt(n) * of_range, of_quartiles)
        critical = 3 / math.sqrt(n) - 40 / n**3
    elif extremes is not None:
        scenario, statistic = "range", of_range
        critical = 1 / math.log(n + 9) + 2.5 / (n + 1)
    else:
        scenario, statistic = "quartiles", of_quartiles
        critical = 2.65 / math.sqrt(n) - 6 / n**2
    rejected = statistic > critical
    says = "looks skewed" if rejected else "no skewness shown"
    tail = ": mean and SD may mislead (Shi 2023)" if rejected else " (Shi 2023)"
    note = f"{says} ({statistic:.2f}, limit {critical:.2f} at 5%){tail}"
    return Skewness(scenario, statistic, critical, rejected, note)


def _off_centre(median: float, low: float, high: float) -> float:
    """Return how far the median is from the middle, as part of half the width."""
    return abs(low + high - 2 * median) / (high - low)


def check_order(
    median: float, quartiles: tuple[float, float] | None, extremes: tuple[float, float] | None
) -> None:
    """Refuse missing or disordered numbers, and a spread of zero."""
    if quartiles is None and extremes is None:
        raise InputError("give quartiles, extremes or both beside the median.")
    low, high = extremes or quartiles or (median, median)
    first, third = quartiles or (median, median)
    values = (low, first, median, third, high)
    if not all(math.isfinite(value) for value in values):
        raise InputError(f"median, quartiles and extremes must be finite; got {values}.")
    if not low <= first <= median <= third <= high:
        listed = ", ".join(f"{value:g}" for value in values)
        raise InputError(
            f"minimum, first quartile, median, third quartile, maximum are out of order: {listed}."
        )
    for name, pair in (("quartiles", quartiles), ("extremes", extremes)):
        if pair is not None and pair[0] == pair[1]:
            raise InputError(f"{name} are both {pair[0]:g}: no SD can be had from them.")
