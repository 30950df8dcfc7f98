"""How the numbers of an analysis are shown, and how large a difference matters."""

from __future__ import annotations

import math

from metamsc.analysis.result import Scale
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.rows import EffectTable
from metamsc.effects import Measure, find_measure
from metamsc.outcomes.catalogue import Outcome, outcome


def make_scale(spec: AnalysisSpec, table: EffectTable) -> Scale:
    """Return everything a plot or sentence needs about the measure of a table."""
    entry, measure = outcome(spec.select.outcome), find_measure(table.measure)
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


def mid_threshold(scale: Scale) -> float | None:
    """Return the minimal important difference with the sign of a benefit; None without one or a direction."""
    if scale.mid is None or scale.lower_is_better is None:
        return None
    return -scale.mid if scale.lower_is_better else scale.mid
