"""Roots and global maxima in tau2 for many data sets at once, safeguarded so that they always arrive.

`solve_q` inverts the generalised Q statistic (Paule-Mandel, Q-profile). `maximise` finds the global
maximum of the (restricted) likelihood over tau2 >= 0. Neither depends on a starting value, a step
size or an iteration limit chosen by the user.

The global search rests on one fact: y'PPy and tr(P) (for ML: sum w) both decrease in tau2, so the
score (their difference, halved) is bounded on any interval by values at its ends. An interval whose
score cannot vanish, or on which the likelihood is concave, needs no further look; any other is halved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import Batch, BoolArray, FloatArray, IntArray
from metamsc.models.kernel import block_rows, log_likelihood, moments
from metamsc.models.search_one import (
    HALVINGS,
    INTERVALS,
    ITERATIONS,
    LAST_STEP,
    NARROW,
    OneDataSet,
    maximise_one,
    solve_q_one,
)

# Elements of a batch below which the overhead of a call exceeds its arithmetic.
_SMALL = 2048


def solve_q(batch: Batch, target: FloatArray) -> FloatArray:
    """Return the tau2 at which the generalised Q statistic y'P(tau2)y equals `target`.

    Parameters
    ----------
    batch : Batch
    target : array of shape (B,)
        Values > 0.

    Returns
    -------
    array of shape (B,)
        tau2 >= 0 on the working scale; 0 where Q is below its target already at tau2 = 0.

    Notes
    -----
    Q decreases from Q(0); it is at most RSS / (tau2 + smallest variance), RSS the least-squares
    residual sum of squares, which bounds the root. Newton's method on 1 / Q, which is nearly linear
    in tau2, with bisection wherever a step would leave the bracket.
    """
    if len(target) == 1 and batch.Z is None:
        return solve_q_at(batch, target)
    step = block_rows(batch)
    parts = [
        _solve_q(batch.take(slice(i, i + step)), target[i : i + step]) for i in range(0, len(target), step)
    ]
    return np.concatenate(parts)


def solve_q_at(batch: Batch, targets: FloatArray) -> FloatArray:
    """Return the tau2 at which Q of a batch of one equals each of `targets` (intercept only)."""
    one = OneDataSet.of(batch.y[0], batch.v[0])
    return np.array([solve_q_one(one, target) for target in targets.tolist()])


def _solve_q(batch: Batch, target: FloatArray) -> FloatArray:
    smallest = batch.v.min(axis=1)
    low = np.zeros_like(target)
    high = np.maximum((batch.y**2).sum(axis=1) / target * (1.0 + 1e-12) - smallest, 0.0)
    root = np.zeros_like(target)
    active = np.flatnonzero(high > 0.0)
    x = np.zeros(active.size)
    sub = batch.take(active)
    for _ in range(ITERATIONS):
        if not active.size:
            break
        at = moments(sub, x)
        goal = target[active]
        below = goal >= at.Q
        low[active] = np.where(below, low[active], x)
        high[active] = np.where(below, x, high[active])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            proposal = x + at.Q * (at.Q - goal) / (goal * at.A)
        at_zero = below & (x == 0.0)
        x, finished = _next(x, proposal, low[active], high[active], smallest[active])
        finished |= at_zero
        root[active[finished]] = np.where(at_zero, 0.0, x)[finished]
        active, x = active[~finished], x[~finished]
        sub = batch.take(active) if finished.any() else sub
    root[active] = x
    return root


def _next(
    x: FloatArray, proposal: FloatArray, low: FloatArray, high: FloatArray, smallest: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Take the Newton proposal where it stays inside (low, high), else halve; say which are done."""
    inside = (proposal >= low) & (proposal <= high)
    size = np.abs(proposal - x)
    # Halving in log(tau2 + smallest variance) crosses many orders of magnitude quickly.
    middle = np.sqrt((low + smallest) * (high + smallest)) - smallest
    middle = np.clip(middle, low, high)
    settled = inside & (size <= LAST_STEP * (x + smallest))
    narrow = (high - low) <= NARROW * (high + smallest)
    return np.where(inside, proposal, middle), settled | narrow


@dataclass(frozen=True, slots=True)
class Nodes:
    """The likelihoods of many data sets, each at one tau2: score is (A - T) / 2, curvature D / 2 - C."""

    t: FloatArray
    A: FloatArray
    T: FloatArray
    C: FloatArray
    D: FloatArray

    def take(self, rows: IntArray | BoolArray) -> Nodes:
        """Return the nodes `rows`."""
        return Nodes(self.t[rows], self.A[rows], self.T[rows], self.C[rows], self.D[rows])

    @property
    def score(self) -> FloatArray:
        """Return twice the derivative of the log-likelihood."""
        return self.A - self.T


