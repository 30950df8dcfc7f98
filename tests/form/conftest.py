"""The extraction form in Chromium, opened as a file and without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from metamsc.report.form import write_form
from tests.explorer.conftest import DESKTOP, Visit

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

    def go(size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Visit:
        made = Visit(browser, size, scheme)
        opened.append(made)
        made.page.goto(form_file.as_uri())
        made.page.wait_for_function("globalThis.metamscForm !== undefined")
        return made

    yield go
    complaints = [text for made in opened for text in made.complaints]
    away = [
        url for made in opened for url in made.requests if not url.startswith(("file:", "data:", "blob:"))
    ]
    for made in opened:
        made.page.close()
    assert complaints == []
    assert away == []


@pytest.fixture
def page(visit: Opener) -> Page:
    return visit().page


def problems(page: Page, record: Any) -> list[dict[str, Any]]:
    """Return what the page finds in a record."""
    found: list[dict[str, Any]] = page.evaluate("record => metamscForm.problems(record)", record)
    return found
