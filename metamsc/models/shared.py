"""Many subsets of one set of studies: tau2 and estimates from sums that the subsets share.

Leave-one-out, GOSH and their like fit the same studies again and again. At one tau2 all subsets share
the studies' weights, so the sums that say where a likelihood can have its maximum cost a table look-up
(eight studies at a time) or a subtraction per subset, instead of a pass over the studies. They only say
where to look: every tau2 is then settled, and every result computed, by the ordinary kernel on the
subset's own studies. Intercept-only models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import Batch, BoolArray, FloatArray
from metamsc.models.kernel import BLOCK
from metamsc.models.search import Nodes, maximise, maximise_from, upper_bound
from metamsc.models.tau2 import estimate_tau2

# Up to this many studies, sums come from tables of 256 entries for each eight studies; of more, only the
# subsets that lack a single one share anything. (Matrix products would do too, but their last digits
# depend on how many threads there are, and results must not.)
_TABLE_STUDIES = 64
# Grid: nodes per doubling of tau2 + smallest variance, and between how many.
_PER_DOUBLING, _FEWEST, _MOST = 2.0, 12, 60
# Where all subsets lack one study their maxima lie close together: so many nodes more in that range.
_CLOSE = 16
# Squares of effects over variances beyond this, or a study with all but this share of the weight, would
# cost the shared sums their digits; the subsets are then searched one by one.
_LARGEST_Z2, _SMALLEST_REST = 1e8, 1e-6
_N_SUMS = 8


@dataclass(frozen=True, slots=True)
class SharedStudies:
    """Working effects and variances of k studies: `yi` is ``centre + scale * y``, `vi` ``scale**2 * v``."""

    y: FloatArray
    v: FloatArray
    centre: float
    scale: float

    @classmethod
    def of(cls, yi: FloatArray, vi: FloatArray) -> SharedStudies:
        """Scale and centre the studies."""
        scale = float(np.ldexp(1.0, int(np.rint(0.5 * np.log2(vi.mean())))))
        v = vi / scale**2
        # The heaviest study: differences from one effect are exactly 0 for identical effects.
        centre = float(yi[int(vi.argmin())])
        return cls((yi - centre) / scale, v, centre, scale)

    def batch(self, present: BoolArray) -> Batch:
        """Return the subsets as data sets of the kernel; `present` has shape (B, k)."""
        k = present.sum(axis=1).astype(np.float64)
        y = np.where(present, self.y, 0.0)
        mean = y.sum(axis=1) / k
        y = np.where(present, y - mean[:, None], 0.0)
        return Batch(
            y=y,
            v=np.where(present, self.v, np.inf),
            Z=None,
            R=None,
            shift=(self.centre / self.scale + mean)[:, None],
            spread=np.einsum("bk,bk->b", y, y) / k,
            k=k,
            scale=np.full(k.size, self.scale),
        )

    @property
    def is_shareable(self) -> bool:
        """Whether shared sums keep their digits."""
        w = 1.0 / self.v
        small = float((self.y**2 * w).max()) <= _LARGEST_Z2
        return small and float(w.max() / w.sum()) <= 1.0 - _SMALLEST_REST


@dataclass(frozen=True, slots=True)
class SharedFit:
    """Results of B subsets in the units of the effects, arrays of shape (B,); `I2` in percent."""

    k: FloatArray
    estimate: FloatArray
    tau2: FloatArray
    Q: FloatArray
    I2: FloatArray


def fit_shared(studies: SharedStudies, present: BoolArray, tau2_method: str) -> SharedFit:
    """Fit the random-effects model to subsets.

    Parameters
    ----------
    studies : SharedStudies
    present : array of shape (B, k)
        True where a study takes part; at least one in each row.
    tau2_method : str
        Key of ``TAU2_METHODS``.

    Returns
    -------
    SharedFit
        The numbers of :func:`metamsc.models.fit.fit_batch`. A subset of one study has tau2 = Q = I2 = 0.
    """
    batch = studies.batch(present)
    mu, Q, trP = _at_zero(batch)
    some = batch.df > 0.0
    if tau2_method == "EE":
        tau2 = np.zeros(batch.k.size)
    elif tau2_method == "DL":
        tau2 = np.where(some, np.maximum(Q - batch.df, 0.0) / np.where(some, trP, 1.0), 0.0)
    elif tau2_method in ("ML", "REML"):
        tau2 = _maximise_batch(studies, present, batch, restricted=tau2_method == "REML")
    else:
        tau2 = estimate_tau2(batch, tau2_method)[0]
    if tau2.any():
        w = 1.0 / (batch.v + tau2[:, None])
        mu = np.einsum("bk,bk->b", w, batch.y) / w.sum(axis=1)
    Q = np.where(some, Q, 0.0)
    if tau2_method == "EE":
        positive = np.where(Q > 0.0, Q, 1.0)
        I2 = np.where(Q > 0.0, np.maximum(0.0, 100.0 * (Q - batch.df) / positive), 0.0)
    else:
        typical = np.where(some, batch.df / np.where(some, trP, 1.0), 1.0)
        I2 = np.where(some, 100.0 * tau2 / (typical + tau2), 0.0)
    scale = studies.scale
    return SharedFit(batch.k, scale * (batch.shift[:, 0] + mu), tau2 * scale**2, Q, I2)


def _at_zero(batch: Batch) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return weighted mean, Q and tr(P) at tau2 = 0: the part of the kernel's moments that is needed."""
    w = 1.0 / batch.v
    S1 = w.sum(axis=1)
    mu = np.einsum("bk,bk->b", w, batch.y) / S1
    r = batch.y - mu[:, None]
    return mu, np.einsum("bk,bk,bk->b", w, r, r), S1 - np.einsum("bk,bk->b", w, w) / S1


