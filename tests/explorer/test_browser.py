"""The page in Chromium: filters pool again, nothing is pooled in silence, links, records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import Derived
from metamsc.records.studies import Studies
from metamsc.report.explorer import write_explorer
from metamsc.report.record_pages import page_path
from tests.explorer.conftest import AGREE, Make, MakeRow, Open, Opener, Paged, estimate, pools, several
from tests.visit import becomes, texts

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def test_a_filter_pools_what_is_left(page_of: Paged) -> None:
    visit, rows = page_of()
    with visit.redrawn():
        visit.page.get_by_label(re.compile("^Adipose")).uncheck()
    left = [row for row in rows[:-1] if row.moderator("msc_source") != "adipose"]
    for group in ("T1D", "T2D"):
        own = [row for row in left if row.diabetes_type == group]
        found = pools(visit)[group]
        assert sorted(found["rows"]) == sorted(row.row_id for row in own)
        assert found["estimate"] == pytest.approx(estimate(own), rel=AGREE)
    assert "f.msc_source=bone-marrow" in visit.page.evaluate("metamscExplorer.formatHash()")
    shown = len(left) + (rows[-1].moderator("msc_source") != "adipose")
    expect(visit.page.locator("#live")).to_have_text(
        re.compile(rf"^{shown} of 13 results shown\..*Type 1 diabetes\.")
    )


def test_follow_up_is_a_range_with_both_ends(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented&from=8&to=16")
    weeks = "metamscExplorer.view().rows.map(row => row.days / 7)"
    becomes(visit.page, weeks, [8, 12, 16])
    visit.page.get_by_label("To", exact=True).fill("12")
    becomes(visit.page, weeks, [8, 12])


def test_types_are_apart_and_a_pool_over_them_carries_its_caution(page_of: Paged) -> None:
    visit, rows = page_of()
    assert set(pools(visit)) == {"T1D", "T2D", "single/T2D"}
    with visit.redrawn():
        visit.page.get_by_label(re.compile("Add a pool over all types")).check()
    found = pools(visit)
    assert found["overall"]["k"] == 12  # the row without a control group is in none of them
    assert found["overall"]["estimate"] == pytest.approx(estimate(rows[:-1]), rel=AGREE)
    expect(visit.page.locator("#cautions")).to_contain_text(
        "This pools type 1 diabetes, type 2 diabetes together. The plan does not pool them"
    )


def test_a_study_without_a_control_group_is_never_pooled_with_one(page_of: Paged) -> None:
    visit, rows = page_of("#a=invented&merge=1&by=design")
    controlled = {row.row_id for row in rows[:-1]}
    for name, found in pools(visit).items():
        inside = set(found["rows"])
        assert inside == {"alone:msc"} if name.startswith("single/") else inside <= controlled
    expect(visit.page.locator("#cautions")).to_contain_text(
        "a change over time is not a controlled difference"
    )


@pytest.mark.parametrize(
    ("k", "said", "pooled"),
    [
        (1, "nothing is pooled", False),
        (2, "cannot be estimated from two studies", True),
        (4, "cannot be estimated reliably", True),
    ],
)
def test_few_studies_say_so(
    open_results: Open, make_result: Make, make_row: MakeRow, k: int, said: str, pooled: bool
) -> None:
    rows = [make_row(f"Study {i}", "T1D", 0.1 * i, 0.05) for i in range(k)]
    visit = open_results([make_result(rows)])
    expect(visit.page.locator("#cautions")).to_contain_text(said)
    # the diamond, and arrows where its interval goes on beyond the axis
    becomes(visit.page, "document.querySelector('#forest path.f-pooled') !== null", pooled)


def test_nothing_left_is_no_error(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented&from=900")
    expect(visit.page.locator("#words")).to_contain_text("No study passes these filters")
    expect(visit.page.locator("#save-svg")).to_be_disabled()
    with visit.redrawn():
        visit.page.get_by_role("button", name="Everything as planned").click()
    assert len(pools(visit)) == 3
    expect(visit.page.locator("#save-svg")).to_be_enabled()


def test_the_way_back_from_nothing_keeps_the_focus(page_of: Paged) -> None:
    page = page_of("#a=invented&f.donor=")[0].page
    back = page.get_by_role("button", name="Back to the plan")
    back.focus()
    back.press("Enter")
    expect(page.locator("#shown")).to_have_text("13 of 13 results shown")
    expect(page.locator("#content")).to_be_focused()


def test_what_is_not_the_plans_is_named(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented")
    cautions = visit.page.locator("#cautions")
    filtered, chosen = re.compile("These filters are not the plan's"), re.compile("the plan has REML")
    expect(cautions).not_to_contain_text(filtered)
    expect(cautions).not_to_contain_text(chosen)
    visit.page.get_by_label("Heterogeneity (τ²)").select_option("DL")
    expect(cautions).to_contain_text(chosen)
    visit.page.locator('[data-facet="msc_source"][data-level="adipose"]').uncheck()
    expect(cautions).to_contain_text(filtered)


def test_an_interval_across_no_difference_is_not_read_as_one(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    across = [make_row(f"Study {i}", "T1D", 0.3 * (-1) ** i, 0.05) for i in range(6)]
    words = open_results([make_result(across)]).page.locator("#words")
    expect(words).to_contain_text("the interval reaches from lower to higher with MSC")
    below = [make_row(f"Study {i}", "T1D", -1.0 - 0.01 * i, 0.02) for i in range(6)]
    words = open_results([make_result(below)]).page.locator("#words")
    expect(words).to_contain_text("lower with MSC, and so is the whole interval")


def test_arms_of_one_study_are_named(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    rows = [replace(make_row(f"Arm {i}", "T1D", 0.1 * i, 0.05), cohort="one") for i in range(3)]
    visit = open_results([make_result(rows)])
    expect(visit.page.locator("#cautions")).to_contain_text("arms of one study with one control group")
    expect(visit.page.locator("#words")).to_contain_text("3 comparisons from 1 study")


def test_a_link_brings_back_the_view(page_of: Paged) -> None:
    visit, _ = page_of()
    page = visit.page
    page.get_by_label(re.compile("^Placenta")).uncheck()
    page.get_by_label("Heterogeneity (τ²)").select_option("PM")
    page.get_by_label("Interval", exact=True).select_option("wald")
    page.get_by_label("Split each type by").select_option("msc_source")
    page.get_by_label("From", exact=True).fill("5.5")
    with visit.redrawn():
        page.evaluate("metamscExplorer.change({out: ['study-02:msc']})")
    before, address = pools(visit), page.evaluate("metamscExplorer.formatHash()")
    again, _ = page_of(address)
    assert pools(again) == before
    assert again.page.evaluate("metamscExplorer.formatHash()") == address
    expect(again.page.locator("#lost")).to_be_hidden()
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
    expect(visit.page.locator("#lost")).to_have_text(re.compile(f"^{lost} part"))
    assert visit.page.evaluate("({}).x === undefined && Object.keys(Object.prototype).length === 0")


def test_an_address_typed_in_is_taken_at_once(page_of: Paged) -> None:
    visit, _ = page_of()
    visit.page.evaluate("location.hash = '#a=invented&tau2=DL'")
    expect(visit.page.get_by_label("Heterogeneity (τ²)")).to_have_value("DL")
    becomes(visit.page, "metamscExplorer.view().state.tau2", "DL")


def test_an_address_typed_in_wins_over_what_the_page_was_about_to_write(page_of: Paged) -> None:
    visit, _ = page_of()
    with visit.redrawn():  # opening a record writes the address, before the page was told of the new one
        visit.page.evaluate(
            "location.hash = '#a=invented&tau2=DL';"
            " document.querySelector('#forest .row').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        )
    becomes(visit.page, "[metamscExplorer.view().state.tau2, location.hash]", ["DL", "#a=invented&tau2=DL"])


def test_an_address_opens_its_record_though_another_one_is_open(page_of: Paged) -> None:
    visit, _ = page_of("#a=invented&open=study-00%3Amsc")
    heading = visit.page.get_by_role("dialog").get_by_role("heading").first
    expect(heading).to_have_text("Study 00")
    address = "#a=invented&open=study-01%3Amsc"
    with visit.redrawn():
        visit.page.evaluate("hash => { location.hash = hash; }", address)
    expect(heading).to_have_text("Study 01")
    with visit.redrawn():
        visit.page.evaluate("metamscExplorer.change({sort: 'effect'})")
    becomes(visit.page, "location.hash", "#a=invented&sort=effect&open=study-01%3Amsc")


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
    expect(record.get_by_role("heading", name="Aa 2014")).to_be_visible()
    cells = texts(record.locator("tbody tr"), "one.innerText.split('\\t').map(cell => cell.trim())")
    assert ["SD", "MSC: UC-MSC", "1", "* sd ← se·√n (0.2·√20)", "abstract: Results"] in cells
    assert ["Mean", "Control: placebo", "7.5", "as reported", "abstract: Results"] in cells
    expect(record.get_by_role("link", name="abstract: Results")).to_have_attribute(
        "href", "https://example.org/aa-2014"
    )
    with visit.redrawn():
        record.get_by_role("button", name="Leave out of the pool").click()
    assert pools(visit)["T1D"]["k"] == 1
    with visit.redrawn():
        page.get_by_role("button", name="Put back Aa 2014").click()
    assert pools(visit)["T1D"]["k"] == 2


def test_a_second_stratum_of_the_plan_is_there_at_once(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    made = make_result(several(make_row)[:-1])
    split = replace(made, spec={**made.spec, "strata": ["diabetes_type", "msc_source"]})
    visit = open_results([split])
    assert {"T1D", "T1D/adipose", "T2D/placenta"} <= set(pools(visit))
    expect(visit.page.get_by_label("Split each type by")).to_have_value("msc_source")


def test_studies_link_to_the_pages_of_their_records(
    visit: Opener, shipped: Sequence[AnalysisResult], studies: Studies, tmp_path: Path
) -> None:
    opened = visit(write_explorer(tmp_path, shipped, studies, in_site=True), "#a=hba1c")
    pages = {f"records/{page_path(file)}" for file in studies.files}
    opened.page.locator("#forest .row").first.click()
    record = opened.page.get_by_role("dialog")
    expect(record.locator("a[href^='records/']").first).to_be_visible()
    left_out = texts(opened.page.locator("#excluded a, #missing a"), "one.getAttribute('href')")
    links = [*texts(record.locator("a[href^='records/']"), "one.getAttribute('href')"), *left_out]
    assert len(links) > 10
    for link in links:
        page, _, line = link.partition("#L")
        assert page in pages
        assert int(line) > 0
    report = opened.page.get_by_text("The report of this analysis")
    expect(report).to_have_attribute("href", "hba1c/report.html")
