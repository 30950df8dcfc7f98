"""Working models for effects that share participants, when their correlation is not known.

The correlated-and-hierarchical-effects model: one assumed correlation of the sampling errors within a
study, random effects of studies and of effects within them, and cluster-robust tests that stay valid
when the assumption is wrong; repeated over a range of correlations, because nobody knows it. Beside it
the older moment estimators with working weights, to replay others' analyses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.model import Model, check_model
from metamsc.models.multilevel.covariance import constant_correlation
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.multilevel.results import MultilevelResult
from metamsc.models.multilevel.robust_tests import RobustResult, robust_tests
from metamsc.models.multilevel.structure import label_codes
from metamsc.models.results import Coefficient
from metamsc.models.robust import diagonal_working_model, robust_multilevel

RHO_RANGE = (0.3, 0.5, 0.7, 0.9)
"""Correlations of the sensitivity analysis (preclinical living reviews use these four)."""
WORKING_WEIGHTS: dict[str, str] = {
    "correlated": "1 / (n_j (mean v_j + tau2)) for n_j effects in a study (Hedges et al. 2010: CORR)",
    "hierarchical": "1 / (v + tau2 + omega2) (the same: HIER)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRho:
    """The model at one assumed correlation: variances and robustly tested coefficients."""

    rho: float
    sigma2: tuple[float, ...]
    coefficients: tuple[Coefficient, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        coefficients = [c.to_dict() for c in self.coefficients]
        return {"rho": self.rho, "sigma2": list(self.sigma2), "coefficients": coefficients}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelatedResult:
    """The correlated-and-hierarchical-effects model at `rho`, and its `sensitivity` to other values."""

    rho: float
    result: MultilevelResult
    robust: RobustResult
    sensitivity: tuple[AtRho, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, nested results as dicts."""
        return {
            "rho": self.rho,
            "result": self.result.to_dict(),
            "robust": self.robust.to_dict(),
            "sensitivity": [row.to_dict() for row in self.sensitivity],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentResult:
    """Working weights with moment estimators: `tau2` between, `omega2` within studies; `I2` in percent.

    `omega2` is None with correlated weights and `I2` None with hierarchical ones, which do not define
    them.
    """

    weights: str
    tau2: float
    omega2: float | None
    I2: float | None
    robust: RobustResult


def pool_correlated(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    study: ArrayLike,
    rho: float = 0.6,
    sensitivity: Sequence[float] = RHO_RANGE,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    method: str = "REML",
    level: float = 0.95,
    measure: str = "GEN",
) -> CorrelatedResult:
    """Pool several effects per study by the correlated-and-hierarchical-effects model.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances.
    study : array-like of shape (k,)
        Labels; studies are independent, and the clusters of the robust tests.
    rho : float
        Assumed correlation of the sampling errors of two effects of a study, in [0, 1).
    sensitivity : sequence of float
        Further correlations at which the model is fitted.
    X, names, method, level, measure
        As in `fit_multilevel`.

    Returns
    -------
    CorrelatedResult
        Report `robust` (CR2, Satterthwaite) for the coefficients, `result` for the heterogeneity.

    Raises
    ------
    InputError
        A correlation outside [0, 1), and whatever `fit_multilevel` refuses.

    References
    ----------
    Pustejovsky & Tipton (2022), Prev Sci 23:425-438.
    """
    for value in (rho, *sensitivity):
        if not 0.0 <= value < 1.0:
            raise InputError(f"rho is a correlation in [0, 1); got {value!r}.")
    codes, _ = label_codes("study", study, np.size(np.asarray(yi, dtype=object)))
    random = {"study": codes, "effect": np.arange(codes.size)}

    def at(value: float, *, intervals: bool) -> tuple[MultilevelResult, RobustResult]:
        V = constant_correlation(vi, codes, value)
        fit = fit_multilevel(
            yi,
            V,
            random=random,
            X=X,
            names=names,
            method=method,
            level=level,
            measure=measure,
            intervals=intervals,
        )
        return fit.result, robust_multilevel(fit, codes)

    rows = []
    for value in sensitivity:
        result, robust = at(value, intervals=False)
        rows.append(AtRho(rho=value, sigma2=result.sigma2, coefficients=robust.coefficients))
    result, robust = at(rho, intervals=True)
    return CorrelatedResult(rho=rho, result=result, robust=robust, sensitivity=tuple(rows))


def pool_working_weights(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    study: ArrayLike,
    weights: str = "correlated",
    rho: float = 0.8,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    method: str = "CR2",
    df_method: str = "satterthwaite",
    level: float = 0.95,
) -> MomentResult:
    """Pool by working weights with moment estimators of the variances and robust tests.

    Parameters
    ----------
    yi, vi, study, X, names, level
        As in :func:`pool_correlated`.
    weights : str
        Key of :data:`WORKING_WEIGHTS`.
    rho : float
        Assumed correlation, in [0, 1]; only tau2 of "correlated" depends on it, little.
    method, df_method
        Of the robust tests.

    Returns
    -------
    MomentResult

    References
    ----------
    Hedges, Tipton & Johnson (2010), Res Synth Methods 1:39-65; Tipton (2015) for the
    tests. The numbers are those of the R package robumeta.
    """
    check_option("weights", weights, WORKING_WEIGHTS)
    if not 0.0 <= rho <= 1.0:
        raise InputError(f"rho is a correlation in [0, 1]; got {rho!r}.")
    model = check_model(
        yi,
        vi,
        tau2_method="EE",
        ci_method="wald",
        pi_method="normal",
        level=level,
        X=X,
        names=names,
        tau2=None,
        weights=None,
    )
    codes, _ = label_codes("study", study, model.k)
    if weights == "correlated":
        n = np.bincount(codes)
        mean_v = (np.bincount(codes, weights=model.vi) / n)[codes]
        tau2, I2 = _correlated_moments(model, codes, mean_v, rho)
        w, omega2 = 1.0 / (n[codes] * (mean_v + tau2)), None
    else:
        tau2, omega2 = _hierarchical_moments(model, codes)
        w, I2 = 1.0 / (model.vi + tau2 + omega2), None
    working = diagonal_working_model(model, 1.0 / w, w, codes)
    robust = robust_tests(working, method, df_method, level, None)
    return MomentResult(weights=weights, tau2=tau2, omega2=omega2, I2=I2, robust=robust)


def _fitted(model: Model, w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return an orthonormal design, (X'WX)^-1 and the residuals of the weighted fit."""
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    Q = np.linalg.qr(X)[0]
    bread = np.linalg.inv(Q.T @ (w[:, None] * Q))
    residual = model.yi - Q @ (bread @ (Q.T @ (w * model.yi)))
    return Q, bread, residual


def _study_sums(codes: IntArray, rows: FloatArray) -> FloatArray:
    sums = np.zeros((int(codes.max()) + 1, rows.shape[1]))
    np.add.at(sums, codes, rows)
    return sums


def _correlated_moments(model: Model, codes: IntArray, mean_v: FloatArray, rho: float) -> tuple[float, float]:
    """Return tau2 and I2 in percent; `mean_v` is the mean variance in each effect's study."""
    w = 1.0 / (np.bincount(codes)[codes] * mean_v)
    X, bread, e = _fitted(model, w)
    sums = _study_sums(codes, w[:, None] * X)
    sd_sums = _study_sums(codes, (w * np.sqrt(mean_v))[:, None] * X)
    own = X.T @ ((w**2 * mean_v)[:, None] * X)
    a = float(np.vdot(bread, own))
    b = float(np.vdot(bread, sd_sums.T @ sd_sums - own))
    Q = float(w @ e**2)
    expected = sums.shape[0] - a - rho * b
    tau2 = (Q - expected) / float(w.sum() - np.vdot(bread, sums.T @ sums))
    return max(tau2, 0.0), max(100.0 * (Q - expected) / Q, 0.0) if Q > 0.0 else 0.0


def _hierarchical_moments(model: Model, codes: IntArray) -> tuple[float, float]:
    """Return tau2 between and omega2 within studies."""
    w = 1.0 / model.vi
    X, bread, e = _fitted(model, w)
    n = np.bincount(codes).astype(np.float64)
    weighted, plain = _study_sums(codes, w[:, None] * X), _study_sums(codes, X)
    JX = float(np.vdot(bread, plain.T @ plain))
    inner = bread @ (plain.T @ plain) @ bread
    a1 = float((n**2).sum() - 2.0 * np.vdot(bread, weighted.T @ (n[:, None] * plain)))
    a1 += float(np.vdot(inner, weighted.T @ weighted))
    b1 = float(model.k - 2.0 * np.vdot(bread, plain.T @ weighted))
    WWX = X.T @ ((w**2)[:, None] * X)
    b1 += float(np.vdot(inner, WWX))
    c1 = float(model.vi.sum()) - JX
    a2 = float(w.sum() - np.vdot(bread, weighted.T @ weighted))
    b2 = float(w.sum() - np.vdot(bread, WWX))
    c2 = float(model.k - X.shape[1])
    Qe, Qa = float(w @ e**2), float((np.bincount(codes, weights=e) ** 2).sum())
    denominator = b1 * a2 - b2 * a1
    omega2 = max(((Qa - c1) * a2 - (Qe - c2) * a1) / denominator, 0.0) if denominator != 0.0 else 0.0
    tau2 = max((Qe - c2) / a2 - omega2 * b2 / a2, 0.0)
    return tau2, omega2
