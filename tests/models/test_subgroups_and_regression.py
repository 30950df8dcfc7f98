"""Subgroup tests, predictions of a regression, intervals for tau2."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects
from metamsc.models.subgroups import compare_subgroups

REFERENCE = Path(__file__).parents[1] / "reference" / "data" / "bcg.json"
ITERATED = 1e-8


@pytest.fixture(scope="module")
def bcg() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    content["expected"] = {case["id"]: case["expect"] for case in content["cases"]}
    return content


def test_separate_tau2_by_hand() -> None:
    # EE: stratum a: w = 1, 1: mean 1, se^2 = 1/2; b: w = 1, 1: mean 4, se^2 = 1/2
    # Q_between = (1 - 4)^2 / (1/2 + 1/2) = 9 on 1 df
    test = compare_subgroups([0, 2, 3, 5], [1, 1, 1, 1], ["a", "a", "b", "b"], tau2_method="EE")
    assert test.statistic == pytest.approx(9.0, rel=1e-12)
    assert (test.df, test.df2) == (1, None)
    assert [(s.label, s.k, s.estimate) for s in test.subgroups] == [("a", 2, 1.0), ("b", 2, 4.0)]
    assert test.p == pytest.approx(math.erfc(3 / math.sqrt(2)), rel=1e-10)


@pytest.mark.parametrize("sharing", ["separate", "common"])
@pytest.mark.parametrize("method", ["REML", "DL", "EE"])
def test_reference(bcg: dict[str, Any], sharing: str, method: str) -> None:
    dat = bcg["data"]["dat"]
    test = compare_subgroups(dat["yi"], dat["vi"], dat["alloc"], tau2_sharing=sharing, tau2_method=method)
    expected = bcg["expected"][f"subgroup.alloc.between.{sharing}_tau2.{method}"]
    assert test.statistic == pytest.approx(expected["Q_between"], rel=ITERATED)
    assert test.df == expected["df"]
    assert test.p == pytest.approx(expected["p"], rel=ITERATED)


def test_small_strata_are_pointed_at(bcg: dict[str, Any]) -> None:
    dat = bcg["data"]["dat"]
    few = compare_subgroups(dat["yi"], dat["vi"], dat["alloc"])
    assert "alternate (k = 2), systematic (k = 4)" in few.warnings[0]
    single = compare_subgroups([0.1, 0.2, 0.9], [0.1, 0.1, 0.1], ["a", "a", "b"])
    assert "One study only in: b" in single.warnings[0]
    json.dumps(single.to_dict(), allow_nan=False)


def test_common_tau2_can_give_an_f_test() -> None:
    y, v = [0.1, 0.2, 0.9, 1.3, 0.4], [0.1, 0.2, 0.1, 0.3, 0.1]
    test = compare_subgroups(y, v, list("aabba"), tau2_sharing="common", ci_method="hksj")
    assert test.df2 == 3.0


@pytest.mark.parametrize(
    ("groups", "options", "error"),
    [
        (["a", "a"], {}, InputError),
        (["a"], {}, InputError),
        (["a", "b"], {"tau2_sharing": "half"}, OptionError),
        (["a", "b"], {"ci_method": "hksj"}, OptionError),
    ],
)
def test_subgroup_misuse(groups: list[str], options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        compare_subgroups([0.1, 0.2], [0.1, 0.1], groups, **options)


def test_prediction_without_moderators_is_the_pool() -> None:
    y, v = [0.2, 0.5, -0.1, 0.4], [0.04, 0.09, 0.02, 0.05]
    (one,) = predict_effects(y, v)
    r = pool(y, v)
    assert (one.estimate, one.ci, one.pi) == (r.estimate, r.ci, r.pi)


def test_predictions_on_a_line_by_hand() -> None:
    # EE, v = 1, x = -1, 0, 1, y = 0, 1, 2: line 1 + x; var at x: 1/3 + x^2/2
    X = [[1, -1], [1, 0], [1, 1]]
    predictions = predict_effects(
        [0, 1, 2], [1, 1, 1], X=X, new_X=[[1, 2]], tau2_method="EE", ci_method="wald"
    )
    assert predictions[0].estimate == pytest.approx(3.0, rel=1e-12)
    assert predictions[0].se == pytest.approx(math.sqrt(1 / 3 + 4 / 2), rel=1e-12)
    assert predictions[0].pi is None


def test_new_rows_may_have_the_columns_that_were_dropped() -> None:
    x = np.array([1.0, 2.0, 3.0, 5.0, 8.0])
    X = np.column_stack([np.ones(5), x, 2 * x])
    y, v = [0.1, 0.2, 0.4, 0.5, 0.6], [0.02, 0.05, 0.1, 0.03, 0.08]
    (with_dropped,) = predict_effects(y, v, X=X, new_X=[[1, 4, 8]])
    (without,) = predict_effects(y, v, X=X[:, :2], new_X=[[1, 4]])
    assert with_dropped.estimate == pytest.approx(without.estimate, rel=1e-12)
    with pytest.raises(InputError, match="3 columns"):
        predict_effects(y, v, X=X, new_X=[[1, 4]])


def test_profile_likelihood_interval(bcg: dict[str, Any]) -> None:
    dat = bcg["data"]["dat"]
    for method in ("REML", "ML"):
        interval = tau2_interval(dat["yi"], dat["vi"], method="profile-likelihood", tau2_method=method)
        expected = bcg["expected"][f"confint.PL.{method}"]["random"]
        assert interval.tau2.low == pytest.approx(expected["tau^2"]["ci.lb"], rel=1e-6)
        assert interval.H2.high == pytest.approx(expected["H^2"]["ci.ub"], rel=1e-6)


def test_interval_misuse() -> None:
    with pytest.raises(TooFewStudiesError, match="k = 1"):
        tau2_interval([0.1], [0.1])
    with pytest.raises(OptionError, match="'DL'"):
        tau2_interval([0.1, 0.2], [0.1, 0.1], method="profile-likelihood", tau2_method="DL")
    with pytest.raises(OptionError, match="'q-profile', 'profile-likelihood'"):
        tau2_interval([0.1, 0.2], [0.1, 0.1], method="wald")
