"""Up the tree: adding a random intercept to every group of a level, with exact derivatives.

M = V + sum_j s_j Z_j Z_j' is never formed. With C = [1, X, y], all that a likelihood needs is
G = C'M^-1 C and log|M|. Adding a random intercept of variance s to a group is a rank-one change,

    G <- G - t g g',  t = s / (1 + s h),  g = C'M^-1 1,  h = 1'M^-1 1,  log|M| <- log|M| + log(1 + s h)

(Sherman-Morrison), after which the groups' G are added up within the next level. First and second
derivatives with respect to every s_j go up the same way. Symmetric matrices are kept as their upper
triangle, one row per node.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from metamsc.models.batch import FloatArray, IntArray


class Packing:
    """Symmetric (m, m) matrices as rows of their upper triangle; the first m entries are row 1."""

    def __init__(self, m: int) -> None:
        self.m = m
        self.ia, self.ib = np.triu_indices(m)

    def outer(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Return the upper triangles of a b', for `a` and `b` of shape (nodes, m)."""
        product: FloatArray = a[:, self.ia] * b[:, self.ib]
        return product

    def symmetric(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Return the upper triangles of a b' + b a'."""
        return self.outer(a, b) + self.outer(b, a)

    def packed(self, full: FloatArray) -> FloatArray:
        """Return the upper triangles of matrices of shape (nodes, m, m)."""
        upper: FloatArray = full[:, self.ia, self.ib]
        return upper

    def unpacked(self, row: FloatArray) -> FloatArray:
        """Return one symmetric matrix."""
        full = np.zeros((self.m, self.m))
        full[self.ia, self.ib] = row
        return full + np.triu(full, 1).T


@dataclass(slots=True)
class Nodes:
    """G of every node and its derivatives by component; a missing key is a derivative of 0."""

    G: FloatArray
    first: dict[int, FloatArray] = field(default_factory=dict)
    second: dict[tuple[int, int], FloatArray] = field(default_factory=dict)

    def summed(self, starts: IntArray) -> Nodes:
        """Add up the nodes of each group; groups are runs of nodes."""
        if starts.size == self.G.shape[0]:
            return self
        first = {j: np.add.reduceat(a, starts) for j, a in self.first.items()}
        second = {key: np.add.reduceat(a, starts) for key, a in self.second.items()}
        return Nodes(np.add.reduceat(self.G, starts), first, second)


class LogDet:
    """log|M| and its derivatives with respect to q variances, added up on the way."""

    def __init__(self, q: int) -> None:
        self.value = 0.0
        self.first = np.zeros(q)
        self.second = np.zeros((q, q))

    def add_second(self, i: int, j: int, value: float) -> None:
        """Add to a second derivative, in both triangles."""
        self.second[i, j] += value
        if i != j:
            self.second[j, i] += value


def climb(nodes: Nodes, own: int, s: float, packing: Packing, log_det: LogDet, *, derivatives: bool) -> Nodes:
    """Add the random intercept of component `own`, variance `s`, to every node."""
    g = nodes.G[:, : packing.m]
    h = g[:, 0]
    D = 1.0 + s * h
    gg = packing.outer(g, g)
    log_det.value += float(np.log(D).sum())
    new = Nodes(nodes.G - (s / D)[:, None] * gg)
    if derivatives:
        _first(nodes, new, own, s, packing, log_det)
        _second(nodes, new, own, s, packing, log_det)
    return new


def _first(nodes: Nodes, new: Nodes, own: int, s: float, packing: Packing, log_det: LogDet) -> None:
    g = nodes.G[:, : packing.m]
    h = g[:, 0]
    D = 1.0 + s * h
    t = (s / D)[:, None]
    gg = packing.outer(g, g)
    for j, dG in nodes.first.items():
        dg = dG[:, : packing.m]
        dh = dg[:, :1]
        new.first[j] = dG + t**2 * dh * gg - t * packing.symmetric(g, dg)
        log_det.first[j] += float((t * dh).sum())
    new.first[own] = -gg / (D**2)[:, None]
    log_det.first[own] += float((h / D).sum())


def _second(nodes: Nodes, new: Nodes, own: int, s: float, packing: Packing, log_det: LogDet) -> None:
    g = nodes.G[:, : packing.m]
    D = (1.0 + s * g[:, 0])[:, None]
    h, t = g[:, :1], s / D
    gg = packing.outer(g, g)
    dg = {j: dG[:, : packing.m] for j, dG in nodes.first.items()}
    dh = {j: a[:, :1] for j, a in dg.items()}
    cross = {j: packing.symmetric(g, a) for j, a in dg.items()}
    for (i, j), d2G in nodes.second.items():
        d2g = d2G[:, : packing.m]
        d2h = d2g[:, :1]
        d2t = -(t**2) * d2h + 2.0 * t**3 * dh[i] * dh[j]
        turn = packing.symmetric(g, d2g) + packing.symmetric(dg[i], dg[j])
        bend = t**2 * (dh[i] * cross[j] + dh[j] * cross[i])
        new.second[i, j] = d2G - d2t * gg + bend - t * turn
        log_det.add_second(i, j, float((t * d2h - t**2 * dh[i] * dh[j]).sum()))
    for j in dg:
        new.second[j, own] = (2.0 * t * dh[j] * gg - cross[j]) / D**2
        log_det.add_second(j, own, float((dh[j] / D**2).sum()))
    new.second[own, own] = 2.0 * h / D**3 * gg
    log_det.add_second(own, own, -float(((h / D) ** 2).sum()))
