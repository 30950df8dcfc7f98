"""Funnel plot: points, region, contours and what the caption dares to say."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError, OptionError
from metamsc.plots.funnel import draw_funnel
from metamsc.plots.funnel_layout import funnel_layout
from metamsc.plots.style import bare_figure
from metamsc.sensitivity.trim_fill import trim_and_fill
from tests.plots.conftest import (
    SMD_SCALE,
    contrast_row,
    make_result,
    mean_row,
    random_rows,
    with_small_study,
)
from tests.plots.extents import cut_off, overlapping

RESULTS = (
    "md_result",
    "rr_result",
    "one_row_result",
    "sixty_result",
    "long_names_result",
    "two_level_result",
)


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def by_gid(ax: Axes) -> dict[str, Artist]:
    return {str(found.get_gid()): found for found in figure_of(ax).findobj(Artist) if found.get_gid()}


def points(artist: Artist) -> list[tuple[float, float]]:
    assert isinstance(artist, Line2D)
    xs, ys = np.asarray(artist.get_xdata()), np.asarray(artist.get_ydata())
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


def words(result: AnalysisResult, stratum: str | None = None) -> str:
    return " ".join(funnel_layout(result, stratum=stratum).caption).replace("\u00a0", " ")


def test_points_are_effect_and_standard_error(md_result: AnalysisResult) -> None:
    found = by_gid(draw_funnel(md_result))
    for row in md_result.table.rows:
        assert points(found[f"est:{row.row_id}"]) == [(row.yi, row.sei)]


def test_region_is_the_pooled_effect_and_two_standard_errors(md_result: AnalysisResult) -> None:
    overall = md_result.overall
    assert overall is not None
    left, tip, right = points(by_gid(draw_funnel(md_result))["region"])
    z = NormalDist().inv_cdf(0.975)
    assert tip == (overall.pooled.estimate, 0.0)
    assert (right[0] - tip[0]) / right[1] == pytest.approx(z, rel=1e-12)
    assert (tip[0] - left[0]) / left[1] == pytest.approx(z, rel=1e-12)


@pytest.mark.parametrize("p", [0.10, 0.05, 0.01])
def test_a_study_on_a_contour_has_its_p_value(md_result: AnalysisResult, p: float) -> None:
    contour = by_gid(draw_funnel(md_result))[f"contour:{p}"]
    assert isinstance(contour, Polygon)
    corner = contour.get_xy()[2]
    z = abs(float(corner[0]) - md_result.scale.null) / float(corner[1])
    assert 2.0 * (1.0 - NormalDist().cdf(z)) == pytest.approx(p, rel=1e-9)


def test_precision_points_up(md_result: AnalysisResult) -> None:
    bottom, top = draw_funnel(md_result).get_ylim()
    assert bottom > top == 0.0


def test_standardised_differences_stand_against_their_size() -> None:
    # 1/sqrt(10 + 15) = 0.2; 1/sqrt(40 + 60) = 0.1
    rows = [mean_row("a", "T1D", (10, 7, 1), (15, 8, 1)), mean_row("b", "T1D", (40, 7, 1), (60, 8, 1))]
    layout = funnel_layout(make_result(rows, SMD_SCALE))
    assert [point.y for point in layout.points] == pytest.approx([0.2, 0.1], rel=1e-12)
    assert layout.y_label == "1/√n (participants)"
    assert (layout.region, layout.contours) == (None, ())
    assert "neither a region nor contours" in " ".join(layout.caption)


def test_a_row_without_its_size_is_counted_not_placed() -> None:
    rows = [*random_rows(3, ("T1D",)), contrast_row("x", "T1D", -0.1, 0.2, 0, 0)]
    result = make_result(rows, SMD_SCALE)
    assert len(funnel_layout(result).points) == 3
    assert "1 without a known number of participants not shown." in words(result)
    with pytest.raises(InputError, match="no row that a funnel plot can show"):
        funnel_layout(make_result([contrast_row("x", "T1D", -0.1, 0.2, 0, 0)], SMD_SCALE))


def test_few_studies_are_not_judged(md_result: AnalysisResult, sixty_result: AnalysisResult) -> None:
    assert words(md_result).startswith("k = 4: too few studies to judge asymmetry.")
    assert "Egger test" not in words(with_small_study(md_result))
    assert "too few" not in words(sixty_result)
    assert "Egger test for small-study effects: p = 0.28 (k = 60)." in words(with_small_study(sixty_result))


def test_one_study_has_no_region(one_row_result: AnalysisResult) -> None:
    layout = funnel_layout(one_row_result)
    assert (layout.estimate, layout.region) == (None, None)
    assert "nothing is pooled" in " ".join(layout.caption)


def test_strata_that_are_not_pooled_have_no_common_centre(two_level_result: AnalysisResult) -> None:
    layout = funnel_layout(two_level_result)
    assert (layout.estimate, layout.region) == (None, None)
    assert layout.groups == ("Type 1 diabetes", "Type 2 diabetes")
    assert len({point.group for point in layout.points}) == 2
    one = funnel_layout(two_level_result, stratum="T1D")
    assert one.estimate == two_level_result.strata[0].pooled.estimate
    assert len(one.points) == two_level_result.strata[0].pooled.k


def test_a_wrong_stratum_names_the_right_ones(md_result: AnalysisResult) -> None:
    with pytest.raises(OptionError, match=r"stratum must be one of 'T1D', 'T2D', .*; got 'T3c'"):
        funnel_layout(md_result, stratum="T3c")


@pytest.mark.parametrize("name", ["T1D", "Type 1 diabetes"])
def test_a_pool_is_found_by_its_label_and_by_its_words(md_result: AnalysisResult, name: str) -> None:
    layout = funnel_layout(md_result, stratum=name)
    assert layout.estimate == md_result.strata[0].pooled.estimate
    assert layout.title == f"{md_result.title}: Type 1 diabetes"
    assert funnel_layout(md_result, stratum="overall").title == md_result.title


def test_nothing_at_all_is_refused(md_result: AnalysisResult) -> None:
    from dataclasses import replace

    empty = replace(md_result, table=replace(md_result.table, rows=()), strata=(), overall=None)
    with pytest.raises(InputError, match="no row"):
        funnel_layout(empty)


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("dpi", [100, 150])
def test_no_text_on_another_and_none_cut_off(name: str, dpi: int, request: pytest.FixtureRequest) -> None:
    figure = figure_of(draw_funnel(request.getfixturevalue(name)))
    figure.set_dpi(dpi)
    assert overlapping(figure) == []
    assert cut_off(figure) == []


def test_given_axes_are_used(md_result: AnalysisResult) -> None:
    ax = bare_figure(600.0, 400.0).add_axes((0.1, 0.3, 0.5, 0.6))
    assert draw_funnel(md_result, ax=ax) is ax


def test_symbols_tell_strata_apart_without_colour(sixty_result: AnalysisResult) -> None:
    found = by_gid(draw_funnel(sixty_result))
    markers = set()
    for row in sixty_result.table.rows:
        artist = found[f"est:{row.row_id}"]
        assert isinstance(artist, Line2D)
        markers.add((row.diabetes_type, artist.get_marker()))
    assert len(markers) == 3
    assert len({marker for _, marker in markers}) == 3


def test_filled_studies_are_open_symbols_at_their_mirror_images() -> None:
    """Twelve studies, the small ones all lower: trim and fill puts some in on the right."""
    yi = [-0.5 - 0.9 * (place / 11) for place in range(12)]
    vi = [(0.1 + 0.03 * place) ** 2 for place in range(12)]
    rows = [
        contrast_row(f"S{place}", "T1D", y, math.sqrt(v), 20, 20)
        for place, (y, v) in enumerate(zip(yi, vi, strict=True))
    ]
    fill = trim_and_fill([row.yi for row in rows], [row.vi for row in rows])
    assert fill.k0 > 0
    assert fill.side == "right"
    found = make_result(rows)
    layout = funnel_layout(found, fill=fill)
    assert [(point.x, point.y) for point in layout.filled] == [
        (y, math.sqrt(v)) for y, v in zip(fill.filled_yi, fill.filled_vi, strict=True)
    ]
    assert layout.x.high >= max(fill.filled_yi)
    assert any("Open symbols" in line.replace("\u00a0", " ") for line in layout.caption)
    artists = by_gid(draw_funnel(found, fill=fill))
    assert points(artists["adjusted"])[0][0] == fill.adjusted.estimate
    symbols = [artist for gid, artist in artists.items() if gid.startswith("est:filled:")]
    assert len(symbols) == fill.k0
    assert {str(symbol.get_markerfacecolor()) for symbol in symbols if isinstance(symbol, Line2D)} == {"none"}
    assert not {"adjusted"} & set(by_gid(draw_funnel(found)))
    assert not cut_off(figure_of(draw_funnel(found, fill=fill)))
