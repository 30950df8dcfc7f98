"""The examples in the docstrings are run."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["mantel_haenszel", "peto", "glmm", "beta_binomial"])
def test_examples(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"metamsc.models.rare.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
