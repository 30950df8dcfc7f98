"""`metamsc effects`: effect sizes of a plan, from records."""

from __future__ import annotations

import click

from metamsc.cli.options import print_json, read_some_records, records_option


@click.command(epilog="Example: metamsc effects analyses/hba1c --format csv > effects.csv")
@click.argument("spec", type=click.Path(exists=True))
@records_option
@click.option(
    "--format", "output", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True,
    help="text shows exclusions and missing results too; csv has every column, moderators included.",
)  # fmt: skip
def effects(spec: str, records: str, output: str) -> None:
    """Compute the effect sizes that the plan SPEC (a file or its folder) would pool.

    Nothing is pooled. Each row names what was derived; each result left out has a reason.
    """
    from metamsc.analysis.plan import read_spec
    from metamsc.dataset.build import build_table
    from metamsc.dataset.csv_text import to_csv_text
    from metamsc.report.text import effects_text

    table = build_table(read_some_records(records), read_spec(spec).select)
    if output == "json":
        print_json(table.to_dict())
    elif output == "csv":
        click.echo(to_csv_text(table.to_frame()), nl=False)
    else:
        click.echo(effects_text(table))
