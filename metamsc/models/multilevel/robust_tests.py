"""Cluster-robust tests of a working model: coefficients and joint tests, by method and degrees of freedom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.models.batch import FloatArray
from metamsc.models.inference import chi2_p, infer_coefficient
from metamsc.models.inputs import check_level
from metamsc.models.multilevel.sandwich import (
    Sandwich,
    WorkingModel,
    hotelling_df,
    sandwich,
    satterthwaite,
)
from metamsc.models.results import Coefficient, OmnibusTest

ROBUST_METHODS: dict[str, str] = {
    "CR0": "the plain sandwich (Liang & Zeger 1986); too small with few clusters",
    "CR1": "CR0 times G / (G - 1), G clusters",
    "CR1p": "CR0 times G / (G - p), p coefficients (Hedges, Tipton & Johnson 2010)",
    "CR1S": "CR0 times G (k - 1) / ((G - 1)(k - p)), as Stata's regress",
    "CR2": "each cluster's residuals adjusted so that the variance is unbiased under the working model "
    "(Bell & McCaffrey 2002; Pustejovsky & Tipton 2018)",
    "CR3": "as leaving one cluster out (jackknife)",
}
ROBUST_DF: dict[str, str] = {
    "satterthwaite": "matched to the variance of the variance; joint tests by Hotelling's T2 (HTZ)",
    "clusters-1": "clusters - 1",
    "clusters-p": "clusters - coefficients",
    "normal": "normal quantiles",
}
"""How tests get their degrees of freedom."""
# Below this many degrees of freedom the t approximation is not to be relied on (Tipton 2015).
_RELIABLE_DF = 4.0
# Below this many clusters the older corrections reject too often (Cameron & Miller 2015).
_MANY_CLUSTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustResult:
    """Coefficients with cluster-robust tests.

    `QM` is the joint test (of all coefficients but the intercept, or of the constraints asked for): an F
    test, or chi-square with normal quantiles; None when there is nothing to test. `level` is the
    intervals' coverage.
    """

    method: str
    df_method: str
    k: int
    n_clusters: int
    level: float
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    covariance: tuple[tuple[float, ...], ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, nested results as dicts."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["coefficients"] = [c.to_dict() for c in self.coefficients]
        values["QM"] = None if self.QM is None else self.QM.to_dict()
        values["covariance"] = [list(row) for row in self.covariance]
        values["warnings"] = list(self.warnings)
        return values


def robust_tests(
    working: WorkingModel,
    method: str,
    df_method: str,
    level: float,
    constraints: ArrayLike | None,
) -> RobustResult:
    """Return the robust tests of a working model; arguments as in :func:`robust_multilevel`."""
    check_option("method", method, ROBUST_METHODS)
    check_option("df_method", df_method, ROBUST_DF)
    check_level(level)
    k, p = working.basis.shape
    G = working.n_clusters
    if p >= G:
        raise TooFewStudiesError(
            f"Cluster-robust tests need more clusters than coefficients; got {G} clusters and {p} "
            "coefficients. Use fewer moderators, or the model's own tests."
        )
    parts = sandwich(working, method)
    cov = working.to_coefs @ parts.covariance @ working.to_coefs.T
    df = [_df(working, parts, df_method, working.to_coefs[j]) for j in range(p)]
    se = np.sqrt(np.diag(cov))
    rows = zip(working.names, working.estimate, se, df, strict=True)
    coefficients = tuple(infer_coefficient(n, float(b), float(s), d, level) for n, b, s, d in rows)
    tested = _tested(working, constraints)
    QM, note = (None, ()) if tested is None else _joint_test(working, parts, df_method, tested)
    return RobustResult(
        method=method,
        df_method=df_method,
        k=k,
        n_clusters=G,
        level=level,
        coefficients=coefficients,
        QM=QM,
        covariance=tuple(tuple(float(x) for x in row) for row in cov),
        warnings=(*_notes(coefficients, method, df_method, G), *note),
    )


def _df(working: WorkingModel, parts: Sandwich, df_method: str, contrast: FloatArray) -> float | None:
    if df_method == "satterthwaite":
        return satterthwaite(parts, contrast)
    G, p = working.n_clusters, working.basis.shape[1]
    return {"clusters-1": G - 1.0, "clusters-p": float(G - p), "normal": None}[df_method]


def _tested(working: WorkingModel, constraints: ArrayLike | None) -> FloatArray | None:
    p = working.basis.shape[1]
    if constraints is None:
        return np.eye(p)[list(working.tested)] if working.tested else None
    rows = np.atleast_2d(np.asarray(constraints, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != p or not np.isfinite(rows).all():
        raise InputError(
            f"constraints must be finite, with one column per coefficient ({p}); got {rows.shape}."
        )
    if np.linalg.matrix_rank(rows) < rows.shape[0]:
        raise InputError("constraints must be linearly independent; a row follows from the others.")
    return rows


def _joint_test(
    working: WorkingModel, parts: Sandwich, df_method: str, rows: FloatArray
) -> tuple[OmnibusTest | None, tuple[str, ...]]:
    """Return the joint test that `rows` @ coefficients are all 0, or None and the reason."""
    m = rows.shape[0]
    contrasts = rows @ working.to_coefs
    value = rows @ working.estimate
    cov = contrasts @ parts.covariance @ contrasts.T
    sd = np.sqrt(np.diag(cov))
    if not (sd > 0.0).all() or np.linalg.cond(cov / np.outer(sd, sd)) > 1e12:
        return None, ("The robust covariance is singular: no joint test (too few clusters for it).",)
    Q = float(value / sd @ np.linalg.solve(cov / np.outer(sd, sd), value / sd))
    if df_method == "normal":
        return OmnibusTest(statistic=Q, df=m, df2=None, p=chi2_p(Q, m)), ()
    if df_method == "satterthwaite":
        eta = hotelling_df(parts, contrasts)
        df2 = eta - m + 1.0
        if df2 <= 0.0:
            return None, ("Too few clusters for a joint test of all these coefficients (HTZ).",)
        F = Q * df2 / (eta * m)
    else:
        df2, F = float(_df(working, parts, df_method, contrasts[0]) or 0.0), Q / m
    return OmnibusTest(statistic=F, df=m, df2=df2, p=float(fdtrc(m, df2, F))), ()


def _notes(coefficients: Sequence[Coefficient], method: str, df_method: str, G: int) -> list[str]:
    if df_method == "satterthwaite":
        few = [(c.name, c.df) for c in coefficients if c.df is not None and c.df < _RELIABLE_DF]
        return [
            f"{name}: {df:.1f} degrees of freedom; below 4 robust tests are not reliable (few clusters, or "
            "few that inform this coefficient)."
            for name, df in few
        ]
    if G < _MANY_CLUSTERS and method in ("CR0", "CR1", "CR1p", "CR1S"):
        text = f"{G} clusters: {method} with {df_method} quantiles is too optimistic below about"
        return [f"{text} {_MANY_CLUSTERS}; prefer CR2 with Satterthwaite degrees of freedom."]
    return []
