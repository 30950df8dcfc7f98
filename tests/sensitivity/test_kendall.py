"""Kendall's rank correlation: by hand, by counting all orders, and beside scipy's."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from metamsc.sensitivity.kendall import exact_p, kendall_tau, normal_p

CLOSED_FORM = 1e-8
# Sums of some thousand probabilities beside sums of the same in another order.
SUMMED = 1e-11


def test_every_order_of_five_is_counted() -> None:
    """Of the 120 orders of five, how many have a score at least as far from none."""
    first = np.arange(5.0)
    scores = [kendall_tau(first, np.array(order, dtype=float))[0] for order in permutations(range(5))]
    for score in range(0, 11, 2):
        as_far = sum(abs(other) >= score for other in scores)
        assert exact_p(float(score), 5) == pytest.approx(as_far / 120, rel=CLOSED_FORM)
        assert exact_p(-float(score), 5) == exact_p(float(score), 5)


def test_ties_by_hand() -> None:
    # x = 1, 1, 2, 3 and y = 1, 2, 2, 3: five pairs untied in each, of which four in both, all in one order
    score, tau = kendall_tau(np.array([1.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 3.0]))
    assert score == 4.0
    assert tau == pytest.approx(4.0 / 5.0, rel=CLOSED_FORM)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9)), min_size=2, max_size=40))
def test_agrees_with_scipy_where_there_are_ties(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array([float(pair[i]) for pair in pairs]) for i in (0, 1))
    assume(np.ptp(x) > 0.0 and np.ptp(y) > 0.0 and x.size > 2)
    expected = kendalltau(x, y, method="asymptotic")
    score, tau = kendall_tau(x, y)
    assert tau == pytest.approx(expected.statistic, rel=CLOSED_FORM)
    assert normal_p(score, x, y) == pytest.approx(expected.pvalue, rel=CLOSED_FORM)


@pytest.mark.parametrize("k", [2, 3, 12, 33, 60, 170])
def test_agrees_with_scipy_without_ties(k: int) -> None:
    rng = np.random.default_rng(k)
    for strength in (0.0, 0.5, 5.0):
        x = rng.permutation(k).astype(float)
        y = strength * x + k * rng.random(k)
        expected = kendalltau(x, y, method="exact")
        score, tau = kendall_tau(x, y)
        assert tau == pytest.approx(expected.statistic, rel=CLOSED_FORM)
        assert exact_p(score, k) == pytest.approx(expected.pvalue, rel=SUMMED)
