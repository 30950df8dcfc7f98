"""The known sampling covariance V of the effects, read once into blocks.

In comes a vector of variances, a matrix, or an object with `rows` and `blocks` (what
``metamsc.effects.covariance`` returns); out come its blocks, gathered by size so that each size is one
stacked array. Nothing of size k x k is made here. Refuses what is no covariance matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.inputs import as_vector

# Smallest eigenvalue of a block, as a share of its largest, that is told apart from 0 in double precision.
_SINGULAR = 1e-12
# Differences between V[i, j] and V[j, i] that are rounding of whoever computed them.
_ASYMMETRY = 1e-8


@runtime_checkable
class BlockCovariance(Protocol):
    """A block-diagonal covariance: block b is about the effects `rows[b]`, counted from 0."""

    @property
    def rows(self) -> Sequence[NDArray[Any]]:
        """Positions of the effects of each block."""

    @property
    def blocks(self) -> Sequence[NDArray[Any]]:
        """One square matrix for each of `rows`."""


@dataclass(frozen=True, slots=True)
class SizeClass:
    """All blocks of one size n: `rows` of shape (B, n), `V` of shape (B, n, n)."""

    rows: IntArray
    V: FloatArray


@dataclass(frozen=True, slots=True)
class Rotation:
    """V = U diag(D) U', U by block: `D` of shape (k,), `turns` pairs of rows (B, n) and U (B, n, n)."""

    D: FloatArray
    turns: tuple[tuple[IntArray, FloatArray], ...]

    def turned(self, Z: FloatArray) -> FloatArray:
        """Return U'Z for `Z` of shape (k, c)."""
        result = Z.copy()
        for rows, U in self.turns:
            result[rows] = np.swapaxes(U, 1, 2) @ Z[rows]
        return result

    def turned_back(self, Z: FloatArray) -> FloatArray:
        """Return U Z for `Z` of shape (k, c)."""
        result = Z.copy()
        for rows, U in self.turns:
            result[rows] = U @ Z[rows]
        return result


@dataclass(frozen=True, slots=True)
class Blocks:
    """V of k effects: `codes` (k,) numbers the block of each effect, `variances` (k,) is the diagonal."""

    codes: IntArray
    variances: FloatArray
    classes: tuple[SizeClass, ...]

    @property
    def is_diagonal(self) -> bool:
        """Whether no two effects are correlated."""
        return all(c.rows.shape[1] == 1 for c in self.classes)

    def rescaled(self, scale: float) -> Blocks:
        """Return V divided by `scale` squared."""
        classes = tuple(SizeClass(c.rows, c.V / scale**2) for c in self.classes)
        return Blocks(self.codes, self.variances / scale**2, classes)

    def taken(self, chosen: IntArray) -> Blocks:
        """Return V of the effects `chosen`, in that order."""
        place = np.full(self.codes.size, -1)
        place[chosen] = np.arange(chosen.size)
        rows, blocks = [], []
        for c in self.classes:
            for r, V in zip(c.rows, c.V, strict=True):
                here = place[r] >= 0
                if here.any():
                    rows.append(place[r[here]].astype(np.intp))
                    blocks.append(V[np.ix_(here, here)])
        return _gathered(rows, blocks, chosen.size)

    def dense(self, chosen: IntArray) -> FloatArray:
        """Return the covariance of the effects `chosen` as a matrix, in that order."""
        V = np.zeros((chosen.size, chosen.size))
        taken = self.taken(chosen)
        for c in taken.classes:
            for r, block in zip(c.rows, c.V, strict=True):
                V[np.ix_(r, r)] = block
        return V

    def rotation(self) -> Rotation:
        """Return the turn of each block's rows that makes V diagonal."""
        D = self.variances.copy()
        turns = []
        for c in self.classes:
            if c.rows.shape[1] > 1:
                D[c.rows], vectors = np.linalg.eigh(c.V)
                turns.append((c.rows, vectors))
        return Rotation(D, tuple(turns))


