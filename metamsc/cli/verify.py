"""`metamsc verify`: recompute results with a second engine."""

from __future__ import annotations

import click

from metamsc.cli.options import json_option, print_json


@click.command(epilog="Example: metamsc verify build/hba1c")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@json_option
@click.pass_context
def verify(ctx: click.Context, paths: tuple[str, ...], as_json: bool) -> None:
    """Recompute every pooled estimate in PATHS (build when none is given) with PyMARE.

    PATHS are results.json files or folders of them. Prints the largest relative difference of each;
    exit code 1 when one is above 1e-6.
    """
    from metamsc.report.verify import find_results, verify_results

    if not paths:
        paths = ("build",)
    found = [item for file in find_results(paths) for item in verify_results(file)]
    if as_json:
        print_json(
            [
                {"analysis": item.analysis, "stratum": item.label, "agrees": item.agrees}
                | item.comparison.to_dict()
                for item in found
            ]
        )
    else:
        for item in found:
            comparison = item.comparison
            said = comparison.reason if comparison.largest is None else f"{comparison.largest:.1e}"
            click.echo(f"{item.analysis}, {item.label}: {said}")
        largest = [item.comparison.largest for item in found if item.comparison.largest is not None]
        if largest:
            click.echo(f"largest relative difference over {len(largest)} pooled results: {max(largest):.1e}")
    ctx.exit(1 if any(item.agrees is False for item in found) else 0)
