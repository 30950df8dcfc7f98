"""`metamsc from-issue`: a record from a filled form."""

from __future__ import annotations

import sys

import click

from metamsc.cli.options import json_option


@click.command(epilog="Example: metamsc from-issue examples/proposal.md --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--output", default="data/extractions", show_default=True, help="Folder of the records.")
@click.option("--update", is_flag=True, help="Replace a record that is there; its comments are lost.")
@click.option("--dry-run", is_flag=True, help="Read and judge, write nothing.")
@json_option
@click.pass_context
def from_issue(
    ctx: click.Context, file: str, output: str, update: bool, dry_run: bool, as_json: bool
) -> None:
    """Turn the filled form "Propose a study" into a record.

    FILE holds the text of the issue; `-` reads it from standard input. What was left open, and what
    cannot be read, which is quoted, becomes an entry of `to_confirm`; no analysis uses the record before
    that is settled. Exit code 1, and nothing written, when no record can be made of it.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from metamsc.cli.exchange_reports import report_import
    from metamsc.exchange.convert import Hints
    from metamsc.exchange.issue_form import read_issue
    from metamsc.exchange.record_files import write_studies

    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not text in UTF-8 (byte {error.start}).") from error
    name = "<stdin>" if file == "-" else file
    imported = read_issue(
        text, name, Hints(extracted_by="TODO", date=datetime.now(tz=UTC).date().isoformat())
    )
    written, taken = (
        write_studies(imported.studies, output, update=update, dry_run=dry_run)
        if imported.sound
        else ((), ())
    )
    ctx.exit(report_import(imported, written, taken, as_json=as_json, dry_run=dry_run))
