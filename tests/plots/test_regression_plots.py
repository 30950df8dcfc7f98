"""Bubble, coefficient and dose plots: what is drawn is what was computed."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from metamsc.analysis.bands import RegressionBands, regression_bands
from metamsc.analysis.doses import DoseResponse, dose_response
from metamsc.errors import InputError
from metamsc.models.formula import formula_design
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from metamsc.plots.bubble import draw_bubble
from metamsc.plots.bubble_layout import bubble_layout
from metamsc.plots.coefficients import coefficient_rows, draw_coefficients
from metamsc.plots.dark import darken
from metamsc.plots.dose_response import draw_dose_response
from metamsc.plots.dose_response_layout import dose_layout, dose_ticks
from metamsc.plots.save import figure_bytes
from metamsc.plots.sensitivity_rows import SensitivityRow
from metamsc.plots.style import bare_figure
from metamsc.plots.ticks import Limits
from tests.plots.conftest import MD_SCALE, RR_SCALE, make_result, mean_row
from tests.plots.extents import cut_off, overlapping
from tests.plots.images import reference_image
from tests.plots.test_forest_drawing import figure_of

_BCG = json.loads((Path(__file__).parents[1] / "reference/data/bias_bcg.json").read_text())["data"]["dat"]
LABELS = [f"{author} {year}" for author, year in zip(_BCG["author"], _BCG["year"], strict=True)]
SCALE = replace(RR_SCALE, outcome_label="tuberculosis", mid=None)


def bcg_bands(formula: str = "ablat") -> RegressionBands:
    columns = {name: _BCG[name] for name in ("ablat", "year", "alloc")}
    return regression_bands(_BCG["yi"], _BCG["vi"], columns, formula, labels=LABELS, measure="RR")


def line(figure: Figure, gid: str) -> Line2D:
    (found,) = [artist for artist in figure.findobj(Line2D) if artist.get_gid() == gid]
    assert isinstance(found, Line2D)
    return found


def place(drawn: Line2D) -> tuple[float, float]:
    """First point of a line."""
    return float(np.asarray(drawn.get_xdata())[0]), float(np.asarray(drawn.get_ydata())[0])


def test_bubbles_stand_at_their_effects_with_areas_by_weight() -> None:
    bands = bcg_bands()
    layout = bubble_layout(bands, SCALE)
    figure = figure_of(draw_bubble(bands, SCALE))
    for point, x, y in zip(layout.points, _BCG["ablat"], _BCG["yi"], strict=True):
        drawn = line(figure, f"est:{point.row_id}")
        assert place(drawn) == (x, y)
        assert drawn.get_markersize() == 2 * point.radius
    weights = [bubble.weight_percent for bubble in bands.bubbles]
    heaviest, other = int(np.argmax(weights)), 0
    ratio = (layout.points[other].radius / layout.points[heaviest].radius) ** 2
    assert ratio == pytest.approx(weights[other] / weights[heaviest], rel=1e-9)


def test_bands_are_drawn_where_they_are() -> None:
    bands = bcg_bands()
    figure = figure_of(draw_bubble(bands, SCALE))
    mean = line(figure, "mean")
    assert np.asarray(mean.get_ydata()).tolist() == [point.estimate for point in bands.line]
    for gid in ("ci", "pi"):
        (band,) = [c for c in figure.axes[0].collections if c.get_gid() == gid]
        ys = np.asarray(band.get_paths()[0].vertices)[:, 1].tolist()
        ends = [getattr(point, gid) for point in bands.line]
        assert (min(ys), max(ys)) == (min(e.low for e in ends), max(e.high for e in ends))


def test_levels_stand_apart_and_have_both_bars() -> None:
    bands = bcg_bands("alloc + year")
    figure = figure_of(draw_bubble(bands, SCALE))
    gids = {c.get_gid() for c in figure.axes[0].collections}
    assert {f"{kind}:{level}" for kind in ("ci", "pi") for level in set(_BCG["alloc"])} <= gids
    places = [point.x for point in bubble_layout(bands, SCALE).points]
    assert len(set(places)) == 13
    assert all(abs(x - round(x)) <= 0.26 for x in places)
    assert "Held at their means over the studies: year." in bubble_layout(bands, SCALE).caption


def test_a_single_value_of_the_moderator_is_drawn() -> None:
    bands = regression_bands([0.1, 0.3, 0.2], [0.1, 0.1, 0.1], {"g": ["a", "a", "b"]}, "g")
    draw_bubble(bands, MD_SCALE)
    layout = bubble_layout(bands, MD_SCALE)
    assert layout.x_ticks[1] == ("a", "b")


@reference_image("bubble")
def test_bubble_looks_as_it_did() -> Figure:
    return figure_of(draw_bubble(bcg_bands(), SCALE, title="Latitude"))


@reference_image("bubble-levels-dark")
def test_bubble_of_levels_looks_as_it_did() -> Figure:
    ax = draw_bubble(bcg_bands("alloc + year"), SCALE)
    darken(ax)
    return figure_of(ax)


def test_given_axes_are_used_and_nothing_else_is_written_on_the_figure() -> None:
    figure = bare_figure(400.0, 300.0)
    ax = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    assert draw_bubble(bcg_bands(), SCALE, ax=ax, title="not written") is ax
    assert figure.texts == []


def models() -> dict[str, PooledResult]:
    found = {}
    for name, formula in (("Latitude", "ablat"), ("Both", "ablat + year"), ("All", "ablat + year + alloc")):
        design = formula_design(formula, {key: _BCG[key] for key in ("ablat", "year", "alloc")})
        found[name] = pool(_BCG["yi"], _BCG["vi"], X=design.X, names=design.names, measure="RR")
    return found


def drawn_rows(figure: Figure) -> tuple[list[list[float]], list[list[list[float]]]]:
    """Places of the estimates and ends of the intervals, from the bottom up."""
    ax = figure.axes[0]
    (points,) = [c for c in ax.collections if c.get_gid() == "est"]
    (intervals,) = [c for c in ax.collections if c.get_gid() == "ci"]
    assert isinstance(points, PathCollection)
    offsets = [[float(x), float(y)] for x, y in np.asarray(points.get_offsets())]
    return offsets, [np.asarray(path.vertices).tolist() for path in intervals.get_paths()]


def test_forestplot_draws_the_numbers_of_the_models_in_their_rows() -> None:
    """Row by row from the bottom: forestplot's places against the fits."""
    fits = models()
    rows = coefficient_rows(fits)
    figure = figure_of(draw_coefficients(fits, ratio=True))
    offsets, intervals = drawn_rows(figure)
    expected = {}
    for row in rows:
        model, _, name = row.name.partition(":")
        (known,) = [c for c in fits[model].coefficients if c.name == name]
        assert (row.estimate, row.low, row.high) == (known.estimate, known.ci.low, known.ci.high)
        expected[row.group, row.label] = row
    stacked: list[SensitivityRow | None] = []
    for group in dict.fromkeys(row.group for row in rows):
        stacked += [None, *(row for row in rows if row.group == group)]
    order = list(reversed([None, *stacked]))  # y counts from the bottom, the table's heading is on top
    shown = [place for place in offsets if not math.isnan(place[0])]
    wanted = [(row.estimate, float(y)) for y, row in enumerate(order) if row is not None]
    assert len(wanted) == len(rows) == 7
    for (x, y), (estimate, at) in zip(sorted(shown, key=lambda p: p[1]), wanted, strict=True):
        assert x == pytest.approx(estimate, rel=1e-12)
        assert y == at
    ends = {round(path[0][1]): (path[0][0], path[1][0]) for path in intervals if not math.isnan(path[0][0])}
    for at_y, found in enumerate(order):
        if found is not None:
            assert ends[at_y] == pytest.approx((found.low, found.high), rel=1e-9)


