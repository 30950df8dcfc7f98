"""Can the result be trusted? One line per check: what was done, what came out, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_p
from metamsc.plots.wording import capitalise
from metamsc.sensitivity.bias import MINIMUM_K
from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE, FEWEST_FOR_SUBSETS, QUESTIONS
from metamsc.tables.labels import label_words, plural, shown_interval
from metamsc.tables.table import Column, Row, Table, cell, group_row, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest, Verdict

DONE = {
    "leave-one-out": "without each study",
    "leave-one-cohort-out": "without each cohort",
    "influence": "outliers and influential studies",
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
_COLUMNS = {"direction": "Direction", "significance": "Interval", "importance": "Importance"}
_NOTES = {
    "direction": "Direction: estimates on the other side of no effect.",
    "significance": (
        "Interval: includes no effect where the result's own excludes it, or the other way round."
    ),
    "importance": (
        "Importance: as large as the minimal important difference where the result is not, or the reverse."
    ),
}
NOT_ASKED = "The plan does not ask for it; `sensitivity: all` in `analysis.yml` does."


def trust_table(result: AnalysisResult) -> Table:
    """Return what every check did to every result, group by group.

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
        rows.extend(_rows(result, test, indent=len(tests) > 1))
    return _table(result, "trust", "What each check did to the result.", rows)


def trust_group_table(result: AnalysisResult, test: StressTest) -> Table:
    """Return what every check did to the result of one group."""
    caption = f"{label_words(result, test.label)}: what each check did to the result."
    return _table(result, "trust-group", caption, _rows(result, test, indent=False))


def _table(result: AnalysisResult, name: str, caption: str, rows: list[Row]) -> Table:
    unused = () if result.scale.mid is not None else ("importance",)
    table = Table(
        name=name,
        caption=caption,
        columns=(
            Column("check", "What was done"),
            Column("n", "Results", "right"),
            Column("range", "Estimates"),
            *(Column(aspect, header) for aspect, header in _COLUMNS.items()),
        ),
        rows=tuple(rows),
        notes=tuple(text for aspect, text in _NOTES.items() if aspect not in unused) if rows else (),
        empty=NOT_ASKED,
    )
    return without_columns(table, *unused)


def _rows(result: AnalysisResult, test: StressTest, *, indent: bool) -> list[Row]:
    rows, asked = [], ""
    for verdict in test.verdicts:
        fewest = FEWEST_FOR_INFLUENCE if verdict.check == "influence" else FEWEST
        if verdict.check in _QUIET and (verdict.refused or test.k < fewest):
            continue
        if verdict.question != asked:
            rows.append(group_row(QUESTIONS[verdict.question], indent=int(indent)))
            asked = verdict.question
        rows.append(_row(result, verdict, test.k))
    return rows


def _row(result: AnalysisResult, verdict: Verdict, k: int) -> Row:
    # of two studies, each by itself is left, with an interval of another kind: no refit of the pool
    alone = verdict.check == "leave-one-out" and k == 2
    changed = {} if alone else verdict.changed
    return Row(
        (
            cell("Each study by itself" if alone else capitalise(DONE[verdict.check])),
            cell(f"{verdict.n:,}" if verdict.n else "–"),
            cell(_found(result, verdict, k)),
            *(cell(_changed(changed.get(aspect), verdict.n)) for aspect in _COLUMNS),
        )
    )


def why_not(verdict: Verdict, k: int) -> str:
    """Return in a few words why a check was not done; "" where it was."""
    if not verdict.refused:
        return ""
    if k == 1 and verdict.check != "choices":
        return "one study"
    if verdict.check in ("small-study", "adjusted") and k < MINIMUM_K:
        return f"fewer than {MINIMUM_K} studies"
    if verdict.check == "subsets" and k < FEWEST_FOR_SUBSETS:
        return f"fewer than {FEWEST_FOR_SUBSETS} studies"
    return verdict.refused.rstrip(".").split(". ")[0]


def _found(result: AnalysisResult, verdict: Verdict, k: int) -> str:
    """Return the range of the estimates, or what a check without any found."""
    if verdict.refused:
        return f"not done: {why_not(verdict, k)}"
    if verdict.low is not None and verdict.high is not None:
        text = shown_interval(result, verdict.low, verdict.high)
        low, high = text.split(" to ")
        return low if low == high else text
    if verdict.check == "small-study":
        return f"{verdict.names[0]}: {format_p(verdict.p)}"
    if verdict.check == "choices":
        return "on several scales"
    names = some_names(verdict.names)
    if verdict.check == "influence":
        return f"flagged: {names}" if names else "none flagged"
    return names


def some_names(names: tuple[str, ...]) -> str:
    """Return the first names with commas, and how many others there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([plural(more, "other")] if more > 0 else [])])


def _changed(count: int | None, total: int) -> str:
    if count is None:
        return "–"
    return f"changed in {count:,} of {total:,}" if count else "unchanged"
