"""Formulas: columns, names, the same basis for new data, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError
from metamsc.models.formula import formula_design
from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects

DATA: dict[str, list[Any]] = {
    "x": [1.0, 2.0, 4.0, 5.0, 7.0, 8.0, 9.0],
    "g": ["a", "b", "c", "a", "b", "c", "a"],
    "late": [True, False, True, True, False, False, True],
}


def test_numbers_factors_and_interactions() -> None:
    design = formula_design("~ x * g", DATA)
    assert design.names == ("intercept", "x", "g[T.b]", "g[T.c]", "x:g[T.b]", "x:g[T.c]")
    assert design.terms == {"x": ("x",), "g": ("g[T.b]", "g[T.c]"), "x:g": ("x:g[T.b]", "x:g[T.c]")}
    assert design.X[1].tolist() == [1, 2, 1, 0, 2, 0]
    assert formula_design("late", DATA).names == ("intercept", "late[T.True]")
    assert formula_design("1", DATA).X.tolist() == [[1.0]] * 7


@pytest.mark.parametrize(
    "formula",
    ["bs(x, df=4)", "cr(x, df=3)", "poly(x, 2)", "center(x) * g", "scale(x)", "log(x) + {x ** 2}", "sqrt(x)"],
)
def test_new_rows_have_the_same_basis(formula: str) -> None:
    design = formula_design(formula, DATA)
    some = {name: [values[i] for i in (5, 2)] for name, values in DATA.items()}
    # One row alone has another mean, other knots, another polynomial basis.
    assert design.rows(some) == pytest.approx(design.X[[5, 2]], abs=1e-12)


def test_cubic_splines_reproduce_a_cubic() -> None:
    x = np.array(DATA["x"])
    y = 0.1 + 0.2 * x - 0.05 * x**2 + 0.004 * x**3
    design = formula_design("bs(x, df=5)", DATA)
    found = predict_effects(
        y, np.full(7, 0.1), X=design.X, new_X=design.rows({"x": [3.0, 6.5]}), tau2_method="EE"
    )
    expected = [0.1 + 0.2 * t - 0.05 * t**2 + 0.004 * t**3 for t in (3.0, 6.5)]
    assert [p.estimate for p in found] == pytest.approx(expected, rel=1e-9)


def test_collinear_terms_are_dropped_and_named() -> None:
    design = formula_design("x + {2 * x} + g", DATA)
    fit = pool(np.arange(7.0), np.ones(7), X=design.X, names=design.names)
    assert any("already determine them: 2 * x" in text for text in fit.warnings)
    assert "2 * x" not in [c.name for c in fit.coefficients]


def test_reference_level_can_be_chosen() -> None:
    names = formula_design('C(g, contr.treatment("c"))', DATA).names
    assert [name[-5:] for name in names[1:]] == ["[T.a]", "[T.b]"]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("x +", "cannot be read"),
        ("bs(x", "cannot be read"),
        ("y ~ x", "cannot be read"),
        ("open(x)", "calls open; functions are bs"),
        ("{x.size}", "not allowed: x.size"),
        ("{[i for i in x]}", "not allowed"),
        ("{().__class__}", "not allowed"),
    ],
)
def test_unreadable_and_unsafe_formulas(formula: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        formula_design(formula, DATA)


def test_columns_must_be_there_and_complete() -> None:
    with pytest.raises(InputError, match="There is no column 'q'; columns are 'x', 'g', 'late'"):
        formula_design("x + q", DATA)
    with pytest.raises(InputError, match=r"x\[2\] is missing"):
        formula_design("x", {"x": [1.0, None, 2.0]})
    with pytest.raises(InputError, match="one length"):
        formula_design("x + g", {"x": [1.0, 2.0], "g": ["a"]})


def test_a_factor_with_a_single_level_is_refused() -> None:
    with pytest.raises(InputError, match="g has a single level, 'a'"):
        formula_design("g", {"g": ["a", "a", "a"]})


def test_new_data_must_fit_the_model() -> None:
    design = formula_design("bs(x, df=4) + g", DATA)
    with pytest.raises(InputError, match="g has no level z in the model; levels are a, b, c"):
        design.rows({"x": [2.0], "g": ["z"]})
    with pytest.raises(InputError, match="No row can be made"):
        design.rows({"x": [20.0], "g": ["a"]})
    with pytest.raises(InputError, match="There is no column 'g'"):
        design.rows({"x": [2.0]})
