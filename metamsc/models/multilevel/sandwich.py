"""The cluster-robust covariance and its degrees of freedom, cluster by cluster.

A working model says what each cluster's effects look like (covariance Theta, weights W) in; the
sandwich out, with what Satterthwaite's and the HTZ test's degrees of freedom are made of. With
T_g the row by which cluster g's residuals enter a contrast, both are sums over pairs (g, h) of products of
T_g Theta T_h', and that matrix is a diagonal plus one of rank 2p: the sums over pairs become sums over
clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import groups_of

# Eigenvalues below this share of the working variance are the 0 of a coefficient that fits a cluster alone.
_NULL = 1e-10


@dataclass(frozen=True, slots=True)
class WorkingBlocks:
    """Clusters of one size n: positions `rows` (B, n), working covariance and weights (B, n, n)."""

    rows: IntArray
    covariance: FloatArray
    weights: FloatArray


@dataclass(frozen=True, slots=True)
class WorkingModel:
    """What a robust test needs of a fit, on a working scale and basis.

    `basis` (k, p), `residual` (k,), `blocks` by size of cluster. Coefficients in the units of the effects,
    `estimate` (p,), are `to_coefs` (p, p) times those in the basis.
    """

    basis: FloatArray
    residual: FloatArray
    blocks: tuple[WorkingBlocks, ...]
    to_coefs: FloatArray
    estimate: FloatArray
    names: tuple[str, ...]
    tested: tuple[int, ...]
    n_clusters: int


@dataclass(frozen=True, slots=True)
class Sandwich:
    """The robust covariance (p, p) in the working basis, and its parts.

    With U_g = A_g'W_g X_g (A_g the adjustment of cluster g): `own` = U'Theta U, `seen` = X'U and `moved`
    = X'W Theta U, each (G, p, p); `bread` = (X'WX)^-1 and `meat` = X'W Theta W X.
    """

    covariance: FloatArray
    bread: FloatArray
    meat: FloatArray
    own: FloatArray
    seen: FloatArray
    moved: FloatArray


def by_size(codes: IntArray) -> list[IntArray]:
    """Return the positions of clusters' effects, stacked by size of cluster."""
    members = groups_of(codes, int(codes.max()) + 1)
    sizes = sorted({m.size for m in members})
    return [np.stack([m for m in members if m.size == n]) for n in sizes]


def sandwich(working: WorkingModel, method: str) -> Sandwich:
    """Return the robust covariance by one of the methods CR0 to CR3.

    Raises
    ------
    InputError
        CR3 where one cluster alone determines a coefficient.
    """
    k, p = working.basis.shape
    bread, meat = _bread_and_meat(working)
    covariance = np.zeros((p, p))
    own, seen, moved = [], [], []
    for block in working.blocks:
        X, e = working.basis[block.rows], working.residual[block.rows]
        WX = block.weights @ X
        U = _adjusted(method, block, X, WX, bread, meat)
        score = np.einsum("bnp,bn->bp", U, e)
        covariance += score.T @ score
        Ut, TU = np.swapaxes(U, 1, 2), block.covariance @ U
        own.append(Ut @ TU)
        seen.append(np.swapaxes(X, 1, 2) @ U)
        moved.append(np.swapaxes(WX, 1, 2) @ TU)
    factor = _factor(method, working.n_clusters, k, p)
    covariance = factor * bread @ covariance @ bread
    return Sandwich(
        covariance,
        bread,
        meat,
        factor * np.concatenate(own),
        np.sqrt(factor) * np.concatenate(seen),
        np.sqrt(factor) * np.concatenate(moved),
    )


def _bread_and_meat(working: WorkingModel) -> tuple[FloatArray, FloatArray]:
    p = working.basis.shape[1]
    XWX, meat = np.zeros((p, p)), np.zeros((p, p))
    for block in working.blocks:
        X = working.basis[block.rows]
        WX = block.weights @ X
        XWX += np.einsum("bnp,bnq->pq", X, WX)
        meat += np.einsum("bnp,bnq->pq", WX, block.covariance @ WX)
    bread = np.linalg.inv(XWX)
    return 0.5 * (bread + bread.T), 0.5 * (meat + meat.T)


def _factor(method: str, G: int, k: int, p: int) -> float:
    factors = {
        "CR1": G / (G - 1.0),
        "CR1p": G / max(G - p, 1.0),
        "CR1S": G * (k - 1.0) / ((G - 1.0) * (k - p)),
    }
    return factors.get(method, 1.0)


