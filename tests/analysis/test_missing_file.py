"""Trials known to be missing, named in a file beside a CSV."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.analysis.csv import pool_csv
from metamsc.analysis.missing_file import read_missing
from metamsc.cli import main
from metamsc.errors import InputError, OptionError, SpecError
from metamsc.sensitivity.missing import bound_missing
from metamsc.sensitivity.missing_result import MissingTrial

YI, VI, N = [0.4, 0.6, 0.5, 0.3], [0.04, 0.05, 0.03, 0.06], [100, 80, 120, 60]
LETTERS, KINDS = "ABCD", ["x", "x", "y", "y"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def pooled(tmp_path: Path) -> Path:
    rows = zip(LETTERS, YI, VI, N, KINDS, strict=True)
    lines = [f"{label},{y},{v},{n},{kind}" for label, y, v, n, kind in rows]
    return write(tmp_path, "pooled.csv", "\n".join(["study,yi,vi,n_total,diabetes_type", *lines]) + "\n")


def test_the_bound_is_that_of_the_trials_in_the_file(pooled: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "m.csv", "label,n,vi,status,reason\nE,150,,selected,only told\nF,NA,0.02,,\n")
    trials = [
        MissingTrial(label="E", n=150.0, status="selected", reason="only told"),
        MissingTrial(label="F", vi=0.02),
    ]
    assert [item.trial for item in read_missing(file)] == trials
    (test,) = pool_csv(pooled, sensitivity=True, missing=file).sensitivity
    assert test.bounds.found is not None
    (assumed,) = test.bounds.found
    assert assumed.bound == bound_missing(YI, VI, trials, n_total=N)
    assert test.missing is not None
    assert [row.status for row in test.missing.rows] == ["included"] * 4 + ["selected", "unclear"]


@pytest.mark.parametrize("suffix", ["csv", "yml"])
def test_a_trial_belongs_to_the_pool_it_names_and_else_to_all(
    pooled: Path, tmp_path: Path, suffix: str
) -> None:
    """Every pool lists all rows of its stratum; of the missing ones its own, and those nobody has placed."""
    table = "study,n,diabetes_type\nE,10,T1D\nF,20,\n"
    plan = (
        "known_missing:\n- {label: E, n: 10, diabetes_type: T1D, reason: r, source: s}\n"
        "- {label: F, n: 20, reason: r, source: s}\n"
    )
    data = pooled.read_text(encoding="utf-8").replace(",x\n", ",T1D\n").replace(",y\n", ",T2D\n")
    pooled.write_text(data, encoding="utf-8")
    file = write(tmp_path, f"m.{suffix}", table if suffix == "csv" else plan)
    found = pool_csv(pooled, by="diabetes_type", sensitivity=True, missing=file).sensitivity
    absent = {
        test.label: [row.label for row in test.missing.rows if row.status != "included"]
        for test in found
        if test.missing is not None
    }
    assert absent == {
        "diabetes_type = T1D": ["E", "F"],
        "diabetes_type = T2D": ["F"],
        "All studies": ["E", "F"],
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.csv", "study,n\nE,-3\n", "m.csv:2: n must be a positive number; got '-3'"),
        ("m.csv", "study,n\nE,many\n", "m.csv:2: n must be a positive number; got 'many'"),
        (
            "m.csv",
            "study,status\nE,lost\n",
            "m.csv:2: status must be one of 'selected', 'unclear', 'unrelated'",
        ),
        ("m.csv", "study,n\n,5\n", "m.csv:2: no value in column 'study'"),
        ("m.csv", "n\n5\n", "has no column 'study' or 'label' or 'slab'"),
        ("m.csv", "study\nE\nE\n", "names 'E' twice"),
        ("m.csv", "study\n", "nothing below its header"),
        ("m.csv", "study\nA\n", "A is a row of .*, and named as missing"),
        ("m.yml", "known_missing: []\n", "names no missing trial"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    pooled: Path, tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        pool_csv(pooled, sensitivity=True, missing=write(tmp_path, name, text))


def test_a_wrong_plan_or_column_is_refused_by_name(pooled: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no list of missing trials"):
        read_missing(write(tmp_path, "m.yml", "known_missing:\n- {label: E}\n"))
    with pytest.raises(SpecError, match="cannot be read"):
        read_missing(write(tmp_path, "m.yml", "- a\n- [\n"))
    with pytest.raises(OptionError, match=r"has a column 'participants'; those .* are study, n"):
        read_missing(write(tmp_path, "m.csv", "study,participants\nE,5\n"))
    with pytest.raises(OptionError, match="say how `sensitivity` is done"):
        pool_csv(pooled, missing=tmp_path / "m.csv")


def test_the_command_tells_of_them(pooled: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "m.csv", "study,n,status\nE,150,selected\n")
    told = CliRunner().invoke(main, ["pool", str(pooled), "--sensitivity", "--missing", str(file)])
    assert told.exit_code == 0, told.output
    words = " ".join(told.output.split())
    assert "1 trial is known whose result is not here (150 participants; the pooled ones have 360)" in words
    assert "Missing because of what it showed: probably." in words
    wrong = write(tmp_path, "w.csv", "study,n\nE,0\n")
    said = CliRunner().invoke(main, ["pool", str(pooled), "--sensitivity", "--missing", str(wrong)])
    assert said.exit_code == 1
    assert "w.csv:2: n must be a positive number; got '0'" in said.output
