"""The few kinds of R values that the reference calls need, and the plain functions on them.

Numbers are float arrays (NA is NaN), logicals bool arrays, text object arrays (NA is None). A matrix
is a two-dimensional array, a list an :class:`RList`, a data frame a dict of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .compare import Answer

Vector: TypeAlias = NDArray[Any]


class NotSupportedError(Exception):
    """The call needs something that the runner or the public API does not have."""


@dataclass
class RList:
    """An R list: values with names (None where unnamed)."""

    values: list[Any]
    names: list[str | None] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """Return the value called `name`, or None."""
        return self.values[self.names.index(name)] if name in self.names else None

    def answer(self) -> Answer:
        """Compare a list of named numbers, computed by the call from what a fit reports."""
        named = zip(self.names, self.values, strict=True)
        return Answer({str(name): numeric(value).tolist() for name, value in named}, 1e-5)


@dataclass(frozen=True)
class Factor:
    """An R factor: values as text and the order of its levels."""

    values: Vector
    levels: tuple[str, ...]


def as_vector(value: Any) -> Vector:
    """Return a JSON constant, a JSON column or a vector as a vector."""
    if isinstance(value, np.ndarray):
        return value
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, list) for item in items):
        return np.array([[_number(x) for x in row] for row in items], dtype=np.float64)
    if items and all(isinstance(item, bool) for item in items):
        return np.array(items, dtype=np.bool_)
    if all(_is_numeric(item) for item in items):
        return np.array([_number(item) for item in items], dtype=np.float64)
    return np.array([None if item is None else _text(item) for item in items], dtype=object)


def _is_numeric(item: Any) -> bool:
    return item is None or isinstance(item, (int, float)) or item in ("Inf", "-Inf", "NaN")


def _number(item: Any) -> float:
    return float("nan") if item is None else float(item)


def _text(item: Any) -> str:
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    return str(item)


def numeric(value: Any) -> NDArray[np.float64]:
    """Return a vector or matrix as floats."""
    array = as_vector(value)
    if array.dtype == object:
        raise NotSupportedError("arithmetic on text")
    return array.astype(np.float64)


def scalar(value: Any) -> float:
    """Return the first element as a float."""
    return float(numeric(value).ravel()[0])


def make_factor(value: Any) -> Factor:
    """Return the factor with levels sorted as R does: numbers by size, text alphabetically."""
    if isinstance(value, Factor):
        return value
    array = as_vector(value)
    if array.dtype == object:
        levels = sorted({x for x in array if x is not None}, key=lambda x: (x.lower(), x.swapcase()))
        return Factor(array, tuple(levels))
    present = np.unique(array[~np.isnan(array.astype(np.float64))])
    text = np.array([None if np.isnan(float(x)) else _text(float(x)) for x in array], dtype=object)
    return Factor(text, tuple(_text(float(x)) for x in present))


def combine(values: Sequence[Any]) -> Vector:
    """Return R's c() of vectors."""
    vectors = [as_vector(v) for v in values]
    if not vectors:
        return np.array([], dtype=np.float64)
    if any(v.dtype == object for v in vectors):
        return np.concatenate([v.astype(object) for v in vectors])
    if all(v.dtype == np.bool_ for v in vectors):
        return np.concatenate(vectors)
    return np.concatenate([v.astype(np.float64) for v in vectors])


