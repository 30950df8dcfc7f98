"""axe-core finds nothing serious in any layout; the form works from the keyboard and fits a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.form.conftest import Opener
from tests.form.test_fill import TRIAL, fill
from tests.visit import DESKTOP, PHONE, becomes

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

LAYOUTS = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")]


def serious(page: Any) -> list[tuple[str, str]]:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

    found = Axe().run(page).response["violations"]
    return [
        (item["id"], node["html"][:200])
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(("size", "scheme"), LAYOUTS, ids=["desktop", "dark", "phone"])
def test_axe_finds_nothing_serious(visit: Opener, size: tuple[int, int], scheme: str) -> None:
    visited = visit(size, color_scheme=scheme)
    page = visited.page
    fill(page, {**TRIAL, "#r1-a1-n": "25", "#r1-a1-sd": "0.2", "#r1-a2-sd": "0.2"})
    for name, cards in (("arms", 3), ("sources", 2), ("results", 2), ("missing", 1), ("rob", 1)):
        page.locator(f"#add-{name}").click()
        expect(page.locator(f"#part-{name} fieldset.card")).to_have_count(cards)
    page.locator("#r2-prints").select_option("difference")
    expect(page.locator("#r2-c-treatment")).to_be_visible()
    visited.unfold()
    assert serious(page) == []


def test_nothing_is_wider_than_a_phone(visit: Opener) -> None:
    page = visit(PHONE).page
    fill(page, {**TRIAL, "#study-title": "W" * 300, "#a1-id": "w" * 80, "#s1-key": "k" * 80})
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_tab_reaches_every_control_and_focus_stays(visit: Opener) -> None:
    page = visit().page
    expected = page.evaluate(
        """[...document.querySelectorAll('#form input, #form select, #form button, #form summary')].length"""
    )
    page.evaluate(
        "globalThis.seen = new Set();"
        " document.addEventListener('focusin', event => seen.add(event.target.id))"
    )
    page.locator("#study-label").focus()
    for _ in range(expected + 5):
        page.keyboard.press("Tab")
    wanted = "['study-design', 'r1-a2-sd', 'r1-at', 'add-results', 'extraction-date']"
    becomes(page, f"{wanted}.filter(id => !seen.has(id))", [])
    page.locator("#study-setting").focus()
    page.keyboard.press("p")
    expect(page.locator("#model-species")).to_have_count(1)
    expect(page.locator("#study-setting")).to_be_focused()
    page.locator("#add-arms").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#a3-id")).to_be_focused()


def test_the_page_has_labels_for_every_control(visit: Opener) -> None:
    page = visit().page
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select')]"
        ".filter(one => !one.labels.length && !one.ariaLabel).map(one => one.id)"
    )
    assert unnamed == []
