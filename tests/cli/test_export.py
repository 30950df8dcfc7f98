"""`metamsc export`."""

import builtins
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests/examples/extractions/valid/clinical/series-2019.yml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_writes_every_format_and_prints_the_files(tmp_path: Path) -> None:
    result = run(RECORD, "--csv", tmp_path / "c", "--xlsx", tmp_path / "x.xlsx", "--parquet", tmp_path / "p")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "c/results.csv").read_text(encoding="utf-8-sig").startswith("study,result,outcome")
    assert str(tmp_path / "x.xlsx") in result.stdout.splitlines()
    assert (tmp_path / "p/studies.parquet").exists()
    assert "1 record exported" in result.stderr


def test_says_where_to(tmp_path: Path) -> None:
    result = run(RECORD)
    assert result.exit_code == 2
    assert "--xlsx" in result.stderr


def test_no_records(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("a: [")
    result = run(tmp_path, "--csv", tmp_path / "c")
    assert result.exit_code == 1
    assert "Y105" in result.stderr
    assert not (tmp_path / "c").exists()


def test_here_without_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--csv", "c")
    assert result.exit_code == 2
    assert "data/extractions" in result.stderr


@pytest.mark.parametrize(("flag", "package"), [("--xlsx", "openpyxl"), ("--parquet", "pyarrow")])
def test_missing_package_is_one_clear_message(
    flag: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def absent(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == package:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    result = run(RECORD, flag, tmp_path / "x")
    assert result.exit_code == 1
    assert "pip install 'metamsc[exchange]'" in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    shutil.copy(RECORD, tmp_path / "file")
    result = run(RECORD, "--csv", tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
