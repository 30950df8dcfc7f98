"""axe-core finds no serious or critical issue, in each layout and with each part open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.explorer.conftest import Opener
from tests.visit import DESKTOP, PHONE, Visit, becomes, texts

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def serious(page: Any) -> list[tuple[str, str]]:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

    found = Axe().run(page).response["violations"]
    return [
        (item["id"], node["html"][:200])
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")],
    ids=["desktop", "dark", "phone"],
)
@pytest.mark.parametrize(
    "hash_", ["#a=hba1c&merge=1", "#a=hba1c&open=cai-2016%3Amsc"], ids=["page", "record"]
)
def test_axe_finds_nothing_serious(
    visit: Opener, shipped_page: Path, size: tuple[int, int], scheme: str, hash_: str
) -> None:
    opened = visit(shipped_page, hash_, size=size, color_scheme=scheme)
    opened.unfold()
    assert serious(opened.page) == []


def test_axe_finds_nothing_serious_where_rows_scroll(
    open_results: Callable[..., Any], make_result: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    rows = [make_row(f"Study {i:03d}", "T1D", 0.01 * i, 0.05) for i in range(120)]
    one = replace(rows[0], label="Out")
    opened = open_results([make_result([one, *rows[1:]])], "#a=invented&out=study-003%3Amsc")
    opened.unfold()
    assert serious(opened.page) == []


def test_the_page_has_a_language_landmarks_and_headings_in_order(visit: Opener, shipped_page: Path) -> None:
    page = visit(shipped_page, "#a=hba1c").page
    becomes(page, "document.documentElement.lang", "en")
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("form", name="Choices")).to_have_count(1)
    levels = [
        level
        for level, seen in texts(
            page.locator("h1, h2, h3"), "[Number(one.tagName[1]), one.checkVisibility()]"
        )
        if seen
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_live_region_is_polite_and_says_the_result(visit: Opener, shipped_page: Path) -> None:
    opened = visit(shipped_page, "#a=hba1c")
    region = opened.page.locator("#live")
    expect(region).to_have_attribute("aria-live", "polite")
    opened.page.get_by_label("Interval", exact=True).select_option("wald")
    expect(region).to_contain_text("pooled mean difference −1.34 percentage points (95% CI")


def test_what_has_the_focus_is_seen(visit: Opener, shipped_page: Path) -> None:
    page = visit(shipped_page, "#a=hba1c").page
    page.keyboard.press("Tab")
    expect(page.locator("a.mm-skip")).to_be_focused()
    outlines = page.evaluate(
        """() => ['#analysis', '#reset', '#save-svg', '#tau2'].map(name => {
          const node = document.querySelector(name);
          node.focus();
          const style = getComputedStyle(node);
          return [style.outlineStyle, parseFloat(style.outlineWidth)];
        })"""
    )
    assert all(style == "solid" and width >= 2 for style, width in outlines)


def test_no_motion_where_none_is_wanted(browser: Any, shipped_page: Path) -> None:
    with Visit(browser, reduced_motion="reduce") as opened:
        opened.go(shipped_page, "#a=hba1c")
        # one call: nodes gathered in an earlier one may have been redrawn away, and those have no style
        durations = texts(opened.page.locator("*"), "getComputedStyle(one).transitionDuration")
    assert set(durations) == {"0s"}
