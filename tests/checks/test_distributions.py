"""Tail probabilities against scipy and against tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from metamsc.checks import distributions as d

CLOSE = 1e-10
"""Continued fractions stop at 1e-15 a step; what is left is rounding over some 100 steps."""

QUANTILE = 1e-6
"""A bisection of 80 halvings is exact; the tails it inverts are good to 1e-10, and flat far out."""

dfs = st.floats(0.5, 500)


@given(st.floats(0, 40), dfs)
def test_t(t: float, df: float) -> None:
    assert d.t_p(t, df) == pytest.approx(2 * special.stdtr(df, -t), rel=1e-8, abs=CLOSE)


@given(st.floats(0, 60), st.integers(1, 12), dfs)
def test_f(f: float, between: int, within: float) -> None:
    assert d.f_p(f, between, within) == pytest.approx(special.fdtrc(between, within, f), rel=1e-8, abs=CLOSE)


@given(st.floats(0, 200), st.floats(0.5, 60))
def test_chi2(x: float, df: float) -> None:
    assert d.chi2_p(x, df) == pytest.approx(special.chdtrc(df, x), rel=1e-8, abs=CLOSE)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_fisher(n_a: int, n_b: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n_a)), data.draw(st.integers(0, n_b))
    expected = stats.fisher_exact(np.array([[a, n_a - a], [b, n_b - b]]))[1]
    assert d.fisher_p(a, n_a, b, n_b) == pytest.approx(expected, rel=1e-6)


def test_tables() -> None:
    assert d.normal_p(1.959963984540054) == pytest.approx(0.05, abs=CLOSE)
    assert d.t_quantile(0.05, 10) == pytest.approx(2.228138852, abs=QUANTILE)  # any table of t
    assert d.t_quantile(0.05, 1) == pytest.approx(12.7062047, abs=QUANTILE)
    assert d.normal_quantile(0.01) == pytest.approx(2.5758293, abs=QUANTILE)
    assert d.chi2_p(3.841458821, 1) == pytest.approx(0.05, abs=1e-9)
    assert d.t_p(math.inf, 4) == 0
    assert d.normal_quantile(1.0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 5e-324, 1e-300, 1e-50])
def test_quantiles_of_tiny_probabilities_are_large_and_finite(p: float) -> None:
    assert 14 < d.normal_quantile(p) < 40
