"""The shape of a result, what is refused and how, and what a reader is told."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.fit import CI_METHODS
from metamsc.models.model import PI_METHODS
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from metamsc.models.tau2 import TAU2_METHODS

Y, V = [0.2, 0.5, -0.1, 0.4, 0.3], [0.04, 0.09, 0.02, 0.05, 0.03]
KEYS = [
    "measure",
    "k",
    "estimate",
    "se",
    "statistic",
    "df",
    "p",
    "ci",
    "pi",
    "level",
    "tau2_method",
    "ci_method",
    "pi_method",
    "heterogeneity",
    "coefficients",
    "QM",
    "R2",
    "loglik",
    "aic",
    "bic",
    "aicc",
    "weights_percent",
    "warnings",
]


def test_the_dict_has_the_contract_s_keys() -> None:
    values = pool(Y, V, measure="MD").to_dict()
    assert list(values) == KEYS
    assert list(values["ci"]) == ["low", "high", "level"]
    assert list(values["heterogeneity"]) == [
        "tau2",
        "tau2_se",
        "tau2_ci",
        "I2",
        "I2_ci",
        "H2",
        "H2_ci",
        "Q",
        "Q_df",
        "Q_p",
    ]
    assert list(values["coefficients"][0]) == ["name", "estimate", "se", "statistic", "df", "p", "ci"]


X = np.column_stack([np.ones(5), [1.0, 2.0, 3.0, 4.0, 6.0]])


@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("design", [None, X])
def test_every_result_survives_json(tau2_method: str, ci_method: str, design: Any) -> None:
    r = pool(Y, V, tau2_method=tau2_method, ci_method=ci_method, X=design)
    text = json.dumps(r.to_dict(), allow_nan=False)
    assert PooledResult.from_dict(json.loads(text)) == r


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("effects", ["spread", "identical"])
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_small_and_degenerate_results_survive_json(k: int, effects: str, ci_method: str) -> None:
    y = [0.3] * k if effects == "identical" else Y[:k]
    r = pool(y, V[:k], ci_method=ci_method)
    assert PooledResult.from_dict(json.loads(json.dumps(r.to_dict(), allow_nan=False))) == r


def test_numbers_are_plain_and_the_result_is_frozen() -> None:
    r = pool(Y, V)
    assert type(r.estimate) is float
    assert type(r.heterogeneity.Q_df) is int
    assert all(type(w) is float for w in r.weights_percent)
    with pytest.raises(FrozenInstanceError):
        r.k = 3  # type: ignore[misc]  # that this is refused is what is tested


@pytest.mark.parametrize(
    ("argument", "allowed"),
    [("tau2_method", TAU2_METHODS), ("ci_method", CI_METHODS), ("pi_method", PI_METHODS)],
)
def test_an_unknown_option_names_every_allowed_one(argument: str, allowed: dict[str, str]) -> None:
    options: dict[str, Any] = {argument: "nonsense"}
    with pytest.raises(OptionError) as caught:
        pool(Y, V, **options)
    assert argument in str(caught.value)
    assert "'nonsense'" in str(caught.value)
    assert all(repr(option) in str(caught.value) for option in allowed)


@pytest.mark.parametrize(
    ("y", "v", "error", "words"),
    [
        ([], [], TooFewStudiesError, ["at least 1 study", "got 0"]),
        ([0.1, float("nan")], [0.1, 0.1], InputError, ["yi[2]", "nan"]),
        ([0.1, 0.2], [0.1, float("inf")], InputError, ["vi[2]", "inf"]),
        ([0.1, 0.2], [0.1, -0.5], InputError, ["vi[2]", "-0.5", "> 0"]),
        ([0.1, 0.2], [0.0, 0.5], InputError, ["vi[1]", "> 0"]),
        ([0.1, 0.2, 0.3], [0.1, 0.2], InputError, ["3", "2"]),
        (["a", "b"], [0.1, 0.2], InputError, ["yi", "numbers"]),
        ([[0.1], [0.2]], [0.1, 0.2], InputError, ["yi", "2 dimensions"]),
    ],
)
def test_arrays_that_cannot_be_pooled(y: Any, v: Any, error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        pool(y, v)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"level": 95}, OptionError, ["level", "95", "0.95"]),
        ({"tau2": -1.0}, InputError, ["tau2", "-1.0"]),
        ({"weights": [1, 2]}, InputError, ["weights", "2 for 5"]),
        ({"weights": [1, 2, -3, 4, 5]}, InputError, ["weights[3]", "-3"]),
        ({"weights": [0] * 5}, InputError, ["weights", "all 0"]),
        ({"X": [[1.0, 2.0]]}, InputError, ["X", "(5)", "(1, 2)"]),
        ({"X": np.full((5, 2), np.nan)}, InputError, ["X[1, 1]", "nan"]),
        ({"X": X, "names": ["a"]}, InputError, ["names", "1 for 2"]),
        ({"names": ["a"]}, InputError, ["names", "X"]),
        ({"X": np.vander(np.arange(5.0), 5)}, TooFewStudiesError, ["5 coefficients", "6 studies", "got 5"]),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        pool(Y, V, **options)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("k", "options", "words"),
    [
        (1, {}, "nothing was pooled"),
        (2, {}, "cannot be estimated from two studies"),
        (2, {}, "interval is very wide"),
        (3, {}, "cannot be estimated reliably"),
        (4, {}, "cannot be estimated reliably"),
        (5, {"tau2_method": "EE", "ci_method": "hksj"}, "meant for random-effects"),
        (
            5,
            {"X": np.column_stack([X, X[:, 1] * 2 + 1]), "names": ["i", "dose", "twice"]},
            "determine them: twice",
        ),
        (5, {"X": X}, "exploratory"),
    ],
)
def test_a_reader_is_warned(k: int, options: dict[str, Any], words: str) -> None:
    assert any(words in text for text in pool(Y[:k], V[:k], **options).warnings)


def test_no_warning_without_a_reason() -> None:
    assert pool(Y, V).warnings == ()


def test_extreme_variances_are_pointed_at() -> None:
    assert "times the smallest" in pool(Y, [1e-9, *V[1:]]).warnings[0]


def test_identical_effects_under_hartung_knapp_have_no_test() -> None:
    r = pool([0.3] * 5, V, ci_method="hksj")
    assert (r.se, r.statistic, r.p, r.ci.low, r.ci.high) == (0.0, None, None, 0.3, 0.3)
    assert "not precision" in r.warnings[0]
    assert pool([0.3] * 5, V).se > 0.0


def test_effects_closer_than_sampling_error_have_an_empty_interval() -> None:
    r = pool([0.3001, 0.3002, 0.3003, 0.3004, 0.3005], V)
    assert r.heterogeneity.tau2_ci is not None
    assert (r.heterogeneity.tau2_ci.low, r.heterogeneity.tau2_ci.high) == (0.0, 0.0)
    assert any("interval for tau2 is empty" in text for text in r.warnings)


def test_prediction_intervals_by_name() -> None:
    widths = {}
    for method in PI_METHODS:
        pi = pool(Y, V, pi_method=method, tau2=0.05).pi
        assert pi is not None
        widths[method] = pi.high - pi.low
    assert widths["normal"] < widths["t"] < widths["riley"]
    assert pool(Y[:2], V[:2]).pi is None
    assert pool(Y, V, tau2_method="EE").pi is None
