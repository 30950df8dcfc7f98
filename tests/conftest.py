"""One way to run hypothesis, and one browser for all tests of pages.

The same examples every time, and no wall clock.

A test that fails once in a hundred runs stops a stranger's pull request, not the bug. To look for new
examples: ``HYPOTHESIS_PROFILE=explore make test``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# "too slow" is a clock as well: how long hypothesis may take to invent the first examples
NO_CLOCK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", NO_CLOCK, derandomize=True)
settings.register_profile("explore", NO_CLOCK)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium; without one, skip, or fail with METAMSC_REQUIRE_CHROMIUM=1.

    One for the whole run: playwright cannot be started twice in a process.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("METAMSC_REQUIRE_CHROMIUM") == "1":
            pytest.fail("METAMSC_REQUIRE_CHROMIUM=1, and there is no chromium on the PATH")
        pytest.skip("no chromium on the PATH")
    from playwright.sync_api import expect, sync_playwright

    from tests.visit import PATIENCE

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            timeout=PATIENCE,
        )
        yield started
        started.close()
