"""What the page does beside filling in: drafts, leaving, acknowledging, proposing, domains of a tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metamsc.checks.run import check_records
from tests.form.conftest import Opener
from tests.form.corpus import SHIPPED, VALID
from tests.form.test_fill import TRIAL, fill, saved
from tests.form.test_reentry import open_file
from tests.visit import DESKTOP, PHONE, becomes

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

BLOCKED = """Storage.prototype.setItem = () => { throw new DOMException('blocked', 'SecurityError'); };
Storage.prototype.getItem = () => { throw new DOMException('blocked', 'SecurityError'); };"""
LEAVING = """() => {
  const event = new Event('beforeunload', { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_a_browser_that_keeps_nothing_warns_before_work_is_lost(visit: Opener, form_file: Path) -> None:
    from playwright.sync_api import expect

    page = visit().page
    page.add_init_script(BLOCKED)
    page.goto(form_file.as_uri())
    expect(page.locator("#kept")).to_contain_text("This browser keeps nothing")
    assert page.evaluate(LEAVING) is False
    page.locator("#study-title").fill("half written")
    assert page.evaluate(LEAVING) is True
    with page.expect_download():
        page.locator("#download").click()
    assert page.evaluate(LEAVING) is False


def test_a_kept_draft_needs_no_warning(visit: Opener) -> None:
    page = visit().page
    page.locator("#study-title").fill("half written")
    assert page.evaluate(LEAVING) is False


def test_a_warning_is_acknowledged_with_its_reason(page: Page, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    fill(page, {**TRIAL, "#r1-a2-mean": "30"})
    warning = page.locator("#warnings-list li").filter(has_text="P701")
    expect(warning).to_have_count(1)
    warning.get_by_role("button", name="It stands: say why").click()
    expect(page.locator("#k1-reason")).to_be_focused()
    expect(page.locator("#k1-where")).to_have_value("results.hba1c.arms.control.mean")
    expect(page.locator("#k1-by")).to_have_value("A. Reader")
    page.locator("#k1-reason").fill("printed so in Table 2")
    expect(page.locator("#taken-list li")).to_have_count(1)
    expect(page.locator("#taken-list")).to_contain_text("printed so in Table 2")
    expect(warning).to_have_count(0)
    report = check_records(saved(page, tmp_path))
    assert "P701" not in {problem.code for problem in report.problems}
    assert [entry.reason for entry in report.acknowledged if entry.problem.code == "P701"] == [
        "printed so in Table 2"
    ]
    page.locator("#r1-a2-mean").fill("8.6")
    expect(page.locator("#k1-wrong")).to_contain_text("there is no warning P701")


def test_a_record_that_was_opened_goes_back_in_the_place_of_its_file(visit: Opener) -> None:
    """GitHub's page for a new file refuses a name that is there; the page that takes files replaces it."""
    from playwright.sync_api import expect

    page = visit().page
    page.evaluate("window.open = address => { globalThis.opened = address; }")
    open_file(page, min(SHIPPED, key=lambda file: file.stat().st_size))
    expect(page.locator("#done")).to_contain_text("Opened")
    page.reload()
    page.evaluate("window.open = address => { globalThis.opened = address; }")
    with page.expect_download() as started:
        page.locator("#github").click()
    assert started.value.suggested_filename == min(SHIPPED, key=lambda file: file.stat().st_size).name
    expect(page.locator("#done")).to_contain_text("a corrected one takes its place")
    assert page.evaluate("globalThis.opened").startswith(
        "https://github.com/acme/msc-review/upload/HEAD/data/"
    )
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#clear").click()
    expect(page.locator("#done")).to_have_text("The form is empty.")
    page.locator("#github").click()
    expect(page.locator("#done")).to_contain_text("Opened GitHub in a new tab.")


def test_a_long_record_is_saved_and_a_page_for_it_opened(visit: Opener) -> None:
    from playwright.sync_api import expect

    page = visit().page
    page.evaluate("window.open = address => { globalThis.opened = address; }")
    open_file(page, next(file for file in SHIPPED if file.stem == "skyler-2015"))
    page.locator("#study-id").fill("skyler-2016")
    with page.expect_download() as started:
        page.locator("#github").click()
    assert started.value.suggested_filename == "skyler-2016.yml"
    expect(page.locator("#done")).to_contain_text("Drag that file into the page of GitHub")
    opened = page.evaluate("globalThis.opened")
    assert opened == "https://github.com/acme/msc-review/upload/HEAD/data/extractions/clinical"


def test_without_a_repository_the_field_is_asked_for(page: Page) -> None:
    from playwright.sync_api import expect

    page.locator("#repository").fill("")
    page.locator("#github").click()
    expect(page.locator("#done")).to_have_text("Write the repository as OWNER/NAME first.")
    expect(page.locator("#repository")).to_be_focused()


def test_domains_follow_the_tool_of_the_design(page: Page) -> None:
    from playwright.sync_api import expect

    page.locator("#study-design").select_option("rct-parallel")
    page.locator("#add-rob").click()
    rows = page.locator(".domain")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("1. Randomisation process")
    rows.first.get_by_label("Judgement").select_option("some concerns")
    page.locator("#study-setting").select_option("preclinical")
    page.locator("#study-design").select_option("animal-randomised")
    expect(rows).to_have_count(11)
    expect(rows.filter(has_text="10. Other sources of bias")).to_have_count(1)
    judged = {"domain": "Randomisation process", "judgement": "some concerns"}
    becomes(page, "metamscForm.record().risk_of_bias", [{"tool": "syrcle", "domains": [judged]}])


def test_what_is_opened_can_be_reached_by_hand(visit: Opener) -> None:
    from playwright.sync_api import expect

    page = visit().page
    open_file(page, VALID[0])
    for name in ("Open a file", "Download", "Copy", "Propose on GitHub", "Clear the form"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select, textarea')]"
        ".filter(one => !one.labels.length && !one.ariaLabel).map(one => one.id)"
    )
    assert unnamed == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_another_outcome_keeps_only_what_it_has_too(page: Page) -> None:
    from playwright.sync_api import expect

    page.locator("#r1-outcome").select_option("hba1c")
    page.locator("#r1-unit").select_option("mmol/mol")
    page.locator("#r1-prints").select_option("median-iqr")
    page.locator("#r1-outcome").select_option("death")
    expect(page.locator("#r1-unit")).to_have_count(0)
    expect(page.locator("#r1-prints")).to_have_value("events")
    page.locator("#r1-outcome").select_option("fasting_glucose")
    expect(page.locator("#r1-unit")).to_have_value("")
    expect(page.locator("#r1-prints")).to_have_value("mean-sd")


def test_a_unit_may_be_spelled_as_it_is_printed(page: Page) -> None:
    from playwright.sync_api import expect

    page.locator("#r1-outcome").select_option("egfr")
    page.locator("#r1-unit").select_option("…")
    typed = page.get_by_label("Unit as the paper prints it")
    typed.fill("ml / min / 1.73 m2")
    expect(page.locator("#r1-unit-wrong")).to_be_hidden()
    typed.fill("furlongs")
    expect(page.locator("#r1-unit-wrong")).to_contain_text("“furlongs” is no unit of")
    becomes(page, "metamscForm.record().results[0].unit", "furlongs")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")], ids=["dark", "phone"])
def test_a_whole_record_is_accessible_and_fits(visit: Opener, size: tuple[int, int], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
    from playwright.sync_api import expect

    visited = visit(size, color_scheme=scheme)
    page = visited.page
    open_file(page, next(file for file in VALID if file.stem == "trial-2020"))
    visited.unfold()
    page.locator("#r1-a2-mean").fill("30")
    expect(page.locator("#warnings-list")).to_contain_text("P701")
    found = Axe().run(page).response["violations"]
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
