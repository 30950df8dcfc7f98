"""Which levels of a moderator differ: each level's mean, and differences with adjusted P values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray
from metamsc.models.linear_tests import LinearTest, linear_tests
from metamsc.models.results import OmnibusTest

CONTRASTS: dict[str, str] = {
    "pairwise": "every level against every other",
    "reference": "every other level against the reference",
    "mean": "every level against the unweighted mean of all levels",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelComparison:
    """Means of the levels, differences between them, and the test that there are none.

    With covariates the means are those at the covariates' averages. `joint` is None where the
    covariates already determine a difference.
    """

    means: tuple[LinearTest, ...]
    differences: tuple[LinearTest, ...]
    joint: OmnibusTest | None
    adjustment: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {
            "means": [test.to_dict() for test in self.means],
            "differences": [test.to_dict() for test in self.differences],
            "joint": None if self.joint is None else self.joint.to_dict(),
            "adjustment": self.adjustment,
        }


def compare_levels(
    yi: ArrayLike,
    vi: ArrayLike,
    factor: Sequence[str],
    *,
    contrasts: str = "pairwise",
    reference: str | None = None,
    covariates: ArrayLike | None = None,
    adjustment: str = "holm",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
) -> LevelComparison:
    """Compare the mean effects of the levels of a moderator in one model with one tau2.

    Parameters
    ----------
    yi, vi, tau2_method, ci_method, level
        As in :func:`metamsc.models.pool.pool`.
    factor : sequence of str, length k
        Level of each study; levels keep their order of appearance.
    contrasts : str
        Key of :data:`CONTRASTS`.
    reference : str, optional
        For "reference"; default the first level.
    covariates : array-like of shape (k,) or (k, m), optional
        Numbers to adjust for, without an intercept.
    adjustment : str
        Key of :data:`metamsc.models.linear_tests.ADJUSTMENTS`; of the differences only.

    Returns
    -------
    LevelComparison

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As in `pool`; also fewer than 2 levels, an unknown reference, or lengths that differ.

    Notes
    -----
    Cell-means coding: one coefficient per level, covariates centred. Comparisons between studies are not
    randomised, whatever their P values.
    """
    check_option("contrasts", contrasts, CONTRASTS)
    k = np.size(np.asarray(yi))
    labels = [str(value) for value in factor]
    if len(labels) != k:
        raise InputError(f"factor must have one level per study; got {len(labels)} for {k} studies.")
    levels = tuple(dict.fromkeys(labels))
    if len(levels) < 2:
        raise InputError(f"A comparison needs at least 2 levels; got {len(levels)}.")
    if reference is not None:
        check_option("reference", reference, levels)
    X = (np.array(labels, dtype=object)[:, None] == np.array(levels, dtype=object)).astype(np.float64)
    extra = _centred(covariates, k)
    L, names = _differences(levels, contrasts, reference or levels[0])
    design = np.column_stack([X, extra])

    def tested(rows: FloatArray, labels: Sequence[str], adjustment: str) -> Any:
        padded = np.column_stack([rows, np.zeros((len(rows), extra.shape[1]))])
        return linear_tests(
            yi,
            vi,
            padded,
            X=design,
            labels=labels,
            adjustment=adjustment,
            tau2_method=tau2_method,
            ci_method=ci_method,
            level=level,
        )

    means, found = tested(np.eye(len(levels)), levels, "none"), tested(L, names, adjustment)
    against_first = np.column_stack([-np.ones(len(levels) - 1), np.eye(len(levels) - 1)])
    return LevelComparison(
        means=means.tests,
        differences=found.tests,
        joint=tested(against_first, levels[1:], "none").joint,
        adjustment=adjustment,
    )


def _centred(covariates: ArrayLike | None, k: int) -> FloatArray:
    if covariates is None:
        return np.empty((k, 0))
    columns = np.asarray(covariates, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[0] != k or not np.isfinite(columns).all():
        raise InputError(f"covariates must be finite numbers, one row per study ({k}).")
    centred: FloatArray = columns - columns.mean(axis=0)
    return centred


def _differences(levels: tuple[str, ...], contrasts: str, reference: str) -> tuple[FloatArray, list[str]]:
    """Return the contrasts in the columns of the levels, and their names."""
    n = len(levels)
    unit = np.eye(n)
    if contrasts == "mean":
        return unit - 1.0 / n, [f"{name} - mean" for name in levels]
    base = levels.index(reference)
    pairs = (
        list(combinations(range(n), 2))
        if contrasts == "pairwise"
        else [(base, j) for j in range(n) if j != base]
    )
    rows = np.array([unit[j] - unit[i] for i, j in pairs])
    return rows, [f"{levels[j]} - {levels[i]}" for i, j in pairs]
