"""Evaluate the tree of an R call: plain functions here, meta-analysis functions through adapters.

An adapter gets its arguments unevaluated, because R looks names up in the call's ``data=`` first. A
function that neither this module nor an adapter knows raises :class:`NotSupportedError`: nothing is
guessed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from .r_parser import Node, parse
from .r_values import (
    Factor,
    NotSupportedError,
    RList,
    arithmetic,
    as_vector,
    bind_columns,
    combine,
    comparison,
    diagonal,
    index,
    make_factor,
    numeric,
    repeat,
    replace,
    scalar,
    subset,
)

Adapter: TypeAlias = Callable[["Arguments"], Any]


@dataclass(frozen=True)
class Formula:
    """A formula and the place where its names are looked up after the data."""

    tree: Node
    env: Env


@dataclass(frozen=True)
class Closure:
    """A function written in the call, such as ``function(f) f$se``."""

    parameters: tuple[str, ...]
    body: Node
    env: Env

    def __call__(self, *args: Any) -> Any:
        inner = Env(dict(zip(self.parameters, args, strict=False)), self.env, self.env.adapters)
        return inner.evaluate(self.body)


@dataclass
class Env:
    """Names with their values, then those of the enclosing place; knows the adapters."""

    names: dict[str, Any]
    parent: Env | None = None
    adapters: Mapping[str, Adapter] = field(default_factory=dict)

    def lookup(self, name: str) -> Any:
        """Return the value of `name`."""
        env: Env | None = self
        while env is not None:
            if name in env.names:
                return env.names[name]
            env = env.parent
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in self.adapters:
            return lambda *values: self.adapters[name](
                Arguments([(None, {"value": v}) for v in values], self)
            )
        raise NotSupportedError(f"unknown name {name!r}")

    def within(self, frame: Mapping[str, Any] | None) -> Env:
        """Return a place in which the columns of `frame` come first."""
        return self if frame is None else Env(dict(frame), self, self.adapters)

    def evaluate(self, node: Node) -> Any:
        """Return the value of a tree."""
        if not isinstance(node, dict):
            return as_vector(node)
        if "value" in node:
            return node["value"]
        if "name" in node:
            return None if node["name"] == "" else self.lookup(node["name"])
        if "formula" in node:
            return Formula(parse(node["formula"]), self)
        if "code" in node:
            return self.evaluate(parse(node["code"]))
        if "function" in node:
            return Closure(tuple(node["function"]), node["body"], self)
        return self.call(node["call"], [(name, arg) for name, arg in node["args"]])

    def call(self, name: Node, args: list[tuple[str | None, Node]]) -> Any:
        """Return the value of a call."""
        if not isinstance(name, str):
            return self.evaluate(name)(*(self.evaluate(arg) for _, arg in args))
        if name == "<-":
            return self._assign(args[0][1], self.evaluate(args[1][1]))
        if name == "~":
            return Formula({"call": "~", "args": [list(a) for a in args]}, self)
        if name == "$":
            return _member(self.evaluate(args[0][1]), args[1][1]["name"])
        if name == "subset":
            frame = self.evaluate(args[0][1])
            return subset(frame, self.within(frame).evaluate(args[1][1]))
        if name in self.adapters:
            return self.adapters[name](Arguments(args, self))
        if name in FUNCTIONS:
            values = [self.evaluate(arg) for key, arg in args if key is None]
            named = {key.replace(".", "_"): self.evaluate(arg) for key, arg in args if key is not None}
            if name in _TAKES_NAMES:
                return FUNCTIONS[name]([(key, self.evaluate(arg)) for key, arg in args])
            return FUNCTIONS[name](*values, **named)
        function = self.lookup(name)
        return function(*(self.evaluate(arg) for _, arg in args))

    def _assign(self, target: Node, value: Any) -> Any:
        if isinstance(target, dict) and "name" in target:
            self.names[target["name"]] = value
        elif isinstance(target, dict) and target.get("call") == "$":
            frame = self.evaluate(target["args"][0][1])
            frame[target["args"][1][1]["name"]] = value
        else:
            raise NotSupportedError(f"assignment to {target!r}")
        return value


@dataclass(frozen=True)
class Arguments:
    """The unevaluated arguments of an adapter's call."""

    items: list[tuple[str | None, Node]]
    env: Env

    def bind(self, *parameters: str) -> dict[str, Node]:
        """Return the arguments by name; unnamed ones go to `parameters` not named, in order."""
        bound = {name: node for name, node in self.items if name is not None}
        free = iter([p for p in parameters if p not in bound])
        for name, node in self.items:
            if name is None:
                try:
                    bound[next(free)] = node
                except StopIteration:
                    raise NotSupportedError("more unnamed arguments than are known") from None
        return bound


