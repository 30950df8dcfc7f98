"""Cluster-robust tests: standard errors that hold when the working model of dependence is wrong.

For a fit by `pool` or `fit_multilevel`: clusters (studies) are independent of each other, whatever goes
on inside them. CR2 with Satterthwaite degrees of freedom is trustworthy with few clusters; the older
corrections are there to replay others' analyses. Work is by cluster: nothing of size k x k, and the
degrees of freedom are sums over clusters, not over pairs of them.

References
----------
Tipton (2015), Psychol Methods 20:375-393. Pustejovsky & Tipton (2018), J Bus Econ Stat 36:672-683 (CR2
and the HTZ test). Hedges, Tipton & Johnson (2010), Res Synth Methods 1:39-65.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.model import Model, check_model
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.multilevel.model import MultilevelModel
from metamsc.models.multilevel.robust_tests import ROBUST_DF, ROBUST_METHODS, RobustResult, robust_tests
from metamsc.models.multilevel.sandwich import WorkingBlocks, WorkingModel, by_size
from metamsc.models.multilevel.structure import label_codes, refines
from metamsc.models.structured.fit import StructuredFit

__all__ = [
    "ROBUST_DF",
    "ROBUST_METHODS",
    "RobustResult",
    "robust_multilevel",
    "robust_pool",
    "robust_structured",
]


def robust_multilevel(
    fit: MultilevelFit,
    cluster: ArrayLike | None = None,
    *,
    method: str = "CR2",
    df_method: str = "satterthwaite",
    level: float | None = None,
    constraints: ArrayLike | None = None,
) -> RobustResult:
    """Test the coefficients of a multilevel fit robustly.

    Parameters
    ----------
    fit : MultilevelFit
        Its variances and V are the working model.
    cluster : array-like of shape (k,), optional
        Labels of the independent clusters; default: the groups of the outermost level. Every group of
        every level, and every block of V, must lie in one cluster.
    method : str
        Key of :data:`ROBUST_METHODS`.
    df_method : str
        Key of :data:`ROBUST_DF`.
    level : float, optional
        Coverage; default that of the fit.
    constraints : array-like of shape (m, p), optional
        Linear combinations of coefficients to test jointly; default: all but the intercept.

    Returns
    -------
    RobustResult

    Raises
    ------
    InputError
        Clusters cut through groups that share a random effect.
    TooFewStudiesError
        Not more clusters than coefficients.
    """
    model = fit.model
    if cluster is None and not model.factors:
        raise InputError("cluster is needed: the model has no levels to take it from.")
    labels = model.factors[0].codes if cluster is None else cluster
    codes, _ = label_codes("cluster", labels, model.k)
    for j in model.used:
        if fit.sigma2[j] > 0.0 and not refines(model.factors[j].codes, codes):
            raise InputError(
                f"cluster cuts through groups of {model.factors[j].name}, whose effects are dependent. "
                "Clusters must be independent: use the outermost level, or a coarser one."
            )
    if not refines(model.blocks.codes, codes):
        raise InputError("cluster cuts through blocks of V, whose effects are dependent.")
    working = _working(model, fit.estimate, _marginal(fit, codes), codes)
    return robust_tests(working, method, df_method, level or model.level, constraints)


def robust_structured(
    fit: StructuredFit,
    cluster: ArrayLike,
    *,
    method: str = "CR2",
    df_method: str = "satterthwaite",
    level: float | None = None,
    constraints: ArrayLike | None = None,
) -> RobustResult:
    """Test the coefficients of a structured fit robustly; arguments as :func:`robust_multilevel`.

    Raises
    ------
    InputError
        Clusters cut through effects that the model links.
    TooFewStudiesError
        Not more clusters than coefficients.
    """
    model = fit.model
    codes, _ = label_codes("cluster", cluster, model.k)
    if not refines(model.blocks.codes, codes) or not all(
        refines(term.outer, codes) for term in fit.likelihood.terms
    ):
        raise InputError("cluster cuts through effects that V or a random term makes dependent.")
    full = np.zeros(model.k, dtype=np.intp)
    parts = []
    stacks = list(zip(fit.likelihood.rows, fit.likelihood.marginal(fit.coordinates), strict=True))
    for rows in by_size(codes):
        B, n = rows.shape
        which = np.full(model.k, -1)
        which[rows] = np.arange(B)[:, None]
        full[rows] = np.arange(n)
        M = np.zeros((B, n, n))
        for linked, block in stacks:
            here = which[linked[:, 0]] >= 0
            r = linked[here]
            M[which[r][:, :, None], full[r][:, :, None], full[r][:, None, :]] = block[here]
        parts.append((rows, M))
    working = _working(model, fit.estimate, parts, codes)
    return robust_tests(working, method, df_method, level or model.level, constraints)


def _working(
    model: MultilevelModel,
    estimate: FloatArray,
    marginal: Sequence[tuple[IntArray, FloatArray]],
    codes: IntArray,
) -> WorkingModel:
    """Return the working model of a fit whose M within clusters is `marginal`."""
    gamma = np.linalg.solve(model.to_coefs, estimate) / model.scale - model.shift
    return WorkingModel(
        basis=model.basis,
        residual=model.y - model.basis @ gamma,
        blocks=tuple(_with_inverse(rows, M) for rows, M in marginal),
        to_coefs=model.scale * model.to_coefs,
        estimate=estimate,
        names=model.design.names,
        tested=model.design.tested,
        n_clusters=int(codes.max()) + 1,
    )


def _marginal(fit: MultilevelFit, codes: IntArray) -> list[tuple[IntArray, FloatArray]]:
    """Return M within each cluster, by size of cluster."""
    model = fit.model
    found = []
    place = np.empty(model.k, dtype=np.intp)
    for rows in by_size(codes):
        B, n = rows.shape
        which = np.full(model.k, -1)
        which[rows] = np.arange(B)[:, None]
        place[rows] = np.arange(n)
        M = np.zeros((B, n, n))
        for c in model.blocks.classes:
            r = c.rows[which[c.rows[:, 0]] >= 0]
            here = which[c.rows[:, 0]] >= 0
            M[which[r][:, :, None], place[r][:, :, None], place[r][:, None, :]] = c.V[here]
        for j in model.used:
            group = model.factors[j].codes[rows]
            M += fit.sigma2[j] / model.scale**2 * (group[:, :, None] == group[:, None, :])
        found.append((rows, M))
    return found


def _with_inverse(rows: IntArray, M: FloatArray) -> WorkingBlocks:
    return WorkingBlocks(rows, M, np.asarray(np.linalg.inv(M), dtype=np.float64))


def robust_pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    cluster: ArrayLike,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    tau2: float | None = None,
    weights: ArrayLike | None = None,
    method: str = "CR2",
    df_method: str = "satterthwaite",
    level: float = 0.95,
    constraints: ArrayLike | None = None,
) -> RobustResult:
    """Pool effects as `pool` does and test the coefficients robustly.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, tau2, weights, level
        As in :func:`metamsc.models.pool.pool`; the working model is independence with variances
        vi + tau2.
    cluster, method, df_method, constraints
        As in :func:`robust_multilevel`.

    Returns
    -------
    RobustResult
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method="wald",
        pi_method="normal",
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    fitted = model.fit(model.batch())
    marginal = model.vi + float(fitted.tau2[0])
    w = 1.0 / marginal if model.weights is None else model.weights
    working = diagonal_working_model(model, marginal, w, cluster)
    return robust_tests(working, method, df_method, level, constraints)


def diagonal_working_model(
    model: Model, variances: FloatArray, weights: FloatArray, cluster: ArrayLike
) -> WorkingModel:
    """Return the working model of independent effects with these variances and weights."""
    codes, _ = label_codes("cluster", cluster, model.k)
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    Q, R = np.linalg.qr(X)
    scale = float(np.sqrt(variances.mean()))
    y, unit = model.yi / scale, float(weights.mean())
    gamma = np.linalg.solve(Q.T @ (weights[:, None] * Q), Q.T @ (weights * y))
    to_coefs = scale * np.linalg.inv(R)
    blocks = []
    for rows in by_size(codes):
        eye = np.eye(rows.shape[1])
        theta = (variances[rows] / scale**2)[:, None] * eye
        blocks.append(WorkingBlocks(rows, theta, (weights[rows] / unit)[:, None] * eye))
    return WorkingModel(
        basis=Q,
        residual=y - Q @ gamma,
        blocks=tuple(blocks),
        to_coefs=to_coefs,
        estimate=to_coefs @ gamma,
        names=model.design.names,
        tested=model.design.tested,
        n_clusters=int(codes.max()) + 1,
    )
