"""What `import` and `compare` print. Results in, text out."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from metamsc.cli.reporters import printable
from metamsc.errors import Problem
from metamsc.exchange.importing import FORMS, Imported
from metamsc.exchange.record_files import Written


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
        parts.append(f"{problems} problem" + ("" if problems == 1 else "s"))
    todo = sum(len(study.to_confirm) for study in imported.studies)
    if not written:
        parts.append("nothing written")
    elif dry_run:
        parts.append(f"{len(written)} records would be written")
    else:
        parts.append(f"{len(written)} records, {todo} entries of to_confirm; next: metamsc check")
    return "\n".join(parts)
