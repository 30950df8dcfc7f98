"""Records whose every text was written by a stranger: in the page they are texts, and nothing runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from metamsc.dataset.rows import Derived, Missing
from tests.explorer.conftest import Make, MakeRow, Open, Visit, invented

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


def open_everything(visit: Visit) -> None:
    visit.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    visit.live()


def test_hostile_texts_are_texts(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    tame = open_results([make_result([make_row("Aa", "T1D", 0.1, 0.04), make_row("Bb", "T2D", 0.1, 0.04)])])
    open_everything(tame)
    tame.page.locator("#forest .row").first.click()
    known = set(tame.page.evaluate(TAGS))
    visit = open_results([hostile_result(make_result, make_row)])
    open_everything(visit)
    page = visit.page
    for i in range(len(HOSTILE)):
        page.locator("#forest .row").nth(i).click()
        page.keyboard.press("Escape")
    page.evaluate("document.querySelectorAll('#filters input[id$=\"-0\"]').forEach(box => { box.click(); })")
    visit.live()
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
    assert page.locator(FRAMES).count() == 1  # the page's own script
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(node => [...node.attributes].map(one => one.name))"
        ".filter(name => name.startsWith('on') || name === 'style' || name === 'srcdoc')"
    )
    assert handlers == []
    links = page.evaluate("[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    assert all(link.startswith(("https://", "http://", "#")) for link in links)
    assert HOSTILE[0] in page.locator("h1").inner_text()


def test_files_of_hostile_texts(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    visit = open_results([hostile_result(make_result, make_row)])
    svg = ET.fromstring(visit.page.evaluate("metamscExplorer.svg()").encode())  # noqa: S314 - ours
    assert {node.tag.rpartition("}")[2] for node in svg.iter()} == {"path", "rect", "svg", "text", "title"}
    with visit.page.expect_download() as started:
        visit.page.locator("#save-csv").click()
    assert "/" not in started.value.suggested_filename
    # what stands below the forest is written once the browser has time
    visit.page.wait_for_function("document.querySelector('#citation-bibtex').textContent !== ''")
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
