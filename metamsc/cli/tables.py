"""`metamsc tables`: the tables of one analysis, or of several, in one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from metamsc.cli.options import chosen, model_options, read_some_records, records_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metamsc.analysis.result import AnalysisResult
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.records.studies import Studies

FORMATS = ("html", "latex", "docx", "xlsx", "markdown")


@click.command(epilog="Example: metamsc tables analyses --only findings --output findings.docx")
@click.argument("specs", nargs=-1, required=True, type=click.Path(exists=True))
@records_option
@click.option("--output", required=True, type=click.Path(dir_okay=False), help="File to write.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Told from the end of OUTPUT when left out."
)
@click.option("--only", metavar="NAMES", default="", help="Some tables: findings,results,risk-of-bias.")
@click.option("--fragment", is_flag=True, help="No document around the tables (html, latex, markdown).")
@model_options
def tables(
    specs: tuple[str, ...],
    records: str,
    output: str,
    form: str | None,
    only: str,
    fragment: bool,
    **given: Any,
) -> None:
    """Write the tables of the plans SPECS into one document.

    A plan (a file or its folder) gives the tables of its analysis: summary of findings, characteristics of
    studies, results, heterogeneity, numbers with their sources, derivations, risk of bias, reasons for
    doubt, other choices, meta-regression, information size, small-study tests, what is missing, what was
    left out. A table without rows is left out.

    Several plans, or a folder of them, give one summary of findings over all: a table per population (type
    of diabetes; people, animals), a line per outcome. The other tables follow, analysis by analysis. If one
    analysis fails nothing is written: a summary without its outcome would look whole.
    """
    from metamsc.analysis.plan import is_one_plan, read_specs
    from metamsc.tables.appendix import appendix_across, appendix_tables
    from metamsc.tables.write import form_of, write_tables

    chosen_form = form or form_of(output)
    names = [name.strip() for name in only.split(",") if name.strip()]
    plans = [plan.with_flags(**chosen(**given)) for plan in read_specs(specs)]
    studies = read_some_records(records)
    results = _run(plans, studies)
    if len(specs) == 1 and is_one_plan(specs[0]):
        made, title = appendix_tables(results[0], studies, only=names), results[0].title
    else:
        made = appendix_across(results, studies, only=names)
        title = "Summary of findings" if names == ["findings"] else "Tables"
    click.echo(write_tables(made, output, title=title, form=chosen_form, fragment=fragment))


def _run(plans: Sequence[AnalysisSpec], studies: Studies) -> list[AnalysisResult]:
    """Run plans; what one of several cannot do is said with its name."""
    from metamsc.analysis.run import run
    from metamsc.cli.progress import progress
    from metamsc.errors import MetamscError, OptionError, SpecError

    results = []
    for plan in progress(plans, "running", [plan.name for plan in plans]):
        try:
            results.append(run(plan, studies))
        except MetamscError as error:
            if len(plans) == 1:
                raise
            kind = OptionError if isinstance(error, OptionError) else SpecError
            raise kind(f"{plan.name}: {error}\nNothing was written.") from error
    return results
