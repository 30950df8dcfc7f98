"""What moved between two builds, and why: on builds of real repositories, and on edited ones."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metamsc.analysis import manifest
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_model import ModelChoice
from metamsc.cli import main
from metamsc.errors import InputError
from metamsc.models.presets import PRESETS
from metamsc.records.studies import Studies
from metamsc.report.outputs import write_outputs
from metamsc.review.drift import Drift, measure_drift
from metamsc.review.drift_table import drift_table, drift_words
from tests.review.conftest import AFTER_12_MONTHS, PLAN, Work

ROOT = Path(__file__).parents[2]


class Builds:
    """Builds of a repository by the command line, each in a folder of its own."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.folder = work, folder
        self.old = self._build("old")

    def _build(self, name: str) -> Path:
        target = self.folder / name
        done = CliRunner().invoke(main, ["run", "--no-figures", "--output", str(target)])
        assert done.exit_code == 0, done.output
        return target

    def drifts(self) -> tuple[list[Drift], str, int]:
        """Build anew and compare with the first build: values, what is printed, the exit code."""
        new = self._build("new")
        printed = CliRunner().invoke(main, ["drift", str(self.old), str(new)])
        return list(measure_drift(self.old, new)), printed.stdout, printed.exit_code

    def edit_plan(self, old: str, new: str) -> None:
        file = self.work.folder / PLAN
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def real(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    """A review of five records and one plan, built once."""
    monkeypatch.chdir(work.folder)
    return Builds(work, tmp_path / "builds")


def test_nothing_changed(real: Builds) -> None:
    (drift,), text, code = real.drifts()
    assert (drift.causes, drift.moved, code) == ((), (), 0)
    assert text == "## HbA1c after MSC therapy\n\nNo pooled result moved.\n\n"


def test_a_number_of_a_record_changed(real: Builds) -> None:
    real.work.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 8.9, sd: 1.0}")
    (drift,), text, code = real.drifts()
    assert (drift.records, drift.suspects, code) == (("cai-2016 changed",), ("records",), 1)
    assert [pool.stratum for pool in drift.moved] == ["T1D", "All types"]
    assert "The records differ: cai-2016 changed.\n\nThe numbers moved because the records differ." in text
    (old,) = (line for line in text.splitlines() if line.startswith("| Type 1 diabetes | old |"))
    assert old.endswith("|  |")  # what became of a pool stands with the new build


def test_a_record_went_and_another_came(real: Builds) -> None:
    text = real.work.record("zang-2022").read_text(encoding="utf-8")
    real.work.record("zang-2022").unlink()
    made = text.replace("id: zang-2022", "id: invented-2024").replace(
        "label: Zang 2022", "label: Invented 2024"
    )
    real.work.record("invented-2024").write_text(made, encoding="utf-8")
    (drift,), printed, _ = real.drifts()
    assert drift.records == ("invented-2024 added", "zang-2022 removed")
    # another name is another row, though its numbers are the same: no pool moved
    assert not drift.same_rows
    assert "No pooled result moved." in printed


def test_only_a_comment_of_a_record_changed(real: Builds) -> None:
    real.work.edit("cai-2016", "schema: 1", "schema: 1  # as ever")
    (drift,), text, code = real.drifts()
    assert (drift.records, drift.suspects, drift.same_rows, code) == (("cai-2016 changed",), (), True, 0)
    assert "The records differ: cai-2016 changed.\n\nNo pooled result moved." in text


def test_the_plan_changed(real: Builds) -> None:
    real.edit_plan("latest: 18 months", "latest: 11 months")
    (drift,), text, code = real.drifts()
    assert (drift.plan, drift.suspects, code) == (
        ('select.time.latest: "18 months" → "11 months"',), ("plan",), 1,
    )  # fmt: skip
    assert "The numbers moved because the plan differs." in text


