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


ASKED = ("-c", "user.useConfigOnly=true")
"""Some machines make a name up from that of the account and the host; then there is nothing to learn."""
WHO = ("-c", "user.name=A. Maintainer", "-c", "user.email=maintainer@example.org")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a fork, in which somebody stands."""
    for name in ("data", "analyses", "examples"):
        shutil.copytree(ROOT / name, tmp_path / "seed" / name)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))  # an empty one: nobody has told git who writes
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    seed, fork, here = tmp_path / "seed", tmp_path / "fork.git", tmp_path / "clone"
    for command in (
        ["git", "-C", str(seed), "init", "-q", "-b", "main"],
        ["git", "-C", str(seed), "add", "-A"],
        ["git", "-C", str(seed), *WHO, "commit", "-q", "-m", "records"],
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


def test_what_goes_wrong_on_a_first_day_is_in_the_table(clone: Path) -> None:
    """Each mistake is made, and what is said then stands in the page with the way out."""
    record = Path("data/extractions/clinical/cai-2016.yml")
    said = [
        run("metamsc impact main"),  # on main itself
        _failed("git", "switch", "--create", "main"),
    ]
    record.write_text(record.read_text(encoding="utf-8").replace("mean: 7.5", "mean: 7.6"), encoding="utf-8")
    said += [run("metamsc impact main"), _failed("git", *ASKED, "commit", "--all", "--message", "x")]
    os.chdir(clone.parent)
    said.append(run("metamsc check # exit 2"))
    os.chdir(clone)
    for text, expected in zip(
        said,
        (
            "there is nothing to compare", "a branch named 'main' already exists",
            "Not committed, and so not in this comparison", "identity unknown",
            "there is no folder data/extractions here",
        ),
        strict=True,
    ):  # fmt: skip
        assert re.search(expected, text, re.IGNORECASE), text
    table = PAGE[PAGE.index("| if it says | then |") :]
    for expected in (
        "nothing to compare",
        "already exists",
        "Not committed, and so",
        "Author identity unknown",
    ):
        assert expected in table


def _failed(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_links_lead_to_headings_that_are_there() -> None:
    for target, heading in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", PAGE):
        text = (ROOT / "docs" / target).read_text(encoding="utf-8") if target else PAGE
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", found.lower()).replace(" ", "-") for found in headings}
        assert heading in slugs, f"{target}#{heading}"


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
