"""Effect sizes from any CSV: one row per study, no YAML needed.

Columns: ``study`` and either ``yi`` with ``vi`` or ``sei``, or the numbers of both arms under the names
of :func:`metamsc.compute_effects`. Every other column is kept as a moderator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.effects import compute_effects
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
_FIRST_LINE = 2  # line of the first study: the header is line 1


@dataclass(frozen=True, slots=True)
class CsvEffects:
    """Effects of a CSV: labels, arrays and the remaining columns, row by row."""

    file: str
    measure: str
    labels: tuple[str, ...]
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    frame: pd.DataFrame
    notes: tuple[str, ...]
    """What was done to single rows ("a: 0.5 added to all cells")."""

    def column(self, name: str) -> tuple[str, ...]:
        """Return a column as text.

        Raises
        ------
        OptionError
            If there is none of that name; lists those there are.
        InputError
            If a row has no value in it.
        """
        if name not in self.frame.columns:
            listed = ", ".join(map(str, self.frame.columns))
            raise OptionError(f"{self.file} has no column {name!r}; it has {listed}.")
        values = self.frame[name]
        if values.isna().any():
            line = _FIRST_LINE + int(values.isna().to_numpy().argmax())
            raise InputError(f"{self.file}:{line}: no value in column {name!r}.")
        return tuple(str(value) for value in values)


def read_csv(path: PathLike, measure: str | None = None) -> CsvEffects:
    """Read effect sizes, or the arm-level numbers they are computed from.

    Parameters
    ----------
    path : path
        A CSV with a header line, or ``-`` for standard input.
    measure : str, optional
        Measure to compute from arm columns ("MD" for means and "RR" for counts when left out), or
        the name of the measure that `yi` holds.

    Returns
    -------
    CsvEffects

    Raises
    ------
    InputError
        If the file cannot be read, columns are missing, or a value is not a number; says the line.
    OptionError
        If the measure is unknown or does not go with the columns.
    """
    file, frame = _read_frame(path)
    labels = _labels(frame, file)
    if "yi" in frame.columns:
        return _given_effects(frame, file, labels, measure)
    for columns, default in _DEFAULT_MEASURE.items():
        if set(columns) <= set(frame.columns):
            return _computed_effects(frame, file, labels, measure or default, columns)
    missing = [name for name in MEANS if name not in frame.columns]
    raise InputError(
        f"{file}: columns are needed: yi with vi or sei, or {', '.join(MEANS)}, or {', '.join(COUNTS)}; "
        f"there are {', '.join(map(str, frame.columns)) or 'none'} (for means, missing {', '.join(missing)})."
    )


def _read_frame(path: PathLike) -> tuple[str, pd.DataFrame]:
    import sys

    import pandas as pd

    file = "standard input" if str(path) == "-" else str(path)
    try:
        source: Any = sys.stdin if str(path) == "-" else path
        frame = pd.read_csv(source, skipinitialspace=True, skip_blank_lines=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).strip()
        raise InputError(f"{file} cannot be read as CSV: {reason}.") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    # blank lines stay until here so that line numbers in messages are those of the file
    kept = frame.dropna(how="all")
    if kept.empty:
        raise InputError(f"{file} has no study.")
    return file, kept


def _line(frame: pd.DataFrame, position: int) -> int:
    return _FIRST_LINE + int(frame.index[position])


def _labels(frame: pd.DataFrame, file: str) -> tuple[str, ...]:
    """Return the `study` column, or row numbers; a label that stands twice is refused."""
    if "study" not in frame.columns:
        return tuple(f"row {_line(frame, i)}" for i in range(len(frame)))
    labels = tuple("" if value != value else str(value) for value in frame["study"])
    for position, label in enumerate(labels):
        if not label:
            raise InputError(f"{file}:{_line(frame, position)}: the study has no name.")
        if labels.index(label) != position:
            first = _line(frame, labels.index(label))
            raise InputError(
                f"{file}:{_line(frame, position)}: study {label!r} is already in line {first}; "
                "give each row its own name."
            )
    return labels


def _numbers(frame: pd.DataFrame, file: str, name: str) -> list[float]:
    """Return a column as finite numbers.

    Raises
    ------
    InputError
        At the first value that is not one; says the line.
    """
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        position = int(bad[0])
        found = frame[name].iloc[position]
        said = "no value" if found != found else f"{found!r} is not a number"
        raise InputError(f"{file}:{_line(frame, position)}: {name}: {said}.")
    return [float(number) for number in numbers]


def _given_effects(
    frame: pd.DataFrame, file: str, labels: tuple[str, ...], measure: str | None
) -> CsvEffects:
    spreads = [name for name in ("vi", "sei") if name in frame.columns]
    if len(spreads) != 1:
        said = "neither" if not spreads else "both"
        raise InputError(f"{file}: beside yi give vi (variance) or sei (standard error); there is {said}.")
    yi, spread = _numbers(frame, file, "yi"), _numbers(frame, file, spreads[0])
    for position, value in enumerate(spread):
        if value <= 0:
            raise InputError(f"{file}:{_line(frame, position)}: {spreads[0]} must be above 0; got {value:g}.")
    vi = [value**2 for value in spread] if spreads[0] == "sei" else spread
    return CsvEffects(
        file=file,
        measure=measure or "GEN",
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
        lines = f"position 0 is line {_line(frame, 0)}"
        raise InputError(f"{file}: {error} ({lines})") from None
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


def model_matrix(effects: CsvEffects, formula: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Build the design of a meta-regression from the other columns of a CSV.

    Parameters
    ----------
    effects : CsvEffects
    formula : str
        Right-hand side in Wilkinson notation, with or without "~": "year + alloc", "~ 0 + alloc".
        Text columns become indicator variables, the first value in the alphabet being the reference.

    Returns
    -------
    X : array of shape (k, p)
    names : tuple of str
        Names of the columns; the intercept is called "intercept".

    Raises
    ------
    OptionError
        If the formula cannot be read or names a column that is not there.
    InputError
        If a row has no value in a column that the formula uses.
    """
    import numpy as np
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    wanted = formula.strip().removeprefix("~").strip()
    try:
        parsed = Formula(wanted)
        needed = sorted(str(name) for name in parsed.required_variables)
        for name in needed:
            effects.column(name)
        matrix = parsed.get_model_matrix(effects.frame)
    except (FormulaicError, SyntaxError, NameError) as error:
        raise OptionError(f"mods {formula!r} cannot be read: {error}") from None
    names = tuple("intercept" if name == "Intercept" else str(name) for name in matrix.columns)
    return np.asarray(matrix, dtype=np.float64), names
