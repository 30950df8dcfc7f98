"""Pool the rows of a table by stratum, test the difference, and pool across only when allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.analysis.result import Difference, Stratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.models.pool import pool
from metamsc.models.subgroups import compare_subgroups

UNNAMED = "not reported"
_SAID = {"unspecified": "Type not stated", "mixed": "Mixed types"}
"""Words of the vocabulary that need another one in a heading."""
_TYPE_ORDER = ("T1D", "T2D", "T3c", "mixed", "unspecified")


@dataclass(frozen=True, slots=True)
class Pooled:
    """Every pool of a table."""

    strata: tuple[Stratum, ...]
    overall: Stratum | None
    overall_note: str
    differences: tuple[Difference, ...]

    @property
    def every(self) -> tuple[Stratum, ...]:
        """All strata and, last, the overall pool where there is one."""
        return self.strata if self.overall is None else (*self.strata, self.overall)


def pool_table(table: EffectTable, spec: AnalysisSpec) -> Pooled:
    """Pool a table as its plan says.

    Parameters
    ----------
    table : EffectTable
    spec : AnalysisSpec

    Returns
    -------
    Pooled
        Empty when the table has no rows; `overall_note` says why there is no overall pool.
    """
    strata: list[Stratum] = []
    differences: list[Difference] = []
    types = _levels(table.rows, spec.strata[0])
    for level in types:
        rows = [row for row in table.rows if _value(row, spec.strata[0]) == level]
        strata.append(_pool_rows((level,), rows, table, spec))
        if len(spec.strata) == 2:
            strata.extend(_second_level(level, rows, table, spec))
            differences.extend(_differences(rows, spec, spec.strata[1], within=level))
    differences[:0] = _differences(table.rows, spec, spec.strata[0])
    overall, note = _overall(table, types, spec)
    return Pooled(tuple(strata), overall, note, tuple(differences))


def _second_level(
    first: str, rows: Sequence[EffectRow], table: EffectTable, spec: AnalysisSpec
) -> list[Stratum]:
    return [
        _pool_rows((first, level), [row for row in rows if _value(row, spec.strata[1]) == level], table, spec)
        for level in _levels(rows, spec.strata[1])
    ]


def _value(row: EffectRow, name: str) -> str:
    return row.moderator(name) or UNNAMED


def _levels(rows: Sequence[EffectRow], name: str) -> tuple[str, ...]:
    """Levels present: types of diabetes in the field's order, anything else by the alphabet."""
    present = {_value(row, name) for row in rows}
    known = [level for level in _TYPE_ORDER if level in present] if name == "diabetes_type" else []
    return (*known, *sorted(present - set(known)))


def _pool_rows(
    key: tuple[str, ...], rows: Sequence[EffectRow], table: EffectTable, spec: AnalysisSpec
) -> Stratum:
    pooled = pool(
        [row.yi for row in rows], [row.vi for row in rows], measure=table.measure, **spec.model.options()
    )
    return Stratum(
        key=key,
        label=" · ".join(_SAID.get(part, part) for part in key) if key else "All types",
        row_ids=tuple(row.row_id for row in rows),
        pooled=pooled,
        note=_caution(rows),
    )


def _caution(rows: Sequence[EffectRow]) -> str:
    """Say what a pool of these rows is not."""
    cohorts = {row.cohort for row in rows}
    if len(rows) > 1 and len(cohorts) == 1:
        return f"The {len(rows)} rows are arms of one study with one control group, not independent studies."
    return ""


def _overall(table: EffectTable, types: tuple[str, ...], spec: AnalysisSpec) -> tuple[Stratum | None, str]:
    if not table.rows:
        return None, "No study can be pooled."
    if len(types) == 1:
        said = _SAID.get(types[0], types[0])
        return None, f"All rows are in one stratum ({said}): its pool is the overall one."
    listed = ", ".join(_SAID.get(level, level) for level in types)
    if not spec.across_types.pool:
        return None, f"The plan does not pool across types of diabetes ({listed})."
    overall = _pool_rows((), table.rows, table, spec)
    note = f"Pools {listed} together. The plan's reason: {spec.across_types.because}"
    return overall, note


def _differences(
    rows: Sequence[EffectRow], spec: AnalysisSpec, name: str, within: str = ""
) -> list[Difference]:
    """Return the test between the strata of one variable; nothing to test with fewer than two."""
    levels = _levels(rows, name)
    if len(levels) < 2:
        return []
    ordered = [row for level in levels for row in rows if _value(row, name) == level]
    test = compare_subgroups(
        [row.yi for row in ordered],
        [row.vi for row in ordered],
        [_value(row, name) for row in ordered],
        tau2_method=spec.model.options()["tau2_method"],
    )
    label = f"{name} within {within}" if within else name
    return [
        Difference(
            between=tuple(group.label for group in test.subgroups),
            statistic=test.statistic,
            df=test.df,
            p=test.p,
            method=f"Q between strata of {label.replace('_', ' ')}, separate tau2",
            note=" ".join(test.warnings),
        )
    ]
