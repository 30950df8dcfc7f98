"""Run a plan on records: the one function that knows the whole chain from YAML to results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from metamsc.analysis.choices import automatic_choices, changes_something, run_choice
from metamsc.analysis.grade_bias import bias_assessments
from metamsc.analysis.grade_profile import grade_profiles, unused_judgements
from metamsc.analysis.information import information_of
from metamsc.analysis.manifest import build_manifest
from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.other_models import other_models
from metamsc.analysis.regression import fit_moderators
from metamsc.analysis.result import (
    AnalysisResult,
    Scale,
    Sensitivity,
    SensitivityStratum,
    SmallStudy,
    Stratum,
)
from metamsc.analysis.scale import make_scale, mid_threshold
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_sensitivity import SensitivityChoice
from metamsc.analysis.strata import Pooled, pool_table
from metamsc.analysis.trust import examine
from metamsc.dataset.build import Tables
from metamsc.dataset.rows import EffectTable
from metamsc.effects import find_measure
from metamsc.errors import InputError, OptionError, TooFewStudiesError
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
    tables = Tables(studies)
    table, pooled = _pool(spec, tables)
    scale = make_scale(spec, table)
    others, method_notes = other_models(
        spec, (table, scale), pooled.every, lambda measure: _with_measure(spec, tables, measure)
    )
    rows = {row.row_id: row for row in table.rows}
    information = (
        information_of(stratum, [rows[i] for i in stratum.row_ids], scale) for stratum in pooled.every
    )
    result = AnalysisResult(
        name=spec.name,
        title=spec.title,
        question=spec.question,
        scale=scale,
        table=table,
        strata=pooled.strata,
        overall=pooled.overall,
        overall_note=pooled.overall_note,
        differences=pooled.differences,
        sensitivity=_sensitivity(spec, tables, (table, pooled), others),
        small_study=tuple(_small_study(stratum, table) for stratum in pooled.every),
        warnings=_warnings(spec, pooled, studies),
        information=tuple(item for item in information if item is not None),
        regressions=fit_moderators(spec, pooled.every, rows, table.measure),
        method_notes=method_notes,
        risk_of_bias=bias_assessments(table.rows, studies, table.outcome),
        trust=examine(spec, studies, table, pooled.every, scale),
        spec=spec.model_dump(by_alias=True, mode="json"),
        manifest=build_manifest(spec, studies, _methods(pooled, others)),
    )
    return replace(
        result,
        warnings=(*result.warnings, *unused_judgements(result, spec.grade)),
        grade=grade_profiles(result, spec.grade),
    )


def _methods(pooled: Pooled, others: tuple[Sensitivity, ...]) -> Iterator[str]:
    """Yield what pooled something: the plan's method and those of the models beside it."""
    for stratum in pooled.every:
        yield "cluster" if stratum.details.get("cluster") else str(stratum.details["method"])
    for item in others:
        yield item.changed[0].removeprefix("model.method = ")


def _pool(spec: AnalysisSpec, tables: Tables) -> tuple[EffectTable, Pooled]:
    table = tables.build(spec.select)
    return table, pool_table(table, spec, mid_threshold(make_scale(spec, table)))


def _with_measure(spec: AnalysisSpec, tables: Tables, measure: str) -> tuple[EffectTable, Scale]:
    """Return the table and scale of the plan with another measure; its own difference is of the first one."""
    other = spec.model_copy(
        update={"select": spec.select.model_copy(update={"measure": measure}), "mid": None}
    )
    table = tables.build(other.select)
    return table, make_scale(other, table)


def _sensitivity(
    spec: AnalysisSpec,
    tables: Tables,
    main: tuple[EffectTable, Pooled],
    others: tuple[Sensitivity, ...],
) -> tuple[Sensitivity, ...]:
    """Return the automatic choices that change something, the other models, and what the plan asks for."""

    def compare(choice: SensitivityChoice) -> Sensitivity:
        try:
            return run_choice(spec, choice, main, lambda other: _pool(other, tables))
        except OptionError as error:
            return _not_run(choice, main[1], str(error))

    plain = spec.model.method == INVERSE_VARIANCE and spec.model.cluster is None
    automatic = [
        compare(choice)
        for choice in automatic_choices(spec, main[0])
        # another estimator of tau2 or another interval changes nothing where the method has neither
        if plain or not choice.model
    ]
    return (
        *(item for item in automatic if changes_something(item, main[1])),
        *others,
        *map(compare, spec.named_analyses),
    )


def _not_run(choice: SensitivityChoice, pooled: Pooled, reason: str) -> Sensitivity:
    """Return a choice that does not go with the method, which a flag may have replaced, with the reason."""
    strata = (
        SensitivityStratum(
            label=stratum.label,
            k=stratum.pooled.k,
            estimate=None,
            ci_low=None,
            ci_high=None,
            tau2=None,
            note=f"not run: {reason}",
        )
        for stratum in pooled.every
    )
    changed = (*choice.select, *choice.model)
    return Sensitivity(name=choice.name, label=choice.label, changed=changed, strata=tuple(strata))


def _small_study(stratum: Stratum, table: EffectTable) -> SmallStudy:
    """Test for small-study effects in one stratum, or say why not."""
    measure = find_measure(table.measure)
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
    found.extend(f"{label}: not pooled: {reason}" for label, reason in pooled.not_pooled)
    for stratum in pooled.every:
        if stratum.note:
            found.append(f"{stratum.label}: {stratum.note}")
        found.extend(f"{stratum.label}: {warning}" for warning in stratum.pooled.warnings)
    return tuple(dict.fromkeys(found))
