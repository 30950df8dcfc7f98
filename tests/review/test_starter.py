"""A new review works at once, has nothing to pool, and costs nobody a file."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.errors import InputError, OptionError
from metamsc.report.render import site_title
from metamsc.review.starter import RECORDS, begin_review

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "starting-a-review.md").read_text(encoding="utf-8")


def texts(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_files_are_whole_and_named_in_the_page(tmp_path: Path) -> None:
    written = begin_review(tmp_path / "new" / "my-review")
    made = texts(tmp_path / "new" / "my-review")
    assert {path.relative_to(tmp_path / "new" / "my-review").as_posix() for path in written} == set(made)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["my-review"]
    for name in made:
        assert f"`{name}`" in PAGE or f"`{Path(name).name}`" in PAGE, f"{name} has no row in the page"
    left = [
        name
        for name, text in made.items()
        if re.search(r"(?<!\$)\$(name|title|review|record|version)\b", text)
    ]
    assert left == []
    assert made["README.md"].startswith("# my-review\n")


@pytest.mark.parametrize(("outcome", "setting"), [("hba1c", "clinical"), ("fasting_glucose", "preclinical")])
def test_form_is_sound_and_gives_nothing_to_pool(tmp_path: Path, outcome: str, setting: str) -> None:
    folder = tmp_path / "my-review"
    begin_review(folder, outcome=outcome, setting=setting)
    report = check_records(folder / RECORDS)
    assert not [problem for problem in report.problems if problem.severity == "error"]
    assert {problem.code for problem in report.problems} == {"C518"}, "only to-dos"
    (plan,) = (folder / "analyses").glob("*/analysis.yml")
    records = read_records(folder / RECORDS)
    assert (len(records), records[0].results) == (1, ())
    result = run(read_spec(plan), records)
    assert (result.strata, result.table.rows, result.table.outcome) == ((), (), outcome)


def test_folder_that_is_not_empty_keeps_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is not empty"):
        begin_review(tmp_path)
    assert texts(tmp_path) == {"README.md": "mine"}
    written = begin_review(tmp_path, force=True)
    assert tmp_path / "README.md" not in written
    before = texts(tmp_path)
    assert before["README.md"] == "mine"
    assert begin_review(tmp_path, force=True) == ()
    assert texts(tmp_path) == before
    with pytest.raises(InputError, match="is a file"):
        begin_review(tmp_path / "README.md", force=True)


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    assert len(begin_review(tmp_path)) == len(texts(tmp_path))


def test_failed_start_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="'hba1c'"):
        begin_review(tmp_path / "x", outcome="hb1ac")
    with pytest.raises(OptionError, match="'preclinical'"):
        begin_review(tmp_path / "x", setting="people")
    assert list(tmp_path.iterdir()) == []


def test_workflow_is_pinned_and_can_write_nothing(tmp_path: Path) -> None:
    begin_review(tmp_path / "x")
    workflow = tmp_path / "x" / ".github" / "workflows" / "check.yml"
    text = workflow.read_text(encoding="utf-8")
    assert re.findall(r"uses: \S+@(?![0-9a-f]{40} # v)", text) == []
    assert "write" not in re.sub(r"#.*", "", text)
    zizmor = shutil.which("zizmor", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert zizmor is not None, "zizmor is a package of the extra dev"
    done = subprocess.run(
        [zizmor, "--offline", "--persona", "auditor", str(workflow)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_command_prints_files_and_what_is_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["init", "my-review"])
    assert done.exit_code == 0, done.output
    assert "my-review/analyses/hba1c/analysis.yml\n" in done.stdout
    assert "next: cd my-review && metamsc check && metamsc run && metamsc report" in done.stderr
    again = CliRunner().invoke(main, ["init", "my-review"])
    assert again.exit_code == 1
    assert "is not empty" in again.stderr
    assert CliRunner().invoke(main, ["init", "other", "--outcome", "none"]).exit_code == 2


def test_the_page_word_by_word(tmp_path: Path) -> None:
    """A new user types every command of docs/starting-a-review.md, in its order; then what README.md says."""
    shell = []
    for block in re.findall(r"^```bash\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL):
        shell += block.splitlines()
    assert shell[:2] == ["metamsc init my-review", "cd my-review"]
    folder, said = tmp_path, []
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in shell:
        program, *arguments = shlex.split(line)
        if program == "cd":
            folder /= arguments[0]
            continue
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        said.append(done.stdout + done.stderr)
    assert "0 errors" in said[1]
    assert "No study can be pooled" in said[2]
    page = (folder / "build" / "site" / "hba1c" / "report.html").read_text(encoding="utf-8")
    assert "No study in the records can be pooled" in page
    assert [path.name for path in (folder / RECORDS).rglob("*.yml")] == ["example-2026.yml"], "no form again"
    assert sorted(path.parent.name for path in folder.glob("analyses/*/analysis.yml")) == [
        "hba1c",
        "insulin-dose",
    ]
    script = subprocess.run(
        [sys.executable, "analyses/hba1c/analysis.py"], cwd=folder, capture_output=True, text=True
    )
    assert script.stdout == "There is nothing to pool yet.\n", script.stderr


@pytest.mark.parametrize("name", ["my-review", 'a "b" & c: d', "Übersicht"])
def test_the_site_has_the_name_of_the_review(tmp_path: Path, name: str) -> None:
    begin_review(tmp_path / name)
    project = tmp_path / name / "analyses"
    assert yaml.safe_load((project / "_quarto.yml").read_text(encoding="utf-8"))["website"]["title"] == name
    assert site_title(project) == name
