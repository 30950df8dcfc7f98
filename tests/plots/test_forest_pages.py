"""Pages: every row once, headings repeated, what belongs together stays together, the same bytes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_measure import measure
from metamsc.plots.forest_pages import draw_pages, page_height, page_layouts, write_forest_pages
from metamsc.plots.forest_rows import ForestLayout
from metamsc.plots.preset import forest_preset
from tests.plots.conftest import make_result, random_rows
from tests.plots.extents import cut_off, overlapping
from tests.plots.forest_cases import invented_rob, two_levels


def pages_of(layout: ForestLayout, *, portrait: bool = True) -> tuple[ForestLayout, ...]:
    measured = measure(layout)
    return page_layouts(layout, measured, page_height(layout, measured, portrait=portrait))


@pytest.fixture(scope="module")
def hundred() -> AnalysisResult:
    return make_result(random_rows(100, ("T1D", "T2D")))


@pytest.mark.parametrize("k", [1, 2, 60, 200])
@pytest.mark.parametrize("portrait", [True, False])
def test_every_row_stands_on_one_page(k: int, portrait: bool) -> None:
    layout = forest_layout(make_result(random_rows(k, ("T1D", "T2D") if k > 1 else ("T1D",))))
    pages = pages_of(layout, portrait=portrait)
    rows = [row.key for page in pages for row in page.rows if ":page-" not in row.key]
    assert rows == [row.key for row in layout.rows]
    assert [page.page for page in pages] == (
        [""] if len(pages) == 1 else [f"Page {number} of {len(pages)}" for number in range(1, len(pages) + 1)]
    )


def test_rows_keep_their_numbers_and_the_axis_is_one(hundred: AnalysisResult) -> None:
    layout = forest_layout(hundred)
    pages = pages_of(layout, portrait=False)
    assert len(pages) > 2
    whole = {row.key: (row.cells, row.estimate, row.low, row.high, row.size) for row in layout.rows}
    for page in pages:
        assert (page.axis, page.columns, page.title) == (layout.axis, layout.columns, layout.title)
        for row in page.rows:
            if ":page-" not in row.key:
                assert (row.cells, row.estimate, row.low, row.high, row.size) == whole[row.key]


def test_rows_of_a_page_do_not_touch(hundred: AnalysisResult) -> None:
    for page in pages_of(forest_layout(hundred), portrait=False):
        tops = [
            (row.y - (1.0 + 0.75 * (row.lines - 1)) / 2.0, row.y + (1.0 + 0.75 * (row.lines - 1)) / 2.0)
            for row in page.rows
        ]
        assert tops[0][0] == pytest.approx(0.0, abs=1e-9)
        assert all(below[0] >= above[1] - 1e-9 for above, below in pairwise(tops))
        assert page.height == pytest.approx(tops[-1][1], abs=1e-9)


def test_what_belongs_together_stays_together() -> None:
    for k in range(30, 60):
        layout = forest_layout(make_result(random_rows(k, ("T1D", "T2D"))))
        for page in pages_of(layout, portrait=False):
            assert page.rows[-1].kind != "stratum"
            assert page.rows[0].kind not in {"prediction", "heterogeneity", "test"}


def test_a_page_that_begins_within_groups_names_them() -> None:
    layout = forest_layout(two_levels(90))
    pages = pages_of(layout, portrait=False)
    assert len(pages) > 2
    path = {
        row_id: f"{stratum.key[0]}/{stratum.key[1]}"
        for stratum in two_levels(90).strata
        if len(stratum.key) == 2
        for row_id in stratum.row_ids
    }
    seen = False
    for page in pages[1:]:
        first = next(row for row in page.rows if ":page-" not in row.key)
        repeated = [row.cell("label") for row in page.rows if ":page-" in row.key]
        if first.kind == "study":
            seen = True
            outer, inner = path[first.target].split("/")
            heading = {"T1D": "Type 1 diabetes", "T2D": "Type 2 diabetes"}[outer]
            source = inner.replace("-", " ").capitalize()
            assert repeated == [f"{heading} (continued)", f"{source} (continued)"]
    assert seen


def test_legend_and_footnotes_stand_on_the_last_page(hundred: AnalysisResult) -> None:
    layout = forest_layout(hundred, rob=invented_rob(hundred))
    pages = pages_of(layout, portrait=False)
    assert all(page.footer == () and page.judgements == () for page in pages[:-1])
    assert (pages[-1].footer, pages[-1].judgements) == (layout.footer, layout.judgements)


def test_pages_have_one_size_and_nothing_overlaps(hundred: AnalysisResult) -> None:
    figures = draw_pages(forest_layout(hundred, preset=forest_preset("revman", dark=True)), portrait=False)
    assert len({tuple(figure.get_size_inches()) for figure in figures}) == 1
    for figure in figures[:2]:
        assert overlapping(figure) == []
        assert cut_off(figure) == []


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    result = make_result(random_rows(40, ("T1D", "T2D")))
    paths = [
        write_forest_pages(result, tmp_path / name / "forest.pdf", preset="jama", portrait=False)
        for name in "ab"
    ]
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(b"%PDF")
    assert not re.search(rb"CreationDate|20\d\d-\d\d-\d\dT", first)
    pages = len(pages_of(forest_layout(result, preset="jama"), portrait=False))
    assert len(re.findall(rb"/Type /Page\b", first)) == pages > 1
