"""Read a plan from disk, with every problem at its line."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from dataclasses import replace

from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.build import complete_selection
from metamsc.errors import MetamscError, OptionError, Problem, SpecError, UnitError, check_option
from metamsc.models.fit import CI_METHODS
from metamsc.models.model import PI_METHODS
from metamsc.models.tau2 import TAU2_METHODS
from metamsc.outcomes.catalogue import outcome
from metamsc.records.load import load_yaml
from metamsc.records.positions import Path, Positions, format_path
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded

PLAN_FILE = "analysis.yml"

PLAN_CODES = {
    "F305": "the name of the plan is not its folder's",
    "F306": "a choice that there is not",
}
"""Codes of problems that only a plan has -> title; the others are those of a record."""


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
    if pathlib.Path(file).is_dir():
        file = os.fspath(pathlib.Path(file) / PLAN_FILE)
    loaded = load_yaml(file)
    if not isinstance(loaded, Loaded):
        raise SpecError(f"{file} is not a plan:", loaded)
    spec, problems = validate(AnalysisSpec, loaded.data, loaded.positions, file)
    if spec is None:
        raise SpecError(f"{file} is not a plan:", problems)
    problems = tuple(_check_choices(spec, loaded.positions, file))
    problems = problems or tuple(_check_sensitivity(spec, loaded.positions, file))
    if problems:
        raise SpecError(f"{file} is not a plan:", problems)
    folder = pathlib.Path(file).resolve().parent.name
    if pathlib.Path(file).name == PLAN_FILE and spec.name != folder:
        place = loaded.positions.value(("name",))
        hint = f"write `name: {folder}`, or rename the folder: results are written to build/<name>"
        message = f"the plan is called {spec.name!r}, its folder {folder!r}"
        raise SpecError(
            f"{file} is not a plan:", [Problem(file, place.line, place.column, "F305", "name", message, hint)]
        )
    return spec


def _check_choices(spec: AnalysisSpec, positions: Positions, file: str) -> Iterator[Problem]:
    """Find what the plan asks for and the toolkit does not have: outcome, measure, unit, methods."""
    for path, error in _refused(spec):
        yield Problem(file, *positions.value(path), "F306", format_path(path), str(error))


def _refused(spec: AnalysisSpec) -> Iterator[tuple[Path, MetamscError]]:
    select = spec.select
    try:
        entry = outcome(select.outcome)
    except OptionError as error:
        yield ("select", "outcome"), error
    else:
        try:
            complete_selection(select, entry)
        except UnitError as error:
            yield ("select", "unit"), error
        except OptionError as error:
            yield ("select", "measure" if select.setting in entry.settings else "setting"), error
    for name, allowed in (
        ("tau2_method", TAU2_METHODS),
        ("ci_method", CI_METHODS),
        ("pi_method", PI_METHODS),
    ):
        try:
            check_option(name, spec.model.options()[name], allowed)
        except OptionError as error:
            yield ("model", name), error


def _check_sensitivity(spec: AnalysisSpec, positions: Positions, file: str) -> Iterator[Problem]:
    """Find sensitivity analyses that would not be valid plans, at their own lines."""
    for index, choice in enumerate(spec.sensitivity):
        below = positions.below(("sensitivity", index))
        changed, problems = validate(AnalysisSpec, spec.changed_data(choice), below, file)
        found = problems if changed is None else _check_choices(changed, below, file)
        for problem in found:
            yield replace(problem, where=f"sensitivity[{index}].{problem.where}")


def find_specs(folder: str | os.PathLike[str] = "analyses") -> tuple[str, ...]:
    """List the plans below a folder, sorted.

    Raises
    ------
    SpecError
        If there is none.
    """
    found = tuple(sorted(os.fspath(path) for path in pathlib.Path(folder).glob(f"*/{PLAN_FILE}")))
    if not found:
        raise SpecError(f"no plan: there is no {os.fspath(folder)}/<name>/{PLAN_FILE}.")
    return found
