"""BCG vaccine against tuberculosis: 13 trials, log risk ratios.

Colditz et al. (1994), JAMA 271:698-702; counts as in Berkey et al. (1995), Stat Med 14:395-411,
Table I. Values asserted are those that Viechtbauer (2010), J Stat Softw 36(3), and metafor's
documentation print for these data, to the digits printed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.pool import pool

# vaccinated with and without tuberculosis, controls with and without; absolute latitude
TRIALS = [
    (4, 119, 11, 128, 44),
    (6, 300, 29, 274, 55),
    (3, 228, 11, 209, 42),
    (62, 13536, 248, 12619, 52),
    (33, 5036, 47, 5761, 13),
    (180, 1361, 372, 1079, 44),
    (8, 2537, 10, 619, 19),
    (505, 87886, 499, 87892, 13),
    (29, 7470, 45, 7232, 27),
    (17, 1699, 65, 1600, 42),
    (186, 50448, 141, 27197, 18),
    (5, 2493, 3, 2338, 33),
    (27, 16886, 29, 17825, 33),
]
YI = [math.log((a / (a + b)) / (c / (c + d))) for a, b, c, d, _ in TRIALS]
VI = [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d, _ in TRIALS]
LATITUDE = np.array([[1.0, trial[4]] for trial in TRIALS])


def digits(n: int) -> float:
    """Half a unit of the last digit printed."""
    return 0.5 * 10.0**-n


def test_random_effects_by_reml() -> None:
    r = pool(YI, VI, ci_method="wald")
    h = r.heterogeneity
    assert r.estimate == pytest.approx(-0.714532, abs=digits(6))
    assert r.se == pytest.approx(0.179782, abs=digits(6))
    assert h.tau2 == pytest.approx(0.313243, abs=digits(6))
    assert h.tau2_se == pytest.approx(0.1664, abs=digits(4))
    assert pytest.approx(152.2330, abs=digits(4)) == h.Q
    assert h.Q_df == 12
    assert h.Q_p < 0.0001
    assert pytest.approx(12.8558, abs=digits(4)) == h.H2
    assert (r.ci.low, r.ci.high) == pytest.approx((-1.0669, -0.3622), abs=digits(4))


def test_i2_from_tau2_is_not_i2_from_q() -> None:
    # Two definitions that differ under REML: 92.22 from tau2, (152.2330 - 12) / 152.2330 = 92.12 from Q.
    h = pool(YI, VI).heterogeneity
    assert pytest.approx(92.2214, abs=digits(4)) == h.I2
    assert 100 * (h.Q - h.Q_df) / h.Q == pytest.approx(92.1173, abs=digits(4))


def test_dersimonian_laird() -> None:
    r = pool(YI, VI, tau2_method="DL", ci_method="wald")
    assert r.estimate == pytest.approx(-0.7141, abs=digits(4))
    assert r.heterogeneity.tau2 == pytest.approx(0.3088, abs=digits(4))
    assert pytest.approx(92.1173, abs=digits(4)) == r.heterogeneity.I2


def test_q_profile_interval() -> None:
    # Viechtbauer (2007), Stat Med 26:37-52, and metafor's documentation: 0.1197 to 1.1115
    h = pool(YI, VI).heterogeneity
    assert h.tau2_ci is not None
    assert h.I2_ci is not None
    assert (h.tau2_ci.low, h.tau2_ci.high) == pytest.approx((0.1197, 1.1115), abs=digits(4))
    assert (h.I2_ci.low, h.I2_ci.high) == pytest.approx((81.92, 97.68), abs=digits(2))


def test_hartung_knapp() -> None:
    r = pool(YI, VI, ci_method="hksj")
    assert (r.ci.low, r.ci.high) == pytest.approx((-1.1084, -0.3206), abs=digits(4))
    assert r.df == 12.0


def test_prediction_interval_as_a_risk_ratio() -> None:
    # Viechtbauer (2010): a risk ratio of 0.49 (0.34 to 0.70); 95 % of true effects 0.15 to 1.55
    r = pool(YI, VI, ci_method="wald", pi_method="normal")
    assert r.pi is not None
    shown = [math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high, r.pi.low, r.pi.high)]
    assert shown == pytest.approx([0.49, 0.34, 0.70, 0.15, 1.55], abs=digits(2))


YEARS = [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976]
# The printed meta-regressions come from a search that stopped at a step of 1e-5 in tau2; with tau2 that
# much smaller and larger, every printed number must lie between ours, to its last digit.
STEP = 1e-5


def printed_values(X: FloatArray) -> list[tuple[float, float]]:
    """Return the range of tau2, QM and all coefficients over tau2 +- STEP."""
    exact = pool(YI, VI, ci_method="wald", X=X).heterogeneity.tau2
    ends = []
    for tau2 in (exact - STEP, exact + STEP):
        r = pool(YI, VI, ci_method="wald", X=X, tau2=tau2)
        assert r.QM is not None
        ends.append([tau2, r.QM.statistic, *(c.estimate for c in r.coefficients)])
    return [(min(pair), max(pair)) for pair in zip(*ends, strict=True)]


def is_printed(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] - digits(4) <= value <= ends[1] + digits(4)


def test_latitude_explains_three_quarters_of_the_heterogeneity() -> None:
    # metafor's documentation: tau2 0.0764, QM(1) = 16.3571, latitude -0.0291, R2 75.62 %
    tau2, QM, _, slope = printed_values(LATITUDE)
    assert is_printed(0.0764, tau2)
    assert is_printed(16.3571, QM)
    assert is_printed(-0.0291, slope)
    r = pool(YI, VI, ci_method="wald", X=LATITUDE)
    # the exact maximum, as metafor gives it at full convergence
    assert r.heterogeneity.tau2 == pytest.approx(0.0763479640, abs=digits(9))
    assert pytest.approx(75.62662, abs=digits(5)) == r.R2


def test_latitude_and_year() -> None:
    # Viechtbauer (2010): tau2 0.1108; QE(10) = 28.3251, p 0.0016; QM(2) = 12.2043, p 0.0022
    X = np.column_stack([LATITUDE, YEARS])
    tau2, QM, intercept, latitude, year = printed_values(X)
    assert is_printed(0.1108, tau2)
    assert is_printed(12.2043, QM)
    assert is_printed(-3.5455, intercept)
    assert is_printed(-0.0280, latitude)
    assert is_printed(0.0019, year)
    r = pool(YI, VI, ci_method="wald", X=X)
    assert (r.heterogeneity.Q, r.heterogeneity.Q_p) == pytest.approx((28.3251, 0.0016), abs=digits(4))
    assert r.QM is not None
    assert r.QM.p == pytest.approx(0.0022, abs=digits(4))
