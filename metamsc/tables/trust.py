"""Can the result be trusted? One line per check: what was done, what came out, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_p
from metamsc.plots.wording import capitalise
from metamsc.sensitivity.bias import MINIMUM_K
from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE, FEWEST_FOR_SUBSETS, QUESTIONS
from metamsc.tables.labels import label_words, plural, shown_effect
from metamsc.tables.table import Column, Row, Table, cell, group_row, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest, Verdict

DONE = {
    "leave-one-out": "without each study",
    "leave-one-cohort-out": "without each cohort",
    "influence": "diagnostics of influence",
    "by-year": "as published, before the last",
    "by-precision": "most precise first, before the last",
    "small-study": "test for small-study effects",
    "adjusted": "small-study effects allowed for",
    "known-missing": "trials known to be missing",
    "choices": "other choices, combined",
    "subsets": "subsets",
}
FEWEST = 3
_QUIET = frozenset({"leave-one-cohort-out", "influence", "by-year", "by-precision", "adjusted"})
"""Checks that are left out where they were not done, or would show single studies only."""
_MOST_NAMES = 4


def trust_table(result: AnalysisResult) -> Table:
    """Return what every check did to every result.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Empty, with the way to ask for it, where the plan does not.
    """
    tests = () if result.trust is None else result.trust.shown(result.pools)
    rows: list[Row] = []
    for test in tests:
        if len(tests) > 1:
            rows.append(group_row(label_words(result, test.label)))
        rows.extend(_rows(result, test))
    table = Table(
        name="trust",
        caption="What each check did to the result.",
        columns=(
            Column("question", "Question"),
            Column("check", "What was done"),
            Column("n", "Results", "right"),
            Column("range", "Estimates"),
            Column("direction", "Direction"),
            Column("significance", "Interval"),
            Column("importance", "Importance"),
        ),
        rows=tuple(rows),
        notes=_NOTES[: 3 if result.scale.mid is not None else 2] if rows else (),
        empty="The plan does not ask for it; `sensitivity: all` in `analysis.yml` does.",
    )
    return without_columns(table, *(() if result.scale.mid is not None else ("importance",)))


_NOTES = (
    "Direction: estimates on the other side of no effect.",
    "Interval: includes no effect where the result's own excludes it, or the other way round.",
    "Importance: as large as the minimal important difference where the result is not, or the reverse.",
)


def _rows(result: AnalysisResult, test: StressTest) -> list[Row]:
    rows, asked = [], ""
    for verdict in test.verdicts:
        fewest = FEWEST_FOR_INFLUENCE if verdict.check == "influence" else FEWEST
        if verdict.check in _QUIET and (verdict.refused or test.k < fewest):
            continue
        question = QUESTIONS[verdict.question] if verdict.question != asked else ""
        asked = verdict.question
        rows.append(_row(result, question, verdict, test.k))
    return rows


def _row(result: AnalysisResult, question: str, verdict: Verdict, k: int) -> Row:
    return Row(
        (
            cell(question),
            cell(capitalise(DONE[verdict.check])),
            cell(f"{verdict.n:,}" if verdict.n else "–"),
            cell(_found(result, verdict, k)),
            cell(_changed(verdict.n_direction, verdict.n)),
            cell(_changed(verdict.n_significance, verdict.n)),
            cell(_changed(verdict.n_mid, verdict.n)),
        )
    )


def _found(result: AnalysisResult, verdict: Verdict, k: int) -> str:
    """Return the range of the estimates, or what a check without any found."""
    if verdict.refused and (k == 1 or (verdict.check == "small-study" and k < MINIMUM_K)):
        return "not done: one study" if k == 1 else f"not done: fewer than {MINIMUM_K} studies"
    if verdict.refused and verdict.check == "subsets" and k < FEWEST_FOR_SUBSETS:
        return f"not done: fewer than {FEWEST_FOR_SUBSETS} studies"
    if verdict.refused:
        return f"not done: {verdict.refused.rstrip('.').split('. ')[0]}"
    if verdict.low is not None and verdict.high is not None:
        low, high = shown_effect(result, verdict.low), shown_effect(result, verdict.high)
        return low if low == high else f"{low} to {high}"
    if verdict.check == "small-study":
        return f"{verdict.names[0]}: {format_p(verdict.p)}"
    if verdict.check == "choices":
        return "on several scales"
    names = verdict.names[:_MOST_NAMES]
    more = len(verdict.names) - len(names)
    listed = ", ".join([*names, *([plural(more, "other")] if more else [])])
    if verdict.check == "influence":
        return f"flagged: {listed}" if listed else "none flagged"
    return listed


def _changed(count: int | None, total: int) -> str:
    if count is None:
        return ""
    return f"changed in {count:,} of {total:,}" if count else "unchanged"
