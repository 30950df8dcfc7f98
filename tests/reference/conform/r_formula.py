"""A formula's right-hand side -> model matrix with R's column names and contrasts.

Numbers, factors (treatment contrasts), text and logicals as factors, ``:``, ``*``, ``+``, ``-``, ``0``,
``1`` and any function call as a variable. A factor in a term is coded by contrasts if the term without
it is in the model, else by one column per level (R's rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metamsc.models.formula import formula_design

from .r_eval import Formula
from .r_parser import Node
from .r_values import Factor, NotSupportedError, as_vector, make_factor, numeric

_OPERATORS = {"+", "-", "*", "/", "^", ":", "==", "<", ">", "<=", ">=", "%in%"}


@dataclass(frozen=True)
class ModelMatrix:
    """Columns of a design; NaN where a variable is missing."""

    X: NDArray[np.float64]
    names: tuple[str, ...]
    has_intercept: bool


def right_hand_side(formula: Formula) -> Node:
    """Return what stands to the right of the tilde."""
    return formula.tree["args"][-1][1]


def left_hand_side(formula: Formula) -> Node | None:
    """Return what stands to the left of the tilde, if anything does."""
    return formula.tree["args"][0][1] if len(formula.tree["args"]) == 2 else None


def model_matrix(formula: Formula, data: dict[str, Any] | None, k: int) -> ModelMatrix:
    """Return the design of `formula` for `k` rows, names looked up in `data` first."""
    terms, variables, intercept = _terms(right_hand_side(formula))
    env = formula.env.within(data)
    values = {text: env.evaluate(node) for text, node in variables.items()}
    columns, names = [], []
    if intercept:
        columns.append(np.ones(k))
        names.append("intrcpt")
    sets = [frozenset(term) for term in terms]
    for term in sorted(terms, key=len):  # main effects first, as R orders them
        for column, name in _term_columns(term, sets, intercept, values):
            columns.append(column)
            names.append(name)
    if not columns:
        raise NotSupportedError("a formula without columns")
    return ModelMatrix(np.column_stack(columns), tuple(names), intercept)


def _terms(node: Node) -> tuple[list[tuple[str, ...]], dict[str, Node], bool]:
    """Return the terms (tuples of variables as text), the variables, and if there is an intercept."""
    terms: list[tuple[str, ...]] = []
    variables: dict[str, Node] = {}
    intercept = True
    for sign, part in _summands(node, True):
        if not isinstance(part, dict):
            if part not in (0, 1):
                raise NotSupportedError(f"{part!r} in a formula")
            intercept = (part == 1) == sign
            continue
        for term in _expanded(part, variables):
            if not sign:
                terms = [t for t in terms if frozenset(t) != frozenset(term)]
            elif frozenset(term) not in [frozenset(t) for t in terms]:
                terms.append(term)
    return terms, variables, intercept


def _summands(node: Node, sign: bool) -> list[tuple[bool, Node]]:
    if isinstance(node, dict) and node.get("call") in ("+", "-"):
        args = [arg for _, arg in node["args"]]
        last = _summands(args[-1], sign == (node["call"] == "+"))
        return [*(_summands(args[0], sign) if len(args) == 2 else []), *last]
    if isinstance(node, dict) and node.get("call") == "(":
        return _summands(node["args"][0][1], sign)
    return [(sign, node)]


def _expanded(node: Node, variables: dict[str, Node]) -> list[tuple[str, ...]]:
    if isinstance(node, dict) and node.get("call") in ("*", ":"):
        left, right = (_expanded(arg, variables) for _, arg in node["args"])
        crossed = [tuple(dict.fromkeys(a + b)) for a in left for b in right]
        return [*left, *right, *crossed] if node["call"] == "*" else crossed
    text = deparse(node)
    variables[text] = node
    return [(text,)]


def _term_columns(
    term: tuple[str, ...], sets: list[frozenset[str]], intercept: bool, values: dict[str, Any]
) -> list[tuple[NDArray[np.float64], str]]:
    products: list[tuple[NDArray[np.float64] | float, str]] = [(1.0, "")]
    for variable in term:
        rest = frozenset(term) - {variable}
        contrasts = rest in sets if rest else intercept or _earlier_factor(variable, sets, values)
        coded = _coded(variable, contrasts, values[variable])
        # In R's column order the first variable of a term varies fastest.
        products = [
            (column * done, f"{name_done}:{name}" if name_done else name)
            for column, name in coded
            for done, name_done in products
        ]
    return [(np.asarray(column, dtype=np.float64), name) for column, name in products]


def _earlier_factor(variable: str, sets: list[frozenset[str]], values: dict[str, Any]) -> bool:
    """Say whether a factor before `variable` already spans the intercept (model without one)."""
    for term in sets:
        if term == frozenset({variable}):
            return False
        if len(term) == 1 and _is_factor(values[next(iter(term))]):
            return True
    return False


def _is_factor(value: Any) -> bool:
    return isinstance(value, Factor) or as_vector(value).dtype in (np.dtype(object), np.dtype(np.bool_))


def _coded(variable: str, contrasts: bool, value: Any) -> list[tuple[NDArray[np.float64], str]]:
    if not isinstance(value, Factor) and as_vector(value).dtype == np.bool_:
        value = Factor(np.array(["TRUE" if x else "FALSE" for x in value], dtype=object), ("FALSE", "TRUE"))
    if not _is_factor(value):
        matrix = numeric(value)
        if matrix.ndim == 2:
            return [(matrix[:, j], f"{variable}{j + 1}") for j in range(matrix.shape[1])]
        return [(matrix, variable)]
    factor = make_factor(value)
    if contrasts and len(factor.levels) < 2:
        formula_design("level", {"level": [str(x) for x in factor.values]})
    missing = np.array([x is None for x in factor.values])
    levels = factor.levels[1:] if contrasts else factor.levels
    return [
        (np.where(missing, np.nan, (factor.values == level).astype(np.float64)), f"{variable}{level}")
        for level in levels
    ]


def deparse(node: Node) -> str:
    """Return a tree as R would print it."""
    if not isinstance(node, dict):
        return _constant(node)
    if "name" in node:
        return str(node["name"])
    name, args = (
        node["call"],
        [(f"{key} = " if key else "") + deparse(arg) for key, arg in node.get("args", [])],
    )
    if name == "(":
        return f"({args[0]})"
    if name in ("[", "[["):
        return f"{args[0]}{name}{', '.join(args[1:])}{']' * len(name)}"
    if name == "$":
        return f"{args[0]}${args[1]}"
    if name in _OPERATORS:
        gap = "" if name in ("^", ":") else " "
        return f"{name}{args[0]}" if len(args) == 1 else f"{args[0]}{gap}{name}{gap}{args[1]}"
    return f"{name}({', '.join(args)})"


def _constant(node: Node) -> str:
    if node is None:
        return "NA"
    if isinstance(node, bool):
        return "TRUE" if node else "FALSE"
    if isinstance(node, str):
        return node if node == "Inf" else f'"{node}"'
    return str(int(node)) if float(node).is_integer() else repr(float(node))
