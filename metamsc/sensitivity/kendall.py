"""Kendall's rank correlation, without the second that importing ``scipy.stats`` takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


def kendall_tau(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return Kendall's S and tau-b; the arrays have shape (k,), and neither is constant.

    S is the number of pairs in the same order less those in opposite order; tau-b divides it by the
    geometric mean of the pairs that are untied in `x` and in `y` (Kendall 1970, Rank Correlation Methods,
    chapter 3).
    """
    score = 0.0
    for i in range(x.size - 1):
        score += float(np.sign(x[i + 1 :] - x[i]) @ np.sign(y[i + 1 :] - y[i]))
    pairs = x.size * (x.size - 1) / 2.0
    untied = [pairs - float((t * (t - 1.0)).sum()) / 2.0 for t in (_ties(x), _ties(y))]
    return score, score / math.sqrt(untied[0]) / math.sqrt(untied[1])


def exact_p(score: float, k: int) -> float:
    """Return the two-sided P of S in `k` pairs without ties, every order being as likely.

    The number of pairs in opposite order is a sum of independent uniform numbers 0..j, j = 1..k-1.
    """
    pairs = k * (k - 1) // 2
    fewest = (pairs - round(abs(score))) // 2
    chance = np.zeros(fewest + 1)
    chance[0] = 1.0
    for j in range(2, k + 1):
        total = np.cumsum(chance)
        total[j:] -= total[:-j].copy()
        chance = total / j
    return min(1.0, 2.0 * float(chance.sum()))


def normal_p(score: float, x: FloatArray, y: FloatArray) -> float:
    """Return the two-sided P of S from the normal distribution, its variance corrected for ties.

    Kendall (1970), Rank Correlation Methods, equation 4.4; without a continuity correction.
    """
    k = float(x.size)
    a, b = _ties(x), _ties(y)
    spread = [(n * (n - 1.0) * (2.0 * n + 5.0)).sum() for n in (np.array([k]), a, b)]
    twos = [float((n * (n - 1.0)).sum()) for n in (a, b)]
    threes = [float((n * (n - 1.0) * (n - 2.0)).sum()) for n in (a, b)]
    variance = (spread[0] - spread[1] - spread[2]) / 18.0 + twos[0] * twos[1] / (2.0 * k * (k - 1.0))
    if k > 2.0:
        variance += threes[0] * threes[1] / (9.0 * k * (k - 1.0) * (k - 2.0))
    return 2.0 * float(ndtr(-abs(score) / math.sqrt(variance)))


def _ties(x: FloatArray) -> FloatArray:
    """Return how often each value occurs."""
    return np.asarray(np.unique(x, return_counts=True)[1], dtype=np.float64)
