"""`metamsc plot`: one figure of a plan, of a CSV or of the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from metamsc.cli.options import chosen, model_options, records_option
from metamsc.report.plot_kinds import KINDS, PlotRequest, draw_kind

FORMATS = ("svg", "pdf", "png")

_LISTED = "\n".join(f"{name:<14} {kind.shows}" for name, kind in KINDS.items())


@click.command(
    epilog="Example: metamsc plot orchard analyses/hba1c --output orchard.svg",
    help=f"""Draw the figure KIND of SOURCE: a plan or its folder, or a CSV as `metamsc pool` takes it.

    evidence-map, translation and flow are of all records; SOURCE is then the folder of the plans (default
    analyses), and for flow may be one plan.

    \b
    {_LISTED.replace(chr(10), chr(10) + "    ")}
    """,
)
@click.argument("kind", type=click.Choice(tuple(KINDS)), metavar="KIND")
@click.argument("source", type=click.Path(exists=True), default="analyses")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False), help="File to write: .svg, .pdf or .png (KIND.svg)."
)
@click.option(
    "--dark/--light", default=None, help="For a dark or a light page.  [default: the plan's, or light]"
)
@records_option
@click.option("--stratum", metavar="LABEL", help="Which pool, where there are several.")
@click.option("--moderator", metavar="NAME", help="Along which moderator of the formula (bubble).")
@click.option("--per", type=click.Choice(("kg", "recipient")), help="Doses.  [default: the plan's, or kg]")
@click.option(
    "--setting", type=click.Choice(("clinical", "preclinical")), default="clinical", show_default=True,
    help="Of the evidence map.",
)  # fmt: skip
@click.option(
    "--least", type=click.IntRange(min=1), default=1, show_default=True,
    help="Outcomes of fewer cohorts get no row in the evidence map; the caption names them.",
)  # fmt: skip
@click.option(
    "--weighted/--counted",
    default=None,
    help="Risk of bias by weight in the pool, or by number of studies.  [default: the plan's, or counted]",
)
@click.option(
    "--width",
    type=click.FloatRange(min=40.0),
    metavar="MM",
    help="Width of the figure, 85 for one column of a journal.",
)
@click.option(
    "--look", type=click.Choice(("plain", "bmj", "revman", "jama")),
    help="Of the forest plot.  [default: the plan's, or plain]",
)  # fmt: skip
@click.option("--title", help="Heading (the plan's, or the name of the CSV).")
@click.option("--outcome", default="", help="For a CSV: what was measured.")
@click.option("--unit", default="", help="For a CSV: unit of differences.")
@model_options
def plot(
    kind: str,
    source: str,
    output: str | None,
    dark: bool | None,
    records: str,
    stratum: str | None,
    moderator: str | None,
    per: str | None,
    setting: str,
    least: int,
    weighted: bool | None,
    width: float | None,
    look: str | None,
    title: str | None,
    outcome: str,
    unit: str,
    **given: Any,
) -> None:
    """Draw a figure; the help text stands above."""
    from metamsc.errors import check_option
    from metamsc.plots.save import write_figure

    target = Path(output or f"{kind}.svg")
    check_option("--output (its ending)", target.suffix.removeprefix("."), FORMATS)
    request = PlotRequest(
        source=Path(source),
        records=records,
        stratum=stratum,
        moderator=moderator,
        per=per,
        setting=setting,
        least=least,
        weighted=weighted,
        dark=dark,
        preset=look,
        width=width,
        title=title,
        outcome=outcome,
        unit=unit,
        flags=chosen(**given),
    )
    (path,) = write_figure(
        draw_kind(kind, request), target.with_suffix(""), formats=[target.suffix[1:]], title=KINDS[kind].shows
    )
    click.echo(path)
