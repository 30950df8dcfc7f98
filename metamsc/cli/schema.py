"""`metamsc schema`: what editors need to help with records and plans."""

from __future__ import annotations

import click


@click.command(epilog="Example: metamsc schema my-review")
@click.argument("folder", type=click.Path(exists=True, file_okay=False), default=".")
def schema(folder: str) -> None:
    """Bring the schemas of the review in FOLDER up to date, and print what was written.

    Editors with YAML support complete keys and allowed words from them. The files stand in schema/1; records,
    published reviews and plans are led to them by their first line, with an address that holds on any
    machine. Run it again after an update of metamsc; where nothing has changed, nothing is written.
    """
    from metamsc.review.schema_files import write_schemas

    written = write_schemas(folder)
    for path in written:
        click.echo(click.format_filename(path))
    if not written:
        click.echo("everything is up to date", err=True)
