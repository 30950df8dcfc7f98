"""docs/submit.md, followed word by word: from a copy of the repository to a record that is accepted."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.checks.run import check_records
from metamsc.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/submit.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^<!-- run -->\n```bash\n(.*?)^```|^<!-- writes (\S+) -->\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a fork, in which somebody stands."""
    for name in ("data", "analyses", "examples"):
        shutil.copytree(ROOT / name, tmp_path / "seed" / name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A. Reader")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "reader@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    seed, fork, here = tmp_path / "seed", tmp_path / "fork.git", tmp_path / "clone"
    for command in (
        ["git", "-C", str(seed), "init", "-q", "-b", "main"],
        ["git", "-C", str(seed), "add", "-A"],
        ["git", "-C", str(seed), "commit", "-q", "-m", "records"],
        ["git", "clone", "-q", "--bare", str(seed), str(fork)],
        ["git", "clone", "-q", str(fork), str(here)],
    ):
        subprocess.run(command, check=True)
    monkeypatch.chdir(here)
    return here


def run(line: str) -> str:
    """Run a line of the page as it stands there; `# exit 1` says how it ends."""
    command, _, remark = line.partition("#")
    program, *arguments = shlex.split(command)
    expected = int(remark.split()[-1]) if remark.strip().startswith("exit") else 0
    if program == "git":
        done = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert done.returncode == expected, f"{line}\n{done.stderr}"
        return done.stdout
    assert program == "metamsc"
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == expected, f"{line}\n{result.output}"
    return result.output


def test_the_page_step_by_step(clone: Path) -> None:
    shown: dict[str, str] = {}
    for bash, file, text in STEP.findall(PAGE):
        if file:
            assert Path(file).exists(), "`metamsc new` has begun it"
            Path(file).write_text(text, encoding="utf-8")
        for line in bash.splitlines():
            shown[line] = run(line)
    assert "[C519]" in shown["metamsc check data/extractions/clinical/muller-2020.yml    # exit 1"]
    impact = shown["metamsc impact main"]
    assert "**Schmidt 2021** added" in impact
    assert "#### HbA1c after MSC therapy" in impact
    there = subprocess.run(
        ["git", "ls-remote", "--heads", "origin"], capture_output=True, text=True, check=True
    )
    assert "refs/heads/schmidt-2021" in there.stdout
    Path("data/extractions/clinical/muller-2020.yml").unlink()  # the proposal, still with its to-dos
    assert check_records("data/extractions").problems == ()


def test_the_studies_of_the_page_are_nowhere_else() -> None:
    names = {file.stem for file in (ROOT / "data/extractions").rglob("*.yml")}
    assert not names & {"schmidt-2021", "muller-2020"}


def test_hooks_and_files_that_the_page_names_are_there() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    named = re.findall(r"- id: (metamsc-[a-z-]+)", PAGE)
    assert named
    assert all(f"- id: {name}\n" in hooks for name in named)
    files = re.findall(r"`(\.github/[\w/.-]+)`", PAGE)
    assert len(files) == 4
    assert all((ROOT / name).is_file() for name in files)
    keys = re.findall(r"^    (\w+): ", PAGE.split("uses: OWNER/metamsc")[1].split("```")[0], re.MULTILINE)
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert keys
    assert all(f"\n  {key}:\n" in action for key in keys)
