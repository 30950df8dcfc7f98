"""Laws of multilevel models on random data: order, scale, degeneracy, and the likelihood done densely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.models.batch import FloatArray
from metamsc.models.multilevel.covariance import constant_correlation, read_covariance
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.multilevel.likelihood import Likelihood
from metamsc.models.multilevel.structure import arrange, read_random
from metamsc.models.pool import pool

# Sums in another order, Newton's method ended at rounding of the deviance.
SAME = 1e-7
# Central differences with a step of 1e-5 of analytic derivatives.
DIFFERENCES = 1e-4
laws = settings(max_examples=12, deadline=None)

Data = tuple[FloatArray, FloatArray, np.ndarray[Any, Any], np.ndarray[Any, Any]]


@st.composite
def dependent_effects(draw: st.DrawFn) -> Data:
    """Draw effects, variances, studies and labs (a lab has several studies)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(4, 10))
    study = np.repeat(np.arange(n), rng.integers(1, 5, n))
    lab = rng.integers(0, 3, n)[study]
    v = 10.0 ** rng.uniform(-2.0, -0.5, study.size)
    between, within = draw(st.sampled_from([0.0, 0.1, 1.0])), draw(st.sampled_from([0.0, 0.1]))
    y = rng.normal(0.0, np.sqrt(between), n)[study] + rng.normal(0.0, np.sqrt(v + within))
    return y, v, study, lab


@given(dependent_effects(), st.sampled_from(["ML", "REML"]))
@laws
def test_one_effect_per_study_is_the_two_level_model(data: Data, method: str) -> None:
    y, v, *_ = data
    two = pool(y, v, tau2_method=method, ci_method="wald", pi_method="normal")
    r = fit_multilevel(
        y, v, random={"study": range(y.size)}, method=method, ci_method="wald", intervals=False
    ).result
    assert r.sigma2[0] == pytest.approx(two.heterogeneity.tau2, rel=SAME, abs=1e-9 * v.mean())
    assert r.estimate == pytest.approx(two.estimate, rel=SAME, abs=1e-9)
    assert r.se == pytest.approx(two.se, rel=SAME)
    assert r.loglik == pytest.approx(two.loglik, rel=1e-9, abs=1e-9)
    assert (r.Q, r.Q_p) == pytest.approx((two.heterogeneity.Q, two.heterogeneity.Q_p), rel=1e-8)
    assert pytest.approx(two.heterogeneity.I2, rel=1e-6, abs=1e-6) == r.I2
    assert r.weights_percent == pytest.approx(two.weights_percent, rel=1e-6)


@given(dependent_effects(), st.sampled_from([0.0, 0.5]))
@laws
def test_order_of_effects_does_not_matter(data: Data, rho: float) -> None:
    y, v, study, _ = data
    order = np.random.default_rng(y.size).permutation(y.size)
    a, b = (
        fit_multilevel(
            y[o],
            constant_correlation(v[o], np.unique(study[o], return_inverse=True)[1], rho),
            random={"study": study[o], "effect": np.arange(y.size)[o]},
            intervals=False,
        ).result
        for o in (np.arange(y.size), order)
    )
    assert b.estimate == pytest.approx(a.estimate, rel=SAME, abs=1e-9)
    assert b.loglik == pytest.approx(a.loglik, rel=1e-9, abs=1e-9)
    assert b.sigma2 == pytest.approx(a.sigma2, rel=1e-5, abs=1e-6 * v.mean())


@given(dependent_effects(), st.sampled_from([2.0**-40, 4.0, 2.0**30]))
@laws
def test_a_power_of_two_changes_nothing_but_units(data: Data, c: float) -> None:
    y, v, study, _ = data
    random = {"study": study, "effect": range(y.size)}
    a, b = (fit_multilevel(s * y, s * s * v, random=random).result for s in (1.0, c))
    assert b.estimate == c * a.estimate
    assert b.sigma2 == tuple(c * c * s for s in a.sigma2)
    for ours, theirs in zip(a.components, b.components, strict=True):
        assert (ours.ci is None) == (theirs.ci is None)
        if ours.ci is not None and theirs.ci is not None:
            assert (theirs.ci.low, theirs.ci.high) == (c * c * ours.ci.low, c * c * ours.ci.high)
    assert b.p == pytest.approx(a.p, rel=1e-12)


@given(dependent_effects(), st.floats(-1e6, 1e6))
@laws
def test_moving_all_effects_moves_the_estimate(data: Data, shift: float) -> None:
    y, v, study, _ = data
    a, b = (
        fit_multilevel(y + s, v, random={"study": study, "effect": range(y.size)}, intervals=False).result
        for s in (0.0, shift)
    )
    assert b.estimate - shift == pytest.approx(a.estimate, abs=1e-8 + 1e-13 * abs(shift))
    # An offset of 1e6 leaves 10 digits of the effects.
    assert b.loglik == pytest.approx(a.loglik, rel=1e-6, abs=1e-6)


