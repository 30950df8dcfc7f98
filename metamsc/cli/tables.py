"""`metamsc tables`: every table of one analysis in one document, for the appendix of a paper."""

from __future__ import annotations

from typing import Any

import click

from metamsc.cli.options import chosen, model_options, read_some_records, records_option

FORMATS = ("html", "latex", "docx", "xlsx", "markdown")


@click.command(epilog="Example: metamsc tables analyses/hba1c --output appendix.docx")
@click.argument("spec", type=click.Path(exists=True))
@records_option
@click.option("--output", required=True, type=click.Path(dir_okay=False), help="File to write.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Told from the end of OUTPUT when left out."
)
@click.option("--only", metavar="NAMES", default="", help="Some tables: findings,results,risk-of-bias.")
@click.option("--fragment", is_flag=True, help="No document around the tables (html, latex, markdown).")
@model_options
def tables(
    spec: str, records: str, output: str, form: str | None, only: str, fragment: bool, **given: Any
) -> None:
    """Write the tables of the plan SPEC (a file or its folder) into one document.

    Summary of findings, characteristics of studies, results, heterogeneity, numbers with their sources,
    derivations, risk of bias, reasons for doubt, other choices, meta-regression, information size,
    small-study tests, what is missing, what was left out. A table without rows is left out.
    """
    from metamsc.analysis.plan import read_spec
    from metamsc.analysis.run import run as run_plan
    from metamsc.tables.appendix import appendix_tables
    from metamsc.tables.write import form_of, write_tables

    chosen_form = form or form_of(output)
    plan = read_spec(spec).with_flags(**chosen(**given))
    studies = read_some_records(records)
    result = run_plan(plan, studies)
    names = [name.strip() for name in only.split(",") if name.strip()]
    made = appendix_tables(result, studies, only=names)
    click.echo(write_tables(made, output, title=result.title, form=chosen_form, fragment=fragment))
