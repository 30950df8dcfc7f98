"""Further marks of the forest plot: discs, models, densities, dark pages, missing characters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Polygon, Rectangle
from matplotlib.text import Text
from scipy import stats

from metamsc.analysis.result import AnalysisResult
from metamsc.models.pool import pool
from metamsc.plots.forest import draw_forest
from metamsc.plots.forest_density import prediction_outline
from metamsc.plots.forest_geometry import forest_geometry
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_legend import missing_characters
from metamsc.plots.judgements import LOOKS
from metamsc.plots.preset import PRESETS, forest_preset
from metamsc.plots.style import bare_figure
from tests.plots.conftest import make_result, mean_row, random_rows
from tests.plots.extents import cut_off, overlapping
from tests.plots.forest_cases import invented_rob, two_levels
from tests.plots.test_forest_drawing import by_gid, figure_of, xs

SAME_DENSITY = 1e-9
"""Closed forms on both sides; the outline is a ratio of two densities."""


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("tool", ["rob2", "syrcle"])
def test_no_text_on_another_in_any_preset(preset: str, tool: str) -> None:
    result = two_levels()
    chosen = forest_preset(preset, prediction="density", sort="-weight")
    figure = figure_of(
        draw_forest(result, preset=chosen, rob=invented_rob(result, tool), models=["s1", "s2"])
    )
    assert overlapping(figure) == []
    assert cut_off(figure) == []


def test_discs_show_the_judgement_of_their_cell(md_result: AnalysisResult) -> None:
    rob = invented_rob(md_result)
    found = by_gid(draw_forest(md_result, rob=rob))
    for study, profile in rob.items():
        for number, judgement in enumerate(profile.judgements, start=1):
            assert judgement is not None
            disc, symbol = found[f"rob:{study}:D{number}"], found[f"rob:{study}:D{number}:symbol"]
            assert isinstance(disc, Ellipse)
            assert isinstance(symbol, Text)
            assert to_hex(disc.get_facecolor()).upper() == LOOKS[judgement].fill
            assert symbol.get_text() == LOOKS[judgement].symbol
            assert disc.center[0] == symbol.get_position()[0]
    assert {
        f"legend:judgement:{word}" for word in forest_layout(md_result, rob=rob).judgements
    } <= found.keys()


def test_marks_of_other_models_stand_at_their_numbers() -> None:
    result = two_levels()
    layout = forest_layout(result, models=["s1", "s2"])
    found = by_gid(draw_forest(result, models=["s1", "s2"]))
    for row in (*layout.of_kind("subtotal"), *layout.of_kind("overall")):
        heights = []
        for other in row.others:
            mark = found[f"other:{other.model}:{row.kind}:{row.target}"]
            bar = found[f"other-ci:{other.model}:{row.kind}:{row.target}"]
            assert isinstance(mark, Line2D)
            assert isinstance(bar, Line2D)
            assert xs(mark) == [other.estimate]
            assert xs(bar) == [other.low, other.high]
            heights.append(float(np.asarray(mark.get_ydata())[0]))
        assert heights == sorted(heights)
        assert len(set(heights)) == len(heights)
    assert {"legend:model:0", "legend:model:1", "legend:model:2"} <= found.keys()


@pytest.mark.parametrize(
    ("pi_method", "df"), [("t", 4.0), ("riley", 3.0), ("normal", None), ("simple", None)]
)
def test_the_density_is_that_of_the_interval(pi_method: str, df: float | None) -> None:
    rows = random_rows(5, ("T1D",), seed=2)
    found = pool([row.yi for row in rows], [row.vi * 0.1 for row in rows], pi_method=pi_method)
    assert found.pi is not None
    outline = prediction_outline(found)
    law = stats.norm() if df is None else stats.t(df)
    scale = (found.pi.high - found.pi.low) / 2.0 / law.ppf(0.975)
    for x, share in outline:
        assert share == pytest.approx(law.pdf((x - found.estimate) / scale) / law.pdf(0.0), rel=SAME_DENSITY)
    assert max(share for _, share in outline) == pytest.approx(1.0, rel=SAME_DENSITY)
    assert outline[0][0] < found.pi.low < found.pi.high < outline[-1][0]


def test_an_interval_of_another_law_stays_a_bar() -> None:
    result = make_result(random_rows(5, ("T1D",)), strata=False)
    assert result.overall is not None
    other = replace(result.overall, pooled=replace(result.overall.pooled, pi_method="bayes"))
    layout = forest_layout(replace(result, overall=other), preset=forest_preset(prediction="density"))
    assert layout.of_kind("prediction")[0].shape == "bar"


def test_density_and_open_diamond_are_drawn() -> None:
    result = make_result(random_rows(6, ("T1D",)), strata=False)
    found = by_gid(draw_forest(result, preset=forest_preset(prediction="density")))
    assert isinstance(found["density:overall"], Polygon)
    assert isinstance(found["pi:overall"], Rectangle)
    open_diamond = by_gid(draw_forest(result, preset=forest_preset(prediction="diamond")))["pi:overall"]
    assert isinstance(open_diamond, Polygon)
    assert to_hex(open_diamond.get_facecolor(), keep_alpha=True).endswith("00")
    assert result.overall is not None
    assert result.overall.pooled.pi is not None
    corners = {float(x) for x, _ in open_diamond.get_xy()}
    assert corners == {
        result.overall.pooled.pi.low,
        result.overall.pooled.estimate,
        result.overall.pooled.pi.high,
    }


def test_a_dark_plot_is_dark_in_its_own_figure_and_on_given_axes(md_result: AnalysisResult) -> None:
    dark = forest_preset(dark=True)
    ground = dark.palette.background
    assert to_hex(figure_of(draw_forest(md_result, preset=dark)).get_facecolor()).upper() == ground
    figure = bare_figure(900.0, 500.0)
    background = by_gid(draw_forest(md_result, preset=dark, ax=figure.add_axes((0.1, 0.1, 0.8, 0.8))))[
        "background"
    ]
    assert isinstance(background, Rectangle)
    assert to_hex(background.get_facecolor()).upper() == ground
    assert "background" not in by_gid(draw_forest(md_result))


def test_characters_that_no_font_has_are_named() -> None:
    rows = [mean_row("a", "T1D", (9, 7.1, 0.8), (9, 7.6, 0.7), label="Private \ue000\ue001 2016")]
    layout = forest_layout(make_result(rows))
    assert missing_characters(layout) == {"Private \ue000\ue001 2016": "Private □□ 2016"}
    assert "□ stands for characters that no font on the drawing machine has: U+E000, U+E001." in (
        " ".join(forest_geometry(layout).footer_lines)
    )


def test_nothing_is_said_where_nothing_is_missing(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result)
    assert missing_characters(layout) == {}
    assert not [text for text in forest_geometry(layout).footer_lines if "□" in text]


def test_arabic_is_drawn_as_arabic() -> None:
    rows = [mean_row("a", "T1D", (9, 7.1, 0.8), (9, 7.6, 0.7), label="السكري 2018")]
    assert missing_characters(forest_layout(make_result(rows))) == {}
