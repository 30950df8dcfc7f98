"""`metamsc paper`: methods, results, references and checklists of an analysis, ready for a manuscript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from metamsc.cli.options import chosen, model_options, read_some_records, records_option


@click.command(epilog="Example: metamsc paper analyses/hba1c --register plain --format text")
@click.argument("spec", type=click.Path(exists=True))
@records_option
@click.option(
    "--register",
    type=click.Choice(["technical", "plain"]),
    default="technical",
    show_default=True,
    help="technical for a journal, plain for clinicians and patients.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "text", "docx"]),
    default="markdown",
    show_default=True,
    help="markdown cites by key; text and docx cite by name and year.",
)
@click.option(
    "--output", type=click.Path(file_okay=False), help="Folder for the text, BibTeX and checklists."
)
@model_options
def paper(spec: str, records: str, register: str, form: str, output: str | None, **given: Any) -> None:
    """Write methods and results of the plan SPEC (a file or its folder).

    Without --output the text goes to standard output. With it, the folder gets the text, references.bib and
    the checklists of PRISMA 2020 and of PRISMA 2020 for abstracts, filled in where something is recorded.
    A choice given as a flag replaces the plan's, and the text tells the one that was made.
    """
    from metamsc.analysis.plan import read_spec
    from metamsc.analysis.run import run
    from metamsc.errors import OptionError
    from metamsc.report.paper import write_paper
    from metamsc.report.paper_files import write_paper_files
    from metamsc.report.words_page import recorded_search

    if form == "docx" and output is None:
        raise OptionError("--format docx needs --output: a Word document is no text for a terminal.")
    studies = read_some_records(records)
    result = run(read_spec(spec).with_flags(**chosen(**given)), studies)
    if output is None:
        made = write_paper(result, studies, register=register)
        click.echo(made.to_text() if form == "text" else made.to_markdown(), nl=False)
        return
    folder = Path(spec) if Path(spec).is_dir() else Path(spec).parent
    written = write_paper_files(
        result,
        output,
        records=studies,
        search=recorded_search(str(folder.resolve().parent)),
        register=register,
        form=form,
    )
    click.echo("\n".join(str(path) for path in written))
