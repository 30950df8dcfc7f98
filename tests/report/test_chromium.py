"""The built pages in a real browser: nothing fetched, nothing broken, nothing wider than the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.visit import DESKTOP, PHONE, Visit, becomes, own_only, texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

ANALYSES = sorted(
    path.parent.name for path in (Path(__file__).parents[2] / "analyses").glob("*/analysis.yml")
)
PAGES = [
    "index.html",
    "findings.html",
    "records/index.html",
    "explorer.html",
    "form.html",
    "published.html",
    "history.html",
    "records/clinical/cai-2016.html",
    *(f"{name}/report.html" for name in ANALYSES),
]
# Loosest line of type a reader can take; 45-75 characters is the printers' rule, tables not counted.
LONGEST_LINE = 95


def opened(browser: Browser, file: Path, size: tuple[int, int] = DESKTOP, **options: Any) -> Visit:
    """Open a page of the site, which needs no script."""
    return Visit(browser, size, **options).go(file)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_alone_and_fits(
    browser: Browser, shipped_site: Path, name: str, size: tuple[int, int]
) -> None:
    with opened(browser, shipped_site / name, size) as visit:
        own = (shipped_site / name).as_uri()
        assert [url for url in visit.requests if url != own and not url.startswith("data:")] == []
        visit.unfold()
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], f"{name} is {width} px wide on {size[0]} px"
        assert visit.page.title()
    own_only([visit])


HEAD = """() => {
  const top = document.querySelector("header.mm-top"), body = getComputedStyle(document.body);
  const links = [...top.querySelectorAll("a")];
  return {
    words: links.map(one => one.textContent),
    pages: links.map(one => one.href),
    height: top.getBoundingClientRect().height,
    colours: [getComputedStyle(top).backgroundColor, body.backgroundColor, body.color,
              ...links.slice(0, 1).map(one => getComputedStyle(one).color)],
    type: [body.fontFamily, getComputedStyle(top).fontSize],
    here: links.filter(one => one.ariaCurrent === "page").map(one => one.href),
  };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_has_the_head_of_the_site(browser: Browser, shipped_site: Path, scheme: str) -> None:
    heads = {}
    for name in PAGES:
        with opened(browser, shipped_site / name, color_scheme=scheme) as visit:
            heads[name] = visit.page.evaluate(HEAD)
    linked = heads["index.html"]["pages"]
    for name, head in heads.items():
        own = (shipped_site / name).as_uri()
        assert head.pop("here") == ([own] if own in linked else []), name
    assert [name for name, head in heads.items() if head != heads["index.html"]] == []
    assert heads["index.html"]["words"][0] == "metamsc: MSC therapy in diabetes"


@pytest.mark.parametrize("name", ANALYSES)
def test_figures_are_drawn_and_named(browser: Browser, shipped_site: Path, name: str) -> None:
    with opened(browser, shipped_site / name / "report.html") as visit:
        boxes = texts(
            visit.page.locator("main svg"),
            "[one.getBoundingClientRect().width, one.getBoundingClientRect().height,"
            " one.querySelectorAll('path').length, one.getAttribute('aria-label')]",
        )
        assert len(boxes) >= 2
        for width, height, paths, label in boxes:
            assert width > 300
            assert height > 80
            assert paths > 10
            assert label
        floats = visit.page.locator("figure.mm-float")
        assert floats.count() >= 9
        expect(visit.page.locator("figure > figcaption")).to_have_count(floats.count())


@pytest.mark.parametrize("name", ANALYSES)
def test_tables_can_be_read(browser: Browser, shipped_site: Path, name: str) -> None:
    with opened(browser, shipped_site / name / "report.html") as visit:
        page = visit.page
        results = page.locator("table.mm-results")
        expect(results).to_have_count(1)
        for scope in ("col", "row"):
            expect(results.locator(f"th[scope={scope}]").first).to_be_visible()
        headers = results.locator("thead th").count()
        expect(results.locator("tbody tr").first.locator("th, td")).to_have_count(headers)
        # no cell of the studies is cut off by its box without a way to scroll there
        cut = (
            "[...document.querySelectorAll('.mm-table-box')].filter(box =>"
            " box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== 'auto').length"
        )
        becomes(page, cut, 0)


def test_phone_shows_headings_beside_cells(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html", PHONE) as visit:
        content = "getComputedStyle(document.querySelector('table.mm-results td'), '::before').content"
        becomes(visit.page, content, '"Studies"')
        # the roles keep the table a table for a screen reader
        assert visit.page.get_by_role("table").count() >= 5


def test_a_wide_head_of_a_table_is_not_seen_on_a_phone(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "published.html", PHONE) as visit:
        heads = visit.page.locator("table.mm-table thead")
        assert heads.count() >= 5
        assert set(texts(heads, "getComputedStyle(one).clipPath")) == {"inset(50%)"}


def test_dark_scheme_is_dark_and_legible(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html", color_scheme="dark") as visit:
        ink, paper = visit.page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert luminance(paper) < 0.05
        assert (luminance(ink) + 0.05) / (luminance(paper) + 0.05) >= 7.0  # WCAG 2.2, AAA
        # figures are drawn on white for paper; the screen turns them, the printer does not
        figure = visit.page.locator("#fig-forest svg")
        expect(figure).to_have_css("filter", re.compile("invert"))
        visit.page.emulate_media(media="print", color_scheme="dark")
        expect(figure).to_have_css("filter", "none")
        expect(visit.page.locator(".mm-figure").first).to_have_css("background-color", "rgb(255, 255, 255)")


def luminance(color: str) -> float:
    """Relative luminance of ``rgb(r, g, b)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_are_not_too_long(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html") as visit:
        width, size = visit.page.evaluate(
            "(() => { const p = document.querySelector('#sec-methods p'); const style = getComputedStyle(p);"
            " return [p.getBoundingClientRect().width, parseFloat(style.fontSize)]; })()"
        )
        assert width / (0.5 * size) <= LONGEST_LINE


def test_source_link_opens_the_record_at_its_line(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html") as visit:
        link = visit.page.locator("table.mm-studies a[href*='cai-2016.html']").first
        line = link.inner_text().split(":")[1]
        link.click()
        target = visit.page.locator("li:target")
        expect(target).to_have_attribute("id", f"L{line}")
        expect(target).to_contain_text("hba1c")
        expect(target).to_be_visible()


def test_keyboard_finds_the_way_past_the_navigation(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html") as visit:
        visit.page.keyboard.press("Tab")
        expect(visit.page.locator(".mm-skip")).to_be_focused()
        visit.page.keyboard.press("Enter")
        expect(visit.page).to_have_url(re.compile("#content$"))


def test_tabs_are_opened_by_keyboard_and_by_a_link_and_all_on_paper(
    browser: Browser, shipped_site: Path
) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html") as visit:
        page = visit.page
        drawn, numbers = page.locator("#fig-sensitivity"), page.locator("#tbl-sensitivity")
        expect(drawn).to_be_visible()
        expect(numbers).not_to_be_visible()
        page.locator(".mm-tabs summary").nth(1).focus()
        page.keyboard.press("Enter")
        expect(numbers).to_be_visible()
        expect(drawn).not_to_be_visible()
        page.locator("#sec-sensitivity a[href='#fig-sensitivity']").first.click()
        expect(drawn, "a link to what is in a tab opens it").to_be_visible()
        page.emulate_media(media="print")
        becomes(page, taller("#fig-sensitivity", "#tbl-sensitivity"), [True, True])
        paper, doubts = page.locator("#sec-paper .mm-callout"), page.locator("#sec-certainty .mm-callout")
        assert paper.count() >= 3
        for one in paper.all():
            expect(one, "text to take along is not printed").not_to_be_visible()
        expect(doubts.first).to_be_visible()


def taller(*places: str) -> str:
    """Write the script that says of each place whether it has the height of more than a line."""
    return f"{list(places)}.map(at => document.querySelector(at).getBoundingClientRect().height > 50)"


def test_print_unfolds_what_is_folded(browser: Browser, shipped_site: Path) -> None:
    with opened(browser, shipped_site / "hba1c" / "report.html") as visit:
        visit.page.emulate_media(media="print")
        becomes(visit.page, taller("table.mm-excluded"), [True])
        expect(visit.page.locator(".mm-toc")).not_to_be_visible()


@pytest.mark.parametrize("name", ["index.html", "hba1c/report.html", "explorer.html"])
def test_on_paper_no_marker_says_that_something_is_folded(
    browser: Browser, shipped_site: Path, name: str
) -> None:
    with opened(browser, shipped_site / name) as visit:
        visit.page.emulate_media(media="print")
        markers = texts(visit.page.locator("summary"), "getComputedStyle(one).listStyleType")
    assert markers
    assert set(markers) == {"none"}
