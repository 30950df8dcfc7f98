"""`metamsc compare`: two extractions of the same studies."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: metamsc compare ada/cai-2016.yml ben/cai-2016.yml --output cai-2016.yml")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--output", type=click.Path(), help="Merged record (.yml) or folder; never an existing file.")
@click.option("--adjudicated-by", metavar="NAME", help="Close the adjudication of one merged record.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--all", "show_all", is_flag=True, help="List fields that agree, too.")
@click.pass_context
def compare(
    ctx: click.Context,
    paths: tuple[str, ...],
    output: str | None,
    adjudicated_by: str | None,
    form: str,
    show_all: bool,
) -> None:
    """Compare two independent extractions: two files of a study, or two folders.

    Prints the agreement field by field, Cohen's kappa for words and ICC(2,1) for numbers. Results are
    matched by outcome, time and definition, arms by id or role. --output writes one record in which
    each disagreement is an entry of `to_confirm`; its status is `double` when there is none. Settle the
    entries by hand, delete them, then: metamsc compare MERGED.yml --adjudicated-by NAME. Exit code 1
    while there are disagreements.
    """
    from metamsc.cli.exchange_reports import report_comparison
    from metamsc.exchange.merge import adjudicate
    from metamsc.exchange.pairs import compare_paths, write_merged
    from metamsc.files import write_atomic

    if adjudicated_by is not None:
        if len(paths) != 1 or output is not None or not Path(paths[0]).is_file():
            raise click.UsageError("--adjudicated-by takes one merged record, and no --output.")
        write_atomic(paths[0], adjudicate(Path(paths[0]).read_bytes(), paths[0], adjudicated_by))
        click.echo(f"{paths[0]}: adjudicated")
        return
    if len(paths) != 2:
        raise click.UsageError("compare takes two files, or two folders.")
    comparisons, problems = compare_paths(*paths)
    merged = write_merged(comparisons, output) if output is not None else ()
    ctx.exit(report_comparison(comparisons, problems, merged, as_json=form == "json", show_all=show_all))