def _adjusted(
    method: str, block: WorkingBlocks, X: FloatArray, WX: FloatArray, bread: FloatArray, meat: FloatArray
) -> FloatArray:
    """Return U = A'W X of each cluster."""
    if method == "CR3":
        return _left_out(X, WX, bread)
    if method != "CR2":
        return WX
    # Covariance of the cluster's residuals under the working model, (I - H) Theta (I - H)'.
    hat = X @ bread @ np.swapaxes(WX, 1, 2) @ block.covariance
    spread = X @ (bread @ meat @ bread) @ np.swapaxes(X, 1, 2)
    residual = block.covariance - hat - np.swapaxes(hat, 1, 2) + spread
    L = np.linalg.cholesky(block.covariance)
    Lt = np.swapaxes(L, 1, 2)
    inner = Lt @ residual @ L
    values, vectors = np.linalg.eigh(0.5 * (inner + np.swapaxes(inner, 1, 2)))
    full = Lt @ L
    size = np.einsum("bij,bij->b", full, full) / full.shape[1]  # typical eigenvalue without the design
    kept = values > _NULL * size[:, None]
    power = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    turned = np.swapaxes(vectors, 1, 2) @ (Lt @ WX)
    adjusted: FloatArray = L @ (vectors @ (power[:, :, None] * turned))
    return adjusted


def _left_out(X: FloatArray, WX: FloatArray, bread: FloatArray) -> FloatArray:
    """Return (I - H)^-T W X with H = X bread X'W; (I - H)^-T W X = W X (I - bread X'WX)^-1."""
    rest = np.eye(bread.shape[0]) - bread @ (np.swapaxes(X, 1, 2) @ WX)
    if (np.linalg.cond(rest) > 1.0 / _NULL).any():
        raise InputError(
            "CR3 is undefined: without one of the clusters a coefficient cannot be estimated. Use CR2."
        )
    return np.asarray(WX @ np.linalg.inv(rest), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Spread:
    """T_g Theta T_h' for contrasts s, t: delta_gh `alone` (G, m, m) + F_g[:, s]' C F_h[:, t]."""

    alone: FloatArray
    F: FloatArray
    C: FloatArray

    def means(self) -> FloatArray:
        """Return the expected robust covariance of the contrasts under the working model, (m, m)."""
        total: FloatArray = self.alone.sum(axis=0) + self.through().sum(axis=0)
        return total

    def through(self) -> FloatArray:
        """Return F_g' C F_g, shape (G, m, m)."""
        inner: FloatArray = np.swapaxes(self.F, 1, 2) @ self.C @ self.F
        return inner


def _spread(parts: Sandwich, contrasts: FloatArray) -> _Spread:
    b = parts.bread @ contrasts.T
    alone = b.T @ parts.own @ b
    F = np.concatenate([parts.seen @ b, parts.moved @ b], axis=1)
    B, p = parts.bread, parts.bread.shape[0]
    C = np.block([[B @ parts.meat @ B, -B], [-B, np.zeros((p, p))]])
    return _Spread(alone, F, C)


def satterthwaite(parts: Sandwich, contrast: FloatArray) -> float:
    """Return the degrees of freedom of one contrast (p,): 2 mean**2 / variance of its robust variance."""
    spread = _spread(parts, contrast[None])
    alone, through = spread.alone[:, 0, 0], spread.through()[:, 0, 0]
    F = spread.F[:, :, 0]
    S = spread.C @ (F.T @ F)
    squares = float((alone**2).sum() + 2.0 * (alone * through).sum() + np.vdot(S.T, S))
    return float(alone.sum() + through.sum()) ** 2 / squares


def hotelling_df(parts: Sandwich, contrasts: FloatArray) -> float:
    """Return eta of the approximate Hotelling's T2 test (HTZ) of contrasts (m, p).

    eta = m (m + 1) / sum over s, t of Var(D_st), D the robust covariance of the contrasts standardised
    by its expectation (Pustejovsky & Tipton 2018).
    """
    expected = _spread(parts, contrasts).means()
    size = np.sqrt(np.diag(expected))
    values, vectors = np.linalg.eigh(expected / np.outer(size, size))
    root = vectors @ np.diag(values**-0.5) @ vectors.T / size
    spread = _spread(parts, root @ contrasts)
    alone, through, F, C = spread.alone, spread.through(), spread.F, spread.C
    m = contrasts.shape[0]
    total = 0.0
    for s in range(m):
        for t in range(m):
            N = F[:, :, s].T @ F[:, :, t]
            CN, CNt = C @ N, C @ N.T
            a_ss, a_tt, a_st = alone[:, s, s], alone[:, t, t], alone[:, s, t]
            q_ss, q_tt, q_st = through[:, s, s], through[:, t, t], through[:, s, t]
            total += float((a_ss * a_tt + a_ss * q_tt + a_tt * q_ss).sum() + np.vdot(CN.T, CNt))
            total += float((a_st**2 + 2.0 * a_st * q_st).sum() + np.vdot(CNt.T, CNt))
    return float(m * (m + 1.0) / total)
