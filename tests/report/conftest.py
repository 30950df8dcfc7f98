"""Invented results (shared with the tests of the tables), and the shipped site built once."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from tests import invented as made_up

ROOT = Path(__file__).parents[2]
# Seconds another worker may take to build the site: an end to waiting for one that died, no measure of speed.
_WAIT = 1800.0


@pytest.fixture(scope="session")
def invented() -> Any:
    return made_up


@pytest.fixture(scope="session")
def make_result() -> Callable[..., AnalysisResult]:
    made: Callable[..., AnalysisResult] = made_up.make
    return made


@pytest.fixture(scope="session")
def make_row() -> Callable[..., EffectRow]:
    made: Callable[..., EffectRow] = made_up.row
    return made


@pytest.fixture(scope="session")
def shipped_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the shipped analyses, once for all workers of a run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    done, lock = shared / "site-built.json", shared / "site-lock"
    try:
        lock.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + _WAIT
        while not done.exists():
            assert time.monotonic() < deadline, "another worker did not finish the site"
            time.sleep(0.2)
    else:
        from metamsc.report.build import build_site

        failure = ""
        try:
            build_site(
                shared / "site",
                analyses=ROOT / "analyses",
                records=ROOT / "data" / "extractions",
                route="embedded",
                to=("html", "pdf", "docx"),
            )
        except Exception as error:
            failure = str(error)
            raise
        finally:
            done.write_text(json.dumps({"failure": failure}), encoding="utf-8")
    told = json.loads(done.read_text(encoding="utf-8"))
    assert not told["failure"], told["failure"]
    return shared / "site"


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project of one analysis on a handful of the shipped records, in a folder of its own."""
    from metamsc.report.template import write_report

    records = tmp_path / "data" / "extractions"
    for name in ("clinical/cai-2016", "clinical/zang-2022", "clinical/skyler-2015"):
        target = records / f"{name}.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "data" / "extractions" / f"{name}.yml", target)
    folder = tmp_path / "analyses" / "hba1c"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "analyses" / "hba1c" / "analysis.yml", folder)
    write_report(folder)
    return tmp_path
