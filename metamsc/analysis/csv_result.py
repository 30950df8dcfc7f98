"""A CSV as the result of an analysis, so that every figure of a plan can be drawn of it.

What a record would say and a file does not is left empty: nothing of it is shown as known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metamsc.analysis.bands import RegressionBands, regression_bands
from metamsc.analysis.csv import CsvPool, pool_csv
from metamsc.analysis.result import AnalysisResult, Difference, Regression, Scale, Stratum
from metamsc.dataset.csv import CsvEffects, typed_columns
from metamsc.dataset.rows import MODERATORS, ArmNumbers, EffectRow, EffectTable, Place
from metamsc.effects import find_measure
from metamsc.effects.registry import MEASURES
from metamsc.errors import InputError
from metamsc.files import PathLike
from metamsc.models.formula import formula_variables

ALL = "All studies"
_NUMBERS = ("n", "mean", "sd", "events")


def csv_result(
    path: PathLike,
    *,
    measure: str | None = None,
    by: str | None = None,
    mods: str | None = None,
    **options: Any,
) -> AnalysisResult:
    """Pool a CSV and return it in the shape of an analysis.

    Parameters
    ----------
    path : path
        See :func:`metamsc.dataset.csv.read_csv`.
    measure : str, optional
        Measure to compute from arm columns, or that `yi` holds.
    by : str, optional
        Column whose values are the strata.
    mods : str, optional
        Formula of a meta-regression, kept beside the pool without moderators.
    **options
        tau2_method, ci_method, pi_method, level, preset of :func:`metamsc.analysis.csv.pool_csv`.

    Returns
    -------
    AnalysisResult
        `overall` holds all rows; `strata` those of `by`.

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As :func:`~metamsc.analysis.csv.pool_csv`.
    """
    found = pool_csv(path, measure=measure, by=by, **options)
    effects = found.effects
    groups = effects.column(by) if by is not None else ("",) * len(effects.labels)
    rows = tuple(_row(effects, number, group) for number, group in enumerate(groups))
    regressions = () if mods is None else (_regression(path, measure, mods, options),)
    return AnalysisResult(
        name=Path(effects.file).stem or "csv",
        title=Path(effects.file).stem.replace("_", " ").replace("-", " ") or "CSV",
        question="",
        scale=_scale(effects),
        table=_table(effects, rows),
        strata=tuple(
            Stratum(
                key=(label,),
                label=label,
                row_ids=tuple(row.row_id for row, group in zip(rows, groups, strict=True) if group == label),
                pooled=pooled.as_pooled(),
            )
            for label, pooled in found.strata
        ),
        overall=Stratum(
            key=(), label=ALL, row_ids=tuple(row.row_id for row in rows), pooled=found.overall.as_pooled()
        ),
        overall_note="",
        differences=_differences(found),
        sensitivity=(),
        small_study=(),
        warnings=found.overall.warnings,
        regressions=regressions,
        spec={"file": effects.file},
        manifest={},
    )


def csv_bands(
    path: PathLike, mods: str, *, measure: str | None = None, moderator: str | None = None, **options: Any
) -> RegressionBands:
    """Return the bands of a meta-regression on columns of a CSV.

    Parameters
    ----------
    path, measure, **options
        As in :func:`csv_result`.
    mods : str
        Formula: "year + alloc".
    moderator : str, optional
        Along which to predict; default: the first of the formula.

    Raises
    ------
    InputError, OptionError
        As :func:`~metamsc.analysis.bands.regression_bands`.
    """
    fitted = pool_csv(path, measure=measure, mods=mods, **options)
    effects, pooled = fitted.effects, fitted.overall
    columns = typed_columns(effects)
    for name in formula_variables(mods):
        effects.column(name)  # says what there is where the column is missing, or empty in a row
    return regression_bands(
        effects.yi,
        effects.vi,
        columns,
        mods,
        moderator=moderator,
        labels=effects.labels,
        label=ALL,
        measure=pooled.measure,
        tau2_method=pooled.tau2_method,
        ci_method=pooled.ci_method,
        pi_method=pooled.pi_method,
        level=pooled.level,
    )


def _regression(path: PathLike, measure: str | None, mods: str, options: dict[str, Any]) -> Regression:
    fitted = pool_csv(path, measure=measure, mods=mods, **options)
    return Regression(
        label=ALL,
        formula=mods,
        k=fitted.overall.k,
        row_ids=fitted.effects.labels,
        names=tuple(item.name for item in fitted.overall.coefficients),
        pooled=fitted.overall.as_pooled(),
    )


def _row(effects: CsvEffects, number: int, group: str) -> EffectRow:
    cells = {str(name): effects.frame[name].iloc[number] for name in effects.frame.columns}
    return EffectRow(
        row_id=effects.labels[number],
        study_id=effects.labels[number],
        label=effects.labels[number],
        year=_year(cells.get("year")),
        cohort=effects.labels[number],
        diabetes_type=group or cells.get("diabetes_type") or ALL,
        outcome="",
        definition=None,
        at="",
        at_days=None,
        value=_kind_of(cells),
        yi=effects.yi[number],
        vi=effects.vi[number],
        treatment=_arm(cells, "treat"),
        control=_arm(cells, "control"),
        derived=(),
        notes=(),
        moderators=tuple((name, cells.get(name) or "") for name in MODERATORS),
        place=Place(
            file=effects.file, line=int(effects.frame.index[number]), sources=(), urls=(), secondary=False
        ),
    )


def _kind_of(cells: dict[str, str | None]) -> str:
    if "events_treat" in cells:
        return "events"
    return "final" if "mean_treat" in cells else "contrast"


def _year(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _arm(cells: dict[str, str | None], side: str) -> ArmNumbers:
    """Return the numbers of one arm, as far as the file has them."""
    found: dict[str, float | None] = {}
    for name in _NUMBERS:
        text = cells.get(f"{name}_{side}")
        try:
            found[name] = None if text is None else float(text)
        except ValueError as error:
            raise InputError(f"{name}_{side}: {text!r} is not a number.") from error
    return ArmNumbers(arms=(side,), label="treatment" if side == "treat" else "control", **found)


def _scale(effects: CsvEffects) -> Scale:
    measure = find_measure(effects.measure) if effects.measure in MEASURES else None
    return Scale(
        measure=effects.measure,
        measure_label="effect" if measure is None else measure.label,
        ratio=measure is not None and measure.is_ratio,
        null=0.0 if measure is None else measure.null or 0.0,
        unit="",
        outcome_label=Path(effects.file).stem or "CSV",
        lower_is_better=None,
        mid=None,
        mid_source="",
        precision="se" if measure is None else measure.precision_axis,
        treatment_label="treatment",
        control_label="control",
    )


def _table(effects: CsvEffects, rows: tuple[EffectRow, ...]) -> EffectTable:
    return EffectTable(
        outcome="",
        measure=effects.measure,
        unit="",
        setting="",
        rows=rows,
        excluded=(),
        missing=(),
        assumptions=effects.notes,
        n_records=len(rows),
    )


def _differences(found: CsvPool) -> tuple[Difference, ...]:
    test = found.difference
    if test is None:
        return ()
    return (
        Difference(
            between=tuple(label for label, _ in found.strata),
            statistic=test.statistic,
            df=test.df,
            p=test.p,
            method="Q",
            df2=test.df2,
        ),
    )
