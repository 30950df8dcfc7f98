"""`metamsc report`: build the site of all analyses."""

from __future__ import annotations

import click

DEFAULT_OUTPUT = "build/site"


@click.command(epilog="Example: metamsc report --output build/site && xdg-open build/site/index.html")
@click.option("--output", type=click.Path(file_okay=False), default=DEFAULT_OUTPUT, show_default=True,
              help="Folder of the site; replaced as a whole.")  # fmt: skip
@click.option("--analyses", type=click.Path(exists=True, file_okay=False), default="analyses",
              show_default=True, help="Folder of the analyses.")  # fmt: skip
@click.option("--records", type=click.Path(exists=True, file_okay=False), default="data/extractions",
              show_default=True, help="Folder of the records.")  # fmt: skip
@click.option("--route", type=click.Choice(("auto", "quarto", "embedded")), default="auto", show_default=True,
              help="How pages are rendered; auto takes quarto where it is on the PATH.")  # fmt: skip
@click.option("--to", default="html", show_default=True,
              help="Formats of the reports, with commas: html,pdf,docx; HTML is always made.")  # fmt: skip
@click.option("--force", is_flag=True, help="Make every page anew, also where nothing has changed.")
def report(output: str, analyses: str, records: str, route: str, to: str, force: bool) -> None:
    """Build the site: an index, one page per analysis, one per record.

    Needs the packages of metamsc[report]; a quarto on the PATH is used but not needed. The same records
    and plans give the same bytes; pages whose plan, records and document are those of the site that is
    there are kept. A page that cannot be built leaves the site that was there before.
    """
    from metamsc.report.build import build_site

    site = build_site(
        output,
        analyses=analyses,
        records=records,
        route=route,
        to=[form.strip() for form in to.split(",")],
        force=force,
        progress=lambda text: click.echo(text, err=True),
    )
    for warning in site.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{site.folder}/index.html")
