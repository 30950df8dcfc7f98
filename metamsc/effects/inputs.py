"""The arrays of one call: brought to one length, checked value by value, with a note kept per row.

Values that cannot be what they are called (a negative SD, more events than participants, NaN) are
always refused. Values for which a measure is merely not defined or not trustworthy (an SD of
zero, a group of one, a mean of zero for a ratio) are refused too, unless the caller asked for such
rows to come back as missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects.measure import BoolArray, FloatArray, Measure
from metamsc.errors import InputError


class Rows:
    """Checked input arrays of shape (k,) by argument name, and the notes made on each row."""

    def __init__(self, arrays: Mapping[str, FloatArray], k: int) -> None:
        self.arrays = dict(arrays)
        self.k = k
        self.dropped: BoolArray = np.zeros(k, dtype=bool)
        self._notes: list[list[str]] = [[] for _ in range(k)]

    def __getitem__(self, name: str) -> FloatArray:
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def note(self, where: BoolArray, text: str) -> None:
        """Put a note on every row of the mask, once."""
        for position in np.flatnonzero(where):
            if text not in self._notes[position]:
                self._notes[position].append(text)

    def drop(self, where: BoolArray, reason: str) -> None:
        """Leave the rows of the mask out of everything, and note why."""
        self.dropped = self.dropped | where
        self.note(where, reason)

    @property
    def notes(self) -> tuple[tuple[str, ...], ...]:
        """The notes of each row, in the order they were made."""
        return tuple(tuple(notes) for notes in self._notes)

    def describe(self, position: int) -> str:
        """Return the values of one row as ``name = value``, for messages."""
        return ", ".join(f"{name} = {values[position]:g}" for name, values in self.arrays.items())


def as_array(name: str, value: ArrayLike) -> FloatArray:
    """Return a one-dimensional float array; raise `InputError` when it is not finite numbers (or NaN)."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers; got {value!r}.") from error
    if array.ndim > 1:
        raise InputError(f"{name} must be a number or one-dimensional; got shape {array.shape}.")
    array = np.atleast_1d(array)
    if array.size == 0:
        raise InputError(f"{name} is empty.")
    refuse(name, array, np.isinf(array), "must be finite")
    return array


def refuse(name: str, array: FloatArray, bad: BoolArray, rule: str) -> None:
    """Raise `InputError` naming the first bad value, and its position where there are several."""
    if not bad.any():
        return
    position = int(np.flatnonzero(bad)[0])
    others = int(bad.sum()) - 1
    more = f" ({others} more like it)" if others else ""
    where = f"{name}[{position}]" if array.size > 1 else name
    raise InputError(f"{where} = {array[position]:g}: {rule}{more}.")


def read_rows(given: Mapping[str, ArrayLike], *, refuse_missing: bool) -> Rows:
    """Bring the given arrays to one length (numbers are repeated) and return them as rows.

    Rows with a NaN are dropped with a note, or refused when `refuse_missing` is set.

    Raises
    ------
    InputError
        If lengths differ, or a value is not a finite number.
    """
    arrays = {name: as_array(name, value) for name, value in given.items()}
    lengths = {name: array.size for name, array in arrays.items() if array.size > 1}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise InputError(f"arrays must have one length; got {listed}.")
    k = max(lengths.values(), default=1)
    rows = Rows({name: np.broadcast_to(array, (k,)) for name, array in arrays.items()}, k)
    for name, array in rows.arrays.items():
        missing = np.isnan(array)
        if refuse_missing:
            refuse(name, array, missing, "a value is needed in every row")
        rows.drop(missing, f"{name} is missing")
    return rows


def check_rows(measure: Measure, rows: Rows, *, refuse_undefined: bool) -> None:
    """Check every value of the rows against what its name says and the measure needs.

    Raises
    ------
    InputError
        For an impossible value; with `refuse_undefined`, also for a value at which the measure is
        not defined or its variance means nothing.
    """
    for name, array in rows.arrays.items():
        kind = name.split("_")[0]
        if kind in {"sd", "se"}:
            refuse(name, array, array < 0, f"{_KIND[kind]} cannot be negative")
        elif kind == "n":
            refuse(name, array, array < 1, "a group has at least one member")
        elif kind == "events":
            refuse(name, array, array < 0, "a count cannot be negative")
        elif kind == "time":
            refuse(name, array, array <= 0, "person-time must be above zero")
        elif kind == "r":
            refuse(name, array, np.abs(array) > 1, "a correlation lies between -1 and 1")
        if refuse_undefined:
            _refuse_undefined(measure, name, kind, array)
    _check_events(rows)


_KIND = {"sd": "a standard deviation", "se": "a standard error"}


def _refuse_undefined(measure: Measure, name: str, kind: str, array: FloatArray) -> None:
    """Refuse values at which the measure is not defined or its variance is meaningless."""
    if kind in _KIND:
        rule = f"{_KIND[kind]} of zero makes the variance of {measure.name} meaningless; check the source"
        refuse(name, array, array == 0, rule)
    elif kind == "n" and measure.uses_sd:
        refuse(name, array, array <= 1, "an SD needs more than one member")
    elif kind == "mean" and measure.positive_means:
        refuse(name, array, array <= 0, f"{measure.name} needs positive means (a ratio scale)")


def _check_events(rows: Rows) -> None:
    """Refuse more events than members, arm by arm."""
    for suffix in ("_treat", "_control", ""):
        events, n = f"events{suffix}", f"n{suffix}"
        if events in rows and n in rows:
            bad = rows[events] > rows[n]
            limit = rows[n][int(np.flatnonzero(bad)[0])] if bad.any() else 0.0
            refuse(events, rows[events], bad, f"more events than members ({n} = {limit:g})")
