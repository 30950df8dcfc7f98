"""Pool the rows of a table by stratum, test the difference, and pool across only when allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, PoolChoice
from metamsc.analysis.methods.differences import compare_strata, shared_tau2
from metamsc.analysis.pooling import pool_data, pool_stratum
from metamsc.analysis.result import Difference, Stratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.errors import InputError, TooFewStudiesError
from metamsc.models.subgroups import SubgroupTest

UNNAMED = "not reported"
_SAID = {"unspecified": "Type not stated", "mixed": "Mixed types"}
"""Words of the vocabulary that need another one in a heading."""
ALL_TYPES = "All types"
_TYPE_ORDER = ("T1D", "T2D", "T3c", "mixed", "unspecified")


@dataclass(frozen=True, slots=True)
class Pooled:
    """Every pool of a table."""

    strata: tuple[Stratum, ...]
    overall: Stratum | None
    overall_note: str
    differences: tuple[Difference, ...]
    not_pooled: tuple[tuple[str, str], ...] = ()
    """Strata whose rows the method could not pool, each with the reason."""

    @property
    def every(self) -> tuple[Stratum, ...]:
        """All strata and, last, the overall pool where there is one."""
        return self.strata if self.overall is None else (*self.strata, self.overall)


def pool_table(table: EffectTable, spec: AnalysisSpec, mid: float | None = None) -> Pooled:
    """Pool a table as its plan says.

    Parameters
    ----------
    table : EffectTable
    spec : AnalysisSpec
    mid : float, optional
        Minimal important difference on the analysis scale, with the sign of a benefit.

    Returns
    -------
    Pooled
        Empty when the table has no rows; `overall_note` says why there is no overall pool.
    """
    return _Pooling(table, spec, spec.model.choice(mid)).all()


@dataclass(slots=True)
class _Pooling:
    """One walk through the strata of a table; what could not be pooled is collected."""

    table: EffectTable
    spec: AnalysisSpec
    choice: PoolChoice
    not_pooled: list[tuple[str, str]] = field(default_factory=list)

    def all(self) -> Pooled:
        """Pool every stratum."""
        table, spec = self.table, self.spec
        first, *second = spec.strata
        types = _levels(table.rows, first)
        strata: list[Stratum] = []
        differences = self._differences(table.rows, first)
        tau2 = self._shared(table.rows, first)
        for level in types:
            rows = [row for row in table.rows if _value(row, first) == level]
            strata.extend(self._pool((level,), rows, tau2))
            for name in second:
                strata.extend(self._within(level, rows, name))
                differences.extend(self._differences(rows, name, within=level))
        overall, note = self._overall(types)
        return Pooled(tuple(strata), overall, note, tuple(differences), tuple(self.not_pooled))

    def _within(self, first: str, rows: Sequence[EffectRow], name: str) -> Iterator[Stratum]:
        tau2 = self._shared(rows, name)
        for level in _levels(rows, name):
            own = [row for row in rows if _value(row, name) == level]
            yield from self._pool((first, level), own, tau2)

    def _pool(
        self, key: tuple[str, ...], rows: Sequence[EffectRow], tau2: float | None = None
    ) -> Iterator[Stratum]:
        """Yield the stratum, or note why its rows cannot be pooled by the plan's method."""
        label = " · ".join(_SAID.get(part, part) for part in key) if key else ALL_TYPES
        model = self.spec.model
        try:
            found = pool_stratum(rows, self.table.measure, replace(self.choice, tau2=tau2), model.cluster)
            pooled = found.as_pooled()
        except (InputError, TooFewStudiesError) as error:
            if model.method == INVERSE_VARIANCE and model.cluster is None:
                raise
            self.not_pooled.append((label, str(error)))
            return
        yield Stratum(
            key=key,
            label=label,
            row_ids=tuple(row.row_id for row in rows),
            pooled=pooled,
            note=_caution(rows, clustered=model.cluster is not None),
            details=dict(found.details),
        )

    def _shared(self, rows: Sequence[EffectRow], name: str) -> float | None:
        """Return the tau2 that the strata of a variable share; None where each has its own."""
        levels = _levels(rows, name)
        if self.spec.model.tau2_sharing == "separate" or len(levels) < 2 or len(rows) <= len(levels):
            return None
        ordered = [row for level in levels for row in rows if _value(row, name) == level]
        groups = [_value(row, name) for row in ordered]
        return shared_tau2(pool_data(ordered, self.table.measure), groups, self.choice)

    def _overall(self, types: tuple[str, ...]) -> tuple[Stratum | None, str]:
        spec, rows = self.spec, self.table.rows
        if not rows:
            return None, "No study can be pooled."
        if len(types) == 1:
            said = _SAID.get(types[0], types[0])
            return None, f"All rows are in one stratum ({said}): its pool is the overall one."
        listed = ", ".join(_SAID.get(level, level) for level in types)
        if not spec.across_types.pool:
            return None, f"The plan does not pool across types of diabetes ({listed})."
        note = f"Pools {listed} together. The plan's reason: {spec.across_types.because}"
        return next(self._pool((), rows), None), note

    def _differences(self, rows: Sequence[EffectRow], name: str, within: str = "") -> list[Difference]:
        """Return the test between the strata of one variable; nothing to test with fewer than two."""
        levels = _levels(rows, name)
        if len(levels) < 2:
            return []
        model, measure = self.spec.model, self.table.measure
        ordered = [row for level in levels for row in rows if _value(row, name) == level]
        groups = [_value(row, name) for row in ordered]
        by_level = {level: [row for row in rows if _value(row, name) == level] for level in levels}
        try:
            strata = {
                level: pool_stratum(own, measure, self.choice, model.cluster)
                for level, own in by_level.items()
            }
            sharing = model.tau2_sharing if len(rows) > len(levels) else "separate"
            data = pool_data(ordered, measure, model.cluster)
            test = compare_strata(data, groups, strata, self.choice, sharing)
        except (InputError, TooFewStudiesError):
            if model.method == INVERSE_VARIANCE and model.cluster is None:
                raise
            return []  # the stratum that cannot be pooled says why
        return [] if test is None else [_difference(test, levels, name, within)]


