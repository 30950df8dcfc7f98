"""The numbers of a forest plot: those of the result, or by hand."""

from __future__ import annotations

import math

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.numbers import plain
from tests.plots.conftest import (
    RR_SCALE,
    SMD_SCALE,
    event_row,
    make_result,
    mean_row,
)
from tests.plots.forest_reading import numbers, row

# The 97.5 % point of the normal distribution: statistics.NormalDist against the table value, 10 digits.
Z = 1.9599639845


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


def test_weight_of_a_second_level_is_its_share_of_the_first(two_level_result: AnalysisResult) -> None:
    layout = forest_layout(two_level_result)
    child = next(found for found in two_level_result.strata if found.key == ("T1D", "Umbilical cord"))
    share = sum(row(layout, f"study:{row_id}").weight or 0.0 for row_id in child.row_ids)
    assert row(layout, "subtotal:T1D/Umbilical cord").weight == pytest.approx(share, rel=1e-12)
    assert row(layout, "subtotal:T1D").cell("weight") == "100.0"


def test_split_controls_keep_their_half(extreme_result: AnalysisResult) -> None:
    assert row(forest_layout(extreme_result), "study:half").cell("n_control") == "4.5"


def test_rows_of_unlike_size_have_decimals_of_their_own() -> None:
    rows = [
        mean_row("a", "T1D", (21, 13.67, 7.91), (21, 7.98, 4.37)),
        mean_row("b", "T1D", (7, 2210.0, 970.0), (4, 630.0, 380.0)),
    ]
    layout = forest_layout(make_result(rows, SMD_SCALE))
    # SDs 7.91 and 4.37 to two digits: one decimal; SDs 970 and 380: none.
    assert plain(row(layout, "study:a").cell("value_treat")) == "13.7 ± 7.9"
    assert plain(row(layout, "study:b").cell("value_treat")) == "2210 ± 970"
