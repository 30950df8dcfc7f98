"""Coverage-guided fuzzing of reading, judging and showing records: ``make fuzz``.

Needs atheris (``requirements-fuzz.txt``; Linux only). Arguments are libFuzzer's: folders of inputs, and
``-max_total_time=60``. The first folder takes what is found; ``corpus/`` beside this file is kept.
"""

from __future__ import annotations

import random
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import atheris  # type: ignore[import-untyped]  # installed for this run only, see requirements-fuzz.txt

with atheris.instrument_imports(include=["metamsc"]):
    from tests.fuzz import pipeline

from tests.fuzz.mutations import spoil

warnings.simplefilter("error")
SHOWN_EACH = 16
"""One input of so many is also shown by every reporter and page, which costs ten times its reading."""


def one_input(data: bytes) -> None:
    """Whatever the bytes are, problems are values; an exception or a failed assertion is a find."""
    pipeline.run(data, shown=zlib.crc32(data) % SHOWN_EACH == 0)


def mutate(data: bytes, max_size: int, seed: int) -> Any:
    """Spoil the record as a record one time of three, as bytes else."""
    if seed % 3 == 0:
        return spoil(data, seed)[:max_size]
    return atheris.Mutate(data, max_size)


def main() -> None:
    """Run until the time or number of inputs given is over."""
    random.seed(0)
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