def test_plan_and_record_changed(real: Builds) -> None:
    real.edit_plan("latest: 18 months", "latest: 11 months")
    real.work.record("zang-2022").unlink()
    (drift,), text, _ = real.drifts()
    assert drift.suspects == ("records", "plan")
    assert "Several things differ at once; which of them moved the numbers cannot be told" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("measure: MD\n", "measure: SMD\n", "MD in % in the old build, SMD in the new"),
        ('unit: "%"', "unit: mmol/mol", "MD in % in the old build, MD in mmol/mol in the new"),
    ],
)
def test_numbers_on_two_scales_are_not_set_beside_each_other(
    real: Builds, old: str, new: str, said: str
) -> None:
    if "SMD" in new:
        real.edit_plan('  unit: "%"\n', "")
    real.edit_plan(old, new)
    (drift,), text, code = real.drifts()
    assert (drift.pools, drift.trivial, code) == ((), False, 1)
    assert f"{said}: the numbers are not on one scale." in text
    assert "|" not in text
    assert "The plan differs: select." in text
    assert drift.to_dict()["note"] == drift.note
    assert drift_table(drift).empty == drift.note


def test_another_version_of_the_code_or_of_numpy(real: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build by a later version of metamsc, and with another numpy, in which a default is another one."""
    known = version
    later = {"metamsc": "9.0.0", "numpy": "9.1"}
    monkeypatch.setattr(manifest, "version", lambda name: later.get(name, known(name)))
    _other_default(monkeypatch)
    (drift,), text, code = real.drifts()
    assert drift.suspects == ("software",)
    assert [text.split(" → ")[1] for text in drift.software] == ["9.0.0", "9.1"]
    assert ("The numbers moved because the software differs." in text, code) == (True, 1)


def test_other_code_of_the_same_version(real: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    _other_default(monkeypatch)
    (drift,), text, _ = real.drifts()
    assert drift.causes == ()
    assert "nothing that the builds record explains it: the code differs." in text


def _other_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the preset of the plan stand for another interval than before."""
    name = ModelChoice().preset
    monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], ci_method="wald"))


def test_an_analysis_came(real: Builds) -> None:
    folder = real.work.folder / "analyses/sugar"
    folder.mkdir()
    text = (real.work.folder / PLAN).read_text(encoding="utf-8").replace("name: hba1c", "name: sugar")
    (folder / "analysis.yml").write_text(text, encoding="utf-8")
    (same, come), text, code = real.drifts()
    assert (same.moved, come.only_in, code) == ((), "new", 1)
    assert "The new build alone has this analysis." in text
    (line,) = (line for line in text.splitlines() if line.startswith("| Type 1 diabetes"))
    assert line.startswith("| Type 1 diabetes | new | 2 | −1.34")


@pytest.fixture(scope="module")
def builds(
    tmp_path_factory: pytest.TempPathFactory, records: Studies, hba1c: AnalysisSpec
) -> dict[str, Path]:
    """The same analysis as it is, without one record, by another plan, and both."""
    base = tmp_path_factory.mktemp("builds")
    plain = hba1c.model_copy(update={"sensitivity": ()})
    model = plain.model.model_copy(update={"tau2_method": "DL"})
    other = plain.model_copy(update={"model": model})
    fewer = Studies(file for file in records.files if file.study.id != "zang-2022")
    for name, spec, studies in (
        ("now", plain, records), ("fewer", plain, fewer), ("other", other, records), ("both", other, fewer),
    ):  # fmt: skip
        write_outputs(run(spec, studies), base / name / "hba1c", figures=False)
    return {path.name: path for path in base.iterdir()}


def test_two_equal_builds_have_nothing_to_say(builds: dict[str, Path]) -> None:
    (drift,) = measure_drift(builds["now"], builds["now"])
    assert (drift.causes, drift.moved, drift.trivial) == ((), (), True)
    assert drift_words(drift) == ["No pooled result moved."]


