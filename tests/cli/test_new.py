"""`metamsc new`."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.records.load import read_studies

FLAGS = ("--setting", "clinical", "--design", "rct-parallel", "--title", "A trial")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["new", *arguments, "--folder", str(folder)])


def test_writes_and_prints_the_path(tmp_path: Path) -> None:
    result = run(tmp_path, "cai-2016", *FLAGS, "--doi", "10.2337/dc15-0171", "--extracted-by", "A. Extractor")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path}/clinical/cai-2016.yml\n"
    study = read_studies(tmp_path)[0]
    assert (study.label, study.study.year, study.study.doi) == ("Cai 2016", 2016, "10.2337/dc15-0171")
    assert study.extraction.extracted_by == "A. Extractor"


def test_never_overwrites(tmp_path: Path) -> None:
    run(tmp_path, "cai-2016", *FLAGS)
    result = run(tmp_path, "cai-2016", *FLAGS)
    assert result.exit_code == 1
    assert "never overwritten" in result.stderr
    assert "Traceback" not in result.output


def test_missing_flag_without_a_terminal(tmp_path: Path) -> None:
    result = run(tmp_path, "cai-2016", "--setting", "clinical")
    assert result.exit_code == 2
    assert "--design" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_id_and_design(tmp_path: Path) -> None:
    assert "small letters" in run(tmp_path, "../Cai", *FLAGS).stderr
    wrong = run(tmp_path, "a-2016", "--setting", "preclinical", "--design", "rct-parallel", "--title", "x")
    assert wrong.exit_code == 1
    assert "does not belong" in wrong.stderr


def test_asks_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metamsc.cli.new._on_terminal", lambda: True)
    answers = "clinical\nnonsense\nsingle-arm\nA series\n"
    result = CliRunner().invoke(main, ["new", "cai-2016", "--folder", str(tmp_path)], input=answers)
    assert result.exit_code == 0, result.output
    assert read_studies(tmp_path)[0].study.title == "A series"


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file", "cai-2016", *FLAGS)
    assert result.exit_code == 1
    assert "file" in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