def _node(batch: Batch, t: FloatArray, restricted: bool) -> Nodes:
    at = moments(batch, t)
    if restricted:
        return Nodes(t, at.A, at.trP, at.C, at.trPP)
    return Nodes(t, at.A, at.S1, at.C, at.S2)


def _joined(nodes: list[Nodes]) -> Nodes:
    return Nodes(*(np.concatenate([getattr(n, f) for n in nodes]) for f in ("t", "A", "T", "C", "D")))


def maximise(batch: Batch, *, restricted: bool) -> FloatArray:
    """Return the tau2 >= 0 with the largest (restricted) likelihood, working scale, shape (B,).

    A tie between several maxima goes to the smallest tau2.
    """
    if batch.y.shape[0] == 1 and batch.Z is None:
        one = OneDataSet.of(batch.y[0], batch.v[0])
        likelihood = _likelihood_of(batch, restricted)
        return np.array([maximise_one(one, float(batch.df[0]), restricted, likelihood)])
    step = max(1, block_rows(batch))
    rows = range(0, batch.y.shape[0], step)
    return np.concatenate([_maximise(batch.take(slice(i, i + step)), restricted) for i in rows])


def _likelihood_of(batch: Batch, restricted: bool) -> Callable[[FloatArray], FloatArray]:
    """Return the likelihood of the one data set of `batch` as a function of several tau2."""

    def value(tau2: FloatArray) -> FloatArray:
        repeated = batch.take(np.zeros(tau2.size, dtype=np.intp))
        return log_likelihood(repeated, tau2, restricted=restricted)

    return value


def upper_bound(batch: Batch) -> FloatArray:
    """Return a tau2 beyond which the score of ML and REML is negative, working scale, shape (B,).

    y'PPy <= RSS / (t + vmin)**2 and tr(P) >= (k - p) / (t + vmax), so the score is negative as soon
    as (t + vmin)**2 / (t + vmax) > RSS / (k - p): a quadratic in t.
    """
    smallest, largest = batch.variance_range()
    s2 = (batch.y**2).sum(axis=1) / np.maximum(batch.df, 1.0)
    root = 0.5 * (s2 + np.sqrt(s2**2 + 4.0 * s2 * (largest - smallest)))
    bound: FloatArray = np.where(batch.df > 0, np.maximum(root * (1.0 + 1e-9) - smallest, 0.0), 0.0)
    return bound


def _maximise(batch: Batch, restricted: bool) -> FloatArray:
    bound = upper_bound(batch)
    best = np.zeros_like(bound)
    rows = np.flatnonzero(bound > 0.0)
    if not rows.size:
        return best
    sub = batch.take(rows)
    at_zero, low, high, where = _first_look(sub, bound[rows], restricted)
    best[rows] = maximise_from(sub, at_zero, low, high, where, restricted=restricted)
    return best


def maximise_from(
    batch: Batch, at_zero: BoolArray, low: Nodes, high: Nodes, where: IntArray, *, restricted: bool
) -> FloatArray:
    """Return what :func:`maximise` does, from a first look that has been taken already.

    Parameters
    ----------
    batch : Batch
    at_zero : array of shape (B,)
        True where the score at tau2 = 0 is not positive.
    low, high : Nodes
        Ends of intervals that together cover all tau2 at which a data set may have its maximum.
    where : array
        Row of `batch` that each interval belongs to.
    restricted : bool
    """
    (lows, highs), rows = _settle(batch, low, high, where, restricted)
    t = _refine(batch.take(rows), (lows, highs), restricted)
    return _choose(batch, at_zero, rows, t, restricted)


def _first_look(
    batch: Batch, bound: FloatArray, restricted: bool
) -> tuple[BoolArray, Nodes, Nodes, IntArray]:
    """Say whether 0 is a local maximum, and return equal intervals up to `bound` with their rows."""
    n = bound.size
    smallest = batch.v.min(axis=1)
    growth = (bound / smallest + 1.0) ** (np.arange(INTERVALS + 1) / INTERVALS)[:, None]
    grid = smallest * (growth - 1.0)
    grid[0], grid[-1] = 0.0, bound
    if batch.y.size <= _SMALL:  # one call for all grid points: calls are what a small batch costs
        repeated = batch.take(np.tile(np.arange(n), INTERVALS + 1))
        every = _node(repeated, grid.ravel(), restricted)
        nodes = [every.take(np.arange(j * n, (j + 1) * n)) for j in range(INTERVALS + 1)]
    else:
        nodes = [_node(batch, t, restricted) for t in grid]
    at_zero = nodes[0].score <= 0.0
    return at_zero, _joined(nodes[:-1]), _joined(nodes[1:]), np.tile(np.arange(n), INTERVALS)


