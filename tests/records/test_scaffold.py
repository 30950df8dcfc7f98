"""New records pass the check and never overwrite."""

from pathlib import Path

import pytest

from metamsc.checks.run import check_records
from metamsc.errors import InputError, OptionError
from metamsc.records.designs import ANIMAL
from metamsc.records.load import read_studies
from metamsc.records.scaffold import (
    SCHEMA_PATH,
    NewRecord,
    default_label,
    default_year,
    write_record,
    write_text,
)
from metamsc.vocabulary import Design, Setting


def record(design: Design, **given: object) -> NewRecord:
    setting = Setting.PRECLINICAL if design in ANIMAL else Setting.CLINICAL
    values: dict[str, object] = {"title": "A title", "label": "New 2020", "study_id": "new-2020", **given}
    return NewRecord(setting=setting, design=design, **values)  # type: ignore[arg-type]  # texts of the caller


@pytest.mark.parametrize("design", list(Design))
def test_every_design_passes_the_check(design: Design, tmp_path: Path) -> None:
    file = write_record(record(design, year=2020, doi="10.1000/example"), tmp_path)
    assert file == tmp_path / ("preclinical" if design in ANIMAL else "clinical") / "new-2020.yml"
    report = check_records(tmp_path)
    assert report.problems == ()
    assert report.studies[0].study.design is design
    assert report.studies[0].results == ()
    assert "TODO" in file.read_text()


@pytest.mark.parametrize(
    "title", ['A: "quoted" title', "50 % of cells", "#1", "Größe × 2", "- x", "null", "back\\slash"]
)
def test_any_title_survives(title: str, tmp_path: Path) -> None:
    write_record(record(Design.RCT_PARALLEL, title=title), tmp_path)
    assert read_studies(tmp_path)[0].study.title == title


def test_never_overwrites(tmp_path: Path) -> None:
    file = write_record(record(Design.RCT_PARALLEL), tmp_path)
    file.write_text("mine")
    with pytest.raises(InputError, match="there already"):
        write_record(record(Design.RCT_PARALLEL), tmp_path)
    assert file.read_text() == "mine"
    assert [path.name for path in file.parent.iterdir()] == ["new-2020.yml"]


def test_schema_line_leads_to_the_schema(tmp_path: Path) -> None:
    inside = SCHEMA_PATH.parents[4] / "data" / "extractions" / "clinical" / "new-2020.yml"
    line = write_text(record(Design.RCT_PARALLEL), inside).splitlines()[0]
    assert line == "# yaml-language-server: $schema=../../../metamsc/records/schema/1/extraction.json"
    outside = write_text(record(Design.RCT_PARALLEL), tmp_path / "new-2020.yml").splitlines()[0]
    assert outside == f"# yaml-language-server: $schema={SCHEMA_PATH.as_uri()}"


@pytest.mark.parametrize("study_id", ["Cai-2016", "../up", "a/b", "", "-a", "a b", "caí-2016", "a" + "\n"])
def test_ids_that_could_be_paths_are_refused(study_id: str) -> None:
    with pytest.raises(InputError, match="study id"):
        record(Design.RCT_PARALLEL, study_id=study_id)


def test_misuse_is_named() -> None:
    with pytest.raises(InputError, match="doi"):
        record(Design.RCT_PARALLEL, doi="https://doi.org/10.1000/x")
    with pytest.raises(OptionError, match="setting must be one of 'clinical', 'preclinical'"):
        NewRecord(study_id="a", setting="x", design="rct-parallel", title="t", label="l")
    with pytest.raises(InputError, match="does not belong"):
        NewRecord(study_id="a", setting="preclinical", design="rct-parallel", title="t", label="l")


def test_defaults_from_the_id() -> None:
    assert default_label("cai-2016") == "Cai 2016"
    assert default_year("cai-2016") == 2016
    assert default_year("dfu-102") is None
