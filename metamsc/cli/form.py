"""`metamsc form`: the extraction form as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: metamsc form --repository OWNER/NAME --output build/form.html")
@click.option("--repository", default="", help="OWNER/NAME on GitHub that records are proposed to.")
@click.option(
    "--analyses", default="analyses", show_default=True, help="Folder of plans: its title is the page's."
)
@click.option("--output", type=click.Path(dir_okay=False), default="build/form.html", show_default=True,
              help="The file; replaced if it exists.")  # fmt: skip
def form(repository: str, analyses: str, output: str) -> None:
    """Write a page in which a reader fills in a record, without a terminal or a server.

    The page needs nothing but a browser, fetches nothing and sends nothing: it judges what is typed, shows
    the effect of each result, and gives the record to download, to copy, or to propose on GitHub.
    """
    from metamsc.report.form import write_form
    from metamsc.report.render import site_title

    path = Path(output)
    title = site_title(Path(analyses))
    click.echo(
        write_form(path.parent, file_name=path.name, repository=repository, in_site=False, title=title)
    )
