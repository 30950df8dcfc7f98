"""A visit to a page in Chromium, and how a test waits for what a page does.

A click is over before the page has done all it leads to: an event of a folded part, a timer, a frame or a
navigation may come at once or, on a busy machine, seconds later. So no test of a page asks once: it expects
(``playwright.sync_api.expect``), or reads what it compares in one script that waits (`becomes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

DESKTOP, PHONE = (1280, 900), (390, 844)
PATIENCE = 60_000
"""Milliseconds after which a page counts as hung: no measure of speed, only an end to a failed test."""

UNFOLD = """async () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    const told = new Promise(done => part.addEventListener("toggle", done, { once: true }));
    part.open = true;
    await told;
  }
}"""


class Visit:
    """One page, opened without a network, with everything that went wrong and every request made."""

    def __init__(self, browser: Browser, size: tuple[int, int] = DESKTOP, **options: Any) -> None:
        self.page: Page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, offline=True, **options
        )
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def go(self, file: Path, hash_: str = "") -> Self:
        self.page.goto(file.as_uri() + hash_)
        return self

    def unfold(self) -> None:
        """Open every folded part, and wait until the page was told of each."""
        self.page.evaluate(UNFOLD)


def becomes(page: Page, script: str, expected: Any) -> None:
    """Wait until a script's value is `expected`; say what it was in the end where it never is.

    The value is compared as JSON, so without a tolerance: for texts, counts and names.
    """
    from playwright.sync_api import TimeoutError as NeverTrue

    try:
        page.wait_for_function(
            f"expected => JSON.stringify({script}) === JSON.stringify(expected)", arg=expected
        )
    except NeverTrue:
        found = page.evaluate(script)
        assert found == expected, f"{script} was {found!r} to the end"
        raise


def texts(lines: Locator, script: str) -> list[Any]:
    """Return the value of a script at each of the nodes ``one``, all read in the same instant."""
    found: list[Any] = lines.evaluate_all(f"all => all.map(one => {script})")
    return found


def own_only(visits: Sequence[Visit]) -> None:
    """Assert that no page complained or asked for anything but files and its own data."""
    assert [text for visit in visits for text in visit.complaints] == []
    own = ("file:", "data:", "blob:")
    assert [url for visit in visits for url in visit.requests if not url.startswith(own)] == []
