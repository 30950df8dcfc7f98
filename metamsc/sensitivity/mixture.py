"""Separate groups among numbers: a mixture of normal distributions, kept only where it has several modes.

A mixture can always be fitted; two components mean two groups only where they stand apart. Components are
merged until each neighbouring pair is separated by Ashman's D and no group is a mere handful.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# Two normal components are cleanly separated above this (Ashman, Bird & Zepf 1994, AJ 108:2348).
SEPARATED = 2.0
# A group holds at least this share of the numbers.
LEAST_SHARE = 0.02
MOST_GROUPS = 4
_STEPS = 300
_STILL = 1e-8
# Least SD of a component, as a share of that of all numbers: a component must not shrink onto one number.
_LEAST_SD = 1e-3
_BINS = 512


@dataclass(frozen=True, slots=True)
class Component:
    """One normal component: its share of the numbers, mean and SD."""

    share: float
    mean: float
    sd: float


def separate_groups(values: FloatArray) -> tuple[Component, ...]:
    """Return the largest number of well separated groups among `values`, in order of their means.

    Parameters
    ----------
    values : array of shape (n,)

    Returns
    -------
    tuple of Component
        One component where there are no separate groups.

    Notes
    -----
    Expectation-maximisation on 512 bins (so that a million numbers take as long as a thousand), begun at
    quantiles. Separation: Ashman's D = sqrt(2) |m1 - m2| / sqrt(s1**2 + s2**2) > 2.
    """
    mean, sd = float(values.mean()), float(values.std())
    single = (Component(1.0, mean, sd),)
    if sd <= 1e-12 * max(abs(mean), 1e-300) or values.size < 2 * MOST_GROUPS:
        return single
    counts, edges = np.histogram((values - mean) / sd, bins=_BINS)
    x, weight = 0.5 * (edges[1:] + edges[:-1]), counts / values.size
    for n in range(MOST_GROUPS, 1, -1):
        found = _mixture(x, weight, n)
        if _stand_apart(found):
            return tuple(Component(c.share, mean + sd * c.mean, sd * c.sd) for c in found)
    return single


def _mixture(x: FloatArray, weight: FloatArray, n: int) -> tuple[Component, ...]:
    """Fit n components to weighted points by expectation-maximisation."""
    cumulative = np.cumsum(weight)
    means = np.interp((np.arange(n) + 0.5) / n, cumulative, x)
    sds, shares = np.full(n, 1.0 / n), np.full(n, 1.0 / n)
    before = -np.inf
    for _ in range(_STEPS):
        log_density = -0.5 * ((x[:, None] - means) / sds) ** 2 - np.log(sds) + np.log(shares)
        top = log_density.max(axis=1, keepdims=True)
        density = np.exp(log_density - top)
        total = density.sum(axis=1, keepdims=True)
        fit = float(weight @ (np.log(total) + top)[:, 0])
        part = weight[:, None] * density / total
        shares = np.maximum(part.sum(axis=0), 1e-12)
        means = (part * x[:, None]).sum(axis=0) / shares
        sds = np.sqrt((part * (x[:, None] - means) ** 2).sum(axis=0) / shares)
        sds = np.maximum(sds, _LEAST_SD)
        if fit - before <= _STILL:
            break
        before = fit
    order = np.argsort(means)
    return tuple(Component(float(shares[j]), float(means[j]), float(sds[j])) for j in order)


def _stand_apart(components: tuple[Component, ...]) -> bool:
    if min(c.share for c in components) < LEAST_SHARE:
        return False
    for a, b in itertools.pairwise(components):
        if np.sqrt(2.0) * (b.mean - a.mean) <= SEPARATED * np.hypot(a.sd, b.sd):
            return False
    return True


def boundaries(components: tuple[Component, ...]) -> tuple[float, ...]:
    """Return the points between neighbouring components where their weighted densities are equal."""
    found = []
    for a, b in itertools.pairwise(components):
        grid = np.linspace(a.mean, b.mean, 2001)
        left, right = (np.log(c.share / c.sd) - 0.5 * ((grid - c.mean) / c.sd) ** 2 for c in (a, b))
        crossing = np.flatnonzero(left <= right)
        found.append(float(grid[crossing[0]]) if crossing.size else 0.5 * (a.mean + b.mean))
    return tuple(found)
