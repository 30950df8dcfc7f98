"""A form filled in as a new user would gives a record that `metamsc check` accepts."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner
from playwright.sync_api import expect

import metamsc
from metamsc.cli import main
from tests.form.conftest import Opener
from tests.visit import becomes, texts

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

AGREE = 1e-8
"""Both sides are double precision closed forms."""

TRIAL: dict[str, str] = {
    "#study-label": "Müller 2020",
    "#study-title": "Umbilical-cord cells in type 1 diabetes: a trial",
    "#study-authors": "Müller A; Ö B",
    "#study-year": "2020",
    "#study-doi": "10.1000/example",
    "#study-countries": "DE",
    "#study-design": "rct-parallel",
    "#study-blinding": "double",
    "#study-follow-up": "12",
    "[aria-label='Follow-up: unit']": "months",
    "#population-diabetes-type": "T1D",
    "#a1-n-randomised": "21",
    "#a1-cells-source": "umbilical-cord",
    "#a1-cells-donor": "allogeneic",
    "#a1-cells-dose-value": "1e6",
    "#a1-cells-dose-unit": "cells/kg",
    "#a1-cells-infusions": "2",
    "#a1-cells-route": "intravenous",
    "#a2-n-randomised": "20",
    "#a2-comparator": "placebo",
    "#s1-key": "table-2",
    "#s1-locator": "Table 2",
    "#s1-url": "https://doi.org/10.1000/example",
    "#r1-outcome": "hba1c",
    "#r1-unit": "%",
    "#r1-at": "12",
    "#r1 [aria-label='Time: unit']": "months",
    "#r1-source": "s1",
    "#r1-a1-n": "21",
    "#r1-a1-mean": "7.4",
    "#r1-a1-sd": "1.1",
    "#r1-a2-n": "20",
    "#r1-a2-mean": "8.6",
    "#r1-a2-sd": "1.0",
    "#extraction-extracted-by": "A. Reader",
}
ANIMALS: dict[str, str] = {
    "#study-setting": "preclinical",
    "#study-label": "O’Brien 2021",
    "#study-title": "Marrow cells in rats",
    "#study-year": "2021",
    "#study-design": "animal-randomised",
    "#model-species": "rat",
    "#model-strain": "Wistar",
    "#model-sex": "male",
    "#model-induction-agent": "streptozotocin",
    "#model-models-type": "T1D",
    "#a1-n-randomised": "10",
    "#a1-cells-source": "bone-marrow",
    "#a1-cells-donor": "syngeneic",
    "#a2-n-randomised": "10",
    "#a2-comparator": "vehicle",
    "#s1-locator": "Table 1",
    "#s1-url": "https://doi.org/10.1000/rats",
    "#r1-outcome": "blood_glucose",
    "#r1-prints": "mean-se",
    "#r1-unit": "mg/dL",
    "#r1-at": "4",
    "#r1 [aria-label='Time: unit']": "weeks",
    "#r1-source": "s1",
    "#r1-a1-n": "10",
    "#r1-a1-mean": "250",
    "#r1-a1-se": "25",
    "#r1-a2-n": "10",
    "#r1-a2-mean": "420",
    "#r1-a2-se": "28",
    "#extraction-extracted-by": "A. Reader",
}


def fill(page: Page, entries: dict[str, str]) -> None:
    """Type and choose, as a reader would, from the top to the bottom."""
    for place, text in entries.items():
        control = page.locator(place)
        if control.evaluate("node => node.localName") == "select":
            control.select_option(text)
        else:
            control.fill(text)


def saved(page: Page, folder: Path, name: str = "clinical/muller-2020.yml") -> Path:
    """Download the record into its place below `folder`, once the page says that this is its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    expect(page.locator("#file")).to_have_text(f"data/extractions/{name}")
    with page.expect_download() as started:
        page.locator("#download").click()
    assert started.value.suggested_filename == path.name
    started.value.save_as(path)
    return path


