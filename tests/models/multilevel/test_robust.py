"""Cluster-robust tests: by hand, against the definition done densely, against PyMARE, and refusals."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.batch import FloatArray
from metamsc.models.multilevel.correlated import pool_correlated, pool_working_weights
from metamsc.models.multilevel.covariance import constant_correlation
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.robust import ROBUST_METHODS, robust_multilevel, robust_pool

CLOSED = 1e-10
# Matrix square roots and inverses of the dense definition, condition up to 1e4.
DENSE = 1e-8
laws = settings(max_examples=12, deadline=None)


def test_three_studies_of_equal_variance_by_hand() -> None:
    # y = 0, 1, 5: mean 2, residuals -2, -1, 3, sum of squares 14; weights equal
    y, v = [0.0, 1.0, 5.0], [0.5, 0.5, 0.5]
    expected = {
        "CR0": math.sqrt(14.0) / 3.0,
        "CR1": math.sqrt(14.0 * 3.0 / 2.0) / 3.0,
        "CR1p": math.sqrt(14.0 * 3.0 / 2.0) / 3.0,
        "CR1S": math.sqrt(14.0 * 3.0 / 2.0) / 3.0,  # 3 * 2 / (2 * 2)
        "CR2": math.sqrt(14.0 / 2.0 / 3.0),  # e^2 / (1 - 1/3): the usual s / sqrt(k)
        "CR3": math.sqrt(14.0) / 2.0,  # e / (1 - 1/3)
    }
    assert set(expected) == set(ROBUST_METHODS)
    for method, se in expected.items():
        r = robust_pool(y, v, cluster=["a", "b", "c"], tau2_method="DL", method=method)
        assert r.coefficients[0].estimate == pytest.approx(2.0, rel=CLOSED)
        assert r.coefficients[0].se == pytest.approx(se, rel=CLOSED)
        assert r.coefficients[0].df == pytest.approx(2.0, rel=CLOSED)  # exactly t with k - 1


def test_degrees_of_freedom_by_rule() -> None:
    y, v, X = [0.0, 1.0, 5.0, 2.0], [0.5] * 4, [[1, 0], [1, 1], [1, 2], [1, 3]]
    for rule, df in (("clusters-1", 3.0), ("clusters-p", 2.0), ("normal", None)):
        r = robust_pool(y, v, cluster=list("abcd"), X=X, df_method=rule)
        assert [c.df for c in r.coefficients] == [df, df]
        assert r.QM is not None
        assert (r.QM.df, r.QM.df2) == (1, df)
        t = r.coefficients[1].statistic
        assert t is not None
        assert r.QM.statistic == pytest.approx(t**2, rel=CLOSED)
        assert r.QM.p == pytest.approx(r.coefficients[1].p, rel=CLOSED)


@st.composite
def clustered(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, np.ndarray[Any, Any], FloatArray]:
    """Draw effects, variances, studies and a design of an intercept and two moderators."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(6, 10))
    study = np.repeat(np.arange(n), rng.integers(1, 5, n))
    v = 10.0 ** rng.uniform(-2.0, -0.5, study.size)
    y = rng.normal(0.0, 0.4, n)[study] + rng.normal(0.0, np.sqrt(v))
    X = np.column_stack([np.ones(study.size), rng.normal(size=n)[study], rng.normal(size=study.size)])
    return y, v, study, X


def _root(S: FloatArray, power: float) -> FloatArray:
    values, vectors = np.linalg.eigh(S)
    root: FloatArray = vectors @ np.diag(values**power) @ vectors.T
    return root


