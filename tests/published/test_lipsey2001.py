"""Lipsey & Wilson (2001), Practical Meta-Analysis, Sage: ten studies of challenge programmes and
delinquency.

Exhibits 7.3, 7.4, 7.6 and 7.7 (pages 133-141) as metafor's test of these exhibits records them; the book's
own rounding errors are noted. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.models.results import Coefficient
from metamsc.models.subgroups import compare_subgroups
from tests.published.printed import digits

YI = [-0.33, 0.32, 0.39, 0.31, 0.17, 0.64, -0.33, 0.15, -0.02, 0.00]
VI = [0.084, 0.035, 0.017, 0.034, 0.072, 0.117, 0.102, 0.093, 0.012, 0.067]
RANDOM = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
INTENSITY = np.array([7, 3, 7, 5, 7, 7, 4, 4, 5, 6])
X = np.column_stack([np.ones(10), RANDOM, INTENSITY])


def row(c: Coefficient) -> list[float | None]:
    return [c.estimate, c.se, c.statistic, c.p, c.ci.low, c.ci.high]


def test_fixed_effects_page_133() -> None:
    r = pool(YI, VI, tau2_method="EE", ci_method="wald")
    expected = [0.1549, 0.0609, 2.5450, 0.0109, 0.0356, 0.2742]
    assert row(r.coefficients[0]) == pytest.approx(expected, abs=digits(4))
    assert (r.heterogeneity.Q, r.heterogeneity.Q_p) == pytest.approx((14.7640, 0.0976), abs=digits(4))


def test_random_effects_page_133() -> None:
    r = pool(YI, VI, tau2_method="DL", ci_method="wald")
    expected = [0.1534, 0.0858, 1.7893, 0.0736, -0.0146, 0.3215]
    assert row(r.coefficients[0]) == pytest.approx(expected, abs=digits(4))
    assert r.heterogeneity.tau2 == pytest.approx(0.025955, abs=digits(6))


def test_analogue_to_the_analysis_of_variance_page_138() -> None:
    test = compare_subgroups(YI, VI, [str(g) for g in RANDOM], tau2_method="EE")
    assert test.statistic == pytest.approx(7.0739, abs=digits(4))  # the book prints 7.0738
    assert test.p == pytest.approx(0.0078, abs=digits(4))
    means = [pool(np.array(YI)[g], np.array(VI)[g], tau2_method="EE", ci_method="wald")
             for g in (RANDOM == 0, RANDOM == 1)]  # fmt: skip
    assert row(means[0].coefficients[0])[:2] == pytest.approx([0.2984, 0.0813], abs=digits(4))
    assert (means[0].ci.low, means[0].ci.high) == pytest.approx((0.1390, 0.4578), abs=digits(4))
    assert row(means[1].coefficients[0])[:2] == pytest.approx([-0.0277, 0.0917], abs=digits(4))
    assert (means[1].ci.low, means[1].ci.high) == pytest.approx((-0.2075, 0.1521), abs=digits(4))
    within = [m.heterogeneity for m in means]
    assert [h.Q for h in within] == pytest.approx([6.4382, 1.2519], abs=digits(4))  # the book: 6.4383
    assert [h.Q_p for h in within] == pytest.approx([0.2659, 0.7406], abs=digits(4))
    left = pool(YI, VI, tau2_method="EE", ci_method="wald", X=X[:, :2]).heterogeneity
    assert (left.Q, left.Q_p) == pytest.approx((7.6901, 0.4643), abs=digits(4))  # the book: 7.6902


def test_regression_with_fixed_effects_page_141() -> None:
    r = pool(YI, VI, tau2_method="EE", ci_method="wald", X=X)
    expected = [
        [0.3223, 0.2998, 1.0752, 0.2823, -0.2652, 0.9099],
        [-0.3298, 0.1304, -2.5286, 0.0115, -0.5854, -0.0742],
        [-0.0041, 0.0493, -0.0829, 0.9339, -0.1007, 0.0925],
    ]
    for c, values in zip(r.coefficients, expected, strict=True):
        assert row(c) == pytest.approx(values, abs=digits(4)), c.name
    assert r.QM is not None
    assert (r.QM.statistic, r.QM.p) == pytest.approx((7.0807, 0.0290), abs=digits(4))
    h = r.heterogeneity
    assert (h.Q, h.Q_p) == pytest.approx((7.6832, 0.3614), abs=digits(4))  # the book: 7.6833, 0.3613


def test_regression_with_mixed_effects_page_141() -> None:
    r = pool(YI, VI, tau2_method="DL", ci_method="wald", X=X)
    expected = [
        [0.3311, 0.3198, 1.0351, 0.3006, -0.2958, 0.9579],
        [-0.3269, 0.1439, -2.2712, 0.0231, -0.6090, -0.0448],
        [-0.0068, 0.0528, -0.1292, 0.8972, -0.1103, 0.0967],
    ]
    for c, values in zip(r.coefficients, expected, strict=True):
        assert row(c) == pytest.approx(values, abs=digits(4)), c.name
    assert r.QM is not None
    assert r.QM.statistic == pytest.approx(5.5711, abs=digits(4))  # the book prints 5.5709
    assert r.QM.p == pytest.approx(0.0617, abs=digits(4))
    assert r.heterogeneity.tau2 == pytest.approx(0.00488, abs=digits(5))
    assert pytest.approx(81.2, abs=digits(1)) == r.R2  # (0.025955 - 0.00488) / 0.025955
