"""Footnotes of a forest plot: what its rows do not say, once, in few words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metamsc.analysis.result import AnalysisResult, Difference
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.preset import PRESETS
from metamsc.plots.preset_words import difference_text, p_text
from tests.plots.conftest import MD_SCALE, make_result, random_rows

FEW = (
    "Few studies in: T1D (k = 2), T2D (k = 2). Their own tau2 is a guess. "
    "A test this small has little power: no difference found is not evidence of no difference."
)
SINGLE = (
    "One study only in: T1D. The comparison then rests on that study, whose heterogeneity is taken as 0, "
    "so the p-value is too small."
)


def footer(result: AnalysisResult) -> str:
    return " ".join(forest_layout(result).footer).replace("\u00a0", " ")


def noted(result: AnalysisResult, note: str, p: float) -> AnalysisResult:
    return replace(result, differences=tuple(replace(item, note=note, p=p) for item in result.differences))


def test_a_caution_leaves_out_what_rows_say(md_result: AnalysisResult) -> None:
    told = footer(noted(md_result, FEW, 0.4))
    assert "Test for differences: a test this small has little power: no difference found" in told
    assert "Few studies in" not in told
    assert "tau2 is a guess" not in told


def test_power_is_not_the_caution_where_a_difference_was_found(md_result: AnalysisResult) -> None:
    told = footer(noted(md_result, FEW, 0.012))
    assert "Test for differences: with so few studies the test cannot be relied on." in told
    assert "little power" not in told


def test_a_p_value_that_is_too_small_is_said_to_be(md_result: AnalysisResult) -> None:
    assert "so the p-value is too small" in footer(noted(md_result, SINGLE, 0.012))


def test_the_reason_for_a_pool_over_all_types_stands_without_what_is_seen(md_result: AnalysisResult) -> None:
    reasoned = replace(
        md_result, overall_note="Pools T1D, T2D together. The plan's reason: Shown to compare."
    )
    assert "All diabetes types: shown to compare." in footer(reasoned)
    bare = replace(md_result, overall_note="Pools T1D, T2D together.")
    assert "Pools T1D" not in footer(bare)
    kept = make_result(random_rows(4, ("T1D", "T2D")), overall=False)
    assert "The plan keeps diabetes types apart" in footer(kept)


def test_one_type_needs_no_word_on_others() -> None:
    one = make_result(random_rows(4, ("T1D",)), overall=False)
    assert "diabetes types apart" not in footer(one)


def test_the_source_of_the_important_difference_is_short() -> None:
    scale = replace(MD_SCALE, mid_source="a guideline: table 1 of a comparison (a journal 2021)")
    told = footer(make_result(random_rows(3, ("T1D",)), scale))
    assert "Dotted line: minimal important difference, 0.5% (a guideline)." in told


def test_a_note_of_a_group_is_not_said_again_of_its_parts() -> None:
    rows = random_rows(6, ("T1D",))
    made = make_result(rows, second={row.row_id: "x" if n < 3 else "y" for n, row in enumerate(rows)})
    strata = tuple(
        replace(stratum, note=f"The {stratum.pooled.k} rows are arms of one study.")
        for stratum in made.strata
    )
    assert footer(replace(made, strata=strata)).count("rows are arms of one study") == 1


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.721, "P = .72"), (0.012, "P = .01"), (0.0123, "P = .01"), (0.0498, "P = .0498"), (0.004, "P = .004")],
)
def test_jama_writes_two_decimals_and_never_the_line_itself(p: float, text: str) -> None:
    assert p_text(PRESETS["jama"].words, p) == text


@pytest.mark.parametrize(
    ("preset", "text"),
    [
        # I² = 100 (6.33 - 1) / 6.33 = 84.2%
        ("revman", "Test for subgroup differences: Chi² = 6.33, df = 1 (P = 0.012), I² = 84%"),
        ("bmj", "Test for subgroup differences: χ²=6.33, df=1, P=0.012"),
        ("jama", "Test for subgroup differences: χ²₁ = 6.33; P = .01"),
    ],
)
def test_tests_for_differences_as_each_journal_writes_them(preset: str, text: str) -> None:
    found = Difference(between=("T1D", "T2D"), statistic=6.33, df=1, p=0.0119, method="Q", note="")
    assert difference_text(PRESETS[preset].words, found, "one and two", 1).replace("\u00a0", " ") == text


def test_the_bmj_names_its_tests(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result, preset="bmj")
    lines = [
        row.cell("label").replace("\u00a0", " ")
        for row in layout.rows
        if row.kind in {"heterogeneity", "test"}
    ]
    assert lines[0].startswith("Test for heterogeneity: τ²=")
    assert lines[1].startswith("Test for overall effect: t=")
    assert " = " not in lines[1]
