"""The tables of a report, each with what a reader sees where it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.shown import Prose, folded, numbered
from metamsc.tables import (
    derivations_table,
    excluded_table,
    information_table,
    missing_table,
    regression_table,
    results_table,
    sensitivity_table,
    small_study_table,
    studies_table,
)
from metamsc.tables.labels import record_name
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

NOTHING = "No study can be pooled."
_BEHIND = "The pooled results stand in @tbl-results, the studies behind them in @fig-forest and @tbl-studies."
_CHOICES = (
    "@fig-sensitivity and @tbl-sensitivity show what becomes of the result when something else is chosen."
)
_ENOUGH = (
    "How many participants the pooled studies have, and how many one trial would need to find the smallest "
    "difference that matters."
)


def record_link(file: str, line: int) -> str:
    """Return where a record's line stands in the site, seen from the page of an analysis."""
    name = record_name(file).removesuffix(".yml").removesuffix(".yaml")
    return f"../records/{name}.html#L{line}"


def show_results(result: AnalysisResult) -> Prose:
    """Show the pooled results, and where what is behind them stands."""
    if not result.strata:
        return Prose("")
    shown = numbered(
        results_table(result), "Pooled results. With one study in a group, its own result is shown."
    )
    return Prose(f"{_BEHIND}\n\n{shown.markdown}")


def show_studies(result: AnalysisResult) -> Prose:
    """Show the pooled studies with the source of each number."""
    caption = (
        "Studies that were pooled, with the source of every number. Each record can be opened at its line."
    )
    return numbered(studies_table(result, record_link=record_link), caption)


def show_derivations(result: AnalysisResult) -> Prose:
    """Show how numbers came about that are not printed as such."""
    if not result.table.rows:
        return Prose(f"{NOTHING}\n")
    caption = "Numbers that were derived, and what the selection assumes."
    return numbered(derivations_table(result), caption)


def show_information(result: AnalysisResult) -> Prose:
    """Show participants there are and one adequate trial would need, or why that is not known."""
    if not result.strata:
        return Prose(f"{NOTHING}\n")
    table = information_table(result)
    shown = numbered(table, "Evidence there is, and evidence one adequate trial would have.")
    return Prose(f"{_ENOUGH}\n\n{shown.markdown}") if table.rows else shown


def show_choices(result: AnalysisResult) -> Prose:
    """Say where it stands what other choices do to the result, or that there are none."""
    if not any(item.strata for item in result.sensitivity):
        return Prose("No other choice would change anything here.\n")
    return Prose(f"{_CHOICES}\n")


def show_sensitivity(result: AnalysisResult) -> Prose:
    """Show the result under other choices."""
    return numbered(sensitivity_table(result), "The result under other choices.")


def show_regression(result: AnalysisResult) -> Prose:
    """Show the plan's meta-regression under its own heading; nothing when the plan has none."""
    if not result.regressions:
        return Prose("")
    table = regression_table(result)
    shown = numbered(table, escape_markdown(table.caption))
    return Prose(f"### Meta-regression {{#sec-regression}}\n\n{shown.markdown}")


def show_small_study(result: AnalysisResult) -> Prose:
    """Show the tests for small-study effects, or why each was not run."""
    return numbered(small_study_table(result), "Tests for small-study effects.")


def show_missing(result: AnalysisResult) -> Prose:
    """Show the results known to be missing."""
    table = missing_table(result, record_link=record_link)
    return numbered(table, "Results that are known or planned but are not here.")


def show_excluded(result: AnalysisResult) -> Prose:
    """Show the results left out, each with its reason, folded."""
    table = excluded_table(result, record_link=record_link)
    shown = numbered(table, "Results that were looked at and left out.")
    return folded("Results that were left out, each with its reason", shown) if table.rows else shown
