"""Pooling rows that are not independent: several effects of one study, arms that share a control group.

Which working model is used follows from the data and is said in the result; the tests are cluster-robust
(CR2, Satterthwaite) in either case, so that they hold when the working model is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.analysis.methods.choice import PoolChoice
from metamsc.analysis.methods.result import MethodResult
from metamsc.models.inference import critical_value
from metamsc.models.multilevel.correlated import pool_correlated
from metamsc.models.pool import pool
from metamsc.models.results import Heterogeneity, Interval
from metamsc.models.robust import robust_pool

ROBUST_CI = "CR2"


def pool_clusters(
    yi: ArrayLike,
    vi: ArrayLike,
    cluster: Sequence[str],
    choice: PoolChoice,
    *,
    measure: str,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    details: dict[str, Any],
) -> MethodResult:
    """Pool effects that are dependent within clusters.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
    cluster : sequence of str, length k
        Labels; clusters are independent of each other.
    choice : PoolChoice
        Its `rho`, `tau2_method` (REML or ML) and `level` are used.
    measure, X, names
        As in :func:`metamsc.models.pool.pool`.
    details : dict
        Carried into the result.

    Returns
    -------
    MethodResult
        ``details["cluster"]`` says which working model was used and why, and what other correlations give.

    Raises
    ------
    TooFewStudiesError, InputError
        Not more clusters than coefficients, or as the models do.
    """
    sizes = Counter(cluster)
    if max(sizes.values()) == 1:
        return _independent(yi, vi, cluster, choice, measure=measure, X=X, names=names, details=details)
    found = pool_correlated(
        yi,
        vi,
        study=list(cluster),
        rho=choice.rho,
        X=X,
        names=names,
        method=choice.tau2_method,
        level=choice.level,
        measure=measure,
    )
    model, robust = found.result, found.robust
    first = robust.coefficients[0]
    several = sum(size > 1 for size in sizes.values())
    errors = f"sampling errors of a cluster taken to correlate by rho = {choice.rho:g}, which is not known"
    if choice.rho == 0.0:
        errors = "sampling errors taken as independent (rho = 0)"
    said = {
        "working_model": "multilevel" if choice.rho == 0.0 else "correlated-and-hierarchical",
        "why": f"{several} of {len(sizes)} clusters have several effects. Random effects of clusters and of "
        f"effects within them; {errors}.",
        "tests": "CR2, Satterthwaite degrees of freedom",
        "n_clusters": robust.n_clusters,
        "rho": choice.rho,
        "components": [_finite(item.to_dict()) for item in model.components],
        "other_rho": [row.to_dict() for row in found.sensitivity],
        "model_based_se": model.se,
    }
    return MethodResult(
        measure=measure,
        k=model.k,
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        df=first.df,
        p=first.p,
        ci=first.ci,
        pi=_prediction(first.estimate, first.se, first.df, sum(model.sigma2), choice.level)
        if model.pi is not None
        else None,
        level=choice.level,
        tau2_method=choice.tau2_method,
        ci_method=ROBUST_CI,
        pi_method="t",
        heterogeneity=Heterogeneity(
            tau2=sum(model.sigma2),
            tau2_se=None,
            tau2_ci=None,
            I2=model.I2,
            I2_ci=None,
            H2=1.0 / (1.0 - model.I2 / 100.0),
            H2_ci=None,
            Q=model.Q,
            Q_df=model.Q_df,
            Q_p=model.Q_p,
        ),
        coefficients=robust.coefficients,
        QM=robust.QM,
        loglik=model.loglik,
        aic=model.aic,
        bic=model.bic,
        aicc=model.aicc,
        weights_percent=model.weights_percent,
        warnings=(*model.warnings, *robust.warnings),
        details={**details, "cluster": said},
    )


def _independent(
    yi: ArrayLike,
    vi: ArrayLike,
    cluster: Sequence[str],
    choice: PoolChoice,
    *,
    measure: str,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    details: dict[str, Any],
) -> MethodResult:
    """Pool rows of which each is a cluster of its own: the plain model with robust tests."""
    base = pool(
        yi,
        vi,
        measure=measure,
        tau2_method=choice.tau2_method,
        ci_method="wald",
        level=choice.level,
        X=X,
        names=names,
    )
    robust = robust_pool(
        yi,
        vi,
        cluster=list(cluster),
        X=X,
        names=names,
        tau2_method=choice.tau2_method,
        level=choice.level,
    )
    first = robust.coefficients[0]
    said = {
        "working_model": "random effects",
        "why": "Each cluster has one effect: nothing is dependent. The plain random-effects model is the "
        "working model, and its tests are made robust.",
        "tests": "CR2, Satterthwaite degrees of freedom",
        "n_clusters": robust.n_clusters,
        "rho": None,
        "components": [],
        "other_rho": [],
        "model_based_se": base.se,
    }
    result = MethodResult.of_pooled(base, {**details, "cluster": said})
    fields = {name: getattr(result, name) for name in MethodResult.__slots__}
    fields |= {
        "estimate": first.estimate,
        "se": first.se,
        "statistic": first.statistic,
        "df": first.df,
        "p": first.p,
        "ci": first.ci,
        "ci_method": ROBUST_CI,
        "pi": None
        if base.pi is None
        else _prediction(first.estimate, first.se, first.df, base.heterogeneity.tau2, choice.level),
        "pi_method": "t",
        "coefficients": robust.coefficients,
        "QM": robust.QM,
        "warnings": (*base.warnings, *robust.warnings),
    }
    return MethodResult(**fields)


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return a component for JSON, which has no infinity: an interval without an end has None there."""
    if values["ci"] is not None and not np.isfinite(values["ci"]["high"]):
        values["ci"] = {**values["ci"], "high": None}
    return values


def _prediction(estimate: float, se: float, df: float | None, total: float, level: float) -> Interval:
    """Return where the true effect of a new effect in a new cluster is expected, robust se and df."""
    half = critical_value(level, df) * float(np.sqrt(se**2 + total))
    return Interval(estimate - half, estimate + half, level)