def _member(value: Any, name: str) -> Any:
    """Return R's value$name for a data frame, a list or a fit."""
    if isinstance(value, dict):
        if name not in value:
            raise NotSupportedError(f"no column {name!r}")
        return value[name]
    if isinstance(value, RList):
        return value.get(name)
    fields = value.fields()
    if name not in fields:
        raise NotSupportedError(f"no field {name!r} in {type(value).__name__}")
    return as_vector(fields[name])


def _list(items: list[tuple[str | None, Any]]) -> RList:
    return RList([value for _, value in items], [name for name, _ in items])


def _data_frame(items: list[tuple[str | None, Any]]) -> dict[str, Any]:
    columns = {str(name): v if isinstance(v, Factor) else as_vector(v) for name, v in items}
    n = max(len(v.values) if isinstance(v, Factor) else v.size for v in columns.values())
    return {k: v if isinstance(v, Factor) or v.size == n else np.resize(v, n) for k, v in columns.items()}


def _each(values: Any) -> list[Any]:
    return values.values if isinstance(values, RList) else [as_vector(x) for x in as_vector(values)]


def _lapply(values: Any, function: Callable[[Any], Any]) -> RList:
    names = values.names if isinstance(values, RList) else []
    return RList([function(v) for v in _each(values)], list(names))


def _sapply(values: Any, function: Callable[[Any], Any]) -> Any:
    return combine([function(v) for v in _each(values)])


def _length(x: Any) -> Any:
    size = len(x) if isinstance(x, dict) else len(x.values) if isinstance(x, (RList, Factor)) else x.size
    return np.array([float(size)])


def _seq(*args: Any, by: Any = None, length_out: Any = None) -> Any:
    start, stop = scalar(args[0]), scalar(args[1])
    if length_out is not None:
        return np.linspace(start, stop, int(scalar(length_out)))
    step = scalar(by) if by is not None else 1.0
    return start + step * np.arange(int(np.floor((stop - start) / step + 1e-10)) + 1)


def _range(a: Any, b: Any) -> Any:
    low, high = scalar(a), scalar(b)
    return np.arange(low, high + 0.5) if high >= low else np.arange(low, high - 0.5, -1.0)


