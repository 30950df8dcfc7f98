"""Specification curves: summaries and variance shares by hand, the joint test by enumeration, laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from metamsc.errors import InputError
from metamsc.models.pool import pool
from metamsc.sensitivity.executor import Executor
from metamsc.sensitivity.joint_test import CurveTask, PathData, permute_curve
from metamsc.sensitivity.specification import pool_paths, share_variance, summarise_curve
from tests.sensitivity.many import many_data_sets

CLOSED_FORM = 1e-8
# The same kernel, once in a batch and once alone: sums in another order.
SAME_KERNEL = 1e-10


def test_summary_by_hand() -> None:
    # Five pooled paths of six: -3 (p 0.01), -2 (0.04), -1 (0.2), 1 (0.03), -4 (0.06). Median -2;
    # quartiles of -4, -3, -2, -1, 1 by linear interpolation: -3 and -1. Four of five are negative.
    estimate = np.array([-3.0, -2.0, np.nan, -1.0, 1.0, -4.0])
    p = np.array([0.01, 0.04, np.nan, 0.2, 0.03, 0.06])
    found = summarise_curve(estimate, p)
    assert found is not None
    assert (found.n_paths, found.n_pooled, found.sign) == (6, 5, -1)
    assert (found.median, found.q25, found.q75, found.low, found.high) == (-2.0, -3.0, -1.0, -4.0, 1.0)
    assert found.share_same_sign == pytest.approx(0.8, rel=CLOSED_FORM)
    assert found.share_significant == pytest.approx(0.6, rel=CLOSED_FORM)
    assert found.share_significant_same_sign == pytest.approx(0.4, rel=CLOSED_FORM)
    assert found.share_significant_other_sign == pytest.approx(0.2, rel=CLOSED_FORM)


def test_nothing_pooled_has_no_summary() -> None:
    assert summarise_curve(np.array([np.nan]), np.array([np.nan])) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="one shape"):
        summarise_curve(np.zeros(2), np.zeros(3))
    with pytest.raises(InputError, match=r"\(2, 1\)"):
        share_variance(np.zeros(2), np.zeros((3, 1), dtype=int), ("a",))


def test_shares_by_hand() -> None:
    # Choice a adds 0 or 2, choice b adds 0 or 1, c does nothing: eight paths. Variance (divisor n) of a is 1,
    # of b 1/4, together 5/4: shares 0.8, 0.2, 0, alone and with others alike since nothing interacts.
    options = np.array(list(itertools.product(range(2), range(2), range(2))))
    values = 2.0 * options[:, 0] + options[:, 1]
    shares = share_variance(values, options, ("a", "b", "c"))
    assert [s.alone for s in shares] == pytest.approx([0.8, 0.2, 0.0], abs=CLOSED_FORM)
    assert [s.with_others for s in shares] == pytest.approx([0.8, 0.2, 0.0], abs=CLOSED_FORM)


def test_an_interaction_belongs_to_both() -> None:
    # y = 1 only where both are chosen: 0, 0, 0, 1. Mean 1/4, total SS 3/4; means of a 0 and 1/2, SS
    # 4 * (1/4)^2 = 1/4, alone 1/3. Within equal b: pairs (0,0) and (0,1): SS 1/2, with others 2/3.
    options = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for share in share_variance(np.array([0.0, 0.0, 0.0, 1.0]), options, ("a", "b")):
        assert share.alone == pytest.approx(1 / 3, rel=CLOSED_FORM)
        assert share.with_others == pytest.approx(2 / 3, rel=CLOSED_FORM)


def test_paths_that_agree_have_no_shares() -> None:
    options = np.array([[0], [1]])
    assert share_variance(np.array([0.1 + 0.2, 0.3]), options, ("a",))[0].alone == 0.0


@given(
    values=arrays.arrays(np.float64, 12, elements=st.floats(-100, 100)),
    factor=st.floats(0.01, 100),
    shift=st.floats(-100, 100),
)
def test_shares_do_not_depend_on_units(values: np.ndarray, factor: float, shift: float) -> None:
    options = np.array(list(itertools.product(range(3), range(2), range(2))))
    if np.ptp(values) < 1e-3:
        return
    names = ("a", "b", "c")
    one = share_variance(values, options, names)
    other = share_variance(factor * values + shift, options, names)
    for a, b in zip(one, other, strict=True):
        assert a.alone == pytest.approx(b.alone, abs=1e-6)  # rounding of the shift is amplified
        assert -1e-12 <= a.alone <= a.with_others + 1e-9
    assert sum(a.alone for a in one) <= 1 + 1e-9 <= sum(a.with_others for a in one) + 2e-9


def test_paths_are_pools() -> None:
    yi, vi = np.array([[0.1, 0.5, -0.2], [0.3, 0.9, 0.0]]), np.array([[0.04, 0.09, 0.02], [0.1, 0.2, 1.0]])
    mask = np.array([[True, True, True], [True, True, False]])
    for tau2_method, ci_method in (("REML", "hksj-adhoc"), ("DL", "wald"), ("PM", "t")):
        estimate, se, p, half, tau2, I2 = pool_paths(yi, vi, mask, tau2_method, ci_method, 0.9)
        for row in range(2):
            here = mask[row]
            alone = pool(
                yi[row][here], vi[row][here], tau2_method=tau2_method, ci_method=ci_method, level=0.9
            )
            assert estimate[row] == pytest.approx(alone.estimate, rel=SAME_KERNEL)
            assert se[row] == pytest.approx(alone.se, rel=SAME_KERNEL)
            assert p[row] == pytest.approx(alone.p, rel=1e-9)
            assert estimate[row] - half[row] == pytest.approx(alone.ci.low, rel=1e-9)
            assert tau2[row] == pytest.approx(alone.heterogeneity.tau2, rel=SAME_KERNEL, abs=1e-12)
            assert I2[row] == pytest.approx(alone.heterogeneity.I2, rel=SAME_KERNEL, abs=1e-9)


def _data(yi: list[float], vi: list[float], weight: float = 1.0, ci: str = "wald") -> PathData:
    k = len(yi)
    return PathData(
        np.array([yi]),
        np.array([vi]),
        np.ones((1, k), dtype=bool),
        np.arange(k)[None, :],
        (("EE", ci),),
        np.array([[weight]]),
    )


def test_joint_test_by_enumeration() -> None:
    # One path, equal effects, equal variances: the estimate is the mean. |mean| of 1, 2, 3 is largest for
    # +++ and ---: 2 of 8 patterns, P = 0.25. The same for mean z.
    found = permute_curve(_data([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]))
    assert (found.exact, found.n_patterns, found.n_clusters) == (True, 8, 3)
    assert found.p_median == found.p_z == 0.25
    assert found.smallest_p == 0.25


def test_sharing_a_cohort_is_sharing_a_sign() -> None:
    data = PathData(
        np.array([[1.0, 2.0, 3.0]]),
        np.ones((1, 3)),
        np.ones((1, 3), dtype=bool),
        np.array([[0, 0, 1]]),
        (("EE", "wald"),),
        np.ones((1, 1)),
    )
    # Patterns ++, +-, -+, --: |1+2+3|, |1+2-3|, ... = 6, 0, 0, 6: P = 1/2.
    assert permute_curve(data).p_median == 0.5


def test_a_path_counts_as_often_as_it_is_taken() -> None:
    many, one = _data([1.0, 2.0, 0.5], [1.0, 2.0, 1.0], weight=50.0), _data([1.0, 2.0, 0.5], [1.0, 2.0, 1.0])
    assert permute_curve(many) == permute_curve(one)


def test_sampled_patterns_are_near_the_exact_ones_and_repeat() -> None:
    rng = np.random.default_rng(5)
    yi, vi = (0.4 + rng.normal(0, 0.5, 9)).tolist(), rng.uniform(0.1, 0.4, 9).tolist()
    exact = permute_curve(_data(yi, vi), patterns=512)
    assert exact.exact
    sampled = permute_curve(_data(yi, vi), patterns=400, seed=3)
    assert not sampled.exact
    assert sampled.n_patterns == 401
    # Four binomial standard errors of 400 patterns.
    slack = 4 * (exact.p_z * (1 - exact.p_z) / 400) ** 0.5 + 1 / 400
    assert sampled.p_z == pytest.approx(exact.p_z, abs=slack)
    assert sampled == permute_curve(_data(yi, vi), patterns=400, seed=3)


def test_p_values_are_uniform_without_an_effect() -> None:
    rng = np.random.default_rng(11)
    found = [permute_curve(_data(rng.normal(0, 1, 6).tolist(), [1.0] * 6)).p_z for _ in range(300)]
    # Exact P values are multiples of 1/32 (pairs of mirrored patterns); half a step makes them comparable.
    assert stats.kstest(np.array(found) - 1 / 64, "uniform").pvalue > 0.001


def test_too_few_patterns_are_refused() -> None:
    data = _data([1.0] * 30, [1.0] * 30)
    with pytest.raises(InputError, match="raise max_fits"):
        permute_curve(data, max_fits=10)
    with pytest.raises(InputError, match="no path"):
        permute_curve(_data([1.0], [1.0], weight=0.0))


def test_chunks_of_patterns_are_one_stream() -> None:
    data = _data([1.0] * 9, [1.0] * 9)
    drawn = np.random.default_rng(4).random((49, 9))
    expected = {
        None: np.where((np.arange(50)[:, None] >> np.arange(9)) & 1, -1.0, 1.0),
        4: np.vstack([np.ones(9), np.where(drawn < 0.5, -1.0, 1.0)]),
    }
    for (seed, signs), rows in itertools.product(expected.items(), (1, 7, 50)):
        task = CurveTask(data, 9, 50, seed, 0.95, rows)
        parts = [task.signs(at * rows, min((at + 1) * rows, 50)) for at in range(task.n_chunks)]
        np.testing.assert_array_equal(np.concatenate(parts), signs)


def test_processes_give_the_same_and_tell_how_far_they_are() -> None:
    told: list[tuple[int, int]] = []
    serial = permute_curve(many_data_sets(), patterns=800, progress=lambda done, of: told.append((done, of)))
    assert told == [(333, 801), (666, 801), (801, 801)]
    assert permute_curve(many_data_sets(), patterns=800, executor=Executor("processes", 2)) == serial
