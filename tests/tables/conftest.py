"""Analysis results made of **invented** studies, with everything a table can show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from metamsc.analysis.result import (
    AnalysisResult,
    Difference,
    Scale,
    Sensitivity,
    SensitivityStratum,
    SmallStudy,
    Stratum,
)
from metamsc.dataset.rows import (
    MODERATORS,
    ArmNumbers,
    Derived,
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


@pytest.fixture
def full() -> AnalysisResult:
    """Three rows in two types, with derivations, exclusions, missing results and other choices."""
    rows = [
        row("Aa 2014", "T1D", -1.0, 0.04, derived=(Derived(side="treatment", text="sd ← se·√n (0.2·√20)"),)),
        row(
            "Bb 2018",
            "T1D",
            -0.2,
            0.09,
            derived=(Derived(side="control", text="± read as SD (0.9)", imputed=True),),
            notes=("number of completers not printed",),
        ),
        row("Cc 2016", "T2D", -0.5, 0.0625),
    ]
    made = make(rows, overall=True)
    one = made.strata[1].pooled
    first = made.strata[0].pooled
    wald = Sensitivity(
        name="wald",
        label="Wald interval",
        changed=("model.ci_method = wald",),
        strata=(
            beside("T1D", 2, (first.estimate, -1.4, 0.2)),
            beside("T2D", 1, (one.estimate, one.ci.low, one.ci.high)),
        ),
    )
    fewer = Sensitivity(
        name="published-only",
        label="Published only",
        changed=(),
        strata=(beside("T1D", 0, None), beside("T2D", 1, (one.estimate, one.ci.low, one.ci.high))),
        note="without aa-2014:msc, bb-2018:msc; with dd-2020:msc",
    )
    ratio = Sensitivity(
        name="ratio",
        label="Ratio of means",
        changed=(),
        strata=(beside("T2D", 1, (math.log(0.9), math.log(0.8), math.log(1.0125))),),
        note="same rows",
        measure="ROM",
        ratio=True,
    )
    table = replace(
        made.table,
        excluded=(
            exclusion("Dd 2020", "time", "at 3 months; used: 12 months"),
            exclusion("Ee 2021", "design", "one group, before and after"),
            exclusion("Ff 2021", "design", "one group, before and after"),
        ),
        missing=(missing("Gg 2013", controlled=True), missing("Hh 2013", controlled=False)),
    )
    difference = Difference(
        between=("T1D", "T2D"), statistic=0.43, df=1, p=0.512, method="Q between strata", note="Tiny strata."
    )
    refused = SmallStudy(
        label="T1D", k=2, method="Egger regression", predictor="se", statistic=None, df=None, p=None,
        refused="a test needs k >= 10; got 2.",
    )  # fmt: skip
    return replace(
        made,
        table=table,
        sensitivity=(wald, fewer, ratio),
        differences=(difference,),
        small_study=(
            refused,
            replace(refused, label="All types", k=12, statistic=-1.4, df=10, p=0.19, refused=""),
        ),
        spec=made.spec
        | {
            "notes": ["Know this."],
            "known_missing": [{"label": "Ii", "reason": "never reported", "source": "register"}],
        },
    )


@pytest.fixture
def make_result() -> Callable[..., AnalysisResult]:
    return make


@pytest.fixture
def make_row() -> Callable[..., EffectRow]:
    return row


@pytest.fixture
def rr() -> Scale:
    return RR
