"""No field of the record is lost: by walking the model, each is exported, imported, written and compared."""

from pathlib import Path

import pytest

from metamsc.exchange.compare import compare_studies
from metamsc.exchange.yaml_writer import write_record_yaml
from metamsc.records.load import load_study
from metamsc.records.model import Study
from metamsc.records.studies import StudyFile
from tests.exchange.every_field import fields, record_with
from tests.exchange.test_round_trip import FORMATS, there_and_back

FIELDS = {".".join(map(str, (*place, name))): (place, model, name) for place, model, name in fields()}

NOT_COMPARED = {"schema", "study.id", "arms.0.id", "results.0.outcome"}
"""What brings two records, arms and results together, and is the extractor's own or the same."""
ABOUT_THE_WORK = ("extraction.", "to_confirm.", "acknowledged.")
"""Who extracted, what is in doubt, what a reviewer has judged: no property of the study."""
WORKINGS = ".derivations."
"""How an extractor came by a value; the value itself is compared."""


def pair(name: str) -> tuple[Study, Study]:
    found = record_with(*FIELDS[name])
    assert found is not None, f"no valid record with {name}: teach tests/exchange/every_field.py its value"
    return found


def test_the_walk_finds_the_fields() -> None:
    assert len(FIELDS) > 300
    known = "study.doi arms.0.cells.dose.range results.0.arms.key.sd results.0.between.p model.strain"
    assert set(known.split()) <= set(FIELDS)


@pytest.mark.parametrize("form", FORMATS)
def test_every_field_is_exported_and_imported(form: str, tmp_path: Path) -> None:
    made = []
    for number, name in enumerate(FIELDS):
        found = pair(name)[0]
        made.append(found.model_copy(update={"study": found.study.model_copy(update={"id": f"s-{number}"})}))
    back = there_and_back(tuple(made), tmp_path, form)
    lost = [name for name, study, again in zip(FIELDS, made, back, strict=True) if study != again]
    assert lost == []


def test_every_field_is_written_as_yaml() -> None:
    lost = []
    for name in FIELDS:
        study = pair(name)[0]
        back = load_study(write_record_yaml(study).encode(), "x.yml")
        if not isinstance(back, StudyFile) or back.study != study:
            lost.append(name)
    assert lost == []


def test_every_field_is_compared() -> None:
    """A field that differs, or that one extractor has not seen, is told."""
    overlooked = []
    for name in set(FIELDS) - NOT_COMPARED:
        study, without = pair(name)
        fields = compare_studies(StudyFile(study), StudyFile(without)).fields
        if study != without and all(field.status == "exact" for field in fields):
            overlooked.append(name)
    left = [n for n in overlooked if not n.startswith(ABOUT_THE_WORK) and WORKINGS not in n]
    assert sorted(left) == []
