"""Berkey, Hoaglin, Mosteller & Colditz (1995), A random-effects regression model for meta-analysis, Stat Med
14:395-411: the BCG trials with smoothed sampling variances, by empirical Bayes.

Numbers printed on page 408, as metafor's test of this analysis records them, misprints included. Tolerance:
half a unit of the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects
from tests.published.printed import digits
from tests.published.test_colditz1994_bcg import TRIALS, YI

A, B, C, D, LATITUDE = (np.array(column, dtype=float) for column in zip(*TRIALS, strict=True))
# Each cell's share is smoothed over the 13 trials.
VI = (B / A).sum() / (13 * (B + A)) + (D / C).sum() / (13 * (D + C))
X = np.column_stack([np.ones(13), LATITUDE - 33.46])
AT = np.array([[1.0, 0.0], [1.0, 42 - 33.46]])


def test_random_effects() -> None:
    r = pool(YI, VI, tau2_method="EB", ci_method="wald")
    assert r.estimate == pytest.approx(-0.5429, abs=digits(4))
    assert r.se == pytest.approx(0.1842, abs=digits(4))
    assert r.heterogeneity.tau2 == pytest.approx(0.268, abs=digits(3))


def test_mixed_effects_on_latitude() -> None:
    r = pool(YI, VI, X=X, tau2_method="EB", ci_method="wald")
    intercept, slope = r.coefficients
    assert intercept.estimate == pytest.approx(-0.6303, abs=digits(4))  # the article prints -0.6304
    assert slope.estimate == pytest.approx(-0.0268, abs=digits(4))
    assert (intercept.se, slope.se) == pytest.approx((0.1591, 0.0110), abs=digits(4))
    assert r.heterogeneity.tau2 == pytest.approx(0.157, abs=digits(3))
    assert pytest.approx(41, abs=digits(0)) == r.R2  # "41 per cent of the heterogeneity"
    predicted = predict_effects(YI, VI, X=X, new_X=AT, tau2_method="EB", ci_method="wald")
    assert [math.exp(p.estimate) for p in predicted] == pytest.approx([0.53, 0.42], abs=digits(2))


def test_fixed_effects_on_latitude() -> None:
    r = pool(YI, VI, X=X, tau2_method="EE", ci_method="wald")
    intercept, slope = r.coefficients
    assert intercept.estimate == pytest.approx(-0.5949, abs=digits(4))  # the article prints -0.5950
    assert slope.estimate == pytest.approx(-0.0282, abs=digits(4))
    assert (intercept.se, slope.se) == pytest.approx((0.0696, 0.0040), abs=digits(4))  # printed 0.0039
    predicted = predict_effects(YI, VI, X=X, new_X=AT, tau2_method="EE", ci_method="wald")
    assert [math.exp(p.estimate) for p in predicted] == pytest.approx([0.55, 0.43], abs=digits(2))