@given(clustered(), st.sampled_from([0.0, 0.6]))
@laws
def test_cr2_equals_its_definition(data: Any, rho: float) -> None:
    y, v, study, X = data
    k, p = X.shape
    fit = fit_multilevel(
        y,
        constant_correlation(v, study, rho),
        random={"study": study, "effect": range(k)},
        X=X,
        intervals=False,
    )
    r = robust_multilevel(fit)
    same = study[:, None] == study
    M = np.where(same, rho * np.sqrt(np.outer(v, v)) + fit.sigma2[0], 0.0)
    np.fill_diagonal(M, v + fit.sigma2.sum())
    W = np.linalg.inv(M)
    B = np.linalg.inv(X.T @ W @ X)
    rest = np.eye(k) - X @ B @ X.T @ W
    e = rest @ y
    rows = []  # T_g: how each cluster's residuals enter the coefficients, (clusters, p, k)
    for g in range(study.max() + 1):
        at = study == g
        D = np.linalg.cholesky(M[np.ix_(at, at)]).T
        inner = D @ (rest[at] @ M @ rest[at].T) @ D.T
        A = D.T @ _root(0.5 * (inner + inner.T), -0.5) @ D
        rows.append(B @ X[at].T @ W[np.ix_(at, at)] @ A @ rest[at])
    T = np.stack(rows)
    scores = T @ y
    assert np.allclose(np.array(r.covariance), scores.T @ scores, rtol=DENSE, atol=1e-12)
    assert np.allclose(e, fit.model.yi - X @ fit.estimate, atol=1e-8)
    pairs = np.einsum("gsk,kl,htl->stgh", T, M, T)
    # unbiased under the working model: the expectations add up to the model's own covariance
    assert np.allclose(np.einsum("stgg->st", pairs), fit.cov, rtol=1e-7, atol=1e-12)
    for j, c in enumerate(r.coefficients):
        df = np.trace(pairs[j, j]) ** 2 / (pairs[j, j] ** 2).sum()
        assert c.df == pytest.approx(df, rel=1e-7)
    # HTZ of both moderators
    root = _root(np.einsum("stgg->st", pairs)[1:, 1:], -0.5)
    P = np.einsum("su,tw,uwgh->stgh", root, root, pairs[1:, 1:])
    total = sum((P[s, s] * P[t, t]).sum() + (P[s, t] * P[s, t].T).sum() for s in range(2) for t in range(2))
    eta = 2 * 3 / total
    assert r.QM is not None
    assert r.QM.df2 == pytest.approx(eta - 1.0, rel=1e-7)
    assert p == 3


@given(clustered(), st.sampled_from(["CR0", "CR2", "CR3"]))
@laws
def test_clusters_of_one_are_heteroscedasticity_consistent(data: Any, method: str) -> None:
    y, v, _, X = data
    r = robust_pool(y, v, cluster=range(y.size), X=X, tau2=0.05, method=method)
    w = 1.0 / (v + 0.05)
    B = np.linalg.inv(X.T @ (w[:, None] * X))
    e = y - X @ (B @ X.T @ (w * y))
    leverage = np.einsum("ip,pq,iq->i", X, B, X) * w
    power = {"CR0": 0.0, "CR2": 1.0, "CR3": 2.0}[method]
    meat = X.T @ ((w**2 * e**2 / (1.0 - leverage) ** power)[:, None] * X)
    assert np.allclose(np.array(r.covariance), B @ meat @ B, rtol=1e-8, atol=1e-14)


@given(clustered())
@laws
def test_pymare_agrees_where_weights_are_equal_within_clusters(data: Any) -> None:
    y, v, study, X = data
    equal = np.array([v[study == g].mean() for g in study])
    ours = robust_pool(y, equal, cluster=study, X=X, tau2=0.02)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns below ten clusters, and opens a file without closing it
        from pymare.estimators import WeightedLeastSquares

        theirs = WeightedLeastSquares(tau2=0.02).fit(y[:, None], X, equal[:, None], g=study).summary()
        stats = theirs.get_fe_stats()
    assert [c.se for c in ours.coefficients] == pytest.approx(np.ravel(stats["se"]).tolist(), rel=1e-7)
    assert [c.p for c in ours.coefficients] == pytest.approx(np.ravel(stats["p"]).tolist(), rel=1e-6)


