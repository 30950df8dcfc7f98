"""Permutation tests: by counting on fingers, against plain loops, and their laws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from metamsc.errors import OptionError
from metamsc.models.permutation import permutation_test
from metamsc.models.pool import pool

# Sums in another order differ by rounding only.
TIE = 1e-9
Y, V = [0.2, 0.9, 0.4, -0.1, 0.7], [0.04, 0.09, 0.02, 0.05, 0.03]


def test_three_studies_of_one_sign_by_hand() -> None:
    # all effects positive, equal weights: only +++ and --- reach the observed |z|, 2 of 8
    r = permutation_test([0.2, 0.3, 0.4], [0.1, 0.1, 0.1], tau2_method="EE", ci_method="wald")
    assert (r.p, r.QM_p, r.n_arrangements, r.exact) == ((0.25,), 0.25, 8, True)


def test_equal_weights_by_hand() -> None:
    # sum of effects 4 - 1 = 3; sign patterns of (1, 3, -1): sums 3, 5, 1 ... |sum| >= 3 in +++ (3), ++- (5),
    # -++ (1, no), +-+ (-3), and their mirror images: 6 of 8
    r = permutation_test([1.0, 3.0, -1.0], [0.1] * 3, tau2_method="EE", ci_method="wald")
    assert r.p == (0.75,)


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_signs_against_a_loop(ci_method: str) -> None:
    observed = pool(Y, V, tau2_method="DL", ci_method=ci_method).statistic
    assert observed is not None
    count = 0
    for signs in itertools.product([1, -1], repeat=5):
        flipped = pool(np.multiply(Y, signs), V, tau2_method="DL", ci_method=ci_method).statistic
        assert flipped is not None
        count += abs(flipped) >= abs(observed) - TIE
    r = permutation_test(Y, V, tau2_method="DL", ci_method=ci_method)
    assert r.p == (count / 32,)
    assert r.statistic == pytest.approx((observed,), rel=1e-12)


@pytest.mark.parametrize("x", [[1.0, 2.0, 3.0, 5.0, 8.0], [0.0, 0.0, 1.0, 1.0, 1.0]])
def test_rows_against_a_loop(x: list[float]) -> None:
    def tests(values: tuple[float, ...]) -> list[float]:
        X = np.column_stack([np.ones(5), values])
        result = pool(Y, V, X=X, tau2_method="DL", ci_method="wald")
        assert result.QM is not None
        return [abs(c.statistic or 0.0) for c in result.coefficients] + [result.QM.statistic]

    observed = np.array(tests(tuple(x)))
    orders = sorted(set(itertools.permutations(x)))
    shares = np.mean([np.array(tests(order)) >= observed - TIE for order in orders], axis=0)
    r = permutation_test(Y, V, X=np.column_stack([np.ones(5), x]), tau2_method="DL", ci_method="wald")
    assert r.n_arrangements == len(orders)
    assert (*r.p, r.QM_p) == pytest.approx(tuple(shares), rel=1e-12)


def test_two_moderators_are_tested_together() -> None:
    X = np.column_stack([np.ones(5), [1, 2, 3, 5, 8], [0, 1, 1, 0, 1]])
    r = permutation_test(Y, V, X=X, ci_method="t", names=["a", "b", "c"])
    whole = pool(Y, V, X=X, ci_method="t").QM
    assert whole is not None
    assert pytest.approx(whole.statistic, rel=1e-8) == r.QM
    assert (r.names, r.n_arrangements, len(r.p)) == (("a", "b", "c"), 120, 3)


def test_drawn_arrangements_repeat_with_their_seed_and_come_near_the_exact_p() -> None:
    exact = permutation_test(Y, V, tau2_method="DL")
    drawn = permutation_test(Y, V, tau2_method="DL", exact=False, n_sampled=4000, seed=7)
    again = permutation_test(Y, V, tau2_method="DL", exact=False, n_sampled=4000, seed=7)
    assert drawn == again
    assert (drawn.exact, drawn.n_arrangements, drawn.seed) == (False, 4000, 7)
    # five standard errors of a share of 4000
    assert abs(drawn.p[0] - exact.p[0]) < 5 * (exact.p[0] * (1 - exact.p[0]) / 4000) ** 0.5
    other = permutation_test(Y, V, tau2_method="DL", exact=False, n_sampled=4000, seed=8)
    assert other.p != drawn.p


def test_drawn_rows_come_near_the_exact_p() -> None:
    X = np.column_stack([np.ones(5), [1, 2, 3, 5, 8]])
    exact = permutation_test(Y, V, X=X, tau2_method="DL")
    drawn = permutation_test(Y, V, X=X, tau2_method="DL", exact=False, n_sampled=4000, seed=3)
    assert abs(drawn.p[1] - exact.p[1]) < 5 * (exact.p[1] * (1 - exact.p[1]) / 4000) ** 0.5


def test_a_drawn_p_is_never_0() -> None:
    y, v = np.full(20, 5.0) + np.arange(20) / 10, np.full(20, 0.01)
    r = permutation_test(y, v, tau2_method="EE", n_sampled=99, seed=1)
    assert r.p == (0.01,)


def test_identical_effects_have_no_standard_error_and_still_an_answer() -> None:
    # Hartung-Knapp gives se 0 and an infinite statistic: only +++++ and ----- reach it
    r = permutation_test([0.5] * 5, V, tau2_method="EE", ci_method="hksj")
    assert (r.statistic, r.QM, r.p) == ((None,), None, (2 / 32,))


def test_misuse_is_named() -> None:
    y, v = np.linspace(0, 1, 25), np.full(25, 0.1)
    with pytest.raises(OptionError, match="give a seed"):
        permutation_test(y, v)
    with pytest.raises(OptionError, match="33,554,432 arrangements"):
        permutation_test(y, v, exact=True)
    with pytest.raises(OptionError, match="n_sampled must be at least 99"):
        permutation_test(Y, V, n_sampled=10)
