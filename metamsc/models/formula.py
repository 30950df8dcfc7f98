"""A model formula and columns of data become a design that also knows its rows for new data.

Wilkinson notation as read by formulaic: ``year + alloc``, ``0 + alloc``, ``bs(year, df=4)``, ``cr(year,
df=3)``, ``poly(year, 2)``, ``center(year) * alloc``. Splines, polynomials and centring keep the knots,
coefficients and means they were made with, so that predictions at new data use the same basis.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.errors import InputError, OptionError
from metamsc.models.batch import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Sequence[Any]]
"""Columns of equal length by name: numbers, text or booleans (text and booleans are categories)."""

FUNCTIONS = (
    *(
        "bs",
        "cr",
        "cs",
        "cc",
        "poly",
        "center",
        "scale",
        "log",
        "log2",
        "log10",
        "exp",
        "sqrt",
        "abs",
        "C",
        "I",
    ),
    *("contr.treatment", "contr.sum", "contr.helmert", "contr.poly", "contr.diff"),
)
"""What a formula may call. Formulas come from files that others wrote: they are not let run Python."""
_PLAIN = (ast.Constant, ast.UnaryOp, ast.unaryop, ast.List, ast.Tuple, ast.Load, ast.Compare, ast.cmpop)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_LONGEST, _MOST_CROSSINGS, _HIGHEST_POWER, _MOST_PARTS = 500, 6, 4, 50
"""Bounds of a formula: letters, `*` between terms, powers of a sum, and df or degree of a spline. Beyond them
the number of columns explodes, in a formula as in what it would tell."""


@dataclass(frozen=True, slots=True)
class FormulaDesign:
    """The design of a formula.

    Attributes
    ----------
    X : array of shape (k, p)
        The design; its intercept, if any, is a column of ones.
    names : tuple of str
        Names of the columns; the intercept is called "intercept".
    terms : dict of str to tuple of str
        Names of the columns of each term but the intercept: the levels of a factor, the parts of a spline.
    """

    X: FloatArray
    names: tuple[str, ...]
    terms: dict[str, tuple[str, ...]]
    _spec: Any = field(repr=False)
    _needed: tuple[str, ...] = field(repr=False)
    _levels: dict[str, tuple[str, ...]] = field(repr=False)

    def rows(self, columns: Columns) -> FloatArray:
        """Return the design's rows for other data, in the same basis and with the same levels.

        Parameters
        ----------
        columns : mapping of str to sequence
            The variables of the formula, of shape (n,) each.

        Returns
        -------
        array of shape (n, p)

        Raises
        ------
        InputError
            A variable is not there or missing somewhere, a level is unknown, or a value lies outside the
            knots of a spline.
        """
        from formulaic.errors import FormulaicError

        frame = _frame(columns, self._needed)
        for name, levels in self._levels.items():
            unknown = sorted(set(map(str, frame[name])) - set(levels))
            if unknown:
                raise InputError(
                    f"{name} has no level {', '.join(unknown)} in the model; levels are {', '.join(levels)}."
                )
        try:
            matrix = self._spec.get_model_matrix(frame, context={"sqrt": np.sqrt})
        except (FormulaicError, ValueError) as error:
            raise InputError(f"No row can be made for these values: {_first_line(error)}") from None
        return _complete(np.asarray(matrix, dtype=np.float64), len(frame))


def formula_design(formula: str, columns: Columns) -> FormulaDesign:
    """Return the design of `formula` for `columns`.

    Parameters
    ----------
    formula : str
        Right-hand side, with or without "~".
    columns : mapping of str to sequence
        Data, of shape (k,) each; columns that the formula does not name are not looked at.

    Raises
    ------
    OptionError
        The formula cannot be read.
    InputError
        It names a column that is not there, or one with a missing value; or a factor has a single level.

    Examples
    --------
    >>> from metamsc.models.formula import formula_design
    >>> design = formula_design("~ dose + source", {"dose": [1.0, 2.0, 4.0], "source": ["bm", "uc", "uc"]})
    >>> design.names
    ('intercept', 'dose', 'source[T.uc]')
    >>> design.rows({"dose": [3.0], "source": ["uc"]}).tolist()
    [[1.0, 3.0, 1.0]]
    """
    from formulaic.errors import FormulaicError

    parsed, needed = _parsed(formula)
    try:
        frame = _frame(columns, needed)
        _refuse_single_levels(frame, needed)
        matrix = parsed.get_model_matrix(frame, context={"sqrt": np.sqrt})
    except (FormulaicError, SyntaxError, NameError, TypeError, AttributeError) as error:
        raise OptionError(f"formula {formula!r} cannot be read: {_first_line(error)}") from None
    spec = matrix.model_spec
    names = tuple("intercept" if str(name) == "Intercept" else str(name) for name in matrix.columns)
    terms = {
        str(term): tuple(names[j] for j in places)
        for term, places in spec.term_indices.items()
        if str(term) != "1"
    }
    levels = {name: tuple(dict.fromkeys(frame[name])) for name in needed if _is_text(list(frame[name]))}
    return FormulaDesign(
        _complete(np.asarray(matrix, dtype=np.float64), len(frame)), names, terms, spec, needed, levels
    )


def formula_variables(formula: str) -> tuple[str, ...]:
    """Return the columns that a formula names, sorted.

    Raises
    ------
    OptionError
        The formula cannot be read, or calls what is not in :data:`FUNCTIONS`.
    """
    return _parsed(formula)[1]


def _parsed(formula: str) -> tuple[Any, tuple[str, ...]]:
    """Read a formula without evaluating anything of it."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    wanted = formula.strip().removeprefix("~").strip()
    _refuse_explosive(wanted)
    try:
        parsed = Formula(wanted)
        return parsed, _variables(parsed, formula)
    except (FormulaicError, SyntaxError, NameError, TypeError, AttributeError, RecursionError) as error:
        raise OptionError(f"formula {formula!r} cannot be read: {_first_line(error)}") from None


