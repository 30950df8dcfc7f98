"""The group of commands: lazy, quiet about our bugs, honest about a user's."""

import importlib.util
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from metamsc.cli import COMMANDS, main
from metamsc.errors import InputError, OptionError

HELP_SECONDS = 0.3  # of CPU, a promise of the design; measured 0.09 s

HEAVY = ("numpy", "pandas", "scipy", "pydantic", "yaml", "matplotlib", "statsmodels", "pymare", "rich")


def test_help_imports_no_command_and_no_heavy_package() -> None:
    code = (
        "import sys\nfrom metamsc.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "ours = [name for name in sys.modules if name.startswith('metamsc.cli.')]\n"
        "assert not heavy and not ours, (heavy, ours)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "check  " in done.stdout
    assert "metamsc check" in done.stdout


def help_seconds() -> float:
    """Return the processor time of one ``metamsc --help``, without that of any other child."""
    shown = subprocess.Popen([sys.executable, "-m", "metamsc", "--help"], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(shown.pid, 0)
    shown.returncode = os.waitstatus_to_exitcode(status)
    assert shown.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the time of one child is a thing of POSIX")
def test_help_is_fast() -> None:
    # the best of some: a processor that others keep busy does less in a second
    assert any(help_seconds() < HELP_SECONDS for _ in range(5))


@pytest.mark.parametrize(
    "name", [n for n, c in COMMANDS.items() if importlib.util.find_spec(c.target.split(":")[0])]
)
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Example: metamsc {name}" in result.output


def test_unknown_command() -> None:
    result = CliRunner().invoke(main, ["chek"])
    assert result.exit_code == 2
    assert "chek" in result.stderr


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout.startswith("metamsc, version ")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(OptionError("x must be 1"), 2), (InputError("x is empty"), 1), (ZeroDivisionError("ours"), 70)],
)
def test_what_goes_wrong_is_one_message(
    error: Exception, exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(type(main), "get_command", lambda *_: broken)
    monkeypatch.delenv("METAMSC_DEBUG", raising=False)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == exit_code
    assert str(error) in result.stderr
    assert "Traceback" not in result.output
    assert ("METAMSC_DEBUG=1" in result.stderr) == (exit_code == 70)
    monkeypatch.setenv("METAMSC_DEBUG", "1")
    assert CliRunner().invoke(main, ["check"]).exception is error


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m metamsc check tests/examples/extractions/invalid | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