def read_covariance(V: ArrayLike | BlockCovariance | Blocks, k: int) -> Blocks:
    """Return `V` as blocks.

    Parameters
    ----------
    V : array-like of shape (k,) or (k, k), or an object with `rows` and `blocks`
        Sampling variances, or covariances, in the squared unit of the effects.
    k : int
        Number of effects.

    Raises
    ------
    InputError
        Wrong size, not symmetric, or not positive definite; says which block.
    """
    if isinstance(V, Blocks):
        return V
    if isinstance(V, BlockCovariance):
        blocks = [np.asarray(b, dtype=np.float64) for b in V.blocks]
        rows = [np.asarray(r, dtype=np.intp) for r in V.rows]
        return _gathered(rows, blocks, k)
    array = np.asarray(V, dtype=np.float64)
    if array.ndim == 2:
        if array.shape != (k, k):
            raise InputError(f"V must have one row and column per effect ({k}); got {array.shape}.")
        rows = _linked(array)
        return _gathered(rows, [array[np.ix_(r, r)] for r in rows], k)
    variances = as_vector("V", array)
    if variances.size != k:
        raise InputError(f"yi and V must have one value per effect each; got {k} and {variances.size}.")
    _check_variances(variances)
    every = np.arange(k)
    return Blocks(every, variances, (SizeClass(every[:, None], variances[:, None, None]),))


def constant_correlation(vi: ArrayLike, codes: IntArray, rho: float) -> Blocks:
    """Return V with one correlation `rho` between the effects of each group of `codes`."""
    variances = as_vector("vi", vi)
    _check_variances(variances)
    rows = groups_of(codes, int(codes.max()) + 1)
    sd = np.sqrt(variances)
    blocks = []
    for r in rows:
        block = rho * np.outer(sd[r], sd[r])
        np.fill_diagonal(block, variances[r])
        blocks.append(block)
    return _gathered(rows, blocks, variances.size)


def _linked(V: FloatArray) -> list[IntArray]:
    """Return the sets of effects that non-zero covariances link."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, labels = connected_components(csr_array(V != 0.0), directed=False)
    return groups_of(labels.astype(np.intp), int(n))


def groups_of(codes: IntArray, n: int) -> list[IntArray]:
    """Return the positions of each of the `n` groups that `codes` number from 0."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes, minlength=n))[:-1])


def _gathered(rows: list[IntArray], blocks: list[FloatArray], k: int) -> Blocks:
    if len(rows) != len(blocks):
        raise InputError(f"V must have as many rows as blocks; got {len(rows)} and {len(blocks)}.")
    flat = np.concatenate(rows) if rows else np.empty(0, dtype=np.intp)
    if not np.array_equal(np.sort(flat), np.arange(k)):
        raise InputError(f"The rows of V's blocks must name each of the {k} effects once, counted from 0.")
    codes, variances = np.empty(k, dtype=np.intp), np.empty(k)
    by_size: dict[int, list[int]] = {}
    for b, (r, block) in enumerate(zip(rows, blocks, strict=True)):
        if block.shape != (r.size, r.size):
            raise InputError(f"Block {b + 1} of V must be {r.size} x {r.size}; got {block.shape}.")
        codes[r] = b
        variances[r] = block.diagonal()
        by_size.setdefault(r.size, []).append(b)
    _check_variances(variances)
    classes = []
    for members in by_size.values():
        stacked = np.stack([blocks[b] for b in members])
        chosen = np.stack([rows[b] for b in members])
        classes.append(SizeClass(chosen, _checked(stacked, chosen)))
    return Blocks(codes, variances, tuple(classes))


def _check_variances(variances: FloatArray) -> None:
    bad = np.flatnonzero(~(variances > 0.0) | ~np.isfinite(variances))
    if bad.size:
        first = int(bad[0])
        raise InputError(
            f"The variance of effect {first + 1} is {variances[first]:g}; a sampling variance must be > 0."
        )


def _checked(V: FloatArray, rows: IntArray) -> FloatArray:
    """Return blocks made exactly symmetric, or say which effects' covariance is none."""
    size = np.sqrt(np.einsum("bii,bjj->bij", V, V))
    flipped = np.swapaxes(V, 1, 2)
    skew = ~(np.abs(V - flipped) <= _ASYMMETRY * size).all(axis=(1, 2))
    if skew.any():
        raise InputError(f"V is not symmetric for effects {_named(rows[skew.argmax()])}.")
    V = 0.5 * (V + flipped)
    if V.shape[1] == 1:
        return V
    values = np.linalg.eigvalsh(V / size)
    singular = values[:, 0] <= _SINGULAR * values[:, -1]
    if singular.any():
        worst = int(singular.argmax())
        raise InputError(
            f"V is not positive definite for effects {_named(rows[worst])} (smallest eigenvalue of their "
            f"correlations {values[worst, 0]:.2g}): these correlations cannot all hold together, or two "
            "effects are the same one."
        )
    return V


def _named(rows: IntArray) -> str:
    shown = ", ".join(str(int(i) + 1) for i in rows[:6])
    return shown if rows.size <= 6 else f"{shown}, ... ({rows.size} effects)"
