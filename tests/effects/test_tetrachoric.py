"""Tetrachoric correlation: by hand, against published values, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from metamsc.effects import compute_effects
from metamsc.effects.tetrachoric import bivariate_normal_cdf

# Quadrature of a smooth integrand and a root found by halving.
RTOL = 1e-12
# scipy's bivariate normal is good to about this.
GENZ = 1e-9


def _rtet(a: float, b: float, c: float, d: float, undefined: str = "refuse") -> tuple[float, float]:
    found = compute_effects(
        "RTET", events_treat=[a], n_treat=[a + b], events_control=[c], n_control=[c + d], undefined=undefined
    )
    return float(found.yi[0]), float(found.vi[0])


def test_median_splits_by_hand() -> None:
    # With both margins at the median P(corner) = 1/4 + asin(rho) / 2pi (Sheppard): 40/120 gives
    # asin(rho) = pi/6, rho = 1/2. Of one participant: 0 in the corner, -1/2 in either neighbour (1/6 each),
    # so mean -1/6, mean square 1/12, variance 1/12 - 1/36; the density is 1 / (2 pi cos(pi/6)).
    rho, variance = _rtet(40, 20, 20, 40)
    assert rho == pytest.approx(0.5, rel=RTOL)
    assert variance == pytest.approx(
        (1 / 12 - 1 / 36) * (2 * math.pi * math.cos(math.pi / 6)) ** 2 / 120, rel=RTOL
    )


def test_independence_is_zero() -> None:
    assert _rtet(10, 30, 20, 60)[0] == pytest.approx(0.0, abs=1e-14)


def test_swapped_arms_change_the_sign() -> None:
    one, other = _rtet(4, 119, 11, 128), _rtet(11, 128, 4, 119)
    assert one[0] == pytest.approx(-other[0], rel=RTOL)
    assert one[1] == pytest.approx(other[1], rel=1e-10)


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.2, 0.8, 0.99])
def test_bivariate_normal(rho: float) -> None:
    h, k = 0.7, -1.1
    ours = bivariate_normal_cdf(np.array([h]), np.array([k]), np.array([math.asin(rho)]))[0]
    assert ours == pytest.approx(multivariate_normal.cdf([h, k], cov=[[1, rho], [rho, 1]]), abs=GENZ)


def test_empty_cells_have_no_variance() -> None:
    assert _rtet(0, 14, 4, 11, undefined="missing")[0] == -1.0
    assert _rtet(3, 11, 0, 15, undefined="missing")[0] == 1.0
    assert math.isnan(_rtet(0, 14, 4, 11, undefined="missing")[1])
    assert math.isnan(_rtet(0, 14, 0, 11, undefined="missing")[0])