def recycled(a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """Stretch the shorter of two vectors, as R's operators do."""
    if a.ndim > 1 or b.ndim > 1 or a.size == b.size:
        return a, b
    n = max(a.size, b.size)
    return np.resize(a, n), np.resize(b, n)


def arithmetic(operator: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return an R arithmetic operator (also unary minus and plus)."""

    def apply(a: Any, b: Any = None) -> Any:
        if b is None:
            return operator(0.0, numeric(a))
        left, right = recycled(numeric(a), numeric(b))
        with np.errstate(all="ignore"):
            return operator(left, right)

    return apply


def comparison(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an R comparison; text is compared as text."""

    def apply(a: Any, b: Any) -> Any:
        left, right = (v.values if isinstance(v, Factor) else as_vector(v) for v in (a, b))
        left, right = recycled(left, right)
        if left.dtype == object or right.dtype == object:
            pairs = zip(left, right, strict=True)
            return np.array([operator(_text(x), _text(y)) for x, y in pairs], dtype=np.bool_)
        return operator(left, right)

    return apply


def repeat(x: Any, *counts: Any, times: Any = None, each: Any = None, length_out: Any = None) -> Vector:
    """Return R's rep()."""
    vector = as_vector(x)
    if each is not None:
        vector = np.repeat(vector, int(scalar(each)))
    times = counts[0] if counts else times
    if length_out is not None:
        return np.resize(vector, int(scalar(length_out)))
    if times is None:
        return vector
    n = numeric(times)
    return np.repeat(vector, n.astype(int)) if n.size > 1 else np.tile(vector, int(n[0]))


def replace(x: Any, at: Any, value: Any) -> Vector:
    """Return R's replace(x, positions counted from 1, value)."""
    result = as_vector(x).copy()
    result[numeric(at).astype(int) - 1] = as_vector(value)
    return result


def bind_columns(*columns: Any) -> Vector:
    """Return R's cbind() of vectors or matrices."""
    return np.column_stack([numeric(c) for c in columns])


def subset(frame: Any, chosen: Any) -> Any:
    """Return the rows of a data frame for which `chosen` is TRUE (not NA)."""
    kept = np.flatnonzero(np.array([bool(x) for x in chosen]))
    return {
        name: Factor(c.values[kept], c.levels) if isinstance(c, Factor) else c[kept]
        for name, c in frame.items()
    }


def diagonal(x: Any) -> Vector:
    """Return R's diag(): the diagonal of a matrix, or a matrix with this diagonal."""
    values = numeric(x)
    return np.diag(values) if values.ndim == 2 or values.size > 1 else np.eye(int(values[0]))


def index(x: Any, *positions: Any) -> Any:
    """Return R's x[i], x[i, j]; None stands for an empty index."""
    if isinstance(x, dict):
        return _index_frame(x, positions)
    if isinstance(x, RList):
        picked = _positions(positions[0], len(x.values), x.names)
        return RList([x.values[i] for i in picked], [x.names[i] for i in picked])
    array = x.values if isinstance(x, Factor) else as_vector(x)
    picks = [
        slice(None) if p is None else _positions(p, n) for p, n in zip(positions, array.shape, strict=False)
    ]
    return (
        array[np.ix_(*picks)]
        if len(picks) == 2 and all(not isinstance(p, slice) for p in picks)
        else (array[tuple(picks)])
    )


def _index_frame(frame: dict[str, Any], positions: tuple[Any, ...]) -> Any:
    names = list(frame)
    rows, columns = positions if len(positions) == 2 else (None, positions[0])
    kept = names if columns is None else [names[j] for j in _positions(columns, len(names), names)]
    n = len(next(iter(frame.values())))
    picked = np.arange(n) if rows is None else np.array(_positions(rows, n))
    result = {name: _rows(frame[name], picked) for name in kept}
    return result[kept[0]] if len(kept) == 1 and len(positions) == 2 else result


def _rows(column: Vector, picked: Vector) -> Vector:
    """Return rows of a column; rows beyond its end are missing values, as in R."""
    beyond = picked >= column.size
    if not beyond.any():
        return column[picked]
    missing = None if column.dtype == object else np.nan
    result = column[np.where(beyond, 0, picked)]
    result = result if column.dtype == object else result.astype(np.float64)
    result[beyond] = missing
    return result


def _positions(p: Any, n: int, names: Sequence[str | None] = ()) -> list[int]:
    """Return positions from 0 for an R index: logical, negative, by name or counted from 1."""
    array = as_vector(p)
    if array.dtype == object:
        return [list(names).index(x) for x in array]
    if array.dtype == np.bool_:
        return [int(i) for i in np.flatnonzero(np.resize(array, n))]
    whole = array.astype(int)
    if (whole < 0).any():
        return [i for i in range(n) if i + 1 not in set(-whole)]
    return [int(i) - 1 for i in whole]
