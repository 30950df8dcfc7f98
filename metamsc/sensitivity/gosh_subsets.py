"""Subsets of studies by chunk: all of them in order, or drawn; and the fits to them.

A chunk is the same wherever and whenever it is worked on: subset numbers follow from its number, drawn
ones from the seed and its number. Subset number n has study j when bit j of n is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.models.kernel import BLOCK
from metamsc.models.shared import SharedStudies, fit_shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metamsc.models.batch import BoolArray, FloatArray
    from metamsc.sensitivity.executor import Rows

CHUNK_ROWS = 1 << 16
"""Subsets of a chunk: a third of a second with REML, a row group of a file."""

VALUES = ("estimate", "tau2", "I2", "Q")
_BITS = 64


@dataclass(frozen=True, slots=True)
class GoshTask:
    """What to fit: k studies, `n` subsets, all of them in order (`seed` None) or drawn."""

    yi: FloatArray
    vi: FloatArray
    tau2_method: str
    n: int
    seed: int | None
    chunk_rows: int = CHUNK_ROWS

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self.yi.size)

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return -(-self.n // self.chunk_rows)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a row: `subset` is a whole number, or packed bits with more than 64 studies."""
        subset = "<u8" if self.k <= _BITS else f"V{-(-self.k // 8)}"
        return np.dtype([("subset", subset), ("k", "<u2"), *((name, "<f8") for name in VALUES)])

    def __call__(self, chunk: int) -> Rows:
        """Return the fits to the subsets of a chunk."""
        n = min(self.chunk_rows, self.n - chunk * self.chunk_rows)
        rows = np.zeros(n, self.dtype)
        rows["subset"] = self._subsets(chunk, n)
        studies = SharedStudies.of(self.yi, self.vi)
        step = max(1, BLOCK // self.k)
        for i in range(0, n, step):
            part = rows[i : i + step]
            found = fit_shared(studies, self.present(part), self.tau2_method)
            part["k"] = found.k
            for name in VALUES:
                part[name] = getattr(found, name)
        return rows

    def _subsets(self, chunk: int, n: int) -> NDArray[Any]:
        """Return the subsets' numbers; none is empty."""
        if self.seed is None:
            first = np.uint64(1 + chunk * self.chunk_rows)
            return first + np.arange(n, dtype=np.uint64)
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(chunk,)))
        if self.k > _BITS:
            octets = np.packbits(rng.integers(0, 2, (n, self.k), dtype=np.uint8), axis=1, bitorder="little")
            return octets.view(self.dtype["subset"])[:, 0]
        top = np.iinfo(np.uint64).max if self.k == _BITS else np.uint64(2**self.k - 1)
        numbers = rng.integers(0, top, n, dtype=np.uint64, endpoint=True)
        while (empty := numbers == 0).any():
            numbers[empty] = rng.integers(0, top, int(empty.sum()), dtype=np.uint64, endpoint=True)
        return numbers

    def present(self, rows: Rows) -> BoolArray:
        """Return who takes part in each row's subset, shape (n, k)."""
        octets = np.ascontiguousarray(rows["subset"]).view(np.uint8).reshape(rows.size, -1)
        return np.unpackbits(octets, axis=1, count=self.k, bitorder="little").view(np.bool_)
