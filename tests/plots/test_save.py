"""Files: the same bytes for the same figure, nothing of this machine in them, whole or absent."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError, OptionError
from metamsc.plots.forest import draw_forest
from metamsc.plots.funnel import draw_funnel
from metamsc.plots.save import FORMATS, figure_bytes, write_figure
from metamsc.plots.style import bare_figure


@pytest.mark.parametrize("kind", FORMATS)
def test_two_runs_give_the_same_bytes(md_result: AnalysisResult, kind: str) -> None:
    for draw in (draw_forest, draw_funnel):
        first, second = (figure_bytes(draw(md_result).figure, kind) for _ in range(2))  # type: ignore[arg-type]  # SubFigure never here
        assert first == second


def test_settings_of_the_user_do_not_change_the_bytes() -> None:
    figure = bare_figure(100.0, 50.0)
    figure.text(0.1, 0.5, "±", family="DejaVu Sans", size=8)
    before = figure_bytes(figure, "svg")
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": None, "savefig.bbox": "tight"}):
        assert figure_bytes(figure, "svg") == before


def test_no_date_and_no_version(md_result: AnalysisResult) -> None:
    figure = draw_forest(md_result).figure
    for kind in FORMATS:
        content = figure_bytes(figure, kind, title="Title & <x>")  # type: ignore[arg-type]  # SubFigure never here
        assert b"metamsc" in content
        assert mpl.__version__.encode() not in content
        assert not re.search(rb"CreationDate|dc:date|20\d\d-\d\d-\d\dT", content)


def test_svg_is_outlines_with_its_words_as_comments_and_marks_by_id(md_result: AnalysisResult) -> None:
    content = figure_bytes(draw_forest(md_result).figure, "svg", title="A title").decode()  # type: ignore[arg-type]  # as above
    assert "<title>A title</title>" in content
    assert "<text" not in content
    assert "<!-- Aa 2014\u00a0* -->" in content
    assert 'id="est:aa-2014"' in content
    assert 'id="diamond:T1D"' in content


def test_files_stand_beside_each_other(tmp_path: Path) -> None:
    figure = bare_figure(100.0, 50.0)
    paths = write_figure(figure, tmp_path / "new" / "hba1c.12-months")
    assert [path.name for path in paths] == [f"hba1c.12-months.{kind}" for kind in FORMATS]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)
    starts = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    for path in paths:
        assert path.read_bytes().startswith(starts[path.suffix[1:]])


def test_only_the_formats_asked_for(tmp_path: Path) -> None:
    assert [path.name for path in write_figure(bare_figure(9.0, 9.0), tmp_path / "a", formats=("png",))] == [
        "a.png"
    ]
    with pytest.raises(OptionError, match="formats must be one of 'svg', 'pdf', 'png'; got 'gif'"):
        write_figure(bare_figure(9.0, 9.0), tmp_path / "b", formats=("png", "gif"))
    assert not (tmp_path / "b.png").exists()


def test_axes_are_as_good_as_their_figure(tmp_path: Path) -> None:
    figure = bare_figure(9.0, 9.0)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    (of_axes,) = write_figure(axes, tmp_path / "a", formats=("svg",))
    (of_figure,) = write_figure(figure, tmp_path / "b", formats=("svg",))
    assert of_axes.read_bytes() == of_figure.read_bytes()


def test_axes_without_a_figure_are_refused(tmp_path: Path) -> None:
    axes = bare_figure(9.0, 9.0).add_axes((0.1, 0.1, 0.8, 0.8))
    axes.remove()
    with pytest.raises(InputError, match="no figure"):
        write_figure(axes, tmp_path / "a")
