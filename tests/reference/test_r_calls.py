"""The runner reads R as R does: parser, values, model matrices."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.reference.conform.r_eval import Env, Formula  # noqa: E402 - after the path is set
from tests.reference.conform.r_formula import model_matrix  # noqa: E402
from tests.reference.conform.r_parser import parse  # noqa: E402
from tests.reference.conform.r_values import NotSupportedError  # noqa: E402


def value(text: str, **names: Any) -> list[Any]:
    result = Env(names).evaluate(parse(text))
    return [x.item() if isinstance(x, np.generic) else x for x in np.ravel(result)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2^2", [-4.0]),
        ("2^3^2", [512.0]),
        ("-1:2", [-1.0, 0.0, 1.0, 2.0]),
        ("1:3 * 2", [2.0, 4.0, 6.0]),
        ("c(1, 2) + 10:11", [11.0, 13.0]),
        ("1/sqrt(c(4, 16))", [0.5, 0.25]),
        ("rep(c(1, 2), each = 2)", [1.0, 1.0, 2.0, 2.0]),
        ("rep(1:2, c(2, 1))", [1.0, 1.0, 2.0]),
        ("replace(c(5, 6, 7), 2, 0)", [5.0, 0.0, 7.0]),
        ("x[-1]", [2.0, 3.0]),
        ("x[x > 1.5]", [2.0, 3.0]),
        ("d$a[2:3]", [5.0, 6.0]),
        ("(function(f) f + 1)(x)", [2.0, 3.0, 4.0]),
        ("sapply(list(1, 2), function(f) f * 10)", [10.0, 20.0]),
        ("g == 'a'", [True, False, True]),
        ("!(g == 'a')", [False, True, False]),
    ],
)
def test_expressions(text: str, expected: list[Any]) -> None:
    x, d = np.array([1.0, 2.0, 3.0]), {"a": np.array([4.0, 5.0, 6.0])}
    assert value(text, x=x, d=d, g=np.array(["a", "b", "a"], dtype=object)) == expected


def test_rows_of_a_data_frame() -> None:
    frame = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([4.0, 5.0, 6.0])}
    picked = Env({"d": frame}).evaluate(parse("d[2:3, ]"))
    assert {name: list(column) for name, column in picked.items()} == {"a": [2.0, 3.0], "b": [5.0, 6.0]}


def test_an_unknown_name_is_not_supported() -> None:
    with pytest.raises(NotSupportedError, match="nothing"):
        value("nothing + 1")


def design(text: str) -> tuple[tuple[str, ...], list[list[float]]]:
    data = {
        "x": np.array([1.0, 2.0, 3.0]),
        "z": np.array([5.0, 7.0, 8.0]),
        "g": np.array(["b", "a", "c"], dtype=object),
    }
    matrix = model_matrix(Formula(parse(text), Env({})), data, 3)
    return matrix.names, matrix.X.tolist()


# What R's model.matrix gives, worked out by hand from its coding rules.
def test_numeric_terms_and_interaction() -> None:
    names, X = design("~ x:z + x + z")
    assert names == ("intrcpt", "x", "z", "x:z")
    assert X[1] == [1.0, 2.0, 7.0, 14.0]


def test_treatment_contrasts_with_an_intercept() -> None:
    names, X = design("~ factor(g)")
    assert names == ("intrcpt", "factor(g)b", "factor(g)c")
    assert X == [[1, 1, 0], [1, 0, 0], [1, 0, 1]]


def test_cell_means_without_one() -> None:
    names, X = design("~ g - 1")
    assert names == ("ga", "gb", "gc")
    assert X == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_crossing_a_number_with_a_factor() -> None:
    names, X = design("~ x * g")
    assert names == ("intrcpt", "x", "gb", "gc", "x:gb", "x:gc")
    assert X[2] == [1, 3, 0, 1, 0, 3]


def test_a_function_of_a_variable() -> None:
    names, X = design("~ 0 + I(x^2)")
    assert names == ("I(x^2)",)
    assert X == [[1], [4], [9]]