def type_groups(table: EffectTable, spec: AnalysisSpec) -> tuple[tuple[str, tuple[EffectRow, ...]], ...]:
    """Return the rows of each type of diabetes under its heading, and of all types where they are pooled."""
    groups = [
        (_SAID.get(level, level), tuple(row for row in table.rows if _value(row, spec.strata[0]) == level))
        for level in _levels(table.rows, spec.strata[0])
    ]
    if len(groups) > 1 and spec.across_types.pool:
        groups.append((ALL_TYPES, table.rows))
    return tuple(groups)


def _difference(test: SubgroupTest, levels: Sequence[str], name: str, within: str) -> Difference:
    label = (f"{name} within {within}" if within else name).replace("_", " ")
    kind = "Q" if test.df2 is None else "F"
    return Difference(
        between=tuple(levels),
        statistic=test.statistic,
        df=test.df,
        df2=test.df2,
        p=test.p,
        method=f"{kind} between strata of {label}, {test.tau2_sharing} tau2",
        note=" ".join(test.warnings),
    )


def _value(row: EffectRow, name: str) -> str:
    return row.moderator(name) or UNNAMED


def _levels(rows: Sequence[EffectRow], name: str) -> tuple[str, ...]:
    """Levels present: types of diabetes in the field's order, anything else by the alphabet."""
    present = {_value(row, name) for row in rows}
    known = [level for level in _TYPE_ORDER if level in present] if name == "diabetes_type" else []
    return (*known, *sorted(present - set(known)))


def _caution(rows: Sequence[EffectRow], *, clustered: bool) -> str:
    """Say what a pool of these rows is not."""
    cohorts = {row.cohort for row in rows}
    if len(rows) > 1 and len(cohorts) == 1:
        said = f"The {len(rows)} rows are arms of one study with one control group, not independent studies."
        return f"{said} The model takes them as dependent." if clustered else said
    return ""
