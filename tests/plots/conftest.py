"""Analysis results made of **invented** studies: no number here was ever observed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

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
from metamsc.dataset.rows import MODERATORS, ArmNumbers, Derived, EffectRow, Place
from tests import invented

MD_SCALE = replace(
    invented.MD,
    measure_label="mean difference",
    mid_source="invented",
    treatment_label="MSC therapy",
)
RR_SCALE = replace(
    MD_SCALE,
    measure="RR",
    measure_label="risk ratio",
    ratio=True,
    unit="",
    outcome_label="complete ulcer healing",
    lower_is_better=False,
    mid=invented.RR.mid,
)
SMD_SCALE = replace(
    MD_SCALE,
    measure="SMD",
    measure_label="standardised mean difference",
    unit="",
    outcome_label="blood glucose",
    mid=None,
    precision="1/sqrt(n)",
)


def make_row(
    row_id: str,
    group: str,
    yi: float,
    vi: float,
    treatment: ArmNumbers,
    control: ArmNumbers,
    *,
    label: str = "",
    year: int = 2020,
    value: str = "final",
    derived: Sequence[Derived] = (),
) -> EffectRow:
    return invented.row(
        label or row_id,
        group,
        yi,
        vi,
        row_id=row_id,
        study_id=row_id,
        label=label or row_id,
        year=year,
        cohort=row_id,
        outcome="invented",
        value=value,
        treatment=treatment,
        control=control,
        derived=tuple(derived),
        moderators=tuple((name, "") for name in MODERATORS),
        place=Place(file=f"{row_id}.yml", line=1, sources=(), urls=(), secondary=False),
    )


def mean_row(
    row_id: str,
    group: str,
    treatment: tuple[float, float, float],
    control: tuple[float, float, float],
    **options: object,
) -> EffectRow:
    """A row from (n, mean, sd) of two arms: MD and its variance sd1²/n1 + sd2²/n2."""
    (n1, m1, s1), (n2, m2, s2) = treatment, control
    return make_row(
        row_id,
        group,
        m1 - m2,
        s1**2 / n1 + s2**2 / n2,
        ArmNumbers(arms=("msc",), label="MSC", n=n1, mean=m1, sd=s1),
        ArmNumbers(arms=("control",), label="control", n=n2, mean=m2, sd=s2),
        **options,  # type: ignore[arg-type]  # plain pass-through of make_row's keywords
    )


def event_row(
    row_id: str, group: str, a: float, n1: float, c: float, n2: float, **options: object
) -> EffectRow:
    """A row from events of two arms: log RR, with 1/2 added everywhere if an arm has none."""
    add = 0.5 if 0 in (a, c) else 0.0
    a1, n1a, c1, n2a = a + add, n1 + 2 * add, c + add, n2 + 2 * add
    return make_row(
        row_id,
        group,
        math.log(a1 / n1a) - math.log(c1 / n2a),
        1 / a1 - 1 / n1a + 1 / c1 - 1 / n2a,
        ArmNumbers(arms=("msc",), label="MSC", n=n1, events=a),
        ArmNumbers(arms=("control",), label="control", n=n2, events=c),
        value="events",
        **options,  # type: ignore[arg-type]  # plain pass-through of make_row's keywords
    )


def contrast_row(
    row_id: str, group: str, yi: float, se: float, n1: float, n2: float, **options: object
) -> EffectRow:
    return make_row(
        row_id,
        group,
        yi,
        se**2,
        ArmNumbers(arms=("msc",), label="MSC", n=n1),
        ArmNumbers(arms=("control",), label="control", n=n2),
        value="contrast",
        **options,  # type: ignore[arg-type]  # plain pass-through of make_row's keywords
    )


def make_stratum(
    key: tuple[str, ...], rows: Sequence[EffectRow], scale: Scale, *, label: str = ""
) -> Stratum:
    made = invented.stratum(key, rows, scale)
    return replace(made, label=label or (" · ".join(key) or "All diabetes types"))


def make_result(
    rows: Sequence[EffectRow],
    scale: Scale = MD_SCALE,
    *,
    strata: bool = True,
    overall: bool = True,
    second: dict[str, str] | None = None,
    title: str = "HbA1c at 12 months (invented numbers)",
) -> AnalysisResult:
    """Pool rows by diabetes type and over all; `second` maps row ids to second-level strata."""
    made: list[Stratum] = []
    groups = list(dict.fromkeys(row.diabetes_type for row in rows)) if strata else []
    for group in groups:
        inside = [row for row in rows if row.diabetes_type == group]
        made.append(make_stratum((group,), inside, scale))
        for name in dict.fromkeys((second or {}).get(row.row_id, "") for row in inside):
            if name:
                chosen = [row for row in inside if (second or {}).get(row.row_id) == name]
                made.append(make_stratum((group, name), chosen, scale))
    differences = (
        (Difference(between=tuple(groups), statistic=0.43, df=1, p=0.512, method="Q", note="Tiny strata."),)
        if len(groups) > 1
        else ()
    )
    made_up = invented.make(
        rows,
        scale,
        title=title,
        question="Does it work?",
        strata=tuple(made),
        overall_note="" if overall else "the plan keeps diabetes types apart",
        differences=differences,
        spec={},
        manifest={},
    )
    table = replace(made_up.table, outcome="invented", assumptions=(), n_records=len(rows))
    return replace(made_up, table=table, overall=make_stratum((), rows, scale) if overall else None)


SD_FROM_SE = Derived(side="treatment", text="sd ← se·√n (0.2·√21)")
SPREAD_AS_SD = Derived(side="treatment", text="± that the text does not label read as SD (0.9)", imputed=True)


@pytest.fixture
def md_result() -> AnalysisResult:
    """Two rows of type 1, two of type 2: one a reported contrast, one on an assumption."""
    rows = [
        mean_row("aa-2014", "T1D", (21, 7.5, 1.0), (21, 8.8, 0.9), label="Aa 2014", derived=[SD_FROM_SE]),
        mean_row("bb-2018", "T1D", (9, 7.1, 0.8), (10, 7.3, 1.1), label="Bb 2018"),
        mean_row("cc-2016", "T2D", (31, 6.9, 0.7), (30, 7.4, 0.9), label="Cc 2016", derived=[SPREAD_AS_SD]),
        contrast_row("dd-2021", "T2D", -0.31, 0.25, 48, 43, label="Dd 2021"),
    ]
    return make_result(rows)


@pytest.fixture
def rr_result() -> AnalysisResult:
    """Six trials of ulcer healing, wide intervals, arms without events."""
    rows = [
        event_row("ee-2009", "T1D", 0, 9, 0, 9, label="Ee 2009"),
        event_row("ff-2011", "T2D", 11, 20, 4, 21, label="Ff 2011"),
        event_row("gg-2012", "T2D", 5, 12, 0, 11, label="Gg 2012"),
        event_row("hh-2013", "T2D", 17, 22, 13, 23, label="Hh 2013"),
        event_row("ii-2017", "T2D", 9, 27, 7, 26, label="Ii 2017"),
        event_row("jj-2020", "T2D", 26, 30, 20, 29, label="Jj 2020"),
    ]
    return make_result(rows, RR_SCALE, title="Foot ulcers healed by 12 weeks (invented numbers)")


@pytest.fixture
def one_row_result() -> AnalysisResult:
    return make_result([mean_row("kk-2019", "T1D", (15, 7.2, 1.1), (14, 7.9, 1.3), label="Kk 2019")])


def random_rows(k: int, groups: Sequence[str], seed: int = 7) -> list[EffectRow]:
    source = random.Random(seed)  # noqa: S311  # a fixed seed, no secret
    rows = []
    for index in range(k):
        n1, n2 = source.randint(6, 140), source.randint(6, 140)
        m1, s1, s2 = source.gauss(7.2, 0.5), source.uniform(0.6, 1.6), source.uniform(0.6, 1.6)
        rows.append(
            mean_row(
                f"study-{index + 1:03}",
                groups[index * len(groups) // k],
                (n1, round(m1, 1), round(s1, 1)),
                (n2, round(m1 + source.gauss(0.5, 0.3), 1), round(s2, 1)),
                label=f"Author{index + 1} {2000 + index // 3}",
                derived=[SPREAD_AS_SD] if index % 9 == 0 else ([SD_FROM_SE] if index % 4 == 0 else []),
            )
        )
    return rows


@pytest.fixture
def sixty_result() -> AnalysisResult:
    return make_result(random_rows(60, ("T1D", "T2D", "Mixed types")))


@pytest.fixture
def long_names_result() -> AnalysisResult:
    """Long names, two scripts, a treatment whose name does not fit its column, characters of mathtext."""
    treatment = "umbilical-cord mesenchymal stromal cells with autologous bone-marrow cells"
    scale = replace(MD_SCALE, treatment_label=treatment, control_label="standard care with sham infusion")
    long = "Wilhelmina-Charlotte van der Oudekerke and the Very Long Consortium Name Study Group of 2019"
    rows = [
        mean_row("long", "T1D", (120, 7.5, 1.0), (118.5, 8.1, 0.9), label=long, derived=[SPREAD_AS_SD]),
        mean_row("greek", "T1D", (9, 7.1, 0.8), (10, 7.3, 1.1), label="Łukasiewicz α/β $x_1$ & <b> 2020"),
        mean_row("chinese", "T2D", (31, 6.9, 0.7), (30, 7.4, 0.9), label="蔡金 2016"),
        mean_row("other", "T2D", (31, 6.5, 0.7), (30, 7.1, 0.9), label="Other 2017"),
    ]
    return make_result(
        rows, scale, title="A title that is long enough to need a second line in every figure " * 2
    )


@pytest.fixture
def two_level_result() -> AnalysisResult:
    rows = random_rows(10, ("T1D", "T2D"), seed=3)
    second = {
        row.row_id: "Umbilical cord" if index % 5 < 3 else ("Bone marrow" if index % 5 == 3 else "")
        for index, row in enumerate(rows)
    }
    return make_result(rows, second=second, overall=False)


@pytest.fixture
def extreme_result() -> AnalysisResult:
    """One interval far wider than the axis should be."""
    rows = [
        *random_rows(4, ("T1D",), seed=1),
        mean_row("wide", "T1D", (3, 7.0, 9.0), (3, 8.0, 8.0), label="Tiny 2003"),
        mean_row("half", "T1D", (4, 7.0, 2.0), (4.5, 7.4, 3.0), label="Split 2004"),
    ]
    return make_result(rows, overall=False)


def sensitivity_of(result: AnalysisResult) -> AnalysisResult:
    """The same result with invented sensitivity analyses, one of which leaves nothing in a stratum."""
    choices = (
        "Wald interval",
        "DerSimonian–Laird",
        "Reported numbers only",
        "Without co-intervention",
        "Peer reviewed only",
    )
    made = []
    for step, label in enumerate(choices, start=1):
        strata = []
        for number, stratum in enumerate([*result.strata, result.overall]):
            assert stratum is not None
            gone = label == "Reported numbers only" and number == 0
            shift = 0.06 * step * (-1) ** step
            strata.append(
                SensitivityStratum(
                    label=stratum.label,
                    k=0 if gone else stratum.pooled.k,
                    estimate=None if gone else stratum.pooled.estimate + shift,
                    ci_low=None if gone else stratum.pooled.ci.low + shift,
                    ci_high=None if gone else stratum.pooled.ci.high + shift,
                    tau2=None if gone else 0.1,
                )
            )
        made.append(Sensitivity(name=f"s{step}", label=label, changed=(f"x = {step}",), strata=tuple(strata)))
    return replace(result, sensitivity=tuple(made))


def with_small_study(result: AnalysisResult) -> AnalysisResult:
    """The same result with a test of asymmetry refused (few studies) or run (invented p) per pool."""
    made = tuple(
        SmallStudy(
            label=stratum.label,
            k=stratum.pooled.k,
            method="Egger",
            predictor="se",
            statistic=None if stratum.pooled.k < 10 else 1.1,
            df=None if stratum.pooled.k < 10 else stratum.pooled.k - 2,
            p=None if stratum.pooled.k < 10 else 0.28,
            refused=f"k = {stratum.pooled.k}: fewer than 10" if stratum.pooled.k < 10 else "",
        )
        for stratum in [*result.strata, result.overall]
        if stratum is not None
    )
    return replace(result, small_study=made)
