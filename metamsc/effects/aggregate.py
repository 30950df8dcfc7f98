"""One effect per study from several correlated ones: the weighted mean with the smallest variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects.covariance import SamplingCovariance
from metamsc.effects.measure import FloatArray
from metamsc.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class AggregatedEffects:
    """One effect and sampling variance per study; `n_effects` says how many were combined."""

    studies: tuple[Any, ...]
    yi: FloatArray
    vi: FloatArray
    n_effects: tuple[int, ...]


def aggregate_effects(yi: ArrayLike, V: SamplingCovariance, *, weighted: bool = True) -> AggregatedEffects:
    """Combine the effects of each study.

    Parameters
    ----------
    yi : array-like of shape (k,)
        Effects.
    V : SamplingCovariance
        Their covariance, from ``correlated_covariance`` or ``arm_covariance``.
    weighted : bool
        Minimum-variance weights 1'V^-1; False: the plain mean.

    Returns
    -------
    AggregatedEffects
        In the order of `V`.

    Raises
    ------
    InputError
        Lengths differ, a value is not finite, or a block is singular.

    Notes
    -----
    weighted: 1'V^-1 y / 1'V^-1 1 with variance 1 / 1'V^-1 1; plain: mean with variance 1'V 1 / n^2.
    Heterogeneity within studies is averaged away: `fit_multilevel` keeps it.

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, ch. 24 (plain mean).
    """
    y = np.asarray(yi, dtype=np.float64)
    if y.shape != (V.k,) or not np.isfinite(y).all():
        raise InputError(f"yi must be {V.k} finite numbers, one for each effect of V.")
    means, variances = [], []
    for rows, block, label in zip(V.rows, V.blocks, V.studies, strict=True):
        n = rows.size
        if weighted:
            if np.linalg.cond(block) > 1e12:
                raise InputError(f"The covariance of study {label!r} is singular: effects repeat each other.")
            w = np.linalg.solve(block, np.ones(n))
            means.append(float(w @ y[rows] / w.sum()))
            variances.append(float(1.0 / w.sum()))
        else:
            means.append(float(y[rows].mean()))
            variances.append(float(block.sum() / n**2))
    counts = tuple(int(r.size) for r in V.rows)
    return AggregatedEffects(V.studies, np.array(means), np.array(variances), counts)
