"""The axis of a forest plot: ends, directions, the important difference, its words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError
from metamsc.plots.forest_layout import forest_layout
from tests.plots.conftest import (
    MD_SCALE,
    make_result,
    random_rows,
)
from tests.plots.forest_reading import row


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


def test_limits_are_given_as_shown(rr_result: AnalysisResult) -> None:
    axis = forest_layout(rr_result, limits=(0.5, 4.0)).axis
    assert (axis.low, axis.high) == (math.log(0.5), math.log(4.0))


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (0.0, 2.0), (-1.0, 2.0), (0.5, math.inf)])
def test_limits_that_make_no_axis_are_refused(rr_result: AnalysisResult, limits: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="limits must be two increasing numbers above 0, as ratios; got"):
        forest_layout(rr_result, limits=limits)
