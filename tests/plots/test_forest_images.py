"""The forest plot looks as it did: main variants against reference images."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.forest import draw_forest
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_pages import draw_pages
from metamsc.plots.preset import forest_preset
from tests.plots.conftest import make_result, random_rows
from tests.plots.forest_cases import invented_rob, two_levels
from tests.plots.images import DPI, TOLERANCE, reference_image
from tests.plots.test_forest_drawing import figure_of


@reference_image("forest-plain")
def test_plain(md_result: AnalysisResult) -> Figure:
    return figure_of(draw_forest(md_result))


@reference_image("forest-revman")
def test_revman_with_judgements(md_result: AnalysisResult) -> Figure:
    return figure_of(draw_forest(md_result, preset="revman", rob=invented_rob(md_result, skip=1)))


@reference_image("forest-bmj")
def test_bmj_of_ratios_with_cut_intervals(rr_result: AnalysisResult) -> Figure:
    return figure_of(draw_forest(rr_result, preset="bmj", limits=(0.5, 4.0)))


@reference_image("forest-jama")
def test_jama_with_a_density(rr_result: AnalysisResult) -> Figure:
    return figure_of(
        draw_forest(rr_result, preset=forest_preset("jama", prediction="density", sort="-weight"))
    )


@reference_image("forest-dark-two-levels")
def test_dark_two_levels_with_animal_judgements() -> Figure:
    result = two_levels(8)
    chosen = forest_preset(dark=True, left=("label", "year", "arms"), prediction="diamond", sort="-estimate")
    return figure_of(draw_forest(result, preset=chosen, rob=invented_rob(result, "syrcle", skip=1)))


@reference_image("forest-models-summary")
def test_pools_by_three_models() -> Figure:
    return figure_of(draw_forest(two_levels(), preset=forest_preset(studies=False), models=["s1", "s2"]))


@reference_image("forest-page")
def test_a_page_of_several() -> Figure:
    result = make_result(random_rows(40, ("T1D", "T2D")))
    return draw_pages(forest_layout(result, preset="bmj"), portrait=False)[1]


def test_one_changed_digit_is_seen(md_result: AnalysisResult, tmp_path: Path) -> None:
    from matplotlib.testing.compare import compare_images

    figure = figure_of(draw_forest(md_result))
    (number,) = [text for text in figure.findobj(Text) if text.get_gid() == "text:study:aa-2014:estimate"]
    assert isinstance(number, Text)
    figure.savefig(tmp_path / "a.png", dpi=DPI)
    number.set_text(number.get_text().replace("1.30", "1.80"))
    figure.savefig(tmp_path / "b.png", dpi=DPI)
    found = compare_images(str(tmp_path / "a.png"), str(tmp_path / "b.png"), tol=TOLERANCE, in_decorator=True)
    assert found is not None
    assert float(found["rms"]) > TOLERANCE
