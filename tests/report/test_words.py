"""Sentences say what the numbers say: sign, unit, interval, number of studies, nothing more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.models.results import Interval
from metamsc.plots.numbers import plain
from metamsc.plots.wording import inside_sentence
from metamsc.report import evidence_words, spread_words, words
from metamsc.report.effects_in_words import (
    difference_bounds,
    direction,
    mid_words,
    outcome_phrase,
    size_words,
)
from metamsc.tables.labels import shown_effect
from metamsc.tables.sizes import unit_words

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]

EFFECTS = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.001, 2)).map(lambda pair: (round(pair[0], 4), round(pair[1], 4))),
    min_size=1,
    max_size=8,
)
SCALES = st.sampled_from(["MD", "RR", "SMD"])
LAW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HIGHER = ("higher", "more likely", "times as")
LOWER = ("lower", "less likely")


def build(invented: Any, effects: list[tuple[float, float]], scale: str) -> AnalysisResult:
    rows = [invented.row(f"S{i} 2014", "T1D", yi, vi) for i, (yi, vi) in enumerate(effects)]
    made: AnalysisResult = invented.make(rows, invented.SCALES[scale])
    return made


@LAW
@given(effects=EFFECTS, scale=SCALES)
def test_direction_follows_the_sign_of_the_estimate(
    invented: Any, effects: list[tuple[float, float]], scale: str
) -> None:
    result = build(invented, effects, scale)
    estimate = result.strata[0].pooled.estimate
    before = words.finding(result, result.strata[0]).split(" (")[0]
    says_higher, says_lower = any(w in before for w in HIGHER), any(w in before for w in LOWER)
    if abs(estimate) <= 1e-9:
        assert "the same" in before
        assert not says_higher
        assert not says_lower
    else:
        assert says_higher is (estimate > 0)
        assert says_lower is (estimate < 0)


@LAW
@given(effects=EFFECTS, scale=SCALES)
def test_finding_names_unit_interval_and_number_of_studies(
    invented: Any, effects: list[tuple[float, float]], scale: str
) -> None:
    result = build(invented, effects, scale)
    pooled, found = result.strata[0].pooled, words.finding(result, result.strata[0])
    k = len(effects)
    assert f"{k} {'study' if k == 1 else 'studies'}" in found
    assert f"{41 * k} participants" in found
    assert ("in one study" in found) is (k == 1)
    if scale == "RR":
        assert f"risk ratio {shown_effect(result, pooled.estimate)}" in found
        ends = (shown_effect(result, end) for end in (pooled.ci.low, pooled.ci.high))
        assert f"95% CI {' to '.join(ends)};" in found
    else:
        for end in (pooled.ci.low, pooled.ci.high):
            assert plain(shown_effect(result, end)).lstrip("-") in found
        if "the same" not in found:
            assert {"MD": "percentage points", "SMD": "standard deviations"}[scale] in found


@LAW
@given(effects=EFFECTS, scale=SCALES)
def test_certainty_follows_the_interval(
    invented: Any, effects: list[tuple[float, float]], scale: str
) -> None:
    result = build(invented, effects, scale)
    pooled = result.strata[0].pooled
    told = words.certainty(result.scale, pooled)
    inside = pooled.ci.low <= 0.0 <= pooled.ci.high
    assert ("includes" in told) is inside
    assert ("not evidence that" in told) is inside
    assert ("excludes" in told) is not inside
    assert ("ratio of 1" in told) is (scale == "RR")
    if not inside:
        # HbA1c and glucose: lower is better; healing: higher is better
        good = pooled.ci.high < 0 if scale != "RR" else pooled.ci.low > 0
        assert told.endswith(f"favours {'MSC' if good else 'control'}.")
    short = words.answer(result, result.strata[0])
    assert ("includes" in short) is inside


@LAW
@given(effects=EFFECTS, scale=SCALES)
def test_importance_compares_with_the_mid(
    invented: Any, effects: list[tuple[float, float]], scale: str
) -> None:
    result = build(invented, effects, scale)
    pooled, mid = result.strata[0].pooled, result.scale.mid
    told = words.importance(result, pooled)
    if mid is None:
        assert told == ""
        return
    sizes = sorted([abs(pooled.ci.low), abs(pooled.ci.high)])
    crosses = pooled.ci.low <= 0.0 <= pooled.ci.high
    assert ("Every value in the interval is smaller" in told) is (sizes[1] < mid)
    assert ("Every value in the interval is at least" in told) is (sizes[0] >= mid and not crosses)
    if told.startswith("The estimate"):
        assert told.startswith("The estimate is at least") is (abs(pooled.estimate) >= mid)
        both = pooled.ci.low <= -mid and pooled.ci.high >= mid
        assert ("other direction" in told or "both directions" in told) is both


@LAW
@given(effects=EFFECTS, scale=SCALES)
def test_heterogeneity_is_as_modest_as_k_is_small(
    invented: Any, effects: list[tuple[float, float]], scale: str
) -> None:
    result = build(invented, effects, scale)
    pooled, k = result.strata[0].pooled, len(effects)
    told = spread_words.heterogeneity(result, result.strata[0])
    assert ("nothing was pooled" in told) is (k == 1)
    assert ("cannot be estimated how much" in told) is (k == 2)
    assert ("cannot be estimated reliably" in told) is (k in {3, 4})
    assert ("prediction interval" in told) is (pooled.pi is not None)
    if pooled.pi is not None:
        inside = pooled.pi.low <= 0.0 <= pooled.pi.high
        assert ("It includes" in told) is inside
        assert ("It excludes" in told) is not inside
    if k >= 5:
        assert ("no more than chance" in told) is (pooled.heterogeneity.tau2 == 0.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-1.34, "1.34 percentage points lower"),
        (0.5, "0.50 percentage points higher"),
        (0.0, "the same"),
        (-0.001, "0.001 percentage points lower"),
        (-0.50451, "0.50 percentage points lower"),
        (-0.5, "0.50 percentage points lower"),
        (0.4999, "0.50 percentage points higher"),
    ],
)
def test_sizes_of_differences(make_result: Make, make_row: MakeRow, value: float, expected: str) -> None:
    # SE 0.2: two decimals
    assert size_words(make_result([make_row("A 2014", "T1D", -1.0, 0.04)]), value) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (1.26, "26% more likely"),
        (0.66, "34% less likely"),
        (2.4, "2.40 times as likely"),
        (1.0, "the same"),
        (1.004, "0.4% more likely"),
        (0.002, "more than 99% less likely"),
        (1.006, "1% more likely"),
        (1.2501, "25% more likely"),
        (1.2499, "25% more likely"),
        (1.25, "25% more likely"),
    ],
)
def test_sizes_of_ratios(invented: Any, ratio: float, expected: str) -> None:
    result = invented.make([invented.row("A 2014", "T1D", 0.1, 0.04)], invented.RR)
    assert size_words(result, math.log(ratio)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.88, -0.72, "0.72 to 1.88 lower"),
        (0.2, 1.1, "0.20 to 1.10 higher"),
        (-4.83, 2.16, "4.83 lower to 2.16 higher"),
        (-0.5, 0.0, "0.50 lower to 0.00"),
    ],
)
def test_ends_of_an_interval(
    make_result: Make, make_row: MakeRow, low: float, high: float, expected: str
) -> None:
    assert difference_bounds(make_result([make_row("A 2014", "T1D", -1.0, 0.04)]), low, high) == expected


def test_an_estimate_printed_as_the_important_difference_is_just_short_of_it(
    make_result: Make, make_row: MakeRow
) -> None:
    # the minimal important difference is 0.5, which -0.4996 reads as
    result = make_result([make_row("A 2014", "T1D", -0.4996, 0.04)])
    told = words.state(result, result.strata[0]).text
    assert "was, in one study, 0.50 percentage points lower" in told
    assert "The estimate is just smaller than the minimal important difference" in told
    further = make_result([make_row("A 2014", "T1D", -0.494, 0.04)])
    assert "The estimate is smaller than" in words.state(further, further.strata[0]).text


def test_no_direction_is_better_where_none_is(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("A 2014", "T1D", -1.0, 0.04)])
    neutral = replace(result, scale=replace(result.scale, lower_is_better=None))
    told = words.state(neutral, neutral.strata[0]).text
    assert "favour" not in told
    wide = replace(neutral.strata[0].pooled, ci=Interval(-2.0, 1.0))
    assert "an increase, with a decrease" in words.certainty(neutral.scale, wide)
    assert "benefit" not in words.certainty(neutral.scale, wide)


def test_two_studies_are_not_called_heterogeneous(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("A 2014", "T1D", -1.0, 0.04), make_row("B 2015", "T1D", -0.2, 0.04)])
    told = words.state(result, result.strata[0]).heterogeneity
    assert told.startswith("With 2 studies")
    assert "I²" not in told


def test_arms_of_one_study_are_not_called_studies(make_result: Make, make_row: MakeRow) -> None:
    arms = [
        replace(make_row("A 2014", "T1D", yi, 0.04), row_id=f"a-2014:{yi}", label=f"A 2014, {yi}")
        for yi in (-1.0, -0.2, 0.1)
    ]
    result = make_result(arms)
    stratum = result.strata[0]
    assert "3 comparisons from 1 study" in words.finding(result, stratum)
    assert "3 comparisons from 1 study" in words.answer(result, stratum)
    assert "not independent" in spread_words.heterogeneity(result, stratum)
    assert "prediction" not in spread_words.heterogeneity(result, stratum)
    assert "1 contributes 3 comparisons" in evidence_words.left_out(result)


def test_types_are_kept_apart_for_a_reason(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row("A 2014", "T1D", -1.0, 0.04), make_row("B 2015", "T2D", -0.2, 0.04)]
    apart = evidence_words.across_types(make_result(rows))
    assert "does not pool across types" in apart
    assert "autoimmune" in apart
    assert "would describe neither" in apart
    together = evidence_words.across_types(
        make_result(rows, overall=True, overall_note="Pools T1D, T2D together.")
    )
    assert together == "The results for type 1 diabetes and type 2 diabetes were pooled together as well."


def test_counts_of_what_is_not_there(invented: Any) -> None:
    result = invented.make([invented.row("A 2014", "T1D", -1.0, 0.04)])
    gaps = (
        invented.missing("B 2014", controlled=True),
        invented.missing("C 2014", controlled=False),
    )
    result = replace(result, table=replace(result.table, missing=gaps))
    told = evidence_words.left_out(result)
    assert "Of 12 clinical records, 1 contributes to" in told
    assert "No result of the same outcome was left out" in told
    told = evidence_words.missing_results(result)
    assert "2 results are known to be missing, 1 of them from studies with a control group" in told
    assert "Why: reported in a figure only (2)." in told


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("HbA1c", "HbA1c"),
        ("C-peptide", "C-peptide"),
        ("Daily insulin dose", "daily insulin dose"),
        ("IRS-1 phosphorylation", "IRS-1 phosphorylation"),
        ("Estimated GFR", "estimated GFR"),
        ("Insulin, area under the curve", "insulin, area under the curve"),
        ("", ""),
    ],
)
def test_first_letters(label: str, expected: str) -> None:
    assert inside_sentence(label) == expected


def test_what_a_ratio_compares(invented: Any) -> None:
    result = invented.make([invented.row("A 2014", "T1D", 0.1, 0.04)], invented.RR)
    assert outcome_phrase(result) == "complete ulcer healing"
    odds = replace(result, scale=replace(result.scale, measure="OR"))
    assert outcome_phrase(odds) == "the odds of complete ulcer healing"
    assert direction(odds, 0.5) == "higher"
    area = replace(result, scale=replace(invented.MD, outcome_label="C-peptide, area under the curve"))
    assert outcome_phrase(area) == "C-peptide (area under the curve)"


def test_mid_in_words(invented: Any) -> None:
    rows = [invented.row("A 2014", "T1D", 0.1, 0.04)]
    assert mid_words(invented.make(rows)) == "0.5 percentage points"
    assert mid_words(invented.make(rows, invented.RR)) == "risk ratio 1.25 or 0.80"
    assert unit_words(replace(invented.MD, unit="mmol/L")) == "mmol/L"


def test_statements_are_plain_text(invented: Any) -> None:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 7)]
    for statement in words.statements(invented.make(rows, overall=True)):
        assert not re.search(r"nan|None|inf\b|\s{2,}|\.\.", statement.text)
        assert statement.text.endswith(".")
