"""van Houwelingen, Arends & Stijnen (2002), Advanced methods in meta-analysis: multivariate approach and
meta-regression, Stat Med 21:589-624: the BCG trials, log odds ratios, univariate analyses.

Numbers in the text of pages 596-609, as metafor's test of these pages records them; where the article's
last digit differs that is noted. The bivariate models of pages 604-613 are not reproduced here. Tolerance:
half a unit of the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from tests.published.printed import digits
from tests.published.test_colditz1994_bcg import LATITUDE, TRIALS

YI = [math.log(a * d / (b * c)) for a, b, c, d, _ in TRIALS]
VI = [1 / a + 1 / b + 1 / c + 1 / d for a, b, c, d, _ in TRIALS]


def ratio(r: PooledResult) -> tuple[float, ...]:
    return tuple(math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high))


def test_fixed_effects_page_596() -> None:
    r = pool(YI, VI, tau2_method="EE", ci_method="wald")
    assert ratio(r) == pytest.approx((0.647, 0.595, 0.702), abs=digits(3))  # the article prints 0.703


def test_random_effects_page_597() -> None:
    r = pool(YI, VI, tau2_method="ML", ci_method="wald")
    assert ratio(r) == pytest.approx((0.476, 0.336, 0.675), abs=digits(3))
    assert r.heterogeneity.tau2 == pytest.approx(0.302, abs=digits(3))


def test_profile_likelihood_interval_page_597() -> None:
    interval = tau2_interval(YI, VI, method="profile-likelihood", tau2_method="ML").tau2
    assert (interval.low, interval.high) == pytest.approx((0.12, 0.89), abs=digits(2))


def test_interval_page_597_by_the_exact_method() -> None:
    # The article's approximate interval is 0.135 to 1.181; the Q-profile interval is this.
    interval = tau2_interval(YI, VI).tau2
    assert (interval.low, interval.high) == pytest.approx((0.130, 1.181), abs=digits(3))


def test_range_of_true_effects_page_599() -> None:
    # The article leaves out that the mean is estimated.
    pi = pool(YI, VI, tau2_method="ML", ci_method="wald", pi_method="simple").pi
    assert pi is not None
    assert (pi.low, pi.high) == pytest.approx((-1.820, 0.336), abs=digits(3))


def test_regression_on_latitude_pages_608_to_609() -> None:
    r = pool(YI, VI, tau2_method="ML", ci_method="wald", X=np.array(LATITUDE))
    assert [c.estimate for c in r.coefficients] == pytest.approx([0.371, -0.033], abs=digits(3))
    assert [c.se for c in r.coefficients] == pytest.approx([0.106, 0.003], abs=digits(3))
    assert r.heterogeneity.tau2 == pytest.approx(0.004, abs=digits(3))
    assert pytest.approx(98.7, abs=digits(1)) == r.R2
