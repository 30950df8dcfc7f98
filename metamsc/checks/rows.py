"""Views of a record that several rules need: values with their places, rows of one outcome, pairs of arms."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cache, wraps
from typing import TypeVar

from metamsc.checks.rounding import Range, unrounded
from metamsc.outcomes.catalogue import Outcome, catalogue
from metamsc.records.model import Result, Study
from metamsc.records.positions import Path
from metamsc.records.values import ArmValue, Summary, parse_days
from metamsc.vocabulary import ArmRole

Found = TypeVar("Found")

LEVELS = ("mean", "change", "percent_change")
"""Centres whose spread is that of a mean."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of results with its number and time."""

    index: int
    result: Result
    days: float | None

    @property
    def path(self) -> Path:
        """Way to the row."""
        return ("results", self.index)

    def arm_path(self, arm: str, *more: str) -> Path:
        """Way to an arm's values, or to one of them."""
        return ("results", self.index, "arms", arm, *more)


def once_per_study(compute: Callable[[Study], Found]) -> Callable[[Study], Found]:
    """Keep what was found for the last record: forty rules look at one record in turn.

    Records are frozen, so what was found stays true; they are told apart by identity, since comparing
    two of them costs more than most rules.
    """
    kept: list[tuple[Study, Found]] = []

    @wraps(compute)
    def remembered(study: Study) -> Found:
        last = kept[0] if kept else None
        if last is not None and last[0] is study:
            return last[1]
        found = compute(study)
        kept[:] = [(study, found)]
        return found

    return remembered


@once_per_study
def rows(study: Study) -> tuple[Row, ...]:
    """Every row of a record that gives values per arm."""
    return tuple(
        Row(index, result, parse_days(result.at))
        for index, result in enumerate(study.results)
        if result.arms is not None
    )


@once_per_study
def series(study: Study) -> dict[Hashable, list[Row]]:
    """Rows that measure the same thing in the same groups, at one or several times."""
    found: dict[Hashable, list[Row]] = {}
    for row in rows(study):
        result = row.result
        key = (
            result.outcome, result.definition, canonical_unit(result.outcome, result.unit), result.subgroup,
            result.unit_of_analysis,
        )  # fmt: skip
        found.setdefault(key, []).append(row)
    return found


@cache
def canonical_unit(outcome_id: str, unit: str | None) -> str | None:
    """Return the catalogue's spelling of a unit; the unit itself where it is not one of the outcome's."""
    outcome = catalogue().outcomes.get(outcome_id)
    if outcome is None or unit is None or not outcome.accepts(unit):
        return unit
    return outcome.canonical_unit(unit)


def known_outcome(result: Result) -> Outcome | None:
    """Outcome of a row; None when the catalogue does not know it (R403 tells)."""
    return catalogue().outcomes.get(result.outcome)


@once_per_study
def arm_values(study: Study) -> tuple[tuple[Path, str, ArmValue], ...]:
    """Every value of every arm with its path and arm id."""
    return tuple(
        (("results", index, "arms", arm), arm, value)
        for index, result in enumerate(study.results)
        for arm, value in (result.arms or {}).items()
    )


@once_per_study
def summaries(study: Study) -> tuple[tuple[Path, Summary], ...]:
    """Every distribution of a record: values of arms, and age, duration and BMI."""
    return tuple(_summaries(study))


def _summaries(study: Study) -> Iterator[tuple[Path, Summary]]:
    for path, _, arm_value in arm_values(study):
        yield path, arm_value
    owners: list[tuple[Path, object]] = [(("arms", index), arm) for index, arm in enumerate(study.arms)]
    owners.append((("population",), study.population))
    for path, owner in owners:
        for name in ("age", "disease_duration", "bmi"):
            value = getattr(owner, name, None)
            if value is not None:
                yield (*path, name), value


def pairs(study: Study, row: Row) -> Iterator[tuple[str, str]]:
    """Treated arm and control or comparator of a row, every combination."""
    roles = {arm.id: arm.role for arm in study.arms}
    present = list(row.result.arms or ())
    controls = [arm for arm in present if roles.get(arm) in (ArmRole.CONTROL, ArmRole.COMPARATOR)]
    for treated in present:
        if roles.get(treated) is ArmRole.TREATMENT:
            yield from ((treated, control) for control in controls)


def centre(value: Summary) -> float | None:
    """Mean, change or percent change; None for a median or a count."""
    name = value.centre
    return getattr(value, name) if name in LEVELS else None


def sd_range(value: Summary) -> Range | None:
    """SD that a labelled spread can stand for, with its rounding; None when there is none or it is 0."""
    if value.sd:
        found = unrounded(value.sd, centre(value))
    elif value.se and value.n:
        low, high = unrounded(value.se, centre(value))
        found = Range(low * math.sqrt(value.n), high * math.sqrt(value.n))
    else:
        return None
    return Range(max(found.low, 0.0), found.high)


def sd_of(value: Summary) -> float | None:
    """SD as labelled, or from a labelled SE; None when there is none or it is 0."""
    if value.sd:
        return value.sd
    return value.se * math.sqrt(value.n) if value.se and value.n else None
