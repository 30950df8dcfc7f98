"""Every combination of stated choices at once: the multiverse of one plan.

A path is one way through all decisions. Paths that select the same rows share one data set, and all data
sets are pooled together on the vectorised kernel, so that thousands of paths take about as long as the
few selections of rows behind them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from metamsc.analysis.choices import automatic_choices
from metamsc.analysis.dimensions import Dimension, Option, declared_dimensions, open_dimensions
from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.multiverse_curve import JointTesting, Paths, make_curve
from metamsc.analysis.multiverse_result import Multiverse
from metamsc.analysis.scale import make_scale
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_changes import merged_plan
from metamsc.analysis.strata import type_groups
from metamsc.dataset.build import Tables
from metamsc.dataset.rows import EffectTable
from metamsc.errors import MetamscError, OptionError, SpecError, check_option
from metamsc.models.batch import BoolArray, IntArray
from metamsc.models.fit import CI_METHODS
from metamsc.models.tau2 import TAU2_METHODS
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.sensitivity.executor import read_executor
from metamsc.sensitivity.joint_test import MAX_FITS, Progress

MAX_PATHS = 1_000_000
"""More are refused: nobody reads them, and their table takes a gigabyte."""


def run_multiverse(
    spec: AnalysisSpec,
    records: Studies | Iterable[Study],
    *,
    patterns: int = 999,
    seed: int = 1,
    max_paths: int = MAX_PATHS,
    max_fits: int = MAX_FITS,
    fixed: Sequence[str] = (),
    executor: str = "serial",
    progress: Progress | None = None,
) -> Multiverse:
    """Run every combination of a plan's choices.

    Parameters
    ----------
    spec : AnalysisSpec
        Its `multiverse` says what is combined; a plan without one gets the decisions that its automatic
        sensitivity analyses try one at a time.
    records : Studies or iterable of Study
    patterns : int
        Sign patterns of the joint test (see :func:`metamsc.sensitivity.joint_test.permute_curve`); 0
        leaves it out.
    seed : int
        Of the random sign patterns.
    max_paths : int
        A multiverse with more is refused before anything is run.
    max_fits : int
        Fits that the joint test of each stratum makes at most; it uses fewer patterns to stay below.
    fixed : sequence of str
        Decisions that are left as the plan has them.
    executor : str
        Where the joint test is made, which is most of the work with many studies: "serial", "processes"
        (one per core), "processes:N" or "dask://HOST:PORT". The result is the same, to the byte.
    progress : callable, optional
        Called with how many sign patterns of a stratum are done and how many there are.

    Returns
    -------
    Multiverse
        One curve per type of diabetes, and one over all types where the plan pools them.

    Raises
    ------
    OptionError
        If there are more paths than `max_paths`, or the executor is unknown.
    SpecError
        If a combination is not a valid plan, or the plan does not pool by inverse variance.
    """
    testing = JointTesting(
        patterns=patterns,
        seed=seed,
        max_fits=max_fits,
        executor=read_executor(executor),
        progress=progress,
    )
    if spec.model.method != INVERSE_VARIANCE or spec.model.cluster is not None:
        raise SpecError(
            "a multiverse pools independent rows by inverse variance, and this plan does not "
            "(`model.method` or `model.cluster`): leave them out to compare its other choices."
        )
    studies = records if isinstance(records, Studies) else Studies.of(*records)
    source = Tables(studies)
    planned = source.build(spec.select)
    dimensions = (
        declared_dimensions(spec.multiverse)
        if spec.multiverse
        else open_dimensions(spec, automatic_choices(spec, planned))
    )
    dimensions = tuple(dimension for dimension in dimensions if dimension.name not in fixed)
    n_paths = int(np.prod([len(dimension.options) for dimension in dimensions], dtype=object))
    if n_paths > max_paths:
        sizes = " × ".join(f"{len(d.options)} ({d.name})" for d in dimensions)
        raise OptionError(
            f"{sizes} = {n_paths:,} paths; at most {max_paths:,} are run: take away an option or a decision."
        )
    paths = _all_paths(spec, dimensions, source)
    labels = dict.fromkeys(
        label for table in (planned, *paths.tables) for label, _ in type_groups(table, spec)
    )
    level = float(spec.model.options()["level"])
    return Multiverse(
        name=spec.name,
        title=spec.title,
        scale=make_scale(spec, planned),
        dimensions=dimensions,
        options=paths.options,
        measures=tuple(paths.tables[at].measure for at in paths.table),
        planned=_planned(spec, planned, paths),
        level=level,
        seed=seed,
        curves=tuple(make_curve(label, paths, dimensions, spec, level, testing) for label in labels),
    )


def _planned(spec: AnalysisSpec, table: EffectTable, paths: Paths) -> BoolArray:
    """Say which paths are the plan itself: its rows, pooled as it says."""
    options = spec.model.options()
    methods = (options["tau2_method"], options["ci_method"])
    rows = np.array([other.measure == table.measure and other.rows == table.rows for other in paths.tables])
    same_model = np.array([pair == methods for pair in paths.models])
    found: BoolArray = rows[paths.table] & same_model[paths.model]
    return found


def _all_paths(spec: AnalysisSpec, dimensions: Sequence[Dimension], source: Tables) -> Paths:
    """Build the table of every selection of rows once, and number the paths' tables and models."""
    sizes = [len(dimension.options) for dimension in dimensions]
    options = np.indices(sizes).reshape(len(sizes), -1).T
    of_model = [dimension.of_model for dimension in dimensions]
    row_part, rows = _combinations(dimensions, options, [not model for model in of_model])
    model_part, methods = _combinations(dimensions, options, of_model)
    tables: dict[str, tuple[int, EffectTable]] = {}
    models: dict[tuple[str, str], int] = {}
    table_of = np.empty(len(rows), dtype=np.intp)
    model_of = np.empty((len(rows), len(methods)), dtype=np.intp)
    for at, picked in enumerate(rows):
        table_of[at], base = _table_number(spec, picked, source, tables)
        for place, changes in enumerate(methods):
            chosen = dict(base)
            for option in changes:
                chosen.update(option.model)
            pair = (chosen["tau2_method"], chosen["ci_method"])
            model_of[at, place] = models.setdefault(pair, len(models))
    for tau2_method, ci_method in models:
        check_option("tau2_method", tau2_method, TAU2_METHODS)
        check_option("ci_method", ci_method, CI_METHODS)
    built = tuple(found for _, found in sorted(tables.values(), key=lambda item: item[0]))
    return Paths(options, table_of[row_part], model_of[row_part, model_part], built, tuple(models))


