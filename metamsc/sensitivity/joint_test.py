"""A joint test of many defensible analyses of one question, by changing the signs of studies.

One path's P value says little when hundreds were possible; a curve of paths has one P value of its own.
Patterns of signs are worked on in chunks, on one process or several.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import BoolArray, FloatArray, IntArray
from metamsc.sensitivity.executor import Executor, run_chunks
from metamsc.sensitivity.specification import pool_paths

if TYPE_CHECKING:
    from metamsc.sensitivity.executor import Rows

MAX_FITS = 3_000_000
"""Fits that a joint test makes at most unless told otherwise: some seconds."""

Progress = Callable[[int, int], None]

_SERIAL = Executor("serial")
_BLOCK = 20_000  # fits that are held in memory at once
_STATISTICS = np.dtype([("median", "<f8"), ("share", "<f8"), ("z", "<f8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveTest:
    """Joint test of a whole curve under no effect in any study (Simonsohn, Simmons & Nelson 2020).

    Each p is the share of sign patterns of the studies that give a curve at least as extreme:
    `p_median` by the absolute median estimate (None when paths are on several scales), `p_share` by
    the share of significant paths in the more frequent direction, `p_z` by the absolute mean of
    estimate / se. `n_patterns` patterns were used, all there are when `exact`; no p can be below
    `smallest_p`.
    """

    p_median: float | None
    p_share: float
    p_z: float
    n_patterns: int
    exact: bool
    smallest_p: float
    n_clusters: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PathData:
    """The data sets that paths pool, and how: what a joint test refits.

    Attributes
    ----------
    yi, vi : arrays of shape (D, k)
        Effects and sampling variances; 0 and 1 where `mask` is False.
    mask : array of shape (D, k)
        True where a study is present.
    cluster : integer array of shape (D, k)
        Number of the study (or cohort) a row belongs to, from 0: its rows change sign together.
    methods : tuple of (tau2_method, ci_method)
        The models, M of them.
    weight : array of shape (M, D)
        How many paths pool data set d by model m.
    """

    yi: FloatArray
    vi: FloatArray
    mask: BoolArray
    cluster: IntArray
    methods: tuple[tuple[str, str], ...]
    weight: FloatArray


@dataclass(frozen=True, slots=True)
class CurveTask:
    """`count` patterns of signs of `n` studies, `rows` in a chunk: all there are (`seed` None) or drawn ones.

    The observed pattern, all +1, is the first. A chunk is the same wherever it is worked on.
    """

    data: PathData
    n: int
    count: int
    seed: int | None
    level: float
    rows: int

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return -(-self.count // self.rows)

    def __call__(self, chunk: int) -> Rows:
        """Return the statistics of the curve under each pattern of a chunk."""
        first = chunk * self.rows
        signs = self.signs(first, min(first + self.rows, self.count))
        return _curve_statistics(self.data, signs, self.level).view(_STATISTICS)[:, 0]

    def signs(self, first: int, last: int) -> FloatArray:
        """Return patterns `first` to `last` (not included), shape (patterns, n)."""
        if self.seed is None:
            codes = np.arange(first, last)[:, None] >> np.arange(self.n)[None, :]
            return np.where(codes & 1, -1.0, 1.0)
        bits = np.random.PCG64(self.seed)
        skipped = max(first - 1, 0)  # the first pattern is not drawn
        bits.advance(skipped * self.n)  # each sign takes one number of the stream
        drawn = np.random.Generator(bits).random((last - 1 - skipped, self.n))
        signs = np.where(drawn < 0.5, -1.0, 1.0)
        return np.vstack([np.ones((1, self.n)), signs]) if first == 0 else signs


def permute_curve(
    data: PathData,
    *,
    level: float = 0.95,
    patterns: int = 999,
    seed: int = 1,
    one_scale: bool = True,
    max_fits: int = MAX_FITS,
    executor: Executor = _SERIAL,
    progress: Progress | None = None,
) -> CurveTest:
    """Test the whole curve at once by changing the signs of studies.

    If no study has an effect, each study's estimate is as likely to be below zero as above it, so all
    patterns of signs are equally likely; a study keeps one sign in every path. All 2**n patterns of n
    studies are used when that is not more than `patterns`; otherwise `patterns` random ones, to which the
    observed one is added (Phipson & Smyth 2010).

    Parameters
    ----------
    data : PathData
    level : float
        A path is significant when its P value is below 1 - level.
    patterns : int
        Largest number of sign patterns.
    seed : int
        Of the random patterns.
    one_scale : bool
        Whether the estimates of all paths can be compared; otherwise `p_median` is None.
    max_fits : int
        Patterns are cut so that not more fits than this are made.
    executor : Executor
        Where the fits are made; the result is the same, to the byte.
    progress : callable, optional
        Called with how many patterns are done and how many there are.

    Returns
    -------
    CurveTest

    Raises
    ------
    InputError
        If there is no path, or `max_fits` leaves fewer than 19 patterns: P = 0.05 is then out of reach.
    """
    n = int(data.cluster[data.mask].max()) + 1 if data.mask.any() else 0
    if n == 0 or data.weight.sum() == 0:
        raise InputError("there is no path to test.")
    fits = int((data.weight > 0).sum())
    affordable = max_fits // fits
    exact = 2**n <= min(patterns, affordable) if n < 60 else False
    if not exact and affordable < 19:
        raise InputError(
            f"{fits} different fits per sign pattern leave {affordable} patterns of the {max_fits} fits "
            "allowed; raise max_fits or test fewer paths."
        )
    rows = max(1, _BLOCK // data.mask.shape[0])
    task = CurveTask(
        data, n, 2**n if exact else min(patterns, affordable) + 1, None if exact else seed, level, rows
    )
    parts = []
    for part in run_chunks(task, range(task.n_chunks), rows=rows, dtype=_STATISTICS, executor=executor):
        parts.append(part.view(np.float64).reshape(-1, 3).copy())
        if progress is not None:
            progress(min(len(parts) * rows, task.count), task.count)
    statistics = np.concatenate(parts)
    observed = statistics[0]
    # Ties of the observed pattern with itself and its mirror image must not be lost to rounding.
    extreme = (statistics >= observed - 1e-9 * np.abs(observed)).sum(axis=0) / task.count
    return CurveTest(
        p_median=float(extreme[0]) if one_scale else None,
        p_share=float(extreme[1]),
        p_z=float(extreme[2]),
        n_patterns=task.count,
        exact=exact,
        smallest_p=2.0 / task.count if exact else 1.0 / task.count,
        n_clusters=n,
    )


def _curve_statistics(data: PathData, signs: FloatArray, level: float) -> FloatArray:
    """Return the statistics of the curve under each pattern, shape (patterns, 3).

    They are |median estimate|, share significant in the more frequent direction, |mean z|.
    """
    estimates, zs, ps, weights = [], [], [], []
    for (tau2_method, ci_method), weight in zip(data.methods, data.weight, strict=True):
        used = weight > 0
        if not used.any():
            continue
        mask = data.mask[used]
        y = np.where(mask, data.yi[used] * signs[:, data.cluster[used]], 0.0)
        shape = (-1, mask.shape[1])
        vi, present = (np.broadcast_to(part, y.shape).reshape(shape) for part in (data.vi[used], mask))
        pooled = pool_paths(y.reshape(shape), vi, present, tau2_method, ci_method)[:3]
        estimate, se, p = (part.reshape(len(signs), -1) for part in pooled)
        estimates.append(estimate)
        zs.append(np.divide(estimate, se, out=np.zeros_like(se), where=se > 0.0))
        ps.append(p)
        weights.append(weight[used])
    estimate, z, p = (np.concatenate(parts, axis=1) for parts in (estimates, zs, ps))
    weight = np.concatenate(weights)
    significant = weight * (p < 1.0 - level)
    share = np.maximum(*((significant * (sign * estimate > 0)).sum(axis=1) for sign in (1, -1)))
    return np.column_stack(
        [np.abs(_weighted_median(estimate, weight)), share / weight.sum(), np.abs(z @ weight) / weight.sum()]
    )


def _weighted_median(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the median of each row of `values`, column j standing there `weight[j]` times."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    above = np.cumsum(weight[order], axis=1)
    half = weight.sum() / 2.0
    at = (above < half).sum(axis=1)
    after = np.minimum(
        at + (np.take_along_axis(above, at[:, None], axis=1)[:, 0] == half), values.shape[1] - 1
    )
    low, high = (np.take_along_axis(ordered, place[:, None], axis=1)[:, 0] for place in (at, after))
    result: FloatArray = (low + high) / 2.0
    return result
