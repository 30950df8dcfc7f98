"""Sizes beside other sizes of the record: jumps between times and arms, unlike groups, doses, counts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations

from metamsc.checks.plausibility import implausible
from metamsc.checks.rows import Row, known_outcome, pairs, rows, sd_of, series
from metamsc.checks.rule import Finding
from metamsc.checks.spreads import suspects
from metamsc.outcomes.catalogue import Outcome
from metamsc.records.designs import RANDOMISED
from metamsc.records.model import Cells, Study
from metamsc.records.values import Quantity
from metamsc.vocabulary import ArmRole, Route, Species

JUMP = 8.0
"""A group mean that is 8 times another of the same outcome is likelier a slip by 10 than a change."""
JUMP_AT_START = 5.0
"""Groups that are compared began alike: no effect excuses a mean five times the other at baseline."""
_MAY_JUMP = frozenset({"wound_area", "time_to_healing", "albumin_creatinine_ratio", "symptom_score"})
"""Outcomes that heal away or range over orders of magnitude."""

LARGE_BASELINE, CLEAR_BASELINE = 1.5, 0.5
"""A baseline difference of 1.5 SDs outweighs most effects; one of 0.5 is told when it is beyond chance."""
BEYOND_CHANCE = {False: 2.576, True: 3.0}
"""|z| by randomised or not: P = 0.01, and 0.003 where groups differ by chance alone in several outcomes."""


def check_no_jump(study: Study) -> Iterator[Finding]:
    """Check that no mean is many times the others of its outcome, which a slip of the unit would make it."""
    for group in series(study).values():
        outcome = known_outcome(group[0].result)
        if outcome is None or outcome.kind == "event":
            continue
        levels = [
            (row, arm, value.mean)
            for row in group
            for arm, value in (row.result.arms or {}).items()
            if value.mean is not None and value.mean > 0 and not implausible(study, row, value)
        ]
        told = [] if outcome.id in _MAY_JUMP else list(_jumps(outcome, levels))
        yield from told
        if not told:
            yield from _jumps_at_start(study, outcome, levels)


def _jumps_at_start(
    study: Study, outcome: Outcome, levels: list[tuple[Row, str, float]]
) -> Iterator[Finding]:
    """Arms that are many times each other at baseline."""
    healthy = {arm.id for arm in study.arms if arm.role is ArmRole.HEALTHY}
    at_start = [(row, arm, level) for row, arm, level in levels if row.days == 0 and arm not in healthy]
    for (row, arm, level), (other_row, other, beside) in combinations(at_start, 2):
        if row.index == other_row.index and max(level / beside, beside / level) >= JUMP_AT_START:
            message = f"mean {level:g} of {outcome.id} at baseline, and {beside:g} in {other!r}"
            hint = "check unit and decimal point of both against the paper"
            yield Finding(row.arm_path(arm, "mean"), message, hint)


def _jumps(outcome: Outcome, levels: list[tuple[Row, str, float]]) -> Iterator[Finding]:
    """Find levels far from the middle one; of two, the second."""
    if len(levels) < 2:
        return
    ordered = sorted(level for _, _, level in levels)
    middle = ordered[(len(ordered) - 1) // 2] if len(ordered) > 2 else levels[0][2]
    for row, arm, level in levels:
        ratio = level / middle
        if max(ratio, 1 / ratio) >= JUMP:
            message = f"mean {level:g}; the other means of {outcome.id} are about {middle:g}"
            yield Finding(row.arm_path(arm, "mean"), message, _factor(ratio))


def _factor(ratio: float) -> str:
    size = max(ratio, 1 / ratio)
    near = min((10, 100, 1000), key=lambda factor: abs(math.log(size / factor)))
    way = "too large" if ratio > 1 else "too small"
    return f"{near} times {way}? Check unit and decimal point against the paper"


def check_baseline_balance(study: Study) -> Iterator[Finding]:
    """Check that groups whose final values are compared began alike."""
    doubted: set[int] | None = None
    for group in series(study).values():
        later = _compared_later(group)
        for row in group:
            if row.days != 0:
                continue
            for treated, control in pairs(study, row):
                if not {treated, control} <= later:
                    continue
                found = _imbalance(row, treated, control, study.study.design in RANDOMISED)
                if found is None:
                    continue
                if doubted is None:
                    doubted = {s.series.spreads[i].row for s in suspects(study) for i in s.reading.members}
                if row.index not in doubted:  # P702 to P704 tell
                    yield found


def _compared_later(group: list[Row]) -> set[str]:
    """Arms whose values after treatment are extracted for pooling."""
    after = [row for row in group if row.days and row.result.pool]
    return {arm for row in after for arm, v in (row.result.arms or {}).items() if v.mean is not None}


def _imbalance(row: Row, treated: str, control: str, randomised: bool) -> Finding | None:
    a, b = (row.result.arms or {})[treated], (row.result.arms or {})[control]
    one, other = sd_of(a), sd_of(b)
    if one is None or other is None or a.mean is None or b.mean is None or not a.n or not b.n:
        return None
    size = (a.mean - b.mean) / math.sqrt((one**2 + other**2) / 2)
    z = abs(size) / math.sqrt(1 / a.n + 1 / b.n)
    if abs(size) < LARGE_BASELINE and (abs(size) < CLEAR_BASELINE or z < BEYOND_CHANCE[randomised]):
        return None
    message = f"at baseline {treated!r} has {a.mean:g} and {control!r} {b.mean:g}, {abs(size):.1f} SDs apart"
    hint = "final values compare unlike groups: use `change`, `percent_change` or an adjusted contrast"
    return Finding(row.arm_path(treated, "mean"), message, hint)


_PER_KG = {
    None: (1e4, 5e7),  # people: trials of MSC gave 2e4 to 1e7 cells/kg
    Species.MOUSE: (5e5, 1e9),
    Species.RAT: (1e5, 5e8),
}
_IN_ALL = {
    None: (1e5, 3e9),  # injections into an eye or ulcer begin at some 1e5 cells, infusions end at some 1e8
    Species.MOUSE: (1e4, 2e7),
    Species.RAT: (5e4, 5e7),
}
_NOT_MSC_PER_KG, _NOT_MSC_IN_ALL = (1e4, 2e8), (1e5, 3e10)
"""Mononuclear cells are not cultured and given tenfold: some 1e8 cells/kg, 1e9 in all."""
_INTO_BLOOD = frozenset({Route.INTRAVENOUS, Route.PANCREATIC_ARTERY, Route.INTRAPORTAL})
_LEAST_INTO_BLOOD = 1e6
"""Cells in all that people are infused with; the trials of the shipped records begin at 5e7."""
_ANIMALS = ((1e4, 1e9), (1e5, 1e10))


def check_dose_plausible(study: Study) -> Iterator[Finding]:
    """Check that a number of cells is one that people, rats or mice are given."""
    for index, arm in enumerate(study.arms):
        dose = arm.cells.dose if arm.cells is not None else None
        if arm.cells is None or dose is None or dose.value is None or dose.value == 0:
            continue
        limits = _dose_limits(study, arm.cells, dose)
        if limits is None or limits[0] <= dose.value <= limits[1]:
            continue
        message = f"dose {dose.value:g} {dose.unit}; usual are {limits[0]:.0e} to {limits[1]:.0e}"
        other = "cells" if "kg" in dose.unit else "cells/kg"
        swapped = _dose_limits(study, arm.cells, Quantity(value=dose.value, unit=other))
        hint = "check the power of ten against the paper (1e6, 1e9)"
        if swapped is not None and swapped[0] <= dose.value <= swapped[1]:
            hint += f", and whether it is {other}"
        yield Finding(("arms", index, "cells", "dose", "value"), message, hint)


def _dose_limits(study: Study, cells: Cells, dose: Quantity) -> tuple[float, float] | None:
    """Return the usual numbers of cells; None for doses that are not cells."""
    unit = dose.unit.lower().replace(" ", "")
    if not re.fullmatch(
        r"(million)?(viable)?cells?(/kg|perkg|intotal|/mouse|/rat|/animal|/eye|/wound)?", unit
    ):
        return None
    scale = 1e-6 if unit.startswith("million") else 1.0
    by_weight = "kg" in unit
    species = study.model.species if study.model is not None else None
    if species is None and not cells.msc:
        low, high = _NOT_MSC_PER_KG if by_weight else _NOT_MSC_IN_ALL
    elif species is None or species in _PER_KG:
        low, high = (_PER_KG if by_weight else _IN_ALL)[species]
        if species is None and not by_weight and cells.route in _INTO_BLOOD:
            low = _LEAST_INTO_BLOOD
    else:
        low, high = _ANIMALS[0] if by_weight else _ANIMALS[1]
    return low * scale, high * scale


_ONLY_RISING = frozenset({"death", "amputation"})
_ONLY_FALLING = frozenset({"survival"})


def check_events_do_not_return(study: Study) -> Iterator[Finding]:
    """Check that deaths and amputations do not become fewer with time, nor survivors more."""
    last: dict[tuple[str, str | None, str | None, str], tuple[float, int, int]] = {}
    ordered = sorted((row for row in rows(study) if row.days is not None), key=lambda row: row.days or 0)
    for row in ordered:
        name = row.result.outcome
        if name not in _ONLY_RISING | _ONLY_FALLING:
            continue
        for arm, value in (row.result.arms or {}).items():
            if value.events is None or value.n is None:
                continue
            key = (name, row.result.definition, row.result.subgroup, arm)
            before = last.get(key)
            last[key] = (row.days or 0.0, value.events, value.n)
            if before is None or before[2] != value.n:
                continue
            fewer = value.events < before[1] if name in _ONLY_RISING else value.events > before[1]
            if fewer:
                message = f"{value.events} of {value.n}; earlier there were {before[1]}"
                hint = f"{name} is counted from the start: check times, arms and counts"
                yield Finding(row.arm_path(arm, "events"), message, hint)