def _combinations(
    dimensions: Sequence[Dimension], options: IntArray, taken: Sequence[bool]
) -> tuple[IntArray, list[tuple[Option, ...]]]:
    """Return every combination of some of the dimensions' options, and which one each path has."""
    some = [at for at, is_taken in enumerate(taken) if is_taken]
    number = np.zeros(len(options), dtype=np.intp)
    for at in some:
        number = number * len(dimensions[at].options) + options[:, at]
    return number, list(itertools.product(*(dimensions[at].options for at in some)))


def _table_number(
    spec: AnalysisSpec,
    picked: Sequence[Option],
    source: Tables,
    tables: dict[str, tuple[int, EffectTable]],
) -> tuple[int, dict[str, Any]]:
    """Return which table a combination of options reads, building it when it is new, and its methods."""
    said = ", ".join(option.label for option in picked)
    try:
        data = spec.plain()
        for option in picked:
            data = merged_plan(data, option.select, option.model)
        changed = AnalysisSpec.model_validate(data)
        key = json.dumps(changed.select.model_dump(mode="json"), sort_keys=True)
        if key not in tables:
            tables[key] = (len(tables), source.build(changed.select))
    except ValidationError as error:
        details = "; ".join(item["msg"] for item in error.errors(include_url=False))
        raise SpecError(f"the path with {said} is not a valid plan: {details}") from None
    except MetamscError as error:
        raise SpecError(f"the path with {said} cannot be taken: {error}") from None
    return tables[key][0], changed.model.options()
