"""Leave-one-out, cumulative tables and deletion diagnostics: by hand with k = 3, and laws."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.coordinates import baujat_coordinates, radial_coordinates
from metamsc.sensitivity.cumulative import cumulative, leave_one_out
from metamsc.sensitivity.influence import StudyInfluence, measure_influence
from metamsc.sensitivity.residuals import hat_values, standardised_residuals, studentised_residuals
from metamsc.sensitivity.subsets import Refit, Refits

Floats = NDArray[np.float64]

# Closed forms in double precision.
CLOSED_FORM = 1e-12
# REML is iterated to a relative 1e-10; a masked study and an absent one take other roads there.
ITERATED = 1e-8
# Weights 25, 25, 50: the pooled effect is (25*0.2 + 25*0.6 + 50*1.0) / 100 = 0.7.
Y, V = [0.2, 0.6, 1.0], [0.04, 0.04, 0.02]


def _rows(refits: Refits) -> list[Refit]:
    return [row for row in refits.rows if row is not None]


def test_leave_one_out_by_hand() -> None:
    # without 1: (15 + 50)/75; without 2: (5 + 50)/75; without 3: (5 + 15)/50; se = 1/sqrt(sum of weights)
    rows = _rows(leave_one_out(Y, V, tau2_method="EE", ci_method="wald"))
    assert [r.estimate for r in rows] == pytest.approx([65 / 75, 55 / 75, 0.4], rel=CLOSED_FORM)
    assert [r.se for r in rows] == pytest.approx([75**-0.5, 75**-0.5, 50**-0.5], rel=CLOSED_FORM)
    # Q without 3: 25*0.2^2 + 25*0.2^2 = 2 on 1 df
    assert pytest.approx(2.0, rel=CLOSED_FORM) == rows[2].Q
    assert [(r.label, r.k, r.Q_df) for r in rows] == [("1", 2, 1), ("2", 2, 1), ("3", 2, 1)]


def test_cumulative_by_hand() -> None:
    # order by year: third (1.0), first (0.2), second (0.6)
    table = cumulative(
        Y, V, order=[2005, 2010, 1999], labels=["a", "b", "c"], tau2_method="EE", ci_method="t"
    )
    rows = _rows(table)
    assert table.labels == ("c", "a", "b")
    assert [r.estimate for r in rows] == pytest.approx([1.0, 55 / 75, 0.7], rel=CLOSED_FORM)
    # a single study has no degrees of freedom: normal quantiles
    assert [r.df for r in rows] == [None, 1.0, 2.0]


def test_equal_places_in_the_order_keep_the_order_given() -> None:
    assert cumulative(Y, V, order=[1, 0, 1]).labels == ("2", "1", "3")


def test_influence_by_hand() -> None:
    rows = measure_influence(Y, V, tau2_method="EE", ci_method="wald").rows
    third = rows[2]
    # h = weight share 0.5; deleted: estimate 0.4, variance 1/50
    assert third.hat == pytest.approx(0.5, rel=CLOSED_FORM)
    assert third.weight_percent == pytest.approx(50.0, rel=CLOSED_FORM)
    # (1.0 - 0.4) / sqrt(0.02 + 0.02) = 3
    assert third.rstudent == pytest.approx(3.0, rel=CLOSED_FORM)
    # (0.7 - 0.4) / sqrt(0.5 * 0.02) = 3
    assert third.dffits == pytest.approx(3.0, rel=CLOSED_FORM)
    # 0.3^2 / (1/100) = 9; (1/50) / (1/100) = 2; 0.3 / sqrt(1/100) = 3
    assert third.cooks_distance == pytest.approx(9.0, rel=CLOSED_FORM)
    assert third.cov_ratio == pytest.approx(2.0, rel=CLOSED_FORM)
    assert third.dfbetas == pytest.approx((3.0,), rel=CLOSED_FORM)
    assert (third.tau2_deleted, third.is_outlier, third.is_influential) == (0.0, True, True)
    assert third.Q_deleted == pytest.approx(2.0, rel=CLOSED_FORM)
    # the second study: deleted estimate 55/75; (0.6 - 0.7333) / sqrt(0.04 + 1/75) = -0.577
    assert rows[1].rstudent == pytest.approx((0.6 - 55 / 75) / math.sqrt(0.04 + 1 / 75), rel=CLOSED_FORM)
    assert (rows[1].is_outlier, rows[1].is_influential) == (False, False)


def test_residuals_by_hand() -> None:
    inner = standardised_residuals(Y, V, tau2_method="EE")
    # 1.0 - 0.7 = 0.3; sqrt(0.02 * (1 - 0.5)) = 0.1
    assert inner[2].residual == pytest.approx(0.3, rel=CLOSED_FORM)
    assert inner[2].se == pytest.approx(0.1, rel=CLOSED_FORM)
    assert inner[2].z == pytest.approx(3.0, rel=CLOSED_FORM)
    outer = studentised_residuals(Y, V, tau2_method="EE", ci_method="wald")[2]
    assert outer is not None
    assert outer.residual == pytest.approx(0.6, rel=CLOSED_FORM)
    assert outer.se == pytest.approx(0.2, rel=CLOSED_FORM)


def test_leverages_by_hand() -> None:
    assert hat_values(V) == pytest.approx((0.25, 0.25, 0.5), rel=CLOSED_FORM)
    # tau2 = 0.02: weights 1/0.06, 1/0.06, 1/0.04 -> shares 2/7, 2/7, 3/7
    assert hat_values(V, tau2=0.02) == pytest.approx((2 / 7, 2 / 7, 3 / 7), rel=CLOSED_FORM)
    # a straight line through x = -1, 0, 1 with equal weights: 1/3 + x^2/2
    X = [[1, -1], [1, 0], [1, 1]]
    assert hat_values([1.0, 1.0, 1.0], X=X) == pytest.approx((5 / 6, 1 / 3, 5 / 6), rel=CLOSED_FORM)


def test_baujat_and_radial_by_hand() -> None:
    point = baujat_coordinates(Y, V, tau2_method="EE")[2]
    # 0.3^2 / 0.02 = 4.5; (0.7 - 0.4)^2 / (1/50) = 4.5
    assert point.contribution == pytest.approx(4.5, rel=CLOSED_FORM)
    assert point.influence == pytest.approx(4.5, rel=CLOSED_FORM)
    radial = radial_coordinates(Y, V, tau2_method="EE")[0]
    assert radial.precision == pytest.approx(5.0, rel=CLOSED_FORM)
    assert radial.z == pytest.approx(1.0, rel=CLOSED_FORM)


def test_contributions_add_up_to_Q() -> None:
    total = sum(p.contribution for p in baujat_coordinates(Y, V, tau2_method="EE"))
    assert total == pytest.approx(pool(Y, V, tau2_method="EE").heterogeneity.Q, rel=CLOSED_FORM)


def test_leaving_out_a_cohort_leaves_out_all_its_studies() -> None:
    y, v = [0.2, 0.6, 1.0, 0.1], [0.04, 0.04, 0.02, 0.05]
    table = leave_one_out(y, v, groups=["A", "B", "A", "C"])
    assert table.labels == ("A", "B", "C")
    rows = _rows(table)
    assert [r.k for r in rows] == [2, 3, 3]
    alone = pool([0.6, 0.1], [0.04, 0.05])
    assert rows[0].estimate == pytest.approx(alone.estimate, rel=ITERATED)
    assert rows[0].tau2 == pytest.approx(alone.heterogeneity.tau2, rel=ITERATED, abs=1e-12)


def test_a_moderator_that_a_single_study_carries_cannot_lose_it() -> None:
    # only the last study has x = 1: without it the column is constant
    X = np.column_stack([np.ones(5), [0, 0, 0, 0, 1]])
    y, v = [0.1, 0.4, 0.2, 0.3, 1.0], [0.1, 0.2, 0.1, 0.1, 0.2]
    table = leave_one_out(y, v, X=X, labels=list("abcde"))
    assert [row is None for row in table.rows] == [False] * 4 + [True]
    assert "at e:" in table.warnings[0]
    row = measure_influence(y, v, X=X).rows[4]
    assert (row.rstudent, row.dfbetas, row.is_influential) == (None, None, None)
    assert row.hat == pytest.approx(1.0, rel=CLOSED_FORM)
    assert studentised_residuals(y, v, X=X)[4] is None
    assert baujat_coordinates(y, v, X=X)[4].influence is None
    # its internal residual is 0 with standard error 0: no z to report
    assert standardised_residuals(y, v, X=X)[4].residual == pytest.approx(0.0, abs=1e-12)


ON_SEVERAL: list[Callable[..., object]] = [
    leave_one_out,
    measure_influence,
    baujat_coordinates,
    studentised_residuals,
]


@pytest.mark.parametrize("call", ON_SEVERAL)
def test_a_single_study_is_refused(call: Callable[..., object]) -> None:
    with pytest.raises(TooFewStudiesError, match="at least 2 studies"):
        call([0.5], [0.1])


def test_misuse_is_named() -> None:
    with pytest.raises(InputError, match="groups must have one value per study; got 2 for 3"):
        leave_one_out(Y, V, groups=["a", "b"])
    with pytest.raises(InputError, match="give one of the two"):
        leave_one_out(Y, V, groups=["a", "b", "c"], labels=["a", "b", "c"])
    with pytest.raises(TooFewStudiesError, match="at least 2 groups; all are 'a'"):
        leave_one_out(Y, V, groups=["a", "a", "a"])
    with pytest.raises(InputError, match="order must be 3 finite numbers"):
        cumulative(Y, V, order=[1, 2])
    with pytest.raises(InputError, match="labels must have one name per study"):
        cumulative(Y, V, labels=["a"])


def test_results_are_json_safe() -> None:
    for result in (leave_one_out(Y, V), cumulative(Y, V), measure_influence(Y, V)):
        assert json.loads(json.dumps(result.to_dict())) == result.to_dict()


SETS = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 1.0)), min_size=4, max_size=9
)  # effects and variances of one unit


def _close(a: StudyInfluence, b: StudyInfluence, tau2_scale: float) -> None:
    for name in ("rstudent", "dffits", "cooks_distance", "cov_ratio", "hat", "weight_percent", "Q_deleted"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-6, abs=1e-9)
    assert a.tau2_deleted is not None
    assert b.tau2_deleted is not None
    assert a.tau2_deleted * tau2_scale == pytest.approx(b.tau2_deleted, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(SETS, st.sampled_from(["DL", "PM", "EE"]))
def test_scale_changes_no_diagnostic(studies: list[tuple[float, float]], method: str) -> None:
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    before = measure_influence(y, v, tau2_method=method).rows
    after = measure_influence(8.0 * y, 64.0 * v, tau2_method=method).rows
    for a, b in zip(before, after, strict=True):
        _close(a, b, 64.0)


@settings(max_examples=25, deadline=None)
@given(SETS, st.sampled_from(["REML", "DL", "EE", "ML"]), st.sampled_from(["wald", "hksj"]))
def test_each_row_is_the_pool_of_the_others(
    studies: list[tuple[float, float]], method: str, ci_method: str
) -> None:
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    rows = _rows(leave_one_out(y, v, tau2_method=method, ci_method=ci_method))
    for i, row in enumerate(rows):
        alone = pool(np.delete(y, i), np.delete(v, i), tau2_method=method, ci_method=ci_method)
        assert row.estimate == pytest.approx(alone.estimate, rel=ITERATED, abs=1e-9)
        assert row.ci.low == pytest.approx(alone.ci.low, rel=ITERATED, abs=1e-8)
        assert pytest.approx(alone.heterogeneity.Q, rel=ITERATED, abs=1e-9) == row.Q
        assert pytest.approx(alone.heterogeneity.Q_p, rel=1e-6, abs=1e-12) == row.Q_p


@settings(max_examples=25, deadline=None)
@given(SETS)
def test_the_last_cumulative_row_is_the_whole(studies: list[tuple[float, float]]) -> None:
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    last, whole = _rows(cumulative(y, v, order=v))[-1], pool(y, v)
    assert last.estimate == pytest.approx(whole.estimate, rel=ITERATED, abs=1e-9)
    assert last.tau2 == pytest.approx(whole.heterogeneity.tau2, rel=1e-6, abs=1e-9)
    assert last.k == len(y)


@settings(max_examples=25, deadline=None)
@given(SETS)
def test_leverages_sum_to_the_number_of_coefficients(studies: list[tuple[float, float]]) -> None:
    _, v = (np.array(column) for column in zip(*studies, strict=True))
    X = np.column_stack([np.ones(len(v)), np.arange(len(v))])
    assert sum(hat_values(v)) == pytest.approx(1.0, rel=CLOSED_FORM)
    assert sum(hat_values(v, X=X, tau2=0.1)) == pytest.approx(2.0, rel=CLOSED_FORM)


def test_diagnostics_of_a_meta_regression_are_those_of_its_definition() -> None:
    # Each study left out by hand; matrices written down from Viechtbauer & Cheung (2010).
    y = np.array([-0.9, -1.6, -1.3, -1.4, -0.2, 0.0, -0.8, -0.4])
    v = np.array([0.33, 0.19, 0.42, 0.02, 0.05, 0.01, 0.2, 0.1])
    X = np.column_stack([np.ones(8), [44, 55, 42, 52, 13, 19, 33, 27], [0, 1, 0, 1, 1, 0, 1, 0]])
    table = measure_influence(y, v, X=X, ci_method="wald")
    refits = leave_one_out(y, v, X=X, ci_method="wald")

    def fitted(keep: NDArray[np.intp], tau2: float) -> tuple[Floats, Floats]:
        w = 1.0 / (v[keep] + tau2)
        cov = np.linalg.inv(X[keep].T @ (w[:, None] * X[keep]))
        return cov @ (X[keep].T @ (w * y[keep])), cov

    everyone = np.arange(8)
    tau2 = pool(y, v, X=X, ci_method="wald").heterogeneity.tau2
    b, cov = fitted(everyone, tau2)
    hat = np.einsum("ij,jk,ik->i", X, cov, X) / (v + tau2)
    for i, (row, refit) in enumerate(zip(table.rows, refits.rows, strict=True)):
        others = np.delete(everyone, i)
        one = pool(y[others], v[others], X=X[others], ci_method="wald")
        t = one.heterogeneity.tau2
        without, cov_without = fitted(others, t)
        assert refit is not None
        assert [c.estimate for c in refit.coefficients] == pytest.approx(without.tolist(), rel=ITERATED)
        assert row.tau2_deleted == pytest.approx(t, rel=ITERATED)
        assert row.Q_deleted == pytest.approx(one.heterogeneity.Q, rel=ITERATED)
        x, change = X[i], b - without
        residual = (y[i] - x @ without) / np.sqrt(v[i] + t + x @ cov_without @ x)
        assert row.rstudent == pytest.approx(residual, rel=ITERATED)
        assert row.dffits == pytest.approx(x @ change / np.sqrt(hat[i] * (v[i] + t)), rel=ITERATED)
        assert row.cooks_distance == pytest.approx(change @ np.linalg.solve(cov, change), rel=ITERATED)
        assert row.cov_ratio == pytest.approx(np.linalg.det(cov_without) / np.linalg.det(cov), rel=ITERATED)
        assert row.hat == pytest.approx(hat[i], rel=ITERATED)
        _, cov_all = fitted(everyone, t)
        assert row.dfbetas == pytest.approx((change / np.sqrt(np.diag(cov_all))).tolist(), rel=ITERATED)


def test_cumulative_rows_of_a_meta_regression_by_year_and_by_precision() -> None:
    y = np.array([-0.9, -1.6, -1.3, -1.4, -0.2, 0.0])
    v = np.array([0.33, 0.19, 0.42, 0.02, 0.05, 0.01])
    X = np.column_stack([np.ones(6), [44, 55, 42, 52, 13, 19]])
    years = np.array([1948, 1949, 1960, 1977, 1973, 1980])
    for order in (years, v):
        found = cumulative(y, v, X=X, order=order, labels=list("abcdef"))
        sequence = np.argsort(order)
        assert [found.labels[n] for n in range(6)] == ["abcdef"[n] for n in sequence]
        for n, row in enumerate(found.rows, start=1):
            if n < 3:
                assert row is None or row.k == n
                continue
            here = sequence[:n]
            whole = pool(y[here], v[here], X=X[here])
            assert row is not None
            assert [c.estimate for c in row.coefficients] == pytest.approx(
                [c.estimate for c in whole.coefficients], rel=ITERATED
            )
            assert [c.p for c in row.coefficients] == pytest.approx(
                [c.p for c in whole.coefficients], rel=ITERATED
            )
