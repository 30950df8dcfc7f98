"""Laws that hold for every data set: location, scale, order, degeneracy, and B fits at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import CI_METHODS, fit_batch
from metamsc.models.pool import pool
from metamsc.models.tau2 import TAU2_METHODS

# The same sums in another order, or with effects moved by up to 10: rounding only.
ROUNDING = 1e-9
METHODS = list(TAU2_METHODS)


@st.composite
def data_sets(draw: st.DrawFn, smallest: int = 2) -> tuple[FloatArray, FloatArray]:
    """Draw effects and variances over several orders of magnitude, with and without heterogeneity."""
    k = draw(st.integers(smallest, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v = 10.0 ** rng.uniform(-3, draw(st.sampled_from([-2.0, 0.0])), k)
    tau2 = draw(st.sampled_from([0.0, 0.01, 1.0]))
    return rng.normal(0.0, np.sqrt(v + tau2)), v


laws = settings(max_examples=60, deadline=None)


@given(data_sets(), st.sampled_from(METHODS), st.sampled_from(list(CI_METHODS)), st.floats(-10, 10))
@laws
def test_moving_all_effects_moves_the_estimate(
    data: tuple[FloatArray, FloatArray], method: str, ci: str, shift: float
) -> None:
    y, v = data
    a, b = (pool(values, v, tau2_method=method, ci_method=ci) for values in (y, y + shift))
    assert b.estimate == pytest.approx(a.estimate + shift, rel=ROUNDING, abs=ROUNDING)
    assert b.heterogeneity.tau2 == pytest.approx(a.heterogeneity.tau2, rel=1e-7, abs=1e-9 * v.max())
    assert b.se == pytest.approx(a.se, rel=1e-7, abs=1e-12)


@given(data_sets(), st.sampled_from(METHODS), st.sampled_from([2.0**-40, 0.5, 4.0, 2.0**30]))
@laws
def test_a_power_of_two_changes_nothing_but_units(
    data: tuple[FloatArray, FloatArray], method: str, c: float
) -> None:
    y, v = data
    a, b = pool(y, v, tau2_method=method), pool(c * y, c * c * v, tau2_method=method)
    assert b.estimate == c * a.estimate
    assert b.heterogeneity.tau2 == c * c * a.heterogeneity.tau2
    assert b.se == pytest.approx(c * a.se, rel=1e-14)
    assert pytest.approx(a.heterogeneity.I2, rel=1e-14) == b.heterogeneity.I2
    assert b.p == pytest.approx(a.p, rel=1e-12)


@given(data_sets(), st.sampled_from(METHODS), st.floats(1e-6, 1e6))
@laws
def test_any_other_factor_scales_too(data: tuple[FloatArray, FloatArray], method: str, c: float) -> None:
    y, v = data
    a, b = pool(y, v, tau2_method=method), pool(c * y, c * c * v, tau2_method=method)
    assert b.heterogeneity.tau2 == pytest.approx(
        c * c * a.heterogeneity.tau2, rel=1e-7, abs=1e-9 * c * c * v.max()
    )


@given(data_sets(), st.sampled_from(METHODS))
@laws
def test_order_of_studies_does_not_matter(data: tuple[FloatArray, FloatArray], method: str) -> None:
    y, v = data
    order = np.random.default_rng(y.size).permutation(y.size)
    a, b = pool(y, v, tau2_method=method), pool(y[order], v[order], tau2_method=method)
    assert b.estimate == pytest.approx(a.estimate, rel=1e-7, abs=1e-9)
    assert b.heterogeneity.tau2 == pytest.approx(a.heterogeneity.tau2, rel=1e-7, abs=1e-9 * v.max())


@given(data_sets(), st.sampled_from(METHODS))
@laws
def test_equal_variances_give_the_plain_mean(data: tuple[FloatArray, FloatArray], method: str) -> None:
    y, _ = data
    assert pool(y, np.full(y.size, 0.3), tau2_method=method).estimate == pytest.approx(
        y.mean(), rel=ROUNDING, abs=1e-12
    )


@given(data_sets(), st.sampled_from(METHODS))
@laws
def test_tau2_is_never_negative_and_zero_is_equal_effects(
    data: tuple[FloatArray, FloatArray], method: str
) -> None:
    y, v = data
    r = pool(y, v, tau2_method=method, ci_method="wald")
    assert r.heterogeneity.tau2 >= 0.0
    if r.heterogeneity.tau2 == 0.0:
        assert r.estimate == pool(y, v, tau2_method="EE").estimate


@given(data_sets(smallest=3), st.sampled_from(["DL", "HE", "PM", "REML"]))
@laws
def test_homogeneous_effects_have_tau2_zero(data: tuple[FloatArray, FloatArray], method: str) -> None:
    _, v = data
    assert pool(1e-3 * np.sqrt(v), v, tau2_method=method).heterogeneity.tau2 == 0.0


@given(data_sets())
@laws
def test_the_interval_for_tau2_is_where_q_meets_chi_square(data: tuple[FloatArray, FloatArray]) -> None:
    from scipy.stats import chi2

    y, v = data
    ci = pool(y, v).heterogeneity.tau2_ci
    assert ci is not None
    for end, tail in ((ci.low, 0.975), (ci.high, 0.025)):
        if end > 0.0:
            w = 1 / (v + end)
            Q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
            assert pytest.approx(chi2.ppf(tail, y.size - 1), rel=1e-8) == Q


def _subsets(seed: int, p: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    rng = np.random.default_rng(seed)
    k, B = 9, 40
    v = 10.0 ** rng.uniform(-2, 0, k)
    y = rng.normal(0, np.sqrt(v + 0.2))
    mask = rng.random((B, k)) < 0.7
    mask[:, : p + 2] = True
    return y, v, mask


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("with_design", [False, True])
def test_a_batch_of_subsets_equals_fits_one_by_one(method: str, with_design: bool) -> None:
    y, v, mask = _subsets(len(method), 2)
    X = np.column_stack([np.ones(y.size), np.arange(y.size) ** 2.0]) if with_design else None
    shape = mask.shape
    fit = fit_batch(np.broadcast_to(y, shape), np.broadcast_to(v, shape), tau2_method=method, mask=mask, X=X)
    for b, chosen in enumerate(mask):
        one = pool(y[chosen], v[chosen], tau2_method=method, X=None if X is None else X[chosen])
        assert fit.tau2[b] == pytest.approx(one.heterogeneity.tau2, rel=1e-8, abs=1e-12)
        assert fit.estimate[b] == pytest.approx([c.estimate for c in one.coefficients], rel=1e-8, abs=1e-10)
        assert np.sqrt(np.diag(fit.cov[b])) == pytest.approx([c.se for c in one.coefficients], rel=1e-8)
        assert fit.Q[b] == pytest.approx(one.heterogeneity.Q, rel=1e-9)
        assert fit.I2[b] == pytest.approx(one.heterogeneity.I2, rel=1e-8, abs=1e-9)


def test_values_outside_the_mask_are_not_looked_at() -> None:
    y, v, mask = _subsets(5, 1)
    shape = mask.shape
    clean = fit_batch(np.broadcast_to(y, shape), np.broadcast_to(v, shape), mask=mask)
    dirty_y = np.where(mask, y, np.nan)
    dirty_v = np.where(mask, v, -1.0)
    dirty = fit_batch(dirty_y, dirty_v, mask=mask)
    assert (dirty.tau2 == clean.tau2).all()
    assert (dirty.estimate == clean.estimate).all()
