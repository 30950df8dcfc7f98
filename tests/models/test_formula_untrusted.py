"""Formulas by strangers: they may name columns and call a few functions; nothing else is evaluated."""

from pathlib import Path

import numpy as np
import pytest

from metamsc.errors import OptionError
from metamsc.models.formula import formula_design, formula_variables

COLUMNS = {"year": [1950.0, 1960.0, 1970.0, 1985.0, 1990.0], "dose": [1.0, 2.0, 3.0, 5.0, 8.0]}


@pytest.mark.parametrize(
    "formula",
    [
        'I([c for c in ().__class__.__base__.__subclasses__() if c.__name__ > "P"][0](["touch", "{trap}"]))',
        "{year.__class__.__mro__}",
        "I(year.__class__) + dose",
        '__import__("os").system("touch {trap}")',
        'eval("1") + year',
        "open('{trap}', 'w')",
        "(lambda: 0)() + year",
        "[x for x in year]",
        "np.log(year)",
        'Q("year")',
        "year.sum()",
        "{f'{year}'}",
    ],
)
def test_nothing_but_columns_and_known_functions_is_evaluated(formula: str, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    written = formula.replace("{trap}", str(trap))
    for read in (formula_variables, lambda text: formula_design(text, COLUMNS)):
        with pytest.raises(OptionError):
            read(written)
    assert not trap.exists()


@pytest.mark.parametrize(
    "formula",
    [
        "{9**9**9}",
        "I(9**9**9)",
        "(year + dose)**999999",
        "(year + dose)^999999",
        "*".join(["year", "dose"] * 12),
        "bs(year, df=1000000)",
        "poly(year, 1000000)",
        "{[1] * 999999999}",
        "{'a' * 999999999}",
        "year + " * 100 + "dose",
    ],
)
def test_what_would_explode_is_refused_before_it_is_expanded(formula: str) -> None:
    with pytest.raises(OptionError):
        formula_variables(formula)


def test_arithmetic_and_functions_of_columns_work() -> None:
    year, dose = (np.array(COLUMNS[name]) for name in ("year", "dose"))
    found = formula_design("I(dose**2) + log(dose) + {year / 10 - 190}", COLUMNS)
    assert found.X.shape == (5, 4)
    for values in (dose**2, np.log(dose), year / 10 - 190):
        assert any(np.allclose(column, values, rtol=1e-12) for column in found.X.T)
    assert formula_variables("year*dose") == ("dose", "year")
