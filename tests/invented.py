"""Parts of analysis results made of **invented** studies, for tests: no number here was ever observed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from metamsc.analysis.result import (
    AnalysisResult,
    Scale,
    SensitivityStratum,
    Stratum,
)
from metamsc.dataset.rows import (
    MODERATORS,
    ArmNumbers,
    EffectRow,
    EffectTable,
    Exclusion,
    Missing,
    Place,
)
from metamsc.models.pool import pool

MD = Scale(
    measure="MD",
    measure_label="Mean difference",
    ratio=False,
    null=0.0,
    unit="%",
    outcome_label="HbA1c",
    lower_is_better=True,
    mid=0.5,
    mid_source="an invented guideline",
    precision="se",
    treatment_label="MSC",
    control_label="control",
)
RR = replace(
    MD,
    measure="RR",
    measure_label="Risk ratio",
    ratio=True,
    unit="",
    outcome_label="Complete ulcer healing",
    lower_is_better=False,
    mid=math.log(1.25),
)
SMD = replace(
    MD,
    measure="SMD",
    measure_label="Standardised mean difference",
    unit="",
    outcome_label="Glucose",
    mid=None,
)
SCALES = {"MD": MD, "RR": RR, "SMD": SMD}


def row(name: str, group: str, yi: float, vi: float, **changes: Any) -> EffectRow:
    """One invented row: name "Aa 2014" gives the study id "aa-2014"."""
    study_id = name.lower().replace(" ", "-")
    facts = dict.fromkeys(MODERATORS, "") | {
        "diabetes_type": group,
        "design": "rct-parallel",
        "product": "cells",
        "msc_source": "umbilical-cord",
        "co_intervention": "none",
    }
    made = EffectRow(
        row_id=f"{study_id}:msc",
        study_id=study_id,
        label=name,
        year=2014,
        cohort=study_id,
        diabetes_type=group,
        outcome="hba1c",
        definition=None,
        at="12 months",
        at_days=365.0,
        value="final",
        yi=yi,
        vi=vi,
        treatment=ArmNumbers(arms=("msc",), label="UC-MSC", n=20, mean=7.5 + yi, sd=1.0),
        control=ArmNumbers(arms=("control",), label="placebo", n=21, mean=7.5, sd=0.9),
        derived=(),
        notes=(),
        moderators=tuple(facts.items()),
        place=Place(
            file=f"data/extractions/clinical/{study_id}.yml",
            line=41,
            sources=("abstract: Results",),
            urls=(f"https://example.org/{study_id}",),
            secondary=False,
        ),
    )
    return replace(made, **changes)


def exclusion(name: str, code: str, reason: str) -> Exclusion:
    return Exclusion(
        study_id=name.lower().replace(" ", "-"),
        label=name,
        cohort=name,
        diabetes_type="T1D",
        code=code,
        reason=reason,
        outcome="HbA1c",
        at="3 months",
        file=f"data/extractions/clinical/{name.lower().replace(' ', '-')}.yml",
        line=7,
    )


def missing(name: str, *, controlled: bool, kind: str = "figure-only", reason: str = "Figure 2") -> Missing:
    return Missing(
        study_id=name.lower().replace(" ", "-"),
        label=name,
        diabetes_type="T2D",
        outcome="hba1c",
        kind=kind,
        reason=reason,
        direction="",
        n=29,
        controlled=controlled,
        file=f"data/extractions/clinical/{name.lower().replace(' ', '-')}.yml",
        line=55,
    )


def stratum(key: tuple[str, ...], rows: Sequence[EffectRow], scale: Scale, **options: Any) -> Stratum:
    return Stratum(
        key=key,
        label=" · ".join(key) or "All types",
        row_ids=tuple(item.row_id for item in rows),
        pooled=pool([item.yi for item in rows], [item.vi for item in rows], measure=scale.measure, **options),
    )


def beside(label: str, k: int, numbers: tuple[float, float, float] | None) -> SensitivityStratum:
    estimate, low, high = numbers or (None, None, None)
    return SensitivityStratum(
        label=label, k=k, estimate=estimate, ci_low=low, ci_high=high, tau2=None if numbers is None else 0.0
    )


def make(
    rows: Sequence[EffectRow],
    scale: Scale = MD,
    *,
    overall: bool = False,
    setting: str = "clinical",
    **changes: Any,
) -> AnalysisResult:
    """Pool invented rows by type of diabetes."""
    groups = list(dict.fromkeys(item.diabetes_type for item in rows))
    made = AnalysisResult(
        name="invented",
        title="HbA1c (invented numbers)",
        question="Is HbA1c lower?",
        scale=scale,
        table=EffectTable(
            outcome="hba1c",
            measure=scale.measure,
            unit=scale.unit,
            setting=setting,
            rows=tuple(rows),
            excluded=(),
            missing=(),
            assumptions=("One row per cohort: participants are counted once.",),
            n_records=12,
        ),
        strata=tuple(stratum((g,), [r for r in rows if r.diabetes_type == g], scale) for g in groups),
        overall=stratum((), rows, scale) if overall else None,
        overall_note="The plan does not pool across types of diabetes (T1D, T2D).",
        differences=(),
        sensitivity=(),
        small_study=(),
        warnings=(),
        spec={
            "select": {
                "treatment": {"msc": "only"},
                "control": ["placebo"],
                "designs": [],
                "multi_arm": "combine",
                "unlabelled_spread": "exclude",
                "unpublished": "include",
                "post_hoc": "exclude",
            },
            "model": {"preset": "metamsc"},
            "strata": ["diabetes_type"],
            "moderators": ["msc_source"],
        },
        manifest={
            "metamsc": "0.1",
            "engines": {"numpy": "2"},
            "plan_sha256": "0" * 64,
            "records": [
                {"id": r.study_id, "file": f"clinical/{r.study_id}.yml", "sha256": "1" * 64} for r in rows
            ],
        },
    )
    return replace(made, **changes)
