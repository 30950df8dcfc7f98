"""Viechtbauer (2007), Confidence intervals for the amount of heterogeneity in meta-analysis, Stat Med
26:37-52: diuretics against pre-eclampsia (Collins, Yusuf & Peto 1985), log odds ratios.

Table II (page 44), as metafor's test of this table gives it, to three decimals. The Biggerstaff-Tweedie
interval there rests on a gamma approximation and the bootstrap intervals on random numbers; neither is
reproduced. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import pytest
from scipy.special import chdtri

from metamsc.effects import compute_effects
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from tests.published.printed import digits

# Collins R, Yusuf S & Peto R (1985), BMJ 290:17-23: cases with diuretics and without, of how many
TRIALS = [
    (14, 131, 14, 136), (21, 385, 17, 134), (14, 57, 24, 48), (6, 38, 18, 40), (12, 1011, 35, 760),
    (138, 1370, 175, 1336), (15, 506, 20, 524), (6, 108, 2, 103), (65, 153, 40, 102),
]  # fmt: skip
A, N1, C, N2 = (list(column) for column in zip(*TRIALS, strict=True))
EFFECTS = compute_effects("OR", events_treat=A, n_treat=N1, events_control=C, n_control=N2)
YI, VI = EFFECTS.yi, EFFECTS.vi


@pytest.mark.parametrize(("method", "tau2"), [("DL", 0.230), ("ML", 0.239), ("REML", 0.301), ("SJ", 0.456)])
def test_estimates(method: str, tau2: float) -> None:
    h = pool(YI, VI, tau2_method=method, ci_method="wald").heterogeneity
    assert h.tau2 == pytest.approx(tau2, abs=digits(3))


@pytest.mark.parametrize(
    ("method", "tau2_method", "low", "high"),
    [
        ("q-profile", "DL", 0.072, 2.203),
        ("profile-likelihood", "ML", 0.027, 1.131),
        ("profile-likelihood", "REML", 0.043, 1.475),
    ],
)
def test_intervals(method: str, tau2_method: str, low: float, high: float) -> None:
    interval = tau2_interval(YI, VI, method=method, tau2_method=tau2_method).tau2
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=digits(3))


@pytest.mark.parametrize(("method", "low", "high"), [("ML", -0.101, 0.578), ("REML", -0.131, 0.732)])
def test_wald_intervals_from_the_standard_error(method: str, low: float, high: float) -> None:
    h = pool(YI, VI, tau2_method=method, ci_method="wald").heterogeneity
    assert h.tau2_se is not None
    ends = (h.tau2 - 1.96 * h.tau2_se, h.tau2 + 1.96 * h.tau2_se)
    assert ends == pytest.approx((low, high), abs=digits(3))


def test_sidik_jonkman_interval_from_the_estimate() -> None:
    r = pool(YI, VI, tau2_method="SJ", ci_method="wald")
    spread = (r.k - 1) * r.heterogeneity.tau2
    ends = tuple(spread / chdtri(r.k - 1, tail) for tail in (0.025, 0.975))
    assert ends == pytest.approx((0.208, 1.675), abs=digits(3))
