"""One stratum of a multiverse: its rows along every path pooled, described and tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamsc.analysis.dimensions import Dimension
from metamsc.analysis.multiverse_result import PATH_COLUMNS, Curve
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.strata import type_groups
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.errors import InputError
from metamsc.models.batch import BoolArray, FloatArray, IntArray
from metamsc.sensitivity.executor import Executor
from metamsc.sensitivity.joint_test import CurveTest, PathData, Progress, permute_curve
from metamsc.sensitivity.specification import pool_paths, share_variance, summarise_curve


@dataclass(frozen=True, slots=True)
class Paths:
    """All paths of a multiverse, before anything is pooled.

    `options` is of shape (n, decisions), `table` and `model` of shape (n,) say which of `tables` and
    `models` a path uses.
    """

    options: IntArray
    table: IntArray
    model: IntArray
    tables: tuple[EffectTable, ...]
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTesting:
    """How the joint test of each curve is made: as :func:`permute_curve` takes it; no `patterns`, no test."""

    patterns: int
    seed: int
    max_fits: int
    executor: Executor
    progress: Progress | None


def make_curve(
    label: str,
    paths: Paths,
    dimensions: Sequence[Dimension],
    spec: AnalysisSpec,
    level: float,
    testing: JointTesting,
) -> Curve:
    """Pool one stratum along every path."""
    groups = [dict(type_groups(table, spec)).get(label, ()) for table in paths.tables]
    sets, set_of = _data_sets(groups)
    k = np.array([len(rows) for rows in groups], dtype=np.intp)[paths.table]
    found = {name: np.full(len(paths.table), np.nan) for name in PATH_COLUMNS}
    weight = np.zeros((len(paths.models), len(sets)))
    yi, vi, mask, cluster = _padded(sets)
    data_set = set_of[paths.table]
    for at, (tau2_method, ci_method) in enumerate(paths.models):
        if not sets:
            break
        estimate, se, p, half, tau2, I2 = pool_paths(yi, vi, mask, tau2_method, ci_method, level)
        here = (paths.model == at) & (k >= 2)
        np.add.at(weight[at], data_set[here], 1.0)
        columns = (estimate, se, estimate - half, estimate + half, p, tau2, I2)
        for name, values in zip(PATH_COLUMNS, columns, strict=True):
            found[name][here] = values[data_set[here]]
    measures = {paths.tables[at].measure for at in set(paths.table[k >= 2].tolist())}
    units = {paths.tables[at].unit for at in set(paths.table[k >= 2].tolist())}
    one_scale = len(measures) <= 1 and len(units) <= 1
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = found["estimate"] if one_scale else found["estimate"] / found["se"]
    significant = np.where(np.isnan(found["estimate"]), np.nan, found["p"] < 1.0 - level)
    names = tuple(dimension.name for dimension in dimensions)
    data = PathData(yi, vi, mask, cluster, paths.models, weight)
    test, why = _joint_test(data, level, testing, one_scale=one_scale)
    return Curve(
        label=label,
        k=k,
        one_scale=one_scale,
        summary=summarise_curve(found["estimate"], found["p"], level=level),
        shares=share_variance(shared, paths.options, names),
        shares_of_significance=share_variance(significant, paths.options, names),
        test=test,
        not_tested=why,
        **found,
    )


def _joint_test(
    data: PathData, level: float, testing: JointTesting, *, one_scale: bool
) -> tuple[CurveTest | None, str]:
    if not data.weight.any():
        return None, "no path pools two studies"
    if testing.patterns == 0:
        return None, "not asked for"
    try:
        found = permute_curve(
            data,
            level=level,
            patterns=testing.patterns,
            seed=testing.seed,
            one_scale=one_scale,
            max_fits=testing.max_fits,
            executor=testing.executor,
            progress=testing.progress,
        )
    except InputError as error:
        return None, str(error)
    return found, ""


def _data_sets(groups: Sequence[tuple[EffectRow, ...]]) -> tuple[list[tuple[EffectRow, ...]], IntArray]:
    """Return the different sets of rows, and which one each table has (any, where it has none)."""
    numbers: dict[tuple[tuple[str, float, float], ...], int] = {}
    sets: list[tuple[EffectRow, ...]] = []
    set_of = np.zeros(len(groups), dtype=np.intp)
    for at, rows in enumerate(groups):
        if not rows:
            continue
        key = tuple((row.cohort, row.yi, row.vi) for row in rows)
        if key not in numbers:
            numbers[key] = len(sets)
            sets.append(rows)
        set_of[at] = numbers[key]
    return sets, set_of


def _padded(
    sets: Sequence[tuple[EffectRow, ...]],
) -> tuple[FloatArray, FloatArray, BoolArray, IntArray]:
    """Return effects, variances, presence and cohort numbers of all sets, padded to one width."""
    width = max((len(rows) for rows in sets), default=1)
    yi, vi = np.zeros((len(sets), width)), np.ones((len(sets), width))
    mask = np.zeros((len(sets), width), dtype=np.bool_)
    cluster = np.zeros((len(sets), width), dtype=np.intp)
    cohorts: dict[str, int] = {}
    for at, rows in enumerate(sets):
        for place, row in enumerate(rows):
            yi[at, place], vi[at, place], mask[at, place] = row.yi, row.vi, True
            cluster[at, place] = cohorts.setdefault(row.cohort, len(cohorts))
    return yi, vi, mask, cluster