def _settle(
    batch: Batch, low: Nodes, high: Nodes, where: IntArray, restricted: bool
) -> tuple[tuple[Nodes, Nodes], IntArray]:
    """Halve intervals until each holds one maximum or none; return those with one, and their rows."""
    smallest = batch.v.min(axis=1)
    found: list[tuple[Nodes, Nodes, IntArray]] = []
    for _ in range(HALVINGS):
        open_, crossing = _classify(low, high, smallest[where])
        found.append((low.take(crossing), high.take(crossing), where[crossing]))
        if not open_.any():
            break
        low, high, where = low.take(open_), high.take(open_), where[open_]
        middle_t = np.sqrt((low.t + smallest[where]) * (high.t + smallest[where])) - smallest[where]
        middle = _node(batch.take(where), np.clip(middle_t, low.t, high.t), restricted)
        low, high = _joined([low, middle]), _joined([middle, high])
        where = np.concatenate([where, where])
    lows, highs, rows = zip(*found, strict=True)
    return (_joined(list(lows)), _joined(list(highs))), np.concatenate(rows)


def _classify(low: Nodes, high: Nodes, smallest: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Say which intervals need halving, and which hold exactly one maximum."""
    no_root = (low.A < high.T) | (high.A > low.T)
    concave = 0.5 * low.D < high.C
    narrow = (high.t - low.t) <= 1e-9 * (high.t + smallest)
    settled = no_root | concave | narrow
    crossing = (low.score > 0.0) & (high.score <= 0.0)
    return ~settled, settled & crossing


def _refine(batch: Batch, bracket: tuple[Nodes, Nodes], restricted: bool) -> FloatArray:
    """Newton's method on the score inside each bracket, halving where a step would leave it."""
    low, high = bracket[0].t.copy(), bracket[1].t.copy()
    smallest = batch.v.min(axis=1)
    root = np.zeros_like(low)
    active = np.arange(low.size)
    x = _crossing(bracket[0], bracket[1], smallest)
    sub = batch
    for _ in range(ITERATIONS):
        if not active.size:
            break
        at = _node(sub, x, restricted)
        rising = at.score > 0.0
        low[active] = np.where(rising, x, low[active])
        high[active] = np.where(rising, high[active], x)
        with np.errstate(divide="ignore", invalid="ignore"):
            proposal = x - at.score / (at.D - 2.0 * at.C)
        x, finished = _next(x, proposal, low[active], high[active], smallest[active])
        root[active[finished]] = x[finished]
        active, x = active[~finished], x[~finished]
        sub = sub.take(np.flatnonzero(~finished)) if finished.any() else sub
    root[active] = x
    return root


def _crossing(low: Nodes, high: Nodes, smallest: FloatArray) -> FloatArray:
    """Return where the score crosses 0 by cubic interpolation of log(tau2 + smallest) as its inverse.

    Where the slope at an end has the wrong sign, or the cubic leaves the interval, by a straight line.
    """
    f0, f1 = low.score, high.score
    s0, s1 = low.t + smallest, high.t + smallest
    slope0, slope1 = s0 * (low.D - 2.0 * low.C), s1 * (high.D - 2.0 * high.C)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = f0 / (f0 - f1)
        width, chord = f1 - f0, np.log(s1 / s0)
        rest = 1.0 - share
        ends = share * rest**2 / slope0 - share**2 * rest / slope1
        inverse = share**2 * (3.0 - 2.0 * share) * chord + width * ends
        cubic = np.expm1(inverse) * s0 + low.t
        usable = (slope0 < 0.0) & (slope1 < 0.0) & (cubic >= low.t) & (cubic <= high.t)
    line: FloatArray = low.t + share * (high.t - low.t)
    return np.where(usable, cubic, line)


def _choose(batch: Batch, at_zero: BoolArray, where: IntArray, t: FloatArray, restricted: bool) -> FloatArray:
    """Return, for each data set, the candidate with the largest likelihood."""
    n = at_zero.size
    rows = np.concatenate([np.flatnonzero(at_zero), where])
    candidates = np.concatenate([np.zeros(int(at_zero.sum())), t])
    best = np.zeros(n)
    best[rows] = candidates  # right at once for the many data sets with one candidate
    several = np.flatnonzero(np.bincount(rows, minlength=n) > 1)
    if several.size:
        chosen = np.isin(rows, several)
        rows, candidates = rows[chosen], candidates[chosen]
        value = log_likelihood(batch.take(rows), candidates, restricted=restricted)
        order = np.lexsort((-candidates, value, rows))  # last of each data set: largest value
        best[rows[order]] = candidates[order]
    return best
