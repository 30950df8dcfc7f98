"""Harbord's, Peters' and Pustejovsky's tests: a published analysis, by hand, laws, their size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.sensitivity.bias_counts import harbord_test, peters_test, pustejovsky_rodgers_test

Floats = NDArray[np.float64]

CLOSED_FORM = 1e-8
PUBLISHED = 5e-7  # printed with eight digits, the statistic with five

# Haloperidol against placebo, responders and failures: Joy et al. 2006, as in Balduzzi, Ruecker & Schwarzer
# (2019), Evid Based Ment Health 22:153-160.
JOY = np.array([
    (25, 25, 18, 33), (29, 18, 20, 14), (12, 17, 2, 28), (3, 9, 0, 12), (10, 11, 3, 19), (11, 8, 1, 14),
    (7, 18, 4, 21), (8, 9, 3, 10), (19, 45, 14, 50), (1, 9, 0, 10), (11, 23, 0, 13), (20, 9, 2, 9),
    (17, 1, 7, 4), (4, 10, 0, 13), (2, 14, 0, 7), (11, 1, 1, 11), (9, 20, 0, 29),
], dtype=float)  # fmt: skip
EVENTS_T, N_T, EVENTS_C, N_C = JOY[:, 0], JOY[:, 0] + JOY[:, 1], JOY[:, 2], JOY[:, 2] + JOY[:, 3]


def _weighted_line(y: Floats, x: Floats, w: Floats) -> tuple[float, float, float]:
    """Return slope, its standard error and the intercept of a weighted regression."""
    X = np.column_stack([np.ones_like(x), x])
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    b = cov @ (X.T @ (w * y))
    s2 = float((w * (y - X @ b) ** 2).sum()) / (y.size - 2)
    return float(b[1]), float(np.sqrt(s2 * cov[1, 1])), float(b[0])


def test_harbord_of_a_published_analysis() -> None:
    # metabias(m.publ, method.bias = "score") of R's meta 4.15-1, risk ratios, prints bias 2.21062613
    # (0.48531007), intercept -0.09141715. That version takes the arms for equally large in the variance,
    # N E / (4 (N - E)); ours has n1 n0 E / (N (N - E)) of the paper. The rest is the same.
    N, E = N_T + N_C, EVENTS_T + EVENTS_C
    Z = (EVENTS_T * N - E * N_T) / (N - E)
    as_printed, as_in_paper = N * E / (4 * (N - E)), N_T * N_C * E / (N * (N - E))
    printed = _weighted_line(Z / as_printed, as_printed**-0.5, as_printed)
    assert printed == pytest.approx((2.21062613, 0.48531007, -0.09141715), rel=PUBLISHED)
    test = harbord_test(EVENTS_T, N_T, EVENTS_C, N_C, measure="RR")
    expected = _weighted_line(Z / as_in_paper, as_in_paper**-0.5, as_in_paper)
    assert (test.slope, test.slope_se, test.intercept) == pytest.approx(expected, rel=CLOSED_FORM)
    assert (test.df, test.k) == (15, 17)


def test_score_and_variance_by_hand() -> None:
    # 3 of 10 and 1 of 10: E = 4, N = 20, Z = 3 - 4 * 10 / 20 = 1, V = 100 * 4 * 16 / (400 * 19) = 16 / 19.
    # 6 of 20 and 2 of 20 twice: Z = 2, V = 400 * 8 * 32 / (1600 * 39) = 64 / 39; the line goes through both.
    test = harbord_test([3, 6, 6], [10, 20, 20], [1, 2, 2], [10, 20, 20], force=True)
    y1, y2 = 19 / 16, 2 * 39 / 64
    x1, x2 = (19 / 16) ** 0.5, (39 / 64) ** 0.5
    slope = (y2 - y1) / (x2 - x1)
    assert test.slope == pytest.approx(slope, rel=CLOSED_FORM)
    assert test.intercept == pytest.approx(y1 - slope * x1, rel=CLOSED_FORM)


def test_peters_by_hand() -> None:
    # Two sizes only: the line joins the means. N = 20: effects 1 and 3, of equal weight; N = 40: effect 1.
    # At 1/20 the mean is 2, at 1/40 it is 1: slope 1 / (1/20 - 1/40) = 40.
    test = peters_test([1, 3, 1], [4, 4, 8], [10, 10, 20], [2, 2, 4], [10, 10, 20], force=True)
    assert test.slope == pytest.approx(40.0, rel=CLOSED_FORM)
    assert test.intercept == pytest.approx(0.0, abs=CLOSED_FORM)
    assert test.predictor == "1/n"


def test_pustejovsky_by_hand() -> None:
    # Predictor sqrt(2 / n): 0.2 for n = 50, 0.4 for n = 12.5. Equal variances: means 1 and 2, slope 5.
    test = pustejovsky_rodgers_test(
        [1.0, 1.5, 2.5], [0.1, 0.1, 0.1], [50, 12.5, 12.5], [50, 12.5, 12.5], force=True
    )
    assert test.slope == pytest.approx(5.0, rel=CLOSED_FORM)
    assert test.intercept == pytest.approx(0.0, abs=CLOSED_FORM)


def test_swapping_arms_of_odds_ratios_changes_the_sign_only() -> None:
    there = harbord_test(EVENTS_T, N_T, EVENTS_C, N_C)
    back = harbord_test(EVENTS_C, N_C, EVENTS_T, N_T)
    assert (back.slope, back.intercept) == pytest.approx((-there.slope, -there.intercept), rel=CLOSED_FORM)
    assert back.p == pytest.approx(there.p, rel=CLOSED_FORM)


def test_tables_without_events_do_not_count() -> None:
    more = (
        np.append(column, value)
        for column, value in zip((EVENTS_T, N_T, EVENTS_C, N_C), (0, 9, 0, 9), strict=True)
    )
    assert harbord_test(*more) == harbord_test(EVENTS_T, N_T, EVENTS_C, N_C)


def test_size_of_harbords_test_without_small_study_effects() -> None:
    # 400 sets of 20 studies, odds ratio 3: at 10 % it rejects 40 +- 3 SD = 22 to 58 times.
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(400):
        n = rng.integers(20, 300, 20)
        c, t = rng.binomial(n, 0.2), rng.binomial(n, 0.6 / 1.4)
        p = harbord_test(t, n, c, n).p
        rejected += p is not None and p < 0.1
    assert 22 <= rejected <= 58


def test_refusals() -> None:
    with pytest.raises(TooFewStudiesError, match=r"with 9 studies .* at least 10"):
        harbord_test(EVENTS_T[:9], N_T[:9], EVENTS_C[:9], N_C[:9])
    with pytest.raises(OptionError, match="measure must be one of 'OR', 'RR'"):
        harbord_test(EVENTS_T, N_T, EVENTS_C, N_C, measure="RD")
    with pytest.raises(InputError, match="study 2: events must lie between 0"):
        harbord_test([1, 5], [4, 4], [1, 1], [4, 4], force=True)
    with pytest.raises(InputError, match="one-dimensional and equally long"):
        harbord_test([1, 2], [4], [1, 1], [4, 4], force=True)
    with pytest.raises(InputError, match="one effect per study"):
        peters_test([0.1], EVENTS_T, N_T, EVENTS_C, N_C)
    with pytest.raises(InputError, match="n_control must have one positive number"):
        pustejovsky_rodgers_test([1, 2, 3], [1, 1, 1], [4, 5, 6], [4, 0, 6], force=True)
    with pytest.raises(InputError, match="all studies have the same"):
        pustejovsky_rodgers_test([1, 2, 3], [1, 1, 1], [4, 4, 4], [4, 4, 4], force=True)
