"""Viechtbauer (2005), Bias and efficiency of meta-analytic variance estimators in the random-effects model,
J Educ Behav Stat 30:261-293: two examples, tau2 by every estimator.

Pages 271-272 as metafor's test of these pages records them, with the I2 and H2 that follow (metafor's).
Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import pytest

from metamsc.models.pool import pool
from tests.published.printed import digits

METHODS = ("HS", "HE", "DL", "ML", "REML", "EB", "SJ")
FIRST = (
    [-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232],
    [0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040],
)
SECOND = (
    [0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056, 0.045,
     0.103, 0.121,
     -0.482, 0.290, 0.342],
    [0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034, 0.039, 0.167,
     0.134, 0.096,
     0.016, 0.035],
)  # fmt: skip


@pytest.mark.parametrize(
    ("example", "tau2", "I2", "H2"),
    [
        (
            FIRST,
            (0.228, 0.148, 0.277, 0.197, 0.223, 0.192, 0.199),
            (77.23, 68.80, 80.44, 74.51, 76.84, 74.05, 74.75),
            (4.39, 3.21, 5.11, 3.92, 4.32, 3.85, 3.96),
        ),
        (
            SECOND,
            (0.010, 0.000, 0.013, 0.013, 0.016, 0.010, 0.025),
            (22.93, 0.00, 27.53, 28.45, 32.02, 23.72, 42.67),
            (1.30, 1.00, 1.38, 1.40, 1.47, 1.31, 1.74),
        ),
    ],
)
def test_heterogeneity_by_seven_estimators(
    example: tuple[list[float], list[float]],
    tau2: tuple[float, ...],
    I2: tuple[float, ...],
    H2: tuple[float, ...],
) -> None:
    found = [pool(*example, tau2_method=method, ci_method="wald").heterogeneity for method in METHODS]
    assert tuple(h.tau2 for h in found) == pytest.approx(tau2, abs=digits(3))
    assert tuple(h.I2 for h in found) == pytest.approx(I2, abs=digits(2))
    assert tuple(h.H2 for h in found) == pytest.approx(H2, abs=digits(2))
