"""van Houwelingen, Arends & Stijnen (2002), Advanced methods in meta-analysis: multivariate approach and
meta-regression, Stat Med 21:589-624: the BCG trials, log odds ratios, and the log odds of both groups.

Numbers in the text of pages 596-613, as metafor's test of these pages records them; where the article's
last digit differs that is noted. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.batch import FloatArray
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.terms import RandomTerm
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


# Log odds of tuberculosis: vaccinated (EXP) and not (CON), one after the other
ODDS = [math.log(x) for a, b, c, d, _ in TRIALS for x in (a / b, c / d)]
ODDS_VI = [v for a, b, c, d, _ in TRIALS for v in (1 / a + 1 / b, 1 / c + 1 / d)]
GROUP = ["EXP", "CON"] * 13
EXP = np.array([g == "EXP" for g in GROUP], dtype=float)
CENTRED = np.repeat([trial[4] for trial in TRIALS], 2) - 33.0


def bivariate(X: FloatArray) -> StructuredFit:
    trial = np.repeat(np.arange(13), 2).tolist()
    term = RandomTerm(name="group", outer=trial, inner=GROUP, structure="UN")
    return fit_structured(ODDS, ODDS_VI, terms=[term], X=X, method="ML", ci_method="wald")


def variances(fit: StructuredFit) -> list[float]:
    by_level = dict(zip(fit.result.terms[0].levels, fit.result.terms[0].variances, strict=True))
    return [by_level["EXP"], by_level["CON"]]


def test_bivariate_model_pages_604_to_605() -> None:
    fit = bivariate(np.column_stack([np.ones(26), EXP]))
    control, difference = fit.result.coefficients
    assert (control.estimate, control.se) == pytest.approx((-4.096, 0.435), abs=digits(3))
    assert (difference.estimate, difference.se) == pytest.approx((-0.738, 0.180), abs=digits(3))
    assert control.estimate + difference.estimate == pytest.approx(-4.834, abs=digits(3))
    shown = [math.exp(x) for x in (difference.estimate, difference.ci.low, difference.ci.high)]
    assert shown == pytest.approx([0.478, 0.336, 0.680], abs=digits(3))
    treated, untreated = variances(fit)
    rho = fit.result.terms[0].correlations[0]
    assert (treated, untreated) == pytest.approx((1.431, 2.407), abs=digits(3))
    assert rho == pytest.approx(0.947, abs=digits(3))
    of_log_odds_ratios = treated + untreated - 2 * rho * math.sqrt(treated * untreated)
    assert of_log_odds_ratios == pytest.approx(0.324, abs=digits(3))


def test_bivariate_regression_on_latitude_pages_612_to_613() -> None:
    fit = bivariate(np.column_stack([np.ones(26), EXP, CENTRED, EXP * CENTRED]))
    found = fit.result.coefficients
    assert [c.estimate for c in found] == pytest.approx([-4.117, -0.708, 0.072, -0.033], abs=digits(3))
    assert [c.se for c in found] == pytest.approx([0.306, 0.048, 0.022, 0.003], abs=digits(3))
    assert variances(fit) == pytest.approx([1.23, 1.18], abs=digits(2))
    assert fit.result.terms[0].correlations[0] == pytest.approx(1.0, abs=digits(3))
