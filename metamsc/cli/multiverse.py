"""`metamsc multiverse`: every defensible choice of one plan at once."""

from __future__ import annotations

from typing import Any

import click

from metamsc.cli.options import (
    chosen,
    end_interrupted,
    executor_option,
    json_option,
    model_options,
    print_json,
    read_some_records,
    records_option,
)


@click.command(epilog="Example: metamsc multiverse analyses/hba1c --output build/hba1c-paths.csv")
@click.argument("spec", type=click.Path(exists=True))
@records_option
@click.option(
    "--patterns",
    type=click.IntRange(0, 100_000),
    default=999,
    show_default=True,
    help="Sign patterns of the joint test; 0 leaves it out.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the random sign patterns.")
@click.option(
    "--max-fits",
    type=click.IntRange(min=1),
    default=3_000_000,
    show_default=True,
    help="Fits of the joint test per stratum; fewer sign patterns are used to stay below.",
)
@executor_option
@click.option(
    "--output", type=click.Path(dir_okay=False), help="Write every path to this file (.csv or .parquet)."
)
@click.option(
    "--figures", type=click.Path(file_okay=False), help="Write the specification curves into this folder."
)
@model_options
@json_option
def multiverse(
    spec: str,
    records: str,
    patterns: int,
    seed: int,
    max_fits: int,
    executor: str,
    output: str | None,
    figures: str | None,
    as_json: bool,
    **model: Any,
) -> None:
    """Run every combination of the choices of the plan SPEC (a file or its folder).

    The plan's `multiverse` says what is combined. Without one, the decisions that its sensitivity
    analyses try one at a time are combined. A choice given as a flag is fixed for every path. The joint
    test can run on several processes or a Dask cluster; its numbers are the same.
    """
    from metamsc.analysis.multiverse import run_multiverse
    from metamsc.analysis.plan import read_spec
    from metamsc.cli.progress import counted_progress
    from metamsc.report.multiverse_files import write_curves, write_paths
    from metamsc.report.multiverse_text import multiverse_text

    fixed = chosen(**model)
    plan = read_spec(spec).with_model(**fixed)
    studies = read_some_records(records)
    try:
        with counted_progress("sign patterns") as told:
            result = run_multiverse(
                plan,
                studies,
                patterns=patterns,
                seed=seed,
                max_fits=max_fits,
                fixed=tuple(fixed),
                executor=executor,
                progress=told,
            )
    except KeyboardInterrupt:
        end_interrupted("No file was written.")
    if output is not None:
        write_paths(result, output)
    if figures is not None:
        for note in write_curves(result, figures):
            click.echo(note, err=True)
    if as_json:
        print_json(result.to_dict())
    else:
        click.echo(multiverse_text(result))
