"""`metamsc history`: what the review would have said before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from metamsc.cli.options import json_option, print_json

if TYPE_CHECKING:
    from metamsc.analysis.history import History

_WHEN = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@click.command(epilog="Example: metamsc history analyses/hba1c --as-of 2019")
@click.argument("specs", nargs=-1, type=click.Path(exists=True))
@click.option(
    "--by",
    type=click.Choice(("year", "commit")),
    default="year",
    show_default=True,
    help="Year of publication, or each commit that changed a record.",
)
@click.option("--as-of", "when", help="What was known then beside now: a year, or a date with --by commit.")
@click.option("--records", default="data/extractions", show_default=True, help="Folder of the records.")
@json_option
def history(specs: tuple[str, ...], by: str, when: str | None, records: str, as_json: bool) -> None:
    """Pool what was known at each time, by the plan of today.

    SPECS are plans; all of ./analyses when none is given. Each step says which studies came, the pooled
    results, and which line was crossed: no effect, the minimal important difference, direction. A step
    that crosses none and moves hardly anything is called trivial. Commits are read from git's objects.
    """
    if when is not None and not _WHEN.fullmatch(when):
        raise click.UsageError(f"--as-of is a year or a date, 2019 or 2019-06-30; got {when!r}.")
    found = list(_histories(specs, by, records))
    if as_json:
        print_json([_data(item, when) for item in found])
        return
    for item in found:
        click.echo(f"## {item.title}\n")
        click.echo(_text(item, when))


def _histories(specs: tuple[str, ...], by: str, records: str) -> Iterable[History]:
    from metamsc.analysis.plan import find_specs, read_spec

    plans = [read_spec(path) for path in (specs or find_specs("analyses"))]
    if by == "year":
        from metamsc.analysis.history import history_by_year
        from metamsc.checks.read import read_records

        studies = read_records(records)
        return [history_by_year(plan, studies) for plan in plans]
    from metamsc.review.commits import history_by_commit
    from metamsc.review.repository import Repository

    repository = Repository.around(".")
    return [history_by_commit(plan, repository, folder=records) for plan in plans]


def _data(item: History, when: str | None) -> dict[str, object]:
    data = item.to_dict()
    if when is not None:
        moment = item.as_of(when)
        data["moments"] = [] if moment is None else [moment.to_dict()]
    return data


def _text(item: History, when: str | None) -> str:
    from metamsc.tables.history import history_table, then_and_now_table

    if when is None:
        return history_table(item).to_markdown()
    moment = item.as_of(when)
    if moment is None:
        return f"By {when} there was nothing to pool.\n"
    return then_and_now_table(item, moment, when).to_markdown()
