"""Raudenbush & Bryk (1985), Empirical Bayes meta-analysis, J Educ Stat 10:75-98: 19 studies of how teachers'
expectations act on pupils' IQ (Raudenbush 1984).

Numbers of pages 83-92 and Figure 2, as metafor's test of this analysis gives them (four decimals; the article
rounds more, and where its last digit differs that is noted). Tolerance: half a unit of the last digit;
the estimates of single studies show that the search for tau2 behind them stopped at a step of 1e-5.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.models.shrinkage import shrink_effects
from tests.published.printed import digits, reference_data

# The search for tau2 stopped at a step this small; what is printed lies between ours at tau2 +- STEP.
STEP = 1e-5

DATA = reference_data("raudenbush1985")["dat"]
YI, VI = DATA["yi"], DATA["vi"]
WEEKS = np.minimum(DATA["weeks"], 3)  # weeks of contact before; more than 3 count as 3
X = np.column_stack([np.ones(19), WEEKS])


def test_random_effects_pages_83_to_86() -> None:
    r = pool(YI, VI, ci_method="wald")
    assert r.heterogeneity.tau2 == pytest.approx(0.0188, abs=digits(4))
    assert r.estimate == pytest.approx(0.0837, abs=digits(4))
    assert pytest.approx(35.83, abs=digits(2)) == r.heterogeneity.Q  # the article prints 35.85
    assert r.statistic == pytest.approx(1.6208, abs=digits(4))


def assert_between(printed: list[float], ends: list[list[float]]) -> None:
    below, above = np.min(ends, axis=0) - digits(4), np.max(ends, axis=0) + digits(4)
    assert (below <= printed).all()
    assert (printed <= above).all()


def test_empirical_bayes_estimates_figure_2() -> None:
    exact = pool(YI, VI).heterogeneity.tau2
    ends = [shrink_effects(YI, VI, ci_method="wald", tau2=exact + step) for step in (-STEP, STEP)]
    expected = [
        0.0543, 0.1006, -0.0064, 0.2144, 0.1051, -0.0082, 0.0174, -0.0293, 0.1604, 0.2485, 0.1618, 0.1102,
        0.0646,
        0.1105, -0.0288, 0.0258, 0.1905, 0.0744, 0.0248,
    ]  # fmt: skip
    assert_between(expected, [[row.estimate for row in rows] for rows in ends])
    low = [
        -0.1324, -0.1033, -0.2228, -0.0533, -0.1622, -0.1737, -0.1481, -0.2689, -0.0543, 0.0, -0.0970,
        -0.1303,
        -0.1920, -0.1463, -0.2405, -0.1906, -0.0076, -0.0808, -0.1954,
    ]  # fmt: skip
    assert_between(low, [[row.interval.low for row in rows] for rows in ends])
    high = [
        0.2411, 0.3045, 0.2100, 0.4821, 0.3724, 0.1572, 0.1828, 0.2102, 0.3751, 0.4970, 0.4206, 0.3507,
        0.3212,
        0.3672, 0.1829, 0.2422, 0.3886, 0.2295, 0.2450,
    ]  # fmt: skip
    assert_between(high, [[row.interval.high for row in rows] for rows in ends])


def test_prior_contact_pages_90_and_92() -> None:
    r = pool(YI, VI, X=X, ci_method="wald")
    assert r.heterogeneity.tau2 == pytest.approx(0.0, abs=digits(4))
    assert [c.estimate for c in r.coefficients] == pytest.approx([0.4072, -0.1572], abs=digits(4))
    assert pytest.approx(16.57, abs=digits(2)) == r.heterogeneity.Q  # the article prints 16.58
    assert [c.statistic for c in r.coefficients] == pytest.approx([4.678, -4.388], abs=digits(3))
