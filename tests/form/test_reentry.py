"""Records of the review, typed into an empty form control by control, come out as the same records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.form.conftest import ROOT, Opener
from tests.form.corpus import study_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

EXTRACTIONS = ROOT / "data" / "extractions"
TYPED = [
    *(EXTRACTIONS / "clinical" / f"{name}.yml" for name in ("skyler-2015", "araujo-2020", "bhansali-2017")),
    *(EXTRACTIONS / "preclinical" / f"{name}.yml" for name in ("milanesi-2012", "endrinaldi-wj-msc")),
    ROOT / "tests" / "examples" / "extractions" / "valid" / "clinical" / "trial-2020.yml",
]
"""Four groups with one control, contrasts and derivations; medians with quartiles and an unnamed ±; counts
beside acknowledged warnings; animals with a shared control; animals with acknowledged warnings; risk of bias,
subgroup, percent change and characteristics of the participants."""

CONTROLS = """() => [...document.querySelectorAll('#form input, #form select, #form textarea')].map(node => {
  const field = node.closest('.field'), domain = node.closest('.domain');
  const part = node.closest('[id^="part-"]'), first = field.querySelector(':is(input, select, textarea)[id]');
  const list = node.closest('fieldset.card')?.parentElement;
  const nested = (domain ? part : list)?.querySelector(domain ? 'button.small' : ':scope > p > button.small');
  return {
    id: domain ? first.id.replace(domain.id, 'DOMAIN') : first.id,
    domain: domain?.getAttribute('aria-label') ?? '', part: part.id,
    place: [...field.querySelectorAll('input, select, textarea')].indexOf(node),
    tag: node.tagName, value: node.value, add: nested?.id ?? part.id.replace('part', 'add'),
  };
})"""
"""Every control with what stands in it, and the button that adds the entry it belongs to."""

SHOW = """({ id, domain }) => {
  const rows = [...document.querySelectorAll('.domain')];
  const named = name => each => each.getAttribute('aria-label') === name;
  const row = domain && (rows.find(named(domain)) ?? rows.find(named('Another domain')));
  if (domain && !row) return '';
  const node = document.getElementById(row ? id.replace('DOMAIN', row.id) : id);
  for (let part = node?.parentElement; part; part = part.parentElement) {
    if (part.tagName === 'DETAILS' && !part.open) part.querySelector('summary').click();
  }
  return node?.id ?? '';
}"""
"""Open what a control is hidden behind; its id, empty where it is not there yet."""


def open_file(page: Page, file: Path) -> None:
    from playwright.sync_api import expect

    page.locator("#file-to-open").set_input_files(file)
    expect(page.locator("#done")).to_have_text(f"Opened {file.name}.")


def type_in(page: Page, wanted: list[dict[str, Any]]) -> None:
    """Fill an empty form: choose, type, open what is behind “More”, and add what is not there yet."""
    in_order = sorted(wanted, key=lambda each: ["part-study", "part-sources"].count(each["part"]) == 0)
    for each in in_order:
        if not each["value"]:
            continue
        found = page.evaluate(SHOW, each)
        if not found:
            page.locator(f"#{page.evaluate(SHOW, {'id': each['add'], 'domain': ''})}").click()
            found = page.wait_for_function(SHOW, arg=each).json_value()
        field = page.locator(".field").filter(has=page.locator(f"[id='{found}']"))
        control = field.locator("input, select, textarea").nth(each["place"])
        if each["tag"] == "SELECT":
            control.select_option(each["value"])
        else:
            control.fill(each["value"])


@pytest.mark.parametrize("file", TYPED, ids=lambda file: file.stem)
def test_a_record_is_typed_anew(visit: Opener, tmp_path: Path, file: Path) -> None:
    opened = visit().page
    open_file(opened, file)
    wanted = opened.evaluate(CONTROLS)
    page = visit().page
    page.evaluate("localStorage.clear()")
    page.reload()
    if not any(each["part"] == "part-results" for each in wanted):
        page.get_by_role("button", name="Remove result 1").click()
    type_in(page, wanted)
    with page.expect_download() as started:
        page.locator("#download").click()
    typed = tmp_path / file.name
    started.value.save_as(typed)
    assert study_of(typed) == study_of(file)
    assert (
        page.evaluate("metamscForm.problems(metamscForm.record()).filter(each => each.severity === 'error')")
        == []
    )
