"""`metamsc import`: tables to records."""

from __future__ import annotations

import click

from metamsc.cli.check import DEFAULT_FOLDER
from metamsc.cli.options import json_option
from metamsc.vocabulary import Design, DiabetesType, Setting


def _outcomes(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Turn ``NAME=ID`` into a mapping; an ID alone is for files that name no outcome."""
    found = {}
    for value in values:
        name, _, outcome = value.rpartition("=")
        found[name.strip()] = outcome.strip()
    return found


@click.command(
    "import",
    epilog='Example: metamsc import data-rows.csv --setting clinical --outcome "HbA1c=hba1c" --at "1 year"',
)
@click.argument("path", type=click.Path(exists=True))
@click.option("--output", default=DEFAULT_FOLDER, show_default=True, help="Folder of the records.")
@click.option("--update", is_flag=True, help="Replace records that are there; their comments are lost.")
@click.option("--dry-run", is_flag=True, help="Read and judge, write nothing.")
@click.option(
    "--setting", type=click.Choice([word.value for word in Setting]), help="Where the file says none."
)
@click.option(
    "--design", type=click.Choice([word.value for word in Design]), help="Where the file says none."
)
@click.option(
    "--diabetes-type", type=click.Choice([word.value for word in DiabetesType]), help="As --setting."
)
@click.option("--outcome", "outcomes", multiple=True, callback=_outcomes, metavar="[NAME=]ID",
              help="Which outcome a name of the file is; may be given again.")  # fmt: skip
@click.option("--at", help="Time of the results, where the file says none: '12 months'.")
@click.option("--unit", help="Unit of the results, where the file says none.")
@click.option(
    "--measure", type=click.Choice(["MD", "RR", "OR", "HR"]), help="What yi or GIV Mean is; ratios as logs."
)
@click.option("--extracted-by", default="TODO", help="Your name.")
@click.option(
    "--decimal-comma", is_flag=True, help="Texts like 7,5 are numbers; points in numbers are refused."
)
@click.option("--encoding", type=click.Choice(["utf-8", "utf-16", "cp1252", "latin-1", "mac-roman"]),
              help="Of CSV files that are not UTF-8; cp1252 is Windows in western Europe.")  # fmt: skip
@json_option
@click.pass_context
def import_(
    ctx: click.Context, path: str, output: str, update: bool, dry_run: bool, setting: str | None,
    design: str | None, diabetes_type: str | None, outcomes: dict[str, str], at: str | None,
    unit: str | None, measure: str | None, extracted_by: str, decimal_comma: bool, encoding: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Read records from PATH and write them as YAML.

    PATH is a workbook or folder of CSV or Parquet files as `metamsc template` and `export` write them,
    one long table (study, arm, outcome, time, n, mean, sd, ...), SyRF's quantitative export, RevMan's
    data rows or analysis data, or a data frame for metafor or meta; its kind is known by its headers.
    Every wrong cell is named, and nothing is written while there is one. What a foreign file does not
    say is not guessed: it becomes an entry of `to_confirm`, and no analysis runs before that is settled.
    Exit code 1 when there are problems.
    """
    from datetime import UTC, datetime

    from metamsc.cli.exchange_reports import report_import
    from metamsc.exchange.convert import Hints
    from metamsc.exchange.importing import import_tables
    from metamsc.exchange.record_files import write_studies

    hints = Hints(
        extracted_by=extracted_by, date=datetime.now(tz=UTC).date().isoformat(), setting=setting,
        design=design, diabetes_type=diabetes_type, outcomes=outcomes, at=at, unit=unit, measure=measure,
        encoding=encoding, decimal_comma=decimal_comma,
    )  # fmt: skip
    imported = import_tables(path, hints)
    written, taken = (
        write_studies(imported.studies, output, update=update, dry_run=dry_run)
        if imported.sound
        else ((), ())
    )
    ctx.exit(report_import(imported, written, taken, as_json=as_json, dry_run=dry_run))