@pytest.mark.parametrize(
    ("entries", "name"),
    [(TRIAL, "clinical/muller-2020.yml"), (ANIMALS, "preclinical/obrien-2021.yml")],
    ids=["trial", "animals"],
)
def test_a_filled_form_is_an_accepted_record(
    page: Page, tmp_path: Path, entries: dict[str, str], name: str
) -> None:
    fill(page, entries)
    expect(page.locator("#summary")).to_have_text("Nothing found: the record is ready.")
    file = saved(page, tmp_path, name)
    done = CliRunner().invoke(main, ["check", str(file)])
    assert done.exit_code == 0, done.output
    assert "no problems" in done.output
    assert metamsc.check_records(file).problems == ()


def test_what_is_missing_is_listed_and_leads_to_its_field(page: Page) -> None:
    fill(page, {key: text for key, text in TRIAL.items() if key != "#r1-source"})
    expect(page.locator("#summary")).to_have_text("1 field to fill in")
    page.locator("#gaps-list button").click()
    expect(page.locator("#r1-source")).to_be_focused()


def test_wrong_numbers_are_told_where_they_stand(page: Page) -> None:
    fill(
        page,
        {
            **TRIAL,
            "#r1-a1-n": "25",
            "#r1-a2-mean": "86",
            "#study-doi": "doi:10.1000/x",
            "#study-year": "20x0",
        },
    )
    for field, words in (
        ("r1-a1-n", "25 analysed; the group has 21 randomised"),
        ("r1-a2-mean", "86 %; expected 4 to 18"),
        ("study-doi", "has not the right form"),
        ("study-year", "must be a whole number"),
    ):
        expect(page.locator(f"#{field}-wrong")).to_contain_text(words)
    expect(page.locator("#study-year")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#live")).to_contain_text("1 warning")


def test_fields_follow_setting_outcome_and_print(page: Page) -> None:
    expect(page.locator("#population-diabetes-type")).to_have_count(1)
    page.locator("#study-setting").select_option("preclinical")
    expect(page.locator("#population-diabetes-type")).to_have_count(0)
    expect(page.locator("#model-species")).to_have_count(1)
    assert texts(page.locator("#study-design option"), "one.value")[1:] == [
        "animal-randomised",
        "animal-controlled",
        "animal-single-arm",
    ]
    page.locator("#r1-outcome").select_option("death")
    expect(page.locator("#r1-unit")).to_have_count(0)
    expect(page.locator("#r1-a1-events")).to_have_count(1)
    page.locator("#r1-outcome").select_option("blood_glucose")
    page.locator("#r1-prints").select_option("median-iqr")
    expect(page.locator("#r1-a2-iq-range")).to_have_count(1)
    page.locator("#add-arms").click()
    expect(page.locator("#r1-a3-median")).to_have_count(1)
    page.locator("#r1-prints").select_option("difference")
    expect(page.locator("#r1-c-treatment")).to_have_count(1)


WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("mean-pm", {"a1-n": "21", "a1-mean": "7.4", "a1-spread-value": "1.1"}),
    ("mean-ci", {"a1-n": "21", "a1-mean": "7.4", "a1-ci": "6.9"}),
    ("median-iqr", {"a1-n": "21", "a1-median": "7.4", "a1-iq-range": "6.9"}),
    ("change-se", {"a1-n": "21", "a1-change": "−1.1", "a1-se": "0.2"}),
)
HIGH = {"a1-ci": "7.9", "a1-iq-range": "8.1"}


