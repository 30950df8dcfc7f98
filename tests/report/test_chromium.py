"""The built pages in a real browser: nothing fetched, nothing broken, nothing wider than the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

DESKTOP, PHONE = (1280, 900), (390, 844)
ANALYSES = sorted(
    path.parent.name for path in (Path(__file__).parents[2] / "analyses").glob("*/analysis.yml")
)
PAGES = [
    "index.html",
    "records/index.html",
    "explorer.html",
    "published.html",
    "history.html",
    "records/clinical/cai-2016.html",
    *(f"{name}/report.html" for name in ANALYSES),
]
# Loosest line of type a reader can take; 45-75 characters is the printers' rule, tables not counted.
LONGEST_LINE = 95


class Visit:
    """One page, with everything that went wrong while it was opened."""

    def __init__(self, browser: Browser, file: Path, size: tuple[int, int], scheme: Any = "light") -> None:
        self.page: Page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, offline=True
        )
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_alone_and_fits(
    browser: Browser, shipped_site: Path, name: str, size: tuple[int, int]
) -> None:
    with Visit(browser, shipped_site / name, size) as visit:
        assert visit.complaints == []
        own = (shipped_site / name).as_uri()
        assert [url for url in visit.requests if url != own and not url.startswith("data:")] == []
        # folded parts as well
        visit.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], f"{name} is {width} px wide on {size[0]} px"
        assert visit.page.title()


@pytest.mark.parametrize("name", ANALYSES)
def test_figures_are_drawn_and_named(browser: Browser, shipped_site: Path, name: str) -> None:
    with Visit(browser, shipped_site / name / "report.html", DESKTOP) as visit:
        boxes = visit.page.eval_on_selector_all(
            "main svg",
            "all => all.map(one => { const box = one.getBoundingClientRect(); return [box.width, box.height,"
            " one.querySelectorAll('path').length, one.getAttribute('aria-label')]; })",
        )
        assert len(boxes) >= 2
        for width, height, paths, label in boxes:
            assert width > 300
            assert height > 80
            assert paths > 10
            assert label
        captions = visit.page.locator("figure > figcaption").count()
        assert captions == visit.page.locator("figure.mm-float").count() >= 9


@pytest.mark.parametrize("name", ANALYSES)
def test_tables_can_be_read(browser: Browser, shipped_site: Path, name: str) -> None:
    with Visit(browser, shipped_site / name / "report.html", DESKTOP) as visit:
        page = visit.page
        assert page.locator("table.mm-results").count() == 1
        for scope in ("col", "row"):
            assert page.locator(f"table.mm-results th[scope={scope}]").count() > 0
        headers = page.locator("table.mm-results thead th").count()
        cells = page.locator("table.mm-results tbody tr").first.locator("th, td").count()
        assert headers == cells
        # no cell of the studies is cut off by its box without a way to scroll there
        cut = page.evaluate(
            "[...document.querySelectorAll('.mm-table-box')].filter(box =>"
            " box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== 'auto').length"
        )
        assert cut == 0


def test_phone_shows_headings_beside_cells(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", PHONE) as visit:
        content = visit.page.evaluate(
            "getComputedStyle(document.querySelector('table.mm-results td'), '::before').content"
        )
        assert content == '"Studies"'
        # the roles keep the table a table for a screen reader
        assert visit.page.get_by_role("table").count() >= 5


def test_a_wide_head_of_a_table_is_not_seen_on_a_phone(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "published.html", PHONE) as visit:
        heads = visit.page.locator("table.mm-table thead")
        assert heads.count() >= 5
        looks = heads.evaluate_all("all => all.map(one => getComputedStyle(one).clipPath)")
        assert set(looks) == {"inset(50%)"}


def test_dark_scheme_is_dark_and_legible(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP, "dark") as visit:
        ink, paper = visit.page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert luminance(paper) < 0.05
        assert (luminance(ink) + 0.05) / (luminance(paper) + 0.05) >= 7.0  # WCAG 2.2, AAA
        # figures are drawn on white for paper; the screen turns them, the printer does not
        turned = "getComputedStyle(document.querySelector('#fig-forest svg')).filter"
        assert "invert" in visit.page.evaluate(turned)
        visit.page.emulate_media(media="print", color_scheme="dark")
        box = visit.page.evaluate("getComputedStyle(document.querySelector('.mm-figure')).backgroundColor")
        assert (visit.page.evaluate(turned), luminance(box)) == ("none", 1.0)


def luminance(color: str) -> float:
    """Relative luminance of ``rgb(r, g, b)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_are_not_too_long(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP) as visit:
        width, size = visit.page.evaluate(
            "(() => { const p = document.querySelector('#sec-methods p'); const style = getComputedStyle(p);"
            " return [p.getBoundingClientRect().width, parseFloat(style.fontSize)]; })()"
        )
        assert width / (0.5 * size) <= LONGEST_LINE


def test_source_link_opens_the_record_at_its_line(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP) as visit:
        link = visit.page.locator("table.mm-studies a[href*='cai-2016.html']").first
        line = link.inner_text().split(":")[1]
        link.click()
        target = visit.page.locator("li:target")
        assert target.count() == 1
        assert target.get_attribute("id") == f"L{line}"
        assert "hba1c" in target.inner_text()
        assert target.is_visible()


def test_keyboard_finds_the_way_past_the_navigation(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "mm-skip"
        visit.page.keyboard.press("Enter")
        assert visit.page.url.endswith("#content")


def test_tabs_are_opened_by_keyboard_and_by_a_link_and_all_on_paper(
    browser: Browser, shipped_site: Path
) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP) as visit:
        page = visit.page
        drawn, numbers = page.locator("#fig-sensitivity"), page.locator("#tbl-sensitivity")
        assert (drawn.is_visible(), numbers.is_visible()) == (True, False)
        page.locator(".mm-tabs summary").nth(1).focus()
        page.keyboard.press("Enter")
        assert (drawn.is_visible(), numbers.is_visible()) == (False, True)
        page.locator("#sec-sensitivity a[href='#fig-sensitivity']").first.click()
        assert drawn.is_visible(), "a link to what is in a tab opens it"
        page.emulate_media(media="print")
        heights = [part.evaluate("one => one.getBoundingClientRect().height") for part in (drawn, numbers)]
        assert min(heights) > 50
        paper, doubts = page.locator("#sec-paper .mm-callout"), page.locator("#sec-certainty .mm-callout")
        assert paper.count() >= 3
        assert not any(one.is_visible() for one in paper.all()), "text to take along is not printed"
        assert doubts.first.is_visible()


def test_print_unfolds_what_is_folded(browser: Browser, shipped_site: Path) -> None:
    with Visit(browser, shipped_site / "hba1c" / "report.html", DESKTOP) as visit:
        visit.page.emulate_media(media="print")
        assert (
            visit.page.locator("table.mm-excluded").evaluate("one => one.getBoundingClientRect().height") > 50
        )
        assert not visit.page.locator(".mm-toc").is_visible()
