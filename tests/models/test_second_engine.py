"""PyMARE gives the same numbers, or says that it has no such method."""

from __future__ import annotations

import json

import numpy as np
import pytest

from metamsc.errors import InputError
from metamsc.models.pool import pool
from metamsc.models.second_engine import compare_engines

# PyMARE's moment estimators are closed forms; its likelihood search leaves about 1e-8 of tau2.
CLOSED_FORM = 1e-11
SEARCHED = 1e-6

rng = np.random.default_rng(11)
V = rng.uniform(0.02, 0.4, 9)
Y = rng.normal(0.4, np.sqrt(V + 0.2))


@pytest.mark.parametrize("tau2_method", ["EE", "DL", "HE", "ML", "REML"])
@pytest.mark.parametrize("ci_method", ["wald", "hksj", "hksj-adhoc"])
@pytest.mark.parametrize("level", [0.95, 0.9])
def test_both_engines_agree(tau2_method: str, ci_method: str, level: float) -> None:
    result = pool(Y, V, tau2_method=tau2_method, ci_method=ci_method, level=level)
    comparison = compare_engines(Y, V, result)
    assert comparison.available
    assert {d.quantity for d in comparison.differences} == {
        "tau2",
        *(f"intercept: {name}" for name in ("estimate", "se", "ci.low", "ci.high")),
    }
    assert comparison.largest is not None
    assert comparison.largest < (SEARCHED if "ML" in tau2_method else CLOSED_FORM)


def test_with_a_moderator() -> None:
    X = np.column_stack([np.ones(9), np.arange(9.0)])
    result = pool(Y, V, X=X, names=["intercept", "dose"])
    comparison = compare_engines(Y, V, result, X=X, names=["intercept", "dose"])
    assert comparison.largest is not None
    assert comparison.largest < SEARCHED
    assert any(d.quantity == "dose: se" for d in comparison.differences)


def test_a_wrong_result_is_noticed() -> None:
    result = pool(Y, V)
    comparison = compare_engines(Y + 0.001 * np.arange(9), V, result)
    assert comparison.largest is not None
    assert comparison.largest > 1e-4


@pytest.mark.parametrize(
    ("k", "options", "words"),
    [
        (9, {"tau2_method": "PM"}, "PM is not available in the second engine"),
        (9, {"ci_method": "t"}, "t is not available in the second engine"),
        (1, {}, "nothing was pooled"),
    ],
)
def test_what_it_lacks_is_a_value(k: int, options: dict[str, str], words: str) -> None:
    comparison = compare_engines(Y[:k], V[:k], pool(Y[:k], V[:k], **options))  # type: ignore[arg-type]  # text options only
    assert not comparison.available
    assert words in str(comparison.reason)
    assert comparison.differences == ()
    json.dumps(comparison.to_dict(), allow_nan=False)


def test_bad_arrays_are_refused_before_it_sees_them() -> None:
    with pytest.raises(InputError, match=r"vi\[2\]"):
        compare_engines([0.1, 0.2], [0.1, -0.1], pool([0.1, 0.2], [0.1, 0.1]))
