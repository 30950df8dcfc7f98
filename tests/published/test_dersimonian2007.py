"""DerSimonian & Kacker (2007), Random-effects model for meta-analysis of clinical trials: an update,
Contemp Clin Trials 28:105-114: aspirin against pre-eclampsia (CLASP and five small trials), log odds
ratios.

Tables 3 and 4 (pages 111-112): tau, estimate and standard error by eleven estimators of tau2, as metafor's
test of these tables records them. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.models.pool import pool
from tests.published.printed import digits

N_TREAT, N_CONTROL = [156, 303, 565, 1570, 103, 4659], [74, 303, 477, 1565, 105, 4650]
EVENTS_TREAT, EVENTS_CONTROL = [5, 5, 12, 69, 9, 313], [8, 17, 9, 94, 11, 352]
EFFECTS = compute_effects(
    "OR", events_treat=EVENTS_TREAT, n_treat=N_TREAT, events_control=EVENTS_CONTROL, n_control=N_CONTROL
)
YI, VI = EFFECTS.yi, EFFECTS.vi


def tau2_by(method: str) -> float:
    return pool(YI, VI, tau2_method=method, ci_method="wald").heterogeneity.tau2


def two_steps(first: str) -> float:
    """Moment estimator with the weights 1 / (v + tau2 of `first`)."""
    weights = 1.0 / (VI + tau2_by(first))
    return pool(YI, VI, tau2_method="GENQ", ci_method="wald", weights=weights).heterogeneity.tau2


@pytest.mark.parametrize(
    ("method", "tau", "estimate", "se"),
    [
        ("PM", 0.3681, -0.3811, 0.2060),
        ("HE", 0.4410, -0.4035, 0.2327),  # "CA", Cochran's ANOVA estimator
        ("DL", 0.2323, -0.3240, 0.1540),
        ("EB", 0.3681, -0.3811, 0.2060),
        ("REML", 0.1843, -0.2980, 0.1343),
        ("HS", 0.1330, -0.2666, 0.1125),
        ("SJ", 0.4572, -0.4079, 0.2386),
    ],
)
def test_one_step_estimators(method: str, tau: float, estimate: float, se: float) -> None:
    r = pool(YI, VI, tau2_method=method, ci_method="wald")
    assert math.sqrt(r.heterogeneity.tau2) == pytest.approx(tau, abs=digits(4))
    assert (r.estimate, r.se) == pytest.approx((estimate, se), abs=digits(4))


def test_maximum_likelihood() -> None:
    # tau is printed 0.0023: a search that stopped near 0. The likelihood's maximum is tau = 0 itself.
    r = pool(YI, VI, tau2_method="ML", ci_method="wald")
    assert r.heterogeneity.tau2 == 0.0
    printed = pool(YI, VI, tau2_method="ML", ci_method="wald", tau2=0.0023**2)
    assert (printed.estimate, printed.se) == pytest.approx((-0.1974, 0.0694), abs=digits(4))
    assert r.loglik is not None
    assert printed.loglik is not None
    assert r.loglik > printed.loglik


@pytest.mark.parametrize(
    ("first", "tau", "estimate", "se"),
    [("HE", 0.3831, -0.3861, 0.2115), ("DL", 0.3254, -0.3655, 0.1901)],  # "CA2" and "DL2"
)
def test_two_step_estimators(first: str, tau: float, estimate: float, se: float) -> None:
    tau2 = two_steps(first)
    assert math.sqrt(tau2) == pytest.approx(tau, abs=digits(4))
    r = pool(YI, VI, tau2=tau2, ci_method="wald")
    assert (r.estimate, r.se) == pytest.approx((estimate, se), abs=digits(4))


def test_sidik_jonkman_from_another_start() -> None:
    # "SJ2": the same estimator started from CA: tau2 = start * Q(start) / (k - 1), weights 1 / (v / start +
    # 1).
    start = tau2_by("HE")
    w = 1.0 / (VI / start + 1.0)
    mean = float(w @ YI / w.sum())
    tau2 = float(w @ (YI - mean) ** 2) / (len(YI) - 1)
    assert math.sqrt(tau2) == pytest.approx(0.4084, abs=digits(4))
    r = pool(YI, VI, tau2=tau2, ci_method="wald")
    assert (r.estimate, r.se) == pytest.approx((-0.3941, 0.2208), abs=digits(4))


def test_counts_are_those_of_the_table() -> None:
    assert np.sum(N_TREAT) + np.sum(N_CONTROL) == 14530
