"""What a release carries: built as the workflow builds it, in a copy of the repository, and taken apart."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from metamsc.checks.read import read_records
from tests.github.test_steps import run_step, shell_of, steps_of

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PARTS = ("metamsc", "data", "analyses", "docs/figures")
FILES = (
    "Makefile",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CITATION.cff",
    "CHANGELOG.md",
    "requirements.lock",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which `make release` has run, with a site that says nothing."""
    copy = tmp_path_factory.mktemp("release")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    (copy / "build/site").mkdir(parents=True)
    (copy / "build/site/explorer.html").write_text("<!doctype html>\n", encoding="utf-8")
    done = subprocess.run(
        ["make", "-s", "-o", "report", "release", f"BIN={BIN}"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return copy / "build/release"


def _sums(folder: Path) -> dict[str, str]:
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name.removeprefix("./"): digest for digest, name in (line.split("  ", 1) for line in lines)}


def _holds_what_it_sums(folder: Path) -> None:
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert _sums(folder) == found


def test_everything_attached_has_its_checksum(release: Path) -> None:
    _holds_what_it_sums(release)
    names = {path.name for path in release.iterdir()}
    assert {
        "metamsc-data.tar.gz",
        "metamsc-site.tar.gz",
        "explorer.html",
        "CITATION.cff",
        "NOTES.md",
    } <= names
    assert len([name for name in names if name.endswith(".whl")]) == 1


def test_the_archive_of_the_data_stands_by_itself(release: Path, tmp_path: Path) -> None:
    """Records in three formats that say the same, schemas, a page about them, licence and citation."""
    import pandas as pd

    with tarfile.open(release / "metamsc-data.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    data = tmp_path / "metamsc-data"
    _holds_what_it_sums(data)
    assert {path.name for path in data.iterdir()} == {
        "CITATION.cff", "LICENSE", "README.md", "SHA256SUMS", "csv", "parquet", "reviews", "schema", "yaml",
    }  # fmt: skip
    records = read_records(data / "yaml")
    assert records.ids == read_records(ROOT / "data/extractions").ids
    assert len(list((data / "reviews").glob("*.yml"))) == len(list((ROOT / "data/reviews").glob("*.yml")))
    for name in ("extraction.json", "review.json"):
        assert json.loads((data / "schema" / name).read_text(encoding="utf-8"))["type"] == "object"
    tables = sorted(path.stem for path in (data / "csv").iterdir())
    assert tables == sorted(path.stem for path in (data / "parquet").iterdir())
    explained = (data / "README.md").read_text(encoding="utf-8")
    for table in tables:
        assert f"`{table}`" in explained
        with (data / f"csv/{table}.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file))
        frame = pd.read_parquet(data / f"parquet/{table}.parquet")
        assert (list(frame.columns), len(frame)) == (header, len(rows))


def test_a_tag_that_the_files_do_not_name_makes_no_release(release: Path, tmp_path: Path) -> None:
    text = shell_of(
        steps_of(".github/workflows/release.yml", "build"), "The tag names the version that is there"
    )
    folder = release.parents[1]
    changelog = folder / "CHANGELOG.md"
    code, log, _ = run_step(text, folder, tmp_path, TAG="v1.2.3")
    assert (code, log) == (
        1,
        "::error file=pyproject.toml::pyproject.toml does not say 1.2.3; the tag does\n",
    )
    for name, old in (("pyproject.toml", 'version = "'), ("CITATION.cff", "version: ")):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(old))
        lines[at] = 'version = "1.2.3"' if old.endswith('"') else "version: 1.2.3"
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    code, log, _ = run_step(text, folder, tmp_path, TAG="v1.2.3")
    assert (code, "CHANGELOG.md does not say" in log) == (1, True)
    words = changelog.read_text(encoding="utf-8").replace("## Unreleased", "## 1.2.3 (2027-03-01)", 1)
    changelog.write_text(words, encoding="utf-8")
    assert run_step(text, folder, tmp_path, TAG="v1.2.3")[:2] == (0, "")
    assert run_step(text, folder, tmp_path, TAG="v1.2.30")[0] == 1
