"""The forest plot as data: rows and words. No matplotlib here."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError
from metamsc.models.pool import pool
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.wording import inside_sentence
from tests.plots.conftest import (
    contrast_row,
    make_result,
    mean_row,
    random_rows,
)
from tests.plots.forest_reading import kinds, row


def test_rows_stand_in_the_order_of_the_result(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    block = ["stratum", "study", "study", "subtotal", "heterogeneity"]
    assert kinds(layout) == [*block, *block, "overall", "prediction", "heterogeneity", "difference"]
    assert [found.target for found in layout.of_kind("study")] == ["aa-2014", "bb-2018", "cc-2016", "dd-2021"]


def test_rows_run_downwards_without_overlap(sixty_result: AnalysisResult) -> None:
    layout = forest_layout(sixty_result)
    ends = [(found.y - found.lines * 0.375, found.y) for found in layout.rows]
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(ends))
    assert layout.rows[-1].y < layout.height


def test_keys_are_unique(sixty_result: AnalysisResult, two_level_result: AnalysisResult) -> None:
    for result in (sixty_result, two_level_result):
        keys = [found.key for found in forest_layout(result).rows]
        assert len(keys) == len(set(keys))


def test_a_reported_contrast_shows_its_n_and_says_so(md_result: AnalysisResult) -> None:
    found = row(forest_layout(md_result), "study:dd-2021")
    assert (found.cell("n_treat"), found.cell("n_control")) == ("48", "43")
    assert (found.cell("value_treat"), found.cell("value_control")) == ("–", "–")
    assert "Reported as a difference between the arms only: Dd 2021." in forest_layout(md_result).footer


def test_marks_and_their_footnotes(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    assert row(layout, "study:aa-2014").cell("label") == "Aa 2014\u00a0*"
    assert row(layout, "study:cc-2016").cell("label") == "Cc 2016\u00a0†"
    assert row(layout, "study:bb-2018").cell("label") == "Bb 2018"
    assert "* Derived from printed numbers: sd ← se·√n (Aa 2014)." in layout.footer
    assert any(
        line.startswith("† Rests on an assumption: ± that") and "Cc 2016" in line for line in layout.footer
    )


def test_footer_names_the_methods(md_result: AnalysisResult) -> None:
    assert forest_layout(md_result).footer[0] == (
        "Pooled: REML, Hartung–Knapp (ad hoc) 95% CI; prediction interval: t, k\u00a0−\u00a01 df, "
        "from k = 3. Study intervals: 95%, normal quantiles."
    )


def test_one_study_is_not_pooled_and_the_figure_says_so(rr_result: AnalysisResult) -> None:
    layout = forest_layout(rr_result)
    assert "subtotal:T1D" not in {found.key for found in layout.rows}
    assert (
        row(layout, "heterogeneity:T1D").cell("label").replace("\u00a0", " ").startswith("k = 1: not pooled")
    )
    assert row(layout, "study:ee-2009").cell("weight") == "–"


def test_one_row_in_all(one_row_result: AnalysisResult) -> None:
    layout = forest_layout(one_row_result)
    assert kinds(layout) == ["stratum", "study", "heterogeneity"]
    assert layout.footer[0] == "Nothing is pooled. Intervals: 95%, normal quantiles."


def test_few_studies_are_called_unreliable(md_result: AnalysisResult) -> None:
    line = row(forest_layout(md_result), "heterogeneity:T1D").cell("label").replace("\u00a0", " ")
    assert line.endswith("(k = 2: unreliable)")


def test_nothing_to_draw_is_refused(md_result: AnalysisResult) -> None:
    empty = replace(md_result, table=replace(md_result.table, rows=()), strata=(), overall=None)
    with pytest.raises(InputError, match="'invented' has no row to draw"):
        forest_layout(empty)


def test_two_levels_nest(two_level_result: AnalysisResult) -> None:
    layout = forest_layout(two_level_result)
    headings = [(found.cell("label"), found.indent) for found in layout.of_kind("stratum")]
    assert headings == [
        ("Type 1 diabetes", 0), ("Umbilical cord", 1), ("Bone marrow", 1),
        ("Type 2 diabetes", 0), ("Umbilical cord", 1), ("Bone marrow", 1),
    ]  # fmt: skip
    assert len(layout.of_kind("study")) == 10
    assert {found.target for found in layout.of_kind("subtotal")} >= {"T1D", "T2D", "T1D/Umbilical cord"}
    assert "The plan keeps diabetes types apart" in layout.footer


def test_without_strata_there_is_one_list() -> None:
    layout = forest_layout(make_result(random_rows(3, ("T1D",)), strata=False))
    assert kinds(layout) == ["study", "study", "study", "overall", "prediction", "heterogeneity"]
    assert [column.name for column in layout.columns if column.side == "right"] == ["estimate", "weight"]


def test_rows_of_no_stratum_are_not_lost(md_result: AnalysisResult) -> None:
    kept = replace(md_result, strata=md_result.strata[:1], differences=())
    layout = forest_layout(kept)
    assert {found.target for found in layout.of_kind("study")} == {"aa-2014", "bb-2018", "cc-2016", "dd-2021"}
    assert layout.of_kind("stratum")[-1].cell("label") == "In no group"


def test_contrasts_alone_need_no_arm_columns_but_n() -> None:
    result = make_result(
        [contrast_row("a", "T1D", -0.3, 0.2, 10, 12), contrast_row("b", "T1D", -0.1, 0.2, 9, 8)]
    )
    names = [column.name for column in forest_layout(result).columns]
    assert names == ["label", "n_treat", "n_control", "estimate", "weight"]
    bare = [column.name for column in forest_layout(result, arm_columns=False).columns]
    assert bare == ["label", "estimate", "weight"]


def test_long_names_are_wrapped_whole(long_names_result: AnalysisResult) -> None:
    found = row(forest_layout(long_names_result), "study:long")
    label = next(item.label for item in long_names_result.table.rows if item.row_id == "long")
    assert found.lines == 3
    assert found.cell("label").replace("\n", " ") == f"{label}\u00a0†"


def test_names_without_end_end_in_an_ellipsis() -> None:
    rows = [mean_row("a", "T1D", (9, 7.1, 0.8), (9, 7.6, 0.7), label="word " * 60)]
    found = row(forest_layout(make_result(rows)), "study:a")
    assert (found.lines, found.cell("label")[-1]) == (4, "…")


def test_the_test_for_differences_has_its_caution_below(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    line = " ".join(layout.of_kind("difference")[0].cell("label").split())
    groups = "type 1 diabetes and type 2 diabetes"
    assert line == f"Test for differences between {groups}: Q = 0.43, df = 1, p = 0.51"
    assert "Test for differences: tiny strata." in layout.footer


def test_outcome_names_are_written_as_in_a_sentence() -> None:
    assert inside_sentence("Co-interventions") == "co-interventions"
    assert inside_sentence("Complete ulcer healing") == "complete ulcer healing"
    assert [inside_sentence(text) for text in ("HbA1c", "C-peptide, fasting", "eGFR")] == [
        "HbA1c", "C-peptide, fasting", "eGFR",
    ]  # fmt: skip


def test_changes_from_baseline_are_named() -> None:
    changed = mean_row("a", "T1D", (9, -1.1, 0.8), (9, -0.2, 0.7), label="A 2020", value="change")
    final = mean_row("b", "T1D", (9, 7.1, 0.8), (9, 7.6, 0.7), label="B 2020")
    mixed = forest_layout(make_result([changed, final]))
    assert "Change from baseline: A 2020; the others final values." in mixed.footer
    headers = {column.name: column.header for column in forest_layout(make_result([changed])).columns}
    assert headers["value_treat"] == "Mean change ± SD"


def test_an_equal_effects_model_says_that_it_assumes_no_heterogeneity() -> None:
    rows = random_rows(3, ("T1D",))
    pooled = pool(
        [r.yi for r in rows], [r.vi for r in rows], tau2_method="EE", ci_method="wald", measure="MD"
    )
    base = make_result(rows, strata=False)
    assert base.overall is not None
    layout = forest_layout(replace(base, overall=replace(base.overall, pooled=pooled)))
    line = layout.of_kind("heterogeneity")[0].cell("label").replace("\u00a0", " ")
    assert line.startswith("Equal-effects model (τ² = 0 assumed): Q = ")
    assert layout.footer[0].startswith("Pooled: equal effects, Wald 95% CI. ")


def test_two_hundred_rows_fit_one_layout() -> None:
    layout = forest_layout(make_result(random_rows(200, ("T1D", "T2D"))))
    assert len(layout.of_kind("study")) == 200
