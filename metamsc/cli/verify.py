"""`metamsc verify`: recompute results with other engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metamsc.cli.options import json_option, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metamsc.report.verify import Verified


@click.command(epilog="Example: metamsc verify build/hba1c")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--r/--no-r", "with_r", default=True, help="Whether to ask R's metafor too, where it is there.")
@json_option
@click.pass_context
def verify(ctx: click.Context, paths: tuple[str, ...], with_r: bool, as_json: bool) -> None:
    """Recompute every pooled estimate in PATHS (build when none is given) with PyMARE and metafor.

    PATHS are results.json files or folders of them. PyMARE is always asked, R's metafor where Rscript has it.
    Prints the largest relative difference of each; exit code 1 when one is above 1e-6.
    """
    from metamsc.report.verify import find_results, verify_results, verify_with_metafor

    files = find_results(paths or ("build",))
    engines: list[Sequence[Verified]] = [[item for file in files for item in verify_results(file)]]
    metafor = verify_with_metafor(files) if with_r else "not asked (--no-r)"
    if not isinstance(metafor, str):
        engines.append(metafor)
    found = [item for engine in engines for item in engine]
    if as_json:
        print_json(
            [
                {"analysis": item.analysis, "stratum": item.label, "agrees": item.agrees}
                | item.comparison.to_dict()
                for item in found
            ]
        )
    else:
        click.echo("\n".join(_lines(engines)))
    ctx.exit(1 if any(item.agrees is False for item in found) else 0)


def _lines(engines: Sequence[Sequence[Verified]]) -> list[str]:
    """Return a line per result with what each engine says, then the largest difference of each engine."""
    lines = []
    for items in zip(*engines, strict=True):
        said = [_said(items[0])]
        said += [f"{_name(item)} {_said(item)}" for item in items[1:] if _said(item) not in said]
        lines.append(f"{items[0].analysis}, {items[0].label}: {'; '.join(said)}")
    for engine in engines[1:]:
        lines += [f"{_name(engine[0])}: {line}" for line in _largest(engine)] if engine else []
    return [*lines, *_largest(engines[0])]


def _name(item: Verified) -> str:
    return item.comparison.engine


def _said(item: Verified) -> str:
    comparison = item.comparison
    if comparison.largest is None:
        return str(comparison.reason)
    return f"{comparison.largest:.1e}" + (f" ({comparison.reason})" if comparison.reason else "")


def _largest(items: Sequence[Verified]) -> list[str]:
    largest = [item.comparison.largest for item in items if item.comparison.largest is not None]
    if not largest:
        return []
    return [f"largest relative difference over {len(largest)} pooled results: {max(largest):.1e}"]
