"""What the covariance functions accept, checked once: labels, correlations, figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metamsc.effects.measure import FloatArray
from metamsc.errors import InputError

IntArray: TypeAlias = NDArray[np.intp]
_OTHER = object()
"""The group that stands for every control when none are named."""


def by_study(study: ArrayLike, k: int) -> tuple[list[Any], list[IntArray]]:
    """Return the studies' labels and the positions of their effects, in order of first appearance."""
    members: dict[Any, list[int]] = {}
    for i, label in enumerate(labels_of(study, k, "study")):
        members.setdefault(label, []).append(i)
    return list(members), [np.array(m, dtype=np.intp) for m in members.values()]


def labels_of(labels: ArrayLike, k: int, name: str) -> list[Any]:
    """Return one label per effect, none missing."""
    array = np.asarray(labels, dtype=object)
    if array.shape != (k,):
        raise InputError(f"{name} must have one label per effect ({k}); got shape {array.shape}.")
    values: list[Any] = array.tolist()
    for i, label in enumerate(values):
        if label is None or (isinstance(label, float) and np.isnan(label)):
            raise InputError(f"{name}[{i + 1}] is missing; every effect needs a label.")
    return values


def numbered(labels: ArrayLike, k: int, name: str) -> FloatArray:
    """Return labels as numbers: equal labels, equal numbers."""
    numbers: dict[Any, int] = {}
    return np.array(
        [numbers.setdefault(x, len(numbers)) for x in labels_of(labels, k, name)], dtype=np.float64
    )


def numbered_arms(
    treat: ArrayLike | None, control: ArrayLike | None, k: int
) -> tuple[FloatArray, FloatArray]:
    """Return numbers of both arms from one numbering; without labels every effect has the same two."""
    t = ["treated"] * k if treat is None else labels_of(treat, k, "treat")
    c: Sequence[Any] = [_OTHER] * k if control is None else labels_of(control, k, "control")
    both = np.empty(2 * k, dtype=object)
    both[:] = [*t, *c]
    for i in range(k):
        if t[i] == c[i]:
            raise InputError(f"treat[{i + 1}] and control[{i + 1}] are the same arm, {t[i]!r}.")
    numbers = numbered(both, 2 * k, "treat and control")
    return numbers[:k], numbers[k:]


def check_together(**given: object) -> None:
    """Raise when one of the arguments is given without the other."""
    missing = [name for name, value in given.items() if value is None]
    if missing and len(missing) < len(given):
        raise InputError(f"{' and '.join(given)} go together; {missing[0]} is missing.")


def check_correlation(name: str, value: float | None) -> None:
    """Raise unless `value` is None or in [-1, 1]."""
    if value is not None and not -1.0 <= value <= 1.0:
        raise InputError(f"{name} is a correlation and must be in [-1, 1]; got {value!r}.")


def finite(name: str, values: ArrayLike | None, k: int | None) -> FloatArray:
    """Return k finite numbers."""
    if values is None:
        raise InputError(f"{name} is needed here.")
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or (k is not None and array.size != k) or not np.isfinite(array).all():
        raise InputError(
            f"{name} must be finite numbers, one for each of the {k or ''} effects; got {values!r}."
        )
    return array


def positive(name: str, values: ArrayLike | None, k: int | None) -> FloatArray:
    """Return k numbers > 0."""
    array = finite(name, values, k)
    if (array <= 0.0).any():
        first = int(np.flatnonzero(array <= 0.0)[0])
        raise InputError(f"{name}[{first + 1}] is {array[first]:g}; it must be > 0.")
    return array
