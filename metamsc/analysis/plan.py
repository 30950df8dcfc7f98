"""Read a plan from disk, with every problem at its line."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from metamsc.analysis.dimensions import declared_option
from metamsc.analysis.methods.pool import COUNT_MEASURES
from metamsc.analysis.methods.priors import default_tau_prior, parse_mu_prior, parse_tau_prior
from metamsc.analysis.regression import check_formula
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.build import complete_selection
from metamsc.errors import InputError, MetamscError, OptionError, Problem, SpecError, UnitError, check_option
from metamsc.models.fit import CI_METHODS
from metamsc.models.model import PI_METHODS
from metamsc.models.tau2 import TAU2_METHODS
from metamsc.outcomes.catalogue import outcome
from metamsc.records.load import load_yaml
from metamsc.records.positions import Path, Positions, format_path
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded, load_yaml_bytes

PLAN_FILE = "analysis.yml"

TAKEN_NAMES = frozenset(
    {"site", "records", "site.json"}
    | {f"{page}.html" for page in ("index", "findings", "explorer", "form", "published", "history")}
)
"""What stands beside the results and reports of plans, in ``build`` and in ``build/site``."""
LONGEST_NAME = 100
"""A file system takes 255 bytes, and what is written below has names of its own."""

PLAN_CODES = {
    "F305": "the name of the plan is not its folder's, or is taken",
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
    return _as_plan(load_yaml(file), file, pathlib.Path(file).resolve().parent.name)


def read_specs(paths: Iterable[str | os.PathLike[str]]) -> tuple[AnalysisSpec, ...]:
    """Read several plans: each path is a plan, the folder of one, or a folder of folders with one.

    Returns
    -------
    tuple of AnalysisSpec
        In the order of the paths, within a folder by name.

    Raises
    ------
    SpecError
        If a folder holds none, or any plan is not valid; carries the problems of all of them.
    """
    files: dict[str, None] = {}
    for path in paths:
        files.update(dict.fromkeys((os.fspath(path),) if is_one_plan(path) else find_specs(path)))
    plans, errors = [], []
    for file in files:
        try:
            plans.append(read_spec(file))
        except SpecError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        problems = [problem for error in errors for problem in error.problems]
        raise SpecError(f"{len(errors)} of {len(files)} plans are not valid:", problems)
    return tuple(plans)


def is_one_plan(path: str | os.PathLike[str]) -> bool:
    """Say whether a path is a plan or the folder of one, and not a folder of several."""
    return not pathlib.Path(path).is_dir() or (pathlib.Path(path) / PLAN_FILE).exists()


def read_plan(content: bytes, file: str) -> AnalysisSpec:
    """Read a plan from its bytes (those of a revision in git); `file` is its name, as problems shall show it.

    Raises
    ------
    SpecError
        As :func:`read_spec`.
    """
    return _as_plan(load_yaml_bytes(content, file), file, pathlib.PurePosixPath(file).parent.name)


def _as_plan(loaded: Loaded | tuple[Problem, ...], file: str, folder: str) -> AnalysisSpec:
    if not isinstance(loaded, Loaded):
        raise SpecError(f"{file} is not a plan:", loaded)
    spec, problems = validate(AnalysisSpec, loaded.data, loaded.positions, file)
    if spec is None:
        raise SpecError(f"{file} is not a plan:", problems)
    problems = tuple(_check_name(spec, loaded.positions, file))
    problems = problems or tuple(_check_choices(spec, loaded.positions, file))
    problems = problems or tuple(_check_sensitivity(spec, loaded.positions, file))
    problems = problems or tuple(_check_multiverse(spec, loaded.positions, file))
    if problems:
        raise SpecError(f"{file} is not a plan:", problems)
    if pathlib.Path(file).name == PLAN_FILE and spec.name != folder:
        place = loaded.positions.value(("name",))
        hint = f"write `name: {folder}`, or rename the folder: results are written to build/<name>"
        message = f"the plan is called {spec.name!r}, its folder {folder!r}"
        raise SpecError(
            f"{file} is not a plan:", [Problem(file, place.line, place.column, "F305", "name", message, hint)]
        )
    return spec


def _check_name(spec: AnalysisSpec, positions: Positions, file: str) -> Iterator[Problem]:
    """Find a name whose results would stand where the site, or a page of it, does."""
    if spec.name in TAKEN_NAMES or len(spec.name) > LONGEST_NAME:
        said = "the name of a part of the site" if spec.name in TAKEN_NAMES else "longer than a folder's name"
        message = f"{spec.name[:40]!r} is {said}"
        hint = "results are written to build/<name>, the report to build/site/<name>: choose another"
        yield Problem(file, *positions.value(("name",)), "F305", "name", message, hint)


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
    yield from _refused_model(spec)
    if spec.mods is not None:
        try:
            check_formula(spec.mods)
        except OptionError as error:
            yield ("mods",), error


def _refused_model(spec: AnalysisSpec) -> Iterator[tuple[Path, MetamscError]]:
    """Find choices of the model that there are not, or that the method would not use."""
    model = spec.model
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("tau2_method", lambda: check_option("tau2_method", model.options()["tau2_method"], TAU2_METHODS)),
        ("ci_method", lambda: check_option("ci_method", model.options()["ci_method"], CI_METHODS)),
        ("pi_method", lambda: check_option("pi_method", model.options()["pi_method"], PI_METHODS)),
        ("tau_prior", lambda: None if model.tau_prior is None else parse_tau_prior(model.tau_prior)),
        ("mu_prior", lambda: None if model.mu_prior is None else parse_mu_prior(model.mu_prior)),
        ("method", lambda: _check_measure(spec)),
        ("method", model.choice),
    )
    refused = False
    for name, check in checks:
        if name == "method" and refused:
            return  # what follows would say the same again
        try:
            check()
        except (InputError, OptionError) as error:
            yield ("model", name), error
            refused = True


def _check_measure(spec: AnalysisSpec) -> None:
    """Raise if the method has no such measure, or the prior of tau is missing."""
    method = spec.model.method
    try:
        measure = spec.select.measure or outcome(spec.select.outcome).measure
    except OptionError:
        return  # said at the outcome
    if method in COUNT_MEASURES:
        check_option(f"measure (of method {method!r})", measure, (*COUNT_MEASURES[method], "PETO"))
    if method == "bayes" and spec.model.tau_prior is None and default_tau_prior(measure) is None:
        raise OptionError(f"method bayes needs tau_prior for {measure}, such as half-normal:0.5.")


def _check_sensitivity(spec: AnalysisSpec, positions: Positions, file: str) -> Iterator[Problem]:
    """Find sensitivity analyses that would not be valid plans, at their own lines."""
    base: Path = ("sensitivity", "analyses") if spec.stress else ("sensitivity",)
    for index, choice in enumerate(spec.named_analyses):
        path = (*base, index)
        below = positions.below(path)
        changed, problems = validate(AnalysisSpec, spec.changed_data(choice), below, file)
        found = problems if changed is None else _check_choices(changed, below, file)
        for problem in found:
            yield replace(problem, where=f"{format_path(path)}.{problem.where}")


def _check_multiverse(spec: AnalysisSpec, positions: Positions, file: str) -> Iterator[Problem]:
    """Find options of the multiverse that have no meaning, or alone would not make a valid plan."""
    for name, options in spec.multiverse.items():
        for index, option in enumerate(options):
            path = ("multiverse", name, index)
            place, where = positions.value(path), format_path(path)
            try:
                meant = declared_option(name, option)
            except OptionError as error:
                yield Problem(file, *place, "F306", where, str(error))
                continue
            below = positions.below(path)
            changed, problems = validate(
                AnalysisSpec, spec.replaced_data(meant.select, meant.model), below, file
            )
            found = problems if changed is None else _check_choices(changed, below, file)
            for problem in found:
                at = (problem.line, problem.column) if problem.line else place
                yield replace(problem, line=at[0], column=at[1], where=f"{where}.{problem.where}")


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
