"""The (restricted) likelihood of structured random effects, dense within sets of linked effects.

Effects that share a block of V or a group of any term are one *cluster*; clusters are independent. Each is
inverted densely, so that work grows linearly with the number of clusters of a given size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import Blocks, groups_of
from metamsc.models.multilevel.structure import MAX_CORE
from metamsc.models.structured.terms import Term

_LARGE = 1e300


@dataclass(frozen=True, slots=True)
class Evaluation:
    """-2 log-likelihood without its constants at one set of coordinates, and what it was made of."""

    deviance: float
    gradient: FloatArray
    cov: FloatArray
    gamma: FloatArray
    Q: float


@dataclass(frozen=True, slots=True)
class _Class:
    """All clusters of one size: `rows` (B, n), V (B, n, n), and for each term its inner codes and mask."""

    rows: IntArray
    V: FloatArray
    inner: tuple[IntArray, ...]
    mask: tuple[FloatArray, ...]


class StructuredLikelihood:
    """The likelihood of one data set on the working scale, a function of all terms' coordinates."""

    def __init__(
        self, X: FloatArray, y: FloatArray, blocks: Blocks, terms: Sequence[Term], *, restricted: bool
    ) -> None:
        self.terms = tuple(terms)
        self._X, self._y = X, y
        self._restricted = restricted
        self._classes = _clusters(blocks, self.terms)
        ends = np.cumsum([0, *(term.structure.n_coordinates for term in self.terms)])
        self.slices = tuple(slice(int(a), int(b)) for a, b in pairwise(ends))
        self.n_coordinates = int(ends[-1])

    def evaluate(self, x: FloatArray) -> Evaluation:
        """Return the deviance and its gradient at coordinates `x`; infinite where an inverse is missing."""
        matrices = [t.structure.matrix(x[s]) for t, s in zip(self.terms, self.slices, strict=True)]
        p = self._X.shape[1]
        inverses = []
        log_det, A, b, yy = 0.0, np.zeros((p, p)), np.zeros(p), 0.0
        for c in self._classes:
            try:
                L = np.linalg.cholesky(_marginal(c, [G for G, _ in matrices]))
            except np.linalg.LinAlgError:
                return Evaluation(_LARGE, np.zeros_like(x), np.eye(p), np.zeros(p), _LARGE)
            half = np.linalg.inv(L)
            inverse = np.swapaxes(half, 1, 2) @ half
            inverses.append(inverse)
            log_det += 2.0 * float(np.log(np.diagonal(L, axis1=1, axis2=2)).sum())
            X, y = self._X[c.rows], self._y[c.rows]
            WX = inverse @ X
            A += np.einsum("bnp,bnq->pq", X, WX)
            b += np.einsum("bnp,bn->p", WX, y)
            yy += float(np.einsum("bn,bnm,bm->", y, inverse, y))
        try:
            cov = np.asarray(np.linalg.inv(A), dtype=np.float64)
        except np.linalg.LinAlgError:  # variances so far out that the design is lost in them
            return Evaluation(_LARGE, np.zeros_like(x), np.eye(p), np.zeros(p), _LARGE)
        gamma = cov @ b
        Q = max(yy - float(b @ gamma), 0.0)
        deviance = log_det + Q + (float(np.linalg.slogdet(A)[1]) if self._restricted else 0.0)
        gradient = self._gradient(inverses, matrices, cov, gamma, x.size)
        return Evaluation(deviance, gradient, cov, gamma, Q)

    def _gradient(
        self,
        inverses: Sequence[FloatArray],
        matrices: Sequence[tuple[FloatArray, FloatArray]],
        cov: FloatArray,
        gamma: FloatArray,
        n: int,
    ) -> FloatArray:
        """Return the sum over effects i, j of dM_ij (M^-1 - M^-1 r r' M^-1 - M^-1 X cov X' M^-1)_ij."""
        by_entry = [np.zeros(G.shape) for G, _ in matrices]
        for c, inverse in zip(self._classes, inverses, strict=True):
            X = self._X[c.rows]
            u = np.einsum("bnm,bm->bn", inverse, self._y[c.rows] - X @ gamma)
            S = inverse - u[:, :, None] * u[:, None, :]
            if self._restricted:
                WX = inverse @ X
                S = S - WX @ cov @ np.swapaxes(WX, 1, 2)
            for total, inner, mask in zip(by_entry, c.inner, c.mask, strict=True):
                where = np.broadcast_arrays(inner[:, :, None], inner[:, None, :])
                np.add.at(total, (where[0], where[1]), mask * S)
        gradient = np.empty(n)
        for (_, dG), total, s in zip(matrices, by_entry, self.slices, strict=True):
            gradient[s] = np.einsum("jab,ab->j", dG, total)
        return gradient

    def solve(self, x: FloatArray, B: FloatArray) -> FloatArray:
        """Return M^-1 B for `B` of shape (k, c)."""
        result = np.empty_like(B)
        for c, M in zip(self._classes, self.marginal(x), strict=True):
            result[c.rows] = np.linalg.solve(M, B[c.rows])
        return result

    def marginal(self, x: FloatArray) -> list[FloatArray]:
        """Return M of the clusters, one stack (B, n, n) for each size; :attr:`rows` says of which effects."""
        G = [t.structure.matrix(x[s])[0] for t, s in zip(self.terms, self.slices, strict=True)]
        return [_marginal(c, G) for c in self._classes]

    @property
    def rows(self) -> list[IntArray]:
        """The effects of each stack of :meth:`marginal`, (B, n)."""
        return [c.rows for c in self._classes]


