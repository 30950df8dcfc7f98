"""What the coverage-guided runs share: atheris, its arguments, and who changes an input how.

Needs atheris (``requirements-fuzz.txt``; Linux only). Arguments are libFuzzer's: folders of inputs, and
``-max_total_time=60``. The first folder takes what is found; the corpora beside this file are kept.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import atheris  # type: ignore[import-untyped]  # installed for this run only, see requirements-fuzz.txt


def instrumented() -> AbstractContextManager[None]:
    """Count the branches of what is imported from the package inside."""
    counted: AbstractContextManager[None] = atheris.instrument_imports(include=["metamsc"])
    return counted


def fuzz(one_input: Callable[[bytes], object], spoil: Callable[[bytes, int], bytes]) -> None:
    """Send inputs until the time or number given is over; an exception or failed assertion is a find."""

    def mutate(data: bytes, max_size: int, seed: int) -> Any:
        """Spoil what the input says one time of three, its bytes else."""
        if seed % 3 == 0:
            return spoil(data, seed)[:max_size]
        return atheris.Mutate(data, max_size)

    warnings.simplefilter("error")
    random.seed(0)
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()