@pytest.mark.parametrize(("prints", "entries"), WAYS, ids=[way for way, _ in WAYS])
def test_each_way_of_printing_is_read_back(
    page: Page, tmp_path: Path, prints: str, entries: dict[str, str]
) -> None:
    fill(page, {key: text for key, text in TRIAL.items() if not key.startswith(("#r1-a1", "#r1-a2"))})
    page.locator("#r1-prints").select_option(prints)
    fill(page, {f"#r1-{key}": text for key, text in entries.items()})
    for key, text in HIGH.items():
        if key in entries:
            page.locator(f"#r1-{key} ~ input").fill(text)
    expected: dict[str, Any] = {
        "mean-pm": {"n": 21, "mean": 7.4, "spread": {"value": 1.1, "kind": "unlabelled"}},
        "mean-ci": {"n": 21, "mean": 7.4, "ci": [6.9, 7.9]},
        "median-iqr": {"n": 21, "median": 7.4, "iq_range": [6.9, 8.1]},
        "change-se": {"n": 21, "change": -1.1, "se": 0.2},
    }
    becomes(page, "metamscForm.record().results[0].arms?.msc", expected[prints])
    file = saved(page, tmp_path)
    report = metamsc.check_records(file)
    assert report.problems == ()
    value = yaml.safe_load(file.read_text(encoding="utf-8"))["results"][0]["arms"]["msc"]
    assert value == expected[prints]


def test_effects_are_those_of_python(page: Page) -> None:
    rng_rows = [
        (21, 7.4, 1.1, 20, 8.6, 1.0),
        (3, 250.0, 40.5, 4, 420.0, 12.25),
        (900, 0.1, 2.0, 1400, 0.3, 3.5),
    ]
    for n1, m1, s1, n2, m2, s2 in rng_rows:
        arms = {"msc": {"n": n1, "mean": m1, "sd": s1}, "control": {"n": n2, "mean": m2, "sd": s2}}
        by_page = effects(page, arms)
        for measure in ("MD", "SMD"):
            own = metamsc.compute_effects(
                measure, n_treat=n1, mean_treat=m1, sd_treat=s1, n_control=n2, mean_control=m2, sd_control=s2
            )
            assert by_page[measure]["yi"] == pytest.approx(own.yi[0], rel=AGREE, abs=AGREE)
            assert by_page[measure]["vi"] == pytest.approx(own.vi[0], rel=AGREE)
    for a, n1, c, n2 in ((6, 21, 0, 20), (6, 21, 3, 20), (0, 12, 0, 9), (12, 12, 5, 9)):
        by_page = effects(page, {"msc": {"n": n1, "events": a}, "control": {"n": n2, "events": c}})
        for measure in ("RR", "OR"):
            own = metamsc.compute_effects(measure, n_treat=n1, events_treat=a, n_control=n2, events_control=c)
            assert by_page[measure]["yi"] == pytest.approx(own.yi[0], rel=AGREE, abs=AGREE)
            assert by_page[measure]["vi"] == pytest.approx(own.vi[0], rel=AGREE)
    by_page = effects(
        page, {"msc": {"n": 21, "mean": 7.4, "ci": [6.9, 7.9]}, "control": {"n": 20, "mean": 8.6, "se": 0.25}}
    )
    sd = metamsc.sd_from_ci(6.9, 7.9, 21).value
    own = metamsc.compute_effects(
        "SMD",
        n_treat=21,
        mean_treat=7.4,
        sd_treat=sd,
        n_control=20,
        mean_control=8.6,
        sd_control=0.25 * 20**0.5,
    )
    assert by_page["SMD"]["yi"] == pytest.approx(own.yi[0], rel=AGREE)
    half = 1.959963984540054 * by_page["SMD"]["vi"] ** 0.5
    assert by_page["SMD"]["high"] == pytest.approx(own.yi[0] + half, rel=AGREE)


def effects(page: Page, arms: dict[str, Any]) -> dict[str, Any]:
    record = {
        "study": {"setting": "clinical"},
        "arms": [{"id": "msc", "role": "treatment"}, {"id": "control", "role": "control"}],
        "results": [{"outcome": "hba1c", "arms": arms}],
    }
    found = page.evaluate("record => metamscForm.effects(record, 0)", record)
    return {each["measure"]: each for each in found}


