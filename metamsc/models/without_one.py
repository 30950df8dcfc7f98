"""The likelihood fits without each study in turn, in time proportional to the number of studies.

All k fits share all studies but one, so their sums are those of all studies minus one term. At the maxima,
which lie close together, the sums of all studies are smooth functions of tau2: they are interpolated
between Chebyshev points to rounding. Where anything is not as simple as that (a likelihood with several
maxima, a study that outweighs the others, maxima far apart), nothing is returned and the ordinary fits
have to be made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import BatchFit
from metamsc.models.search_one import INTERVALS, LAST_STEP

# Studies from which on this is quicker than the ordinary fits.
FEWEST = 60
# Nodes of the first look per doubling of tau2 + smallest variance; across the range of the maxima.
_PER_DOUBLING, _CLOSE = 6.0, 12
# Chebyshev points; with maxima within a factor exp(2) of each other the error is below 1e-16 (the nearest
# singularity of the sums is pi away in log(tau2 + smallest variance), so it shrinks 6-fold per point).
_POINTS, _WIDEST = 24, 2.0
_STEPS = 12
# A study with this share of the weight leaves too few digits to the others.
_HEAVIEST = 0.5


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of w**1..3, w**1..3 y, w**1..3 y**2 and log(v + tau2); arrays of one shape."""

    S: tuple[FloatArray, FloatArray, FloatArray]
    Y: tuple[FloatArray, FloatArray, FloatArray]
    Z: tuple[FloatArray, FloatArray, FloatArray]
    L: FloatArray

    @classmethod
    def of(cls, y: FloatArray, marginal: FloatArray) -> _Sums:
        """Return the terms of studies with effects `y` and marginal variances v + tau2."""
        w = 1.0 / marginal
        S = (w, w * w, w * w * w)
        Y = (S[0] * y, S[1] * y, S[2] * y)
        Z = (Y[0] * y, Y[1] * y, Y[2] * y)
        return cls(S, Y, Z, np.log(marginal))

    def parts(self) -> tuple[FloatArray, ...]:
        return (*self.S, *self.Y, *self.Z, self.L)

    @classmethod
    def from_parts(cls, parts: list[FloatArray]) -> _Sums:
        a, b, c, d, e, f, g, h, i, log = parts
        return cls((a, b, c), (d, e, f), (g, h, i), log)

    def minus(self, own: _Sums) -> _Sums:
        """Return these sums without one study's terms."""
        return _Sums.from_parts([a - b for a, b in zip(self.parts(), own.parts(), strict=True)])

    def score(self, restricted: bool) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return A, T, C and D: the score is (A - T) / 2, its slope D / 2 - C."""
        S1, S2, S3 = self.S
        mu = self.Y[0] / S1
        A = self.Z[1] - mu * (2.0 * self.Y[1] - mu * S2)
        cross = self.Y[1] - mu * S2
        C = self.Z[2] - mu * (2.0 * self.Y[2] - mu * S3) - cross**2 / S1
        if not restricted:
            return A, S1, C, S2
        ratio = S2 / S1
        return A, S1 - ratio, C, S2 - 2.0 * S3 / S1 + ratio**2

    def residual(self) -> FloatArray:
        """Return the weighted sum of squares about the weighted mean."""
        result: FloatArray = np.maximum(self.Z[0] - self.Y[0] ** 2 / self.S[0], 0.0)
        return result


def fit_without_one(yi: FloatArray, vi: FloatArray, *, restricted: bool, ci_method: str) -> BatchFit | None:
    """Fit the random-effects model to all studies but each one.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)
    restricted : bool
        REML, else ML.
    ci_method : str
        Key of ``CI_METHODS``.

    Returns
    -------
    BatchFit or None
        k fits, as :func:`metamsc.models.fit.fit_batch` makes them; None where they have to be made
        there.
    """
    if yi.size < FEWEST:
        return None
    w = 1.0 / vi
    if w.max() > _HEAVIEST * w.sum():
        return None
    scale = float(np.ldexp(1.0, int(np.rint(0.5 * np.log2(vi.mean())))))
    centre = float((w * yi).sum() / w.sum())
    y, v = (yi - centre) / scale, vi / scale**2
    tau2 = _maxima(y, v, restricted)
    if tau2 is None:
        return None
    at = _without(y, v, tau2)
    at_zero = _without(y, v, np.zeros(y.size))
    if at is None or at_zero is None:
        return None
    return _fits(at, at_zero, tau2, centre, scale, restricted=restricted, ci_method=ci_method)


def _without(y: FloatArray, v: FloatArray, tau2: FloatArray) -> _Sums | None:
    """Return the sums without each study at its own tau2, shape (k,); None where tau2 are too far apart."""
    positive = tau2[tau2 > 0.0]
    own = _Sums.of(y, v + tau2)
    zero = _Sums.from_parts([np.asarray(part.sum()) for part in _Sums.of(y, v).parts()])
    if not positive.size:
        return zero.minus(own)
    smallest = float(v.min())
    low, high = np.log(positive.min() + smallest), np.log(positive.max() + smallest)
    if high - low > _WIDEST:
        return None
    middle, half = 0.5 * (low + high), max(0.5 * (high - low), 1e-6)
    nodes = np.cos(np.pi * (np.arange(_POINTS) + 0.5) / _POINTS)
    grid = np.exp(middle + half * nodes) - smallest
    full = _Sums.of(y[:, None], v[:, None] + grid)
    basis = _barycentric(nodes, (np.log(tau2 + smallest) - middle) / half)
    parts = [
        np.where(tau2 > 0.0, basis @ part.sum(axis=0), at_zero)
        for part, at_zero in zip(full.parts(), zero.parts(), strict=True)
    ]
    return _Sums.from_parts(parts).minus(own)


def _barycentric(nodes: FloatArray, x: FloatArray) -> FloatArray:
    """Return the weights of values at Chebyshev points that interpolate at `x`, shape (len(x), points)."""
    j = np.arange(nodes.size)
    weight = np.where(j % 2 == 0, 1.0, -1.0) * np.sin(np.pi * (j + 0.5) / nodes.size)
    away = np.clip(x, -1.0, 1.0)[:, None] - nodes
    exact = away == 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        part = weight / away
        basis = part / part.sum(axis=1, keepdims=True)
    chosen: FloatArray = np.where(exact.any(axis=1, keepdims=True), exact.astype(np.float64), basis)
    return chosen


def _maxima(y: FloatArray, v: FloatArray, restricted: bool) -> FloatArray | None:
    """Return the tau2 of each fit; None where a likelihood is not seen to have exactly one maximum."""
    brackets = _brackets(y, v, restricted)
    if brackets is None:
        return None
    low, high = brackets
    inside = high > 0.0
    x = np.where(inside, 0.5 * (low + high), 0.0)
    smallest = float(v.min())
    for _ in range(_STEPS):
        sums = _without(y, v, x)
        if sums is None:
            return None
        A, T, C, D = sums.score(restricted)
        low, high = np.where(A > T, x, low), np.where(A > T, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            proposal = x - (A - T) / (D - 2.0 * C)
        proposal = np.where((proposal >= low) & (proposal <= high), proposal, 0.5 * (low + high))
        proposal = np.where(inside, proposal, 0.0)
        settled = bool((np.abs(proposal - x) <= LAST_STEP * (x + smallest)).all())
        x = proposal
        if settled:
            return x
    return None


def _brackets(y: FloatArray, v: FloatArray, restricted: bool) -> tuple[FloatArray, FloatArray] | None:
    """Return ends of an interval around each maximum (both 0 where it is at 0)."""
    smallest, largest = float(v.min()), float(v.max())
    s2 = float((y**2).sum()) / (y.size - 2)
    bound = max(0.5 * (s2 + np.sqrt(s2**2 + 4.0 * s2 * (largest - smallest))) * (1.0 + 1e-9) - smallest, 0.0)
    if bound == 0.0:
        return np.zeros(y.size), np.zeros(y.size)
    doublings = float(np.log2(bound / smallest + 1.0))
    n = max(INTERVALS, int(np.ceil(_PER_DOUBLING * doublings)))
    grid = smallest * np.expm1(np.log(2.0) * doublings * np.arange(n + 1) / n)
    score = _nodes(y, v, grid, restricted)
    falling = (score[0] > score[1])[:, :-1] & (score[0] <= score[1])[:, 1:]
    columns = np.flatnonzero(falling.any(axis=0))
    if columns.size:
        ends = np.log(grid[[columns[0], columns[-1] + 1]] + smallest)
        grid = np.union1d(grid, np.exp(np.linspace(ends[0], ends[1], _CLOSE)) - smallest)
        score = _nodes(y, v, grid, restricted)
    return _one_each(grid, score)


def _nodes(y: FloatArray, v: FloatArray, grid: FloatArray, restricted: bool) -> tuple[FloatArray, ...]:
    """Return A, T, C and D of each fit at each node, shape (k, nodes)."""
    own = _Sums.of(y[:, None], v[:, None] + grid)
    full = _Sums.from_parts([part.sum(axis=0) for part in own.parts()])
    return full.minus(own).score(restricted)


def _one_each(grid: FloatArray, score: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray] | None:
    """Return the one interval of each fit that holds a maximum, if every fit has exactly one maximum."""
    A, T, C, D = score
    lows, highs = (slice(None), slice(None, -1)), (slice(None), slice(1, None))
    no_root = (A[lows] < T[highs]) | (A[highs] > T[lows])
    concave = 0.5 * D[lows] < C[highs]
    if not (no_root | concave).all():
        return None
    crossing: BoolArray = (A > T)[lows] & (A <= T)[highs]
    at_zero = A[:, 0] <= T[:, 0]
    if not (crossing.sum(axis=1) + at_zero == 1).all():
        return None
    column = crossing.argmax(axis=1)
    return np.where(at_zero, 0.0, grid[column]), np.where(at_zero, 0.0, grid[column + 1])


def _fits(
    at: _Sums,
    at_zero: _Sums,
    tau2: FloatArray,
    centre: float,
    scale: float,
    *,
    restricted: bool,
    ci_method: str,
) -> BatchFit:
    """Return the fits in the units of the effects."""
    n = float(tau2.size - 1)
    df, Q, Q_zero = n - 1.0, at.residual(), at_zero.residual()
    factor = np.ones_like(Q)
    if ci_method.startswith("hksj"):
        factor = Q / df if ci_method == "hksj" else np.maximum(Q / df, 1.0)
    typical = df / at_zero.score(restricted=True)[1]
    information = at.score(restricted)[3]
    terms = df if restricted else n
    loglik = -0.5 * (terms * (np.log(2.0 * np.pi) + 2.0 * np.log(scale)) + at.L + Q)
    if restricted:
        loglik = loglik - 0.5 * np.log(at.S[0]) + 0.5 * np.log(n)
    return BatchFit(
        k=np.full_like(Q, n),
        df=np.full_like(Q, df),
        tau2=tau2 * scale**2,
        tau2_se=np.sqrt(2.0 / information) * scale**2,
        estimate=(centre + scale * at.Y[0] / at.S[0])[:, None],
        cov=(factor * scale**2 / at.S[0])[:, None, None],
        scale_factor=factor,
        Q=Q_zero,
        typical_v=typical * scale**2,
        I2=100.0 * tau2 / (typical + tau2),
        H2=tau2 / typical + 1.0,
        loglik=loglik,
    )
