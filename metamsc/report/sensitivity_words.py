"""What other choices do to the answer, in sentences: on which side of no difference each interval lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report import words
from metamsc.report.effects_in_words import choice_bounds, in_measure_of, includes_null, null_words
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Sensitivity, Stratum

MOST_NAMED = 6
"""Choices named one by one before the sentence refers to the table."""


def sensitivity(result: AnalysisResult, *, technical: bool) -> tuple[str, ...]:
    """Return what the other choices do, a text per pool; nothing where there was no other choice.

    Parameters
    ----------
    result : AnalysisResult
    technical : bool
        Name the choices that change the side, with their intervals.

    Returns
    -------
    tuple of str
        Plain text.
    """
    if not result.sensitivity:
        return ()
    pools = [stratum for stratum in result.pools if len(stratum.key) <= 1]
    return tuple(_pool(result, stratum, technical) for stratum in pools)


def _pool(result: AnalysisResult, stratum: Stratum, technical: bool) -> str:
    planned = includes_null(result.scale, stratum.pooled.ci.low, stratum.pooled.ci.high)
    other_side, same, empty = [], 0, 0
    for choice in result.sensitivity:
        item = next((item for item in choice.strata if item.label == stratum.label), None)
        if item is None:
            continue
        if item.ci_low is None or item.ci_high is None:
            empty += 1
        elif includes_null(in_measure_of(result, choice).scale, item.ci_low, item.ci_high) is planned:
            same += 1
        else:
            other_side.append((choice, item.ci_low, item.ci_high))
    place = words.place(result, stratum)
    left = f" {_choices(empty)} left nothing to pool, or gave no estimate." if empty else ""
    if not same and not other_side:
        return f"{place}, no other choice gave an estimate.{left}"
    text = _plain(result, place, planned, same, len(other_side))
    return f"{text}{_names(result, other_side)}.{left}" if technical else f"{text}."


def _choices(count: int) -> str:
    return f"{plural(count, 'choice')}"


def _plain(result: AnalysisResult, place: str, planned: bool, same: int, other: int) -> str:
    """Return how many choices leave the interval where it is, and how many do not."""
    keeps, breaks = ("includes", "excludes") if planned else ("excludes", "includes")
    none = null_words(result.scale)
    total = same + other
    if not other:
        subject = "the one other choice" if total == 1 else f"each of {total} other choices"
        return f"{place}, the interval {keeps} {none} as planned, and so it does under {subject}"
    if not same:
        subject = "the one other choice" if total == 1 else f"each of {total} other choices"
        return (
            f"{place}, the planned interval {keeps} {none}, but under {subject} it {breaks} it: the answer "
            "depends on the choice"
        )
    return (
        f"{place}, the planned interval {keeps} {none}, as it does under {same} of {total} other choices; "
        f"under {other} it {breaks} it: the answer depends on the choice"
    )


def _names(result: AnalysisResult, found: list[tuple[Sensitivity, float, float]]) -> str:
    if not found:
        return ""
    named = [
        f"{choice.label}: {choice_bounds(result, choice, low, high)}"
        for choice, low, high in found[:MOST_NAMED]
    ]
    more = len(found) - MOST_NAMED
    if more > 0:
        named.append(f"{more} more in the table")
    return f" ({'; '.join(named)})"
