"""The distribution of a positive quadratic form: closed forms, another integral, laws; intervals from it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chi2

from metamsc.errors import OptionError
from metamsc.models.batch import FloatArray
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from metamsc.models.quadratic_form import ABSOLUTE_ERROR, generalised_q_cdf, positive_form_cdf

# Imhof's integral below is summed in pieces to 1e-14 each.
IMHOF = 1e-11
# Moment estimators are closed forms.
CLOSED = 1e-10
# Ends of intervals are roots found to 1e-13; the distribution they rest on has an error of 1e-12.
ROOT = 1e-9

YI = np.array([-0.89, -1.59, -1.35, -1.44, -0.22, -0.79, -1.62, 0.01, -0.47, -1.37, -0.34, 0.45, -0.02])
VI = np.array([0.326, 0.195, 0.415, 0.020, 0.051, 0.007, 0.223, 0.004, 0.056, 0.073, 0.012, 0.533, 0.071])


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 10_000])
@pytest.mark.parametrize("p", [1e-6, 0.025, 0.5, 0.975, 1.0 - 1e-9])
def test_equal_weights_are_chi_square(n: int, p: float) -> None:
    x = 3.7 * chi2.ppf(p, n)
    assert positive_form_cdf(x, np.full(n, 3.7)) == pytest.approx(p, abs=ABSOLUTE_ERROR)


def test_two_weights_by_hand() -> None:
    # 2 (chi2_1 + chi2_1) is exponential with mean 4: P(<= 4) = 1 - exp(-1).
    assert positive_form_cdf(4.0, np.array([2.0, 2.0])) == pytest.approx(1.0 - math.exp(-1.0), abs=1e-14)
    assert positive_form_cdf(0.0, np.array([2.0, 2.0])) == 0.0
    assert positive_form_cdf(1e6, np.array([1.0, 2.0])) == 1.0


def _imhof(x: float, weights: FloatArray) -> float:
    def integrand(u: float) -> float:
        angle = 0.5 * float(np.arctan(weights * u).sum()) - 0.5 * x * u
        return math.sin(angle) / (u * float(np.prod((1.0 + (weights * u) ** 2) ** 0.25)))

    edges = np.arange(0.0, 200.0, 0.5)
    total = sum(quad(integrand, a, a + 0.5, epsabs=1e-15, epsrel=1e-13, limit=200)[0] for a in edges)
    return 0.5 - total / math.pi


@pytest.mark.parametrize("x", [2.0, 8.0, 20.0])
def test_unequal_weights_equal_imhof_integral(x: float) -> None:
    weights = np.array([0.3, 0.5, 0.9, 1.0, 1.4, 2.0, 2.5, 0.7, 1.1, 0.8, 1.9, 0.4])
    assert positive_form_cdf(x, weights) == pytest.approx(_imhof(x, weights), abs=IMHOF)


@pytest.mark.parametrize("p", [1, 2, 4])
def test_determinants_and_eigenvalues_agree(p: int) -> None:
    rng = np.random.default_rng(p)
    k = 17
    X = np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])
    v = np.exp(rng.normal(size=k))
    a, marginal = 1.0 / np.sqrt(v), v + 0.4
    A = np.diag(a)
    P = A - A @ X @ np.linalg.solve(X.T @ A @ X, X.T @ A)
    root = np.sqrt(marginal)
    weights = np.asarray(np.linalg.eigvalsh(root[:, None] * P * root)[p:], dtype=np.float64)
    for q in (0.3, 1.0, 2.5):
        x = q * float(weights.sum())
        assert generalised_q_cdf(x, a, marginal, X) == pytest.approx(positive_form_cdf(x, weights), abs=1e-13)


@given(st.floats(0.01, 3.0), st.floats(0.01, 3.0))
def test_the_distribution_function_rises(x: float, more: float) -> None:
    weights = np.array([0.2, 1.0, 0.4])
    assert positive_form_cdf(x, weights) < positive_form_cdf(x + more, weights)


def test_cochrans_weights_give_dersimonian_laird() -> None:
    dl, genq = (pool(YI, VI, tau2_method=m, weights=1.0 / VI).heterogeneity for m in ("DL", "GENQ"))
    assert genq.tau2 == pytest.approx(dl.tau2, rel=CLOSED)
    assert genq.tau2_se == pytest.approx(dl.tau2_se, rel=CLOSED)


def test_unit_weights_give_hedges() -> None:
    he, genq = (pool(YI, VI, tau2_method=m, weights=np.ones(13)).heterogeneity for m in ("HE", "GENQ"))
    assert genq.tau2 == pytest.approx(he.tau2, rel=CLOSED)
    assert genq.tau2_se == pytest.approx(he.tau2_se, rel=CLOSED)


def test_generalised_q_by_hand() -> None:
    # y = 0, 3; v = 1, 2; a = 1, 1: Q = 4.5; tr(P) = 1; tr(PV) = 3 - 1.5 = 1.5; tau2 = 3.
    fit = pool([0.0, 3.0], [1.0, 2.0], tau2_method="GENQ", weights=[1.0, 1.0], ci_method="wald")
    assert fit.heterogeneity.tau2 == pytest.approx(3.0, rel=1e-14)


def test_interval_of_two_studies_by_hand() -> None:
    # Q = w (y1 - y2)**2 / 2 with w = 1 is (1.5 + tau2) chi2_1: the ends are 4.5 / quantile - 1.5.
    found = tau2_interval([0.0, 3.0], [1.0, 2.0], method="generalised-q", weights=[1.0, 1.0])
    assert found.tau2.low == 0.0
    assert found.tau2.high == pytest.approx(4.5 / chi2.ppf(0.025, 1) - 1.5, rel=ROOT)
    assert not found.empty


@pytest.mark.parametrize("method", ["biggerstaff-jackson", "jackson"])
def test_interval_is_equivariant(method: str) -> None:
    X = np.column_stack([np.ones(13), np.arange(13.0)])
    once = tau2_interval(YI, VI, method=method, X=X)
    scaled = tau2_interval(1e4 * YI + 7e8, 1e8 * VI, method=method, X=X)
    # An offset of 7e4 standard deviations costs that many units in the last place of the effects.
    assert scaled.tau2.low == pytest.approx(1e8 * once.tau2.low, rel=1e-6)
    assert scaled.tau2.high == pytest.approx(1e8 * once.tau2.high, rel=1e-6)


def test_identical_effects_leave_no_tau2() -> None:
    found = tau2_interval([0.4, 0.4, 0.4], [0.1, 0.2, 0.3], method="jackson")
    assert (found.tau2.low, found.tau2.high, found.empty) == (0.0, 0.0, True)


def test_weights_and_methods_must_go_together() -> None:
    with pytest.raises(OptionError, match="generalised-q needs weights"):
        tau2_interval(YI, VI, method="generalised-q")
    with pytest.raises(OptionError, match="generalised-q needs weights"):
        tau2_interval(YI, VI, method="generalised-q", weights=[0.0, *([1.0] * 12)])
    with pytest.raises(OptionError, match="weights are for method 'generalised-q' only; got 'jackson'"):
        tau2_interval(YI, VI, method="jackson", weights=np.ones(13))


def test_simple_prediction_interval_takes_the_mean_as_known() -> None:
    # 1.959964 tau on both sides.
    fit = pool(YI, VI, pi_method="simple", ci_method="hksj")
    assert fit.pi is not None
    half = 1.959963984540054 * math.sqrt(fit.heterogeneity.tau2)
    assert fit.pi.high - fit.estimate == pytest.approx(half, rel=1e-12)
