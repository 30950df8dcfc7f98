"""The page that sets the pooled results of published reviews beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from metamsc.analysis.beside import set_beside
from metamsc.checks.published import check_published
from metamsc.tables.labels import plural
from metamsc.tables.published import published_table

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.errors import Problem
    from metamsc.records.published import ReviewFile

_LEAD = (
    "Other meta-analyses have pooled the same outcomes. Where a published result and ours point the same "
    "way, that is weak support, since both hold some of the same trials; where they differ, the last column "
    "says what is not the same question. Intervals are compared only where measure and unit are the same."
)
_MISPRINTS = (
    "What a review prints against itself is found by the rules that judge our own records, and is left as "
    "printed."
)


def published_body(results: Sequence[AnalysisResult], reviews: Sequence[ReviewFile]) -> str:
    """Return the body of the page: a table per analysis, and the contradictions in print."""
    contradictions = {read.id: check_published(read) for read in reviews}
    parts = ["<h1>Beside published reviews</h1>", f'<p class="mm-lead">{escape(_LEAD)}</p>']
    for result in results:
        found = set_beside(result, reviews)
        if found:
            table = published_table(result, found, contradictions).to_html(caption=False)
            title = f'<a href="./{escape(result.name)}/report.html">{escape(result.title)}</a>'
            parts.append(f"<section><h2>{title}</h2>{table}</section>")
    told = [(read, problem) for read in reviews for problem in contradictions[read.id]]
    if told:
        items = "".join(_item(read, problem) for read, problem in told)
        parts.append(
            f"<section><h2>Contradictions in print</h2><p>{escape(_MISPRINTS)}</p><ul>{items}</ul></section>"
        )
    counted = plural(len(reviews), "published review")
    parts.append(f"<p>{counted} recorded; each number as printed, with the address where it was read.</p>")
    return "\n".join(parts)


def _item(read: ReviewFile, problem: Problem) -> str:
    info = read.review.review
    address = f"https://doi.org/{info.doi}" if info.doi else info.url
    index = int(problem.where.removeprefix("results[").split("]")[0])
    printed = read.review.results[index].as_printed
    label = f'<a href="{escape(address)}">{escape(info.label)}</a>'
    return f"<li>{label}, {escape(printed)}: {escape(problem.message)} [{problem.code}]</li>"