def _variables(parsed: Any, formula: str) -> tuple[str, ...]:
    """Return the columns that a formula uses; refuse anything but numbers, columns and known functions."""
    found: set[str] = set()
    for term in parsed:
        for factor in term.factors:
            text = str(factor.expr)
            if str(factor.eval_method.value) == "lookup":
                found.add(text)
            elif str(factor.eval_method.value) == "python":
                found |= _names_in(ast.parse(text, mode="eval").body, formula)
    return tuple(sorted(found))


def _refuse_explosive(formula: str) -> None:
    """Refuse what would take hours to expand before anything of it is expanded."""
    powers = re.findall(r"(?:\*\*|\^)\s*\(?\s*(\w*)", formula)
    crossings = re.sub(r"\*\*", "", formula).count("*")
    high = [power for power in powers if not (power.isdigit() and int(power) <= _HIGHEST_POWER)]
    if len(formula) > _LONGEST or crossings > _MOST_CROSSINGS or high or len(powers) > 1:
        raise OptionError(
            f"a formula has at most {_LONGEST} letters, {_MOST_CROSSINGS} crossings (*) and one power, up to "
            f"{_HIGHEST_POWER}; got {formula[:80]!r}."
        )


def _names_in(node: ast.AST, formula: str) -> set[str]:
    if isinstance(node, ast.Call):
        return _names_in_call(node, formula)
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.BinOp) and (isinstance(node.op, _ARITHMETIC) or _is_small_power(node)):
        for side in (node.left, node.right):
            text = isinstance(side, ast.Constant) and not isinstance(side.value, int | float)
            if text or isinstance(side, ast.List | ast.Tuple):
                raise OptionError(f"formula {formula!r} reckons with what is no number: {ast.unparse(node)}.")
        return _names_in(node.left, formula) | _names_in(node.right, formula)
    if not isinstance(node, _PLAIN):
        raise OptionError(f"formula {formula!r} has an expression that is not allowed: {ast.unparse(node)}.")
    return set().union(*(_names_in(part, formula) for part in ast.iter_child_nodes(node)))


def _is_small_power(node: ast.BinOp) -> bool:
    exponent = node.right
    return (
        isinstance(node.op, ast.Pow)
        and isinstance(exponent, ast.Constant)
        and isinstance(exponent.value, int)
        and 0 <= exponent.value <= _HIGHEST_POWER
    )


def _names_in_call(node: ast.Call, formula: str) -> set[str]:
    called = ast.unparse(node.func)
    if called not in FUNCTIONS:
        raise OptionError(f"formula {formula!r} calls {called}; functions are {', '.join(FUNCTIONS)}.")
    parts: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
    counts = [*node.args[1:], *(item.value for item in node.keywords if item.arg in ("df", "degree"))]
    for count in counts:
        if isinstance(count, ast.Constant) and isinstance(count.value, int) and count.value > _MOST_PARTS:
            raise OptionError(f"formula {formula!r}: {called} takes at most {_MOST_PARTS} parts.")
    return set().union(*(_names_in(part, formula) for part in parts))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _frame(columns: Columns, needed: Sequence[str]) -> pd.DataFrame:
    """Return the needed columns as a frame of numbers and text, complete."""
    import pandas as pd

    absent = [name for name in needed if name not in columns]
    if absent:
        listed = ", ".join(repr(name) for name in columns)
        raise InputError(f"There is no column {', '.join(map(repr, absent))}; columns are {listed}.")
    # A formula without variables takes the number of rows from any column.
    chosen = needed or tuple(columns)[:1]
    used = {name: list(columns[name]) for name in chosen}
    lengths = {len(values) for values in used.values()}
    if len(lengths) > 1:
        raise InputError(f"Columns must have one length; got {sorted(lengths)}.")
    for name, values in used.items() if needed else ():
        for i, value in enumerate(values):
            if value is None or (isinstance(value, float) and np.isnan(value)):
                raise InputError(f"{name}[{i + 1}] is missing; leave the study out, or supply its value.")
    return pd.DataFrame(
        {name: [str(v) for v in values] if _is_text(values) else values for name, values in used.items()}
    )


def _refuse_single_levels(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    for name in needed:
        values = list(frame[name])
        if _is_text(values) and len(set(values)) == 1:
            raise InputError(f"{name} has a single level, {values[0]!r}; it can explain no difference.")


def _is_text(values: Sequence[Any]) -> bool:
    return any(isinstance(value, (str, bool, np.bool_)) for value in values)


def _complete(X: FloatArray, k: int) -> FloatArray:
    if X.shape[0] != k or not np.isfinite(X).all():
        raise InputError("The formula gives no finite number for some rows.")
    return X
