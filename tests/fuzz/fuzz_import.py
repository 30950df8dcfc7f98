"""Coverage-guided fuzzing of importing tables: ``make fuzz``, see guided.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.guided import fuzz, instrumented

with instrumented():
    from tests.fuzz.targets import import_one_table

from tests.fuzz.mutations import spoil_table

if __name__ == "__main__":
    fuzz(import_one_table, spoil_table)