def test_equal_rows_are_refused() -> None:
    with pytest.raises(InputError, match="two rows read 'Same'"):
        draw_coefficients({"All": models()["All"]}, names={"ablat": "Same", "year": "Same"})


def test_without_moderators_there_is_nothing() -> None:
    with pytest.raises(InputError, match="no moderators"):
        draw_coefficients({"plain": pool(_BCG["yi"], _BCG["vi"])})
    only = draw_coefficients({"plain": pool(_BCG["yi"], _BCG["vi"])}, intercept=True)
    assert len(drawn_rows(figure_of(only))[0]) >= 1


@reference_image("coefficients")
def test_coefficients_look_as_they_did() -> Figure:
    return figure_of(draw_coefficients(models(), ratio=True, title="Three models"))


def doses(k: int = 5) -> DoseResponse:
    rows = []
    for number in range(k):
        kind, arm = "T1D" if number % 2 else "T2D", (20, 7.0 - 0.2 * number, 1.0)
        row = mean_row(f"s{number}", kind, arm, (20, 7.5, 1.0), label=f"Study {number}")
        dose = {"dose_per_kg": f"{10 ** (5 + number / 2):.4g}"} if number != 2 else {}
        notes = ("dose_per_kg: dose per kg ← 1e8/80 kg",) if number == 3 else ()
        moderators = tuple((name, dose.get(name, value)) for name, value in row.moderators)
        rows.append(replace(row, moderators=moderators, notes=notes))
    return dose_response(make_result(rows))


