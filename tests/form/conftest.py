"""The extraction form in Chromium, opened as a file and without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from metamsc.report.form import write_form
from tests.visit import DESKTOP, Visit, own_only

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
Opener = Callable[..., Visit]


@pytest.fixture(scope="session")
def form_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_form(tmp_path_factory.mktemp("form"), repository="acme/msc-review", in_site=False)


@pytest.fixture
def visit(browser: Browser, form_file: Path) -> Iterator[Opener]:
    """Return a function that opens the form; whatever the page complains about fails the test."""
    opened: list[Visit] = []

    def go(size: tuple[int, int] = DESKTOP, **options: Any) -> Visit:
        made = Visit(browser, size, **options).go(form_file)
        opened.append(made)
        return made

    yield go
    for made in opened:
        made.page.close()
    own_only(opened)


@pytest.fixture
def page(visit: Opener) -> Page:
    return visit().page


def problems(page: Page, record: Any) -> list[dict[str, Any]]:
    """Return what the page finds in a record."""
    found: list[dict[str, Any]] = page.evaluate("record => metamscForm.problems(record)", record)
    return found
