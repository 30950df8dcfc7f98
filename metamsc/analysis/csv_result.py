"""A pooled CSV in the shape of an analysis, so that what shows analyses shows it: figures first of all.

Nothing is pooled or estimated here; rows, pools and the test between strata are those of
:func:`metamsc.analysis.csv.pool_csv`.
"""

from __future__ import annotations

import math
from pathlib import Path

from metamsc.analysis.csv import CsvPool
from metamsc.analysis.methods.result import MethodResult
from metamsc.analysis.result import AnalysisResult, Difference, Scale, Stratum
from metamsc.dataset.rows import ArmNumbers, EffectRow, EffectTable, Place
from metamsc.effects import find_measure
from metamsc.effects.registry import MEASURES

_ARM = ("n", "mean", "sd", "events")


def csv_result(
    pool: CsvPool,
    *,
    title: str = "",
    outcome: str = "the outcome",
    unit: str = "",
    lower_is_better: bool | None = None,
    treatment: str = "treatment",
    control: str = "control",
) -> AnalysisResult:
    """Return a pooled CSV as the result of an analysis.

    Parameters
    ----------
    pool : CsvPool
        What :func:`~metamsc.analysis.csv.pool_csv` returned.
    title : str
        Heading; the name of the file when empty.
    outcome : str
        What was measured, for the axis.
    unit : str
        Unit of differences in means.
    lower_is_better : bool, optional
        Which direction favours the treatment; None says neither.
    treatment, control : str
        What the arms are called.

    Returns
    -------
    AnalysisResult
        Strata are the values of the column that `pool` was split by. Every further column of the file is a
        moderator of its rows.

    Raises
    ------
    InputError
        If the method gives no standard error or no heterogeneity.
    """
    name = Path(pool.effects.file).stem
    scale = _scale(pool, outcome, unit, lower_is_better, treatment, control)
    rows = _rows(pool, outcome)
    groups = pool.effects.column(pool.by) if pool.by else ()
    strata = tuple(
        _stratum((level,), found, [row for row, group in zip(rows, groups, strict=True) if group == level])
        for level, found in pool.strata
    )
    table = EffectTable(
        outcome=outcome,
        measure=scale.measure,
        unit=unit,
        setting="",
        rows=rows,
        excluded=(),
        missing=(),
        assumptions=pool.notes,
        n_records=len(rows),
    )
    return AnalysisResult(
        name=name,
        title=title or name,
        question="",
        scale=scale,
        table=table,
        strata=strata,
        overall=_stratum((), pool.overall, rows),
        overall_note="",
        differences=_differences(pool),
        sensitivity=(),
        small_study=(),
        warnings=pool.overall.warnings,
        spec={},
        manifest={},
    )


def _scale(
    pool: CsvPool, outcome: str, unit: str, lower_is_better: bool | None, treatment: str, control: str
) -> Scale:
    code = pool.overall.measure
    measure = find_measure(code) if code in MEASURES else None
    return Scale(
        measure=code,
        measure_label=measure.label if measure else "effect",
        ratio=pool.ratio,
        null=(measure.null or 0.0) if measure else 0.0,
        unit="" if pool.ratio else unit,
        outcome_label=outcome,
        lower_is_better=lower_is_better,
        mid=None,
        mid_source="",
        precision=measure.precision_axis if measure else "se",
        treatment_label=treatment,
        control_label=control,
    )


def _rows(pool: CsvPool, outcome: str) -> tuple[EffectRow, ...]:
    """Return the rows of the file; what the arms reported stands in its columns, where it has them."""
    effects = pool.effects
    rows = []
    for number, (line, record) in enumerate(effects.frame.iterrows()):
        cells = {str(key): str(value) for key, value in record.items() if value is not None}
        numbers = {key: value for key, text in cells.items() if (value := _number(text)) is not None}
        year = numbers.get("year")
        label = effects.labels[number]
        rows.append(
            EffectRow(
                row_id=label,
                study_id=cells.get("study", label),
                label=label,
                year=int(year) if year is not None and year.is_integer() else None,
                cohort=label,
                diabetes_type="",
                outcome=outcome,
                definition=None,
                at="",
                at_days=None,
                value="events"
                if "events_treat" in numbers
                else "final"
                if "mean_treat" in numbers
                else "contrast",
                yi=effects.yi[number],
                vi=effects.vi[number],
                treatment=_arm(numbers, "treat"),
                control=_arm(numbers, "control"),
                derived=(),
                notes=(),
                moderators=tuple(
                    (str(column), cells.get(str(column), "")) for column in effects.frame.columns
                ),
                place=Place(file=effects.file, line=int(str(line)), sources=(), urls=(), secondary=False),
            )
        )
    return tuple(rows)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _arm(numbers: dict[str, float], side: str) -> ArmNumbers:
    return ArmNumbers(arms=(side,), label=side, **{name: numbers.get(f"{name}_{side}") for name in _ARM})


def _stratum(
    key: tuple[str, ...], found: MethodResult, rows: tuple[EffectRow, ...] | list[EffectRow]
) -> Stratum:
    return Stratum(
        key=key,
        label=key[0] if key else "All studies",
        row_ids=tuple(row.row_id for row in rows),
        pooled=found.as_pooled(),
        details=dict(found.details),
    )


def _differences(pool: CsvPool) -> tuple[Difference, ...]:
    test = pool.difference
    if test is None:
        return ()
    kind = "Q" if test.df2 is None else "F"
    return (
        Difference(
            between=tuple(level for level, _ in pool.strata),
            statistic=test.statistic,
            df=test.df,
            df2=test.df2,
            p=test.p,
            method=f"{kind} between values of {pool.by}, {test.tau2_sharing} tau2",
            note=" ".join(test.warnings),
        ),
    )
