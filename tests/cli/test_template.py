"""`metamsc template`."""

from pathlib import Path

from click.testing import CliRunner, Result

from metamsc.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["template", *map(str, arguments)])


def test_writes_a_workbook_once(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    result = run("--xlsx", file)
    assert (result.exit_code, result.stdout) == (0, f"{file}\n")
    again = run("--xlsx", file)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert run("--xlsx", file, "--force").exit_code == 0


def test_needs_a_file() -> None:
    result = run()
    assert result.exit_code == 2
    assert "--xlsx" in result.stderr
