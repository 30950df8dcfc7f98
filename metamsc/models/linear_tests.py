"""Linear combinations of a model's coefficients: estimates, tests one by one and together, adjusted P values.

For meta-regressions given as arrays (the model is refitted, as everywhere here) and for multilevel fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray
from metamsc.models.inference import infer_coefficient, omnibus_test
from metamsc.models.inputs import Design
from metamsc.models.model import check_model
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.results import Coefficient, OmnibusTest
from metamsc.models.structured.fit import StructuredFit

ADJUSTMENTS: dict[str, str] = {
    "none": "as they are",
    "bonferroni": "times the number of tests",
    "holm": "step-down Bonferroni, never less powerful (Holm 1979, Scand J Stat 6:65-70)",
    "hochberg": "step-up, for independent or positively dependent tests (Hochberg 1988, Biometrika 75:800)",
    "bh": "false discovery rate (Benjamini & Hochberg 1995, J R Stat Soc B 57:289-300)",
    "by": "false discovery rate under any dependence (Benjamini & Yekutieli 2001, Ann Stat 29:1165-1188)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearTest:
    """One combination; `result` has its estimate, unadjusted test and interval, `p_adjusted` the P value."""

    result: Coefficient
    p_adjusted: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of `result` by name, and `p_adjusted`."""
        return {**self.result.to_dict(), "p_adjusted": self.p_adjusted}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearTests:
    """Several combinations and the test that all are 0.

    `joint` is None where a combination follows from the others. `adjustment` is what made `p_adjusted`;
    intervals are not adjusted.
    """

    tests: tuple[LinearTest, ...]
    joint: OmnibusTest | None
    adjustment: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {
            "tests": [test.to_dict() for test in self.tests],
            "joint": None if self.joint is None else self.joint.to_dict(),
            "adjustment": self.adjustment,
        }


def linear_tests(
    yi: ArrayLike,
    vi: ArrayLike,
    combinations: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    adjustment: str = "none",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> LinearTests:
    """Test linear combinations of the coefficients of a meta-regression.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, level, tau2, weights
        As in :func:`metamsc.models.pool.pool`.
    combinations : array-like of shape (m, p) or (p,)
        One combination a row, in the columns of `X` as given.
    labels : sequence of str, length m, optional
        Names of the combinations; default "1", "2", ...
    adjustment : str
        Key of :data:`ADJUSTMENTS`.

    Returns
    -------
    LinearTests

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As in `pool`; also where a combination needs a column that was dropped, or has another length.

    Notes
    -----
    L b, with variance L cov L'; together (L b)' (L cov L')^-1 L b, chi-square on m degrees of freedom or,
    divided by m, F on m and k - p.

    Examples
    --------
    >>> from metamsc.models.linear_tests import linear_tests
    >>> X = [[1, 0], [1, 0], [1, 1], [1, 1]]
    >>> found = linear_tests([0.1, 0.3, 0.6, 0.9], [0.02] * 4, [[1, 1]], X=X, labels=["second group"])
    >>> round(found.tests[0].result.estimate, 4)
    0.75
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    fit = model.fit(model.batch())
    return combined(
        fit.estimate[0],
        fit.cov[0],
        combinations,
        model.design,
        df=model.df,
        labels=labels,
        adjustment=adjustment,
        level=model.level,
    )


def linear_tests_multilevel(
    fit: MultilevelFit | StructuredFit,
    combinations: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    adjustment: str = "none",
    level: float | None = None,
) -> LinearTests:
    """Test linear combinations of the coefficients of a multilevel fit; see :func:`linear_tests`.

    A combination has the smallest degrees of freedom of the coefficients that take part in it.
    """
    design = fit.model.design
    L = _combinations(combinations, design)
    own = [c.df for c in fit.result.coefficients]
    df = [min((d for d, x in zip(own, row, strict=True) if x and d is not None), default=None) for row in L]
    return _tested(fit.estimate, fit.cov, L, df, labels, adjustment, level or fit.model.level)


def combined(
    estimate: FloatArray,
    cov: FloatArray,
    combinations: ArrayLike,
    design: Design,
    *,
    df: float | None,
    labels: Sequence[str] | None,
    adjustment: str,
    level: float,
) -> LinearTests:
    """Test combinations of coefficients given with their covariance; all with the same `df`."""
    L = _combinations(combinations, design)
    return _tested(estimate, cov, L, [df] * len(L), labels, adjustment, level)


def adjusted_p(p: Sequence[float], adjustment: str) -> tuple[float, ...]:
    """Return P values adjusted for their number.

    Parameters
    ----------
    p : sequence of float
        P values of one family of tests.
    adjustment : str
        Key of :data:`ADJUSTMENTS`.
    """
    check_option("adjustment", adjustment, ADJUSTMENTS)
    values = np.asarray(p, dtype=np.float64)
    m = values.size
    if adjustment == "none" or not m:
        return tuple(values.tolist())
    order = np.argsort(values, kind="stable")
    rank = np.arange(1, m + 1)
    factor = {
        "bonferroni": np.full(m, float(m)),
        "holm": m + 1.0 - rank,
        "hochberg": m + 1.0 - rank,
        "bh": m / rank,
        "by": (1.0 / rank).sum() * m / rank,
    }[adjustment]
    raised = factor * values[order]
    if adjustment == "holm":
        raised = np.maximum.accumulate(raised)
    elif adjustment != "bonferroni":
        raised = np.minimum.accumulate(raised[::-1])[::-1]
    result = np.empty(m)
    result[order] = np.minimum(raised, 1.0)
    return tuple(result.tolist())


def _combinations(combinations: ArrayLike, design: Design) -> FloatArray:
    """Return the combinations in the columns that were kept."""
    L = np.atleast_2d(np.asarray(combinations, dtype=np.float64))
    n_given = design.n_coefs + len(design.dropped)
    if L.ndim != 2 or L.shape[1] != n_given or not L.shape[0]:
        raise InputError(f"combinations must have the {n_given} columns of X; got shape {L.shape}.")
    if not np.isfinite(L).all():
        raise InputError("combinations must be finite numbers.")
    lost = [j for j in range(n_given) if j not in design.kept]
    if L[:, lost].any():
        raise InputError(f"combinations use columns that were dropped: {', '.join(design.dropped)}.")
    if not L.any(axis=1).all():
        raise InputError("A combination of nothing but zeros tests nothing.")
    return L[:, list(design.kept)]


def _tested(
    estimate: FloatArray,
    cov: FloatArray,
    L: FloatArray,
    df: Sequence[float | None],
    labels: Sequence[str] | None,
    adjustment: str,
    level: float,
) -> LinearTests:
    names = [str(i + 1) for i in range(len(L))] if labels is None else [str(label) for label in labels]
    if len(names) != len(L):
        raise InputError(f"labels must name each of the {len(L)} combinations; got {len(names)}.")
    values, variance = L @ estimate, L @ cov @ L.T
    se = np.sqrt(np.maximum(np.diag(variance), 0.0))
    rows = [
        infer_coefficient(name, float(b), float(s), d, level)
        for name, b, s, d in zip(names, values, se, df, strict=True)
    ]
    raised = iter(adjusted_p([row.p for row in rows if row.p is not None], adjustment))
    tests = [LinearTest(result=row, p_adjusted=None if row.p is None else next(raised)) for row in rows]
    least = min((d for d in df if d is not None), default=None)
    return LinearTests(tests=tuple(tests), joint=omnibus_test(values, variance, least), adjustment=adjustment)
