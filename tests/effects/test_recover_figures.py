"""Values read off figures: hand arithmetic of the reading-error model, and a simulated check of it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from metamsc.effects.recover_figures import (
    Axis,
    mean_from_figure,
    mean_sd_from_points,
    value_from_pixel,
)
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
SIMULATED = 0.01  # 100,000 draws give an SD to 0.25 %


def test_uniform_reading_error_by_hand() -> None:
    # se 0.4, ± 0.3 √3: variance 0.16 + 0.27/3 = 0.25
    recovered = mean_from_figure(7.1, 0.4, error=0.3 * math.sqrt(3))
    assert recovered.value.mean == 7.1
    assert recovered.value.se == pytest.approx(0.5, rel=RTOL)
    assert recovered.notes == ("read from a figure: 36.0% of the variance is reading error",)
    assert not recovered.imputed


def test_normal_reading_error_by_hand() -> None:
    recovered = mean_from_figure(7.1, 0.4, error=0.3, model="normal")
    assert recovered.value.se == pytest.approx(0.5, rel=RTOL)
    assert "normal ± 0.3" in recovered.derivation


def test_mean_against_simulated_readings() -> None:
    rng = np.random.default_rng(2021)
    read = rng.normal(7, 0.4, size=100_000) + rng.uniform(-0.6, 0.6, size=100_000)
    assert mean_from_figure(7, 0.4, error=0.6).value.se == pytest.approx(float(read.std()), rel=SIMULATED)


def test_points_by_hand() -> None:
    # 4, 6, 8: mean 6, SD 2; ± √3: variance 4 − 1, SD without reading error √3 = 1.732
    recovered = mean_sd_from_points([4, 6, 8], error=math.sqrt(3))
    assert recovered.value.mean == pytest.approx(6, rel=RTOL)
    assert recovered.value.sd == pytest.approx(2, rel=RTOL)
    assert recovered.value.n == 3
    assert recovered.notes == ("read from a figure: SD without reading error 1.732",)
    assert not recovered.imputed
    coarse = mean_sd_from_points([4, 6, 8], error=2, model="normal")
    assert coarse.notes == ("read from a figure: the readings differ by no more than the reading error",)


def test_linear_axis() -> None:
    # pixels 400 and 100 are 0 and 12: 0.04 per pixel; pixel 225 is 7
    recovered = value_from_pixel(225, Axis((400, 100), (0, 12)), error=2)
    value, error = recovered.value
    assert value == pytest.approx(7, rel=RTOL)
    assert error == pytest.approx(0.08, rel=RTOL)
    assert recovered.notes == ("read from a figure, ± 0.08",)
    assert not recovered.imputed


def test_logarithmic_axis() -> None:
    # pixels 0 and 300 are 1 and 1000: 100 pixels a decade
    recovered = value_from_pixel(200, Axis((0, 300), (1, 1000), log=True))
    value, error = recovered.value
    assert value == pytest.approx(100, rel=RTOL)
    assert error == pytest.approx(math.log(10), rel=RTOL)  # 100·ln 10/100
    assert "logarithmic axis" in recovered.derivation


def test_the_marks_themselves_come_back() -> None:
    for log in (False, True):
        axis = Axis((12, 345), (0.5, 60), log=log)
        assert value_from_pixel(12, axis).value[0] == pytest.approx(0.5, rel=RTOL)
        assert value_from_pixel(345, axis).value[0] == pytest.approx(60, rel=RTOL)


def test_refusals() -> None:
    with pytest.raises(OptionError, match="model must be one of 'uniform', 'normal'; got 'flat'"):
        mean_from_figure(7, 0.4, error=0.1, model="flat")
    with pytest.raises(InputError, match="error must be > 0; got 0"):
        mean_from_figure(7, 0.4, error=0)
    with pytest.raises(InputError, match="at least two readings; got 1"):
        mean_sd_from_points([4], error=0.1)
    with pytest.raises(InputError, match="all 2 points are 4"):
        mean_sd_from_points([4, 4], error=0.1)
    with pytest.raises(InputError, match="pixels of the axis must differ; got 5 twice"):
        value_from_pixel(3, Axis((5, 5), (0, 1)))
    with pytest.raises(InputError, match=re.escape("values of a logarithmic axis must be > 0; got 0.")):
        value_from_pixel(3, Axis((5, 6), (0, 1), log=True))
    with pytest.raises(InputError, match="logarithm read must be < 700"):
        value_from_pixel(1e6, Axis((0, 300), (1, 1000), log=True))
