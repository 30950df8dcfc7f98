"""`metamsc drift`: what changed between two builds, and why."""

from __future__ import annotations

import click

from metamsc.cli.options import json_option, print_json


@click.command(epilog="Example: metamsc drift old/build build")
@click.argument("old", type=click.Path(exists=True))
@click.argument("new", type=click.Path(exists=True))
@json_option
@click.pass_context
def drift(context: click.Context, old: str, new: str, as_json: bool) -> None:
    """Compare the results of two builds, and say what of their inputs differs.

    OLD and NEW are folders that `metamsc run` has written, of all analyses or of one. The reason is
    looked for in the manifests: other records, another plan, other software. The exit code is 1 when a
    number moved by more than a trivial step, so that a scheduled build can tell that it is news.
    """
    from metamsc.review.drift import measure_drift
    from metamsc.review.drift_table import drift_table, drift_words

    found = measure_drift(old, new)
    if as_json:
        print_json([item.to_dict() for item in found])
    else:
        for item in found:
            click.echo(f"## {item.title}\n")
            if item.moved:
                click.echo(drift_table(item).to_markdown())
            else:
                click.echo("\n\n".join(drift_words(item)) + "\n")
    context.exit(0 if all(item.trivial for item in found) else 1)
