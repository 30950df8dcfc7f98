"""Coverage-guided fuzzing of reading plans: ``make fuzz``, see guided.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.guided import fuzz, instrumented

with instrumented():
    from tests.fuzz.targets import read_one_plan

from tests.fuzz.mutations import spoil

if __name__ == "__main__":
    fuzz(read_one_plan, spoil)
