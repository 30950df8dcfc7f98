"""Trials known to be missing, from a file: what `metamsc pool --sensitivity --missing` takes.

A CSV has a line per trial; a YAML file has the key `known_missing` of a plan. Which pool a trial belongs to
is said by the column that the pools are split by, as far as the file has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from metamsc.analysis.spec_parts import KnownMissing
from metamsc.dataset.csv import STUDY_COLUMNS
from metamsc.dataset.csv_text import read_cells
from metamsc.errors import InputError, OptionError, SpecError, check_option
from metamsc.files import PathLike
from metamsc.records.load import load_yaml
from metamsc.records.parts import Part
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.missing_table import STATUSES

TYPE_COLUMN = "diabetes_type"
"""What a plan's entries say of where they belong."""
_YAML = (".yml", ".yaml")
_NUMBERS = ("n", "vi")


@dataclass(frozen=True, slots=True)
class KnownTrial:
    """A missing trial, and its value in the column that pools are split by; "" where nobody says."""

    trial: MissingTrial
    group: str = ""

    def belongs(self, group: str | None) -> bool:
        """Say whether it could be in a pool: that of `group`, or of all studies (None)."""
        return group is None or self.group in ("", group)


class _MissingFile(Part):
    """A YAML file of missing trials."""

    known_missing: Annotated[tuple[KnownMissing, ...], Field(strict=False)]


def read_missing(path: PathLike, by: str | None = None) -> tuple[KnownTrial, ...]:
    """Read trials known to exist whose result is not known.

    Parameters
    ----------
    path : path
        ``.yml`` or ``.yaml``: a mapping with the list `known_missing`, whose entries are those of a plan.
        Else a CSV: `study` (or `label`) and, where known, `n` participants or `vi` the sampling variance,
        `status` ("selected", "unclear" or "unrelated"; "unclear" where it is left out) and `reason`.
    by : str, optional
        Column that pools are split by. A trial with a value there is one of that pool; without one it
        counts in every pool. In a YAML file only `diabetes_type` can be it.

    Returns
    -------
    tuple of KnownTrial

    Raises
    ------
    InputError
        If the file cannot be read, names no trial or one twice, or a value is wrong; says the line.
    SpecError
        If a YAML file is not valid; carries every problem with its line.
    OptionError
        If a CSV has a column that means nothing.
    """
    file = str(path)
    found = tuple(_from_yaml(file, by) if Path(file).suffix.lower() in _YAML else _from_csv(file, by))
    if not found:
        raise InputError(f"{file} names no missing trial.")
    seen: set[str] = set()
    for item in found:
        if item.trial.label in seen:
            raise InputError(f"{file} names {item.trial.label!r} twice.")
        seen.add(item.trial.label)
    return found


def _from_yaml(file: str, by: str | None) -> Iterator[KnownTrial]:
    loaded = load_yaml(file)
    if not isinstance(loaded, Loaded):
        raise SpecError(f"{file} cannot be read:", loaded)
    model, problems = validate(_MissingFile, loaded.data, loaded.positions, file)
    if model is None:
        raise SpecError(f"{file} is no list of missing trials:", problems)
    for item in model.known_missing:
        trial = MissingTrial(label=item.label, n=item.n, status=item.status, reason=item.reason)
        typed = item.diabetes_type is not None and by == TYPE_COLUMN
        yield KnownTrial(trial, str(item.diabetes_type) if typed else "")


def _from_csv(file: str, by: str | None) -> Iterator[KnownTrial]:
    file, frame = read_cells(file)
    names = [name for name in STUDY_COLUMNS if name in frame.columns]
    if not names:
        raise InputError(f"{file} has no column {' or '.join(repr(name) for name in STUDY_COLUMNS)}.")
    known = (names[0], *_NUMBERS, "status", "reason", *([by] if by else []))
    strange = [str(name) for name in frame.columns if name not in known]
    if strange:
        raise OptionError(
            f"{file} has a column {strange[0]!r}; those of missing trials are {', '.join(known)}."
        )
    for line, row in frame.iterrows():
        cells = {str(name): value for name, value in row.items() if isinstance(value, str)}
        yield _trial(f"{file}:{line}", cells, names[0], by)


def _trial(place: str, cells: dict[str, str], label: str, by: str | None) -> KnownTrial:
    if not cells.get(label):
        raise InputError(f"{place}: no value in column {label!r}.")
    status = cells.get("status") or "unclear"
    try:
        check_option("status", status, [name for name in STATUSES if name != "included"])
    except OptionError as error:
        raise InputError(f"{place}: {error}") from None
    numbers = {name: _number(place, name, cells[name]) for name in _NUMBERS if cells.get(name)}
    trial = MissingTrial(label=cells[label], status=status, reason=cells.get("reason", ""), **numbers)
    return KnownTrial(trial, cells.get(by, "") if by else "")


def _number(place: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise InputError(f"{place}: {name} must be a positive number; got {text!r}.")
    return value
