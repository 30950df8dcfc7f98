"""New records are sound, list what is left to do, and never overwrite."""

import re
from pathlib import Path

import pytest

from metamsc.checks.run import check_records
from metamsc.errors import InputError, OptionError
from metamsc.records.designs import ANIMAL, SINGLE_ARM
from metamsc.records.load import read_studies
from metamsc.records.rob_tools import tool_for
from metamsc.records.scaffold import (
    SCHEMA_PATH,
    NewRecord,
    check_free,
    default_label,
    default_year,
    write_record,
    write_text,
)
from metamsc.vocabulary import ArmRole, Design, Setting


def record(design: Design, **given: object) -> NewRecord:
    setting = Setting.PRECLINICAL if design in ANIMAL else Setting.CLINICAL
    values: dict[str, object] = {"title": "A title", "label": "New 2020", "study_id": "new-2020", **given}
    return NewRecord(setting=setting, design=design, **values)  # type: ignore[arg-type]  # texts of the caller


@pytest.mark.parametrize("design", list(Design))
def test_every_design_is_sound_and_lists_its_to_dos(design: Design, tmp_path: Path) -> None:
    file = write_record(record(design, year=2020, doi="10.1000/example"), tmp_path)
    assert file == tmp_path / ("preclinical" if design in ANIMAL else "clinical") / "new-2020.yml"
    report = check_records(tmp_path)
    assert {(problem.code, problem.severity) for problem in report.problems} == {("C518", "warning")}
    assert report.studies[0].study.design is design
    assert report.studies[0].results == ()
    listed = {problem.where for problem in report.problems}
    assert {"sources.abstract.locator", "extraction.extracted_by"} <= listed
    assert len(listed) == file.read_text().count("TODO") - sum(
        line.count("TODO") for line in file.read_text().splitlines() if line.lstrip().startswith("#")
    )


Given = dict[str, object]
SHAPES: list[tuple[Design, Given]] = [
    *((design, Given(printed=form)) for design in Design for form in ("means", "counts")),
    *((design, Given(printed="contrast")) for design in Design if design not in SINGLE_ARM),
    (Design.ANIMAL_RANDOMISED, {"healthy": True, "treated": 2}),
    (Design.RCT_PARALLEL, {"treated": 3}),
]
FILLED = {
    "agent": "streptozotocin", "overall": "high", "judgement": "low",
    "url": "https://example.org/x", "at": "6 months",
    "follow_up": "12 months", "doi": "10.1000/x", "year": "2020", "blinding": "open", "countries": "CN",
    "registration": "NCT01374854", "strain": "unusual", "value": "2", "ci": "2",
}  # fmt: skip
"""What a person writes for a TODO, by key; a text anywhere else, a number where the skeleton has one."""
NUMBERS = ("n_randomised", "infusions", "n", "mean", "sd", "events", "difference", "ratio", "p", "year")


def fill_in(text: str) -> str:
    """Do what the remarks of a new record say: uncomment, write values for TODO, delete finished to-dos."""
    lines = []
    for line in text.splitlines():
        if line.startswith(("##", "# yaml", "to_confirm:")) or "field:" in line:
            continue
        lines.append(re.sub(r"^( *)# (?!yaml)(?=[a-z_ -]+)", r"\1", line).split("  # ")[0])
    made = re.sub(r"(\w+): \[TODO[^\]]*\]", lambda m: f"{m[1]}: [{_list(m[1])}]", "\n".join(lines))
    made = re.sub(r'(\w+): "?TODO[^,}\n]*', lambda m: f"{m[1]}: {_value(m[1])}", made)
    return made.replace("overall: high", "overall: serious") if "robins" in made else made


def _list(key: str) -> str:
    return "1, 3" if key == "ci" else FILLED.get(key, "Cai J")


def _value(key: str) -> str:
    if key == "unit":
        return '"UNIT"'
    return {"n_randomised": "30", "n": "20", "sd": "1"}.get(key) or FILLED.get(
        key, "2" if key in NUMBERS else "as printed"
    )


