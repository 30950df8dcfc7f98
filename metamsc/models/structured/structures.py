"""Covariance structures of random effects: natural parameters, their free coordinates, matrices, derivatives.

A structure of m levels has variances and correlations. The search works on coordinates without bounds: log
variances, and correlations brought to the whole line; an unstructured matrix by its log-Cholesky factor
(Pinheiro & Bates 1996, Stat Comput 6:289-296).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import FloatArray

STRUCTURES: dict[str, str] = {
    "ID": "one variance, no correlation",
    "DIAG": "a variance for each level, no correlation",
    "CS": "compound symmetry: one variance, one correlation between any two levels",
    "HCS": "a variance for each level, one correlation",
    "UN": "unstructured: a variance for each level, a correlation for each pair",
    "AR": "one variance, correlation rho ** |i - j| between the i-th and the j-th level",
    "HAR": "as AR, with a variance for each level",
    "CAR": "one variance, correlation rho ** |t_i - t_j|, levels being times; 0 <= rho < 1",
}
_HETEROGENEOUS = frozenset({"DIAG", "HCS", "UN", "HAR"})
_CORRELATED = frozenset({"CS", "HCS", "AR", "HAR", "CAR"})


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure with `m` levels; `times` (m,) are the levels' positions, for AR, HAR and CAR.

    `known` (m, m) is a correlation matrix that is given: then the structure is one variance times it.
    """

    kind: str
    m: int
    times: FloatArray
    known: FloatArray | None = None

    @property
    def n_variances(self) -> int:
        """Number of variances."""
        return self.m if self.kind in _HETEROGENEOUS else 1

    @property
    def n_correlations(self) -> int:
        """Number of correlations."""
        if self.kind == "UN":
            return self.m * (self.m - 1) // 2
        return 1 if self.kind in _CORRELATED and self.m > 1 else 0

    @property
    def n_coordinates(self) -> int:
        """Number of free coordinates: as many as natural parameters."""
        return self.n_variances + self.n_correlations

    def start(self, variance: float, correlation: float) -> FloatArray:
        """Return coordinates with all variances and correlations about these."""
        if self.kind == "UN":
            G = variance * (correlation + (1.0 - correlation) * np.eye(self.m))
            L = np.linalg.cholesky(G)
            return np.concatenate([np.log(np.diag(L)), L[np.tril_indices(self.m, -1)]])
        x = np.full(self.n_coordinates, np.log(variance))
        if self.n_correlations:
            low, high = self._range()
            share = (min(max(correlation, low + 0.05), high - 0.05) - low) / (high - low)
            x[-1] = np.log(share / (1.0 - share))
        return x

    def parameters(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return variances and correlations (of UN: by rows of the lower triangle)."""
        if self.kind == "UN":
            G = self.matrix(x)[0]
            sd = np.sqrt(np.diag(G))
            rows, columns = np.tril_indices(self.m, -1)
            return np.diag(G).copy(), G[rows, columns] / (sd[rows] * sd[columns])
        variances = np.exp(x[: self.n_variances])
        return variances, np.array([self._correlation(x[-1])[0]] if self.n_correlations else [])

    def matrix(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the covariance (m, m) and its derivatives (n_coordinates, m, m) at coordinates `x`."""
        if self.kind == "UN":
            return self._unstructured(x)
        sd = np.exp(0.5 * x[: self.n_variances]) * np.ones(self.m)
        C, dC = self._correlations(x)
        G = np.outer(sd, sd) * C
        parts = [G[None]] if self.n_variances == 1 else [self._by_variance(G)]
        if self.n_correlations:
            parts.append((np.outer(sd, sd) * dC)[None])
        return G, np.concatenate(parts)

    def _by_variance(self, G: FloatArray) -> FloatArray:
        """Return derivatives with respect to the log variance of each level: half of its row and column."""
        unit = np.eye(self.m)
        return 0.5 * (unit[:, :, None] * G[None] + unit[:, None, :] * G[None])

    def _correlations(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the correlation matrix and its derivative with respect to the last coordinate."""
        nothing = np.zeros((self.m, self.m))
        if self.known is not None:
            return self.known, nothing
        if not self.n_correlations:
            return np.eye(self.m), nothing
        rho, slope = self._correlation(x[-1])
        off = 1.0 - np.eye(self.m)
        if self.kind in ("CS", "HCS"):
            return np.eye(self.m) + rho * off, slope * off
        lag = np.abs(self.times[:, None] - self.times[None, :])
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.where(lag > 0.0, np.sign(rho) ** np.round(lag) * np.abs(rho) ** lag, 1.0)
            derivative = np.where(lag > 0.0, lag * power / rho, 0.0) if rho != 0.0 else 1.0 * (lag == 1.0)
        return power, slope * derivative

    def _range(self) -> tuple[float, float]:
        """Return the bounds of the correlation within which the matrix is a covariance."""
        if self.kind in ("CS", "HCS"):
            return -1.0 / (self.m - 1), 1.0
        return (0.0, 1.0) if self.kind == "CAR" else (-1.0, 1.0)

    def _correlation(self, z: float) -> tuple[float, float]:
        low, high = self._range()
        share = 1.0 / (1.0 + np.exp(-z))
        return low + (high - low) * float(share), (high - low) * float(share * (1.0 - share))

    def _unstructured(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        m = self.m
        L = np.diag(np.exp(x[:m]))
        rows, columns = np.tril_indices(m, -1)
        L[rows, columns] = x[m:]
        dL = np.zeros((x.size, m, m))
        for j in range(m):
            dL[j, j, j] = L[j, j]
        for i, (r, c) in enumerate(zip(rows, columns, strict=True)):
            dL[m + i, r, c] = 1.0
        half = dL @ L.T
        return L @ L.T, half + np.swapaxes(half, 1, 2)
