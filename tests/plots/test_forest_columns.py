"""Columns of the forest plot by name and by function, and the order they give: no number leaves its row."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.errors import OptionError
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.preset import PRESETS, ForestField, forest_preset
from tests.plots.conftest import make_result, mean_row, random_rows
from tests.plots.forest_cases import invented_rob, two_levels
from tests.plots.forest_reading import names, row


def identity(found: ForestRow, layout: ForestLayout) -> dict[str, str]:
    return {column.name: found.cell(column.name) for column in layout.columns}


SORTS = (
    "label",
    "-label",
    "estimate",
    "-estimate",
    "weight",
    "-weight",
    "year",
    "-n",
    "se",
    "at",
    "own",
    "-own",
)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("preset", list(PRESETS))
def test_sorting_leaves_every_number_in_its_row(sort: str, preset: str) -> None:
    result = two_levels()
    own = ForestField(name="own", header="Own", value=lambda found: found.treatment.sd)
    rob = invented_rob(result, skip=2)
    base = forest_preset(preset, right=("estimate", "weight", own, "rob", "year"))
    before = forest_layout(result, preset=base, rob=rob)
    after = forest_layout(result, preset=replace(base, sort=sort), rob=rob)
    told = {found.key: identity(found, before) for found in before.rows}
    assert {found.key: identity(found, after) for found in after.rows} == told
    numbers = {found.key: (found.estimate, found.low, found.high, found.size) for found in before.rows}
    assert {found.key: (found.estimate, found.low, found.high, found.size) for found in after.rows} == numbers


def test_sorting_a_permuted_table_gives_the_same_figure() -> None:
    rows = random_rows(20, ("T1D",), seed=5)
    sorted_once = forest_layout(make_result(rows), preset=forest_preset(sort="estimate"))
    random.Random(11).shuffle(rows)  # noqa: S311  # a fixed seed, no secret
    again = forest_layout(make_result(rows), preset=forest_preset(sort="estimate"))
    assert [found.estimate for found in again.of_kind("study")] == sorted(row.yi for row in rows)
    by_key = {found.key: found.cells for found in sorted_once.of_kind("study")}
    assert {found.key: found.cells for found in again.of_kind("study")} == by_key


def test_studies_are_sorted_within_their_group_and_unknown_ones_stand_last() -> None:
    def value(found: EffectRow) -> float | None:
        return None if found.row_id == "b" else found.yi

    rows = [
        mean_row("a", "T1D", (9, 7.0, 1.0), (9, 7.5, 1.0)),
        mean_row("b", "T1D", (9, 6.0, 1.0), (9, 7.5, 1.0)),
        mean_row("c", "T1D", (9, 7.3, 1.0), (9, 7.5, 1.0)),
        mean_row("d", "T2D", (9, 5.0, 1.0), (9, 7.5, 1.0)),
        mean_row("e", "T2D", (9, 4.0, 1.0), (9, 7.5, 1.0)),
    ]
    own = ForestField(name="own", header="Own", value=value)
    preset = forest_preset(sort="-own", right=("estimate", own))
    assert [found.target for found in forest_layout(make_result(rows), preset=preset).of_kind("study")] == [
        "c", "a", "b", "d", "e",
    ]  # fmt: skip


def test_columns_by_name_and_by_function(md_result: AnalysisResult) -> None:
    own = ForestField(name="ratio", header="n ratio", value=lambda found: (found.treatment.n or 0) / 4)
    preset = forest_preset(left=("label", "year", "msc_source", "arms"), right=("estimate", own))
    layout = forest_layout(md_result, preset=preset)
    assert names(layout, "left")[:3] == ["label", "year", "msc_source"]
    assert names(layout, "right") == ["estimate", "ratio"]
    found = row(layout, "study:aa-2014")
    # 21 / 4 = 5.25
    assert (found.cell("year"), found.cell("msc_source"), found.cell("ratio")) == ("2020", "–", "5.25")


def test_written_numbers_are_numbers_and_words_stay_as_written() -> None:
    rows = [
        replace(found, moderators=(("slope", value), ("kind", kind), ("msc_source", "umbilical-cord")))
        for found, value, kind in zip(
            random_rows(2, ("T1D",)), ("-3.5", "12"), ("non-random", "2e-06"), strict=True
        )
    ]
    layout = forest_layout(
        make_result(rows), preset=forest_preset(left=("label", "slope", "kind", "msc_source"))
    )
    assert [found.cell("slope") for found in layout.of_kind("study")] == ["−3.5", "12"]
    assert [found.cell("kind") for found in layout.of_kind("study")] == ["non-random", "2e-06"]
    assert layout.of_kind("study")[0].cell("msc_source") == "umbilical cord"
    assert [column.align for column in layout.columns[1:4]] == ["decimal", "left", "left"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"left": ("label", "nothing")}, "there is no column 'nothing'; there are label, arms"),
        ({"left": ("label", "year"), "right": ("year",)}, "'year' is there twice"),
        ({"left": ("arms",)}, "left must name the column 'label'"),
        ({"sort": "nothing"}, "sort must be a column, with - before it for falling: label"),
    ],
)
def test_columns_that_there_are_not(
    md_result: AnalysisResult, options: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        forest_layout(md_result, preset=forest_preset("plain", **options))  # type: ignore[arg-type]  # of mixed types


def test_a_column_moves_to_the_side_that_names_it() -> None:
    moved = forest_preset("revman", right=("estimate", "rob"))
    assert (moved.left, moved.right) == (("label", "arms", "weight"), ("estimate", "rob"))