SHAPES = ("nested", "blocks", "inside", "crossed")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("restricted", [True, False])
@given(data=dependent_effects(), seed=st.integers(0, 1000))
@settings(max_examples=4, deadline=None)
def test_likelihood_and_derivatives_equal_the_dense_ones(
    shape: str, restricted: bool, data: Data, seed: int
) -> None:
    y, v, study, lab = data
    k, rng = y.size, np.random.default_rng(seed)
    pair = rng.integers(0, 2, k)
    random: Any = {
        "nested": {"lab": lab, "study": study, "effect": range(k)},
        "blocks": {"lab": lab, "study": study, "effect": range(k)},
        "inside": {"study": study, "pair": pair, "effect": range(k)},
        "crossed": [{"study": study}, {"pair": pair}],
    }[shape]
    rho = 0.0 if shape in ("nested", "crossed") else 0.4
    V = constant_correlation(v, study, rho)
    blocks = read_covariance(v, k) if shape in ("nested", "crossed") else V
    factors = read_random(random, k)
    structure = arrange(factors, blocks)
    assert structure.cores is None or shape in ("inside", "crossed")
    C = np.column_stack([np.ones(k), rng.normal(size=k), y])
    q = len(factors)
    likelihood = Likelihood(C, np.array([0, 1]), blocks, structure, q, restricted=restricted)
    full = rho * np.sqrt(np.outer(v, v)) * (study[:, None] == study)
    np.fill_diagonal(full, v)

    def dense(s: FloatArray) -> tuple[float, FloatArray]:
        M = full + sum(x * (f.codes[:, None] == f.codes) for x, f in zip(s, factors, strict=True))
        W = np.linalg.inv(M)
        X = C[:, :2]
        A = X.T @ W @ X
        r = y - X @ np.linalg.solve(A, X.T @ W @ y)
        value = np.linalg.slogdet(M)[1] + r @ W @ r
        return float(value + (np.linalg.slogdet(A)[1] if restricted else 0.0)), W

    s = rng.uniform(0.02, 0.3, q)
    at = likelihood.evaluate(s)
    value, W = dense(s)
    assert at.deviance == pytest.approx(value, rel=1e-10, abs=1e-9)
    assert np.allclose(likelihood.solve(s, C), W @ C, rtol=1e-8, atol=1e-8 * np.abs(W).max())
    steps = 1e-5 * np.eye(q)
    slopes = [(dense(s + h)[0] - dense(s - h)[0]) / 2e-5 for h in steps]
    assert at.gradient == pytest.approx(slopes, rel=DIFFERENCES, abs=DIFFERENCES)
    bends = [
        (likelihood.evaluate(s + h).gradient - likelihood.evaluate(s - h).gradient) / 2e-5 for h in steps
    ]
    assert np.allclose(at.hessian, bends, rtol=DIFFERENCES, atol=DIFFERENCES * np.abs(at.hessian).max())


def test_only_what_does_not_fit_the_tree_is_worked_densely() -> None:
    study, pair = [1, 1, 1, 1, 2, 2, 2, 2], [1, 1, 2, 2, 1, 1, 2, 2]
    V = constant_correlation(np.full(8, 0.1), np.repeat([0, 1], 4), 0.5)
    diagonal = read_covariance(np.full(8, 0.1), 8)
    nested = read_random({"study": study, "pair": pair, "effect": range(8)}, 8)
    assert arrange(nested, diagonal).cores is None
    inside = arrange(nested, V).cores
    assert inside is not None
    assert [core.rows.shape for core in inside] == [(2, 4)]  # pairs lie inside the studies' blocks
    crossed = arrange(read_random([{"study": study}, {"pair": pair}], 8), diagonal).cores
    assert crossed is not None
    assert [core.rows.shape for core in crossed] == [(1, 8)]  # crossed levels link everything


@given(dependent_effects())
@laws
def test_no_other_variances_are_likelier(data: Data) -> None:
    y, v, study, _ = data
    random = {"study": study, "effect": range(y.size)}
    fit = fit_multilevel(y, v, random=random, intervals=False)
    best = fit.likelihood.evaluate(fit.working_sigma2, derivatives=False).deviance
    grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 9)])
    q = len(fit.model.used)
    points = np.stack(np.meshgrid(*[grid] * q), axis=-1).reshape(-1, q)
    others = [fit.likelihood.evaluate(s, derivatives=False).deviance for s in points]
    assert best <= min(others) + 1e-9 * (1.0 + abs(best))


def test_work_is_linear_in_the_number_of_studies() -> None:
    # 20,000 effects: a dense matrix would be 3.2 GB; each array here has at most 20,000 rows.
    n = 10_000
    rng = np.random.default_rng(0)
    study = np.repeat(np.arange(n), 2)
    v = rng.uniform(0.02, 0.1, 2 * n)
    y = rng.normal(0.0, 0.3, n)[study] + rng.normal(0.0, np.sqrt(v + 0.05))
    r = fit_multilevel(
        y,
        constant_correlation(v, study, 0.0),
        random={"study": study, "effect": range(2 * n)},
        intervals=False,
    ).result
    assert r.sigma2 == pytest.approx((0.09, 0.05), rel=0.15)  # simulated with these values


@pytest.mark.parametrize("seed", range(12))
def test_variances_eight_decades_apart_still_converge(seed: int) -> None:
    # Found by search: deviance noise and unlike curvatures once stopped the search short of the maximum.
    rng = np.random.default_rng(seed)
    study = np.repeat(np.arange(8), rng.integers(1, 6, 8))
    k = study.size
    v = 10.0 ** rng.uniform(-6.0, 2.0, k)
    y = rng.normal(0.0, 30.0, 8)[study] + rng.normal(0.0, np.sqrt(v))
    random = {"lab": rng.integers(0, 3, 8)[study], "study": study, "effect": range(k)}
    fit = fit_multilevel(y, constant_correlation(v, study, 0.95), random=random, intervals=False)
    s = fit.working_sigma2
    slope = fit.likelihood.evaluate(s).gradient
    assert (np.abs(slope * s) < 1e-6).all()  # stationary in the logarithm of each variance
    assert (slope[s == 0.0] >= 0.0).all()  # and at a boundary no better inside
