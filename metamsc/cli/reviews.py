"""`metamsc reviews`: published pooled results beside ours, and what they print against themselves."""

from __future__ import annotations

from pathlib import Path

import click

from metamsc.cli.options import json_option, print_json


@click.command(epilog="Example: metamsc reviews analyses/hba1c")
@click.argument("specs", nargs=-1, type=click.Path(exists=True))
@click.option("--reviews", default="data/reviews", show_default=True, help="Folder of the published reviews.")
@click.option("--records", default="data/extractions", show_default=True, help="Folder of the records.")
@json_option
def reviews(specs: tuple[str, ...], reviews: str, records: str, as_json: bool) -> None:
    """Set the pooled results of published reviews beside ours.

    SPECS are plans; all of ./analyses when none is given. First comes what a review prints against
    itself: an estimate outside its interval, a lost sign, words against the number. Then a table for
    each analysis: the published result, ours, and what keeps them from being the same question.
    """
    from metamsc.analysis.beside import set_beside
    from metamsc.analysis.plan import find_specs, read_spec
    from metamsc.analysis.run import run
    from metamsc.checks.published import check_published
    from metamsc.checks.read import read_records
    from metamsc.cli.reporters import printable
    from metamsc.records.published import read_reviews
    from metamsc.tables.published import published_table

    if not Path(reviews).exists():
        raise click.UsageError(f"there is no folder {reviews} here; name one with --reviews.")
    found = read_reviews(reviews)
    contradictions = {read.id: check_published(read) for read in found}
    studies = read_records(records)
    results = [run(read_spec(path), studies) for path in (specs or find_specs("analyses"))]
    beside = [(result, set_beside(result, found)) for result in results]
    if as_json:
        from dataclasses import asdict

        print_json(
            {
                "reviews": len(found),
                "contradictions": [asdict(p) for problems in contradictions.values() for p in problems],
                "analyses": {result.name: [item.to_dict() for item in items] for result, items in beside},
            }
        )
        return
    for problems in contradictions.values():
        for problem in problems:
            click.echo(printable(str(problem)))
    for result, items in beside:
        if items:
            click.echo(f"\n## {result.title}\n")
            click.echo(published_table(result, items, contradictions).to_markdown())
