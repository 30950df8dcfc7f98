"""Read a plan from disk, with every problem at its line."""

from __future__ import annotations

import os
from pathlib import Path

from metamsc.analysis.spec import AnalysisSpec
from metamsc.errors import Problem, SpecError
from metamsc.records.load import load_yaml
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded

PLAN_FILE = "analysis.yml"


def read_spec(path: str | os.PathLike[str]) -> AnalysisSpec:
    """Read an ``analysis.yml``, or the one in a folder.

    Parameters
    ----------
    path : path
        The file, or the folder ``analyses/<name>`` that holds it.

    Returns
    -------
    AnalysisSpec

    Raises
    ------
    SpecError
        If it cannot be read or is not a valid plan; carries every problem with its line.
    """
    file = os.fspath(path)
    if Path(file).is_dir():
        file = os.fspath(Path(file) / PLAN_FILE)
    loaded = load_yaml(file)
    if not isinstance(loaded, Loaded):
        raise SpecError(f"{file} is not a plan:", loaded)
    spec, problems = validate(AnalysisSpec, loaded.data, loaded.positions, file)
    if spec is None:
        raise SpecError(f"{file} is not a plan:", problems)
    folder = Path(file).resolve().parent.name
    if Path(file).name == PLAN_FILE and spec.name != folder:
        place = loaded.positions.value(("name",))
        hint = f"write `name: {folder}`, or rename the folder: results are written to build/<name>"
        message = f"the plan is called {spec.name!r}, its folder {folder!r}"
        raise SpecError(
            f"{file} is not a plan:", [Problem(file, place.line, place.column, "F305", "name", message, hint)]
        )
    return spec


def find_specs(folder: str | os.PathLike[str] = "analyses") -> tuple[str, ...]:
    """List the plans below a folder, sorted.

    Raises
    ------
    SpecError
        If there is none.
    """
    found = tuple(sorted(os.fspath(path) for path in Path(folder).glob(f"*/{PLAN_FILE}")))
    if not found:
        raise SpecError(f"no plan: there is no {os.fspath(folder)}/<name>/{PLAN_FILE}.")
    return found