def test_cluster_that_alone_carries_a_coefficient() -> None:
    y, v = [0.1, 0.3, 0.5, 0.2, 0.9, 0.4], [0.1] * 6
    study = [1, 1, 2, 2, 3, 4]
    X = [[1.0, float(s == 4)] for s in study]
    r = robust_pool(y, v, cluster=study, X=X, tau2=0.0)
    assert all(math.isfinite(c.se) for c in r.coefficients)
    assert any("below 4" in note for note in r.warnings)
    with pytest.raises(InputError, match="CR3 is undefined"):
        robust_pool(y, v, cluster=study, X=X, tau2=0.0, method="CR3")


def test_misuse_is_named() -> None:
    y, v, study = [0.1, 0.3, 0.5, 0.2], [0.1] * 4, [1, 1, 2, 2]
    fit = fit_multilevel(y, v, random={"study": study, "effect": range(4)}, sigma2={"study": 0.1})
    with pytest.raises(InputError, match="cluster cuts through groups of study"):
        robust_multilevel(fit, range(4))
    correlated = fit_multilevel(y, constant_correlation(v, np.array([0, 0, 1, 1]), 0.5))
    with pytest.raises(InputError, match="cuts through blocks of V"):
        robust_multilevel(correlated, range(4))
    with pytest.raises(InputError, match="cluster is needed"):
        robust_multilevel(correlated)
    with pytest.raises(TooFewStudiesError, match="got 1 clusters and 1 coefficients"):
        robust_multilevel(fit, [1, 1, 1, 1])
    with pytest.raises(OptionError, match="'CR2'"):
        robust_multilevel(fit, method="HC3")
    with pytest.raises(OptionError, match="'satterthwaite'"):
        robust_multilevel(fit, df_method="t")
    with pytest.raises(InputError, match="one column per coefficient"):
        robust_multilevel(fit, constraints=[[1.0, 0.0]])
    with pytest.raises(InputError, match="linearly independent"):
        robust_multilevel(fit, constraints=[[1.0], [2.0]])
    assert "prefer CR2" in robust_multilevel(fit, method="CR1", df_method="clusters-1").warnings[0]


def test_correlated_and_hierarchical_model_over_rho() -> None:
    rng = np.random.default_rng(3)
    study = np.repeat(np.arange(8), 3)
    v = rng.uniform(0.05, 0.2, 24)
    y = 0.5 + rng.normal(0, 0.3, 8)[study] + rng.normal(0, np.sqrt(v))
    found = pool_correlated(y, v, study=study)
    assert [row.rho for row in found.sensitivity] == [0.3, 0.5, 0.7, 0.9]
    V = constant_correlation(v, study, 0.7)
    fit = fit_multilevel(y, V, random={"study": study, "effect": range(24)}, intervals=False)
    assert found.sensitivity[2].sigma2 == fit.result.sigma2
    assert found.sensitivity[2].coefficients == robust_multilevel(fit, study).coefficients
    assert found.rho == 0.6
    assert found.result.components[0].ci is not None
    assert found.to_dict()["robust"]["n_clusters"] == 8
    with pytest.raises(InputError, match="rho"):
        pool_correlated(y, v, study=study, rho=1.0)


def test_working_weights_with_one_effect_per_study_are_dersimonian_laird() -> None:
    from metamsc.models.pool import pool

    y, v = [0.1, 0.5, 0.9, 0.3], [0.02, 0.03, 0.05, 0.04]
    moment = pool_working_weights(y, v, study=range(4))
    two = pool(y, v, tau2_method="DL")
    assert moment.tau2 == pytest.approx(two.heterogeneity.tau2, rel=CLOSED)
    assert moment.robust.coefficients[0].estimate == pytest.approx(two.estimate, rel=CLOSED)
    assert moment.omega2 is None
    with pytest.raises(OptionError, match="'correlated', 'hierarchical'"):
        pool_working_weights(y, v, study=range(4), weights="equal")
