"""Which other result of a record holds the baseline, or the value at the end, of an arm's change."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.records.model import Result, Study
from metamsc.records.values import parse_days

LEVELS = ("mean", "median", "geometric_mean")
"""Centres that are values at a time, not changes."""


def find_baseline(study: Study, result: Result, arm_id: str) -> Result | None:
    """Return the result with the arm's value at baseline of what `result` measures.

    None when the record has none, keeps it out of analyses, or has several and does not say which.
    """
    return _only(result, _levels(study, result, arm_id, "baseline"))


def find_final(study: Study, result: Result, arm_id: str) -> Result | None:
    """Return the result with the arm's value at the time of a change; None as :func:`find_baseline`."""
    return _only(result, _levels(study, result, arm_id, result.at))


def _levels(study: Study, result: Result, arm_id: str, at: str) -> Iterator[Result]:
    for other in study.results:
        value = (other.arms or {}).get(arm_id)
        same = other.pool and (other.outcome, other.subgroup) == (result.outcome, result.subgroup)
        if same and _same_time(other.at, at) and value is not None and value.centre in LEVELS:
            yield other


def _same_time(one: str, other: str) -> bool:
    """Whether two times are one, in whatever words: 12 months and 1 year."""
    return one == other or (parse_days(one) is not None and parse_days(one) == parse_days(other))


def _only(result: Result, found: Iterator[Result]) -> Result | None:
    """Return the one of the same definition, else the only one where one of the two has no definition."""
    rows = list(found)
    same = [row for row in rows if row.definition == result.definition]
    if same:
        return same[0] if len(same) == 1 else None
    open_ended = [row for row in rows if row.definition is None or result.definition is None]
    return open_ended[0] if len(open_ended) == 1 else None
