"""Records whose every text was written by a stranger: in the page they are texts, and nothing runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from metamsc.dataset.rows import Derived, Missing
from tests import invented
from tests.explorer.conftest import Make, MakeRow, Open
from tests.visit import texts

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

HOSTILE = (
    "<script>globalThis.run = 1</script><img src=x onerror='globalThis.run = 1'>",
    "</script><script>globalThis.run = 1</script>",
    "<!--<script>",
    "javascript:globalThis.run=1",
    '"><svg/onload=globalThis.run=1>',
    "line\u2028and\u2029paragraph \u202eright to left",
    "${globalThis.run = 1} `${1}` {{x}}",
    "&lt;b&gt; &amp;amp;",
    "constructor",
    "__proto__",
    "x" * 5000,
    "\x07 bell \ufeff mark",
)
TAGS = """() => [...new Set([...document.querySelectorAll('*')].map(node => node.localName))].sort()"""
FRAMES = "script:not([type]), iframe, object, embed, img, foreignObject, base, form[action]"


def hostile_rows(make_row: MakeRow) -> list[Any]:
    rows = []
    for i, text in enumerate(HOSTILE):
        row = make_row(f"Row {i}", ("T1D", text)[i % 2], 0.1 * i, 0.05)
        levels = dict.fromkeys(("msc_source", "donor", "species", "product", "design"), text)
        rows.append(
            replace(
                row,
                row_id=text,
                study_id=text,
                label=text,
                cohort=text,
                definition=text,
                at=text,
                derived=(
                    Derived(side="treatment", text=f"sd ← {text}", imputed=True),
                    Derived(side="effect", text=text),
                ),
                notes=(text,),
                treatment=replace(row.treatment, label=text),
                control=replace(row.control, label=text),
                moderators=tuple({**dict(row.moderators), **levels}.items()),
                place=replace(row.place, file=f"{text}/{text}.yml", sources=(text,), urls=(text,)),
            )
        )
    return rows


def hostile_result(make_result: Make, make_row: MakeRow) -> Any:
    made = make_result(hostile_rows(make_row))
    left = [invented.exclusion("x", HOSTILE[i], text) for i, text in enumerate(HOSTILE)]
    gap = Missing(
        study_id="x", label=HOSTILE[0], diabetes_type=HOSTILE[1], outcome=HOSTILE[2], kind=HOSTILE[3],
        reason=HOSTILE[4], direction=HOSTILE[5], n=1, controlled=True, file=HOSTILE[3], line=1,
    )  # fmt: skip
    scale = replace(made.scale, unit=HOSTILE[0], treatment_label=HOSTILE[4], control_label=HOSTILE[1])
    return replace(
        made,
        name=HOSTILE[1],
        title=HOSTILE[0],
        question=HOSTILE[4],
        scale=scale,
        table=replace(made.table, excluded=tuple(left), missing=(gap,)),
        spec={**made.spec, "notes": list(HOSTILE)},
        manifest={"plan_sha256": HOSTILE[2]},
    )


def test_hostile_texts_are_texts(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    tame = open_results([make_result([make_row("Aa", "T1D", 0.1, 0.04), make_row("Bb", "T2D", 0.1, 0.04)])])
    tame.unfold()
    tame.page.locator("#forest .row").first.click()
    expect(tame.page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()
    known = set(tame.page.evaluate(TAGS))
    visit = open_results([hostile_result(make_result, make_row)])
    visit.unfold()
    page = visit.page
    for i in range(len(HOSTILE)):
        page.locator("#forest .row").nth(i).click()
        expect(page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    with visit.redrawn():
        page.evaluate(
            "document.querySelectorAll('#filters input[id$=\"-0\"]').forEach(box => { box.click(); })"
        )
    assert page.evaluate("globalThis.run") is None
    # what only more rows bring: lists, figures and their marks; nothing a text could have brought
    assert set(page.evaluate(TAGS)) - known <= {
        "figure",
        "figcaption",
        "ul",
        "li",
        "ol",
        "strong",
        "rect",
        "td",
    }
    expect(page.locator(FRAMES)).to_have_count(1)  # the page's own script
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(node => [...node.attributes].map(one => one.name))"
        ".filter(name => name.startsWith('on') || name === 'style' || name === 'srcdoc')"
    )
    assert handlers == []
    links = texts(page.locator("a"), "one.getAttribute('href')")
    assert all(link.startswith(("https://", "http://", "#")) for link in links)
    expect(page.locator("h1")).to_contain_text(HOSTILE[0])


def test_files_of_hostile_texts(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    visit = open_results([hostile_result(make_result, make_row)])
    svg = ET.fromstring(visit.page.evaluate("metamscExplorer.svg()").encode())  # noqa: S314 - ours
    assert {node.tag.rpartition("}")[2] for node in svg.iter()} == {"path", "rect", "svg", "text", "title"}
    with visit.page.expect_download() as started:
        visit.page.locator("#save-csv").click()
    assert "/" not in started.value.suggested_filename
    bibtex = visit.page.locator("#citation-bibtex").text_content() or ""
    assert bibtex.startswith("@misc{metamsc-")
    assert bibtex.count("{") == bibtex.count("}")


def test_markup_made_of_strings_is_refused_by_the_page_itself(page_of: Any) -> None:
    visit, _ = page_of()
    refused = visit.page.evaluate(
        """() => [
          () => { document.body.innerHTML = '<p>x'; },
          () => { document.body.insertAdjacentHTML('beforeend', '<p>x'); },
          () => { document.createElement('script').text = '1'; },
        ].map(attempt => { try { attempt(); return 'done'; } catch (error) { return error.name; } })"""
    )
    assert refused == ["TypeError"] * 3
    visit.complaints.clear()  # the browser's own words about it
