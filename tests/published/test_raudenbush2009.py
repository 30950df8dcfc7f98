"""Raudenbush (2009), Analyzing effect sizes: random-effects models, in The Handbook of Research Synthesis
and Meta-Analysis, 2nd ed., ch. 16: the teachers' expectations again.

Tables 16.2 (pages 301-302) and 16.3 (page 309) as metafor's test of these tables records them; where the
chapter's last digit differs that is noted. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.models.robust import robust_pool
from metamsc.models.shrinkage import shrink_effects
from tests.published.printed import digits, reference_data

DATA = reference_data("raudenbush1985")["dat"]
YI, VI, STUDY = DATA["yi"], DATA["vi"], DATA["study"]
X = np.column_stack([np.ones(19), np.minimum(DATA["weeks"], 3)])


def test_fixed_effects_table_16_2() -> None:
    r = pool(YI, VI, tau2_method="EE", ci_method="wald")
    assert r.estimate == pytest.approx(0.060, abs=digits(3))
    assert pytest.approx(35.83, abs=digits(2)) == r.heterogeneity.Q
    assert r.statistic == pytest.approx(1.66, abs=digits(2))  # the chapter prints 1.65


def test_random_effects_table_16_2() -> None:
    r = pool(YI, VI, ci_method="wald", pi_method="simple")
    assert r.estimate == pytest.approx(0.084, abs=digits(3))  # the chapter prints 0.083
    assert r.statistic == pytest.approx(1.62, abs=digits(2))
    assert r.heterogeneity.tau2 == pytest.approx(0.019, abs=digits(3))
    # The chapter's interval leaves out that the mean is estimated.
    assert r.pi is not None
    assert (r.pi.low, r.pi.high) == pytest.approx((-0.19, 0.35), abs=digits(2))
    shrunken = [row.estimate for row in shrink_effects(YI, VI, ci_method="wald")]
    assert (min(shrunken), max(shrunken)) == pytest.approx((-0.03, 0.25), abs=digits(2))


def test_mixed_effects_table_16_2() -> None:
    r = pool(YI, VI, X=X, ci_method="wald")
    assert r.heterogeneity.tau2 == pytest.approx(0.0, abs=digits(3))
    assert [c.estimate for c in r.coefficients] == pytest.approx([0.407, -0.157], abs=digits(3))
    assert pytest.approx(16.57, abs=digits(2)) == r.heterogeneity.Q
    assert [c.statistic for c in r.coefficients] == pytest.approx([4.68, -4.39], abs=digits(2))
    shrunken = [row.estimate for row in shrink_effects(YI, VI, X=X, ci_method="wald")]
    assert (min(shrunken), max(shrunken)) == pytest.approx((-0.06, 0.41), abs=digits(2))  # printed -0.07


# tau2, estimate; then standard error, test and interval: conventional, Knapp-Hartung, Huber-White
TABLE_16_3 = {
    "EE": (0.000, 0.060, (0.036, 1.655, -0.011, 0.132),
           (0.051, 1.173, -0.048, 0.168), (0.040, 1.515, -0.023, 0.144)),
    "ML": (0.013, 0.078, (0.047, 1.637, -0.015, 0.171),
           (0.059, 1.311, -0.047, 0.202), (0.047, 1.637, -0.022, 0.178)),
    "REML": (0.019, 0.084, (0.052, 1.621, -0.018, 0.185),
           (0.062, 1.359, -0.046, 0.213), (0.050, 1.676, -0.021, 0.189)),
    "DL": (0.026, 0.089, (0.056, 1.601, -0.020, 0.199),
           (0.064, 1.405, -0.044, 0.223), (0.052, 1.710, -0.020, 0.199)),
    "HE": (0.080, 0.114, (0.079, 1.443, -0.041, 0.270),
           (0.071, 1.608, -0.035, 0.264), (0.062, 1.850, -0.015, 0.244)),
}  # fmt: skip
Printed = tuple[float, float, float, float]


@pytest.mark.parametrize("method", TABLE_16_3)
def test_three_ways_to_a_standard_error_table_16_3(method: str) -> None:
    tau2, estimate, conventional, knapp_hartung, huber_white = TABLE_16_3[method]
    for ci_method, expected in (("wald", conventional), ("hksj", knapp_hartung)):
        r = pool(YI, VI, tau2_method=method, ci_method=ci_method)
        assert r.heterogeneity.tau2 == pytest.approx(tau2, abs=digits(3))
        assert r.estimate == pytest.approx(estimate, abs=digits(3))
        assert (r.se, r.statistic, r.ci.low, r.ci.high) == pytest.approx(expected, abs=digits(3)), ci_method
    robust = robust_pool(YI, VI, cluster=STUDY, tau2_method=method, method="CR0", df_method="clusters-p")
    c = robust.coefficients[0]
    assert (c.se, c.statistic, c.ci.low, c.ci.high) == pytest.approx(huber_white, abs=digits(3))
