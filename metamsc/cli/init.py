"""`metamsc init`: begin a review."""

from __future__ import annotations

import click

from metamsc.vocabulary import Setting


@click.command(epilog="Example: metamsc init my-review && cd my-review && metamsc check")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--outcome", default="hba1c", show_default=True, help="What the first plan is about.")
@click.option("--setting", type=click.Choice([word.value for word in Setting]), default="clinical",
              show_default=True, help="People or animals.")  # fmt: skip
@click.option("--force", is_flag=True, help="Add what is missing to a folder that is not empty.")
def init(folder: str, outcome: str, setting: str, force: bool) -> None:
    """Begin a review in FOLDER: a form for a record, a plan, a report, a workflow. Prints the files.

    Fetches nothing and writes over nothing. The folder works at once, with nothing to pool yet.
    """
    from metamsc.review.starter import begin_review

    for path in begin_review(folder, outcome=outcome, setting=setting, force=force):
        click.echo(click.format_filename(path))
    steps = f"next: cd {click.format_filename(folder)} && metamsc check && metamsc run && metamsc report"
    click.echo(f"{steps}\nthen: README.md there, the next three steps", err=True)
