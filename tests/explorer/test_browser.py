"""The page in Chromium: filters pool again, nothing is pooled in silence, links, records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import Derived
from metamsc.records.studies import Studies
from metamsc.report.explorer import write_explorer
from metamsc.report.record_pages import page_path
from tests.explorer.conftest import AGREE, Make, MakeRow, Open, Opener, Paged, estimate, pools, several

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def test_a_filter_pools_what_is_left(page_of: Paged) -> None:
    visit, rows = page_of()
    visit.page.get_by_label(re.compile("^Adipose")).uncheck()
    left = [row for row in rows[:-1] if row.moderator("msc_source") != "adipose"]
    for group in ("T1D", "T2D"):
        own = [row for row in left if row.diabetes_type == group]
        found = pools(visit)[group]
        assert sorted(found["rows"]) == sorted(row.row_id for row in own)
        assert found["estimate"] == pytest.approx(estimate(own), rel=AGREE)
    assert "f.msc_source=bone-marrow" in visit.page.evaluate("metamscExplorer.formatHash()")
    said = visit.live()
    assert said.startswith(f"{len(left) + (rows[-1].moderator('msc_source') != 'adipose')} of 13 rows shown.")
    assert "Type 1 diabetes." in said


def test_follow_up_is_a_range_with_both_ends(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented&from=8&to=16")
    weeks = visit.page.evaluate("metamscExplorer.view().rows.map(row => row.days / 7)")
    assert weeks == [8, 12, 16]
    visit.page.get_by_label("To", exact=True).fill("12")
    assert visit.page.evaluate("metamscExplorer.view().rows.map(row => row.days / 7)") == [8, 12]


def test_types_are_apart_and_a_pool_over_them_carries_its_caution(page_of: Paged) -> None:
    visit, rows = page_of()
    assert set(pools(visit)) == {"T1D", "T2D", "single/T2D"}
    visit.page.get_by_label(re.compile("Add a pool over all types")).check()
    found = pools(visit)
    assert found["overall"]["k"] == 12  # the row without a control group is in none of them
    assert found["overall"]["estimate"] == pytest.approx(estimate(rows[:-1]), rel=AGREE)
    caution = visit.page.locator("#cautions").inner_text()
    assert "This pools type 1 diabetes, type 2 diabetes together. The plan does not pool them" in caution


def test_a_study_without_a_control_group_is_never_pooled_with_one(page_of: Paged) -> None:
    visit, rows = page_of("#a=invented&merge=1&by=design")
    controlled = {row.row_id for row in rows[:-1]}
    for name, found in pools(visit).items():
        inside = set(found["rows"])
        assert inside == {"alone:msc"} if name.startswith("single/") else inside <= controlled
    assert "a change over time is not a controlled difference" in visit.page.locator("#cautions").inner_text()


@pytest.mark.parametrize(
    ("k", "said", "diamonds"),
    [
        (1, "nothing is pooled", 0),
        (2, "cannot be estimated from two studies", 1),
        (4, "cannot be estimated reliably", 1),
    ],
)
def test_few_studies_say_so(
    open_results: Open, make_result: Make, make_row: MakeRow, k: int, said: str, diamonds: int
) -> None:
    rows = [make_row(f"Study {i}", "T1D", 0.1 * i, 0.05) for i in range(k)]
    visit = open_results([make_result(rows)])
    assert said in visit.page.locator("#cautions").inner_text()
    assert visit.page.locator("#forest path.f-pooled").count() >= diamonds
    assert (visit.page.locator("#forest path.f-pooled").count() == 0) == (diamonds == 0)


def test_nothing_left_is_no_error(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented&from=900")
    assert "No study passes these filters" in visit.page.locator("#words").inner_text()
    assert visit.page.locator("#save-svg").is_disabled()
    visit.page.get_by_role("button", name="Everything as planned").click()
    assert len(pools(visit)) == 3


def test_arms_of_one_study_are_named(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    rows = [replace(make_row(f"Arm {i}", "T1D", 0.1 * i, 0.05), cohort="one") for i in range(3)]
    visit = open_results([make_result(rows)])
    assert "arms of one study with one control group" in visit.page.locator("#cautions").inner_text()
    assert "3 comparisons from 1 study" in visit.page.locator("#words").inner_text()


def test_a_link_brings_back_the_view(page_of: Paged) -> None:
    visit, _ = page_of()
    page = visit.page
    page.get_by_label(re.compile("^Placenta")).uncheck()
    page.get_by_label("Heterogeneity (τ²)").select_option("PM")
    page.get_by_label("Interval", exact=True).select_option("wald")
    page.get_by_label("Split each type by").select_option("msc_source")
    page.get_by_label("From", exact=True).fill("5.5")
    page.evaluate("metamscExplorer.change({out: ['study-02:msc']})")
    before, address = pools(visit), page.evaluate("metamscExplorer.formatHash()")
    again, _ = page_of(address)
    assert pools(again) == before
    assert again.page.evaluate("metamscExplorer.formatHash()") == address
    assert again.page.locator("#lost").is_hidden()
    assert "study-02:msc" not in str(before)


@pytest.mark.parametrize(
    ("hash_", "lost"),
    [
        ("#a=no-such-analysis", 1),
        ("#a=invented&tau2=<img src=x onerror=alert(1)>&ci=__proto__&by=constructor", 3),
        ("#__proto__=1&f.__proto__=x&f.donor=%3Cscript%3E&constructor=toString", 4),
        ("#from=1e999&to=-3&from=NaN&out=x&open=x&merge=yes&sort=", 7),
        ("#%E0%A4%A&&&==&a=%00", 3),
        ("#" + "f.donor=allogeneic&" * 5000, 1),
    ],
)
def test_a_hostile_or_old_link_is_left_out_and_said(page_of: Paged, hash_: str, lost: int) -> None:
    visit, _ = page_of(hash_)
    assert len(pools(visit)) == 3
    said = visit.page.locator("#lost").inner_text()
    assert said.startswith(f"{lost} part")
    assert visit.page.evaluate("({}).x === undefined && Object.keys(Object.prototype).length === 0")


def test_an_address_typed_in_is_taken_at_once(page_of: Paged) -> None:
    visit, _ = page_of()
    visit.page.evaluate("location.hash = '#a=invented&tau2=DL'")
    visit.page.wait_for_function("metamscExplorer.view().state.tau2 === 'DL'")
    assert visit.page.get_by_label("Heterogeneity (τ²)").input_value() == "DL"


def test_the_record_has_each_number_its_source_and_its_derivation(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    row = make_row(
        "Aa 2014", "T1D", -1.0, 0.04, derived=(Derived(side="treatment", text="sd ← se·√n (0.2·√20)"),)
    )
    visit = open_results([make_result([row, make_row("Bb 2015", "T1D", -0.5, 0.05)])])
    page = visit.page
    page.locator("#forest .row").first.click()
    record = page.get_by_role("dialog")
    assert record.get_by_role("heading", name="Aa 2014").is_visible()
    cells = [
        [cell.strip() for cell in line.inner_text().split("\t")] for line in record.locator("tbody tr").all()
    ]
    assert ["SD", "MSC: UC-MSC", "1", "* sd ← se·√n (0.2·√20)", "abstract: Results"] in cells
    assert ["Mean", "Control: placebo", "7.5", "as reported", "abstract: Results"] in cells
    assert (
        record.get_by_role("link", name="abstract: Results").get_attribute("href")
        == "https://example.org/aa-2014"
    )
    record.get_by_role("button", name="Leave out of the pool").click()
    assert pools(visit)["T1D"]["k"] == 1
    page.get_by_role("button", name="Put back Aa 2014").click()
    assert pools(visit)["T1D"]["k"] == 2


def test_a_second_stratum_of_the_plan_is_there_at_once(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    made = make_result(several(make_row)[:-1])
    split = replace(made, spec={**made.spec, "strata": ["diabetes_type", "msc_source"]})
    visit = open_results([split])
    assert {"T1D", "T1D/adipose", "T2D/placenta"} <= set(pools(visit))
    assert visit.page.get_by_label("Split each type by").input_value() == "msc_source"


def test_studies_link_to_the_pages_of_their_records(
    visit: Opener, shipped: Sequence[AnalysisResult], studies: Studies, tmp_path: Path
) -> None:
    opened = visit(write_explorer(tmp_path, shipped, studies, in_site=True), "#a=hba1c")
    pages = {f"records/{page_path(file)}" for file in studies.files}
    opened.page.locator("#forest .row").first.click()
    records = opened.page.get_by_role("dialog").locator("a[href^='records/']")
    left_out = opened.page.locator("#excluded a, #missing a")
    links = [link.get_attribute("href") or "" for link in [*records.all(), *left_out.all()]]
    assert len(links) > 10
    for link in links:
        page, _, line = link.partition("#L")
        assert page in pages
        assert int(line) > 0
    assert opened.page.get_by_text("The report of this analysis").get_attribute("href") == "hba1c/report.html"