def test_doses_stand_at_their_logarithms_and_converted_ones_are_hollow() -> None:
    found = doses()
    figure = figure_of(draw_dose_response(found, MD_SCALE))
    for point in found.points:
        drawn = line(figure, f"est:{point.row_id}")
        assert place(drawn) == (math.log(point.dose), point.yi)
        assert (drawn.get_markerfacecolor() == "white") is point.from_weight
    assert line(figure, "mean") is not None
    assert "Without such a dose, 1 of 5: Study 2 (no dose recorded)." in dose_layout(found, MD_SCALE).caption


def test_dose_ticks_are_round() -> None:
    places, labels = dose_ticks(Limits(math.log(9e5), math.log(1.1e8)))
    assert labels[0] == "1×10⁶"
    assert math.exp(places[0]) == pytest.approx(1e6)
    assert 2 <= len(labels) <= 6
    assert len(dose_ticks(Limits(math.log(9e5), math.log(2.2e6)))[1]) >= 3


def test_no_dose_at_all_is_said() -> None:
    nothing = replace(doses(), points=(), without=("A 2020 (no dose recorded)",))
    with pytest.raises(InputError, match="A 2020"):
        draw_dose_response(nothing, MD_SCALE)


@reference_image("dose-response")
def test_doses_look_as_they_did() -> Figure:
    return figure_of(draw_dose_response(doses(), MD_SCALE, title="Invented doses"))


def test_texts_stay_on_the_page() -> None:
    for ax in (
        draw_bubble(bcg_bands(), SCALE),
        draw_coefficients(models()),
        draw_dose_response(doses(), MD_SCALE),
    ):
        assert cut_off(figure_of(ax)) == []
    assert overlapping(figure_of(draw_coefficients(models(), ratio=True))) == []


def test_the_same_bytes_each_time() -> None:
    one, other = (figure_bytes(figure_of(draw_bubble(bcg_bands(), SCALE)), "svg") for _ in range(2))
    assert one == other
    one, other = (figure_bytes(figure_of(draw_dose_response(doses(), MD_SCALE)), "svg") for _ in range(2))
    assert one == other


def test_levels_say_what_they_are_compared_with() -> None:
    from metamsc.analysis.csv import pool_csv
    from metamsc.analysis.csv_bands import csv_regression
    from metamsc.analysis.csv_result import csv_result
    from metamsc.plots.reference_levels import coefficient_names

    source = Path(__file__).parents[2] / "examples/bcg.csv"
    result = csv_result(pool_csv(source))
    assert coefficient_names(result, csv_regression(source, "ablat + alloc")) == {
        "intercept": "Intercept",
        "ablat": "Ablat",
        "alloc[T.random]": "Alloc: random (vs alternate)",
        "alloc[T.systematic]": "Alloc: systematic (vs alternate)",
    }
    # without an intercept every level has a coefficient, and there is nothing it is compared with
    assert "vs" not in str(coefficient_names(result, csv_regression(source, "0 + alloc")))
