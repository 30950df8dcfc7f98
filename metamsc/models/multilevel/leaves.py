"""The bottom of the tree: V and what random effects lie inside its blocks, inverted a block at a time."""

from __future__ import annotations

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.multilevel.covariance import Blocks
from metamsc.models.multilevel.structure import Core, Structure
from metamsc.models.multilevel.tree import LogDet, Nodes, Packing


class DiagonalLeaf:
    """V turned diagonal once, plus at most the component with a group for each effect."""

    def __init__(self, C: FloatArray, blocks: Blocks, structure: Structure, packing: Packing) -> None:
        self._rotation = blocks.rotation()
        self._order = structure.order
        self._own = structure.own
        turned = self._rotation.turned(C)[self._order]
        self.ones = turned[:, 0]
        self._D = self._rotation.D[self._order]
        self._products = packing.outer(turned, turned)

    def nodes(self, s: FloatArray, log_det: LogDet, *, derivatives: bool) -> Nodes:
        """Return G of every effect at the variances `s`."""
        own = self._own
        variance = self._D if own is None else self._D + s[own]
        w = 1.0 / variance
        log_det.value += float(np.log(variance).sum())
        nodes = Nodes(w[:, None] * self._products)
        if own is not None and derivatives:
            nodes.first[own] = -w[:, None] * nodes.G
            nodes.second[own, own] = -2.0 * w[:, None] * nodes.first[own]
            log_det.first[own] += float(w.sum())
            log_det.second[own, own] -= float((w * w).sum())
        return nodes

    def solve(self, s: FloatArray, B: FloatArray) -> FloatArray:
        """Return the leaf's inverse times `B` (k, c), turned and in the tree's order."""
        variance = self._D if self._own is None else self._D + s[self._own]
        solved: FloatArray = self._rotation.turned(B)[self._order] / variance[:, None]
        return solved

    def restored(self, x: FloatArray) -> FloatArray:
        """Undo the turn and the order of :meth:`solve`."""
        result = np.empty_like(x)
        result[self._order] = x
        return self._rotation.turned_back(result)


class DenseLeaf:
    """Cores in which several components meet, or V and a component; inverted densely, by size."""

    def __init__(self, C: FloatArray, blocks: Blocks, structure: Structure, packing: Packing) -> None:
        self._C = C
        self._packing = packing
        self._order = structure.order
        self._inside = structure.inside
        self._cores = [(core, _core_V(core, blocks)) for core in structure.cores or ()]
        self.ones = np.ones(C.shape[0])

    def nodes(self, s: FloatArray, log_det: LogDet, *, derivatives: bool) -> Nodes:
        """Return G of every core at the variances `s`."""
        shape = (sum(core.place.size for core, _ in self._cores), self._packing.ia.size)
        pairs = [(i, j) for a, i in enumerate(self._inside) for j in self._inside[a:]]
        nodes = Nodes(np.empty(shape))
        if derivatives:
            nodes.first = {j: np.empty(shape) for j in self._inside}
            nodes.second = {pair: np.empty(shape) for pair in pairs}
        for core, V in self._cores:
            C = self._C[core.rows]
            M = self._marginal(s, core, V)
            inverse = np.asarray(np.linalg.inv(M), dtype=np.float64)
            A = inverse @ C
            log_det.value += float(np.linalg.slogdet(M)[1].sum())
            nodes.G[core.place] = self._packing.packed(np.swapaxes(C, 1, 2) @ A)
            if derivatives:
                self._derive(nodes, core, inverse, A, log_det, pairs)
        return nodes

    def _marginal(self, s: FloatArray, core: Core, V: FloatArray) -> FloatArray:
        M: FloatArray = V + np.einsum("q,qbij->bij", s[list(self._inside)], core.shared)
        return M

    def _derive(
        self,
        nodes: Nodes,
        core: Core,
        inverse: FloatArray,
        A: FloatArray,
        log_det: LogDet,
        pairs: list[tuple[int, int]],
    ) -> None:
        At = np.swapaxes(A, 1, 2)
        shared = dict(zip(self._inside, core.shared, strict=True))
        half = {j: inverse @ shared[j] for j in self._inside}
        for j in self._inside:
            nodes.first[j][core.place] = -self._packing.packed(At @ shared[j] @ A)
            log_det.first[j] += float(np.einsum("bii->", half[j]))
        for i, j in pairs:
            bend = At @ shared[i] @ half[j] @ A
            nodes.second[i, j][core.place] = self._packing.packed(bend + np.swapaxes(bend, 1, 2))
            log_det.add_second(i, j, -float(np.einsum("bij,bji->", half[i], half[j])))

    def solve(self, s: FloatArray, B: FloatArray) -> FloatArray:
        """Return the leaf's inverse times `B` (k, c), in the tree's order."""
        x = np.empty_like(B)
        for core, V in self._cores:
            x[core.rows] = np.linalg.solve(self._marginal(s, core, V), B[core.rows])
        return x[self._order]

    def restored(self, x: FloatArray) -> FloatArray:
        """Undo the order of :meth:`solve`."""
        result = np.empty_like(x)
        result[self._order] = x
        return result


def _core_V(core: Core, blocks: Blocks) -> FloatArray:
    """Return V within the cores of one size, shape (B, n, n)."""
    B, n = core.rows.shape
    k = blocks.codes.size
    which, local = np.full(k, -1), np.zeros(k, dtype=np.intp)
    which[core.rows] = np.arange(B)[:, None]
    local[core.rows] = np.arange(n)
    V = np.zeros((B, n, n))
    for c in blocks.classes:
        here = which[c.rows[:, 0]] >= 0
        rows = c.rows[here]
        V[which[rows][:, :, None], local[rows][:, :, None], local[rows][:, None, :]] = c.V[here]
    return V
