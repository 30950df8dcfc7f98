"""Plots of influence, refits, single points and P value functions: the right numbers in the right places."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from metamsc.dataset.rows import ArmNumbers
from metamsc.errors import InputError, OptionError
from metamsc.models.pool import pool
from metamsc.plots.drapery import draw_drapery, p_values
from metamsc.plots.gosh import draw_gosh
from metamsc.plots.influence import draw_influence
from metamsc.plots.points import draw_baujat, draw_labbe, draw_radial
from metamsc.plots.refits import draw_refits
from metamsc.plots.save import figure_bytes
from metamsc.sensitivity.coordinates import baujat_coordinates, radial_coordinates
from metamsc.sensitivity.cumulative import cumulative, leave_one_out
from metamsc.sensitivity.gosh import gosh
from metamsc.sensitivity.influence import measure_influence
from tests.plots.conftest import RR_SCALE, make_row

CLOSED_FORM = 1e-8

_BCG = json.loads((Path(__file__).parents[1] / "reference/data/bias_bcg.json").read_text())["data"]["dat"]
YI, VI = _BCG["yi"], _BCG["vi"]
LABELS = [f"{author} {year}" for author, year in zip(_BCG["author"], _BCG["year"], strict=True)]


def _arm(n: float, events: float | None) -> ArmNumbers:
    return ArmNumbers(arms=("invented",), label="invented", n=n, events=events)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _by_gid(ax: Axes) -> dict[str, list[list[float]]]:
    """Data of every named line of the axes."""
    return {
        str(line.get_gid()): [np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()]
        for line in ax.lines
        if line.get_gid()
    }


def _texts_on_page(figure: Figure) -> None:
    assert isinstance(figure.canvas, FigureCanvasAgg)
    figure.canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
    renderer = figure.canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    page = figure.bbox
    for ax in figure.axes:
        for text in (*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label):
            box = text.get_window_extent(renderer)
            if text.get_text():
                assert box.x0 >= -0.5, text.get_text()
                assert box.y0 >= -0.5, text.get_text()
                assert box.x1 <= page.width + 0.5, text.get_text()
                assert box.y1 <= page.height + 0.5, text.get_text()


@pytest.mark.parametrize("refit", [leave_one_out, cumulative])
def test_refits_stand_at_their_estimates(refit: object) -> None:
    assert callable(refit)
    found = refit(YI, VI, labels=LABELS)
    whole = pool(YI, VI, measure="RR")
    ax = draw_refits(found, RR_SCALE, whole=whole, prefix="without ", title="Invented title")
    drawn = _by_gid(ax)
    for at, row in enumerate(found.rows):
        assert drawn[f"est:{at}"] == [[pytest.approx(row.estimate, rel=CLOSED_FORM)], [at]]
    assert drawn["whole"][0][0] == whole.estimate
    words = [text.get_text().replace("\u2007", "") for text in ax.texts]
    assert words.count("without " + LABELS[3]) == 1
    first = found.rows[0]
    shown = [f"{math.exp(x):.2f}" for x in (first.estimate, first.ci.low, first.ci.high)]
    assert f"{shown[0]} ({shown[1]} to {shown[2]})" in words
    _texts_on_page(_figure(ax))


def test_a_subset_that_cannot_be_fitted_keeps_its_line() -> None:
    # With a moderator that only one study has, the model without that study has no such coefficient.
    X = np.column_stack([np.ones(4), [0.0, 0.0, 0.0, 1.0]])
    found = leave_one_out(YI[:4], VI[:4], X=X)
    ax = draw_refits(found, RR_SCALE)
    assert "not estimable" in [text.get_text() for text in ax.texts]
    assert "est:3" not in _by_gid(ax)


def test_influence_panels() -> None:
    table = measure_influence(YI, VI, labels=LABELS)
    axes = draw_influence(table)
    assert len(axes) == 8
    assert _by_gid(axes[0])["rstudent"][1] == [row.rstudent for row in table.rows]
    assert _by_gid(axes[7])["weight_percent"][1] == [row.weight_percent for row in table.rows]
    _texts_on_page(_figure(axes[0]))


def test_baujat_and_radial() -> None:
    points = baujat_coordinates(YI, VI, labels=LABELS)
    ax = draw_baujat(points)
    assert _by_gid(ax)["est:0"] == [[points[0].contribution], [points[0].influence]]
    _texts_on_page(_figure(ax))
    whole = pool(YI, VI)
    radial = radial_coordinates(YI, VI, labels=LABELS)
    ax = draw_radial(radial, whole)
    line = _by_gid(ax)["pooled"]
    assert line[1][1] / line[0][1] == pytest.approx(whole.estimate, rel=CLOSED_FORM)
    _texts_on_page(_figure(ax))


def test_labbe_shows_risks_and_the_pooled_curve() -> None:
    rows = [
        make_row("a", "T2D", 0.0, 0.1, _arm(20, 10), _arm(10, 2)),
        make_row("b", "T2D", 0.0, 0.1, _arm(30, 6), _arm(40, 10)),
    ]
    # Odds of 5/27 doubled are 10/27, a risk of 10/37; 5/32 doubled; 5/32 + 0.1.
    for measure, effect, expected in (
        ("OR", math.log(2.0), 10 / 37),
        ("RR", math.log(2.0), 0.3125),
        ("RD", 0.1, 0.25625),
    ):
        whole = pool([effect, effect], [0.1, 0.1], measure=measure)
        drawn = _by_gid(draw_labbe(rows, whole))
        assert drawn["est:0"] == [[0.2], [0.5]]
        assert drawn["est:1"] == [[0.25], [0.2]]
        # The axes end a quarter above the largest risk, 0.625; a quarter of the way is a risk of 0.15625.
        assert drawn["null"] == [[0.0, 0.625], [0.0, 0.625]]
        place = next(n for n, x in enumerate(drawn["pooled"][0]) if math.isclose(x, 0.15625))
        assert drawn["pooled"][1][place] == pytest.approx(expected, rel=CLOSED_FORM)
    with pytest.raises(InputError, match="RR, RD"):
        draw_labbe(rows, pool([0.1, 0.2], [1, 1], measure="MD"))
    with pytest.raises(InputError, match="no counts"):
        draw_labbe(
            [make_row("c", "T2D", 0.0, 0.1, _arm(20, None), _arm(20, 4))],
            pool([0.1, 0.2], [1, 1], measure="RR"),
        )


def test_drapery_is_the_p_value_function() -> None:
    whole = pool(YI, VI, measure="RR", ci_method="hksj")
    rows = [
        make_row(str(n), "T2D", y, v, _arm(9, 1), _arm(9, 1))
        for n, (y, v) in enumerate(zip(YI, VI, strict=True))
    ]
    ax = draw_drapery(rows, whole, RR_SCALE)
    drawn = _by_gid(ax)
    assert len([name for name in drawn if name.startswith("study:")]) == 13
    assert whole.se is not None
    # At the ends of a 95 % interval P is 0.05; at the estimate 1.
    at = np.array([whole.ci.low, whole.estimate, whole.ci.high])
    assert p_values(at, whole.estimate, whole.se, whole.df).tolist() == pytest.approx(
        [0.05, 1.0, 0.05], rel=1e-9
    )
    _texts_on_page(_figure(ax))


def test_bytes_repeat() -> None:
    points = baujat_coordinates(YI, VI, labels=LABELS)
    one, other = (figure_bytes(_figure(draw_baujat(points)), "svg") for _ in itertools.repeat(None, 2))
    assert one == other


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(InputError, match="Baujat"):
        draw_baujat([])
    with pytest.raises(InputError, match="no study"):
        draw_radial([], pool(YI, VI))
    with pytest.raises(InputError, match="drapery"):
        draw_drapery([], pool(YI, VI), RR_SCALE)


def test_gosh_shows_every_subset_and_its_driver() -> None:
    # Invented: three alike and one far away, so that subsets with D stand apart.
    found = gosh([0.1, 0.2, 0.15, 1.4], [0.02, 0.03, 0.02, 0.02], labels=["A", "B", "C", "D"])
    ax = draw_gosh(found, RR_SCALE)
    above = _figure(ax).axes[1]
    stairs = [patch for patch in above.patches if isinstance(patch, StepPatch)]
    values = {str(patch.get_gid()): np.asarray(patch.get_data()[0]) for patch in stairs}
    # 15 subsets, 8 of them with D; the axis need not show the outermost ones.
    assert 13 <= values["all"].sum() <= 15
    assert 7 <= values["with:D"].sum() <= 8
    _texts_on_page(_figure(ax))
    other = draw_gosh(found, RR_SCALE, study="A")
    assert "with:A" in {patch.get_gid() for patch in _figure(other).axes[1].patches}
    with pytest.raises(OptionError, match="'Z'"):
        draw_gosh(found, RR_SCALE, study="Z")