def test_the_forest_row_follows_the_numbers(page: Page) -> None:
    fill(page, TRIAL)
    drawn = page.locator("#r1-effects svg")
    expect(drawn).to_have_count(2)
    words = "msc against control: MD −1.2 (95 % CI −1.84 to −0.557) %"
    expect(drawn.first).to_have_attribute("aria-label", words)
    page.locator("#r1-a1-mean").fill("")
    expect(drawn).to_have_count(0)


def reload_when_kept(page: Page, *, kept: bool) -> None:
    """Reload once a page that is loaded anew sees what was written.

    Chromium's processes tell each other of storage in their own time: a page that is loaded a moment
    after something was written may read what was there before.
    """
    page.reload()
    becomes(page, "localStorage.getItem('metamsc-form-1') !== null", kept)
    page.reload()


def test_work_survives_a_reload_and_is_cleared(visit: Opener) -> None:
    page = visit().page
    fill(page, TRIAL)
    expect(page.locator("#summary")).to_have_text("Nothing found: the record is ready.")
    before = page.evaluate("metamscForm.text()")
    reload_when_kept(page, kept=True)
    becomes(page, "metamscForm.text()", before)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#clear").click()
    expect(page.locator("#done")).to_have_text("The form is empty.")
    reload_when_kept(page, kept=False)
    expect(page.locator("#study-label")).to_have_value("")


def test_a_form_that_is_only_opened_writes_over_nothing(visit: Opener) -> None:
    page = visit().page
    becomes(page, "localStorage.length", 0)
    page.evaluate("localStorage.setItem('metamsc-form-1', 'kept by a newer form')")
    page.reload()
    expect(page.locator("#kept")).to_contain_text("is kept in this browser")
    becomes(page, "localStorage.getItem('metamsc-form-1')", "kept by a newer form")
    page.evaluate("localStorage.clear()")


def test_spoilt_storage_is_an_empty_form(visit: Opener) -> None:
    page = visit().page
    for kept in (
        "{",
        "[]",
        '{"arms": 7, "study": {"title": 5}}',
        '{"arms": [{"uid": "<b>"}], "results": null}',
    ):
        page.evaluate("kept => localStorage.setItem('metamsc-form-1', kept)", kept)
        page.reload()
        becomes(page, "metamscForm.record().schema", 1)
    page.evaluate("localStorage.clear()")


def test_github_gets_file_and_text_and_long_ones_do_not_go(page: Page) -> None:
    fill(page, TRIAL)
    expect(page.locator("#summary")).to_have_text("Nothing found: the record is ready.")
    text = page.evaluate("metamscForm.text()")
    asked: dict[str, str] = page.evaluate(
        "text => metamscForm.gitHubAddress('a-b/c.d', 'data/x y.yml', text)", text
    )
    address = urllib.parse.urlsplit(asked["address"])
    assert (address.scheme, address.netloc, address.path) == ("https", "github.com", "/a-b/c.d/new/HEAD")
    assert urllib.parse.parse_qs(address.query) == {"filename": ["data/x y.yml"], "value": [text]}
    long = page.evaluate("metamscForm.gitHubAddress('a/b', 'x.yml', 'é'.repeat(2000))")
    assert long == {"upload": "https://github.com/a/b/upload/HEAD/"}
    for given, start in (
        ("https://github.com/a/b.git", "https://github.com/a/b/new/HEAD?"),
        ("a/b@next/2", "https://github.com/a/b/new/next/2?"),
    ):
        asked = page.evaluate("to => metamscForm.gitHubAddress(to, 'x.yml', '')", given)
        assert asked["address"].startswith(start)
    for repository in ("", "a", "a/b/c", "https://evil.example/x", "a/b?x=1", "a/b@", "a/b@#x"):
        assert (
            "OWNER/NAME"
            in page.evaluate("to => metamscForm.gitHubAddress(to, 'x.yml', '')", repository)["wrong"]
        )
