"""`metamsc impact`: what a branch does to each pooled result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from metamsc.cli.options import json_option, print_json

if TYPE_CHECKING:
    from metamsc.review.impact import Impact


@click.command(epilog="Example: metamsc impact origin/main HEAD --figures build/impact > impact.md")
@click.argument("base")
@click.argument("head", default="HEAD")
@click.option("--repository", type=click.Path(exists=True, file_okay=False), default=".", show_default=True)
@click.option("--records", default="data/extractions", show_default=True, help="Folder in the repository.")
@click.option("--analyses", default="analyses", show_default=True, help="Folder of plans in the repository.")
@click.option(
    "--plans",
    type=click.Choice(("base", "head")),
    default="base",
    show_default=True,
    help="Whose plans are run.",
)
@click.option(
    "--figures", type=click.Path(file_okay=False), help="Write a before-after plot per analysis here."
)
@json_option
@click.pass_context
def impact(
    context: click.Context,
    base: str,
    head: str,
    repository: str,
    records: str,
    analyses: str,
    plans: str,
    figures: str | None,
    as_json: bool,
) -> None:
    """Compare the records of revision HEAD with those of BASE, and every analysis they change.

    Records are read from git's objects: nothing is checked out, nothing of a branch is run. Prints
    Markdown. The exit code is 1 when HEAD brings in a record with an error.
    """
    from metamsc.review.git import RevisionError
    from metamsc.review.impact import measure_impact
    from metamsc.review.impact_dict import impact_dict
    from metamsc.review.impact_text import failure_markdown, impact_markdown

    try:
        found = measure_impact(
            base, head, repository=repository, records=records, analyses=analyses, plans=plans
        )
    except RevisionError as error:
        if not as_json and not sys.stdout.isatty():  # a file, which becomes a comment: not an empty one
            click.echo(failure_markdown(str(error)), nl=False)
        raise
    if figures is not None:
        _draw(found, figures)
    if as_json:
        print_json(impact_dict(found))
    else:
        click.echo(impact_markdown(found), nl=False)
    context.exit(1 if found.has_errors else 0)


def _draw(found: Impact, folder: str) -> None:
    from pathlib import Path

    from metamsc.errors import InputError
    from metamsc.plots.save import write_figure
    from metamsc.review.impact_plot import draw_change

    for change in found.analyses:
        try:
            axes = draw_change(change)
        except InputError as error:
            click.echo(str(error), err=True)
            continue
        write_figure(axes, Path(folder) / f"impact-{change.name}", formats=("svg",), title=change.title)
