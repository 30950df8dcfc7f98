"""The shell of workflows and of the action, step by step as the service runs it, on real git repositories."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from metamsc.review.impact_text import MARKER
from tests.github.test_impact_comment import ENVIRONMENT, archive
from tests.review.conftest import Work

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AFTER_12_MONTHS = "msc: {n: 21, mean: 7.5, sd: 1.0}"


def steps_of(file: str, job: str | None = None) -> list[dict[str, Any]]:
    found = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    steps = found["runs"]["steps"] if job is None else found["jobs"][job]["steps"]
    assert isinstance(steps, list)
    return steps


def shell_of(steps: list[dict[str, Any]], name: str) -> str:
    (text,) = (step["run"] for step in steps if step.get("name") == name)
    assert "${{" not in text  # what the service would put in is nobody's shell: it comes by `env`
    return str(text)


def run_step(text: str, folder: Path, temp: Path, **given: str) -> tuple[int, str, Path]:
    """Run a step's shell as a runner does; its exit code, its log, and the folder of what it left."""
    made = temp / "made"
    made.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(temp), "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(made / "output"), "GITHUB_STEP_SUMMARY": str(made / "summary"),
        "GIT_CONFIG_GLOBAL": os.devnull, **given,
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, made


@pytest.fixture
def traps(work: Work) -> Work:
    """A branch with modules that Python would take instead of its own, were it to look here."""
    for name in ("json", "pip", "venv", "sys", "metamsc", "yaml", "encodings"):
        (work.folder / f"{name}.py").write_text("raise SystemExit('sprung: ' + __file__)\n")
    work.git("switch", "-q", "-c", "branch")
    return work


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """RUNNER_TEMP with the package installed as the action's first step would."""
    folder = tmp_path / "temp"
    (folder / "metamsc").mkdir(parents=True)
    (folder / "metamsc/bin").symlink_to(BIN)
    return folder


def test_the_action_checks_and_compares(traps: Work, temp: Path) -> None:
    steps = steps_of("action.yml")
    traps.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 8.9, sd: 1.0}")
    traps.commit()
    given = {"PATHS": "data/extractions\ndata/extractions/clinical", "STRICT": "false"}
    code, log, made = run_step(shell_of(steps, "Check"), traps.folder, temp, **given)
    assert (code, "sprung" in log) == (0, False), log
    assert (made / "output").read_text() == "problems=0\n"
    compared = {"BASE": "main", "RECORDS": "data/extractions", "ANALYSES": "analyses"}
    code, log, made = run_step(shell_of(steps, "Compare"), traps.folder, temp, **compared)
    assert (code, "sprung" in log) == (0, False), log
    assert (made / "summary").read_text(encoding="utf-8").startswith(MARKER)
    assert f"file={temp}/impact.md" in (made / "output").read_text()


def test_the_action_fails_on_errors_and_still_says_what_they_are(traps: Work, temp: Path) -> None:
    steps = steps_of("action.yml")
    traps.edit("cai-2016", "results:", "results: [")
    traps.commit()
    given = {"PATHS": "data/extractions", "STRICT": "true"}
    code, log, made = run_step(shell_of(steps, "Check"), traps.folder, temp, **given)
    assert code == 1
    assert log.startswith("::error file=data/extractions/clinical/cai-2016.yml,line=")
    assert (made / "output").read_text() == "problems=1\n"
    compared = {"BASE": "main", "RECORDS": "data/extractions", "ANALYSES": "analyses"}
    code, log, made = run_step(shell_of(steps, "Compare"), traps.folder, temp, **compared)
    assert code == 1
    assert "Not ready: 1 file has errors" in (made / "summary").read_text(encoding="utf-8")


def test_the_action_installs_without_looking_into_the_branch(traps: Work, tmp_path: Path) -> None:
    """Python and pip are started with -I; with stand-ins that only say where they would look."""
    text = shell_of(steps_of("action.yml"), "Install")
    seen = tmp_path / "python"
    seen.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$1" -c "import sys; assert \'\' not in sys.path"\n')
    seen.chmod(0o755)
    temp = tmp_path / "temp"
    (temp / "metamsc/bin").mkdir(parents=True)
    shutil.copy(seen, temp / "metamsc/bin/python")
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_ACTION_PATH": "."}
    code, log, _ = run_step(text, traps.folder, temp, **given)
    assert (code, log) == (0, "")


def test_a_pull_request_from_a_fork(traps: Work, temp: Path, tmp_path: Path) -> None:
    """The base is checked out, the fork's branch in a folder of it; only records of the branch are read."""
    steps = steps_of(".github/workflows/extractions.yml", "check")
    traps.edit("cai-2016", AFTER_12_MONTHS, "msc: {n: 21, mean: 8.9, sd: 1.0}")
    head = traps.commit("a number")
    fork, base = tmp_path / "fork.git", tmp_path / "base"
    traps.git("clone", "-q", "--bare", str(traps.folder), str(fork))
    traps.git("clone", "-q", "--branch", "main", "--single-branch", str(traps.folder), str(base))
    traps.git("clone", "-q", "--branch", "branch", str(fork), str(base / "branch"))
    (base / ".venv").mkdir()
    (base / ".venv/bin").symlink_to(BIN)
    check = shell_of(steps, "Check the records; problems appear at their lines")
    code, log, _ = run_step(check, base / "branch", temp)
    assert (code, "sprung" in log) == (0, False), log
    given = {"BASE": traps.git("rev-parse", "main"), "HEAD": head}
    code, log, made = run_step(
        shell_of(steps, "What the branch does to the pooled results"), base, temp, **given
    )
    assert (code, "sprung" in log) == (0, False), log
    summary = (made / "summary").read_text(encoding="utf-8")
    assert summary == (base / "impact/impact.md").read_text(encoding="utf-8")
    assert "**Cai 2016** changes from" in summary
    assert (base / "impact/figures/impact-hba1c.svg").is_file()


