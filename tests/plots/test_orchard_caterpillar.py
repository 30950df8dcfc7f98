"""Orchard and caterpillar plots: circles that do not touch, rows in order, intervals that leave the axis."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError, OptionError
from metamsc.plots.caterpillar import caterpillar_layout, draw_caterpillar
from metamsc.plots.dark import darken
from metamsc.plots.orchard import draw_orchard, orchard_layout
from metamsc.plots.save import figure_bytes
from tests.plots.conftest import make_result, random_rows
from tests.plots.extents import cut_off, overlapping
from tests.plots.images import reference_image
from tests.plots.test_forest_drawing import figure_of
from tests.plots.test_regression_plots import place

_ORCHARD_WIDTH = 300.0


def lines(figure: Figure) -> dict[str, Line2D]:
    return {str(a.get_gid()): a for a in figure.findobj(Line2D) if isinstance(a, Line2D) and a.get_gid()}


def test_circles_do_not_touch(sixty_result: AnalysisResult) -> None:
    layout = orchard_layout(sixty_result)
    per_point = (layout.x.high - layout.x.low) / _ORCHARD_WIDTH
    for branch in layout.branches:
        for a, b in combinations(branch.fruits, 2):
            apart = math.hypot((a.x - b.x) / per_point, a.rise - b.rise)
            assert apart >= a.radius + b.radius
        above = branch.centre - max(f.rise + f.radius for f in branch.fruits)
        below = branch.centre - min(f.rise - f.radius for f in branch.fruits)
        assert above >= 0.0
        assert below <= layout.height


def test_an_orchard_draws_every_study_of_every_pool(sixty_result: AnalysisResult) -> None:
    drawn = lines(figure_of(draw_orchard(sixty_result)))
    for pool in sixty_result.pools:
        for row in sixty_result.rows_of(pool):
            assert place(drawn[f"est:{pool.label}:{row.row_id}"])[0] == row.yi
        assert place(drawn[f"mean:{pool.label}"])[0] == pool.pooled.estimate
        assert pool.pooled.pi is not None
        assert np.asarray(drawn[f"pi:{pool.label}"].get_xdata()).tolist() == pytest.approx(
            [pool.pooled.pi.low, pool.pooled.pi.high]
        )


def test_areas_of_circles_are_precisions(md_result: AnalysisResult) -> None:
    (branch, *_) = orchard_layout(md_result).branches
    first, second = md_result.rows_of(md_result.strata[0])
    ratio = (branch.fruits[0].radius / branch.fruits[1].radius) ** 2
    assert ratio == pytest.approx(second.sei / first.sei, rel=1e-9)


def test_rows_of_a_caterpillar_are_sorted_and_keep_their_numbers(sixty_result: AnalysisResult) -> None:
    layout = caterpillar_layout(sixty_result)
    assert [row.estimate for row in layout.rows] == sorted(row.yi for row in sixty_result.table.rows)
    drawn = lines(figure_of(draw_caterpillar(sixty_result)))
    known = {row.row_id: row for row in sixty_result.table.rows}
    for y, row in enumerate(layout.rows):
        assert place(drawn[f"est:{row.row_id}"]) == (known[row.row_id].yi, y)
        assert row.label == known[row.row_id].label
        assert row.excludes_null is not (row.low <= 0.0 <= row.high)
        assert (drawn[f"est:{row.row_id}"].get_markerfacecolor() != "white") is row.excludes_null


def test_one_study_has_no_diamond(one_row_result: AnalysisResult) -> None:
    figure = figure_of(draw_caterpillar(one_row_result))
    assert "whole" not in lines(figure)
    assert not [patch for patch in figure.axes[0].patches if patch.get_gid() == "mean"]
    assert "one study, not pooled" in caterpillar_layout(one_row_result).caption[0]
    draw_orchard(one_row_result)


def test_of_two_hundred_studies_names_are_left_out() -> None:
    result = make_result(random_rows(200, ("T1D", "T2D")))
    layout = caterpillar_layout(result)
    assert not layout.named
    assert cut_off(figure_of(draw_caterpillar(result))) == []
    assert cut_off(figure_of(draw_orchard(result))) == []


def test_a_pool_must_be_named_where_there_are_several(two_level_result: AnalysisResult) -> None:
    with pytest.raises(OptionError, match="'T1D'"):
        draw_caterpillar(two_level_result)
    assert len(caterpillar_layout(two_level_result, stratum="T2D").rows) == 5
    with pytest.raises(OptionError, match="'T9'"):
        draw_caterpillar(two_level_result, stratum="T9")


def test_nothing_pooled_is_said() -> None:
    empty = replace(make_result(random_rows(2, ("T1D",))), strata=(), overall=None)
    with pytest.raises(InputError, match="pooled nothing"):
        draw_orchard(empty)
    with pytest.raises(InputError, match="pooled nothing"):
        draw_caterpillar(empty)


def test_long_names_and_wide_intervals_stay_on_the_page(
    long_names_result: AnalysisResult, extreme_result: AnalysisResult
) -> None:
    for result in (long_names_result, extreme_result):
        for ax in (draw_orchard(result), draw_caterpillar(result, stratum=result.pools[0].label)):
            assert cut_off(figure_of(ax)) == []
            assert overlapping(figure_of(ax)) == []


@reference_image("orchard")
def test_orchard_looks_as_it_did(rr_result: AnalysisResult) -> Figure:
    return figure_of(draw_orchard(rr_result))


@reference_image("caterpillar-dark")
def test_caterpillar_looks_as_it_did(rr_result: AnalysisResult) -> Figure:
    ax = draw_caterpillar(rr_result)
    darken(ax)
    return figure_of(ax)


def test_the_same_bytes_each_time(rr_result: AnalysisResult) -> None:
    for draw in (draw_orchard, draw_caterpillar):
        one, other = (figure_bytes(figure_of(draw(rr_result)), "svg") for _ in range(2))
        assert one == other
