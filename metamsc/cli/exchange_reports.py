"""What `import` and `compare` print. Results in, text out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from metamsc.cli.reporters import printable
from metamsc.errors import Problem
from metamsc.exchange.agreement import Agreement, agreement_of
from metamsc.exchange.compare import Comparison
from metamsc.exchange.importing import FORMS, Imported
from metamsc.exchange.merge import independent
from metamsc.exchange.record_files import Written
from metamsc.records.todo import todos

_FULL = 0.9995
"""Shown as 1.000."""


def report_import(
    imported: Imported,
    written: tuple[Written, ...],
    taken: tuple[Problem, ...],
    *,
    as_json: bool,
    dry_run: bool,
) -> int:
    """Print what was written and what is wrong; return the exit code."""
    problems = (*imported.problems, *taken)
    code = 1 if any(problem.severity == "error" for problem in problems) else 0
    if as_json:
        data = {
            "form": imported.form,
            "written": [asdict(entry) for entry in written],
            "dry_run": dry_run,
            "not_carried": imported.not_carried,
            "problems": [asdict(problem) for problem in problems],
            "exit_code": code,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return code
    for problem in problems:
        kind = ", warning" if problem.severity == "warning" else ""
        click.echo(printable(str(problem)).replace(f"[{problem.code}]", f"[{problem.code}{kind}]"))
    for entry in written:
        lost = f"  {len(entry.lost_comments)} comments lost: " + "; ".join(entry.lost_comments)[:200]
        click.echo(f"{entry.file} ({entry.change})" + (f"\n{lost}" if entry.lost_comments else ""))
    click.echo(_summary(imported, written, len(problems), dry_run=dry_run), err=True)
    return code


def _summary(imported: Imported, written: tuple[Written, ...], problems: int, *, dry_run: bool) -> str:
    parts = [f"read as {FORMS[imported.form]}"]
    if imported.not_carried:
        parts.append(f"columns without a place in a record: {', '.join(imported.not_carried)}")
    if problems:
        parts.append(_count(problems, "problem"))
    todo = sum(len(list(todos(study))) for study in imported.studies)
    if not written:
        parts.append("nothing written")
    elif dry_run:
        parts.append(f"{_count(len(written), 'record')} would be written, with {_count(todo, 'to-do')}")
    else:
        parts.append(f"{_count(len(written), 'record')} with {_count(todo, 'to-do')}; next: metamsc check")
    return "\n".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def report_comparison(
    comparisons: tuple[Comparison, ...],
    problems: tuple[Problem, ...],
    merged: tuple[Path, ...],
    *,
    as_json: bool,
    show_all: bool,
) -> int:
    """Print the agreement of extractions; return 1 while somebody has to decide, else 0."""
    summary = agreement_of(comparisons)
    open_fields = sum(len(comparison.disagreements) for comparison in comparisons)
    if as_json:
        data = {
            "studies": [_comparison_data(comparison) for comparison in comparisons],
            "agreement": asdict(summary),
            "disagreements": open_fields,
            "merged": [str(file) for file in merged],
            "problems": [asdict(problem) for problem in problems],
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return 1 if open_fields else 0
    for problem in problems:
        click.echo(printable(str(problem)))
    for comparison in comparisons:
        click.echo(printable(_comparison_text(comparison, show_all=show_all)))
    click.echo(_agreement_text(summary))
    for comparison, file in zip(comparisons, merged, strict=False):
        click.echo(f"{file}: {_status_text(comparison)}")
    return 1 if open_fields else 0


def _comparison_data(comparison: Comparison) -> dict[str, object]:
    return {
        "study": comparison.a.study.id,
        "a": comparison.a.file,
        "b": comparison.b.file,
        "independent": independent(comparison),
        "fields": [
            {
                "where": field.where,
                "kind": field.kind,
                "status": field.status,
                "a": field.a,
                "b": field.b,
                "to_adjudicate": field.to_adjudicate,
                "hint": field.hint,
            }
            for field in comparison.fields
        ],
    }


def _comparison_text(comparison: Comparison, *, show_all: bool) -> str:
    names = " | ".join(f.study.extraction.extracted_by for f in (comparison.a, comparison.b))
    lines = [f"{comparison.a.study.id}: {names}"]
    for field in comparison.fields:
        agrees = field.status in ("exact", "rounding")
        if show_all or not agrees or field.status == "rounding":
            sign = "*" if field.to_adjudicate else " "
            wording = ", wording" if field.kind == "wording" else ""
            hint = f"; {field.hint}" if field.hint else ""
            lines.append(
                f"{sign} {field.where}: {shown(field.a)} | {shown(field.b)} ({field.status}{wording}{hint})"
            )
    lines.append(f"  {len(comparison.disagreements)} to adjudicate (marked *)")
    return "\n".join(lines)


def shown(value: object) -> str:
    """Write a value of a comparison, shortened."""
    if value is None or value == ():
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _agreement_text(summary: Agreement) -> str:
    counts = ", ".join(f"{name} {number}" for name, number in summary.counts.items())
    lines = [f"agreement (without wording): {counts}"]
    for title, table in (("Cohen's kappa", summary.kappa), ("ICC(2,1)", summary.icc)):
        full = [name for name, (_, value) in table.items() if value is not None and value > _FULL]
        vague = [name for name, (_, value) in table.items() if value is None]
        for name, (pairs, value) in table.items():
            if value is not None and name not in full:
                lines.append(f"{title}, {name}: {value:.3f} ({pairs} pairs)")
        if full:
            lines.append(f"{title}, 1.000: {', '.join(full)}")
        if vague:
            lines.append(f"{title}, not defined where nothing varies: {', '.join(vague)}")
    return "\n".join(lines)


def _status_text(comparison: Comparison) -> str:
    left = len(comparison.disagreements)
    if left:
        status = comparison.a.study.extraction.status.value
        return f"status stays {status}, {_count(left, 'disagreement')} marked in to_confirm"
    if not independent(comparison):
        return "both extractions name the same person: status is not double"
    return "status double, the extractions agree"