def test_findings_for_code_scanning(work: Work, temp: Path) -> None:
    """Errors are findings, not a failure of the job; anything else is one."""
    text = shell_of(steps_of(".github/workflows/extractions.yml", "sarif"), "Write the findings")
    (work.folder / ".venv").mkdir()
    (work.folder / ".venv/bin").symlink_to(BIN)
    work.edit("cai-2016", "results:", "results: [")
    code, log, _ = run_step(text, work.folder, temp)
    assert code == 0, log
    found = json.loads((work.folder / "metamsc.sarif").read_text(encoding="utf-8"))
    assert [item["ruleId"] for item in found["runs"][0]["results"] if "suppressions" not in item] == ["Y105"]
    shutil.rmtree(work.folder / "data")
    code, _, _ = run_step(text, work.folder, temp)
    assert code != 0


def test_what_is_released_is_checked_before_it_is_published(temp: Path, tmp_path: Path) -> None:
    text = shell_of(steps_of(".github/workflows/release.yml", "publish"), "Publish")
    folder = tmp_path / "work"
    (folder / "release").mkdir(parents=True)
    (folder / "release/NOTES.md").write_text("notes\n")
    sums = subprocess.run(["sha256sum", "NOTES.md"], cwd=folder / "release", capture_output=True, check=True)
    (folder / "release/SHA256SUMS").write_bytes(sums.stdout)
    asked = tmp_path / "bin/gh"
    asked.parent.mkdir()
    asked.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\n')
    asked.chmod(0o755)
    given = {"PATH": f"{asked.parent}:{os.environ['PATH']}", "TAG": "v1.2.3", "REPOSITORY": "o/r"}
    code, log, _ = run_step(text, folder, temp, **given)
    assert code == 0, log
    assert (tmp_path / "asked").read_text().startswith("release create v1.2.3 --repo o/r --verify-tag")
    (tmp_path / "asked").unlink()
    (folder / "release/NOTES.md").write_text("other notes\n")
    code, _, _ = run_step(text, folder, temp, **given)
    assert code != 0
    assert not (tmp_path / "asked").exists()


SERVICE = """#!{python}
# The service's side of `gh api`: what it is asked for comes from files, what it is sent goes into one.
import pathlib, sys
folder = pathlib.Path({folder!r})
path = next(word for word in sys.argv if word.startswith("repos/"))
with (folder / "asked").open("a") as log:
    print(" ".join(sys.argv[1:]), file=log)
if "--input" in sys.argv:
    (folder / "sent.json").write_bytes(sys.stdin.buffer.read())
    sys.exit(0)
parts = path.split("?")[0].split("/")
name = next(name for name in ("zip", "pulls", "artifacts", "comments") if name in parts)
sys.stdout.buffer.write((folder / name).read_bytes())
"""


def _service(folder: Path, report: bytes, sha: str) -> Path:
    """Write a stand-in for `gh` that knows one pull request, one artifact and no comment."""
    folder.mkdir()
    artifact = {"name": "impact", "id": 5, "expired": False, "size_in_bytes": len(report)}
    (folder / "pulls").write_text(json.dumps([{"number": 12, "head": {"sha": sha}}]))
    (folder / "artifacts").write_text(json.dumps({"artifacts": [artifact]}))
    (folder / "zip").write_bytes(report)
    (folder / "comments").write_text("[]")
    program = folder / "gh"
    program.write_text(SERVICE.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("report", "posted"),
    [
        (archive(f"{MARKER}\n\n## What this change does\n\n<script>x</script> @all"), True),
        (archive(f"{MARKER}\nx", "../../impact.md"), False),
        (b"no archive", False),
    ],
    ids=["a report", "another name", "no archive"],
)
def test_the_comment_step_talks_to_the_service_and_to_nobody_else(
    tmp_path: Path, report: bytes, posted: bool
) -> None:
    """The step as it stands in the workflow, in an empty checkout with the script alone."""
    steps = steps_of(".github/workflows/impact-comment.yml", "comment")
    folder = tmp_path / "checkout"
    (folder / ".github").mkdir(parents=True)
    shutil.copytree(ROOT / ".github/scripts", folder / ".github/scripts")
    (folder / "json.py").write_text("raise SystemExit('sprung')\n")  # not on the path of a script elsewhere
    service = _service(tmp_path / "service", report, "a" * 40)
    (given,) = (step["env"] for step in steps if step.get("name") == "Post the report")
    assert set(given) == {*ENVIRONMENT, "GH_TOKEN"}
    path = f"{service}:{os.environ['PATH']}"
    known = {**ENVIRONMENT, "GH_TOKEN": "", "PATH": path}
    code, log, _ = run_step(shell_of(steps, "Post the report"), folder, tmp_path, **known)
    assert code == 0, log
    assert (service / "sent.json").exists() is posted
    assert log.startswith("comment posted on pull request 12" if posted else "nothing posted: ")
    if posted:
        body = json.loads((service / "sent.json").read_text())["body"]
        assert body.startswith(f"{MARKER}\n## What this change does")
        assert "<script" not in body
        assert "@all" not in body
        assert (service / "asked").read_text().splitlines()[-1] == (
            "api --method POST repos/reviews/msc/issues/12/comments --input -"
        )


def test_a_tag_that_moves_makes_no_release() -> None:
    """`v1` follows the newest release of its line; a release is v1.2.3."""
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    (pattern,) = release[True]["push"]["tags"]  # YAML 1.1 reads `on` as true
    assert pattern == "v[0-9]+.[0-9]+.[0-9]+"
