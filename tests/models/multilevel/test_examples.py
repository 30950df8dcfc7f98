"""The examples of the page on dependence and of the docstrings run and say what they print."""

import doctest
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from metamsc.effects import covariance
from metamsc.models.multilevel import fit

PAGE = Path(__file__).parents[3] / "docs/dependence.md"


def test_the_page_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(block, names)  # noqa: S102 - the page is ours
    # "1.8**2 / 10"
    assert names["V"].blocks[0][0, 1] == pytest.approx(0.324, rel=1e-12)
    assert capsys.readouterr().out.count("Interval(") >= 7


@pytest.mark.parametrize("module", [covariance, fit])
def test_docstring_examples(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
