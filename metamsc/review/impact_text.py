"""An impact as Markdown for people and as JSON for programs.

Everything that comes from a record is a stranger's text: it is shown as it is and can neither become a
link, a mention, a tag or a table, nor fill the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from metamsc.analysis.crossed import numbers_of
from metamsc.analysis.result import Scale
from metamsc.errors import Problem
from metamsc.models.results import PooledResult
from metamsc.plots.numbers import format_percent, format_significant, format_value
from metamsc.review.impact import AnalysisChange, Impact
from metamsc.review.record_changes import FieldChange, RecordChange
from metamsc.tables.labels import plural
from metamsc.tables.write_text import escape_markdown

LONGEST = 120
_MOST_RECORDS, _MOST_FIELDS, _MOST_PROBLEMS = 60, 25, 60
TRIVIAL = (
    "A trivial step for a living review: no line is crossed, and no estimate or interval moves by more than "
    "a tenth of the interval's half-width."
)
MARKER = "<!-- metamsc impact -->"
"""First line of the report: how a comment is found again to be updated."""


def impact_markdown(impact: Impact) -> str:
    """Return the report of an impact as Markdown."""
    blocks = [
        MARKER,
        "## What this change does to the evidence",
        (
            f"Records of `{impact.head_commit[:10]}` against `{impact.base_commit[:10]}`, "
            f"plans of the {impact.plans_from}."
        ),
        *_record_blocks(impact.records),
        *_problem_blocks(impact),
        *_analysis_blocks(impact),
    ]
    return "\n\n".join(blocks) + "\n"


def shown(value: Any) -> str:
    """Return a value of a record as text for one cell of Markdown."""
    if value is None:
        return "–"
    text = " ".join(str(value).split())
    text = "".join(c if c.isprintable() else "�" for c in text)
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    text = escape_markdown(cut.replace("&", "&amp;")).replace("\\<", "&lt;").replace("\\>", "&gt;")
    # A zero-width space keeps a name from notifying anyone, and a number from becoming an issue's link.
    return text.replace("@", "@\u200b").replace("#", "#\u200b").replace("://", ":\u200b//")


def _record_blocks(records: Sequence[RecordChange]) -> Iterator[str]:
    yield "### Records"
    if not records:
        yield "No record differs."
        return
    counts = {kind: sum(1 for record in records if record.kind == kind) for kind in _KINDS}
    yield ", ".join(f"{number} {kind}" for kind, number in counts.items() if number) + "."
    lines = []
    for record in records[:_MOST_RECORDS]:
        was = f" (was {shown(record.before)})" if record.before else ""
        lines.append(f"- **{shown(record.label)}** {record.kind}{was}: {shown(record.file)}")
    yield "\n".join(lines) + _more(len(records) - _MOST_RECORDS, "records")
    for record in records[:_MOST_RECORDS]:
        if record.fields:
            yield _field_table(record)


_KINDS = ("added", "changed", "renamed", "removed")


def _field_table(record: RecordChange) -> str:
    lines = ["| field | before | after | source |", "|---|---|---|---|"]
    lines.extend(_field_line(item) for item in record.fields[:_MOST_FIELDS])
    rest = len(record.fields) - _MOST_FIELDS + record.more_fields
    summary = f"{record.label[:LONGEST]}: {plural(len(record.fields) + record.more_fields, 'field')}"
    head = f"<details><summary>{_summary(summary)}</summary>"
    return "\n".join([head, "", *lines]) + _more(rest, "fields") + "\n\n</details>"


def _field_line(item: FieldChange) -> str:
    return f"| {shown(item.path)} | {shown(item.old)} | {shown(item.new)} | {shown(item.source or None)} |"


def _summary(text: str) -> str:
    """Return text for between tags, where Markdown's backslashes would be seen."""
    return html.escape(" ".join(text.split()).replace("@", "@\u200b"))


def _more(rest: int, what: str) -> str:
    return f"\n\n… and {rest} more {what}." if rest > 0 else ""


def _problem_blocks(impact: Impact) -> Iterator[str]:
    for title, problems in (("New problems", impact.new_problems), ("Resolved", impact.resolved_problems)):
        if problems:
            yield f"### {title} ({len(problems)})"
            lines = [_problem_line(problem) for problem in problems[:_MOST_PROBLEMS]]
            yield "\n".join(lines) + _more(len(problems) - _MOST_PROBLEMS, "problems")


def _problem_line(problem: Problem) -> str:
    place = f"{shown(problem.file)}:{problem.line}" if problem.line else shown(problem.file)
    return f"- **{problem.severity} {problem.code}** {place}: {shown(problem.message)}"


