"""docs/cli.md is true: it names every command, and every command in it is run with the exit code it gives."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from metamsc.cli import COMMANDS, EXIT_BUG, EXIT_PROBLEMS, EXIT_USAGE, main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
SLOW = {"metamsc report"}
"""Run by the tests of the site, which take longer."""


def shown() -> list[tuple[str, int]]:
    """Every command of the page with its exit code."""
    found = []
    for block in re.findall(r"^```bash\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            command, _, comment = line.partition(" # ")
            exit_code = re.match(r"exit (\d+)", comment.strip())
            found.append((command.strip(), int(exit_code[1]) if exit_code else 0))
    return found


def test_every_command_has_a_section_with_an_example() -> None:
    sections = re.findall(r"^## metamsc (\S+)$", PAGE, flags=re.MULTILINE)
    there = main.list_commands(click.Context(main))
    assert sorted(set(there) - set(sections)) == [], "write a section in docs/cli.md"
    assert set(sections) <= set(COMMANDS)
    for name in sections:
        section = PAGE.split(f"## metamsc {name}\n")[1].split("\n## ")[0]
        assert f"\nmetamsc {name}" in section


def test_exit_codes_are_those_of_the_code() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    assert listed == {0, EXIT_PROBLEMS, EXIT_USAGE, EXIT_BUG}


def _commit_to_main(folder: Path) -> None:
    """Make a repository of the copy: `metamsc impact` compares revisions."""
    who = ("-c", "user.name=A. Tester", "-c", "user.email=tester@example.org")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-q", "-m", "begin")):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_every_command_shown_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "analyses", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    _commit_to_main(tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = [item for item in shown() if item[0] not in SLOW]
    assert len(commands) > 20
    assert {code for _, code in commands} == {0, 1, 2}
    for command, exit_code in commands:
        program, *arguments = shlex.split(command)
        assert program == "metamsc"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == exit_code, f"{command}\n{result.output}"
        assert result.output.strip(), command


def test_help_shows_an_example_that_names_the_command() -> None:
    for name in main.list_commands(click.Context(main)):
        result = CliRunner().invoke(main, [name, "--help"])
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"Example: metamsc {name}" in " ".join(result.stdout.split())
