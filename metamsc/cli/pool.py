"""`metamsc pool`: pool any CSV."""

from __future__ import annotations

from typing import Any

import click

from metamsc.cli.options import chosen, json_option, model_options, print_json


@click.command(epilog="Example: metamsc pool x.csv --tau2 REML --ci hksj --json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--mid",
    type=float,
    help="Smallest effect that matters, a ratio for ratios; below no effect: lower is it.",
)
@click.option(
    "--sensitivity", is_flag=True, help="Also: does one study carry it, is something missing, and the like."
)
@click.option("--cohorts", metavar="COLUMN", help="With --sensitivity: rows to be left out together.")
@click.option(
    "--missing",
    type=click.Path(exists=True, dir_okay=False),
    help="With --sensitivity: trials without a result, CSV (study, n, status, reason) or YAML.",
)
@click.option("--force", is_flag=True, help="With --sensitivity: tests below ten studies too.")
@model_options
@json_option
def pool(file: str, as_json: bool, **given: Any) -> None:
    """Pool the studies of the CSV FILE (- for standard input).

    One row per study: `study` and either `yi` with `vi` or `sei`, or arm columns (n_treat mean_treat
    sd_treat n_control mean_control sd_control; events_treat n_treat events_control n_control). Ratios
    are pooled and printed on the log scale; the text shows them as ratios too. With --cluster a study may
    have several rows. --sensitivity refits without each study and in every other way; a column `year` gives
    the order in which evidence came in.
    """
    from metamsc.analysis.csv import pool_csv
    from metamsc.report.text import pooled_text
    from metamsc.report.trust_text import trust_text

    result = pool_csv(file, **chosen(**given))
    if as_json:
        print_json(result.to_dict())
    else:
        click.echo("\n\n".join(filter(None, (pooled_text(result), trust_text(result)))))
