"""The (restricted) likelihood of nested random effects as a function of their variances, linear in k."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import Blocks
from metamsc.models.multilevel.leaves import DenseLeaf, DiagonalLeaf
from metamsc.models.multilevel.structure import Structure
from metamsc.models.multilevel.tree import LogDet, Packing, climb

_NO_DERIVATIVES = (np.empty(0), np.empty((0, 0)))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """-2 log-likelihood without its constants at one set of variances, and what it was made of.

    `gradient` (q,) and `hessian` (q, q) are with respect to the variances (empty when not asked for);
    `cov` (p, p) is (X'M^-1 X)^-1 and `gamma` (p,) the coefficients, both in the working basis;
    `Q` = y'Py, `log_det` = log|M|.
    """

    deviance: float
    gradient: FloatArray
    hessian: FloatArray
    cov: FloatArray
    gamma: FloatArray
    log_det: float
    Q: float


class Likelihood:
    """The likelihood of one data set on the working scale.

    Parameters
    ----------
    C : array of shape (k, m)
        A column of ones, the other columns of the design, the effects last.
    fixed : array of int
        Columns of `C` that are the design.
    blocks : Blocks
        V.
    structure : Structure
        Plan of work.
    n_components : int
        Number of variances q.
    restricted : bool
        REML instead of ML.
    """

    def __init__(
        self,
        C: FloatArray,
        fixed: IntArray,
        blocks: Blocks,
        structure: Structure,
        n_components: int,
        *,
        restricted: bool,
    ) -> None:
        self._packing = Packing(C.shape[1])
        self._fixed = fixed
        self._levels = structure.levels
        self._q = n_components
        self._restricted = restricted
        leaf = DiagonalLeaf if structure.cores is None else DenseLeaf
        self._leaf = leaf(C, blocks, structure, self._packing)

    def evaluate(self, s: FloatArray, *, derivatives: bool = True) -> Evaluation:
        """Return the deviance at the variances `s`, shape (q,), with derivatives if asked for."""
        log_det = LogDet(self._q)
        nodes = self._leaf.nodes(s, log_det, derivatives=derivatives)
        for level in self._levels:
            j = level.component
            nodes = nodes.summed(level.starts)
            nodes = climb(nodes, j, float(s[j]), self._packing, log_det, derivatives=derivatives)
        top = nodes.summed(np.zeros(1, dtype=np.intp))
        unpacked = self._packing.unpacked
        at = _finished(unpacked(top.G[0]), self._fixed, log_det.value, restricted=self._restricted)
        if not derivatives:
            return at
        first = {j: unpacked(a[0]) for j, a in top.first.items()}
        second = {pair: unpacked(a[0]) for pair, a in top.second.items()}
        gradient, hessian = self._derived(at, first, second, log_det)
        return replace(at, gradient=gradient, hessian=hessian)

    def _derived(
        self,
        at: Evaluation,
        first: dict[int, FloatArray],
        second: dict[tuple[int, int], FloatArray],
        log_det: LogDet,
    ) -> tuple[FloatArray, FloatArray]:
        """Return gradient and Hessian of the deviance with the coefficients profiled out."""
        f = self._fixed
        grid = np.ix_(f, f)
        residual = np.zeros(self._packing.m)
        residual[f], residual[-1] = -at.gamma, 1.0
        pull = {j: (a @ residual)[f] for j, a in first.items()}
        change = {j: at.cov @ a[grid] for j, a in first.items()}
        for j, a in first.items():
            log_det.first[j] += residual @ a @ residual
            if self._restricted:
                log_det.first[j] += np.trace(change[j])
        for (i, j), a in second.items():
            value = residual @ a @ residual - 2.0 * pull[i] @ at.cov @ pull[j]
            if self._restricted:
                value += np.vdot(at.cov, a[grid]) - np.vdot(change[i].T, change[j])
            log_det.add_second(i, j, float(value))
        return log_det.first, log_det.second

    def solve(self, s: FloatArray, B: FloatArray) -> FloatArray:
        """Return M^-1 B for `B` of shape (k, c).

        Level by level M^-1 B <- M^-1 B - t u (1'M^-1 B) with u = M^-1 1 and t as in
        :mod:`metamsc.models.multilevel.tree`: vectors over effects and sums over groups only.
        """
        k, ones = B.shape[0], self._leaf.ones
        x = self._leaf.solve(s, np.column_stack([np.ones(k), B]))
        for level in self._levels:
            sums = np.add.reduceat(ones[:, None] * x, level.row_starts)
            t = s[level.component] / (1.0 + s[level.component] * sums[:, 0])
            counts = np.diff(np.append(level.row_starts, k))
            x = x - x[:, :1] * np.repeat(t[:, None] * sums, counts, axis=0)
        return self._leaf.restored(x)[:, 1:]


def fixed_effects_only(C: FloatArray, fixed: IntArray, blocks: Blocks) -> tuple[Evaluation, float]:
    """Return the evaluation at M = V and tr(P), P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1."""
    rotation = blocks.rotation()
    turned = rotation.turned(C)
    weighted = turned / rotation.D[:, None]
    G = turned.T @ weighted
    at = _finished(G, fixed, float(np.log(rotation.D).sum()), restricted=False)
    squared = (weighted.T @ weighted)[np.ix_(fixed, fixed)]
    return at, float((1.0 / rotation.D).sum() - np.vdot(at.cov, squared))


def _finished(G: FloatArray, fixed: IntArray, log_det: float, *, restricted: bool) -> Evaluation:
    """Return coefficients, residual sum of squares and deviance from G = C'M^-1 C."""
    A, b = G[np.ix_(fixed, fixed)], G[fixed, -1]
    cov = np.linalg.inv(A)
    gamma = np.linalg.solve(A, b)
    Q = max(float(G[-1, -1] - b @ gamma), 0.0)
    deviance = log_det + Q + (float(np.linalg.slogdet(A)[1]) if restricted else 0.0)
    return Evaluation(deviance, *_NO_DERIVATIVES, 0.5 * (cov + cov.T), gamma, log_det, Q)
