"""The forest plot as data: rows, numbers, words. No matplotlib here."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError
from metamsc.models.pool import pool
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.numbers import plain
from metamsc.plots.wording import inside_sentence
from tests.plots.conftest import (
    MD_SCALE,
    RR_SCALE,
    SMD_SCALE,
    contrast_row,
    event_row,
    make_result,
    mean_row,
    random_rows,
)

# The 97.5 % point of the normal distribution: statistics.NormalDist against the table value, 10 digits.
Z = 1.9599639845


def kinds(layout: ForestLayout) -> list[str]:
    return [row.kind for row in layout.rows]


def numbers(cell: str) -> list[float]:
    """The estimate and the ends of the interval as a reader reads them off a cell."""
    for sign in "[],":
        cell = cell.replace(sign, " ")
    return [float(part) for part in plain(cell).split()]


def row(layout: ForestLayout, key: str) -> ForestRow:
    return next(found for found in layout.rows if found.key == key)


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


def test_study_numbers_by_hand() -> None:
    # 7.0 - 8.0 = -1.0; v = 1.2²/36 + 0.9²/9 = 0.04 + 0.09 = 0.13; se = 0.360555; 1.959964·se = 0.706675
    result = make_result([mean_row("a", "T1D", (36, 7.0, 1.2), (9, 8.0, 0.9))])
    found = row(forest_layout(result), "study:a")
    assert found.estimate == pytest.approx(-1.0, rel=1e-12)
    assert found.low == pytest.approx(-1.0 - Z * 0.13**0.5, rel=1e-9)
    assert found.high == pytest.approx(-1.0 + Z * 0.13**0.5, rel=1e-9)
    assert plain(found.cell("estimate")) == "-1.00 [-1.71, -0.29]"
    assert plain(found.cell("value_treat")) == "7.0 ± 1.2"
    assert plain(found.cell("value_control")) == "8.0 ± 0.9"
    assert (found.cell("n_treat"), found.cell("n_control")) == ("36", "9")


def test_every_number_is_the_one_of_the_result(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    for stratum in (*md_result.strata, md_result.overall):
        assert stratum is not None
        path = "/".join(stratum.key) or "overall"
        key = f"subtotal:{path}" if stratum.key else "overall:overall"
        found, pooled = row(layout, key), stratum.pooled
        assert (found.estimate, found.low, found.high) == (pooled.estimate, pooled.ci.low, pooled.ci.high)
        # Cells carry two decimals here, so they are within half a hundredth of the result.
        shown = numbers(found.cell("estimate"))
        assert shown == pytest.approx([pooled.estimate, pooled.ci.low, pooled.ci.high], abs=0.005)
        if pooled.pi is not None:
            bar = row(layout, f"prediction:{path}")
            assert (bar.estimate, bar.low, bar.high) == (None, pooled.pi.low, pooled.pi.high)
        line = row(layout, f"heterogeneity:{path}").cell("label").replace("\u00a0", " ")
        assert f"Q = {pooled.heterogeneity.Q:.2f}, df = {pooled.heterogeneity.Q_df}," in line
        assert f"I² = {pooled.heterogeneity.I2:.1f}%" in line


def test_weights_are_those_of_the_pools(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    for stratum in md_result.strata:
        for row_id, weight in zip(stratum.row_ids, stratum.pooled.weights_percent, strict=True):
            found = row(layout, f"study:{row_id}")
            assert found.weight == weight
            assert float(found.cell("weight")) == pytest.approx(weight, abs=0.05)
    overall = md_result.overall
    assert overall is not None
    for row_id, weight in zip(overall.row_ids, overall.pooled.weights_percent, strict=True):
        assert float(row(layout, f"study:{row_id}").cell("weight_overall")) == pytest.approx(weight, abs=0.05)
    assert row(layout, "overall:overall").cell("weight_overall") == "100.0"


def test_areas_of_squares_are_proportional_to_weights(md_result: AnalysisResult) -> None:
    overall = md_result.overall
    assert overall is not None
    largest = max(overall.pooled.weights_percent)
    layout = forest_layout(md_result)
    for row_id, weight in zip(overall.row_ids, overall.pooled.weights_percent, strict=True):
        assert row(layout, f"study:{row_id}").size == pytest.approx(weight / largest, rel=1e-12)


def test_a_reported_contrast_shows_its_n_and_says_so(md_result: AnalysisResult) -> None:
    found = row(forest_layout(md_result), "study:dd-2021")
    assert (found.cell("n_treat"), found.cell("n_control")) == ("48", "43")
    assert (found.cell("value_treat"), found.cell("value_control")) == ("–", "–")
    assert "Reported as a difference between the arms only: Dd 2021." in forest_layout(md_result).footer


def test_marks_and_their_footnotes(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    assert row(layout, "study:aa-2014").cell("label") == "Aa 2014 *"
    assert row(layout, "study:cc-2016").cell("label") == "Cc 2016 †"
    assert row(layout, "study:bb-2018").cell("label") == "Bb 2018"
    assert "* Derived from printed numbers: sd ← se·√n (Aa 2014)." in layout.footer
    assert any(
        line.startswith("† Rests on an assumption: ± that") and "Cc 2016" in line for line in layout.footer
    )


def test_footer_names_the_methods(md_result: AnalysisResult) -> None:
    assert forest_layout(md_result).footer[0] == (
        "Pooled: REML, Hartung–Knapp (ad hoc) 95% CI; prediction interval: t, k − 1 df, from k = 3. "
        "Study intervals: 95%, normal quantiles."
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


def test_ratios_are_shown_back_transformed_and_placed_as_logarithms() -> None:
    # 10/20 against 5/20: RR 2, log 0.693147, v = 1/10 - 1/20 + 1/5 - 1/20 = 0.2, 1.959964·√0.2 = 0.876523;
    # 95 % CI exp(0.693147 ± 0.876523) = 0.8325 to 4.8052
    result = make_result(
        [event_row("a", "T2D", 10, 20, 5, 20), event_row("b", "T2D", 8, 20, 5, 20)], RR_SCALE
    )
    layout = forest_layout(result)
    found = row(layout, "study:a")
    assert found.estimate == pytest.approx(math.log(2.0), rel=1e-12)
    assert plain(found.cell("estimate")) == "2.00 [0.83, 4.81]"
    assert found.cell("value_treat") == "10/20"
    assert layout.axis.null == 0.0
    for tick, label in zip(layout.axis.ticks, layout.axis.tick_labels, strict=True):
        assert math.exp(tick) == pytest.approx(float(label), rel=1e-12)
    assert "1" in layout.axis.tick_labels


def test_totals_add_up(rr_result: AnalysisResult) -> None:
    # 11 + 5 + 17 + 9 + 26 = 68 of 20 + 12 + 22 + 27 + 30 = 111
    assert row(forest_layout(rr_result), "subtotal:T2D").cell("value_treat") == "68/111"


def test_directions_follow_what_is_better() -> None:
    rows = random_rows(3, ("T1D",))
    lower = forest_layout(make_result(rows)).axis
    assert (lower.lower, lower.higher) == ("Favours MSC therapy", "Favours control")
    higher = forest_layout(make_result(rows, replace(MD_SCALE, lower_is_better=False))).axis
    assert (higher.lower, higher.higher) == ("Favours control", "Favours MSC therapy")
    neither = forest_layout(make_result(rows, replace(MD_SCALE, lower_is_better=None))).axis
    assert (neither.lower, neither.higher) == ("Lower with MSC therapy", "Higher with MSC therapy")


def test_the_important_difference_stands_on_the_side_of_benefit() -> None:
    rows = random_rows(6, ("T1D",))
    assert forest_layout(make_result(rows)).axis.mid == (-0.5,)
    wide = replace(MD_SCALE, lower_is_better=None, mid=0.1)
    assert forest_layout(make_result(rows, wide)).axis.mid == (-0.1, 0.1)
    assert forest_layout(make_result(rows, replace(MD_SCALE, mid=None))).axis.mid == ()


def test_axis_label_says_measure_outcome_and_unit(
    md_result: AnalysisResult, rr_result: AnalysisResult
) -> None:
    assert forest_layout(md_result).axis.label == "Mean difference in HbA1c, %"
    assert forest_layout(rr_result).axis.label == "Risk ratio for complete ulcer healing (log scale)"


def test_an_extreme_interval_is_cut_and_every_estimate_is_on_the_axis(extreme_result: AnalysisResult) -> None:
    layout = forest_layout(extreme_result)
    wide = row(layout, "study:wide")
    assert layout.axis.cuts_low(wide)
    assert layout.axis.cuts_high(wide)
    assert all(layout.axis.shows(found.estimate) for found in layout.rows if found.estimate is not None)
    assert layout.axis.shows(layout.axis.null)
    ordinary = row(layout, "study:study-001")
    assert not layout.axis.cuts_low(ordinary)
    assert not layout.axis.cuts_high(ordinary)


def test_split_controls_keep_their_half(extreme_result: AnalysisResult) -> None:
    assert row(forest_layout(extreme_result), "study:half").cell("n_control") == "4.5"


def test_limits_are_given_as_shown(rr_result: AnalysisResult) -> None:
    axis = forest_layout(rr_result, limits=(0.5, 4.0)).axis
    assert (axis.low, axis.high) == (math.log(0.5), math.log(4.0))


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (0.0, 2.0), (-1.0, 2.0), (0.5, math.inf)])
def test_limits_that_make_no_axis_are_refused(rr_result: AnalysisResult, limits: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="limits must be two increasing numbers above 0, as ratios; got"):
        forest_layout(rr_result, limits=limits)


def test_nothing_to_draw_is_refused(md_result: AnalysisResult) -> None:
    empty = replace(md_result, table=replace(md_result.table, rows=()), strata=(), overall=None)
    with pytest.raises(InputError, match="'invented' has no row to draw"):
        forest_layout(empty)


def test_two_levels_nest(two_level_result: AnalysisResult) -> None:
    layout = forest_layout(two_level_result)
    headings = [(found.cell("label"), found.indent) for found in layout.of_kind("stratum")]
    assert headings == [
        ("T1D", 0), ("Umbilical cord", 1), ("Bone marrow", 1),
        ("T2D", 0), ("Umbilical cord", 1), ("Bone marrow", 1),
    ]  # fmt: skip
    assert len(layout.of_kind("study")) == 10
    assert {found.target for found in layout.of_kind("subtotal")} >= {"T1D", "T2D", "T1D/Umbilical cord"}
    assert "The plan keeps diabetes types apart" in layout.footer


def test_weight_of_a_second_level_is_its_share_of_the_first(two_level_result: AnalysisResult) -> None:
    layout = forest_layout(two_level_result)
    child = next(found for found in two_level_result.strata if found.key == ("T1D", "Umbilical cord"))
    share = sum(row(layout, f"study:{row_id}").weight or 0.0 for row_id in child.row_ids)
    assert row(layout, "subtotal:T1D/Umbilical cord").weight == pytest.approx(share, rel=1e-12)
    assert row(layout, "subtotal:T1D").cell("weight") == "100.0"


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
    assert found.cell("label").replace("\n", " ") == f"{label} †"


def test_names_without_end_end_in_an_ellipsis() -> None:
    rows = [mean_row("a", "T1D", (9, 7.1, 0.8), (9, 7.6, 0.7), label="word " * 60)]
    found = row(forest_layout(make_result(rows)), "study:a")
    assert (found.lines, found.cell("label")[-1]) == (4, "…")


def test_the_test_for_differences_has_its_caution_below(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    line = layout.of_kind("difference")[0].cell("label").replace("\u00a0", " ")
    assert line == "Test for differences between T1D and T2D: Q = 0.43, df = 1, p = 0.51"
    assert "Test for differences: tiny strata." in layout.footer


def test_rows_of_unlike_size_have_decimals_of_their_own() -> None:
    rows = [
        mean_row("a", "T1D", (21, 13.67, 7.91), (21, 7.98, 4.37)),
        mean_row("b", "T1D", (7, 2210.0, 970.0), (4, 630.0, 380.0)),
    ]
    layout = forest_layout(make_result(rows, SMD_SCALE))
    # SDs 7.91 and 4.37 to two digits: one decimal; SDs 970 and 380: none.
    assert plain(row(layout, "study:a").cell("value_treat")) == "13.7 ± 7.9"
    assert plain(row(layout, "study:b").cell("value_treat")) == "2210 ± 970"


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
