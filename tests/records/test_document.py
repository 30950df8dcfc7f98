"""docs/records.md holds every field of the model, as it is now."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from metamsc.records.document import PARTS, field_tables, kind_of, with_field_tables
from metamsc.records.load import load_study
from metamsc.records.model import Study
from metamsc.records.studies import StudyFile
from metamsc.records.values import Part

PAGE = Path(__file__).parents[2] / "docs" / "records.md"


def test_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_field_tables(page) == page, "run python -m metamsc.records.document docs/records.md"


def _all_parts(part: type[BaseModel]) -> set[type[BaseModel]]:
    """Parts of the record; plans and published reviews are made of parts too, once a test has loaded them."""
    children = [
        child
        for child in part.__subclasses__()
        if child.__module__.startswith("metamsc.records.") and child.__module__ != "metamsc.records.published"
    ]
    return {part, *(found for child in children for found in _all_parts(child))}


def test_every_part_of_the_model_has_a_table() -> None:
    bases = {Part, *(part.__bases__[0] for _, part in PARTS)}
    assert _all_parts(Part) - bases == {part for _, part in PARTS}


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_every_field_has_a_row(path: str, part: type[BaseModel]) -> None:
    section = field_tables().split(f"### {path}\n")[1].split("### ")[0]
    for name, field in part.model_fields.items():
        assert f"| `{field.alias or name}` | {kind_of(field.annotation)} |" in section


def test_the_record_shown_is_valid() -> None:
    example = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    record = load_study(example.encode(), "cai-2016.yml")
    assert isinstance(record, StudyFile), record
    assert isinstance(record.study, Study)
