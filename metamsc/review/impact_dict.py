"""An impact as plain Python, for programs: everything, without limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from metamsc.analysis.crossed import numbers_of
from metamsc.review.analysis_changes import AnalysisChange
from metamsc.review.impact import Impact


def impact_dict(impact: Impact) -> dict[str, Any]:
    """Return an impact ready for JSON; estimates of ratios are logarithms."""
    return {
        "base": impact.base,
        "head": impact.head,
        "base_commit": impact.base_commit,
        "head_commit": impact.head_commit,
        "plans_from": impact.plans_from,
        "notes": list(impact.notes),
        "records": [_plain(asdict(record)) for record in impact.records],
        "plans": [_plain(asdict(plan)) for plan in impact.plans],
        "analyses": [_analysis_dict(change) for change in impact.analyses],
        "unaffected": list(impact.unaffected),
        "new_problems": [asdict(problem) for problem in impact.new_problems],
        "resolved_problems": [asdict(problem) for problem in impact.resolved_problems],
        "acknowledged": [
            {**asdict(item.problem), "reason": item.reason, "by": item.by} for item in impact.acknowledged
        ],
    }


def _plain(value: Any) -> Any:
    """Return lists for tuples, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _analysis_dict(change: AnalysisChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "title": change.title,
        "measure": None if change.scale is None else change.scale.measure,
        "failed": change.failed,
        "note": change.note,
        "rows_in": list(change.rows_in),
        "rows_out": list(change.rows_out),
        "rows_changed": list(change.rows_changed),
        "rows": [
            {"label": row.label, "before": _effect(row.before), "after": _effect(row.after)}
            for row in change.rows
        ],
        "left_out": list(change.left_out),
        "taken_up": list(change.taken_up),
        "beside": list(change.beside),
        "verdicts": list(change.verdicts),
        "grade": list(change.grade),
        "strata": [
            {
                "label": item.label,
                "title": item.title,
                "before": None if item.before is None else numbers_of(item.before).to_dict(),
                "after": None if item.after is None else numbers_of(item.after).to_dict(),
                "crossed": list(item.crossed),
                "trivial": item.trivial,
            }
            for item in change.strata
        ],
    }


def _effect(numbers: tuple[float, float] | None) -> dict[str, float] | None:
    return None if numbers is None else {"yi": numbers[0], "vi": numbers[1]}
