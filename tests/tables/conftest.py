"""An analysis result of invented studies with everything a table can show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from metamsc.analysis.result import AnalysisResult, Difference, Scale, Sensitivity, SmallStudy
from metamsc.dataset.rows import Derived, EffectRow
from tests.invented import RR, beside, exclusion, make, missing, row


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
