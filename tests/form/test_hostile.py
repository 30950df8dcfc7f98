"""Whatever is typed is a text: in the file, in the page, and in what is kept."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from playwright.sync_api import expect

from metamsc.records.load import read_record
from metamsc.records.studies import StudyFile
from metamsc.records.text import BAD_CHARACTER
from tests.form.conftest import Opener
from tests.form.test_fill import TRIAL, fill, saved
from tests.visit import becomes

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

STRINGS = (
    "no", "No", "yes", "on", "off", "y", "n", "null", "~", "true", "False", "NaN", ".inf", "-.inf", "007",
    "0x1F", "1_000", "1e3", "12:30:45", "2020-01-31", "=", "<<", "- a", "-", "?", "? a", ": ", "a: b",
    "a:b", "a #b", "#a", "&a", "*a", "!tag", "|", ">", ">-", "'", '"', "''", "it's", '"quoted"',
    "back\\slash", "\\", "\\n", "%", "@a", "`a`", "{a: b}", "[a, b]", ",", "a, b", "]", "}",
    "</script><script>globalThis.run = 1</script>", "<img src=x onerror=globalThis.run=1>", "<!--",
    "${globalThis.run=1}", "Ö, ß, 東京, Δ, ½, ±", "😀", "e\u0301", "a\u2028b", "a\u0085b", "zero\u200bwidth",
    "soft\u00adhyphen", "\ufeffmark", "right\u202eleft", "\x07bell", "tab\tinside", "non\u00a0breaking",
    "__proto__", "constructor", "x" * 3000, "a  b", "---", "...", "--- a", "é: è #ê",
)  # fmt: skip
ALPHABET = " \t:#-?&*!|>'\"%@`{}[],\\~=.<$/_0123456789abnoyeéß東😀\u200b\u00a0\x01"
RANDOM = 400
LONGEST_KEY = 1000
"""YAML has none above 1024 characters; the form lets no name grow beyond 60."""


def many_strings() -> list[str]:
    chance = random.Random(7)  # noqa: S311 - no secret
    made = ["".join(chance.choices(ALPHABET, k=chance.randint(1, 25))) for _ in range(RANDOM)]
    return [*STRINGS, *made, "two\nlines", "\r\nlines\r\n", "- a\n- b"]


def clean(text: str) -> str:
    """Return what a record may hold of a text, by the rule of the reader."""
    return BAD_CHARACTER.sub("", text).strip(" \t\r\n")


def test_every_text_is_read_back_as_it_was_typed(page: Page) -> None:
    texts = many_strings()
    kept = page.evaluate("texts => texts.map(metamscForm.cleanText)", texts)
    assert kept == [clean(text) for text in texts]
    whole = {
        "list": kept,
        "map": {"text": kept},
        "keys": {text: 1 for text in kept if 0 < len(text) < LONGEST_KEY and text != "__proto__"},
    }
    for text in kept:
        whole[f"v{len(whole)}"] = {"a": {"b": {"c": text, "d": [text]}}}
    written = page.evaluate("data => metamscForm.yaml(data)", whole)
    assert yaml.safe_load(written) == whole
    assert not BAD_CHARACTER.search(written)


def test_every_number_is_read_back(page: Page) -> None:
    chance = random.Random(8)  # noqa: S311 - no secret
    numbers = [0, -0.5, 1e6, 1e21, 1.5e300, 1e-7, -2.5e-9, 1.2345678901234568e20, 0.1 + 0.2]
    numbers += [chance.uniform(-1, 1) * 10 ** chance.randint(-12, 25) for _ in range(200)]
    written = page.evaluate("numbers => metamscForm.yaml({numbers})", numbers)
    # a record's numbers are doubles: a whole number above 2^53 is read as an int and then as the same double
    assert [float(number) for number in yaml.safe_load(written)["numbers"]] == numbers


def test_hostile_texts_typed_into_the_form_are_texts(visit: Opener, tmp_path: Path) -> None:
    page = visit().page
    fill(page, TRIAL)
    for number, text in enumerate(STRINGS[::6]):
        entries = {
            "#study-title": text,
            "#a1-cells-co-intervention": text,
            "#s1-locator": text,
            "#study-label": text,
        }
        fill(page, {"#study-id": "muller-2020", **entries})
        becomes(page, "metamscForm.record().study.label ?? ''", clean(text))  # what was typed last
        file = saved(page, tmp_path)
        found = read_record(str(file))
        if not clean(text):
            continue
        assert isinstance(found, StudyFile), (number, text, found)
        study = found.study
        assert study.study.title == study.study.label == study.sources["table-2"].locator == clean(text)
        assert study.arms[0].cells is not None
        assert study.arms[0].cells.co_intervention == clean(text)
    page.locator("#a1-id").fill("<svg onload=globalThis.run=1>")
    page.locator("#s1-key").fill("__proto__")
    page.locator("#r1-prints").select_option("mean-se")
    expect(page.locator("#r1-a1-se")).to_have_count(1)
    page.reload()
    expect(page.locator("#a1 legend")).to_contain_text("<svg onload")
    becomes(page, "typeof globalThis.run", "undefined")
    expect(page.locator("script:not([type]), img, iframe, object, embed, base")).to_have_count(1)


def test_only_the_pages_own_script_and_style_may_run(visit: Opener) -> None:
    visited = visit()
    policy = visited.page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert re.findall(r"https?:", policy) == []
    refused = visited.page.evaluate(
        """() => [
          () => { document.body.innerHTML = '<p>x'; },
          () => { document.createElement('script').text = '1'; },
        ].map(attempt => { try { attempt(); return 'done'; } catch (error) { return error.name; } })"""
    )
    assert refused == ["TypeError"] * 2
    visited.complaints.clear()  # the browser's own words about it


def test_names_of_groups_are_safe_as_keys(page: Page) -> None:
    fill(page, {**TRIAL, "#a1-id": "constructor", "#s1-key": "constructor"})
    becomes(page, "Object.keys(metamscForm.record().results[0].arms)", ["constructor", "control"])
    expect(page.locator("#summary")).to_have_text("Nothing found: the record is ready.")
