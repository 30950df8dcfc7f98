"""`metamsc template`: an empty workbook for extraction."""

from __future__ import annotations

from pathlib import Path

import click

from metamsc.vocabulary import Setting


@click.command(epilog="Example: metamsc template --xlsx extraction.xlsx")
@click.option("--xlsx", "file", required=True, type=click.Path(dir_okay=False), help="Workbook to write.")
@click.option("--setting", type=click.Choice([word.value for word in Setting]),
              help="Leave out the columns of the other setting.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def template(file: str, setting: str | None, force: bool) -> None:
    """Write an empty workbook with headers, help and drop-downs, and print its path.

    Fill it in with Excel or LibreOffice; `metamsc import` reads it. The sheet "example" shows a study
    that is made up, and is not imported.
    """
    from metamsc.errors import InputError
    from metamsc.exchange.template import write_template

    if Path(file).exists() and not force:
        raise InputError(f"{file} is there already, and may hold an extraction; --force writes over it.")
    click.echo(write_template(file, setting))
