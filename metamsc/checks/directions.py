"""Rows that point the other way than all others of a record: the arms of one row may be exchanged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from metamsc.checks.rows import Row, centre, known_outcome, pairs, sd_of, series
from metamsc.checks.rule import Finding
from metamsc.checks.spreads import suspects
from metamsc.records.model import Study

CLEAR, ODD = 2.576, 3.291
"""|z| of P = 0.01 for the rows that agree, of P = 0.001 for the one against them."""
LEAST_OTHERS = 2
"""Rows that clearly favour the other arm, so that one against them stands out."""


class Leaning(NamedTuple):
    """How clearly one row favours the treated arm."""

    row: Row
    treated: str
    control: str
    z: float
    """Above 0 where the treated arm is better."""


def check_row_against_others(study: Study) -> Iterator[Finding]:
    """Check that no row clearly favours the control while all other clear rows favour the treated arm."""
    found: dict[tuple[str, str], list[Leaning]] = {}
    for leaning in _leanings(study):
        found.setdefault((leaning.treated, leaning.control), []).append(leaning)
    for leanings in found.values():
        clear = [each for each in leanings if abs(each.z) >= CLEAR]
        against = [each for each in clear if each.z < 0]
        if len(against) != 1 or against[0].z > -ODD or len(clear) - 1 < LEAST_OTHERS:
            continue
        odd = against[0]
        if any(odd.row.index == s.series.spreads[i].row for s in suspects(study) for i in s.reading.members):
            continue  # P702 to P704 tell
        message = (
            f"{odd.row.result.outcome} is better in {odd.control!r} than in {odd.treated!r} "
            f"(z = {abs(odd.z):.1f}); {len(clear) - 1} other rows clearly favour {odd.treated!r}"
        )
        hint = "are the two arms exchanged in this row?"
        yield Finding(odd.row.arm_path(odd.treated), message, hint)


def _leanings(study: Study) -> Iterator[Leaning]:
    for group in series(study).values():
        outcome = known_outcome(group[0].result)
        if outcome is None or outcome.direction == "neutral" or outcome.kind == "event":
            continue
        better = 1.0 if outcome.direction == "higher" else -1.0
        for row in group:
            if not row.days:
                continue
            for treated, control in pairs(study, row):
                z = _z(row, treated, control)
                if z is not None:
                    yield Leaning(row, treated, control, better * z)


def _z(row: Row, treated: str, control: str) -> float | None:
    arms = row.result.arms or {}
    a, b = arms[treated], arms[control]
    first, second, one, other = centre(a), centre(b), sd_of(a), sd_of(b)
    if first is None or second is None or one is None or other is None or a.centre != b.centre:
        return None
    return (first - second) / math.sqrt(one**2 / a.n + other**2 / b.n) if a.n and b.n else None
