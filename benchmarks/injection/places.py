"""Places of a record, as plain data, where a mistake can be made; alike in generated and in real records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Record = dict[str, Any]
Rng = np.random.Generator
Made = tuple[list[Record], bool]
"""The records after the mistake (two when a second one is added), and whether they contradict it."""
Place = tuple[Record, str, Record]
"""Row, arm id, values of the arm."""

CENTRES = ("mean", "change")


@dataclass(frozen=True)
class Mistake:
    """A kind of mistake."""

    name: str
    make: Callable[[Rng, Record], Made | None]
    """None where the record has no place for it."""
    note: str = ""
    """What one record can and cannot show."""


def printed(value: float, places: int) -> float:
    """Number as a paper prints it and a record holds it."""
    return float(round(float(value), places))


def rows_of(record: Record) -> list[Record]:
    """Rows that are pooled: a spoiled row that no analysis uses does no harm."""
    return [row for row in record.get("results", ()) if row.get("pool", True)]


def values(record: Record, *fields: str) -> Iterator[Place]:
    """Every arm value that has these fields and an n."""
    for row in rows_of(record):
        for arm, value in row.get("arms", {}).items():
            if all(field in value for field in fields) and value.get("n"):
                yield row, arm, value


def contrasts(record: Record) -> list[Record]:
    """Contrasts that are differences."""
    return [row["contrast"] for row in rows_of(record) if "difference" in row.get("contrast", {})]


def pick(rng: Rng, found: list[Any]) -> Any:
    """One of them; None of none."""
    return found[int(rng.integers(len(found)))] if found else None


def pair(record: Record, row: Record) -> tuple[str, str] | None:
    """First treated and first control arm of a row."""
    roles = {arm["id"]: arm["role"] for arm in record["arms"]}
    arms = list(row.get("arms", {}))
    treated = next((arm for arm in arms if roles.get(arm) == "treatment"), None)
    control = next((arm for arm in arms if roles.get(arm) in ("control", "comparator")), None)
    return (treated, control) if treated and control else None


def randomised(record: Record) -> dict[str, int]:
    """Arm id -> participants randomised, where they are given."""
    return {arm["id"]: arm["n_randomised"] for arm in record["arms"] if arm.get("n_randomised")}


def sd_of(value: Record) -> float | None:
    """SD as labelled, or from a labelled SE."""
    if value.get("sd"):
        return float(value["sd"])
    return float(value["se"]) * math.sqrt(value["n"]) if value.get("se") and value.get("n") else None


def at_start(row: Record) -> bool:
    """Whether it is the baseline."""
    return bool(row["at"] == "baseline")


def alike(one: Record, other: Record) -> bool:
    """Whether two rows are of one outcome, definition, unit and subgroup."""
    keys = ("outcome", "definition", "unit", "subgroup")
    return all(one.get(key) == other.get(key) for key in keys)


def told_elsewhere(record: Record, row: Record, arm: str, value: Record) -> bool:
    """Whether other numbers fix the mean or change of an arm: baseline, final and change, an interval."""
    if "ci" in value or "range" in value or "between" in row:
        return True
    same = [other for other in rows_of(record) if other is not row and alike(row, other)]
    here = [other for other in same if other["at"] == row["at"]]
    before = any(at_start(other) and "mean" in other.get("arms", {}).get(arm, {}) for other in same)
    if "change" in value:
        return before and any("mean" in other.get("arms", {}).get(arm, {}) for other in here)
    changed = before and any("change" in other.get("arms", {}).get(arm, {}) for other in here)
    return changed or any("contrast" in other for other in here)


def differences(clean: Any, spoiled: Any, path: str = "") -> Iterator[str]:
    """Places where two records differ, written as problems write them."""
    if isinstance(clean, dict) and isinstance(spoiled, dict):
        for key in {**clean, **spoiled}:
            below = f"{path}.{key}" if path else str(key)
            yield from differences(clean.get(key), spoiled.get(key), below)
    elif isinstance(clean, list) and isinstance(spoiled, list) and len(clean) == len(spoiled):
        for index, (one, other) in enumerate(zip(clean, spoiled, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif clean != spoiled:
        yield path