def maximise_shared(studies: SharedStudies, present: BoolArray, *, restricted: bool) -> FloatArray:
    """Return the tau2 >= 0 with the largest (restricted) likelihood, working scale, shape (B,).

    The same maximum as that of :func:`metamsc.models.search.maximise` for the subsets one by one.
    """
    step = max(1, BLOCK // present.shape[1])  # a block's arrays stay in cache through the whole search
    parts = []
    for i in range(0, present.shape[0], step):
        here = present[i : i + step]
        parts.append(_maximise_batch(studies, here, studies.batch(here), restricted=restricted))
    return np.concatenate(parts)


def _maximise_batch(
    studies: SharedStudies, present: BoolArray, batch: Batch, *, restricted: bool
) -> FloatArray:
    if shares_sums(present) and studies.is_shareable:
        return _maximise(studies, present, batch, restricted)
    return maximise(batch, restricted=restricted)


def shares_sums(present: BoolArray) -> bool:
    """Say whether subsets have shared sums: of few studies any, of many those that lack exactly one."""
    k = present.shape[1]
    return k <= _TABLE_STUDIES or bool((present.sum(axis=1) == k - 1).all())


def _maximise(studies: SharedStudies, present: BoolArray, batch: Batch, restricted: bool) -> FloatArray:
    bound = upper_bound(batch)
    if not (bound > 0.0).any():
        return np.zeros_like(bound)
    shared = _Sums(studies, present)
    smallest = float(studies.v.min())
    grid = _grid(smallest, float(bound.max()))
    nodes = shared.nodes(grid, restricted)
    if shared.lacks_one:
        grid = np.union1d(grid, _close_grid(nodes, smallest))
        nodes = shared.nodes(grid, restricted)
    score = nodes.score
    at_zero = (score[:, 0] <= 0.0) | (bound <= 0.0)
    low, high = _ends(nodes, slice(None, -1)), _ends(nodes, slice(1, None))
    possible = (low.A >= high.T) & (high.A <= low.T) & (low.t < bound[:, None])
    rows, columns = np.nonzero(possible)
    take = (rows, columns)
    low, high = (
        Nodes(*(getattr(side, name)[take] for name in ("t", "A", "T", "C", "D"))) for side in (low, high)
    )
    return maximise_from(batch, at_zero, low, high, rows, restricted=restricted)


def _grid(smallest: float, bound: float) -> FloatArray:
    """Return 0 and nodes up to `bound`, equal in log(tau2 + smallest variance)."""
    doublings = np.log2(bound / smallest + 1.0)
    n = int(np.clip(np.ceil(_PER_DOUBLING * doublings), _FEWEST, _MOST))
    grid: FloatArray = smallest * np.expm1(np.log(2.0) * doublings * np.arange(n + 1) / n)
    grid[-1] = bound
    return grid


def _close_grid(nodes: Nodes, smallest: float) -> FloatArray:
    """Return nodes across the range in which the scores of the subsets change sign."""
    falling = (nodes.score[:, :-1] > 0.0) & (nodes.score[:, 1:] <= 0.0)
    columns = np.flatnonzero(falling.any(axis=0))
    if not columns.size:
        return np.zeros(0)
    t = nodes.t[0]
    ends = np.log([t[columns[0]] + smallest, t[columns[-1] + 1] + smallest])
    return np.asarray(np.exp(np.linspace(ends[0], ends[1], _CLOSE + 2)[1:-1]) - smallest)


def _ends(nodes: Nodes, part: slice) -> Nodes:
    return Nodes(*(getattr(nodes, name)[:, part] for name in ("t", "A", "T", "C", "D")))


class _Sums:
    """Sums of w, w**2, w**3, each also times y and the last two times y**2, over each subset's studies."""

    def __init__(self, studies: SharedStudies, present: BoolArray) -> None:
        self._studies, self._present = studies, present
        self.lacks_one = present.shape[1] > _TABLE_STUDIES

    def _terms(self, grid: FloatArray) -> FloatArray:
        """Return each study's terms at each node, shape (k, 8 * nodes)."""
        y = self._studies.y[:, None]
        w = 1.0 / (self._studies.v[:, None] + grid)
        w2 = w * w
        w3 = w2 * w
        terms = [w, w2, w3, w * y, w2 * y, w3 * y, w2 * y * y, w3 * y * y]
        return np.concatenate(terms, axis=1)

    def _summed(self, terms: FloatArray) -> FloatArray:
        present = self._present
        if self.lacks_one:
            return np.asarray(terms.sum(axis=0) - terms[(~present).argmax(axis=1)])
        octets = np.packbits(present, axis=1, bitorder="little")
        total = np.zeros((present.shape[0], terms.shape[1]))
        for j in range(octets.shape[1]):
            total += _table(terms[8 * j : 8 * j + 8])[octets[:, j]]
        return total

    def nodes(self, grid: FloatArray, restricted: bool) -> Nodes:
        """Return the likelihoods' nodes, arrays of shape (B, number of grid points)."""
        sums = self._summed(self._terms(grid))
        S1, S2, S3, Y1, Y2, Y3, Z2, Z3 = (part for part in np.split(sums, _N_SUMS, axis=1))
        mu = Y1 / S1
        A = Z2 - mu * (2.0 * Y2 - mu * S2)
        cross = Y2 - mu * S2
        C = Z3 - mu * (2.0 * Y3 - mu * S3) - cross**2 / S1
        t = np.broadcast_to(grid, A.shape)
        if not restricted:
            return Nodes(t, A, S1, C, S2)
        ratio = S2 / S1
        return Nodes(t, A, S1 - ratio, C, S2 - 2.0 * S3 / S1 + ratio**2)


def _table(terms: FloatArray) -> FloatArray:
    """Return the sums of the terms of up to eight studies over all their subsets, shape (2**n, columns)."""
    table = np.zeros((1, terms.shape[1]))
    for term in terms:  # bit j of the row's number says whether study j takes part
        table = np.concatenate([table, table + term])
    return table
