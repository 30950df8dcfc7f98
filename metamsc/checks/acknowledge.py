"""Warnings that a reviewer has judged: set apart with the reason, never dropped.

An entry of `acknowledged` in a record takes up the warnings of its code, at its place and below. An
error is never taken up. An entry that takes up nothing is itself a warning (R409), so that none
outlives the number it was written for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from metamsc.errors import Problem
from metamsc.records.model import Study
from metamsc.records.studies import StudyFile
from metamsc.records.values import Acknowledgement

NOTHING = "R409"
ACKNOWLEDGEMENT_CODES = {NOTHING: "an acknowledgement of nothing"}
"""Code -> title."""


@dataclass(frozen=True, slots=True, order=True)
class Acknowledged:
    """A warning with the reviewer's reason.

    Attributes
    ----------
    problem : Problem
        The warning as it would be shown.
    reason : str
        Why the number stands.
    by : str
        Who looked at it.
    """

    problem: Problem
    reason: str
    by: str


def set_apart(
    file: StudyFile, problems: Sequence[Problem], set_codes: Collection[str]
) -> tuple[list[Problem], list[Acknowledged]]:
    """Divide the problems of one record into open and acknowledged ones.

    Parameters
    ----------
    file : StudyFile
        The record with its lines.
    problems : sequence of Problem
        Everything found at this record.
    set_codes : collection of str
        Codes of rules that compare records. Such a warning is absent when the record is checked
        alone, so an entry for it may match nothing.

    Returns
    -------
    open : list of Problem
        Those still to be judged, with R409 for entries that match nothing.
    acknowledged : list of Acknowledged
        Those taken up.
    """
    entries = file.study.acknowledged
    if not entries:
        return list(problems), []
    still_open: list[Problem] = []
    taken: list[Acknowledged] = []
    used: set[int] = set()
    for problem in problems:
        matching = [i for i, entry in enumerate(entries) if _matches(entry, problem, file.study)]
        if problem.severity == "error" or not matching:
            still_open.append(problem)
            continue
        used.update(matching)
        entry = entries[matching[0]]
        taken.append(Acknowledged(problem, entry.reason, entry.by))
    for index, entry in enumerate(entries):
        if index not in used and entry.code not in set_codes:
            still_open.append(_unused(index, entry, problems, file))
    return still_open, taken


def _matches(entry: Acknowledgement, problem: Problem, study: Study) -> bool:
    if entry.code != problem.code:
        return False
    return entry.where is None or any(
        _below(entry.where, place) for place in (problem.where, _named(problem.where, study))
    )


def _below(where: str, place: str) -> bool:
    """Whether `place` is `where` or a part of it."""
    return place == where or (place.startswith(where) and place[len(where)] in ".[")


def _named(place: str, study: Study) -> str:
    """Write ``results[2].arms.msc`` as ``results.hba1c.arms.msc``, which outlives a new row."""

    def name(found: re.Match[str]) -> str:
        part, index = found[1], int(found[2])
        if part == "results":
            return f"results.{study.results[index].outcome}"
        return f"arms.{study.arms[index].id}"

    return re.sub(r"^(results|arms)\[(\d+)\]", name, place)


def _unused(index: int, entry: Acknowledgement, problems: Sequence[Problem], file: StudyFile) -> Problem:
    place = f" at {entry.where[:80]}" if entry.where else ""
    message = f"there is no warning {entry.code}{place}"
    hint = "remove the entry, or correct its `where`"
    same = list(_places(entry.code, problems))
    if any(p.severity == "error" and _matches(entry, p, file.study) for p in problems):
        message = f"{entry.code}{place} is an error, and errors are not acknowledged"
        hint = "correct the number; a row that only shows what is printed says `pool: false`"
    elif same:
        hint = f"{entry.code} is found at {', '.join(same[:5])}"
    path = ("acknowledged", index)
    position = file.place(path)
    return Problem(
        file.file or file.study.id, *position, NOTHING, f"acknowledged[{index}]", message, hint, "warning"
    )


def _places(code: str, problems: Sequence[Problem]) -> Iterator[str]:
    yield from dict.fromkeys(p.where for p in problems if p.code == code and p.severity == "warning")
