"""Mixtures of normals, which is what mu, a study's effect and a new study's effect are a posteriori."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from metamsc.models.batch import FloatArray

# A quantile has settled when it moves less than this, in standard deviations: the rounding of a sum of
# some hundred probabilities, divided by a density.
_SETTLED = 1e-14
# Widths closer than this are equal: a flat density has no single shortest interval, and the lowest is taken.
_TIE = 1e-13
# No probability a double can tell from 0 or 1 lies further out than this many standard deviations.
_FAR = 40.0

Within = tuple[float, float, float]
"""Two ends that enclose a quantile, and a guess between them."""
Quantile = Callable[[float, Within | None], float]


@dataclass(frozen=True, slots=True)
class NormalMixture:
    """Weights summing to 1, component means and standard deviations (> 0), each of shape (n,)."""

    weight: FloatArray
    mean: FloatArray
    sd: FloatArray

    def cdf(self, x: float) -> float:
        """Probability of at most `x`."""
        return float(self.weight @ ndtr((x - self.mean) / self.sd))

    def density(self, x: float) -> float:
        """Density at `x`."""
        z = (x - self.mean) / self.sd
        return float((self.weight / self.sd) @ np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))

    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        mean = float(self.weight @ self.mean)
        spread = self.mean - mean
        return mean, math.sqrt(float(self.weight @ (self.sd * self.sd + spread * spread)))

    def quantile(self, p: float, within: Within | None = None) -> float:
        """Solve cdf(x) = p by Newton's method inside a bracket that only shrinks."""
        j = min(int(np.searchsorted(np.cumsum(self.weight), 0.5)), self.mean.size - 1)
        x, step = float(self.mean[j]), float(self.sd[j])
        low, high, x = self._bracket(p, x, step) if within is None else within
        for _ in range(200):
            gap, slope = self.cdf(x) - p, self.density(x)
            low, high = (x, high) if gap < 0.0 else (low, x)
            newton = x - gap / slope if slope > 0.0 else math.nan
            little = _SETTLED * max(abs(x), step)
            near = abs(newton - x) <= little  # at the solution rounding may put the step outside the bracket
            new = newton if near or low < newton < high else 0.5 * (low + high)
            if abs(new - x) <= little:
                return new
            x = new
        return x

    def _bracket(self, p: float, x: float, step: float) -> Within:
        """Return ends around `x`, ever further away, that enclose quantile `p`."""
        low, high, width = x, x, step
        while self.cdf(low) > p:
            low, width = low - width, 2.0 * width
        width = step
        while self.cdf(high) < p:
            high, width = high + width, 2.0 * width
        return low, high, x


def quantiles_of_many(weight: FloatArray, mean: FloatArray, sd: FloatArray, p: float) -> FloatArray:
    """Quantile `p` of m mixtures with common weights (n,), means and sds (m, n); shape (m,).

    Newton steps inside brackets that only shrink, for all mixtures at once.
    """
    low, high = (mean - _FAR * sd).min(axis=1), (mean + _FAR * sd).max(axis=1)
    x = mean @ weight
    for _ in range(200):
        z = (x[:, None] - mean) / sd
        gap = ndtr(z) @ weight - p
        slope = (np.exp(-0.5 * z * z) / sd) @ weight / math.sqrt(2.0 * math.pi)
        low, high = np.where(gap < 0.0, x, low), np.where(gap < 0.0, high, x)
        newton = x - gap / np.maximum(slope, np.finfo(np.float64).tiny)
        little = _SETTLED * np.maximum(np.abs(x), sd.max(axis=1))
        taken = (np.abs(newton - x) <= little) | ((low < newton) & (newton < high))
        new = np.where(taken, newton, 0.5 * (low + high))
        moved = np.abs(new - x) > little
        x = new
        if not moved.any():
            break
    return x


class _Solved:
    """Quantiles, each solved once, and between those that are known already."""

    def __init__(self, quantile: Quantile) -> None:
        self._quantile = quantile
        self._p: list[float] = []
        self._x: list[float] = []

    def __call__(self, p: float) -> float:
        j = bisect_left(self._p, p)
        if j < len(self._p) and self._p[j] == p:
            return self._x[j]
        within = None
        if 0 < j < len(self._p):
            low, high = self._x[j - 1 : j + 1]
            share = (p - self._p[j - 1]) / (self._p[j] - self._p[j - 1])
            within = low, high, low + share * (high - low)
        x = self._quantile(p, within)
        self._p.insert(j, p)
        self._x.insert(j, x)
        return x


def shortest_interval(
    quantile: Quantile, density: Callable[[float], float], level: float, *, from_zero: bool
) -> tuple[float, float]:
    """Return the shortest interval of probability `level`: equal densities at its ends, or an end at 0.

    The width is scanned over the probability left below, so that the shortest of several local
    solutions is taken; the ends are then solved for. `from_zero` allows nothing to be left below.
    """
    at = _Solved(quantile)
    rest = 1.0 - level
    margin = 1e-6 * rest
    low, high = (0.0 if from_zero else margin), rest - margin

    def tilt(p: float) -> float:
        lower = at(p)
        return density(at(1e-9) if p == 0.0 else lower) - density(at(p + level))

    for _ in range(24):
        grid = np.linspace(low, high, 9)
        widths = [at(float(p) + level) - at(float(p)) for p in grid]
        if max(widths) - min(widths) <= _TIE * min(widths):
            return at(float(grid[0])), at(float(grid[0]) + level)
        j = int(np.argmin(widths))
        low, high = float(grid[max(j - 1, 0)]), float(grid[min(j + 1, 8)])
        if low == 0.0 and j == 0 and tilt(0.0) >= 0.0:
            return 0.0, at(level)
        if tilt(low) < 0.0 < tilt(high):
            from scipy.optimize import brentq

            p = float(brentq(tilt, low, high, xtol=1e-12 * rest))
            return at(p), at(p + level)
    return at(float(grid[j])), at(float(grid[j]) + level)
