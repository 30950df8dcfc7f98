"""Effect sizes from any CSV: one row per study, no YAML needed.

Columns: ``study`` (or ``label``, ``slab``) and either ``yi`` with ``vi`` or ``sei``, or the numbers of both
arms under the names of :func:`metamsc.compute_effects`. Every other column is kept as a moderator.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.dataset.csv_text import read_cells
from metamsc.effects import compute_effects, find_measure
from metamsc.errors import InputError, OptionError
from metamsc.files import PathLike

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MEANS = ("n_treat", "mean_treat", "sd_treat", "n_control", "mean_control", "sd_control")
COUNTS = ("events_treat", "n_treat", "events_control", "n_control")
_DEFAULT_MEASURE = {MEANS: "MD", COUNTS: "RR"}
STUDY_COLUMNS = ("study", "label", "slab")
"""Where the names of the studies stand: the first of these columns that there is (`slab` is metafor's)."""
UNNAMED = "GEN"
"""Measure of effects whose file does not say what they are."""

_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CsvEffects:
    """Effects of a CSV: labels, arrays and the remaining columns, row by row."""

    file: str
    measure: str
    labels: tuple[str, ...]
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    frame: pd.DataFrame
    """Every column as text, as written; None where there is no value; the index is the line."""
    notes: tuple[str, ...]
    """What was done to single rows ("a: 0.5 added to all cells")."""

    def column(self, name: str) -> tuple[str, ...]:
        """Return a column as text, as written.

        Raises
        ------
        OptionError
            If there is none of that name; lists those there are.
        InputError
            If a row has no value in it; says the line.
        """
        if name not in self.frame.columns:
            listed = ", ".join(map(str, self.frame.columns))
            raise OptionError(f"{self.file} has no column {name!r}; it has {listed}.")
        for line, value in self.frame[name].items():
            if value is None:
                raise InputError(f"{self.file}:{line}: no value in column {name!r}.")
        return tuple(self.frame[name])


def read_csv(path: PathLike, measure: str | None = None, *, repeats: bool = False) -> CsvEffects:
    """Read effect sizes, or the arm-level numbers they are computed from.

    Parameters
    ----------
    path : path
        A CSV with a header line, or ``-`` for standard input.
    measure : str, optional
        Measure to compute, from the columns named as its arguments ("MD" from means and "RR" from
        counts when left out), or the name of the measure that `yi` holds.
    repeats : bool
        Whether a study may have several rows (dependent effects); they are then labelled with their line.

    Returns
    -------
    CsvEffects

    Raises
    ------
    InputError
        If the file cannot be read, columns are missing, or a value is not a number; says the line.
    OptionError
        If the measure is unknown.
    """
    file, frame = read_cells(path)
    if measure is not None and measure != UNNAMED:
        find_measure(measure)
    labels = _labels(frame, file, repeats=repeats)
    if "yi" in frame.columns:
        return _given_effects(frame, file, labels, measure)
    there = set(frame.columns)
    if measure is None:
        found = next((columns for columns in _DEFAULT_MEASURE if set(columns) <= there), None)
        if found is None:
            raise InputError(f"{file}: {_what_is_missing(there)}")
        return _computed_effects(frame, file, labels, _DEFAULT_MEASURE[found], found)
    columns = find_measure(measure).inputs
    missing = ", ".join(name for name in columns if name not in there)
    if missing or not columns:
        needed = f"the columns {', '.join(columns)}; missing {missing}" if columns else "yi with vi or sei"
        raise InputError(f"{file}: {measure} needs {needed}.")
    return _computed_effects(frame, file, labels, measure, columns)


def _what_is_missing(there: set[str]) -> str:
    """Say which columns are needed, and which are missing for the family that is nearest to there."""
    families = (("yi", "vi"), *_DEFAULT_MEASURE)
    nearest = max(families, key=lambda columns: len(there & set(columns)))
    said = (
        f"columns are needed: yi with vi or sei, or {', '.join(MEANS)}, or {', '.join(COUNTS)}; "
        f"there are {', '.join(sorted(there)) or 'none'}"
    )
    if not there & set(nearest):
        return f"{said}."
    missing = ", ".join(name for name in nearest if name not in there)
    return f"{said}. Beside {', '.join(n for n in nearest if n in there)} there must be {missing}."


def _labels(frame: pd.DataFrame, file: str, *, repeats: bool) -> tuple[str, ...]:
    """Return the names of the studies, or row numbers; one that stands twice is refused unless it may."""
    column = next((name for name in STUDY_COLUMNS if name in frame.columns), None)
    if column is None:
        return tuple(f"row {line}" for line in frame.index)
    first: dict[str, object] = {}
    for line, name in frame[column].items():
        if name is None:
            raise InputError(f"{file}:{line}: {column}: the study has no name.")
        label = f"{name} (line {line})" if name in first and repeats else name
        if label in first:
            raise InputError(
                f"{file}:{line}: {column} {label!r} is already in line {first[label]}; "
                "give each row its own name, or name the column of dependent rows as cluster."
            )
        first[label] = line
    return tuple(first)


def _numbers(frame: pd.DataFrame, file: str, name: str) -> list[float]:
    """Return a column as finite numbers.

    Raises
    ------
    InputError
        At the first value that is not one; says the line.
    """
    numbers = []
    for line, text in frame[name].items():
        number = None if text is None else _number(text)
        if number is None:
            said = "no value" if text is None else f"{text!r} is not a number{_mend(text)}"
            raise InputError(f"{file}:{line}: {name}: {said}.")
        numbers.append(number)
    return numbers


def _number(text: str) -> float | None:
    """Read a plain finite number, None when it is not one."""
    return float(text) if _PLAIN_NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def _mend(text: str) -> str:
    if re.fullmatch(r"[-+]?\d*,\d+", text):
        return "; write a decimal point"
    return "; write the minus as a hyphen" if text[0] in "−–" else ""


def _given_effects(
    frame: pd.DataFrame, file: str, labels: tuple[str, ...], measure: str | None
) -> CsvEffects:
    spreads = [name for name in ("vi", "sei") if name in frame.columns]
    if len(spreads) != 1:
        said = "there is neither" if not spreads else "there are both"
        raise InputError(f"{file}: beside yi give vi (variance) or sei (standard error); {said}.")
    yi, spread = _numbers(frame, file, "yi"), _numbers(frame, file, spreads[0])
    for line, value in zip(frame.index, spread, strict=True):
        if value <= 0:
            raise InputError(f"{file}:{line}: {spreads[0]} must be above 0; got {value:g}.")
    vi = [value**2 for value in spread] if spreads[0] == "sei" else spread
    return CsvEffects(
        file=file,
        measure=measure or UNNAMED,
        labels=labels,
        yi=tuple(yi),
        vi=tuple(vi),
        frame=frame,
        notes=(),
    )


def _computed_effects(
    frame: pd.DataFrame, file: str, labels: tuple[str, ...], measure: str, columns: tuple[str, ...]
) -> CsvEffects:
    arguments: dict[str, Any] = {name: _numbers(frame, file, name) for name in columns}
    try:
        effects = compute_effects(measure, **arguments)
    except InputError as error:
        raise InputError(_at_line(file, frame, measure, arguments) or f"{file}: {error}") from None
    notes = [f"{label}: {note}" for label, row in zip(labels, effects.notes, strict=True) for note in row]
    return CsvEffects(
        file=file,
        measure=effects.measure,
        labels=labels,
        yi=tuple(float(y) for y in effects.yi),
        vi=tuple(float(v) for v in effects.vi),
        frame=frame,
        notes=(*notes, *effects.warnings),
    )


def _at_line(file: str, frame: pd.DataFrame, measure: str, arguments: dict[str, list[float]]) -> str | None:
    """Find the first row that has no effect size by itself, and say why with its line."""
    for position, line in enumerate(frame.index):
        row: dict[str, Any] = {name: values[position] for name, values in arguments.items()}
        try:
            compute_effects(measure, **row)
        except InputError as error:
            return f"{file}:{line}: {error}"
    return None


def typed_columns(effects: CsvEffects) -> dict[str, list[Any]]:
    """Return the other columns of a CSV by name; those that hold only numbers as numbers."""
    typed: dict[str, list[Any]] = {}
    for name in effects.frame.columns:
        texts = list(effects.frame[name])
        numbers = [None if text is None else _number(text) for text in texts]
        given = sum(text is not None for text in texts)
        is_numeric = given > 0 and sum(number is not None for number in numbers) == given
        typed[str(name)] = numbers if is_numeric else texts
    return typed
