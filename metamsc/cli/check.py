"""`metamsc check`: read records, judge them, report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

DEFAULT_FOLDER = "data/extractions"
MOST_WORKERS = 4
WORTH_A_BAR = 6
"""Chunks of files that take about a second."""
FORMATS = ("text", "json", "github", "gitlab", "sarif")


@click.command(epilog="Example: metamsc check data/extractions/clinical/cai-2016.yml --format json")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True,
              help="text for people; the others for services and programs.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[str, ...], output: str, strict: bool) -> None:
    """Validate records: structure, meaning, arithmetic, plausibility.

    PATHS are files and folders; data/extractions when none is given. Exit code 0 when nothing is
    wrong (warnings are shown), 1 when there are errors, 2 for wrong usage. Each code in brackets has
    a section in docs/problems.md.
    """
    from metamsc.checks.run import check_records
    from metamsc.cli.reporters import REPORTERS, summarise

    if not paths and not Path(DEFAULT_FOLDER).is_dir():
        raise click.UsageError(f"there is no folder {DEFAULT_FOLDER} here; name files or folders.")
    report = check_records(
        paths or (DEFAULT_FOLDER,),
        strict=strict,
        workers=min(_cores(), MOST_WORKERS),
        watch=_watch,
    )
    text = REPORTERS[output](report)
    if text:
        click.echo(text)
    click.echo(summarise(report), err=True)
    ctx.exit(report.exit_code)


def _cores() -> int:
    """Cores that this process may use: a container may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _watch(chunks: Sequence[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """Show progress where there is more than a second of work."""
    if len(chunks) < WORTH_A_BAR:
        return chunks
    from metamsc.cli.progress import progress

    return progress(chunks, "checking", (chunk[0] for chunk in chunks))
