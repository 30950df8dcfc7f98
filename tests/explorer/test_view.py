"""The page in Chromium: forest plot by keyboard, on a phone and on paper; tables, downloads, many studies."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from metamsc.models.pool import pool
from tests import invented
from tests.explorer.conftest import AGREE, Make, MakeRow, Open, Paged, estimate, pools
from tests.visit import PHONE, becomes, texts

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


ACTIVE = "document.activeElement.dataset.id"


def test_the_forest_plot_by_keyboard(page_of: Paged) -> None:
    visit, _ = page_of()
    page = visit.page
    rows: list[str] = texts(page.locator("#forest .row"), "one.dataset.id")
    page.locator("#forest .row").first.focus()
    becomes(page, ACTIVE, rows[0])
    expect(page.locator("#forest .row[tabindex='0']")).to_have_count(1)
    for key, row in (("ArrowDown", rows[1]), ("End", "alone:msc"), ("Home", rows[0])):
        page.keyboard.press(key)
        becomes(page, ACTIVE, row)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    becomes(page, ACTIVE, rows[0])  # the focus is back where it was


def test_a_row_keeps_the_focus_when_the_window_changes(page_of: Paged) -> None:
    visit, _ = page_of()
    page = visit.page
    second = texts(page.locator("#forest .row"), "one.dataset.id")[1]
    page.locator("#forest .row").first.focus()
    page.keyboard.press("ArrowDown")
    becomes(page, ACTIVE, second)
    with visit.redrawn():
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    becomes(page, ACTIVE, second)


def test_every_control_is_reached_by_tab(page_of: Paged) -> None:
    visit, _ = page_of()
    page = visit.page
    wanted = page.evaluate(
        "[...document.querySelectorAll('select, input, button, summary, a')]"
        ".filter(one => !one.disabled && one.checkVisibility() && !one.closest('dialog')).length"
    )
    page.evaluate(
        "globalThis.seen = new Set(); document.addEventListener('focusin', event => seen.add(event.target))"
    )
    for _ in range(wanted + 25):
        page.keyboard.press("Tab")
    missed = (
        "[...document.querySelectorAll('select, input, button, summary, a')].filter(one => !one.disabled"
        " && one.checkVisibility() && !one.closest('dialog') && !seen.has(one)).map(one => one.outerHTML)"
    )
    becomes(page, missed, [])


def test_the_table_has_the_rows_of_the_plot(page_of: Paged) -> None:
    visit, rows = page_of()
    visit.page.get_by_text("The forest plot as a table").click()
    lines = visit.page.locator("#studies tbody tr")
    expect(lines).to_have_count(len(rows))
    view = {row.label: row for row in rows}
    for line in texts(lines, "one.innerText"):
        label, _, _, _, _, effect, *_ = line.split("\t")
        assert effect.replace("\u2212", "-") == f"{view[label].yi:.2f}"


def test_funnel_and_leave_one_out_follow_the_filter(page_of: Paged) -> None:
    visit, _ = page_of()
    count = "document.querySelector('#funnel path.f-study').getAttribute('d').split('M').length - 1"
    becomes(visit.page, count, 6)
    expect(visit.page.locator("#leave-one-out tbody tr")).to_have_count(12)
    visit.page.get_by_label(re.compile("^Adipose")).uncheck()
    becomes(visit.page, count, 4)
    expect(visit.page.locator("#leave-one-out tbody tr")).to_have_count(8)
    expect(visit.page.locator("#leave-one-out figure")).to_have_count(2)


def test_rows_as_csv_are_exact_and_run_nothing(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    hostile = (
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "\t=1",
        '"quoted", and\nbroken',
        "-1.5",
        "＝1",
    )
    rows = [
        replace(make_row(f"S {i}", "T1D", 0.1 + i / 3, 0.05 / (i + 1)), label=text, notes=(text,))
        for i, text in enumerate(hostile)
    ]
    visit = open_results([make_result(rows)])
    read = list(csv.DictReader(io.StringIO(visit.page.evaluate("metamscExplorer.csv()"))))
    assert [(float(line["yi"]), float(line["vi"])) for line in read] == [(row.yi, row.vi) for row in rows]
    for line, text in zip(read, hostile, strict=True):
        assert line["label"] in (text, f"'{text}")
        runs = re.match(r"[=@\t\r＝]|[+-].*[A-Za-z|!+]", text) is not None
        assert line["label"].startswith("'") == runs
    assert sum(float(line["weight_percent"]) for line in read) == pytest.approx(100.0)


def test_downloads(page_of: Paged, tmp_path: Path) -> None:
    visit, _ = page_of("#a=invented&f.msc_source=adipose")
    files = {}
    for button in ("save-svg", "save-png", "save-csv", "save-bibtex"):
        with visit.page.expect_download() as started:
            visit.page.locator(f"#{button}").click()
        files[button] = tmp_path / started.value.suggested_filename
        started.value.save_as(files[button])
    assert sorted(file.suffix for file in files.values()) == [".bib", ".csv", ".png", ".svg"]
    svg = files["save-svg"].read_text(encoding="utf-8")
    assert "Filtered: Tissue source: Adipose." in svg
    assert not re.search(r"<(?:script|foreignObject|image|a)\b|\s(?:on\w+|style|class)=", svg)
    assert files["save-png"].read_bytes().startswith(b"\x89PNG")
    bibtex = files["save-bibtex"].read_text(encoding="utf-8")
    assert bibtex.startswith("@misc{metamsc-invented,")
    assert bibtex.count("{") == bibtex.count("}")
    assert "filtered: Tissue source: Adipose" in bibtex


@pytest.mark.parametrize("hash_", ["", "#a=invented&merge=1&by=design", "#a=invented&open=study-00%3Amsc"])
def test_nothing_is_wider_than_a_phone(page_of: Paged, hash_: str) -> None:
    visit, _ = page_of(hash_, size=PHONE)
    visit.unfold()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    written = texts(
        visit.page.locator("#forest text"),
        "[parseFloat(getComputedStyle(one).fontSize), one.getBoundingClientRect().right]",
    )
    assert min(size for size, _ in written) >= 10.5
    assert max(right for _, right in written) <= PHONE[0]


FEW_DRAWN = "document.querySelectorAll('#forest .row').length < 80"


def test_print_shows_all_rows_and_no_controls(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    rows = [make_row(f"Study {i:03d}", "T1D", 0.01 * i, 0.05) for i in range(150)]
    visit = open_results([make_result(rows)])
    page = visit.page
    drawn = page.locator("#forest .row")
    becomes(page, FEW_DRAWN, True)
    with visit.redrawn():  # the choices go, and the plot has their width
        page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(drawn).to_have_count(150)
    expect(page.locator(".side")).not_to_be_visible()
    expect(page.locator("#studies tbody tr")).to_have_count(100)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    becomes(page, FEW_DRAWN, True)


def test_a_thousand_studies_are_drawn_as_they_come_into_sight(
    open_results: Open, make_result: Make, make_row: MakeRow
) -> None:
    rows = [make_row(f"Study {i:04d}", "T1D", 0.001 * i, 0.05) for i in range(1000)]
    visit = open_results([make_result(rows)])
    page = visit.page
    becomes(page, FEW_DRAWN, True)
    page.locator("#forest .row").first.focus()
    page.keyboard.press("End")
    becomes(page, ACTIVE, "study-0999:msc")
    page.keyboard.press("PageUp")
    becomes(page, ACTIVE, "study-0989:msc")
    labels = texts(page.locator("#forest .row"), "one.dataset.id")
    assert "study-0989:msc" in labels
    assert labels == sorted(labels)
    becomes(page, FEW_DRAWN, True)
    assert pools(visit)["T1D"]["estimate"] == pytest.approx(estimate(rows), rel=AGREE)


def test_the_order_of_studies_moves_no_number(page_of: Paged) -> None:
    visit, rows = page_of("#a=invented&sort=effect")
    view = visit.page.evaluate(
        "metamscExplorer.view().groups.flatMap(group => group.rows.map((row, i) =>"
        " [row.id, row.yi, group.id, group.fit.weights[i]]))"
    )
    effects = {row.row_id: row.yi for row in rows}
    assert all(effects[name] == yi for name, yi, _, _ in view)
    one = [yi for _, yi, group, _ in view if group == "T1D"]
    assert one == sorted(one)
    own = [row for row in rows if row.diabetes_type == "T1D"]
    expected = pool([row.yi for row in own], [row.vi for row in own]).weights_percent
    by_id = {row.row_id: weight for row, weight in zip(own, expected, strict=True)}
    for name, _, group, weight in view:
        if group == "T1D":
            assert weight == pytest.approx(by_id[name], rel=AGREE)


def test_ratios_are_shown_as_ratios(open_results: Open, make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row(f"Study {i}", "T1D", float(np.log(0.5 + 0.1 * i)), 0.05) for i in range(3)]
    visit = open_results([make_result(rows, invented.RR)])
    expect(visit.page.locator("#forest .row").first.get_by_text("0.50", exact=True)).to_have_count(1)
    expect(visit.page.locator("#forest")).to_contain_text("Risk ratio for complete ulcer healing (log scale)")
