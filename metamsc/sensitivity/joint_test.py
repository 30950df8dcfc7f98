"""A joint test of many defensible analyses of one question, by changing the signs of studies.

One path's P value says little when hundreds were possible; a curve of paths has one P value of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import BoolArray, FloatArray, IntArray
from metamsc.sensitivity.specification import pool_paths

_BLOCK = 20_000  # fits that are held in memory at once


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


def permute_curve(
    data: PathData,
    *,
    level: float = 0.95,
    patterns: int = 999,
    seed: int = 1,
    one_scale: bool = True,
    max_fits: int = 3_000_000,
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
    signs = _sign_patterns(n, 2**n if exact else min(patterns, affordable), exact, seed)
    step = max(1, _BLOCK // data.mask.shape[0])
    parts = [_curve_statistics(data, signs[at : at + step], level) for at in range(0, len(signs), step)]
    statistics = np.concatenate(parts)
    observed = statistics[0]
    # Ties of the observed pattern with itself and its mirror image must not be lost to rounding.
    extreme = (statistics >= observed - 1e-9 * np.abs(observed)).sum(axis=0) / len(signs)
    return CurveTest(
        p_median=float(extreme[0]) if one_scale else None,
        p_share=float(extreme[1]),
        p_z=float(extreme[2]),
        n_patterns=len(signs),
        exact=exact,
        smallest_p=2.0 / len(signs) if exact else 1.0 / len(signs),
        n_clusters=n,
    )


def _sign_patterns(n: int, count: int, exact: bool, seed: int) -> FloatArray:
    """Return patterns of n signs, the observed one (all +1) first."""
    if exact:
        codes = np.arange(count)[:, None] >> np.arange(n)[None, :]
        return np.where(codes & 1, -1.0, 1.0)
    drawn = np.where(np.random.default_rng(seed).random((count, n)) < 0.5, -1.0, 1.0)
    return np.vstack([np.ones((1, n)), drawn])


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
