"""Each affected analysis in the report of an impact: its rows, its pools in full, and what rests on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from metamsc.analysis.result import Scale
from metamsc.models.results import PooledResult
from metamsc.plots.numbers import format_percent, format_significant, format_value
from metamsc.review.analysis_changes import AnalysisChange, RowChange
from metamsc.review.impact import Impact
from metamsc.review.shown import shown, summary_text

_MOST_ROWS, _MOST_LINES = 25, 20
_Z = 1.959963984540054
"""Of the intervals of single rows, as every forest plot shows them: 95 % of a normal distribution."""


def analysis_blocks(impact: Impact) -> Iterator[tuple[int, str]]:
    """Yield the parts of the report about analyses, each with how soon it is given up for want of room."""
    if not impact.analyses:
        return
    yield 0, "### Analyses"
    for change in impact.analyses:
        text = "\n\n".join([f"#### {shown(change.title)}", *_main_parts(change)])
        yield 3, text
        for title, lines in (
            ("Other choices and checks that now say another thing", change.verdicts),
            ("GRADE inputs that changed", change.grade),
        ):
            if lines:
                yield 5, _folded(f"{title}: {len(lines)}", lines)


def _main_parts(change: AnalysisChange) -> Iterator[str]:
    if change.failed:
        yield f"Could not be run: {shown(change.failed, 400)}"
        return
    if change.note:
        yield shown(change.note, 400)
    if change.rows and change.scale is not None:
        lines = [_row_line(row, change.scale) for row in change.rows[:_MOST_ROWS]]
        yield _listed(lines, len(change.rows), "rows")
    for said, reasons in (
        ("Left out now", change.left_out),
        ("No longer left out", change.taken_up),
        ("The same effect, other words beside it", change.beside),
    ):
        if reasons:
            lines = [f"- {said}: {shown(text, 250)}" for text in reasons[:_MOST_ROWS]]
            yield _listed(lines, len(reasons), "results")
    if change.scale is not None and change.moved:
        yield "\n".join(_pool_table(change, change.scale))
    elif change.scale is not None and not change.note:
        yield "No pooled result moves."


def _listed(lines: Sequence[str], total: int, what: str) -> str:
    rest = total - len(lines)
    return "\n".join(lines) + (f"\n\n… and {rest:,} more {what}." if rest > 0 else "")


def _folded(title: str, lines: Sequence[str]) -> str:
    shown_lines = [f"- {shown(text, 400)}" for text in lines[:_MOST_LINES]]
    body = _listed(shown_lines, len(lines), "lines")
    return f"<details><summary>{summary_text(title)}</summary>\n\n{body}\n\n</details>"


def _row_line(row: RowChange, scale: Scale) -> str:
    label = f"**{shown(row.label)}**"
    if row.before is None and row.after is not None:
        return f"- {label} comes in with {_effect(row.after, scale)}"
    if row.before is not None and row.after is None:
        return f"- {label} goes out, which had {_effect(row.before, scale)}"
    assert row.before is not None  # one side of two is there  # noqa: S101
    assert row.after is not None  # noqa: S101
    return f"- {label} changes from {_effect(row.before, scale)} to {_effect(row.after, scale)}"


def _effect(numbers: tuple[float, float], scale: Scale) -> str:
    """Return ``−1.30 (−1.88 to −0.72)`` of an effect and its sampling variance on the analysis scale."""
    effect, half = numbers[0], _Z * math.sqrt(numbers[1])
    return _interval(effect, effect - half, effect + half, scale)


def _pool_table(change: AnalysisChange, scale: Scale) -> Iterator[str]:
    unit = f" ({shown(scale.unit)})" if scale.unit else ""
    yield f"| pool | | k | {scale.measure}{unit}, 95% CI | τ² | I² | prediction interval |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for item in change.strata:
        sides = (("before", item.before), ("after", item.after)) if item.moved else (("same", item.after),)
        name = shown(item.title)
        for when, pooled in sides:
            yield _pool_line(name, when, pooled, scale)
            name = ""


def _pool_line(name: str, when: str, pooled: PooledResult | None, scale: Scale) -> str:
    if pooled is None:
        return f"| {name} | {when} | 0 | – | – | – | – |"
    found = pooled.heterogeneity
    cells = [
        str(pooled.k),
        _interval(pooled.estimate, pooled.ci.low, pooled.ci.high, scale),
        format_significant(found.tau2) if pooled.k > 1 else "–",
        f"{format_percent(found.I2)}%" if pooled.k > 1 else "–",
        "–" if pooled.pi is None else _span(pooled.pi.low, pooled.pi.high, scale),
    ]
    return f"| {name} | {when} | {' | '.join(cells)} |"


def _interval(estimate: float, low: float, high: float, scale: Scale) -> str:
    return f"{format_value(estimate, ratio=scale.ratio, decimals=2)} ({_span(low, high, scale)})"


def _span(low: float, high: float, scale: Scale) -> str:
    texts = (format_value(value, ratio=scale.ratio, decimals=2) for value in (low, high))
    return " to ".join(texts)
