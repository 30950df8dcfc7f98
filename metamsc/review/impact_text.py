"""An impact as Markdown: first what it comes to, then the pools before and after, then everything behind it.

Everything that comes from a record or a plan is a stranger's text: :func:`metamsc.review.shown.shown` makes
it harmless. The report is never longer than a comment may be: what matters least is left out first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metamsc.analysis.result import Scale
from metamsc.errors import Problem
from metamsc.models.results import PooledResult
from metamsc.plots.numbers import format_value
from metamsc.review.analysis_changes import AnalysisChange, StratumChange
from metamsc.review.impact import Impact
from metamsc.review.impact_analyses import analysis_blocks
from metamsc.review.record_changes import KINDS, FieldChange, RecordChange
from metamsc.review.shown import shown, summary_text
from metamsc.tables.labels import plural

MARKER = "<!-- metamsc impact -->"
"""First line of the report: how a comment is found again to be updated."""
LONGEST_REPORT = 55_000
"""Letters; a comment on GitHub takes 65,536."""
TRIVIAL = (
    "A trivial step for a living review: no line is crossed, and no estimate or interval moves by more than "
    "a tenth of the interval's half-width."
)
_MOST_RECORDS, _MOST_FIELDS, _MOST_PROBLEMS, _MOST_POOLS = 60, 25, 40, 40
_SUMMARY_LETTERS = 20_000
"""Of the first table, which is never left out."""
_MOST_IN_A_FILE = 5
"""Problems of one file that are listed: one broken file must not hide the others."""

_FEW, _FEW_FIELDS = 3, 8
"""So few changed records, with so few fields each, are shown at once; more are folded."""

Block = tuple[int, str]
"""How soon a text is given up for want of room (0 never), and the text."""


def impact_markdown(impact: Impact) -> str:
    """Return the report of an impact as Markdown of at most :data:`LONGEST_REPORT` letters."""
    blocks: list[Block] = [
        (0, MARKER),
        (0, "## What this change does to the evidence"),
        (0, _verdict(impact)),
        *_summary_blocks(impact),
        *((0, f"Note: {shown(note, 400)}") for note in impact.notes),
        *_problem_blocks("New problems", impact.new_problems),
        *_record_blocks(impact),
        *_plan_blocks(impact),
        *analysis_blocks(impact),
        *_problem_blocks("Resolved", impact.resolved_problems, rank=5),
        *_acknowledged_blocks(impact),
        (0, _origin(impact)),
    ]
    return "\n\n".join(_fitting(blocks)) + "\n"


def failure_markdown(reason: str) -> str:
    """Return the report of a comparison that could not be made: it takes the place of an older one."""
    said = f"❌ **It could not be compared:** {shown(reason, 400)}"
    return f"{MARKER}\n\n## What this change does to the evidence\n\n{said}\n"


def _fitting(blocks: Sequence[Block]) -> list[str]:
    """Keep what there is room for, the most important first, in the order of reading."""
    room = LONGEST_REPORT - 300
    kept: set[int] = set()
    for number in sorted(range(len(blocks)), key=lambda number: (blocks[number][0], number)):
        rank, text = blocks[number]
        if rank == 0 or len(text) + 2 <= room:
            room -= len(text) + 2
            kept.add(number)
    texts = [text for number, (_, text) in enumerate(blocks) if number in kept]
    left = len(blocks) - len(kept)
    if left:
        parts = plural(left, "part")
        texts.append(f"{parts} of this report left out for its length: `metamsc impact --json` gives them.")
    return texts


def _origin(impact: Impact) -> str:
    run = "run on both sides" if impact.plans_from == "base" else "each side run by its own"
    return (
        f"<details><summary>What was compared</summary>\n\nRecords of `{impact.head_commit[:10]}` against "
        f"`{impact.base_commit[:10]}`, where the branch left the base; plans of the {impact.plans_from}, "
        f"{run}.\n\n</details>"
    )


def _verdict(impact: Impact) -> str:
    """Say in one sentence what it comes to."""
    errors = {problem.file for problem in impact.new_problems if problem.severity == "error"}
    parts = []
    if errors:
        verb = "has" if len(errors) == 1 else "have"
        parts.append(f"❌ **Not ready: {plural(len(errors), 'file')} {verb} errors.**")
    failed = sum(1 for change in impact.analyses if change.failed)
    if failed:
        parts.append(f"❌ **{plural(failed, 'analysis', 'analyses')} could not be run.**")
    moved = [change for change in impact.analyses if change.moved]
    number = sum(len(change.moved) for change in moved)
    total = len(impact.analyses) + len(impact.unaffected)
    crossed = sum(1 for change in impact.analyses for item in change.strata if item.crossed)
    if any(change.note for change in impact.analyses):
        parts.append("⚠️ **A plan now gives numbers on another scale.**")
    if not moved:
        parts.append("**No pooled result moves.**")
    else:
        verb = "moves" if number == 1 else "move"
        where = f"in {len(moved)} of {plural(total, 'analysis', 'analyses')}"
        what = f"{plural(number, 'pooled result')} {verb}, {where}"
        if crossed:
            lines = f"{crossed} of them crosses" if crossed == 1 else f"{crossed} of them cross"
            parts.append(f"⚠️ **{what}; {lines} a line.**")
        elif all(item.trivial for change in moved for item in change.strata):
            parts.append(f"**{what}, by a trivial step.** {TRIVIAL}")
        else:
            parts.append(f"**{what}; no line is crossed.**")
    parts.append(_counted(impact))
    return " ".join(parts)


def _counted(impact: Impact) -> str:
    counts = {kind: sum(1 for record in impact.records if record.kind == kind) for kind in KINDS}
    said = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    records = f"Records: {said}." if said else "No record differs."
    plans = f" {plural(len(impact.plans), 'plan')} differ{'s' if len(impact.plans) == 1 else ''}."
    return records + (plans if impact.plans else "")


def _summary_blocks(impact: Impact) -> Iterator[Block]:
    lines = [line for change in impact.analyses for line in _summary_lines(change)]
    if lines:
        head = ["| analysis | pool | before | after | line crossed |", "|---|---|--:|--:|---|"]
        kept = list(_first(lines[:_MOST_POOLS], _SUMMARY_LETTERS))
        yield 0, "\n".join([*head, *kept]) + _more(len(lines) - len(kept), "pools")
    if impact.unaffected and impact.analyses:
        listed = ", ".join(shown(title) for title in impact.unaffected[:12])
        yield 1, f"Not affected: {listed}." + _more(len(impact.unaffected) - 12, "analyses")


def _first(lines: Sequence[str], letters: int) -> Iterator[str]:
    """Yield lines while they have room."""
    for line in lines:
        letters -= len(line) + 1
        if letters < 0:
            return
        yield line


def _summary_lines(change: AnalysisChange) -> Iterator[str]:
    if change.scale is None:
        return
    unit = f", {change.scale.unit}" if change.scale.unit else ""
    title = f"{shown(change.title)} ({change.scale.measure}{shown(unit)})"
    for item in change.moved:
        sides = " | ".join(_pool_words(pooled, change.scale) for pooled in (item.before, item.after))
        yield f"| {title} | {shown(item.title)} | {sides} | {_step(item)} |"
        title = ""


def _step(item: StratumChange) -> str:
    if item.crossed:
        return "⚠️ " + "; ".join(item.crossed)
    return "none; a trivial step" if item.trivial else "none"


def _pool_words(pooled: PooledResult | None, scale: Scale) -> str:
    if pooled is None:
        return "nothing pooled"
    values = (pooled.estimate, pooled.ci.low, pooled.ci.high)
    texts = [format_value(value, ratio=scale.ratio, decimals=2) for value in values]
    studies = "1 study" if pooled.k == 1 else f"k = {pooled.k}"
    return f"**{texts[0]}** ({texts[1]} to {texts[2]}), {studies}"


def _record_blocks(impact: Impact) -> Iterator[Block]:
    records = impact.records
    if not records:
        return
    errors = {problem.file for problem in impact.new_problems if problem.severity == "error"}
    lines = [_record_line(record, errors) for record in records[:_MOST_RECORDS]]
    yield 2, "### Records\n\n" + "\n".join(lines) + _more(len(records) - _MOST_RECORDS, "records")
    for record in records[:_MOST_RECORDS]:
        if record.fields:
            title = f"{record.label}: {plural(len(record.fields) + record.more_fields, 'field')}"
            small = len(records) <= _FEW and len(record.fields) <= _FEW_FIELDS
            yield 4, _field_table(title, record.fields, record.more_fields, folded=not small)


def _record_line(record: RecordChange, errors: set[str]) -> str:
    was = f" (was {shown(record.before)})" if record.before else ""
    about = f": {shown(record.about, 200)}" if record.about else ""
    bad = " **It has errors and is in no pool.**" if record.file in errors else ""
    return f"- **{shown(record.label)}** {record.kind}{was}{about}; {shown(record.file)}.{bad}"


def _plan_blocks(impact: Impact) -> Iterator[Block]:
    if not impact.plans:
        return
    lines = [
        f"- **{shown(plan.title)}** {plan.kind}; {shown(plan.file)}." for plan in impact.plans[:_MOST_RECORDS]
    ]
    run = (
        "The numbers here are by the plans of the base; `metamsc impact --plans head` runs each side by its "
        "own."
        if impact.plans_from == "base"
        else "The numbers before are by the plans of the base, those after by the plans of the branch."
    )
    more = _more(len(impact.plans) - _MOST_RECORDS, "plans")
    yield 1, "### Plans\n\n" + "\n".join(lines) + more + f"\n\n{run}"
    for plan in impact.plans[:_MOST_RECORDS]:
        if plan.fields:
            title = f"{plan.title}: {plural(len(plan.fields), 'field')}"
            yield 3, _field_table(title, plan.fields, folded=len(plan.fields) > _FEW_FIELDS)


def _field_table(title: str, fields: Sequence[FieldChange], more: int = 0, *, folded: bool) -> str:
    sourced = any(item.source for item in fields)
    head = "| field | before | after |" + (" read in |" if sourced else "")
    lines = [head, "|---|---|---|" + ("---|" if sourced else "")]
    for item in fields[:_MOST_FIELDS]:
        cells = [item.path, item.old, item.new, *([item.source or None] if sourced else [])]
        lines.append("| " + " | ".join(shown(cell) for cell in cells) + " |")
    rest = max(0, len(fields) - _MOST_FIELDS) + more
    text = "\n".join(lines) + _more(rest, "fields")
    if not folded:
        return text
    return f"<details><summary>{summary_text(title)}</summary>\n\n{text}\n\n</details>"


def _more(rest: int, what: str) -> str:
    return f"\n\n… and {rest:,} more {what}." if rest > 0 else ""


def _problem_blocks(title: str, problems: Sequence[Problem], rank: int = 1) -> Iterator[Block]:
    if not problems:
        return
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")  # stable: errors first
    seen: dict[str, int] = {}
    lines: list[str] = []
    for problem in ordered:
        seen[problem.file] = seen.get(problem.file, 0) + 1
        if seen[problem.file] <= _MOST_IN_A_FILE and len(lines) < _MOST_PROBLEMS:
            lines.append(_problem_line(problem))
    rest = _more(len(problems) - len(lines), "problems")
    yield rank, f"### {title} ({len(problems)})\n\n" + "\n".join(lines) + rest


def _problem_line(problem: Problem) -> str:
    place = f"{shown(problem.file)}:{problem.line}" if problem.line else shown(problem.file)
    hint = f"; {shown(problem.hint)}" if problem.hint else ""
    return f"- **{problem.severity} {problem.code}** {place}: {shown(problem.message, 200)}{hint}"


def _acknowledged_blocks(impact: Impact) -> Iterator[Block]:
    if impact.acknowledged:
        lines = [
            f"{_problem_line(item.problem)}. Set aside by {shown(item.by)}: {shown(item.reason, 200)}"
            for item in impact.acknowledged[:_MOST_PROBLEMS]
        ]
        rest = _more(len(impact.acknowledged) - _MOST_PROBLEMS, "warnings")
        title = f"### Warnings that this change sets aside ({len(impact.acknowledged)})"
        yield 2, f"{title}\n\n" + "\n".join(lines) + rest
