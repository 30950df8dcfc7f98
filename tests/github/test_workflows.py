"""Workflows, forms and hooks: valid, least privilege, pinned, and true to the code they call."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
SCHEMAS = {
    ".github/workflows/*.yml": "vendor.github-workflows",
    ".github/dependabot.yml": "vendor.dependabot",
    ".github/ISSUE_TEMPLATE/[!c]*.yml": "vendor.github-issue-forms",
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    "action.yml": "vendor.github-actions",
}
BIN = Path(sys.executable).parent


def read(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - `on` stays a text
    assert isinstance(found, dict)
    return found


def test_zizmor_finds_nothing_at_its_strictest() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-config", "--persona", "auditor", ".github", "action.yml"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "No findings" in done.stdout


@pytest.mark.parametrize("pattern", SCHEMAS)
def test_files_fit_the_services_schemas(pattern: str) -> None:
    files = sorted(ROOT.glob(pattern))
    assert files
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", SCHEMAS[pattern], *files],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.stem)
def test_every_action_is_pinned_to_a_commit(file: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", file.read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name) for name, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for _, comment in used)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_job_has_no_right_that_it_does_not_name(file: Path) -> None:
    found = read(file)
    assert found["permissions"] == {}
    assert all("permissions" in job and "timeout-minutes" in job for job in found["jobs"].values())
    assert "secrets." not in file.read_text(encoding="utf-8")


def test_a_pull_request_from_a_fork_may_only_read() -> None:
    found = read(ROOT / ".github/workflows/extractions.yml")
    assert set(found["on"]) == {"pull_request", "push"}  # never pull_request_target
    assert found["jobs"]["check"]["permissions"] == {"contents": "read"}


def test_the_comment_follows_the_workflow_that_makes_the_report() -> None:
    maker, poster = (
        read(ROOT / ".github/workflows" / name) for name in ("extractions.yml", "impact-comment.yml")
    )
    assert poster["on"]["workflow_run"]["workflows"] == [maker["name"]]
    names = [
        step["with"]["name"] for step in maker["jobs"]["check"]["steps"] if "name" in step.get("with", {})
    ]
    assert names == ["impact"]  # what .github/scripts/impact_comment.py looks for
    steps = poster["jobs"]["comment"]["steps"]
    checkouts = [step for step in steps if "checkout" in step.get("uses", "")]
    assert all("ref" not in step["with"] for step in checkouts)  # the default branch, not the stranger's


def _commands() -> list[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in [*WORKFLOWS, ROOT / "action.yml"])
    return sorted(
        {
            " ".join(found.split())
            for found in re.findall(r"\bmetamsc ((?:check|impact|report)[^\n|>]*)", text)
        }
    )


def test_workflows_call_options_that_exist() -> None:
    commands = _commands()
    assert len(commands) >= 4
    for command in commands:
        name, *words = command.split()
        help_text = CliRunner().invoke(main, [name, "--help"]).output
        for flag in (word for word in words if word.startswith("--")):
            assert flag in help_text, command


def test_make_targets_of_workflows_exist() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for file in WORKFLOWS:
        for target in re.findall(r"run: make (\S+)", file.read_text(encoding="utf-8")):
            assert target in made, f"{file.name}: make {target}"
