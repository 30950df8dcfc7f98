"""Linear combinations, comparisons of levels, variance inflation, fit statistics: by hand, in agreement."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError
from metamsc.models.contrasts import compare_levels
from metamsc.models.fit_statistics import fit_statistics
from metamsc.models.inflation import variance_inflation, variance_inflation_multilevel
from metamsc.models.linear_tests import ADJUSTMENTS, adjusted_p, linear_tests, linear_tests_multilevel
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.pool import pool
from metamsc.models.subgroups import compare_subgroups

# Closed forms and algebraically equal ways.
RTOL = 1e-10

Y = [0.1, 0.3, 0.6, 0.9, 1.4, 1.0]
V = [0.02, 0.03, 0.02, 0.04, 0.05, 0.02]
X = np.column_stack([np.ones(6), [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]])
GROUPS = ["a", "a", "b", "b", "c", "c"]


def test_combination_by_hand() -> None:
    # Equal variances 0.02, groups of two: means 0.2 and 0.75, each with variance 0.01; difference 0.55,
    # variance 0.02.
    design = [[1, 0], [1, 0], [1, 1], [1, 1]]
    found = linear_tests(
        [0.1, 0.3, 0.6, 0.9], [0.02] * 4, [[1, 1], [0, 1]], X=design, tau2_method="EE", ci_method="wald"
    )
    mean, difference = (test.result for test in found.tests)
    assert (mean.estimate, mean.se) == pytest.approx((0.75, 0.1), rel=RTOL)
    assert difference.estimate == pytest.approx(0.55, rel=RTOL)
    assert difference.se == pytest.approx(math.sqrt(0.02), rel=RTOL)
    # Together the test that both group means are 0: 0.2**2 / 0.01 + 0.75**2 / 0.01.
    assert found.joint is not None
    assert found.joint.statistic == pytest.approx(4.0 + 56.25, rel=RTOL)


@pytest.mark.parametrize("ci_method", ["wald", "t", "hksj", "hksj-adhoc"])
def test_all_but_the_intercept_are_the_moderator_test(ci_method: str) -> None:
    found = linear_tests(Y, V, [[0, 1, 0], [0, 0, 1]], X=X, ci_method=ci_method)
    assert found.joint is not None
    QM = pool(Y, V, X=X, ci_method=ci_method).QM
    assert QM is not None
    assert found.joint.statistic == pytest.approx(QM.statistic, rel=RTOL)
    assert (found.joint.df, found.joint.df2) == (QM.df, QM.df2)


def test_dependent_combinations_have_no_joint_test() -> None:
    assert linear_tests(Y, V, [[0, 1, 0], [0, 2, 0]], X=X).joint is None


def test_multilevel_without_levels_is_the_equal_effects_fit() -> None:
    fit = fit_multilevel(Y, V, X=X, ci_method="wald")
    ours = linear_tests_multilevel(fit, [[0, 1, -1]], labels=["b - c"], adjustment="holm")
    flat = linear_tests(Y, V, [[0, 1, -1]], X=X, tau2_method="EE", ci_method="wald")
    assert ours.tests[0].result.name == "b - c"
    assert ours.tests[0].result.estimate == pytest.approx(flat.tests[0].result.estimate, rel=1e-9)
    assert ours.tests[0].result.se == pytest.approx(flat.tests[0].result.se, rel=1e-9)


def test_adjustments_by_hand() -> None:
    p = (0.01, 0.04, 0.03)
    assert adjusted_p(p, "none") == p
    assert adjusted_p(p, "bonferroni") == pytest.approx((0.03, 0.12, 0.09), rel=RTOL)
    assert adjusted_p(p, "holm") == pytest.approx((0.03, 0.06, 0.06), rel=RTOL)  # 3, 1 (>= 0.06), 2 times
    assert adjusted_p(p, "hochberg") == pytest.approx((0.03, 0.04, 0.04), rel=RTOL)
    assert adjusted_p(p, "bh") == pytest.approx((0.03, 0.04, 0.04), rel=RTOL)  # 3, 1, 3/2 times
    # Times 1 + 1/2 + 1/3 = 11/6.
    assert adjusted_p(p, "by") == pytest.approx((0.055, 0.22 / 3, 0.22 / 3), rel=RTOL)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_adjusted_values_are_ordered(p: list[float]) -> None:
    raised = {name: np.array(adjusted_p(p, name)) for name in ADJUSTMENTS}
    for name in ADJUSTMENTS:
        assert (raised[name] >= np.array(p) - 1e-15).all()
        assert (raised[name] <= 1.0).all()
    assert (raised["bh"] <= raised["hochberg"] + 1e-15).all()
    assert (raised["hochberg"] <= raised["holm"] + 1e-15).all()
    assert (raised["holm"] <= raised["bonferroni"] + 1e-15).all()


def test_refusals_name_what_is_wrong() -> None:
    with pytest.raises(InputError, match="must have the 3 columns of X"):
        linear_tests(Y, V, [[1, 0]], X=X)
    with pytest.raises(InputError, match="nothing but zeros"):
        linear_tests(Y, V, [[0, 0, 0]], X=X)
    with pytest.raises(InputError, match="labels must name each of the 1 combinations; got 2"):
        linear_tests(Y, V, [[0, 1, 0]], X=X, labels=["a", "b"])
    doubled = np.column_stack([X, X[:, 1]])
    with pytest.raises(InputError, match="columns that were dropped: twin"):
        linear_tests(Y, V, [[0, 0, 0, 1]], X=doubled, names=["i", "b", "c", "twin"])
    with pytest.raises(OptionError, match=r"'holm'.*'bh'"):
        adjusted_p([0.1], "tukey")


def test_levels_are_compared_in_one_model() -> None:
    found = compare_levels(Y, V, GROUPS, ci_method="wald")
    common = compare_subgroups(Y, V, GROUPS, tau2_sharing="common")
    assert [m.result.name for m in found.means] == ["a", "b", "c"]
    for mean, group in zip(found.means, common.subgroups, strict=True):
        assert mean.result.estimate == pytest.approx(group.estimate, rel=RTOL)
        assert mean.result.se == pytest.approx(group.se, rel=RTOL)
    assert found.joint is not None
    assert found.joint.statistic == pytest.approx(common.statistic, rel=1e-9)
    assert [d.result.name for d in found.differences] == ["b - a", "c - a", "c - b"]
    first = found.differences[0]
    assert first.result.p is not None
    assert first.p_adjusted is not None
    assert first.result.p < first.p_adjusted


def test_against_reference_and_mean() -> None:
    against = compare_levels(Y, V, GROUPS, contrasts="reference", reference="b")
    assert [d.result.name for d in against.differences] == ["a - b", "c - b"]
    mean = compare_levels(Y, V, GROUPS, contrasts="mean")
    assert [d.result.name for d in mean.differences] == ["a - mean", "b - mean", "c - mean"]
    assert sum(d.result.estimate for d in mean.differences) == pytest.approx(0.0, abs=1e-12)


def test_covariates_move_means_to_their_average() -> None:
    dose = np.array([1.0, 2.0, 1.0, 3.0, 2.0, 4.0])
    found = compare_levels(Y, V, GROUPS, covariates=dose, tau2_method="EE", ci_method="wald")
    cells = (np.array(GROUPS)[:, None] == np.array(["a", "b", "c"])).astype(float)
    at_average = linear_tests(
        Y,
        V,
        [[1, 0, 0, dose.mean()]],
        X=np.column_stack([cells, dose]),
        tau2_method="EE",
        ci_method="wald",
    )
    assert found.means[0].result.estimate == pytest.approx(at_average.tests[0].result.estimate, rel=1e-9)


def test_levels_refusals() -> None:
    with pytest.raises(InputError, match="at least 2 levels; got 1"):
        compare_levels(Y, V, ["a"] * 6)
    with pytest.raises(InputError, match="one level per study; got 2 for 6"):
        compare_levels(Y, V, ["a", "b"])
    with pytest.raises(OptionError, match="reference must be one of 'a', 'b', 'c'; got 'z'"):
        compare_levels(Y, V, GROUPS, contrasts="reference", reference="z")
    with pytest.raises(InputError, match="covariates must be finite"):
        compare_levels(Y, V, GROUPS, covariates=[1, 2])


def test_variance_inflation_of_two_moderators_by_hand() -> None:
    # Equal variances: VIF = 1 / (1 - r**2) with r the correlation of the two columns. With x = 0 1 2 3 and
    # z = 0 1 1 3: Sxx = 5, Szz = 4.75, Sxz = 4.5: r**2 = 20.25 / 23.75, VIF = 23.75 / 3.5.
    design = np.column_stack([np.ones(4), [0, 1, 2, 3], [0, 1, 1, 3]])
    found = variance_inflation(
        [0.1, 0.4, 0.2, 0.9], [0.1] * 4, X=design, names=["i", "x", "z"], tau2_method="EE"
    )
    assert [f.names for f in found] == [("x",), ("z",)]
    assert [f.vif for f in found] == pytest.approx([23.75 / 3.5] * 2, rel=1e-9)
    assert found[0].sif == pytest.approx(math.sqrt(23.75 / 3.5), rel=1e-9)


def test_everything_together_is_not_inflated() -> None:
    found = variance_inflation(Y, V, X=X, names=["i", "b", "c"], groups=[["b", "c"]])
    assert found[0].vif == pytest.approx(1.0, rel=RTOL)
    assert found[0].m == 2
    fit = fit_multilevel(Y, V, X=X, names=["i", "b", "c"])
    flat = variance_inflation(Y, V, X=X, names=["i", "b", "c"], tau2_method="EE")
    assert [f.vif for f in variance_inflation_multilevel(fit)] == pytest.approx(
        [f.vif for f in flat], rel=1e-9
    )


def test_inflation_refusals() -> None:
    with pytest.raises(InputError, match="the model has none"):
        variance_inflation(Y, V, X=np.ones((6, 1)))
    with pytest.raises(InputError, match="which are b, c; got 'z'"):
        variance_inflation(Y, V, X=X, names=["i", "b", "c"], groups=[["b", "z"]])


@pytest.mark.parametrize("tau2_method", ["EE", "ML", "REML"])
def test_fit_statistics_are_those_of_the_pooled_result(tau2_method: str) -> None:
    found = fit_statistics(Y, V, X=X, tau2_method=tau2_method)
    fit = pool(Y, V, X=X, tau2_method=tau2_method)
    own = found.reml if tau2_method == "REML" else found.ml
    assert own is not None
    assert (own.loglik, own.aic, own.bic, own.aicc) == pytest.approx((fit.loglik, fit.aic, fit.bic, fit.aicc))


def test_deviance_of_equal_effects_is_q() -> None:
    # Twice the distance from the saturated model at tau2 = 0 is the residual sum of squares.
    fit = pool(Y, V, tau2_method="EE")
    assert fit_statistics(Y, V, tau2_method="EE").ml.deviance == pytest.approx(fit.heterogeneity.Q, rel=RTOL)


def test_as_many_coefficients_as_studies_have_no_restricted_likelihood() -> None:
    assert fit_statistics([0.1, 0.4], [0.1, 0.1], X=[[1, 0], [1, 1]], tau2_method="EE").reml is None
