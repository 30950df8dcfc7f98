"""Pool a CSV: the way in for people who have no records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metamsc.dataset.csv import CsvEffects, model_matrix, read_csv
from metamsc.effects import find_measure
from metamsc.effects.registry import MEASURES
from metamsc.errors import InputError, OptionError
from metamsc.files import PathLike
from metamsc.models.pool import pool
from metamsc.models.presets import DEFAULT_PRESET
from metamsc.models.presets import preset as find_preset
from metamsc.models.results import PooledResult
from metamsc.models.subgroups import SubgroupTest, compare_subgroups


@dataclass(frozen=True, slots=True)
class CsvPool:
    """What came out of a CSV: all rows, and by stratum where a column was named."""

    effects: CsvEffects
    overall: PooledResult
    by: str | None
    strata: tuple[tuple[str, PooledResult], ...]
    difference: SubgroupTest | None

    @property
    def ratio(self) -> bool:
        """Whether the numbers are logarithms of ratios."""
        return self.effects.measure in MEASURES and find_measure(self.effects.measure).is_ratio

    def to_dict(self) -> dict[str, Any]:
        """Return the pooled result, or with a column the results of all strata and the test between them."""
        if self.by is None:
            return self.overall.to_dict()
        return {
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
    preset: str = DEFAULT_PRESET,
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
    preset : str
        Choices to start from; `options` replace single ones (tau2_method, ci_method, pi_method, level).

    Returns
    -------
    CsvPool

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As the reading and pooling functions do.
    """
    effects = read_csv(path, measure)
    base = find_preset(preset)
    chosen: dict[str, Any] = {
        "tau2_method": base.tau2_method,
        "ci_method": base.ci_method,
        "pi_method": base.pi_method,
        **options,
    }
    if mods is not None:
        if by is not None:
            raise OptionError("give `by` or `mods`, not both: a stratum can be a term of the formula.")
        X, names = model_matrix(effects, mods)
        regression = pool(effects.yi, effects.vi, measure=effects.measure, X=X, names=names, **chosen)
        return CsvPool(effects, regression, None, (), None)
    overall = pool(effects.yi, effects.vi, measure=effects.measure, **chosen)
    if by is None:
        return CsvPool(effects, overall, None, (), None)
    groups = effects.column(by)
    levels = sorted(set(groups))
    if len(levels) < 2:
        raise InputError(
            f"{effects.file}: column {by!r} has only the value {levels[0]!r}: nothing to compare."
        )
    strata = []
    for level in levels:
        rows = [i for i, group in enumerate(groups) if group == level]
        pooled = pool(
            [effects.yi[i] for i in rows], [effects.vi[i] for i in rows], measure=effects.measure, **chosen
        )
        strata.append((level, pooled))
    order = sorted(range(len(groups)), key=lambda i: (levels.index(groups[i]), i))
    difference = compare_subgroups(
        [effects.yi[i] for i in order],
        [effects.vi[i] for i in order],
        [groups[i] for i in order],
        tau2_method=chosen["tau2_method"],
    )
    return CsvPool(effects, overall, by, tuple(strata), difference)
