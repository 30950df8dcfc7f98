"""Numbers hang at their points: pieces, slots and places, with widths counted in characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from metamsc.plots.forest import draw_layout
from metamsc.plots.forest_align import hang, pieces_of, place, template_of
from metamsc.plots.forest_geometry import forest_geometry
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_measure import row_width
from metamsc.plots.preset import PRESETS
from tests.plots.forest_cases import two_levels
from tests.plots.test_forest_drawing import figure_of


def width(text: str) -> float:
    """One point a character: places can be worked out by hand."""
    return float(len(text))


def places(cells: list[str], *, from_end: bool = True) -> dict[str, list[tuple[str, float]]]:
    template = template_of([(cell, width) for cell in cells], 1.0, from_end=from_end)
    return {
        cell: [(piece.text, piece.from_right) for piece in place(cell, template, width)] for cell in cells
    }


def test_points_stand_under_points() -> None:
    found = places(["1.25", "−12.5", "3", "0.001"])
    # The longest tail is ".001": 4. A tail of 3 ends 1 further left, ".5" 2, none 4.
    assert found == {
        "1.25": [("1.25", 1.0)],
        "−12.5": [("−12.5", 2.0)],
        "3": [("3", 4.0)],
        "0.001": [("0.001", 0.0)],
    }


def test_each_number_of_an_interval_has_its_slot() -> None:
    found = places(["−1.2 [−2.1, −0.3]", "10.0 [9.0, 11.0]", "[−3.0, 3.0]"])
    assert [piece for piece, _ in found["[−3.0, 3.0]"]] == ["[−3.0,", "3.0]"]
    ends = [[end for _, end in found[cell]] for cell in found]
    assert ends[0][1:] == ends[1][1:] == ends[2]  # all decimals are one digit: the ends are the same
    # before the point of the last: 2 ("−0", "11"), after it 3 (".3]"): 5, and a gap of 1
    assert ends[2] == [6.0, 0.0]


def test_counts_stand_at_their_stroke() -> None:
    found = places(["3/27", "105/1200", "n = 12"])
    # "/1200" is 5 long, "/27" is 3: it ends 2 further left; words stand at the right end
    assert found == {"3/27": [("3/27", 2.0)], "105/1200": [("105/1200", 0.0)], "n = 12": [("n = 12", 0.0)]}


@pytest.mark.parametrize("words", ["–", "–/–", "not stated", "n = 12, of both", "Cai 2016", ""])
def test_words_are_left_whole(words: str) -> None:
    assert pieces_of(words) == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [("7.5 ± 1.0", 3), ("18.3 (SE 1.12)", 3), ("0.49 (0.33-0.73)", 2), ("1.09 (0.47 to 2.55)", 4),
     ("<0.1%", 1), ("4.5", 1), ("1.2e−5", 1), ("<0.001 [<0.001, >10000]", 3)],
)  # fmt: skip
def test_numbers_are_cut_into_their_pieces(text: str, count: int) -> None:
    assert pieces_of(text) == tuple(text.split(" "))
    assert len(pieces_of(text)) == count


def test_mean_and_sd_keep_their_side_where_one_is_missing() -> None:
    found = places(["7.5 ± 1.0", "12.25"], from_end=False)
    # slots: "12" + ".25" = 5, gap, "±" 1, gap, "1" + ".0" = 3: 6 to the right of the first slot
    assert found["12.25"] == [("12.25", 6.0)]
    assert found["7.5 ± 1.0"] == [("7.5", 7.0), ("±", 4.0), ("1.0", 0.0)]


numbers = st.tuples(st.integers(-999, 999), st.integers(0, 4)).map(
    lambda pair: f"{pair[0] / 7:.{pair[1]}f}".replace("-", "−")
)


@given(st.lists(numbers, min_size=1, max_size=8))
def test_every_point_is_at_one_place(cells: list[str]) -> None:
    template = template_of([(cell, width) for cell in cells], 1.0, from_end=True)
    hung = set()
    for cell in cells:
        (piece,) = place(cell, template, width)
        _, tail = hang(cell)
        hung.add(piece.from_right + width(tail))
        assert piece.from_right >= 0.0
        assert piece.from_right + width(cell) <= template.width
    assert len(hung) == 1


@pytest.mark.parametrize("preset", list(PRESETS))
def test_drawn_numbers_hang_at_one_place_bold_or_not(preset: str) -> None:
    """On the page: the points of all weights, of studies and of pools, are at one place."""
    layout = forest_layout(two_levels(), preset=preset)
    geometry = forest_geometry(layout)
    template = geometry.measured.templates["weight"]
    places = set()
    for row in layout.rows:
        if row.cell("weight"):
            wide = row_width(row, layout)
            (piece,) = place(row.cell("weight"), template, wide)
            head, _ = hang(piece.text)
            places.add(round(piece.from_right + wide(piece.text) - wide(head), 6))
    assert len(places) == 1
    drawn = {text.get_gid(): text for text in figure_of(draw_layout(layout)).findobj(Text)}
    for row in layout.rows:
        if row.cell("weight"):
            found = drawn[f"text:{row.key}:weight"]
            assert isinstance(found, Text)
            (piece,) = place(row.cell("weight"), template, row_width(row, layout))
            assert found.get_position()[0] == pytest.approx(geometry.column("weight")[1] - piece.from_right)
            assert found.get_horizontalalignment() == "right"
