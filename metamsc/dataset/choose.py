"""One row per participant: which time and arm stands for a study, and which study for a cohort.

Every choice is a stated rule and leaves a reason for each row it passes over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from metamsc.dataset.rows import EffectRow, Exclusion
from metamsc.dataset.selection import Selection


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that could be pooled, with what the choice between rows needs."""

    row: EffectRow
    index: int
    rank: tuple[float, ...]
    """Smaller is better: distance in time, later time first, kind of number, place in the record."""
    dose: tuple[float, str] | None
    """Total dose and its unit, for choosing between arms; None when not known."""


def choose_time(found: Sequence[Candidate], selection: Selection) -> tuple[list[Candidate], list[Exclusion]]:
    """Keep the best result of one study, with a reason for each other one.

    Several rows are kept only where the plan keeps treated arms apart. Contrasts with one control
    cannot be added up: the arm with the highest dose stands for the study.
    """
    if not found:
        return [], []
    best = min(found, key=lambda item: item.rank)
    if selection.multi_arm == "highest-dose" or best.row.value == "contrast":
        best = _highest_dose([item for item in found if item.rank[:3] == best.rank[:3]])
        kept = [best]
    else:
        kept = [item for item in found if item.index == best.index]
    return kept, [_passed_over(item, best) for item in found if item not in kept]


def _highest_dose(same: Sequence[Candidate]) -> Candidate:
    """Return the candidate with the highest dose; the first listed where doses cannot be compared."""
    doses = [item.dose for item in same if item.dose is not None]
    if len(doses) < len(same) or len({unit for _, unit in doses}) > 1:
        return same[0]
    return same[max(range(len(same)), key=lambda i: (doses[i][0], -i))]


def _is_higher(dose: tuple[float, str] | None, other: tuple[float, str] | None) -> bool:
    return dose is not None and other is not None and dose[1] == other[1] and dose[0] > other[0]


def _passed_over(item: Candidate, best: Candidate) -> Exclusion:
    row, used = item.row, best.row
    if row.at_days != used.at_days:
        return exclude_row(row, "time", f"at {row.at}; the time taken from this report is {used.at}")
    if row.treatment.arms != used.treatment.arms:
        why = "the higher dose" if _is_higher(best.dose, item.dose) else "listed first"
        reason = (
            f"{row.treatment.label} and {used.treatment.label} share one control; "
            f"used: {used.treatment.label}, {why}"
        )
        return exclude_row(row, "cohort", reason)
    return exclude_row(row, "cohort", f"another result of the same participants at {used.at} is used")


def exclude_row(row: EffectRow, code: str, reason: str) -> Exclusion:
    """Turn a row that could be pooled into the reason why it is not."""
    return Exclusion(
        study_id=row.study_id,
        label=row.label,
        cohort=row.cohort,
        diabetes_type=row.diabetes_type,
        code=code,
        reason=reason,
        outcome=row.definition or row.outcome,
        at=row.at,
        file=row.place.file,
        line=row.place.line,
    )


def choose_per_cohort(candidates: Sequence[Candidate]) -> tuple[list[EffectRow], list[Exclusion]]:
    """Keep one study per cohort: the better time, then more participants, then the later report."""
    cohorts: dict[str, list[Candidate]] = {}
    for item in candidates:
        cohorts.setdefault(item.row.cohort, []).append(item)
    rows: list[EffectRow] = []
    excluded: list[Exclusion] = []
    for members in cohorts.values():
        best = min(members, key=_cohort_rank).row
        for row in (item.row for item in members):
            if row.study_id == best.study_id:
                rows.append(row)
            else:
                reason = f"same participants as {best.label}, whose result at {best.at} is used"
                excluded.append(exclude_row(row, "cohort", reason))
    return rows, excluded


def _cohort_rank(item: Candidate) -> tuple[float, float, float, str]:
    participants = (item.row.treatment.n or 0.0) + (item.row.control.n or 0.0)
    return item.rank[0], -participants, -float(item.row.year or 0), item.row.study_id


def unique_labels(rows: tuple[EffectRow, ...]) -> tuple[EffectRow, ...]:
    """Tell rows of one label apart: studies by id, arms of one study by name, arms of one name by id."""
    named = [(row, row.label) for row in rows]
    tells: tuple[Callable[[EffectRow], str], ...] = (
        lambda row: f" ({row.study_id})",
        lambda row: f", {row.treatment.label}",
        lambda row: f" [{'+'.join(row.treatment.arms)}]",
    )
    for tell in tells:
        told: dict[str, set[str]] = {}
        for row, label in named:
            told.setdefault(label, set()).add(tell(row))
        named = [(row, label + tell(row) if len(told[label]) > 1 else label) for row, label in named]
    return tuple(replace(row, label=label) for row, label in named)