@pytest.mark.parametrize(
    ("new", "causes", "said"),
    [
        ("fewer", ("records",), "The numbers moved because the records differ."),
        ("other", ("plan",), "The numbers moved because the plan differs."),
        ("both", ("records", "plan"), "which of them moved the numbers cannot be told"),
    ],
)
def test_the_cause_is_named_where_it_is_one(
    builds: dict[str, Path], new: str, causes: tuple[str, ...], said: str
) -> None:
    (drift,) = measure_drift(builds["now"], builds[new])
    assert drift.causes == causes
    assert any(said in text for text in drift_words(drift))
    assert drift.moved
    if "records" in causes:
        assert drift.records == ("zang-2022 removed",)
    if "plan" in causes:
        assert drift.plan == ('model.tau2_method: – → "DL"',)
    assert "zang" not in drift_table(drift).caption


def test_other_software_is_a_cause(builds: dict[str, Path], tmp_path: Path) -> None:
    data = json.loads((builds["now"] / "hba1c/results.json").read_text(encoding="utf-8"))
    data["manifest"]["engines"]["numpy"] = "0.1"
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    (drift,) = measure_drift(file, builds["now"] / "hba1c")
    assert drift.causes == ("software",)
    assert drift.software[0].startswith("numpy 0.1 → ")
    assert drift_words(drift)[-1] == "No pooled result moved."


def _edited(source: Path, target: Path, **changes: Any) -> Path:
    """Write results with other parts: ``estimate`` of the first pool, a record's fingerprint, numpy."""
    data = json.loads((source / "hba1c/results.json").read_text(encoding="utf-8"))
    if "estimate" in changes:
        data["strata"][0]["pooled"]["estimate"] = changes["estimate"]
    for record in data["manifest"]["records"]:
        if record["id"] in (changes.get("records") or ()):
            record["sha256"] = "0" * 64
    if "numpy" in changes:
        data["manifest"]["engines"]["numpy"] = changes["numpy"]
    target.mkdir()
    (target / "results.json").write_text(json.dumps(data), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("changes", "suspects", "said"),
    [
        ({"estimate": -2.0}, (), "nothing that the builds record explains it: the code differs."),
        ({"estimate": -2.0, "numpy": "0.1"}, ("software",), "because the software differs."),
        # the record was touched, and its row is the same in both builds
        (
            {"estimate": -2.0, "records": ["cai-2016"]},
            (),
            "it is not the records. The numbers moved, and nothing",
        ),
        ({"estimate": -2.0, "records": ["cai-2016"], "numpy": "0.1"}, ("software",), "because the software"),
        ({"records": ["cai-2016"]}, (), "No pooled result moved."),
        # an animal study is nothing that this analysis names
        (
            {"estimate": -2.0, "records": ["apelin-msc-2018"]},
            (),
            "1 other record that this analysis does not",
        ),
    ],
    ids=["code", "software", "a comment, and code", "a comment, and software", "a comment", "another record"],
)
def test_a_cause_that_cannot_be_is_none(
    builds: dict[str, Path], tmp_path: Path, changes: dict[str, Any], suspects: tuple[str, ...], said: str
) -> None:
    (drift,) = measure_drift(_edited(builds["now"], tmp_path / "old", **changes), builds["now"] / "hba1c")
    assert drift.suspects == suspects
    assert said in " ".join(drift_words(drift))


def test_an_analysis_that_only_one_build_has(builds: dict[str, Path], tmp_path: Path) -> None:
    data = json.loads((builds["now"] / "hba1c/results.json").read_text(encoding="utf-8"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/results.json").write_text(json.dumps({**data, "name": "other"}), encoding="utf-8")
    found = {drift.name: drift.only_in for drift in measure_drift(builds["now"], tmp_path)}
    assert found == {"hba1c": "old", "other": "new"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', "null"])
def test_what_is_no_build_is_one_message(tmp_path: Path, builds: dict[str, Path], text: str) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        measure_drift(tmp_path, builds["now"])
    (tmp_path / "results.json").unlink()
    with pytest.raises(InputError, match=r"holds no results\.json"):
        measure_drift(tmp_path, builds["now"])
