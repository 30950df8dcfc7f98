"""Chromium, the shipped results, and pages of invented results opened as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.dataset.rows import EffectRow
from metamsc.models.pool import pool
from metamsc.records.studies import Studies
from metamsc.report.explorer import write_explorer
from tests import invented
from tests.visit import DESKTOP, Visit, own_only

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def make_result() -> Callable[..., AnalysisResult]:
    made: Callable[..., AnalysisResult] = invented.make
    return made


@pytest.fixture(scope="session")
def make_row() -> Callable[..., EffectRow]:
    made: Callable[..., EffectRow] = invented.row
    return made


@pytest.fixture(scope="session")
def studies() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="session")
def shipped(studies: Studies) -> tuple[AnalysisResult, ...]:
    return tuple(run(read_spec(path), studies) for path in find_specs(ROOT / "analyses"))


@pytest.fixture(scope="session")
def shipped_page(
    shipped: Sequence[AnalysisResult], studies: Studies, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_explorer(tmp_path_factory.mktemp("explorer"), shipped, studies, in_site=False)


class ExplorerVisit(Visit):
    """A visit to an explorer, which counts its drawings and says which of them is complete."""

    def settle(self, least: int = 1) -> None:
        """Wait until everything is drawn: address, announcement and leave-one-out come after the plot."""
        self.page.wait_for_function(
            "least => { const { begun, finished } = metamscExplorer.drawings();"
            " return finished === begun && begun >= least; }",
            arg=least,
        )

    @contextmanager
    def redrawn(self) -> Iterator[None]:
        """Wait, after what is done inside, until a drawing that it led to is complete."""
        begun = self.page.evaluate("metamscExplorer.drawings().begun")
        yield
        self.settle(begun + 1)


Opener = Callable[..., ExplorerVisit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    """Return a function that opens a file; whatever a page complains about fails the test."""
    opened: list[ExplorerVisit] = []

    def go(file: Path, hash_: str = "", size: tuple[int, int] = DESKTOP, **options: Any) -> ExplorerVisit:
        made = ExplorerVisit(browser, size, **options)
        opened.append(made)
        made.go(file, hash_).settle()
        return made

    yield go
    for made in opened:
        made.page.close()
    own_only(opened)


@pytest.fixture
def open_results(visit: Opener, tmp_path: Path) -> Opener:
    """Return a function that writes results as a page and opens it."""

    def go(results: Sequence[AnalysisResult], hash_: str = "", **options: Any) -> ExplorerVisit:
        return visit(write_explorer(tmp_path, results, in_site=False), hash_, **options)

    return go


Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]
Open = Callable[..., ExplorerVisit]
Paged = Callable[..., tuple[ExplorerVisit, list[EffectRow]]]
AGREE = 1e-10
"""Both sides are double precision: see test_numbers."""
POOLS = """() => Object.fromEntries(metamscExplorer.view().groups
    .flatMap(group => [...group.children, group])
    .map(({id, fit, rows}) => [id, {k: fit.k, estimate: fit.estimate, rows: rows.map(row => row.id)}]))"""


def several(make_row: MakeRow, k: int = 12) -> list[EffectRow]:
    """Invented rows in two types, three sources, two designs, several times; the last has no control."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(k):
        yi, vi = float(rng.normal(-0.5, 0.4)), float(rng.uniform(0.02, 0.3))
        row = make_row(f"Study {i:02d}", ("T1D", "T2D")[i % 2], yi, vi)
        levels = {"msc_source": ("adipose", "bone-marrow", "placenta")[i % 3], "donor": "allogeneic"}
        levels["design"] = "rct-parallel" if i % 4 else "nonrandomised-controlled"
        moderators = tuple({**dict(row.moderators), **levels}.items())
        rows.append(replace(row, moderators=moderators, at_days=7.0 * (4 + 4 * i), year=2000 + i))
    design = tuple({**dict(rows[-1].moderators), "design": "single-arm"}.items())
    return [*rows, replace(rows[-1], row_id="alone:msc", label="Alone", cohort="alone", moderators=design)]


@pytest.fixture
def page_of(open_results: Open, make_result: Make, make_row: MakeRow) -> Paged:
    """Return a function that opens a page of the rows above, and returns both."""

    def go(hash_: str = "", **options: Any) -> tuple[ExplorerVisit, list[EffectRow]]:
        rows = several(make_row)
        return open_results([make_result(rows)], hash_, **options), rows

    return go


def pools(visit: Visit) -> dict[str, Any]:
    """Return the pools on a page by their ids; after an action, inside of which `redrawn` has waited."""
    found: dict[str, Any] = visit.page.evaluate(POOLS)
    return found


def estimate(rows: Sequence[EffectRow]) -> float:
    """Pool rows in Python."""
    return pool([row.yi for row in rows], [row.vi for row in rows]).estimate
