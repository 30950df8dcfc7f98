"""Normand (1999), Meta-analysis: formulating, evaluating, combining, and reporting, Stat Med 18:321-359:
lidocaine after infarction (Hine et al. 1989) and specialist stroke care.

Tables III (page 330), VII (349), VIII (351) and IX (352) as metafor's test of these tables records them.
Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.models.pool import pool
from tests.published.printed import digits, reference_data

# Hine LK et al. (1989), Arch Intern Med 149:2694-2698: deaths with lidocaine and without, of how many
HINE = [
    (2, 39, 1, 43),
    (4, 44, 4, 44),
    (6, 107, 4, 110),
    (7, 103, 5, 100),
    (7, 110, 3, 106),
    (11, 154, 4, 146),
]
A, N1, C, N2 = (list(column) for column in zip(*HINE, strict=True))
RISK = compute_effects("RD", events_treat=A, n_treat=N1, events_control=C, n_control=N2)
PERCENT_YI, PERCENT_VI = 100 * RISK.yi, 100**2 * RISK.vi

STROKE = {name: np.array(values) for name, values in reference_data("normand1999")["raw"].items()}
POOLED_SD = np.sqrt(
    ((STROKE["n1i"] - 1) * STROKE["sd1i"] ** 2 + (STROKE["n2i"] - 1) * STROKE["sd2i"] ** 2)
    / (STROKE["n1i"] + STROKE["n2i"] - 2)
)
STAY = compute_effects(
    "MD",
    n_treat=STROKE["n1i"],
    mean_treat=STROKE["m1i"],
    sd_treat=POOLED_SD,
    n_control=STROKE["n2i"],
    mean_control=STROKE["m2i"],
    sd_control=POOLED_SD,
)


def test_risk_differences_table_3() -> None:
    assert pytest.approx([2.8026, 0.0, 1.9711, 1.7961, 3.5334, 4.4031], abs=digits(4)) == PERCENT_YI
    expected = [17.7575, 37.5657, 8.1323, 10.8998, 8.0114, 6.1320]
    assert pytest.approx(expected, abs=digits(4)) == PERCENT_VI
    own = [pool([y], [v]).ci for y, v in zip(PERCENT_YI, PERCENT_VI, strict=True)]
    assert [ci.low for ci in own] == pytest.approx([-5.5, -12.0, -3.6, -4.7, -2.0, -0.5], abs=digits(1))
    assert [ci.high for ci in own] == pytest.approx([11.1, 12.0, 7.6, 8.3, 9.1, 9.3], abs=digits(1))


@pytest.mark.parametrize("method", ["EE", "REML", "DL"])
def test_pooled_risk_difference_table_7(method: str) -> None:
    r = pool(PERCENT_YI, PERCENT_VI, tau2_method=method, ci_method="wald")
    assert r.estimate == pytest.approx(2.94, abs=digits(2))
    assert (r.ci.low, r.ci.high) == pytest.approx((0.4, 5.5), abs=digits(1))
    assert r.heterogeneity.tau2 == pytest.approx(0.0, abs=digits(3))


def test_mean_differences_table_8() -> None:
    assert pytest.approx([-20, -2, -55, -71, -4, 1, 11, -10, 7]) == STAY.yi
    expected = [40.59, 2.05, 15.28, 150.22, 20.19, 1.22, 95.38, 8.03, 20.69]
    assert pytest.approx(expected, abs=digits(2)) == STAY.vi


@pytest.mark.parametrize(
    ("method", "estimate", "low", "high", "tau2"),
    [
        ("EE", -3.49, -5.03, -1.96, 0.0),
        ("DL", -14.10, -24.45, -3.75, 218.72),
        ("REML", -15.12, -32.67, 2.43, 685.20),
    ],
)
def test_pooled_mean_difference_table_9(
    method: str, estimate: float, low: float, high: float, tau2: float
) -> None:
    r = pool(STAY.yi, STAY.vi, tau2_method=method, ci_method="wald")
    assert r.estimate == pytest.approx(estimate, abs=digits(2))
    assert (r.ci.low, r.ci.high) == pytest.approx((low, high), abs=digits(2))
    assert r.heterogeneity.tau2 == pytest.approx(tau2, abs=digits(2))
