"""Names beside points: over no point, no line, no other name; none lost without a word."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.plots import style
from metamsc.plots.labels import KEYED_UP_TO, Labelling, PlacedLabel, place_labels
from metamsc.plots.sheet import Box, Sheet, polyline
from metamsc.plots.wording import short_name

FRAME = Box(0.0, 0.0, 250.0, 200.0)
HALF = style.text_height(1, style.SMALL) / 2.0
RADIUS = 2.5
ROUNDING = 1e-9
"""Sums of a few floats of size 100: far below a thousandth of a point."""


def box_of(label: PlacedLabel, places: list[tuple[float, float]]) -> Box:
    x, y = places[label.number]
    width = style.text_width(label.text, style.SMALL)
    start = x + label.dx - {"left": 0.0, "right": width, "center": width / 2.0}[label.align]
    return Box(start, y + label.dy - HALF, start + width, y + label.dy + HALF)


def assert_clear(found: Labelling, places: list[tuple[float, float]], texts: list[str]) -> None:
    boxes = [box_of(label, places) for label in found.placed]
    points = [Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in places]
    wide = Box(-ROUNDING, -ROUNDING, FRAME.right + ROUNDING, FRAME.top + ROUNDING)
    for number, box in enumerate(boxes):
        assert box.inside(wide)
        slim = Box(box.left + ROUNDING, box.bottom + ROUNDING, box.right - ROUNDING, box.top - ROUNDING)
        assert not any(slim.overlaps(other) for other in (*boxes[:number], *points))
    named = {label.number: label.text for label in found.placed}
    key = dict(found.key)
    assert len(named) + found.unnamed == len(places)
    for number, text in named.items():
        assert text == texts[number] or key[int(text)] == texts[number]


@given(
    st.lists(st.tuples(st.floats(5.0, 245.0), st.floats(5.0, 195.0)), min_size=1, max_size=45),
)
def test_nothing_is_covered_and_nothing_is_lost(places: list[tuple[float, float]]) -> None:
    texts = [f"Study {number} 2001" for number in range(len(places))]
    found = place_labels(places, texts, FRAME)
    assert_clear(found, places, texts)
    if len(places) > KEYED_UP_TO:
        assert found.key == ()


def test_a_name_is_not_struck_through() -> None:
    # The line runs through every place right and left of the point, so the name stands above or below it.
    line = ((0.0, 100.0), (250.0, 100.0))
    (label,) = place_labels([(120.0, 100.0)], ["Aronson 1948"], FRAME, lines=[line]).placed
    box = box_of(label, [(120.0, 100.0)])
    assert box.bottom > 100.0 or box.top < 100.0
    assert not box.crossed_by(line)


def test_crowded_points_get_leaders_and_numbers() -> None:
    places = [(125.0 + 3.0 * math.cos(n), 100.0 + 3.0 * math.sin(n)) for n in range(12)]
    texts = [f"A rather long name of a study {n}" for n in range(12)]
    found = place_labels(places, texts, FRAME)
    assert_clear(found, places, texts)
    assert any(label.leader is not None for label in found.placed)
    assert found.key
    assert [number for number, _ in found.key] == list(range(1, len(found.key) + 1))
    assert found.caption()[0].startswith("Numbers: 1\u00a0A rather long name")


def test_what_cannot_be_named_is_counted() -> None:
    found = place_labels([(50.0, 10.0)] * 60, ["same place"] * 60, Box(0.0, 0.0, 100.0, 20.0))
    assert found.unnamed == 60 - len(found.placed) > 0
    assert found.caption() == (f"{found.unnamed} points are unnamed for want of room.",)
    assert Labelling((), (), 1).caption() == ("1 point is unnamed for want of room.",)
    assert Labelling(()).caption() == ()


def test_the_same_points_are_named_the_same() -> None:
    rng = np.random.default_rng(2)
    places = [(float(x), float(y)) for x, y in rng.uniform(5.0, 195.0, (30, 2))]
    texts = [f"Study {number}" for number in range(30)]
    assert place_labels(places, texts, FRAME) == place_labels(places, texts, FRAME)
    first = place_labels(places, texts, FRAME, order=range(29, -1, -1))
    assert first.placed[0].number == 29


@pytest.mark.parametrize(
    ("line", "crosses"),
    [
        (((0.0, 0.0), (10.0, 10.0)), True),  # the diagonal
        (((0.0, 5.0), (10.0, 5.0)), True),  # straight through
        (((0.0, 9.0), (10.0, 9.0)), False),  # above
        (((5.0, 5.0), (5.5, 5.5)), True),  # inside
        (((0.0, 0.0), (3.0, 3.0)), False),  # ends before it
        (((0.0, 8.0), (8.0, 16.0)), False),  # passes its corner
    ],
)
def test_lines_and_rectangles(line: tuple[tuple[float, float], tuple[float, float]], crosses: bool) -> None:
    assert Box(4.0, 4.0, 6.0, 6.0).crossed_by(line) is crosses
    assert Box(4.0, 4.0, 6.0, 6.0).crossed_by((line[1], line[0])) is crosses


def test_a_sheet_turns_values_into_points() -> None:
    sheet = Sheet((0.0, 10.0), (-1.0, 1.0), 300.0, 200.0)
    assert sheet.at(5.0, 0.0) == (150.0, 100.0)
    assert sheet.curve((0.0, 10.0), (-1.0, 1.0)) == (((0.0, 0.0), (300.0, 200.0)),)
    assert sheet.frame(right=5.0, top=2.0) == Box(0.0, 0.0, 305.0, 202.0)
    many = polyline([(float(n), 0.0) for n in range(101)], most=10)
    assert len(many) == 10
    assert (many[0][0], many[-1][1]) == ((0.0, 0.0), (100.0, 0.0))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Cai 2016", "Cai 2016"),
        ("Abd-Allah El-Sayed Mohamed Hassanien & colleagues 2019", "Abd-Allah El-Sayed Mohamed … 2019"),
        ("Universidade Federal do Rio Grande do Sul 2021 (12 months)", "Universidade F … 2021 (12 months)"),
        ("Universidade Federal do Rio Grande 2021 (both cohorts of it)", "Universidade Federal do Ri … 2021"),
        ("DIABETES-MSC-2-collaborative-group-with-no-space", "DIABETES-MSC-2-collaborative- …"),
    ],
)
def test_a_long_name_keeps_its_year(name: str, shown: str) -> None:
    assert short_name(name, 33) == shown
