"""All kinds of mistakes, in the order of the table."""

from benchmarks.injection.number_mistakes import NUMBERS
from benchmarks.injection.record_mistakes import RECORDS, UNSEEN
from benchmarks.injection.spread_mistakes import SPREADS

MISTAKES = (*SPREADS, *NUMBERS, *RECORDS)

__all__ = ["MISTAKES", "UNSEEN"]