def _marginal(c: _Class, matrices: Sequence[FloatArray]) -> FloatArray:
    M = c.V.copy()
    for G, inner, mask in zip(matrices, c.inner, c.mask, strict=True):
        M += mask * G[inner[:, :, None], inner[:, None, :]]
    return M


def _clusters(blocks: Blocks, terms: Sequence[Term]) -> tuple[_Class, ...]:
    """Gather effects that are linked in any way, by size of the sets."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    k = blocks.codes.size
    partitions = [blocks.codes, *(term.outer for term in terms)]
    offset, rows, columns = k, [], []
    for codes in partitions:
        rows.append(np.arange(k))
        columns.append(offset + codes)
        offset += int(codes.max()) + 1
    flat, other = np.concatenate(rows), np.concatenate(columns)
    links = csr_array((np.ones(flat.size), (flat, other)), shape=(offset, offset))
    labels = np.unique(connected_components(links, directed=False)[1][:k], return_inverse=True)[1]
    members = groups_of(labels.astype(np.intp), int(labels.max()) + 1)
    largest = max(len(m) for m in members)
    if largest > MAX_CORE:
        raise InputError(
            f"The random terms link {largest} effects with each other; at most {MAX_CORE} can be."
        )
    V = _dense_blocks(blocks)
    return tuple(
        _class(n, [m for m in members if len(m) == n], V, terms) for n in sorted({len(m) for m in members})
    )


def _dense_blocks(blocks: Blocks) -> dict[int, tuple[IntArray, FloatArray]]:
    """Return for each effect the block of V that it is in: its effects and their covariance."""
    found: dict[int, tuple[IntArray, FloatArray]] = {}
    for size_class in blocks.classes:
        for rows, V in zip(size_class.rows, size_class.V, strict=True):
            for i in rows.tolist():
                found[i] = rows, V
    return found


def _class(
    n: int, members: Sequence[IntArray], V: dict[int, tuple[IntArray, FloatArray]], terms: Sequence[Term]
) -> _Class:
    rows = np.stack(members)
    dense = np.zeros((len(members), n, n))
    for b, cluster in enumerate(members):
        place = {int(i): j for j, i in enumerate(cluster)}
        for i in cluster.tolist():
            others, block = V[i]
            dense[b, place[i], [place[int(o)] for o in others]] = block[list(others).index(i)]
    inner = tuple(term.inner[rows] for term in terms)
    outer = [term.outer[rows] for term in terms]
    mask = tuple((o[:, :, None] == o[:, None, :]).astype(np.float64) for o in outer)
    return _Class(rows, dense, inner, mask)
