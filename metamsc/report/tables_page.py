"""The tables of a report, each with what a reader sees where it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.shown import Prose, ShownTable, numbered
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

_ENOUGH = (
    "How many participants the pooled studies have, and how many one trial would need to find the smallest "
    "difference that matters."
)


def record_link(file: str, line: int) -> str:
    """Return where a record's line stands in the site, seen from the page of an analysis."""
    name = record_name(file).removesuffix(".yml").removesuffix(".yaml")
    return f"../records/{name}.html#L{line}"


def show_results(result: AnalysisResult) -> ShownTable:
    """Show the pooled results."""
    return ShownTable(results_table(result))


def show_studies(result: AnalysisResult) -> ShownTable:
    """Show the pooled studies with the source of each number."""
    return ShownTable(studies_table(result, record_link=record_link))


def show_derivations(result: AnalysisResult) -> Prose:
    """Show how numbers came about that are not printed as such."""
    caption = "Numbers that were derived, and what the selection assumes."
    return numbered(derivations_table(result), caption)


def show_information(result: AnalysisResult) -> Prose:
    """Show participants there are and one adequate trial would need, or why that is not known."""
    table = information_table(result)
    shown = numbered(table, "Evidence there is, and evidence one adequate trial would have.")
    return Prose(f"{_ENOUGH}\n\n{shown.markdown}") if table.rows else shown


def show_sensitivity(result: AnalysisResult) -> ShownTable:
    """Show the result under other choices."""
    return ShownTable(sensitivity_table(result))


def show_regression(result: AnalysisResult) -> Prose:
    """Show the plan's meta-regression under its own heading; nothing when the plan has none."""
    if not result.regressions:
        return Prose("")
    table = regression_table(result)
    shown = numbered(table, escape_markdown(table.caption))
    return Prose(f"### Meta-regression {{#sec-regression}}\n\n{shown.markdown}")


def show_small_study(result: AnalysisResult) -> ShownTable:
    """Show the tests for small-study effects, or why each was not run."""
    return ShownTable(small_study_table(result))


def show_missing(result: AnalysisResult) -> Prose:
    """Show the results known to be missing."""
    table = missing_table(result, record_link=record_link)
    return numbered(table, "Results that are known or planned but are not here.")


def show_excluded(result: AnalysisResult) -> Prose:
    """Show the results left out, each with its reason."""
    table = excluded_table(result, record_link=record_link)
    return numbered(table, "Results that were looked at and left out.")
