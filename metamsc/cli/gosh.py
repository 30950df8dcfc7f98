"""`metamsc gosh`: the pooled result in all subsets of the studies."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metamsc.cli.options import TAU2, end_interrupted, executor_option, json_option, print_json

if TYPE_CHECKING:
    from metamsc.sensitivity.gosh_result import Gosh

_SHOWN_STUDIES = 10


class _Count(click.ParamType[int | None]):
    """A whole number >= 1, or `all`."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number; None for `all`."""
        if value == "all":
            return None
        try:
            number = int(str(value).replace("_", ""))
        except ValueError:
            self.fail(f"{value!r} is neither a whole number nor 'all'.", param, ctx)
        if number < 1:
            self.fail(f"{value!r} is not >= 1.", param, ctx)
        return number


@click.command(epilog="Example: metamsc gosh x.csv --subsets 1000000 --seed 1 --executor processes --json")
@click.argument("source", type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--records", default="data/extractions", show_default=True, help="Folder of the records, for a plan."
)
@click.option("--stratum", metavar="LABEL", help="Which pool of a plan that has several.")
@click.option("--measure", help="Measure to compute from arm columns of a CSV.")
@click.option(
    "--subsets", type=_Count(), default="all", show_default=True, help="How many to draw, or all of them."
)
@click.option("--seed", type=click.IntRange(min=0), help="Needed where subsets are drawn.")
@click.option("--tau2", "tau2_method", type=click.Choice(TAU2), default="REML", show_default=True)
@executor_option
@click.option("--output", metavar="FILE.parquet", help="Write every subset to a file.")
@json_option
def gosh(
    source: str,
    records: str,
    stratum: str | None,
    measure: str | None,
    subsets: int | None,
    seed: int | None,
    tau2_method: str,
    executor: str,
    output: str | None,
    as_json: bool,
) -> None:
    """Pool all subsets of the studies of SOURCE, a CSV (- for standard input) or a plan.

    Shows how the estimate depends on which studies are in, whether the estimates form separate groups,
    and which studies drive them. Ctrl-C leaves FILE.parquet.partial; the same command goes on from there.
    """
    from metamsc.cli.progress import counted_progress
    from metamsc.errors import InputError
    from metamsc.sensitivity.gosh import gosh as run_gosh

    labels, yi, vi, ratio = _effects(source, records, stratum, measure)
    if seed is None and subsets is not None and subsets < 2 ** len(yi) - 1:
        raise InputError("subsets are drawn: give --seed, a whole number, so that the draw can be repeated.")
    try:
        with counted_progress("subsets") as told:
            result = run_gosh(
                yi,
                vi,
                n_subsets=subsets,
                seed=seed,
                labels=labels,
                tau2_method=tau2_method,
                executor=executor,
                output=output,
                progress=told,
            )
    except KeyboardInterrupt:
        partial = None if output is None else Path(f"{output}.partial")
        there = partial is not None and partial.exists()  # not before the first chunk is whole
        end_interrupted(f"{partial} holds what is done; the same command goes on." if there else "")
    if as_json:
        print_json(result.to_dict())
    else:
        click.echo(gosh_text(result, ratio=ratio))


def _effects(
    source: str, records: str, stratum: str | None, measure: str | None
) -> tuple[tuple[str, ...], list[float], list[float], bool]:
    """Return labels, effects and variances of a CSV or of a plan's pool; whether they are log ratios."""
    from metamsc.errors import OptionError

    if not (Path(source).is_dir() or source.endswith((".yml", ".yaml"))):
        from metamsc.dataset.csv import read_csv
        from metamsc.effects.registry import MEASURES, find_measure

        if stratum is not None:
            raise OptionError("--stratum belongs to a plan; a CSV is one pool.")
        effects = read_csv(source, measure)
        ratio = effects.measure in MEASURES and find_measure(effects.measure).is_ratio
        return effects.labels, list(effects.yi), list(effects.vi), ratio
    if measure is not None:
        raise OptionError("--measure belongs to a CSV; a plan says its own.")
    return _effects_of_plan(source, records, stratum)


def _effects_of_plan(
    source: str, records: str, stratum: str | None
) -> tuple[tuple[str, ...], list[float], list[float], bool]:
    from metamsc.analysis.plan import read_spec
    from metamsc.analysis.run import run
    from metamsc.cli.options import read_some_records
    from metamsc.errors import OptionError

    result = run(read_spec(source), read_some_records(records))
    pools = {pool.label: pool for pool in result.pools}
    if stratum is None and len(pools) == 1:
        (stratum,) = pools
    if stratum not in pools:
        listed = ", ".join(repr(label) for label in pools)
        raise OptionError(f"--stratum must be one of {listed}; got {stratum!r}.")
    by_id = {row.row_id: row for row in result.table.rows}
    rows = [by_id[row_id] for row_id in pools[stratum].row_ids]
    return (
        tuple(row.label for row in rows),
        [row.yi for row in rows],
        [row.vi for row in rows],
        result.scale.ratio,
    )


def gosh_text(result: Gosh, *, ratio: bool = False) -> str:
    """Return the result as text, logarithms of ratios as ratios."""
    shown = math.exp if ratio else float
    q = [shown(value) for value in result.distributions["estimate"].quantiles]
    middle = f"median {q[4]:.4g}, 90% between {q[2]:.4g} and {q[6]:.4g}"
    lines = [
        f"{result.n_subsets:,} subsets of {result.k} studies, tau2 by {result.tau2_method}",
        f"estimate{' (a ratio)' if ratio else ''}: {middle}, all between {q[0]:.4g} and {q[8]:.4g}",
        f"I2: median {result.distributions['I2'].quantiles[4]:.1f}%",
        "groups of estimates: none apart" if len(result.groups) == 1 else "groups of estimates:",
    ]
    if len(result.groups) > 1:
        lines += [
            f"  {100 * group.share:.1f}% of the subsets, mean {shown(group.mean):.4g}, "
            f"SD{' of logarithms' if ratio else ''} {group.sd:.2g}"
            for group in result.groups
        ]
    lines += ["studies by what their presence explains of the estimates' variance:"]
    ranked = sorted(result.studies, key=lambda study: -(study.explained or 0.0))[:_SHOWN_STUDIES]
    for study in ranked:
        if study.difference is not None and study.explained is not None:
            moved = f"×{shown(study.difference):.3g}" if ratio else f"{study.difference:+.4g}"
            lines.append(f"  {100 * study.explained:5.1f}%  {moved} with it  {study.label}")
    if len(result.studies) > _SHOWN_STUDIES:
        lines.append(f"  ... and {len(result.studies) - _SHOWN_STUDIES} more")
    return "\n".join([*lines, *(f"note: {warning}" for warning in result.warnings)])