def _unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: np.atleast_1d(function(numeric(x)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "(": lambda x: x,
    "{": lambda *x: x[-1],
    "I": lambda x: x,
    "%*%": lambda a, b: numeric(a) @ numeric(b),
    "diag": diagonal,
    "t": lambda x: numeric(x).T if numeric(x).ndim == 2 else numeric(x)[None, :],
    "solve": lambda a, b=None: np.linalg.inv(a) if b is None else np.linalg.solve(a, b),
    "model.matrix": lambda fit: fit.fit.model.basis @ np.linalg.inv(fit.fit.model.to_coefs),
    "matrix": lambda x, nrow=None, ncol=None, byrow=None: _matrix(x, nrow, ncol, byrow),
    "+": arithmetic(operator.add),
    "-": arithmetic(operator.sub),
    "*": arithmetic(operator.mul),
    "/": arithmetic(operator.truediv),
    "^": arithmetic(operator.pow),
    "%%": arithmetic(operator.mod),
    "%/%": arithmetic(operator.floordiv),
    "%in%": lambda a, b: np.isin(as_vector(a), as_vector(b)),
    "==": comparison(operator.eq),
    "!=": comparison(operator.ne),
    "<": comparison(operator.lt),
    ">": comparison(operator.gt),
    "<=": comparison(operator.le),
    ">=": comparison(operator.ge),
    "&": lambda a, b: np.logical_and(*np.broadcast_arrays(a, b)),
    "|": lambda a, b: np.logical_or(*np.broadcast_arrays(a, b)),
    "!": lambda a: np.logical_not(as_vector(a)),
    ":": _range,
    "[": index,
    "[[": lambda x, i: x[_text_of(i)] if isinstance(x, dict) else _each(x)[int(scalar(i)) - 1],
    "c": lambda items: combine([v for _, v in items]),
    "list": _list,
    "data.frame": _data_frame,
    "rep": repeat,
    "seq": _seq,
    "seq_len": lambda n: np.arange(1.0, scalar(n) + 1.0),
    "seq_along": lambda x: np.arange(1.0, scalar(_length(x)) + 1.0),
    "length": _length,
    "nrow": lambda x: np.array([float(len(next(iter(x.values()))) if isinstance(x, dict) else x.shape[0])]),
    "factor": make_factor,
    "as.factor": make_factor,
    "replace": replace,
    "cbind": bind_columns,
    "rbind": lambda *rows: np.vstack([numeric(r) for r in rows]),
    "lapply": _lapply,
    "sapply": _sapply,
    "unlist": lambda x: combine(_each(x)),
    "is.na": lambda x: np.array([v is None or v != v for v in as_vector(x)]),
    "ifelse": lambda t, a, b: np.where(t, as_vector(a), as_vector(b)),
    "rev": lambda x: as_vector(x)[::-1],
    "which": lambda x: np.flatnonzero(x) + 1.0,
    "sqrt": _unwrapped(np.sqrt),
    "exp": _unwrapped(np.exp),
    "log": _unwrapped(np.log),
    "abs": _unwrapped(np.abs),
    "tanh": _unwrapped(np.tanh),
    "sum": _unwrapped(np.sum),
    "mean": _unwrapped(np.mean),
    "median": _unwrapped(np.median),
    "min": _unwrapped(np.min),
    "max": _unwrapped(np.max),
    "sd": _unwrapped(lambda x: np.std(x, ddof=1)),
    "var": _unwrapped(lambda x: np.var(x, ddof=1)),
    "cumsum": _unwrapped(np.cumsum),
    "round": lambda x, digits=0.0: np.round(numeric(x), int(scalar(digits))),
    "scale": lambda x, center=True, scale=True: _scale(x, center, scale),
    "as.numeric": numeric,
    "coef": lambda fit: as_vector(fit.fields()["beta"]),
}
_TAKES_NAMES = frozenset({"c", "list", "data.frame"})


def _matrix(x: Any, nrow: Any, ncol: Any, byrow: Any) -> Any:
    values = numeric(x).ravel()
    rows = int(scalar(nrow)) if nrow is not None else None
    columns = int(scalar(ncol)) if ncol is not None else None
    rows = rows if rows is not None else max(1, values.size // (columns or 1))
    columns = columns if columns is not None else max(1, values.size // rows)
    across = byrow is not None and bool(as_vector(byrow)[0])
    return np.resize(values, rows * columns).reshape(rows, columns, order="C" if across else "F")


def _text_of(value: Any) -> str:
    return str(as_vector(value)[0])


def _scale(x: Any, center: Any, scale: Any) -> Any:
    values = numeric(x)
    if bool(as_vector(center)[0]):
        values = values - np.nanmean(values)
    return values / np.nanstd(values, ddof=1) if bool(as_vector(scale)[0]) else values
