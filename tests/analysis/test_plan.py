"""Reading `analysis.yml`: every mistake has a line, a code and what to write instead."""

from pathlib import Path

import pytest

from metamsc.analysis.plan import PLAN_CODES, find_specs, read_spec
from metamsc.errors import SpecError

PLAN = """\
schema: 1
name: invented
title: An invented analysis
question: Is it invented?
select:
  outcome: hba1c
  measure: MD
  time: {at: 12 months, tolerance: 3 months}
sensitivity:
  - name: sooner
    label: Sooner
    select: {time: {at: 3 months}}
  - name: paule-mandel
    label: Paule-Mandel
    model: {tau2_method: PM}
"""


def written(tmp_path: Path, text: str, folder: str = "invented") -> Path:
    file = tmp_path / folder / "analysis.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_or_its_folder(tmp_path: Path) -> None:
    file = written(tmp_path, PLAN)
    assert read_spec(file) == read_spec(file.parent)
    assert read_spec(file).select.time.at == "12 months"


def test_another_file_name_needs_no_folder_of_its_name(tmp_path: Path) -> None:
    file = tmp_path / "draft.yml"
    file.write_text(PLAN, encoding="utf-8")
    assert read_spec(file).name == "invented"


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("name: invented", "name: other", "2:7", "the plan is called 'other', its folder 'invented' [F305]"),
        ("outcome: hba1c", "outcome: hba1d", "6:12", "Did you mean 'hba1c'? [F306]"),
        ("measure: MD", "measure: XX", "7:12", "select.measure: measure must be one of 'MD'"),
        ("measure: MD", "measure: RR", "7:12", "hba1c is measured: measure must be one of MD, SMD"),
        ("measure: MD", "unit: stones", "7:9", "select.unit: unit of hba1c must be one of %, mmol/mol"),
        ("measure: MD", "colour: red", "7:3", "select.colour: unknown key 'colour' [S201]"),
        ("title: An invented analysis\n", "", "1:1", "title: the key 'title' is missing [S202]"),
        ("at: 12 months, ", "", "8:3", "needs `at`"),
        (
            "{at: 3 months}",
            "{att: 3 months}",
            "12:21",
            "sensitivity[0].select.time.att: unknown key 'att' [S201]",
        ),
        ("{at: 3 months}", "{at: soon}", "12:25", "a time is written like"),
        (
            "{time: {at: 3 months}}",
            "{measure: RR}",
            "12:23",
            "sensitivity[0].select.measure: hba1c is measured",
        ),
        (
            "tau2_method: PM",
            "tau2_method: PX",
            "15:26",
            "sensitivity[1].model.tau2_method: tau2_method must be",
        ),
        ("tau2_method: PM", "preset: best", "15:5", "preset must be one of metamsc, cochrane-2025"),
        ("name: paule-mandel", "name: sooner", "1:1", "sooner stands twice"),
        ("schema: 1", "schema: 2", "1:9", "[S204]"),
        ("select:\n", "select:\n  outcome: hba1c\n", "7:3", "[Y109]"),
    ],
)
def test_mistakes(old: str, new: str, place: str, says: str, tmp_path: Path) -> None:
    assert PLAN.count(old) == 1
    file = written(tmp_path, PLAN.replace(old, new))
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    text = str(caught.value)
    assert f"{file}:{place}: " in text
    assert says in text
    assert len(caught.value.problems) == 1


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = PLAN.replace("title: An", "titel: An").replace("at: 12 months", "at: soon")
    with pytest.raises(SpecError) as caught:
        read_spec(written(tmp_path, text))
    assert [problem.code for problem in caught.value.problems] == ["S202", "S201", "S206"]


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "Y106"), (b"- a\n", "Y108"), (b"\xff\n", "Y103"), (b"a: [\n", "Y105")]
)
def test_files_that_are_no_plan(content: bytes, code: str, tmp_path: Path) -> None:
    file = tmp_path / "analysis.yml"
    file.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_missing_plan(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"analysis\.yml: cannot be read: No such file"):
        read_spec(tmp_path)
    with pytest.raises(SpecError, match="there is no"):
        find_specs(tmp_path)


def test_plans_of_a_folder_are_found_in_order(tmp_path: Path) -> None:
    files = [written(tmp_path, PLAN, name) for name in ("b", "a")]
    assert find_specs(tmp_path) == tuple(sorted(map(str, files)))


def test_codes_of_plans_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/analysis.md").read_text(encoding="utf-8")
    for code in PLAN_CODES:
        assert f"`{code}`" in page


@pytest.mark.parametrize("name", ["site", "records", "index.html", "site.json", "a" * 101])
def test_a_name_that_would_stand_in_the_place_of_the_site_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "other.yml"
    file.write_text(PLAN.replace("name: invented", f"name: {name}"), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        read_spec(file)
    assert [(problem.code, problem.where) for problem in refused.value.problems] == [("F305", "name")]


@pytest.mark.parametrize(
    "name", ["../x", "/etc", "a/b", "a\\b", "..", ".", "''", "con\u0430", "A", "a\u0301", '"a\\n"', "-x", "~"]
)
def test_a_name_cannot_lead_out_of_the_folder_of_results(tmp_path: Path, name: str) -> None:
    file = tmp_path / "other.yml"
    file.write_text(PLAN.replace("name: invented", f"name: {name}"), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        read_spec(file)
    assert {problem.where for problem in refused.value.problems} == {"name"}
