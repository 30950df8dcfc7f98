"""The shipped JSON Schema: up to date, valid, in the wheel, and of one mind with the model."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from metamsc.records.schema import SCHEMA_FILE, build_schema, schema_text

ROOT = Path(__file__).parents[2]
CHECKER = Path(sys.executable).parent / "check-jsonschema"
EXAMPLES = ROOT / "tests" / "examples" / "extractions"
VALID = sorted((EXAMPLES / "valid").rglob("*.yml"))
STRUCTURAL = sorted((EXAMPLES / "invalid").rglob("S2*.yml"))

BEYOND_SCHEMA = {"S207-two-centres.yml"}
"""Conditions between keys that only the model knows."""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)


def test_up_to_date() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run python -m metamsc.records.schema"


def test_is_a_2020_12_schema() -> None:
    assert build_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    checked = run(CHECKER, "--check-metaschema", SCHEMA_FILE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_closed_everywhere() -> None:
    objects = [part for part in build_schema()["$defs"].values() if part.get("type") == "object"]
    assert objects
    assert all(part["additionalProperties"] is False for part in objects)


def test_every_field_says_what_it_is_for() -> None:
    """Editors show it as help, the template as the line below the header, the docs as a table."""
    schema = build_schema()
    parts = {"Study": schema, **schema["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, field in part.get("properties", {}).items()
        if len(field.get("description", "")) < 8
    ]
    assert silent == []


def test_accepts_valid_examples() -> None:
    accepted = run(CHECKER, "--schemafile", SCHEMA_FILE, *VALID)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr


def test_rejects_structurally_invalid_examples() -> None:
    rejected = run(CHECKER, "--schemafile", SCHEMA_FILE, "--output-format", "json", *STRUCTURAL)
    assert rejected.returncode == 1
    named = {Path(error["filename"]).name for error in json.loads(rejected.stdout)["errors"]}
    assert named == {file.name for file in STRUCTURAL} - BEYOND_SCHEMA


def test_examples_point_the_editor_to_the_schema() -> None:
    for file in [*VALID, *STRUCTURAL]:
        first = file.read_text().splitlines()[0]
        address = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / address).resolve() == SCHEMA_FILE, file


@pytest.mark.slow
def test_schema_and_catalogue_are_in_the_wheel(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "metamsc/records/schema/1/extraction.json" in names
    assert "metamsc/outcomes/catalogue.yml" in names
