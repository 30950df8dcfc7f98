"""Animals and patients side by side: every analysis brought to standardised mean differences, never pooled.

Outcomes of animals and of people have their own units, so each analysis is computed again, by its own plan,
as a standardised mean difference (Hedges' g), counts as log odds ratios divided by π/√3 (Hasselblad & Hedges
1995; Chinn 2000, Statistics in Medicine 19:3127-3131). The sign is turned so that higher is better. Rows that
have no such measure are named. Settings stay apart: nothing is pooled over them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.analysis.strata import pool_table
from metamsc.dataset.build import Tables
from metamsc.effects import find_measure
from metamsc.errors import InputError, OptionError, TooFewStudiesError, UnitError
from metamsc.models.results import Interval
from metamsc.outcomes.catalogue import outcome

if TYPE_CHECKING:
    from metamsc.analysis.result import Stratum
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.dataset.rows import EffectTable
    from metamsc.records.studies import Studies

THEMES: dict[str, tuple[str, ...]] = {
    "Blood glucose": (
        "hba1c", "hba1c_target", "fasting_glucose", "postprandial_glucose", "blood_glucose", "glucose_auc",
    ),
    "Normal glucose without treatment": (
        "insulin_independence", "remission", "drug_independence", "normoglycaemia", "diabetes_incidence",
    ),
    "Insulin secretion": (
        "c_peptide_fasting", "c_peptide_unspecified", "c_peptide_peak", "c_peptide_postprandial",
        "c_peptide_auc", "c_peptide_percent_baseline", "insulin_auc", "homa_beta", "fasting_insulin",
    ),
    "Need of insulin": ("insulin_dose", "insulin_tolerance", "homa_ir", "glucose_infusion_rate"),
    "Wounds": (
        "ulcer_healing", "time_to_healing", "time_to_wound_halving", "wound_area", "wound_area_reduction",
        "wound_healing", "wound_healing_time", "wound_gap", "granulation_area",
    ),
    "Kidney": ("egfr", "mgfr", "albumin_creatinine_ratio"),
    "Survival": ("death", "survival"),
}  # fmt: skip
"""Theme -> outcomes of people and of animals that are about the same thing."""
OTHER_THEME = "Other"
ODDS_TO_SMD = math.sqrt(3.0) / math.pi
"""A difference of log odds times this is a standardised mean difference, if the trait is logistic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRow:
    """One pool of one analysis as a standardised difference, positive where it is a benefit."""

    theme: str
    setting: str
    outcome_label: str
    stratum: str
    analysis: str
    """Name of the plan."""
    k: int
    participants: float | None
    """None where a number is not printed."""
    estimate: float | None
    """None where nothing could be computed; `note` says why."""
    ci: Interval | None
    pi: Interval | None
    measure: str
    """"SMD", or "OR" where it was turned into one."""
    note: str = ""


def translate(specs: Sequence[AnalysisSpec], records: Studies) -> tuple[TranslationRow, ...]:
    """Bring every analysis to one scale.

    Parameters
    ----------
    specs : sequence of AnalysisSpec
        Plans of both settings; each decides which results are taken, as in its own analysis.
    records : Studies

    Returns
    -------
    tuple of TranslationRow
        By theme; a row per pool: over all types where the plan pools them, else per type of diabetes.
    """
    tables = Tables(records)
    rows = [row for spec in specs for row in _rows(spec, tables)]
    order = [*THEMES, OTHER_THEME]
    return tuple(sorted(rows, key=lambda row: (order.index(row.theme), row.setting != "clinical")))


def theme_of(outcome_id: str) -> str:
    """Return the theme of an outcome."""
    return next((theme for theme, members in THEMES.items() if outcome_id in members), OTHER_THEME)


def _rows(spec: AnalysisSpec, tables: Tables) -> list[TranslationRow]:
    measure = "OR" if outcome(spec.select.outcome).kind == "event" else "SMD"
    # a unit is of the plan's own measure; standardised differences take each study's
    changes = {"measure": measure, "unit": None}
    changed = spec.model_copy(
        update={"select": spec.select.model_copy(update=changes), "mid": None, "mods": None}
    )
    try:
        before = tables.build(spec.select)
        table = tables.build(changed.select)
        pooled = pool_table(table, changed, None)
    except (InputError, OptionError, TooFewStudiesError, UnitError) as error:
        return [_nothing(spec, measure, str(error))]
    lost = [row.label for row in before.rows if row.row_id not in {other.row_id for other in table.rows}]
    note = f"no {measure}: {', '.join(lost)}" if lost else ""
    pools = [pooled.overall] if pooled.overall is not None else [s for s in pooled.strata if len(s.key) == 1]
    if not pools:
        return [_nothing(spec, measure, note or "no row could be pooled")]
    return [_row(spec, table, pool, measure, note) for pool in pools]


def _nothing(spec: AnalysisSpec, measure: str, note: str) -> TranslationRow:
    return TranslationRow(
        theme=theme_of(spec.select.outcome),
        setting=str(spec.select.setting),
        outcome_label=outcome(spec.select.outcome).label,
        stratum="",
        analysis=spec.name,
        k=0,
        participants=None,
        estimate=None,
        ci=None,
        pi=None,
        measure=measure,
        note=note,
    )


def _row(spec: AnalysisSpec, table: EffectTable, pool: Stratum, measure: str, note: str) -> TranslationRow:
    entry = outcome(spec.select.outcome)
    factor = (ODDS_TO_SMD if find_measure(table.measure).is_ratio else 1.0) * (
        -1.0 if entry.direction == "lower" else 1.0
    )
    inside = [row for row in table.rows if row.row_id in set(pool.row_ids)]
    sizes = [size for row in inside for size in (row.treatment.n, row.control.n)]
    known = [size for size in sizes if size is not None]
    pooled = pool.pooled
    neutral = "no direction is better: higher is drawn to the right" if entry.direction == "neutral" else ""
    return TranslationRow(
        theme=theme_of(entry.id),
        setting=str(spec.select.setting),
        outcome_label=entry.label,
        stratum=pool.label,
        analysis=spec.name,
        k=pooled.k,
        participants=sum(known) if len(known) == len(sizes) else None,
        estimate=factor * pooled.estimate,
        ci=_scaled(pooled.ci, factor),
        pi=None if pooled.pi is None else _scaled(pooled.pi, factor),
        measure=measure,
        note="; ".join(filter(None, (note, neutral))),
    )


def _scaled(interval: Interval, factor: float) -> Interval:
    """Return an interval times a factor, its ends in order."""
    low, high = sorted((factor * interval.low, factor * interval.high))
    return Interval(low, high, interval.level)
