"""The page writes a number as every figure and table of metamsc does: the same digits, the same rounding."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from metamsc.plots import numbers
from tests.explorer.conftest import Opener

TIES = [0.125, -0.125, 0.375, 2.5, 1.125, 0.045, 12.345]
AT_NULL = [0.0, 0.004, -0.004, 0.0049, -1e-7, 1e-12, 0.996, 1.004, 1.0]
SIZES = [0.0004, 0.005, 0.0099, 0.01, 0.3, 1.0, 2.0, 99.994, 99.996, 100.0, 1234.5, 9999.6, 12345.0, 2e5]
VALUES = [*TIES, *AT_NULL, *SIZES, *(-value for value in SIZES)]
PS = [1e-9, 0.0009, 0.001, 0.0125, 0.0496, 0.0498, 0.05, 0.0502, 0.0999, 0.125, 0.5, 0.999]
CALL = "calls => calls.map(([name, values]) => metamscExplorer[name](...values))"


def cases() -> list[tuple[str, list[Any], str]]:
    ratio, difference = {"ratio": True}, {"ratio": False}
    found: list[tuple[str, list[Any], str]] = []
    for value in VALUES:
        for decimals in (1, 2, 3):
            shown = numbers.format_value(value, ratio=False, decimals=decimals)
            found.append(("formatEffect", [value, difference, decimals], shown))
        if value > 0.0:
            log = math.log(value)
            found.append(("formatEffect", [log, ratio, 2], numbers.format_value(log, ratio=True, decimals=2)))
            found.append(("formatPercent", [value], numbers.format_percent(value)))
            found.append(("formatCount", [value], numbers.format_count(value)))
        found.append(("formatSignificant", [value], numbers.format_significant(value)))
    return [*found, *(("formatP", [p], numbers.format_p(p)) for p in PS)]


def test_numbers_are_written_as_in_figures_and_tables(visit: Opener, shipped_page: Path) -> None:
    expected = cases()
    page = visit(shipped_page).page
    written = page.evaluate(CALL, [[name, values] for name, values, _ in expected])
    wrong = [
        (name, values, text, ours)
        for (name, values, text), ours in zip(expected, written, strict=True)
        if ours != text
    ]
    assert wrong == []
