"""`metamsc run`: run analyses and write what came out."""

from __future__ import annotations

from typing import Any

import click

from metamsc.cli.options import (
    chosen,
    json_option,
    model_options,
    print_json,
    read_some_records,
    records_option,
    table_forms,
)


@click.command(epilog="Example: metamsc run analyses/hba1c --tau2 PM")
@click.argument("specs", nargs=-1, type=click.Path(exists=True))
@records_option
@click.option("--analyses", default="analyses", show_default=True, help="Folder of plans when none is named.")
@click.option("--output", default="build", show_default=True, help="Folder for the results.")
@click.option("--figures/--no-figures", default=True, help="Whether to draw the plots.")
@click.option(
    "--tables",
    default="markdown,latex",
    show_default=True,
    metavar="FORMATS",
    help="Formats of tables/appendix.*: html, latex, docx, xlsx, markdown, with commas; none for no file.",
)
@click.option("--force", is_flag=True, help="Run every plan, also where nothing has changed.")
@model_options
@json_option
def run(
    specs: tuple[str, ...],
    records: str,
    analyses: str,
    output: str,
    figures: bool,
    tables: str,
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Run the plans SPECS (files or folders; all of them when none is named).

    For each, OUTPUT/NAME gets results.json, manifest.json, tables as CSV, all tables to read in one file
    (tables/appendix.md and .tex, see --tables) and figures as SVG, PDF and PNG. A choice given as a flag
    replaces the plan's and is written into the results; --by splits each type of diabetes by a moderator,
    --cluster is study, cohort or a moderator. Results whose plan, records and options are the same as those
    that are there are kept.
    """
    from metamsc.analysis.plan import find_specs, read_spec
    from metamsc.cli.progress import progress
    from metamsc.report.unchanged import run_unless_unchanged

    plans = [read_spec(spec).with_flags(**chosen(**given)) for spec in specs or find_specs(analyses)]
    studies = read_some_records(records)
    forms = table_forms(tables)
    found = [
        run_unless_unchanged(
            plan, studies, f"{output}/{plan.name}", figures=figures, tables=forms, force=force
        )
        for plan in progress(plans, "running", [plan.name for plan in plans])
    ]
    kept = [plan.name for plan, item in zip(plans, found, strict=True) if item.kept]
    if kept:
        click.echo(f"unchanged: {', '.join(kept)}", err=True)
    if as_json:
        print_json([item.data for item in found])
    else:
        click.echo("\n\n".join(item.text for item in found))
