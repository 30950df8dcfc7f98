"""The searches of :mod:`metamsc.models.search` for one data set with an intercept only, in plain floats.

Most analyses pool one small data set, where a call of numpy costs more than its arithmetic: the same bounds,
brackets, steps and stopping rules as for many data sets, with the calls kept few. Tests hold the two
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.kernel import moments_intercept

# First look at the likelihood: this many intervals, equal in log(tau2 + smallest variance).
INTERVALS = 8
# Halvings of an interval before it is taken as narrow; 2**-50 of its length is below rounding.
HALVINGS = 50
# Iterations of a bracketed root; bisection alone would need about 60.
ITERATIONS = 120
# A Newton step this small (relative to tau2 + smallest variance) leaves an error of its square.
LAST_STEP = 1e-9
# A bracket this narrow (relative likewise) holds no number between its ends to speak of.
NARROW = 4.0 * 2.0**-52
# Elements of all grid points together up to which they are worked out in one call.
_SMALL = 2048


class Node(NamedTuple):
    """The likelihood at one tau2: score is (A - T) / 2, curvature is D / 2 - C."""

    t: float
    A: float
    T: float
    C: float
    D: float

    @property
    def score(self) -> float:
        """Twice the derivative of the log-likelihood."""
        return self.A - self.T


@dataclass(frozen=True, slots=True)
class OneDataSet:
    """Working effects and variances of shape (k,); an absent study has an infinite variance.

    `weights`, `pulls` and `spare` are room for what each tau2 needs: memory asked for anew would cost more
    than the arithmetic when k is large.
    """

    y: FloatArray
    v: FloatArray
    smallest: float
    ones: FloatArray
    weights: FloatArray
    pulls: FloatArray
    spare: FloatArray

    @classmethod
    def of(cls, y: FloatArray, v: FloatArray) -> OneDataSet:
        """Return the data set of `y` and `v`."""
        room = np.empty((4, y.size))
        room[0] = 1.0
        return cls(y, v, float(v.min()), *room)

    def _weigh(self, tau2: float) -> tuple[FloatArray, FloatArray, float]:
        """Return w = 1 / (v + tau2), u = w r, and the sum of w; r = y - weighted mean stays in `spare`."""
        w, r = self.weights, self.spare
        np.add(self.v, tau2, out=w)
        np.divide(1.0, w, out=w)
        S1 = float(w.dot(self.ones))
        np.subtract(self.y, float(w.dot(self.y)) / S1, out=r)
        return w, np.multiply(w, r, out=self.pulls), S1

    def q(self, tau2: float) -> tuple[float, float]:
        """Return Q = y'Py and A = y'PPy = -dQ/dtau2."""
        _, u, _ = self._weigh(tau2)
        return float(u.dot(self.spare)), float(u.dot(u))

    def node(self, tau2: float, restricted: bool) -> Node:
        """Return the likelihood's score and curvature."""
        w, u, S1 = self._weigh(tau2)
        S2, A = float(w.dot(w)), float(u.dot(u))
        C = float(np.multiply(u, w, out=self.spare).dot(u)) - float(u.dot(w)) ** 2 / S1
        if not restricted:
            return Node(tau2, A, S1, C, S2)
        ratio = S2 / S1
        S3 = float(np.multiply(w, w, out=self.spare).dot(w))
        return Node(tau2, A, S1 - ratio, C, S2 - 2.0 * S3 / S1 + ratio * ratio)

    def nodes(self, grid: FloatArray, restricted: bool) -> list[Node]:
        """Return the nodes of all grid points, in one call where that is quicker."""
        if grid.size * self.y.size > _SMALL:
            return [self.node(t, restricted) for t in grid.tolist()]
        at = moments_intercept(self.y[None], 1.0 / (self.v + grid[:, None]))
        T, D = (at.trP, at.trPP) if restricted else (at.S1, at.S2)
        columns = (grid.tolist(), at.A.tolist(), T.tolist(), at.C.tolist(), D.tolist())
        return [Node(*values) for values in zip(*columns, strict=True)]


