"""The drawn forest plot: the right artists with the right data, nothing on anything else, nothing global."""

from __future__ import annotations

import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.forest import draw_forest
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.save import figure_bytes
from metamsc.plots.style import bare_figure, drawable, families, text_width, wrap_to
from tests.plots.extents import cut_off, overlapping

RESULTS = (
    "md_result",
    "rr_result",
    "one_row_result",
    "sixty_result",
    "long_names_result",
    "two_level_result",
    "extreme_result",
)


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def xs(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_xdata())]


def ys(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_ydata())]


def by_gid(ax: Axes) -> dict[str, Artist]:
    found = {artist.get_gid(): artist for artist in figure_of(ax).findobj(Artist) if artist.get_gid()}
    return {str(gid): artist for gid, artist in found.items()}


def cell_texts(written: dict[str, str], gid: str) -> list[str]:
    """The texts of one cell in reading order: lines of words, or pieces of numbers."""
    parts = [written[gid]]
    while (more := written.get(f"{gid}:{len(parts) + 1}")) is not None:
        parts.append(more)
    return parts


def one_line(text: str) -> str:
    return drawable(text).replace("\n", " ")


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("dpi", [100, 150])
def test_no_text_on_another_and_none_cut_off(name: str, dpi: int, request: pytest.FixtureRequest) -> None:
    figure = figure_of(draw_forest(request.getfixturevalue(name)))
    figure.set_dpi(dpi)
    assert overlapping(figure) == []
    assert cut_off(figure) == []


@pytest.mark.parametrize("name", ["md_result", "sixty_result", "long_names_result"])
@pytest.mark.parametrize("size", [(7.0, 4.0), (14.0, 9.0)])
def test_given_axes_hold_the_whole_plot(
    name: str, size: tuple[float, float], request: pytest.FixtureRequest
) -> None:
    figure = bare_figure(size[0] * 72.0, size[1] * 72.0)
    figure.set_dpi(400)  # small type: rounding to pixels must not decide
    ax = figure.add_axes((0.05, 0.05, 0.9, 0.9))
    graphic = draw_forest(request.getfixturevalue(name), ax=ax)
    assert figure_of(graphic) is figure
    assert overlapping(figure) == []
    assert cut_off(figure) == []


@pytest.mark.parametrize("name", RESULTS)
def test_every_mark_stands_where_its_number_says(name: str, request: pytest.FixtureRequest) -> None:
    result: AnalysisResult = request.getfixturevalue(name)
    layout = forest_layout(result)
    found = by_gid(draw_forest(result))
    for row in layout.of_kind("study"):
        line, square = found[f"ci:{row.target}"], found[f"est:{row.target}"]
        assert isinstance(line, Line2D)
        assert isinstance(square, Line2D)
        assert xs(line) == [row.low, row.high]
        assert xs(square) == [row.estimate]
        assert ys(square) == [row.y]
    for row in (*layout.of_kind("subtotal"), *layout.of_kind("overall")):
        diamond = found[f"diamond:{row.target}"]
        assert isinstance(diamond, Polygon)
        left, top, right, bottom = diamond.get_xy()[:4].tolist()
        assert [left[0], top[0], right[0], bottom[0]] == [row.low, row.estimate, row.high, row.estimate]
    for row in layout.of_kind("prediction"):
        bar = found[f"pi:{row.target}"]
        assert isinstance(bar, Rectangle)
        # x + width is one addition of floats away from the end.
        assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((row.low, row.high), rel=1e-12)


@pytest.mark.parametrize("name", RESULTS)
def test_every_cell_is_written(name: str, request: pytest.FixtureRequest) -> None:
    result: AnalysisResult = request.getfixturevalue(name)
    layout = forest_layout(result)
    ax = draw_forest(result)
    written = {
        str(artist.get_gid()): artist.get_text()
        for artist in figure_of(ax).findobj(Text)
        if isinstance(artist, Text)
    }
    for row in layout.rows:
        for column, text in row.cells:
            if any(found.name == column and found.kind == "text" for found in layout.columns):
                assert " ".join(cell_texts(written, f"text:{row.key}:{column}")) == one_line(text)


def test_square_sides_go_with_the_root_of_the_weight(sixty_result: AnalysisResult) -> None:
    layout, found = forest_layout(sixty_result), by_gid(draw_forest(sixty_result))
    for row in layout.of_kind("study"):
        square = found[f"est:{row.target}"]
        assert isinstance(square, Line2D)
        assert square.get_markersize() == pytest.approx(max(9.0 * (row.size or 0.0) ** 0.5, 3.0), rel=1e-12)


def test_cut_intervals_end_in_arrows(extreme_result: AnalysisResult) -> None:
    found = by_gid(draw_forest(extreme_result))
    assert {"arrow-low:study:wide", "arrow-high:study:wide"} <= found.keys()
    assert not [gid for gid in found if gid.startswith("arrow") and "study-001" in gid]


def test_null_and_important_difference(md_result: AnalysisResult) -> None:
    found = by_gid(draw_forest(md_result))
    null, mid = found["null"], found["mid:1"]
    assert isinstance(null, Line2D)
    assert isinstance(mid, Line2D)
    assert xs(null) == [0.0, 0.0]
    assert xs(mid) == [-0.5, -0.5]


def test_gids_are_unique(sixty_result: AnalysisResult) -> None:
    gids = [
        artist.get_gid()
        for artist in figure_of(draw_forest(sixty_result)).findobj(Artist)
        if artist.get_gid()
    ]
    assert len(gids) == len(set(gids))


def test_a_limit_that_hides_an_estimate_leaves_an_arrow(rr_result: AnalysisResult) -> None:
    found = by_gid(draw_forest(rr_result, limits=(0.5, 4.0)))
    assert "est:gg-2012" not in found
    assert "arrow-high:study:gg-2012" in found


def test_nothing_global_is_touched(md_result: AnalysisResult) -> None:
    import matplotlib.pyplot as plt

    def state() -> tuple[list[tuple[str, object]], list[int], str | None]:
        settings: list[tuple[str, object]] = [(k, mpl.rcParams[k]) for k in mpl.rcParams if k != "backend"]
        return settings, plt.get_fignums(), mpl.get_backend(auto_select=False)

    before = state()
    figure_bytes(figure_of(draw_forest(md_result)), "png")
    assert state() == before


def test_the_users_settings_do_not_show(md_result: AnalysisResult) -> None:
    plain = figure_bytes(figure_of(draw_forest(md_result)), "svg")
    odd = {
        "font.size": 30,
        "lines.linewidth": 9,
        "axes.facecolor": "red",
        "axes.grid": True,
        "lines.marker": "x",
    }
    with mpl.rc_context(odd):  # type: ignore[arg-type]  # keys are literal types in the stubs
        assert figure_bytes(figure_of(draw_forest(md_result)), "svg") == plain


def test_missing_glyphs_become_boxes_without_a_warning(long_names_result: AnalysisResult) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure_bytes(figure_of(draw_forest(long_names_result)), "png")
    assert drawable("\U0010ffff α") == "□ α"
    assert families("α β") == ("DejaVu Sans",)


def test_words_break_at_the_width_asked_for() -> None:
    lines = wrap_to("a long sentence that needs several lines and a Pneumonoultramicroscopicword", 60.0)
    assert len(lines) > 3
    assert all(text_width(line) <= 60.0 for line in lines)
    assert (
        "".join(lines).replace(" ", "")
        == "alongsentencethatneedsseverallinesandaPneumonoultramicroscopicword"
    )