@pytest.mark.parametrize(("design", "given"), SHAPES, ids=str)
def test_filled_in_it_is_sound(design: Design, given: Given, tmp_path: Path) -> None:
    file = write_record(record(design, **given), tmp_path)
    made = fill_in(file.read_text()).replace("UNIT", "mmol/L" if design in ANIMAL else "%")
    assert "TODO" not in made
    file.write_text(made + "\n")
    report = check_records(tmp_path)
    assert report.errors == (), [str(problem) for problem in report.errors] + [made]
    study = report.studies[0]
    assert study.results
    (judged,) = study.risk_of_bias
    scheme = tool_for(design)
    assert judged.tool == scheme.tool
    assert [item.domain for item in judged.domains] == [domain.name for domain in scheme.domains]
    assert (judged.overall is not None) == scheme.has_overall
    assert {arm.role for arm in study.arms if arm.id == "healthy"} == (
        {ArmRole.HEALTHY} if given.get("healthy") else set()
    )
    assert any(result.contrast is not None for result in study.results) == (
        given.get("printed") == "contrast"
    )


def test_examples_left_as_they_are_do_not_pass(tmp_path: Path) -> None:
    """Uncommented and not filled in, every TODO of an example is an error at its line."""
    file = write_record(record(Design.RCT_PARALLEL), tmp_path)
    text = re.sub(r"^( *)# (?!yaml)(?=[a-z_ -]+)", r"\1", file.read_text(), flags=re.MULTILINE)
    file.write_text(text)
    lines = {problem.line for problem in check_records(tmp_path).errors}
    rows = [number for number, line in enumerate(text.splitlines(), 1) if "n: TODO, mean: TODO" in line]
    assert rows
    assert set(rows) <= lines


def test_only_the_fields_of_the_design() -> None:
    trial = write_text(record(Design.RCT_PARALLEL), Path("x.yml"))
    animal = write_text(record(Design.ANIMAL_CONTROLLED), Path("x.yml"))
    assert ("species:" in trial, "species:" in animal) == (False, True)
    assert ("registration:" in trial, "registration:" in animal) == (True, False)
    assert "comparator:" not in write_text(record(Design.SINGLE_ARM), Path("x.yml"))
    assert "first period" in write_text(record(Design.RCT_CROSSOVER), Path("x.yml"))
    assert "unit_of_analysis:" in write_text(record(Design.RCT_WITHIN_PERSON), Path("x.yml"))
    assert [tool for tool in ("rob2", "robins-i-v2", "syrcle") if f"tool: {tool}" in trial] == ["rob2"]


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
    copy = tmp_path / "review" / "schema" / "1" / "extraction.json"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(SCHEMA_PATH.read_bytes())
    file = write_record(record(Design.RCT_PARALLEL), tmp_path / "review" / "data" / "extractions")
    address = file.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert address == "../../../schema/1/extraction.json"
    assert (file.parent / address).resolve() == copy.resolve()


def test_no_line_names_a_place_of_one_machine(tmp_path: Path) -> None:
    text = write_text(record(Design.RCT_PARALLEL), tmp_path / "new-2020.yml")
    assert text.splitlines()[0] == "## An editor completes keys and words after: metamsc schema"
    assert "yaml-language-server" not in text
    assert "file:" not in text


@pytest.mark.parametrize("study_id", ["Cai-2016", "../up", "a/b", "", "-a", "a b", "caí-2016", "a" + "\n"])
def test_ids_that_could_be_paths_are_refused(study_id: str) -> None:
    with pytest.raises(InputError, match="study id"):
        record(Design.RCT_PARALLEL, study_id=study_id)


def test_ids_with_accents_are_told_how_to_write_them() -> None:
    with pytest.raises(InputError, match="write muller-2020"):
        record(Design.RCT_PARALLEL, study_id="Müller 2020")


def test_id_that_the_other_setting_has(tmp_path: Path) -> None:
    write_record(record(Design.RCT_PARALLEL), tmp_path)
    with pytest.raises(InputError, match="new-2020b"):
        check_free("new-2020", tmp_path)
    check_free("new-2021", tmp_path)


def test_groups_go_with_the_design() -> None:
    with pytest.raises(InputError, match="animal studies"):
        record(Design.RCT_PARALLEL, healthy=True)
    with pytest.raises(InputError, match="two groups"):
        record(Design.SINGLE_ARM, printed="contrast")
    with pytest.raises(InputError, match="1 to 12"):
        record(Design.RCT_PARALLEL, treated=13)
    with pytest.raises(OptionError, match="'means', 'counts', 'contrast'"):
        record(Design.RCT_PARALLEL, printed="figure")


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