def solve_q_one(data: OneDataSet, target: float) -> float:
    """Return the tau2 at which Q equals `target` > 0; 0 where Q is below it already at 0."""
    smallest = data.smallest
    high = max(float(data.y.dot(data.y)) / target * (1.0 + 1e-12) - smallest, 0.0)
    if high <= 0.0:
        return 0.0
    low = x = 0.0
    for _ in range(ITERATIONS):
        Q, A = data.q(x)
        if target >= Q:
            if x == 0.0:
                return 0.0
            high = x
        else:
            low = x
        proposal = x + Q * (Q - target) / (target * A) if A > 0.0 else np.inf
        x, finished = _next(x, proposal, low, high, smallest)
        if finished:
            break
    return x


def upper_bound_one(data: OneDataSet, df: float) -> float:
    """Return a tau2 beyond which the score is negative: ``upper_bound`` of the search in many data sets."""
    if df <= 0.0:
        return 0.0
    present = data.v[np.isfinite(data.v)]
    s2 = float(data.y.dot(data.y)) / df
    root = 0.5 * (s2 + sqrt(s2 * s2 + 4.0 * s2 * (float(present.max()) - data.smallest)))
    return max(root * (1.0 + 1e-9) - data.smallest, 0.0)


def maximise_one(
    data: OneDataSet, df: float, restricted: bool, log_likelihood: Callable[[FloatArray], FloatArray]
) -> float:
    """Return the tau2 >= 0 with the largest likelihood; the smallest of several that tie.

    `df` are the residual degrees of freedom; `log_likelihood` gives the likelihood at some tau2 and is asked
    only where there are several maxima.
    """
    bound = upper_bound_one(data, df)
    if bound <= 0.0:
        return 0.0
    growth = (bound / data.smallest + 1.0) ** (np.arange(INTERVALS + 1) / INTERVALS)
    grid = data.smallest * (growth - 1.0)
    grid[0], grid[-1] = 0.0, bound
    nodes = data.nodes(grid, restricted)
    found = [0.0] if nodes[0].score <= 0.0 else []
    found += [_refine(data, low, high, restricted) for low, high in _brackets(data, nodes, restricted)]
    if len(found) == 1:
        return found[0]
    candidates = np.sort(np.array(found))
    return float(candidates[np.argmax(log_likelihood(candidates))]) if found else 0.0


def _brackets(data: OneDataSet, nodes: list[Node], restricted: bool) -> list[tuple[Node, Node]]:
    """Return the intervals that hold exactly one maximum each."""
    smallest = data.smallest
    intervals = list(pairwise(nodes))
    brackets = []
    for _ in range(HALVINGS):
        halved = []
        for low, high in intervals:
            no_root = low.A < high.T or high.A > low.T
            concave = 0.5 * low.D < high.C
            if no_root or concave or high.t - low.t <= 1e-9 * (high.t + smallest):
                if low.score > 0.0 >= high.score:
                    brackets.append((low, high))
                continue
            t = sqrt((low.t + smallest) * (high.t + smallest)) - smallest
            middle = data.node(min(max(t, low.t), high.t), restricted)
            halved += [(low, middle), (middle, high)]
        if not halved:
            break
        intervals = halved
    return brackets


def _refine(data: OneDataSet, left: Node, right: Node, restricted: bool) -> float:
    """Newton's method on the score inside the bracket, halving where a step would leave it."""
    low, high = left.t, right.t
    x = low + left.score / (left.score - right.score) * (high - low)
    for _ in range(ITERATIONS):
        at = data.node(x, restricted)
        if at.score > 0.0:
            low = x
        else:
            high = x
        slope = at.D - 2.0 * at.C
        x, finished = _next(x, x - at.score / slope if slope else np.inf, low, high, data.smallest)
        if finished:
            break
    return x


def _next(x: float, proposal: float, low: float, high: float, smallest: float) -> tuple[float, bool]:
    """Take the Newton proposal where it stays inside, else halve in log(tau2 + smallest); say if done."""
    narrow = high - low <= NARROW * (high + smallest)
    if low <= proposal <= high:
        return proposal, narrow or abs(proposal - x) <= LAST_STEP * (x + smallest)
    middle = sqrt((low + smallest) * (high + smallest)) - smallest
    return min(max(middle, low), high), narrow
