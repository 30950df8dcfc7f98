"""`metamsc export`: records as tables."""

from __future__ import annotations

from pathlib import Path

import click

from metamsc.cli.check import DEFAULT_FOLDER


@click.command(epilog="Example: metamsc export --xlsx records.xlsx")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option(
    "--csv", "csv_folder", type=click.Path(file_okay=False), help="Folder for CSV files, one a sheet."
)
@click.option("--xlsx", "xlsx_file", type=click.Path(dir_okay=False), help="Workbook to write.")
@click.option(
    "--parquet", "parquet_folder", type=click.Path(file_okay=False), help="Folder for Parquet files."
)
def export(
    paths: tuple[str, ...], csv_folder: str | None, xlsx_file: str | None, parquet_folder: str | None
) -> None:
    """Write records as tables: a workbook, CSV files or Parquet files.

    PATHS are files and folders of records; data/extractions when none is given. Every field of every
    record is carried: `metamsc import` of what is written gives the same records. Cells that a
    spreadsheet would run as formulas are written so that it does not.
    """
    from metamsc.exchange.csv_files import write_csv_folder
    from metamsc.exchange.parquet_files import write_parquet_folder
    from metamsc.exchange.tables import to_tables
    from metamsc.exchange.xlsx_files import write_xlsx
    from metamsc.records.load import read_studies

    if not (csv_folder or xlsx_file or parquet_folder):
        raise click.UsageError("say where to: --csv FOLDER, --xlsx FILE or --parquet FOLDER.")
    if not paths and not Path(DEFAULT_FOLDER).is_dir():
        raise click.UsageError(f"there is no folder {DEFAULT_FOLDER} here; name files or folders.")
    studies = read_studies(paths or (DEFAULT_FOLDER,))
    tables = to_tables(studies)
    written = [*write_csv_folder(tables, csv_folder)] if csv_folder else []
    written += [write_xlsx(tables, xlsx_file)] if xlsx_file else []
    written += write_parquet_folder(tables, parquet_folder) if parquet_folder else ()
    for file in written:
        click.echo(file)
    click.echo(f"{len(studies)} record{'' if len(studies) == 1 else 's'} exported", err=True)
