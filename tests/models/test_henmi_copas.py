"""The interval of Henmi and Copas: parts by hand, the defining integral by another quadrature, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from metamsc.errors import OptionError, TooFewStudiesError
from metamsc.models.henmi_copas import henmi_copas
from metamsc.models.pool import pool

# Closed forms in double precision.
CLOSED_FORM = 1e-12
# The defining integral by adaptive quadrature of scipy, which stops at 1e-10.
INTEGRAL = 1e-9
# The critical value is found to 1e-13; quadrature leaves about that.
CRITICAL = 1e-10


def test_estimate_and_variance_by_hand() -> None:
    # w = 25, 100/9; estimate (5 + 10)/(325/9) = 135/325; DL tau2 = (49/13 - 1)/(W1 - W2) = 0.18
    r = henmi_copas([0.2, 0.9], [0.04, 0.09])
    w = np.array([25.0, 100 / 9])
    assert r.estimate == pytest.approx(135 / 325, rel=CLOSED_FORM)
    assert r.tau2 == pytest.approx(0.18, rel=CLOSED_FORM)
    # variance of a weighted mean with fixed weights: sum w^2 (v + tau2) / (sum w)^2
    assert r.se == pytest.approx(math.sqrt((w**2 * (1 / w + 0.18)).sum()) / w.sum(), rel=CLOSED_FORM)
    assert r.ci.high - r.estimate == pytest.approx(r.critical * r.se, rel=CLOSED_FORM)


def test_the_critical_value_solves_the_equation() -> None:
    """Conditional moments from simulation-free matrix algebra, integral by scipy, in the original units."""
    y, v = np.array([0.3, -0.2, 0.9, 0.4]), np.array([0.05, 0.02, 0.2, 0.1])
    r = henmi_copas(y, v)
    # y = effects with covariance S; b = a'y; Q = y'By: moments of Q given b = those of a quadratic form
    # in the conditional normal with mean m = S a b / (a'S a) and covariance C = S - S a a'S / (a'S a).
    w = 1 / v
    a, S = w / w.sum(), np.diag(v + r.tau2)
    B = np.diag(w) - np.outer(w, w) / w.sum()
    Sa, var_b = S @ a, float(a @ S @ a)
    C = S - np.outer(Sa, Sa) / var_b
    W2 = (w**2).sum() / w.sum()

    def integrand(z: float) -> float:
        m = Sa / var_b * (z * math.sqrt(var_b))
        mean = float(np.trace(B @ C) + m @ B @ m)
        variance = float(2 * np.trace(B @ C @ B @ C) + 4 * m @ B @ C @ B @ m)
        # |b| / se_hat > critical exactly where tau2_hat, that is Q, is below a limit
        limit = (w.sum() / W2 - 1) * (z**2 * var_b * w.sum() / r.critical**2 - 1) + len(y) - 1
        return float(stats.gamma.cdf(limit, mean**2 / variance, scale=variance / mean) * stats.norm.pdf(z))

    start = r.critical / math.sqrt(var_b * w.sum())
    tail = integrate.quad(integrand, start, 15.0, epsabs=1e-14, epsrel=1e-11, limit=200)[0]
    assert tail == pytest.approx(0.025, rel=INTEGRAL)


def test_homogeneous_effects() -> None:
    r = henmi_copas([0.5] * 6, [0.1, 0.2, 0.3, 0.1, 0.2, 0.3])
    plain = pool([0.5] * 6, [0.1, 0.2, 0.3, 0.1, 0.2, 0.3], tau2_method="EE", ci_method="wald")
    assert r.tau2 == 0.0
    assert r.se == pytest.approx(plain.se, rel=CLOSED_FORM)
    # with tau2 taken as 0 the estimated standard error is never too small: at most the normal quantile
    assert 1.5 < r.critical <= 1.96


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.01, 1)), min_size=2, max_size=8),
    st.sampled_from([1e-6, 0.01, 1000.0]),
)
def test_shift_and_scale(studies: list[tuple[float, float]], scale: float) -> None:
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    a, b = henmi_copas(y, v), henmi_copas(3.0 + scale * y, scale**2 * v)
    assert b.critical == pytest.approx(a.critical, rel=1e-6)
    assert b.se == pytest.approx(scale * a.se, rel=1e-6)


def test_the_interval_widens_with_its_level() -> None:
    y, v = [0.3, -0.2, 0.9], [0.05, 0.02, 0.2]
    widths = [henmi_copas(y, v, level=level).critical for level in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)


def test_misuse_is_named() -> None:
    with pytest.raises(TooFewStudiesError, match="at least 2 studies; got 1"):
        henmi_copas([0.5], [0.1])
    with pytest.raises(OptionError, match="level must be a fraction"):
        henmi_copas([0.5, 0.1], [0.1, 0.1], level=95)
