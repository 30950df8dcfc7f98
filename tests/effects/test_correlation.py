"""Correlations, and the bias-corrected one against an integral that does not use the library's function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from metamsc.effects import compute_effects

RTOL = 1e-12  # closed forms in double precision
QUADRATURE = 1e-11  # 400 Gauss-Legendre nodes on a smooth integrand


def test_raw_and_z() -> None:
    cor = compute_effects("COR", r=[0.5, 0.0], n=[10, 5])
    assert cor.vi == pytest.approx([0.5625 / 9, 1 / 4], rel=RTOL)
    average = compute_effects("COR", variance="AV", r=[0.5, 0.0], n=[10, 5])
    rho = 5 / 15
    assert average.vi == pytest.approx([(1 - rho**2) ** 2 / 9, (1 - rho**2) ** 2 / 4], rel=RTOL)
    z = compute_effects("ZCOR", r=0.5, n=10)
    assert z.yi == pytest.approx([math.log(3) / 2], rel=RTOL)
    assert z.vi == pytest.approx([1 / 7], rel=RTOL)


@pytest.mark.parametrize(("r", "n"), [(-0.04, 12), (0.68, 10), (0.23, 13), (0.9, 30)])
def test_olkin_pratt_correction_against_its_integral(r: float, n: int) -> None:
    # 2F1(½, ½; c; x) = 2Γ(c)/(Γ(½)Γ(c−½)) ∫ cos^(2c−2)θ (1 − x·sin²θ)^(−½) dθ over 0 to π/2, c = (n−2)/2.
    # r = -0.04, n = 12 is a row where the reference set, which used another library for 2F1, is off by 5e-4.
    c, x = (n - 2) / 2, 1 - r**2
    nodes, weights = np.polynomial.legendre.leggauss(400)
    theta = (nodes + 1) * math.pi / 4
    integrand = np.cos(theta) ** (2 * c - 2) / np.sqrt(1 - x * np.sin(theta) ** 2)
    factor = 2 * math.exp(math.lgamma(c) - math.lgamma(0.5) - math.lgamma(c - 0.5))
    expected = r * factor * math.pi / 4 * float(weights @ integrand)
    assert compute_effects("UCOR", r=r, n=n).yi == pytest.approx([expected], rel=QUADRATURE)


def test_unbiased_variance_of_the_corrected_correlation_against_its_integral() -> None:
    # 2F1(1, 1; c; x) = (c − 1) ∫ (1 − t)^(c−2)/(1 − xt) dt over 0 to 1; here c = n/2 = 5 and x = 3/4
    nodes, weights = np.polynomial.legendre.leggauss(400)
    t = (nodes + 1) / 2
    series = 4 * float(weights @ ((1 - t) ** 3 / (1 - 0.75 * t))) / 2
    effects = compute_effects("UCOR", variance="UB", r=0.5, n=10)
    expected = float(effects.yi[0]) ** 2 - 1 + 7 / 8 * 0.75 * series
    assert effects.vi == pytest.approx([expected], rel=QUADRATURE)


def test_an_infinite_variance_makes_the_row_missing() -> None:
    effects = compute_effects("VRC", n=[1, 5], sd_post=2, sd_pre=1, r=0.5, undefined="missing")
    assert np.isnan(effects.yi).tolist() == [True, False]


def test_point_biserial_and_odds_ratios_from_smd() -> None:
    arms: dict[str, Any] = {
        "n_treat": 4,
        "mean_treat": 3,
        "sd_treat": 1,
        "n_control": 4,
        "mean_control": 1,
        "sd_control": 1,
    }
    # d = 2, h = 6·(1/2) = 3: r = 2/√7; variance h²/(h+4)³·(1/2 + 4/16)
    rpb = compute_effects("RPB", **arms)
    assert rpb.yi == pytest.approx([2 / math.sqrt(7)], rel=RTOL)
    assert rpb.vi == pytest.approx([9 / 343 * 0.75], rel=RTOL)
    # group sizes random: (1 − 4/7)²(8·(4/7)/64 + (2 − 12/7)/16) = (9/49)(1/14 + 1/56)
    random_sizes = compute_effects("RPB", variance="CS", **arms)
    assert random_sizes.vi == pytest.approx([9 / 49 * 5 / 56], rel=RTOL)
    # equal groups: φ(0) = 1/√(2π), √(pq) = ½, so r_bis = r_pb·√(2π)/2, beyond 1 cut to 1 in the variance
    rbis = compute_effects("RBIS", **arms)
    assert rbis.yi == pytest.approx([2 / math.sqrt(7) * math.sqrt(2 * math.pi) / 2], rel=RTOL)
    rho = float(rbis.yi[0])
    assert rbis.vi == pytest.approx([(math.pi / 2 - 2.5 * rho**2 + rho**4) / 7], rel=RTOL)
    log_odds = compute_effects("D2ORL", **arms)
    assert log_odds.yi == pytest.approx([2 * math.pi / math.sqrt(3)], rel=RTOL)
    assert log_odds.vi == pytest.approx([0.75 * math.pi**2 / 3], rel=RTOL)
    normal = compute_effects("D2ORN", **arms)
    assert normal.yi == pytest.approx([3.3], rel=RTOL)


def test_too_few_for_a_variance() -> None:
    effects = compute_effects("COR", r=[0.5, 0.5], n=[3, 10], undefined="missing")
    assert effects.yi.tolist() == [0.5, 0.5]
    assert effects.usable.tolist() == [False, True]
    assert effects.notes[0] == ("the variance cannot be estimated",)
