"""Git repositories made for a test, with a few of the shipped records and one plan."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from metamsc.analysis.plan import read_spec
from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.read import read_records
from metamsc.records.studies import Studies

ROOT = Path(__file__).parents[2]
FOLDER = "data/extractions/clinical"
AFTER_12_MONTHS = "msc: {n: 21, mean: 7.5, sd: 1.0}"
"""What Cai 2016 says of its treated group at 12 months."""
PLAN = "analyses/hba1c/analysis.yml"
STUDIES = ("cai-2016", "skyler-2015", "zang-2022", "dantas-12-months", "thakkar-2015")


class Work:
    """A repository with a working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        names = {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", "A. Tester"), ("EMAIL", "tester@example.org"))
        }
        environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def record(self, name: str) -> Path:
        return self.folder / "data/extractions/clinical" / f"{name}.yml"

    def plan(self, *, checks: bool) -> None:
        """Put the plan of HbA1c there, with what it is held against or, which is twice as quick, without."""
        text = (ROOT / PLAN).read_text(encoding="utf-8")
        before, rest = text.split("sensitivity:\n")
        notes = rest[rest.index("notes:\n") :]
        file = self.folder / PLAN
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if checks else before + notes, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.record(name)
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A repository whose branch `main` holds some records and the plan of HbA1c."""
    folder = tmp_path / "work"
    (folder / "data/extractions/clinical").mkdir(parents=True)
    made = Work(folder)
    made.plan(checks=False)
    for path in sorted((ROOT / "data/extractions/clinical").glob("*.yml")):
        if path.stem in STUDIES:
            shutil.copy(path, made.record(path.stem))
    made.git("init", "-q", "-b", "main")
    made.commit("begin")
    return made


@pytest.fixture(scope="session")
def records() -> Studies:
    return read_records(ROOT / "data/extractions")


@pytest.fixture(scope="session")
def hba1c() -> AnalysisSpec:
    return read_spec(ROOT / "analyses/hba1c")
