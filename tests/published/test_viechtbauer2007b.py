"""Viechtbauer (2007), Accounting for heterogeneity via random-effects models and moderator analyses in
meta-analysis, Z Psychol 215:104-121: St John's wort against depression (17 of the trials of Linde et al.
2005).

Numbers of pages 106-113 and Table II, as metafor's test of this article gives them to four decimals (the
article rounds to two); where its last digit differs that is noted. Tolerance: half a unit of the last
digit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects
from tests.published.printed import digits

# Linde K et al. (2005), Cochrane Database Syst Rev, CD000448: responders with St John's wort and with
# placebo, of how many; daily dose (mg), weeks, baseline score
TRIALS = [
    (20, 25, 11, 25, 380, 8, 19.5), (14, 20, 9, 20, 900, 4, 12.5), (4, 25, 2, 25, 900, 4, 22.7),
    (20, 32, 6, 33, 900, 6, 16.5), (28, 50, 13, 55, 900, 4, 15.8), (34, 48, 25, 49, 240, 6, 23.6),
    (35, 53, 12, 54, 900, 4, 20.7), (24, 49, 16, 49, 900, 6, 21.1), (45, 80, 12, 79, 500, 6, 19.4),
    (67, 106, 22, 47, 1050, 6, 22.7), (34, 60, 17, 59, 900, 6, 16.7), (46, 70, 34, 70, 500, 6, 20.9),
    (55, 123, 57, 124, 900, 6, 21.5), (23, 37, 15, 35, 900, 6, 19.9), (26, 98, 19, 102, 1050, 8, 22.5),
    (46, 113, 56, 116, 1200, 8, 22.9), (98, 186, 80, 189, 900, 6, 21.9),
]  # fmt: skip
A, N1, C, N2, DOSE, WEEKS, BASELINE = (np.array(column) for column in zip(*TRIALS, strict=True))
EFFECTS = compute_effects("RR", events_treat=A, n_treat=N1, events_control=C, n_control=N2)
YI, VI = EFFECTS.yi, EFFECTS.vi
TOTAL_DOSE = DOSE * 7 / 1000 * WEEKS - 34  # grams in all, beyond the mean
SEVERITY = BASELINE - 20
X = np.column_stack([np.ones(17), TOTAL_DOSE, SEVERITY, TOTAL_DOSE * SEVERITY])


def test_single_trials_page_106() -> None:
    own = [pool([YI[j]], [VI[j]]).ci for j in (12, 16)]
    # the article prints 1.01 for 1.0039
    assert [math.exp(ci.low) for ci in own] == pytest.approx([0.7397, 1.0039], abs=digits(4))
    assert [math.exp(ci.high) for ci in own] == pytest.approx([1.2793, 1.5434], abs=digits(4))


def test_equal_effects_page_107() -> None:
    r = pool(YI, VI, tau2_method="EE", ci_method="wald")
    shown = [math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high)]
    assert shown == pytest.approx([1.3840, 1.2599, 1.5204], abs=digits(4))  # the article prints 1.39
    assert pytest.approx(51.5454, abs=digits(4)) == r.heterogeneity.Q  # the article prints 55.54


def test_random_effects_page_109() -> None:
    r = pool(YI, VI, tau2_method="DL", ci_method="wald", pi_method="normal")
    shown = [math.exp(x) for x in (r.estimate, r.ci.low, r.ci.high)]
    assert shown == pytest.approx([1.5722, 1.3103, 1.8864], abs=digits(4))  # the article prints 1.90
    assert r.heterogeneity.tau2 == pytest.approx(0.0903, abs=digits(4))  # the article prints 0.091
    assert r.pi is not None
    assert [math.exp(r.pi.low), math.exp(r.pi.high)] == pytest.approx([0.8488, 2.9120], abs=digits(4))
    # The article leaves out that the mean is estimated, and goes on from rounded numbers: 0.87 to 2.83.
    simple = pool(YI, VI, tau2_method="DL", ci_method="wald", pi_method="simple").pi
    assert simple is not None
    assert [math.exp(simple.low), math.exp(simple.high)] == pytest.approx([0.87, 2.83], abs=digits(2))


def test_mixed_effects_page_112_and_table_2() -> None:
    r = pool(YI, VI, tau2_method="DL", ci_method="wald", X=X)
    assert r.heterogeneity.tau2 == pytest.approx(0.0475, abs=digits(4))
    assert pytest.approx(47.3778, abs=digits(4)) == r.R2  # the article: 48 %
    expected = [
        (0.47625885, 0.08764097, 5.43420301, 0.00000006),
        (-0.0058448, 0.00999872, -0.58455444, 0.55884735),
        (-0.06722782, 0.03522283, -1.9086436, 0.05630808),
        (-0.00156996, 0.00344659, -0.45551255, 0.64874054),
    ]
    for c, values in zip(r.coefficients, expected, strict=True):
        assert (c.estimate, c.se, c.statistic, c.p) == pytest.approx(values, abs=digits(7)), c.name


def test_predicted_effects_page_113() -> None:
    new = [[1.0, 0.0, baseline - 20, 0.0] for baseline in (12.5, 23.6)]
    mild, severe = predict_effects(YI, VI, X=X, new_X=new, tau2_method="DL", ci_method="wald")
    shown = [math.exp(x) for x in (mild.estimate, mild.ci.low, mild.ci.high)]
    assert shown == pytest.approx([2.6657, 1.4560, 4.8806], abs=digits(4))  # printed 2.66, 1.46, 4.90
    shown = [math.exp(x) for x in (severe.estimate, severe.ci.low, severe.ci.high)]
    assert shown == pytest.approx([1.2639, 0.9923, 1.6099], abs=digits(4))


@pytest.mark.parametrize(
    ("method", "tau2", "se"),
    # Not in the article: metafor's values.
    [
        ("HS", 0.0253, 0.0197), ("HE", 0.0388, 0.0764), ("DL", 0.0475, 0.0376), ("SJ", 0.0912, 0.0436),
        ("PM", 0.0633, 0.0460), ("ML", 0.0240, 0.0222), ("REML", 0.0558, 0.0409), ("EB", 0.0633, 0.0460),
    ],
)  # fmt: skip
def test_residual_heterogeneity_by_other_estimators(method: str, tau2: float, se: float) -> None:
    h = pool(YI, VI, tau2_method=method, ci_method="wald", X=X).heterogeneity
    assert (h.tau2, h.tau2_se) == pytest.approx((tau2, se), abs=digits(4))
