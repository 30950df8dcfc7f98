"""Run a plan on records: the one function that knows the whole chain from YAML to results."""

from __future__ import annotations

import math
from collections.abc import Iterable

from metamsc.analysis.choices import automatic_choices, changes_something, run_choice
from metamsc.analysis.manifest import build_manifest
from metamsc.analysis.result import AnalysisResult, Scale, Sensitivity, SmallStudy, Stratum
from metamsc.analysis.spec import AnalysisSpec, SensitivityChoice
from metamsc.analysis.strata import Pooled, pool_table
from metamsc.dataset.build import build_table
from metamsc.dataset.rows import EffectTable
from metamsc.effects import Measure, find_measure
from metamsc.errors import InputError, TooFewStudiesError
from metamsc.outcomes.catalogue import Outcome, outcome
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.sensitivity.bias import regress_on_precision


def run(spec: AnalysisSpec, records: Studies | Iterable[Study]) -> AnalysisResult:
    """Run an analysis.

    Parameters
    ----------
    spec : AnalysisSpec
        The plan: :func:`metamsc.read_spec` reads one.
    records : Studies or iterable of Study
        The records: :func:`metamsc.read_records` reads them.

    Returns
    -------
    AnalysisResult
        By stratum and, where the plan allows it, over all types of diabetes. With no row that can be
        pooled, `strata` is empty and the exclusions say why.

    Raises
    ------
    OptionError, UnitError
        If the plan names an outcome, measure or unit that there is not.
    SpecError
        If a sensitivity analysis does not fit the plan.
    """
    studies = records if isinstance(records, Studies) else Studies.of(*records)
    table, pooled = _pool(spec, studies)

    def compare(choice: SensitivityChoice) -> Sensitivity:
        return run_choice(spec, choice, (table, pooled), lambda other: _pool(other, studies))

    automatic = (compare(choice) for choice in automatic_choices(spec, table))
    sensitivity = (
        *(item for item in automatic if changes_something(item, pooled)),
        *map(compare, spec.sensitivity),
    )
    entry, measure = outcome(spec.select.outcome), find_measure(table.measure)
    return AnalysisResult(
        name=spec.name,
        title=spec.title,
        question=spec.question,
        scale=_scale(spec, entry, measure, table),
        table=table,
        strata=pooled.strata,
        overall=pooled.overall,
        overall_note=pooled.overall_note,
        differences=pooled.differences,
        sensitivity=sensitivity,
        small_study=tuple(_small_study(stratum, table, measure) for stratum in pooled.every),
        warnings=_warnings(spec, pooled, studies),
        spec=spec.model_dump(by_alias=True, mode="json"),
        manifest=build_manifest(spec, studies),
    )


def _pool(spec: AnalysisSpec, studies: Studies) -> tuple[EffectTable, Pooled]:
    table = build_table(studies, spec.select)
    return table, pool_table(table, spec)


def _scale(spec: AnalysisSpec, entry: Outcome, measure: Measure, table: EffectTable) -> Scale:
    size, source = _important_difference(spec, entry, measure, table)
    return Scale(
        measure=measure.name,
        measure_label=measure.label,
        ratio=measure.is_ratio,
        null=measure.null or 0.0,
        unit="" if measure.is_ratio or measure.scale == "standardised" else table.unit,
        outcome_label=entry.label,
        lower_is_better={"lower": True, "higher": False, "neutral": None}[entry.direction],
        mid=size,
        mid_source=source,
        precision=measure.precision_axis,
        treatment_label="MSC" if spec.select.treatment.msc == "only" else "cells",
        control_label="control",
        formula=measure.formula,
        variance=_variance(measure),
    )


def _variance(measure: Measure) -> str:
    """Name the formula of the sampling variance that rows of this measure have."""
    if not measure.variances:
        return ""
    used = measure.variances[0]
    return f"{used.name}: {used.text} ({used.source})"


def _important_difference(
    spec: AnalysisSpec, entry: Outcome, measure: Measure, table: EffectTable
) -> tuple[float | None, str]:
    """Size of the minimal important difference on the analysis scale, and its source or why there is none."""
    if spec.mid is not None:
        if measure.is_ratio and spec.mid.value == 1:
            return None, "the plan's minimal important ratio is 1, which is no difference"
        value = abs(math.log(spec.mid.value)) if measure.is_ratio else spec.mid.value
        return value, spec.mid.source
    mid = entry.mid
    if mid is None:
        return None, entry.mid_reason or ""
    if mid.measure != measure.name:
        return None, f"the catalogue's is for {mid.measure}, the analysis pools {measure.name}"
    if measure.is_ratio:
        return abs(math.log(mid.value)), mid.source
    from metamsc.outcomes.units import convert, convertible

    if mid.unit is None or not convertible(entry, mid.unit, table.unit):
        return None, f"the catalogue's is in {mid.unit}, the analysis in {table.unit}"
    return abs(convert(mid.value, entry, mid.unit, table.unit, "difference").value), mid.source


def _small_study(stratum: Stratum, table: EffectTable, measure: Measure) -> SmallStudy:
    """Test for small-study effects in one stratum, or say why not."""
    predictor = "1/sqrt(n)" if measure.precision_axis == "1/sqrt(n)" else "se"
    method = "Egger regression" if predictor == "se" else "regression on 1/√n"
    rows = [row for row in table.rows if row.row_id in set(stratum.row_ids)]
    totals = [(row.treatment.n or 0.0) + (row.control.n or 0.0) for row in rows]
    try:
        test = regress_on_precision(
            [row.yi for row in rows], [row.vi for row in rows], predictor=predictor, n_total=totals
        )
    except (TooFewStudiesError, InputError) as error:
        return SmallStudy(
            label=stratum.label,
            k=len(rows),
            method=method,
            predictor=predictor,
            statistic=None,
            df=None,
            p=None,
            refused=str(error),
        )
    return SmallStudy(
        label=stratum.label,
        k=test.k,
        method=method,
        predictor=predictor,
        statistic=test.statistic,
        df=test.df,
        p=test.p,
    )


def _warnings(spec: AnalysisSpec, pooled: Pooled, studies: Studies) -> tuple[str, ...]:
    """Everything a reader must be told, each once: the plan's notes, then what the models say."""
    found = list(spec.notes)
    found.extend(
        f"The plan leaves out {leave.study!r}, and no record has that id."
        for leave in spec.select.exclude
        if leave.study not in studies.ids
    )
    for stratum in pooled.every:
        if stratum.note:
            found.append(f"{stratum.label}: {stratum.note}")
        found.extend(f"{stratum.label}: {warning}" for warning in stratum.pooled.warnings)
    return tuple(dict.fromkeys(found))