def _analysis_blocks(impact: Impact) -> Iterator[str]:
    yield "### Analyses"
    if not impact.analyses:
        yield "No analysis takes any other row than before."
    for change in impact.analyses:
        yield f"#### {shown(change.title)}"
        if change.failed:
            yield f"Could not be run: {shown(change.failed)}"
            continue
        yield from _change_blocks(change)
    if impact.unaffected:
        yield f"Not affected: {', '.join(shown(title) for title in impact.unaffected)}."


def _change_blocks(change: AnalysisChange) -> Iterator[str]:
    assert change.scale is not None  # it was run  # noqa: S101
    said = [
        f"{word} {', '.join(shown(label) for label in labels)}"
        for word, labels in (
            ("In:", change.rows_in),
            ("Out:", change.rows_out),
            ("Changed:", change.rows_changed),
        )
        if labels
    ]
    yield (
        ". ".join(said) + "." if said else "The pooled rows are the same; what is left out, or why, differs."
    )
    crossed = [f"- ⚠ **{shown(item.label)}**: {text}" for item in change.strata for text in item.crossed]
    crossed += [f"- ⚠ {shown(text)}" for text in change.verdicts]
    if crossed:
        yield "\n".join(crossed)
    elif change.strata and all(item.trivial for item in change.strata):
        yield TRIVIAL
    if change.grade:
        yield "GRADE inputs:\n" + "\n".join(f"- {shown(text)}" for text in change.grade)
    unit = f" ({change.scale.unit})" if change.scale.unit else ""
    lines = [
        f"| | | k | {change.scale.measure}{unit}, 95% CI | τ² | I² | prediction interval |",
        "|---|---|--:|---|---|---|---|",
    ]
    for item in change.strata:
        for when, pooled in (("before", item.before), ("after", item.after)):
            lines.append(_pool_line(item.label if when == "before" else "", when, pooled, change.scale))
    yield "\n".join(lines)


def _pool_line(label: str, when: str, pooled: PooledResult | None, scale: Scale) -> str:
    if pooled is None:
        return f"| {shown(label or ' ')} | {when} | 0 | – | – | – | – |"
    found = pooled.heterogeneity
    cells = [
        str(pooled.k),
        _interval(pooled.estimate, pooled.ci.low, pooled.ci.high, scale),
        format_significant(found.tau2) if pooled.k > 1 else "–",
        f"{format_percent(found.I2)}%" if pooled.k > 1 else "–",
        "–" if pooled.pi is None else _interval(None, pooled.pi.low, pooled.pi.high, scale),
    ]
    return f"| {shown(label or ' ')} | {when} | {' | '.join(cells)} |"


def _interval(estimate: float | None, low: float, high: float, scale: Scale) -> str:
    texts = [
        format_value(value, ratio=scale.ratio, decimals=2)
        for value in (estimate, low, high)
        if value is not None
    ]
    span = f"{texts[-2]} to {texts[-1]}"
    return span if estimate is None else f"{texts[0]} ({span})"


def impact_dict(impact: Impact) -> dict[str, Any]:
    """Return an impact as plain Python, ready for JSON; estimates of ratios are logarithms."""
    return {
        "base": impact.base,
        "head": impact.head,
        "base_commit": impact.base_commit,
        "head_commit": impact.head_commit,
        "plans_from": impact.plans_from,
        "records": [_plain(asdict(record)) for record in impact.records],
        "analyses": [_analysis_dict(change) for change in impact.analyses],
        "unaffected": list(impact.unaffected),
        "new_problems": _problem_dicts(impact.new_problems),
        "resolved_problems": _problem_dicts(impact.resolved_problems),
    }


def _plain(value: Any) -> Any:
    """Return lists for tuples, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _problem_dicts(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [asdict(problem) for problem in problems]


def _analysis_dict(change: AnalysisChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "title": change.title,
        "measure": None if change.scale is None else change.scale.measure,
        "failed": change.failed,
        "rows_in": list(change.rows_in),
        "rows_out": list(change.rows_out),
        "rows_changed": list(change.rows_changed),
        "verdicts": list(change.verdicts),
        "grade": list(change.grade),
        "strata": [
            {
                "label": item.label,
                "before": None if item.before is None else numbers_of(item.before).to_dict(),
                "after": None if item.after is None else numbers_of(item.after).to_dict(),
                "crossed": list(item.crossed),
                "trivial": item.trivial,
            }
            for item in change.strata
        ],
    }
