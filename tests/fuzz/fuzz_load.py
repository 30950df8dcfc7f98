"""Coverage-guided fuzzing of reading, judging and showing records: ``make fuzz``, see guided.py."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.guided import fuzz, instrumented

with instrumented():
    from tests.fuzz import pipeline

from tests.fuzz.mutations import spoil

SHOWN_EACH = 16
"""One input of so many is also shown by every reporter and page, which costs ten times its reading."""


def one_input(data: bytes) -> None:
    """Whatever the bytes are, problems are values."""
    pipeline.run(data, shown=zlib.crc32(data) % SHOWN_EACH == 0)


if __name__ == "__main__":
    fuzz(one_input, spoil)
