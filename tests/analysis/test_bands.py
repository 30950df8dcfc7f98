"""Bands of a meta-regression: by hand, against predictions of the model, and of a plan."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.analysis.bands import GRID, bands_of, regression_bands
from metamsc.analysis.csv_bands import csv_bands
from metamsc.analysis.result import Regression
from metamsc.errors import InputError, OptionError
from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects
from tests.plots.conftest import make_result, mean_row

CLOSED_FORM = 1e-8
NORMAL = 1.959963984540054
ROOT = Path(__file__).parents[2]
_BCG = json.loads((ROOT / "tests/reference/data/bias_bcg.json").read_text())["data"]["dat"]
YI, VI = _BCG["yi"], _BCG["vi"]


def test_equal_effects_line_by_hand() -> None:
    """Three points on a line, equal variances 1: slope 1, intercept 0; at the mean x the variance is 1/3."""
    found = regression_bands(
        [1.0, 2.0, 3.0], [1.0, 1.0, 1.0], {"x": [1.0, 2.0, 3.0]}, "x", tau2_method="EE", ci_method="wald"
    )
    middle = found.line[GRID // 2]
    assert middle.value == 2.0
    assert middle.estimate == pytest.approx(2.0, abs=CLOSED_FORM)
    # var(a + 2b) = 1/3 for a weighted mean at the centre of x; 1.959964 is the normal quantile
    assert middle.ci.high - 2.0 == pytest.approx(NORMAL / math.sqrt(3.0), rel=CLOSED_FORM)
    # at an end: 1/3 + (1 - 2)^2 / ((1-2)^2 + 0 + (3-2)^2) = 1/3 + 1/2
    assert found.line[0].ci.high - 1.0 == pytest.approx(NORMAL * math.sqrt(5.0 / 6.0), rel=CLOSED_FORM)
    assert middle.pi is None  # equal effects: a new study has no distribution


def test_bands_are_the_predictions_of_the_model() -> None:
    found = regression_bands(YI, VI, {"ablat": _BCG["ablat"]}, "ablat")
    X = np.column_stack([np.ones(13), _BCG["ablat"]])
    at = [found.line[0], found.line[-1]]
    expected = predict_effects(YI, VI, X=X, new_X=[[1.0, float(point.value)] for point in at])
    for point, known in zip(at, expected, strict=True):
        assert point.estimate == pytest.approx(known.estimate, rel=CLOSED_FORM)
        assert (point.ci.low, point.pi and point.pi.low) == (known.ci.low, known.pi and known.pi.low)
    assert (found.line[0].value, found.line[-1].value) == (min(_BCG["ablat"]), max(_BCG["ablat"]))
    # metafor 3.8.1, rma(yi, vi, mods = ~ ablat): R2 75.62 %, tau2 0.0764
    assert pytest.approx(75.62, abs=0.01) == found.R2
    assert found.tau2 == pytest.approx(0.0764, abs=1e-4)


def test_other_moderators_are_held_at_their_means() -> None:
    columns = {"ablat": _BCG["ablat"], "year": _BCG["year"], "alloc": _BCG["alloc"]}
    found = regression_bands(YI, VI, columns, "alloc + ablat + year", moderator="alloc")
    assert found.categorical
    assert found.held == ("ablat", "year")
    assert [point.value for point in found.line] == ["alternate", "random", "systematic"]
    random = [float(value == "random") for value in _BCG["alloc"]]
    systematic = [float(value == "systematic") for value in _BCG["alloc"]]
    X = np.column_stack([np.ones(13), random, systematic, _BCG["ablat"], _BCG["year"]])
    row = [1.0, 1.0, 0.0, float(np.mean(_BCG["ablat"])), float(np.mean(_BCG["year"]))]
    (known,) = predict_effects(YI, VI, X=X, new_X=[row])
    assert found.line[1].estimate == pytest.approx(known.estimate, rel=1e-6)
    assert found.line[1].ci.high == pytest.approx(known.ci.high, rel=1e-6)


@given(st.floats(-50.0, 50.0), st.floats(0.1, 20.0))
def test_a_moved_and_scaled_moderator_has_the_same_line(shift: float, scale: float) -> None:
    x = [1.0, 2.0, 4.0, 7.0, 8.0]
    y, v = [0.1, 0.4, 0.2, 0.9, 0.7], [0.1, 0.2, 0.1, 0.3, 0.2]
    one = regression_bands(y, v, {"x": x}, "x", tau2_method="DL")
    other = regression_bands(y, v, {"x": [scale * value + shift for value in x]}, "x", tau2_method="DL")
    for a, b in zip(one.line[:: GRID // 4], other.line[:: GRID // 4], strict=True):
        assert a.estimate == pytest.approx(b.estimate, abs=1e-6)
        assert a.ci.low == pytest.approx(b.ci.low, abs=1e-6)


def test_a_logarithmic_grid() -> None:
    found = regression_bands(
        [0.1, 0.4, 0.2, 0.9], [0.1] * 4, {"dose": [1e5, 1e6, 1e7, 1e7]}, "log10(dose)", logarithmic=True
    )
    assert found.line[GRID // 2].value == pytest.approx(1e6)
    with pytest.raises(InputError, match="above 0"):
        regression_bands([0.1, 0.4, 0.2], [0.1] * 3, {"d": [0.0, 1.0, 2.0]}, "d", logarithmic=True)


def test_wrong_moderators_are_named() -> None:
    with pytest.raises(OptionError, match="'year'"):
        regression_bands(YI, VI, {"ablat": _BCG["ablat"]}, "ablat", moderator="year")
    with pytest.raises(OptionError, match="no moderator"):
        regression_bands(YI, VI, {}, "1")


def test_of_a_plan() -> None:
    rows = [
        replace(mean_row(f"s{n}", "T1D", (20, 7.0 - 0.1 * n, 1.0), (20, 7.5, 1.0), year=2010 + n), notes=())
        for n in range(6)
    ]
    result = make_result(rows)
    X = np.column_stack([np.ones(6), [row.year or 0 for row in rows]])
    fit = pool([r.yi for r in rows], [r.vi for r in rows], X=X, names=("intercept", "year"), measure="MD")
    regression = Regression(
        label="T1D",
        formula="year",
        k=6,
        row_ids=tuple(r.row_id for r in rows),
        pooled=fit,
        left_out=("x (year)",),
    )
    found = bands_of(replace(result, regressions=(regression,)))
    slope = (found.line[-1].estimate - found.line[0].estimate) / 5.0
    assert slope == pytest.approx(fit.coefficients[1].estimate, rel=1e-6)
    assert [bubble.label for bubble in found.bubbles] == [row.label for row in rows]
    assert found.left_out == ("x (year)",)
    with pytest.raises(InputError, match="no `mods`"):
        bands_of(result)
    refused = replace(regression, pooled=None, refused="too few rows")
    with pytest.raises(InputError, match="too few rows"):
        bands_of(replace(result, regressions=(refused,)))
    robust = replace(regression, details={"cluster": {"n_clusters": 3}})
    with pytest.raises(InputError, match="cluster-robust"):
        bands_of(replace(result, regressions=(robust,)))
    with pytest.raises(OptionError, match="'T1D'"):
        bands_of(replace(result, regressions=(regression,)), stratum="T9")


def test_of_a_csv() -> None:
    found = csv_bands(ROOT / "examples/bcg.csv", "ablat", measure="RR")
    assert found.line[0].estimate == pytest.approx(
        regression_bands(YI, VI, {"ablat": _BCG["ablat"]}, "ablat").line[0].estimate, rel=1e-6
    )
    with pytest.raises(OptionError, match="latitude"):
        csv_bands(ROOT / "examples/bcg.csv", "latitude")
