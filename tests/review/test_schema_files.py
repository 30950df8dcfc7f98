"""The schemas of a review travel with it: every file leads to them by an address that holds anywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.analysis.plan import read_spec
from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.records.scaffold import NewRecord, write_record
from metamsc.review.schema_files import SCHEMAS, write_schemas
from metamsc.review.starter import RECORDS, begin_review

ROOT = Path(__file__).parents[2]
LINE = "# yaml-language-server: $schema="
EXAMPLE = NewRecord(study_id="example-2026", setting="clinical", design="rct-parallel", title="A", label="B")


@pytest.fixture
def review(tmp_path: Path) -> Path:
    folder = tmp_path / "my-review"
    begin_review(folder)
    write_record(EXAMPLE, folder / RECORDS)
    return folder


def led(folder: Path) -> dict[str, Path]:
    """Where the first line of each file below a folder leads."""
    found = {}
    for file in sorted([*folder.glob("data/**/*.yml"), *folder.glob("analyses/*/analysis.yml")]):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(LINE), file
        address = first.removeprefix(LINE)
        assert not address.startswith(("/", "file:")), first
        found[file.relative_to(folder).as_posix()] = (file.parent / address).resolve()
    return found


def test_another_person_finds_the_schema(review: Path, tmp_path: Path) -> None:
    clone = tmp_path / "elsewhere" / "clone"
    shutil.copytree(review, clone)
    shutil.rmtree(review)
    assert led(clone) == {
        "analyses/hba1c/analysis.yml": (clone / SCHEMAS / "analysis.json").resolve(),
        "data/extractions/clinical/example-2026.yml": (clone / SCHEMAS / "extraction.json").resolve(),
        "data/extractions/clinical/form.yml": (clone / SCHEMAS / "extraction.json").resolve(),
    }
    assert all(json.loads(schema.read_bytes())["$schema"] for schema in led(clone).values())


def test_no_file_of_a_review_names_a_place_of_this_machine(review: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in review.rglob("*") if path.is_file()}
    here = (str(ROOT), str(review.parent), "file:/", sys.prefix)
    assert [(path, place) for path, text in texts.items() for place in here if place in text] == []


def test_the_schema_judges_what_it_leads_to(review: Path) -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--schemafile"]
    for name, schema in led(review).items():
        done = subprocess.run([*checker, schema, review / name], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_older_schema_and_dead_lines_are_mended_once(review: Path) -> None:
    old, dead, none = review / SCHEMAS / "extraction.json", *(review / RECORDS / "clinical").glob("*.yml")
    old.write_text("{}", encoding="utf-8")
    text = dead.read_text(encoding="utf-8")
    first = text.splitlines()[0]
    dead.write_text(text.replace(first, f"{LINE}file:///somewhere/extraction.json"), encoding="utf-8")
    none.write_text(none.read_text(encoding="utf-8").replace(f"{first}\n", ""), encoding="utf-8")
    assert write_schemas(review) == tuple(sorted((old, dead, none)))
    assert dead.read_text(encoding="utf-8") == text
    assert none.read_text(encoding="utf-8").startswith(f"{first}\n")
    assert old.read_bytes() == (ROOT / "metamsc/records/schema/1/extraction.json").read_bytes()
    assert write_schemas(review) == ()


@pytest.mark.parametrize(
    "first", ["https://example.org/extraction.json", "../../../schema/1/../1/extraction.json"]
)
def test_an_address_that_leads_somewhere_is_kept(review: Path, first: str) -> None:
    file = review / RECORDS / "clinical" / "form.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{LINE}{first}\n{text.partition(chr(10))[2]}", encoding="utf-8")
    assert write_schemas(review) == ()


def test_windows_files_keep_their_lines_and_what_is_no_text_is_left(review: Path) -> None:
    windows, binary = review / RECORDS / "clinical" / "a.yml", review / RECORDS / "clinical" / "b.yml"
    windows.write_bytes(b"\xef\xbb\xbfschema: 1\r\nstudy: {}\r\n")
    binary.write_bytes(b"\xff\xfe\x00")
    assert write_schemas(review) == (windows,)
    first = f"{LINE}../../../schema/1/extraction.json\r\n".encode()
    assert windows.read_bytes() == b"\xef\xbb\xbf" + first + b"schema: 1\r\nstudy: {}\r\n"
    assert binary.read_bytes() == b"\xff\xfe\x00"


def test_command(review: Path) -> None:
    shutil.rmtree(review / SCHEMAS)
    done = CliRunner().invoke(main, ["schema", str(review)])
    assert done.exit_code == 0
    assert sorted(Path(line).name for line in done.stdout.splitlines()) == [
        "analysis.json",
        "extraction.json",
        "review.json",
    ]
    again = CliRunner().invoke(main, ["schema", str(review)])
    assert (again.stdout, again.stderr) == ("", "everything is up to date\n")
    assert not check_records(review / RECORDS).errors
    assert read_spec(review / "analyses" / "hba1c").name == "hba1c"
