"""A record's file opens in the form whole; what the form cannot hold is named, and nothing is lost."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from metamsc.records.yaml_events import Loaded, load_yaml_bytes
from tests.form.conftest import Opener
from tests.form.corpus import SHIPPED, VALID, WRONG, study_of

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

READ = """texts => texts.map(text => {
  try {
    return [metamscForm.read(text)];
  } catch (error) {
    return error instanceof SyntaxError ? null : String(error);
  }
})"""
AGAIN = "records => records.map(record => metamscForm.again(record))"
SPOILT = 1500
"""Texts of records with one to three characters or lines changed."""


ODD = (
    "a: |\n  x\n\n   y\nb: >+\n  p\n  q\n\n",
    "a: >-\n  x\n    more\n  y\n",
    'a: "x\n  y\n\n  z"\n',
    "a: 'it''s\n  so'\n",
    "a: [x, {b: 1, c: [2,3]},\n  'y z']\n",
    "a:\n- b: 1\n  c: 2\n-\n  - d\n- - e\n",
    "a: 012\nb: 1e6\nc: 0x1F\nd: no\ne: ~\nf: 1_000\ng: 12:30\nh: -.5\ni: +3.\n",
    "a: x\n  y\n\n  z\nb: 1\n",
    'a: "\\u00e9\\x41\\n\\\\ \\\n  b"\n',
    "? a\n: b\n",
    "a: &x 1\nb: *x\n",
    "a: !!str 1\n",
    "<<: {a: 1}\n",
    "a: 1\na: 2\n",
    "a: .inf\n",
    "a: 1e60\n",
    "- a\n",
    "",
    "# only\n",
    "a: 1\n---\nb: 2\n",
    "%YAML 1.2\n---\na: 1\n",
    "a: {b: c: d}\n",
    "a: b: c\n",
    "'a b': 1\n\"c\\td\": 2\n",
    "a: http://x.y/z#w\n",
    "a: x # y\n",
    "a: x# y\n",
    "a: 'x'y\n",
    "a: [1, 2\n",
    "\ta: 1\n",
    "a:\n\t- 1\n",
    "a: |2\n    x\n",
    "a: >1-\n  x\n",
    "...\n",
    "---\na: 1\n...\n",
)
"""Block texts, folds, quotes, numbers, and what no record may have."""


def by_python(text: str) -> Any:
    """Return the values of a file as JSON has them; None where the file is refused."""
    loaded = load_yaml_bytes(text.encode(), "x.yml")
    return json.loads(json.dumps(loaded.data)) if isinstance(loaded, Loaded) else None


def test_every_record_opens_whole_and_comes_out_the_same(page: Page, tmp_path: Path) -> None:
    files = [*SHIPPED, *VALID]
    texts = [file.read_text(encoding="utf-8") for file in files]
    read = page.evaluate(READ, texts)
    assert read == [[by_python(text)] for text in texts]
    again = page.evaluate(AGAIN, [found[0] for found in read])
    assert [each["lost"] for each in again] == [[]] * len(files)
    written = page.evaluate("records => records.map(metamscForm.yaml)", [each["record"] for each in again])
    for file, text in zip(files, written, strict=True):
        copied = tmp_path / file.name
        copied.write_text(text, encoding="utf-8")
        assert study_of(copied) == study_of(file) is not None


def spoil_text(text: str, chance: random.Random) -> str:
    """Change characters, indentation and line breaks of a file."""
    signs = "\t \n#:-?&*!|>'\"%@`{}[],\\~=.<x1é"
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text))
        ways = [
            text[:place] + chance.choice(signs) + text[place:],
            text[:place] + text[place + 1 :],
            text[:place] + chance.choice(("\n  ", "\n\n", ": ", " #", "'", '"', ">-\n", "- ")) + text[place:],
        ]
        text = chance.choice(ways)
    return text


def test_what_is_read_is_what_python_reads_or_nothing(page: Page) -> None:
    chance = random.Random(11)  # noqa: S311 - no secret
    files = sorted([*VALID, *WRONG, *SHIPPED], key=lambda file: file.stat().st_size)[:60]
    texts = [spoil_text(chance.choice(files).read_text(encoding="utf-8"), chance) for _ in range(SPOILT)]
    texts += ODD
    read = page.evaluate(READ, texts)
    expected = [by_python(text) for text in texts]
    for text, found, wanted in zip(texts, read, expected, strict=True):
        assert found is None or found == [wanted], text
    taken = sum(found is not None for found in read)
    assert taken > 0.9 * sum(wanted is not None for wanted in expected)
    assert taken < len(texts)


def say(page: Page, answers: list[str], *, accept: bool) -> None:
    def answer(dialog: Dialog) -> None:
        answers.append(dialog.message)
        if accept:
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)


@pytest.mark.parametrize("accept", [True, False], ids=["open", "leave"])
def test_what_has_no_field_is_named_before_and_after(visit: Opener, tmp_path: Path, accept: bool) -> None:
    from playwright.sync_api import expect

    text = VALID[0].read_text(encoding="utf-8") + "# a remark\nflavour: sweet\n"
    strange = tmp_path / "strange.yml"
    strange.write_text(text, encoding="utf-8")
    page, answers = visit().page, list[str]()
    say(page, answers, accept=accept)
    page.locator("#study-title").fill("half written")
    page.locator("#file-to-open").set_input_files(strange)
    expect(page.locator("#done")).to_contain_text("Opened strange.yml" if accept else "Nothing was opened")
    assert "What is in the form now is replaced" in answers[0]
    assert "flavour: “sweet”" in answers[0]
    assert f"comments on line {len(text.splitlines()) - 1}" in answers[0]
    if accept:
        expect(page.locator("#lost li")).to_have_count(2)
        page.reload()
        expect(page.locator("#lost li")).to_have_count(2)
    else:
        expect(page.locator("#study-title")).to_have_value("half written")
        expect(page.locator("#lost")).to_be_hidden()


def test_a_file_that_is_no_record_changes_nothing(visit: Opener, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = visit().page
    page.locator("#study-title").fill("half written")
    told = {
        b"a: *b\n": "line 1: an anchor, alias or tag",
        b"\xff\xfe\x00": "not text in UTF-8",
        b"- a\n": "not a record",
        b"study: {id: a\n": "never closed",
        b"a: 1\n" * 300_000: "too long",
    }
    for content, words in told.items():
        (tmp_path / "odd.yml").write_bytes(content)
        page.locator("#file-to-open").set_input_files(tmp_path / "odd.yml")
        expect(page.locator("#done")).to_contain_text(words)
        expect(page.locator("#study-title")).to_have_value("half written")
