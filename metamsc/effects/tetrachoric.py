"""Tetrachoric correlation: of the two normal variables that a 2×2 table is thought to be cut from."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.two_by_two import TABLE_INPUTS

_PANELS, _NODES = 8, 20
# Halvings of the arc from -pi/2 to pi/2; the last is below rounding.
_HALVINGS = 60


def tetrachoric_correlation(rows: Rows, _options: Options) -> Computed:
    """RTET: maximum-likelihood correlation, thresholds at the margins' quantiles.

    A table with one diagonal empty gives -1 or 1, without a variance; with an empty row or column there
    is nothing to correlate, and both are missing.
    """
    a, c = rows["events_treat"], rows["events_control"]
    n1, n2 = rows["n_treat"], rows["n_control"]
    total = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        margin_row, margin_column, corner = n1 / total, (a + c) / total, a / total
    usable = (n1 > 0) & (n2 > 0) & (margin_column > 0) & (margin_column < 1)
    high = usable & ((a == n1) | (c == 0))
    low = usable & ((a == 0) | (c == n2))
    inner = usable & ~high & ~low
    yi = np.where(low, -1.0, np.where(high, 1.0, np.nan))
    vi = np.full_like(yi, np.nan)
    h, k = ndtri(margin_row[inner]), ndtri(margin_column[inner])
    rho = _correlation(h, k, corner[inner])
    yi[inner] = rho
    vi[inner] = _variance(h, k, rho, corner[inner], total[inner])
    return yi, vi


def _correlation(h: FloatArray, k: FloatArray, corner: FloatArray) -> FloatArray:
    """Return rho where the bivariate normal probability below (h, k) is `corner`, by halving the arc."""
    low, high = np.full_like(h, -0.5 * np.pi), np.full_like(h, 0.5 * np.pi)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = bivariate_normal_cdf(h, k, middle) < corner
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.sin(0.5 * (low + high))


def bivariate_normal_cdf(h: FloatArray, k: FloatArray, angle: FloatArray) -> FloatArray:
    """Return the probability that both of two standard normal variables are below `h` and `k`.

    Parameters
    ----------
    h, k : arrays of shape (n,)
        Upper ends.
    angle : array of shape (n,)
        Arc sine of their correlation.

    Notes
    -----
    Phi(h) Phi(k) plus the integral over the arc of exp(-(h² + k² - 2 h k sin t) / (2 cos² t)) / 2π
    (Sheppard 1900; Drezner & Wesolowsky 1990, J Stat Comput Simul 35:101), by composite Gauss-Legendre.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    edges = np.linspace(0.0, 1.0, _PANELS + 1)
    at = (edges[:-1, None] + 0.5 * (nodes + 1.0) / _PANELS).ravel()
    t = angle[:, None] * at
    squared = np.cos(t) ** 2
    exponent = -(h[:, None] ** 2 + k[:, None] ** 2 - 2.0 * (h * k)[:, None] * np.sin(t)) / (2.0 * squared)
    mean = np.exp(exponent) @ np.tile(0.5 * weights / _PANELS, _PANELS)
    total: FloatArray = ndtr(h) * ndtr(k) + angle * mean / (2.0 * np.pi)
    return total


def _variance(
    h: FloatArray, k: FloatArray, rho: FloatArray, corner: FloatArray, total: FloatArray
) -> FloatArray:
    """Return the inverse information, by the delta method from the corner and the two margins."""
    rest = np.sqrt(1.0 - rho**2)
    density = np.exp(-(h**2 + k**2 - 2.0 * rho * h * k) / (2.0 * rest**2)) / (2.0 * np.pi * rest)
    by_row, by_column = ndtr((k - rho * h) / rest), ndtr((h - rho * k) / rest)
    row, column = ndtr(h), ndtr(k)
    # Of one participant: corner indicator - by_row * row indicator - by_column * column indicator.
    mean = corner - by_row * row - by_column * column
    square = (
        corner * (1.0 - by_row - by_column) ** 2
        + (row - corner) * by_row**2
        + (column - corner) * by_column**2
    )
    variance: FloatArray = (square - mean**2) / (total * density**2)
    return variance


MEASURES = (
    Measure(
        name="RTET",
        label="Tetrachoric correlation",
        formula="ρ with Φ₂(Φ⁻¹(n₁/N), Φ⁻¹((a+c)/N); ρ) = a/N",
        variances=(
            VarianceFormula("LS", "inverse of the information", "Pearson 1900, Phil Trans R Soc A 195:1"),
        ),
        inputs=TABLE_INPUTS,
        compute=tetrachoric_correlation,
    ),
)
