"""Pool a CSV: the way in for people who have no records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metamsc.analysis.design import model_matrix
from metamsc.analysis.methods.choice import INVERSE_VARIANCE, METHODS, PoolChoice, make_choice
from metamsc.analysis.methods.differences import compare_strata, shared_tau2
from metamsc.analysis.methods.pool import COUNT_MEASURES, PoolData, pool_rows
from metamsc.analysis.methods.result import MethodResult
from metamsc.dataset.csv import COUNTS, UNNAMED, CsvEffects, read_csv
from metamsc.effects import find_measure
from metamsc.effects.registry import MEASURES
from metamsc.errors import InputError, OptionError, TooFewStudiesError, check_option
from metamsc.files import PathLike
from metamsc.models.subgroups import TAU2_SHARING, SubgroupTest

if TYPE_CHECKING:
    from metamsc.sensitivity.stress_result import StressTest


@dataclass(frozen=True, slots=True)
class CsvPool:
    """What came out of a CSV: all rows, and by stratum where a column was named."""

    effects: CsvEffects
    overall: MethodResult
    by: str | None = None
    strata: tuple[tuple[str, MethodResult], ...] = ()
    difference: SubgroupTest | None = None
    notes: tuple[str, ...] = ()
    """What was done to single rows before pooling; empty where the method took the counts as they are."""
    sensitivity: tuple[StressTest, ...] = ()
    """What became of each pool when all was held against it, where that was asked for."""

    @property
    def ratio(self) -> bool:
        """Whether the numbers are logarithms of ratios."""
        measure = self.overall.measure
        return measure in MEASURES and find_measure(measure).is_ratio

    def to_dict(self) -> dict[str, Any]:
        """Return the pooled result, or with a column the results of all strata and the test between them."""
        asked = {"sensitivity": [test.to_dict() for test in self.sensitivity]} if self.sensitivity else {}
        if self.by is None:
            return {**self.overall.to_dict(), **asked}
        return {
            **asked,
            "by": self.by,
            "strata": {label: pooled.to_dict() for label, pooled in self.strata},
            "difference": None if self.difference is None else self.difference.to_dict(),
            "overall": self.overall.to_dict(),
        }


def pool_csv(
    path: PathLike,
    *,
    measure: str | None = None,
    by: str | None = None,
    mods: str | None = None,
    cluster: str | None = None,
    method: str = INVERSE_VARIANCE,
    tau2_sharing: str = "separate",
    mid: float | None = None,
    preset: str | None = None,
    sensitivity: bool = False,
    cohorts: str | None = None,
    missing: PathLike | None = None,
    force: bool = False,
    **options: Any,
) -> CsvPool:
    """Pool the studies of a CSV.

    Parameters
    ----------
    path : path
        See :func:`metamsc.dataset.csv.read_csv`.
    measure : str, optional
        Measure to compute from arm columns.
    by : str, optional
        Column whose values are the strata.
    mods : str, optional
        Formula of a meta-regression on other columns: "year + alloc"; with `by`, refused.
    cluster : str, optional
        Column whose values are the independent clusters (the study, where it has several rows). The rows
        are then pooled by a working model of their dependence with cluster-robust tests.
    method : str
        Key of ``metamsc.analysis.methods.choice.METHODS``.
    tau2_sharing : str
        With `by`: "separate" tau2 in each stratum, or a "common" one.
    mid : float, optional
        Threshold whose passing is to be told, as shown to readers (a ratio for ratios): -0.5, 0.75. Below
        no effect means that lower values matter.
    sensitivity : bool
        Also hold each pool against all that could be held against it (docs/trust.md).
    cohorts : str, optional
        With `sensitivity`: column whose rows with one value are left out together.
    missing : path, optional
        With `sensitivity`: file of trials known to exist whose result is not known, as
        :func:`metamsc.analysis.missing_file.read_missing` takes it.
    force : bool
        With `sensitivity`: run tests for small-study effects below ten studies too.
    preset : str, optional
        Choices to start from; `options` replace single ones: tau2_method, ci_method, pi_method, level,
        tau_prior, mu_prior, rho. A choice that the method would not use is refused.

    Returns
    -------
    CsvPool

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As the reading and pooling functions do.
    """
    check_option("method", method, METHODS)
    check_option("tau2_sharing", tau2_sharing, TAU2_SHARING)
    if mods is not None and by is not None:
        raise OptionError("give `by` or `mods`, not both: a stratum can be a term of the formula.")
    if (cohorts is not None or missing is not None or force) and not sensitivity:
        raise OptionError(
            "`cohorts`, `missing` and `force` say how `sensitivity` is done, which was not asked for."
        )
    effects = read_csv(path, _measure_read(method, measure), repeats=cluster is not None)
    data = _rows(effects, method, cluster)
    choice = make_choice(
        method=method,
        clustered=cluster is not None,
        mid=None if mid is None else _on_analysis_scale(mid, data.measure),
        preset=preset,
        **options,
    )
    notes = effects.notes if method in (INVERSE_VARIANCE, "bayes") else ()
    if mods is not None:
        X, names = model_matrix(effects, mods)
        data = replace(data, X=X, names=names)
    overall = pool_rows(data, choice)
    found = CsvPool(effects, overall, notes=notes)
    if by is not None:
        strata, difference = _by_strata(effects, data, choice, by, tau2_sharing)
        found = CsvPool(effects, overall, by, strata, difference, notes)
    if not sensitivity:
        return found
    tests = _held_against(found, choice.mid, cohorts=cohorts, missing=missing, force=force)
    return replace(found, sensitivity=tests)


def _held_against(
    pool: CsvPool,
    threshold: float | None,
    *,
    cohorts: str | None,
    missing: PathLike | None,
    force: bool,
) -> tuple[StressTest, ...]:
    """Run the stress test of every stratum and of all studies."""
    from metamsc.analysis.missing_file import read_missing
    from metamsc.analysis.trust_csv import examine_csv

    effects = pool.effects
    groups = () if pool.by is None else effects.column(pool.by)
    pools: list[tuple[str, list[int], MethodResult]] = [
        (f"{pool.by} = {label}", _of_level(groups, label), pooled) for label, pooled in pool.strata
    ]
    pools.append(("All studies", list(range(len(effects.yi))), pool.overall))
    known = () if missing is None else read_missing(missing, pool.by)
    levels = [*(label for label, _ in pool.strata), None]
    trials = [[item.trial for item in known if item.belongs(level)] for level in levels]
    return examine_csv(effects, pools, threshold=threshold, cohorts=cohorts, missing=trials, force=force)


def _measure_read(method: str, measure: str | None) -> str | None:
    """Return the measure to read a file with: Peto's and the GLMMs' own when none was asked for."""
    if method not in COUNT_MEASURES:
        return measure
    if measure is not None:
        check_option(f"measure (of method {method!r})", measure, COUNT_MEASURES[method])
    return "OR" if method == "peto" or (measure is None and method.startswith("glmm")) else measure


def _rows(effects: CsvEffects, method: str, cluster: str | None) -> PoolData:
    """Return the rows with the counts that the method needs, and their clusters."""
    counts: dict[str, tuple[float, ...]] = {}
    if method in COUNT_MEASURES:
        columns = COUNTS if effects.measure == UNNAMED else find_measure(effects.measure).inputs
        missing = [name for name in columns if name not in effects.frame.columns]
        if missing:
            raise InputError(
                f"{effects.file}: method {method!r} takes counts: the columns {', '.join(columns)}; missing "
                f"{', '.join(missing)}."
            )
        # reading the file has checked that these are numbers
        counts = {name: tuple(float(text) for text in effects.frame[name]) for name in columns}
    return PoolData(
        yi=effects.yi,
        vi=effects.vi,
        measure=effects.measure,
        counts=counts,
        cluster=None if cluster is None else effects.column(cluster),
    )


def _on_analysis_scale(mid: float, measure: str) -> float:
    """Return a threshold as it is pooled: the logarithm of a ratio."""
    ratio = measure in MEASURES and find_measure(measure).is_ratio
    if not math.isfinite(mid) or (ratio and mid <= 0.0):
        raise OptionError(f"mid must be a finite number{' above 0 (a ratio)' if ratio else ''}; got {mid!r}.")
    threshold = math.log(mid) if ratio else mid
    if threshold == 0.0:
        raise OptionError(f"mid {mid:g} is no effect; give the smallest effect that matters.")
    return threshold


def _by_strata(
    effects: CsvEffects, data: PoolData, choice: PoolChoice, by: str, tau2_sharing: str
) -> tuple[tuple[tuple[str, MethodResult], ...], SubgroupTest | None]:
    groups = effects.column(by)
    levels = sorted(set(groups))
    if len(levels) < 2:
        raise InputError(
            f"{effects.file}: column {by!r} has only the value {levels[0]!r}: nothing to compare."
        )
    order = sorted(range(len(groups)), key=lambda i: (levels.index(groups[i]), i))
    ordered, labels = data.take(order), [groups[i] for i in order]
    tau2 = shared_tau2(ordered, labels, choice) if tau2_sharing == "common" else None
    strata = tuple(
        (level, _stratum(by, level, data.take(_of_level(groups, level)), replace(choice, tau2=tau2)))
        for level in levels
    )
    return strata, compare_strata(ordered, labels, dict(strata), choice, tau2_sharing)


def _stratum(by: str, level: str, data: PoolData, choice: PoolChoice) -> MethodResult:
    """Pool one stratum; what is wrong with it names it."""
    try:
        return pool_rows(data, choice)
    except (InputError, TooFewStudiesError) as error:
        raise type(error)(f"{by} = {level}: {error}") from None


def _of_level(groups: Sequence[str], level: str) -> list[int]:
    return [i for i, group in enumerate(groups) if group == level]
