"""`metamsc form`, what the page is made of, and what cannot become one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metamsc.cli import main
from metamsc.errors import InputError
from metamsc.report.form import content, form_page
from metamsc.review.starter import begin_review

MOST_BYTES = 400_000
"""The page has some 305 kB, a third of it schema, words and catalogue; compressed on its way it has 82 kB."""


def test_the_command_writes_one_file(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "form.html"
    done = CliRunner().invoke(main, ["form", "--repository", "acme/review", "--output", str(target)])
    assert done.exit_code == 0
    assert done.stdout == f"{target}\n"
    text = target.read_text(encoding="utf-8")
    assert '"repository":"acme/review@next"' in form_page(repository="acme/review@next")
    assert '"repository":"acme/review"' in text
    assert len(text.encode()) < MOST_BYTES
    assert text == form_page(repository="acme/review", in_site=False)


def test_a_record_leads_to_the_schema_of_its_review(tmp_path: Path) -> None:
    assert content.form_data(records=tmp_path / "data" / "extractions")["first_line"] == ""
    begin_review(tmp_path / "review")
    made = content.form_data(records=tmp_path / "review" / "data" / "extractions")["first_line"]
    assert made == "# yaml-language-server: $schema=../../../schema/1/extraction.json\n"


@pytest.mark.parametrize("repository", ["acme", "acme/", "https://github.com/a/b", "a/b/c", "a/b\n", "a/b@"])
def test_a_repository_is_owner_and_name(repository: str) -> None:
    with pytest.raises(InputError, match="repository must be OWNER/NAME"):
        form_page(repository=repository)


def test_a_keyword_that_the_page_cannot_judge_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    strange = tmp_path / "strange.json"
    strange.write_text('{"properties": {"multipleOf": {"multipleOf": 2, "items": {"contains": true}}}}')
    monkeypatch.setattr(content, "SCHEMA_PATH", strange)
    with pytest.raises(InputError, match="uses contains, multipleOf; the form's validator"):
        content.read_schema()


def test_slim_schema_keeps_fields_named_like_keywords() -> None:
    schema: dict[str, Any] = content.read_schema()
    assert "title" in schema["$defs"]["StudyInfo"]["properties"]
    assert "title" not in schema["$defs"]["StudyInfo"]
