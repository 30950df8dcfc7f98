"""The interval of Henmi and Copas for many data sets at once, by quadrature of modest accuracy.

The same integral as in ``metamsc.models.henmi_copas``, which is exact and takes one data set; a test holds
the two together.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc, ndtri

from metamsc.models.batch import BoolArray, FloatArray

_NODES = 40
_REACH = 9.0
_STEPS = 40
_CLOSE = 1e-6


def henmi_half_widths(
    yi: FloatArray, vi: FloatArray, mask: BoolArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return centres and half widths of the intervals, shapes (B,); all arrays (B, k), k >= 2."""
    w = np.where(mask, 1.0 / vi, 0.0)
    k, W1 = mask.sum(axis=1).astype(np.float64), w.sum(axis=1)
    share = w / W1[:, None]
    centre = (share * yi).sum(axis=1)
    W2, W3, W4 = ((share * w**power).sum(axis=1) for power in (1, 2, 3))
    Q = (w * (yi - centre[:, None]) ** 2).sum(axis=1)
    tau2 = np.maximum(0.0, (Q - (k - 1)) / (W1 - W2))
    se = np.sqrt((1.0 + tau2 * W2) / W1)
    return centre, se * _critical(k, tau2, W1, W2, W3, W4, 0.5 * (1.0 - level))


def _upper_tail(x: FloatArray, sums: FloatArray, nodes: FloatArray, weights: FloatArray) -> FloatArray:
    k, t, W1, W2, W3, W4 = (column[:, None] for column in sums)
    x = x[:, None] / np.sqrt(1.0 + t * W2)
    # z = x + s**2: the distribution function rises from 0 like a root, which the square makes smooth.
    z = x + nodes**2
    ratio, spread = 1.0 + t * W2, W3 - W2**2
    excess = (z**2 - 1.0) / ratio
    mean = (k - 1) + t * (W1 - W2) + t**2 * excess * spread
    variance = (
        2.0 * (k - 1)
        + 4.0 * t * (W1 - W2)
        + 2.0 * t**2 * (W1 * W2 - 2.0 * W3 + W2**2)
        + 4.0 * t**2 * excess * spread
        + 4.0 * t**3 * excess * (W4 - 2.0 * W2 * W3 + W2**3)
        + 2.0 * t**4 * (1.0 - 2.0 * z**2) / ratio**2 * spread**2
    )
    limit = (W1 / W2 - 1.0) * ((z / x) ** 2 - 1.0) + (k - 1)
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    tail = gammainc(mean**2 / variance, limit * mean / variance) * density * 2.0 * nodes
    return np.asarray(tail @ weights)


def _critical(
    k: FloatArray,
    tau2: FloatArray,
    W1: FloatArray,
    W2: FloatArray,
    W3: FloatArray,
    W4: FloatArray,
    tail: float,
) -> FloatArray:
    """Return the critical values: regula falsi (Illinois) on the tail's normal quantile."""
    unit, weights = np.polynomial.legendre.leggauss(_NODES)
    reach = np.sqrt(_REACH)
    nodes, weights = 0.5 * reach * (unit + 1.0), 0.5 * reach * weights
    sums = np.stack([k, tau2, W1, W2, W3, W4])
    goal = ndtri(tail)

    def excess(x: FloatArray, rows: FloatArray) -> FloatArray:
        return np.asarray(ndtri(np.maximum(_upper_tail(x, rows, nodes, weights), 1e-300)) - goal)

    low, high = np.full(k.shape, 0.5), np.full(k.shape, 2.5)
    f_low, f_high = excess(low, sums), excess(high, sums)
    while (short := np.flatnonzero(f_high > 0.0)).size:
        low[short], f_low[short] = high[short], f_high[short]
        high[short] *= 2.0
        f_high[short] = excess(high[short], sums[:, short])
    root, active = high.copy(), np.arange(k.size)
    side = np.zeros(k.size)
    for _ in range(_STEPS):
        a, b, fa, fb = low[active], high[active], f_low[active], f_high[active]
        x = (a * fb - b * fa) / (fb - fa)
        f = excess(x, sums[:, active])
        root[active] = x
        up = f > 0.0
        f_high[active] = np.where(up, np.where(side[active] == 1, 0.5 * fb, fb), f)
        f_low[active] = np.where(up, f, np.where(side[active] == -1, 0.5 * fa, fa))
        low[active], high[active] = np.where(up, x, a), np.where(up, b, x)
        side[active] = np.where(up, 1, -1)
        active = active[np.abs(f) > _CLOSE]
        if not active.size:
            break
    return root
