"""The page with the summaries of findings over all outcomes, and what the index says of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.report.head import FINDINGS_PAGE
from metamsc.tables.grade_across import findings_across
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.tables.table import Table

_LEAD = "For each population one table, for each outcome one line: the effect, and how sure one can be of it."
_READ = (
    "Types of diabetes have tables of their own, because a rating holds for the people it was made for; so "
    "have animals. An outcome that no study of these people could be pooled for has its line and the reason. "
    "The judgements are those that the plans hold, each with a reason and a name. "
)
_COMMAND = (
    'For a paper or a guideline: <code>metamsc tables analyses <span class="mm-keep">--only</span> findings '
    '<span class="mm-keep">--output</span> findings.docx</code> (or .tex, .xlsx, .html).'
)
_SAID = "Summary of findings for "


def findings_body(results: Sequence[AnalysisResult]) -> str:
    """Return the body of the page: a summary of findings per population."""
    tables = findings_across(results, analysis_link=lambda result: f"./{result.name}/report.html")
    parts = [
        "<h1>Summary of findings</h1>",
        f'<p class="mm-lead">{escape(_LEAD)}</p>',
        f"<p>{escape(_READ)}{_COMMAND}</p>",
    ]
    parts.extend(
        f'<section id="{escape(table.name)}"><h2>{escape(_title(table))}</h2>'
        f"{table.to_html(caption=False)}</section>"
        for table in tables
    )
    return "\n".join(parts)


def findings_section(results: Sequence[AnalysisResult]) -> str:
    """Return the section of the index that leads to the tables; "" where nothing was pooled."""
    tables = [table for table in findings_across(results) if table.rows]
    if not any(result.pools for result in results):
        return ""
    links = "".join(
        f'<li><a href="./{FINDINGS_PAGE}#{escape(table.name)}">{escape(_title(table))}</a>: '
        f"{escape(_outcomes(table))}</li>"
        for table in tables
    )
    return f"<section><h2>Summary of findings (GRADE)</h2><p>{escape(_LEAD)}</p><ul>{links}</ul></section>"


def _title(table: Table) -> str:
    return capitalise(table.caption.removeprefix(_SAID).rstrip("."))


def _outcomes(table: Table) -> str:
    """Return how many outcomes a table has, and of how many of them there is a study."""
    evidence = next(place for place, column in enumerate(table.columns) if column.name == "evidence")
    rows = [row for row in table.rows if not row.indent]
    studied = sum(row.cells[evidence].text != "No study" for row in rows)
    none = len(rows) - studied
    return plural(studied, "outcome") + (f"; {none} without a study" if none else "")
