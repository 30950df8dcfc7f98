"""The forest plot looks as it did: main variants against reference images."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.forest import draw_forest
from tests.plots.images import DPI, TOLERANCE, reference_image
from tests.plots.test_forest_drawing import figure_of


@reference_image("forest-plain")
def test_plain(md_result: AnalysisResult) -> Figure:
    return figure_of(draw_forest(md_result))


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
