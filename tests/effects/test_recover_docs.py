"""docs/recover.md is complete and true: every function has a row and an example, and every example runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import metamsc.effects

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "recover.md").read_text(encoding="utf-8")
MODULES = sorted(
    module.name
    for module in pkgutil.iter_modules(metamsc.effects.__path__)
    if module.name.startswith("recover")
)
NOT_FOR_READERS = {
    "check_number",
    "quantile",
    "check_order",
    "expected_range",
    "expected_quartile_range",
    "product_sd",
    "ratio_sd",
    "check_correlation",
    "variation_notes",
}
"""Building blocks that other modules share; they take nothing that a paper prints."""
BLOCKS = re.findall(r"^```pycon\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\|[^|]+\| `(\w+)` \|.*\|$", PAGE, flags=re.MULTILINE)


def public_functions() -> dict[str, str]:
    """Name of each function that a reviewer may call, and its module."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(f"metamsc.effects.{name}")
        for function, value in inspect.getmembers(module, inspect.isfunction):
            if value.__module__ == module.__name__ and not function.startswith("_"):
                found[function] = module.__name__
    return {function: module for function, module in found.items() if function not in NOT_FOR_READERS}


def test_every_function_has_one_row_and_an_example() -> None:
    expected = public_functions()
    assert len(expected) >= 30
    assert sorted(ROWS) == sorted(expected)
    for function, module in expected.items():
        assert f"`{module}`" in PAGE
        called = any(
            re.search(rf"^>>> (?!from ).*\b{function}\(", block, flags=re.MULTILINE) for block in BLOCKS
        )
        assert called, f"{function} has no example"


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_examples_give_what_they_show(number: int) -> None:
    example = doctest.DocTestParser().get_doctest(BLOCKS[number], {}, f"block {number}", "recover.md", 0)
    said: list[str] = []
    failed, attempted = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert attempted > 1
    assert failed == 0, "".join(said)


def test_rows_have_five_cells_and_a_flag() -> None:
    flags = ("algebra", "imputed", "measured", "a test", "as the arms")
    for line in PAGE.splitlines():
        if re.match(r"^\|[^|]+\| `\w+` \|", line):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            assert len(cells) == 5, line
            assert cells[-1].strip().startswith(flags), line


def test_the_page_can_be_found() -> None:
    assert "(recover.md)" in (DOCS / "effects.md").read_text(encoding="utf-8")
