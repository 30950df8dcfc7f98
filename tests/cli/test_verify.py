"""`metamsc verify`: agreement, disagreement, and files that are no results."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc import read_records
from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.cli import main
from metamsc.report.metafor_engine import compare_with_metafor
from metamsc.report.outputs import write_outputs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two analyses on disk."""
    folder = tmp_path_factory.mktemp("built")
    records = read_records(ROOT / "data/extractions")
    for name in ("hba1c", "foot-ulcer-healing"):
        write_outputs(run(read_spec(ROOT / "analyses" / name), records), folder / name, figures=False)
    return folder


def verify(*paths: Path | str, flags: tuple[str, ...] = ("--no-r",)) -> Result:
    """Without R unless asked for: these tests say the same on every machine."""
    result = CliRunner().invoke(main, ["verify", *map(str, paths), *flags])
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    return result


def test_shipped_analyses_agree_with_the_second_engine(built: Path) -> None:
    result = verify(built)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        "foot-ulcer-healing, Type not stated",
        "hba1c, T1D",
        "hba1c, T2D",
        "hba1c, All types",
    ]
    said = "largest relative difference over 4 pooled results: "
    assert lines[-1].startswith(said)
    assert float(lines[-1].removeprefix(said)) <= 1e-6


def test_json(built: Path) -> None:
    found = json.loads(verify(built / "hba1c/results.json", flags=("--json", "--no-r")).stdout)
    assert [item["stratum"] for item in found] == ["T1D", "T2D", "All types"]
    assert {item["agrees"] for item in found} == {True}


def test_the_build_folder_by_default(built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    missing = verify()
    assert missing.exit_code == 1
    assert missing.stderr == "Error: build holds no results.json: run `metamsc run` first.\n"
    shutil.copytree(built, "build")
    assert verify().exit_code == 0


@pytest.mark.parametrize("field", ["estimate", "se"])
def test_a_changed_number_is_found(field: str, built: Path, tmp_path: Path) -> None:
    data = json.loads((built / "hba1c/results.json").read_text(encoding="utf-8"))
    pooled = data["strata"][1]["pooled"]
    pooled[field] *= 1.001
    pooled["coefficients"][0][field] *= 1.001
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    result = verify(file)
    assert result.exit_code == 1
    differences = [line.rpartition(": ")[2] for line in result.stdout.splitlines()]
    assert float(differences[1]) == pytest.approx(1e-3, rel=0.01)
    assert float(differences[0]) < 1e-6


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("estimate", -0.9, "in 'T2D' the estimate, se or ci is not that of its coefficient."),
        ("ci", {"low": -0.9, "high": -0.1, "level": 0.95}, "is not that of its coefficient."),
        ("k", 3, "in 'T2D' k is 3, and there are 2 rows."),
    ],
)
def test_a_result_that_contradicts_itself(
    field: str, value: object, message: str, built: Path, tmp_path: Path
) -> None:
    """The number that readers see is the one that is recomputed."""
    data = json.loads((built / "hba1c/results.json").read_text(encoding="utf-8"))
    data["strata"][1]["pooled"][field] = value
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    result = verify(file)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_changed_row_is_found(built: Path, tmp_path: Path) -> None:
    data = json.loads((built / "hba1c/results.json").read_text(encoding="utf-8"))
    data["table"]["rows"][0]["yi"] += 0.1
    file = tmp_path / "results.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    assert verify(file).exit_code == 1


NO_RESULTS = {
    "garbage": (b"garbage", ":1:1: not JSON: Expecting value."),
    "half a file": (b'{"format": 1,\n "name": ', ":2:10: not JSON: Expecting value."),
    "empty": (b"", ":1:1: not JSON"),
    "a list": (b"[]", "it does not hold a mapping"),
    "a number": (b"3", "it does not hold a mapping"),
    "no table": (b'{"format": 1}', "it has no 'table'"),
    "no format": (b"{}", "it has no 'format'"),
    "newer": (b'{"format": 99}', "its format is 99, and this version reads 1"),
    "rows of another kind": (b'{"format": 1, "table": {"rows": [1]}}', "is not a results file"),
    "strata of another kind": (
        b'{"format": 1, "table": {"rows": []}, "strata": 5, "overall": null}',
        "is not a results file",
    ),
    "pooled of another kind": (
        b'{"format": 1, "table": {"rows": []}, "overall": null, "strata": [{"row_ids": [], "pooled": "a"}]}',
        "is not a results file",
    ),
    "an unknown row": (
        b'{"format": 1, "table": {"rows": []}, "overall": null, "strata": [{"row_ids": ["a"]}]}',
        "it has no 'a'",
    ),
    "deep": (b"[" * 200_000, "is not a results file"),
    "not UTF-8": (b"\xff\xfe", "it is not UTF-8 text"),
}


@pytest.mark.parametrize("name", NO_RESULTS)
def test_files_that_are_no_results(name: str, tmp_path: Path) -> None:
    content, message = NO_RESULTS[name]
    file = tmp_path / "results.json"
    file.write_bytes(content)
    result = verify(file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {file}")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_without_results(tmp_path: Path) -> None:
    assert "holds no results.json: run `metamsc run` first." in verify(tmp_path).stderr


def test_metafor_joins_where_r_has_it(built: Path) -> None:
    if isinstance(compare_with_metafor([]), str):
        pytest.skip("no R with metafor on this machine")
    result = verify(built, flags=())
    assert (result.exit_code, result.stderr) == (0, "")
    *lines, metafor, last = result.stdout.splitlines()
    assert all("; metafor 3" in line for line in lines)
    said = ": largest relative difference over 4 pooled results: "
    assert metafor.startswith("metafor 3")
    assert float(metafor.partition(said)[2]) <= 1e-6
    assert last.startswith(said.removeprefix(": "))
    found = json.loads(verify(built / "hba1c", flags=("--json",)).stdout)
    assert [item["engine"].split()[0] for item in found] == ["PyMARE"] * 3 + ["metafor"] * 3
    assert {item["agrees"] for item in found} == {True}


def test_without_r_it_is_the_second_engine_alone(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metamsc.report.metafor_engine.find_rscript", lambda: None)
    assert verify(built, flags=()).stdout == verify(built).stdout
