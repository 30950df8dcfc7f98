"""Hard cases in every preset: no text on another, none cut off, none on the graphic, none too small."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import ArmNumbers
from metamsc.errors import InputError, OptionError
from metamsc.plots.forest import draw_forest
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.numbers import plain
from metamsc.plots.preset import PRESETS, forest_preset
from tests.plots.conftest import RR_SCALE, contrast_row, event_row, make_result, mean_row, random_rows
from tests.plots.extents import cut_off, on_graphic, overlapping
from tests.plots.forest_cases import invented_rob, two_levels

SMALLEST = 6.0
"""Points: what journals ask of the smallest type in a figure at the size it is printed in."""
LONG = f"Wilhelmina-Charlotte van der Oudekerke and {'the Very Long Consortium Name Study Group ' * 2}of 2019"
SCRIPTS = ("蔡金 2016", "محمد وآخرون 2020", "Łukasiewicz & Ångström e\u0301 2021", LONG)


def of_scripts() -> AnalysisResult:
    rows = [
        mean_row(f"s{number}", "T1D", (9 + number, 7.1, 0.8), (10, 7.3 + 0.1 * number, 1.1), label=label)
        for number, label in enumerate(SCRIPTS)
    ]
    return make_result(rows)


def of_wide_ratios() -> AnalysisResult:
    """Ratios from 0.001 to 1000, and arms without an event."""
    rows = [event_row("none", "T2D", 0, 40, 1, 38), event_row("all", "T2D", 38, 38, 1, 40)]
    rows += [
        replace(
            contrast_row(f"r{number}", "T2D", math.log(ratio), 1.5, 20, 21), label=f"Ratio {ratio:g} 2015"
        )
        for number, ratio in enumerate((0.001, 0.05, 1.0, 30.0, 1000.0))
    ]
    return make_result(rows, RR_SCALE, overall=False)


def of_participants_only() -> AnalysisResult:
    rows = [contrast_row(f"c{number}", "T1D", 0.1 * number - 0.3, 0.2, 12, 11) for number in range(3)]
    silent = ArmNumbers(arms=("msc",), label="MSC")
    return make_result([*rows, replace(rows[0], row_id="silent", treatment=silent, control=silent)])


CASES: dict[str, tuple[Callable[[], AnalysisResult], dict[str, Any]]] = {
    "one": (lambda: make_result(random_rows(1, ("T1D",))), {}),
    "two": (lambda: make_result(random_rows(2, ("T1D", "T2D"))), {}),
    "thirteen": (lambda: make_result(random_rows(13, ("T1D", "T2D"))), {}),
    "scripts": (of_scripts, {}),
    "ratios": (of_wide_ratios, {}),
    "participants": (of_participants_only, {}),
    "all cut": (lambda: make_result(random_rows(3, ("T1D",))), {"limits": (-0.001, 0.001)}),
    "models": (lambda: two_levels(8), {"models": ["s1", "s2", "s3"]}),
    "levels": (lambda: two_levels(8), {"rob": True}),
}


def figure_of_case(name: str, preset: str, **options: Any) -> Figure:
    make, given = CASES[name]
    result = make()
    chosen = dict(given)
    if chosen.pop("rob", False):
        chosen["rob"] = invented_rob(result, "syrcle", skip=1)
    figure = draw_forest(result, preset=forest_preset(preset, **options), **chosen).get_figure(root=True)
    assert figure is not None
    return figure


def faults(figure: Figure) -> list[object]:
    figure.set_dpi(150)
    return [*overlapping(figure), *cut_off(figure), *on_graphic(figure)]


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("name", list(CASES))
def test_nothing_overlaps(name: str, preset: str) -> None:
    figure = figure_of_case(name, preset)
    assert faults(figure) == []
    sizes = [
        float(text.get_fontsize())
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_gid()
    ]
    assert min(sizes) >= SMALLEST or name == "levels"  # "NI" stands within its disc


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize(
    "options",
    [
        {"prediction": "density"},
        {"studies": False},
        {"dark": True, "left": ("label", "year", "msc_source", "arms")},
    ],
    ids=["density", "summary", "columns"],
)
def test_nothing_overlaps_with_other_columns(options: dict[str, Any], preset: str) -> None:
    assert faults(figure_of_case("levels", preset, **options)) == []


@pytest.mark.parametrize("width", [85.0, 178.0])
@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_journals_column_holds_it(preset: str, width: float, md_result: AnalysisResult) -> None:
    drawn = draw_forest(md_result, preset=forest_preset(preset, width=width))
    figure = drawn.get_figure(root=True)
    assert figure is not None
    assert figure.get_size_inches()[0] == pytest.approx(width / 25.4, rel=1e-12)
    figure.set_dpi(400)  # small type: rounding to pixels must not decide
    assert [*overlapping(figure), *cut_off(figure), *on_graphic(figure)] == []
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_gid()]
    assert min(float(text.get_fontsize()) for text in texts) >= SMALLEST
    told = " ".join(text.get_text() for text in texts if str(text.get_gid()).startswith("footer"))
    arms = any(str(text.get_gid()).startswith("group:") for text in texts)
    assert "what each arm reported" in told or arms


def test_a_column_that_holds_nothing_says_what_it_needs(md_result: AnalysisResult) -> None:
    with pytest.raises(InputError, match=r"40 mm wide cannot hold .* points: give \d\d mm or more"):
        draw_forest(md_result, preset=forest_preset(width=40.0))
    with pytest.raises(OptionError, match="width must be millimetres above 0"):
        forest_preset(width=0.0)


def test_room_that_is_left_goes_to_the_graphic(md_result: AnalysisResult) -> None:
    drawn = [draw_forest(md_result, preset=forest_preset("jama", width=mm)) for mm in (220.0, 300.0)]
    widths = []
    for graphic in drawn:
        figure = graphic.get_figure(root=True)
        assert figure is not None
        widths.append(graphic.get_window_extent().width / figure.dpi * 25.4)
    assert widths[1] - widths[0] == pytest.approx(80.0, abs=0.01)  # nothing else has grown


def test_in_a_column_what_is_said_of_a_pool_is_a_footnote(md_result: AnalysisResult) -> None:
    wide = forest_layout(md_result, preset="bmj")
    narrow = forest_layout(md_result, preset=forest_preset("bmj", width=85.0))
    kinds = {"heterogeneity", "test", "difference"}
    assert kinds <= {row.kind for row in wide.rows}
    assert not kinds & {row.kind for row in narrow.rows}
    said = [row.cell("label").replace("\n", " ") for row in wide.rows if row.kind in kinds]
    notes = " ".join(narrow.footer).replace("\n", " ")
    assert [text for text in said if plain(text) not in plain(notes)] == []
    names = ("Type 1 diabetes. Test", "Type 2 diabetes. Test", "All diabetes types. Test")
    assert all(name in notes for name in names)


@pytest.mark.parametrize("case", ["levels", "one", "scripts", "models", "participants"])
def test_hard_cases_in_a_column(case: str) -> None:
    figure = figure_of_case(case, "bmj", width=85.0)
    figure.set_dpi(400)
    assert [*overlapping(figure), *cut_off(figure), *on_graphic(figure)] == []
