"""What several commands share: flags, declared once, and JSON on standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from metamsc.records.studies import Studies

Command = TypeVar("Command", bound=Callable[..., Any])

_EXIT_INTERRUPTED = 130  # 128 + SIGINT, what a shell reports
RECORDS = "data/extractions"
TAU2 = ("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
CI = ("wald", "t", "hksj", "hksj-adhoc")
PI = ("t", "riley", "normal", "simple")
PRESETS = ("metamsc", "cochrane-2025", "revman-5", "iqwig", "metafor", "preclinical")

METHODS = (
    "inverse-variance", "mh", "peto", "glmm-um-fs", "glmm-um-rs", "glmm-cm-el", "glmm-cm-al", "beta-binomial",
    "bayes",
)  # fmt: skip

_MODEL = (
    click.option("--preset", type=click.Choice(PRESETS), help="A named set of the next three choices."),
    click.option("--tau2", "tau2_method", type=click.Choice(TAU2), help="Estimator of tau2 (default REML)."),
    click.option(
        "--ci", "ci_method", type=click.Choice(CI), help="Confidence interval (default hksj-adhoc)."
    ),
    click.option(
        "--pi", "pi_method", type=click.Choice(PI), help="Quantile of the prediction interval (default t)."
    ),
    click.option(
        "--level", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), help="Default 0.95."
    ),
    click.option(
        "--method", type=click.Choice(METHODS), help="How rows are pooled (default inverse-variance)."
    ),
    click.option(
        "--tau-prior",
        metavar="PRIOR",
        help='Prior of tau for bayes: "half-normal:0.5", "half-cauchy:0.5", "uniform:4", "turner", "rhodes".',
    ),
    click.option("--mu-prior", metavar="PRIOR", help='Prior of mu for bayes, "normal:0:2" (default flat).'),
    click.option("--rho", type=float, help="Assumed correlation within a cluster (default 0.6)."),
    click.option(
        "--tau2-sharing",
        type=click.Choice(("separate", "common")),
        help="With --by: a tau2 for each stratum (default) or one for all.",
    ),
)


_ROWS = (
    click.option("--measure", help="Measure to pool, or the name of what yi holds."),
    click.option("--by", metavar="COLUMN", help="Pool by the values of this column and test the difference."),
    click.option("--mods", metavar="FORMULA", help='Meta-regression on other columns: "year + alloc".'),
    click.option(
        "--cluster",
        metavar="COLUMN",
        help="Rows with the same value here are dependent (CR2, Satterthwaite).",
    ),
)


def model_options(command: Command) -> Command:
    """Add what `pool`, `run` and their like share: --measure, --by, --mods, --cluster, and how to pool."""
    for option in reversed((*_ROWS, *_MODEL)):
        command = option(command)
    return command


def chosen(**given: Any) -> dict[str, Any]:
    """Return the flags that were given, as keys of a plan's `model`."""
    return {name: value for name, value in given.items() if value is not None}


class _RecordsFolder(click.Path):
    """A folder of records: has to be there when it is named; the default, only once it is read.

    Commands that take a plan or a CSV have the same flag, and a CSV works in any folder.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == RECORDS and not Path(value).exists():
            return value
        return super().convert(value, param, ctx)


records_option = click.option(
    "--records",
    type=_RecordsFolder(exists=True),
    default=RECORDS,
    show_default=True,
    help="Folder of the extraction records.",
)


def read_some_records(folder: str) -> Studies:
    """Return the records of a folder, of which there must be one at least.

    Raises
    ------
    InputError
        If there is none, or no such folder.
    RecordError
        If any has an error.
    """
    from metamsc.checks.read import read_records
    from metamsc.errors import InputError

    if not Path(folder).exists():
        raise InputError(f"there is no {folder}; name the folder of the records with --records.")
    studies = read_records(folder)
    if not studies:
        raise InputError(f"{folder} holds no record (*.yml); name the folder with --records.")
    return studies


def table_forms(text: str) -> tuple[str, ...]:
    """Return formats of tables written with commas; "none" is none of them.

    Raises
    ------
    OptionError
        If there is no such format.
    """
    from metamsc.errors import check_option
    from metamsc.tables.write import SUFFIXES

    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if names in ((), ("none",)):
        return ()
    for name in names:
        check_option("--tables", name, SUFFIXES)
    return names


executor_option = click.option(
    "--executor",
    default="serial",
    show_default=True,
    help="serial, processes, processes:N or dask://HOST:PORT.",
)


def end_interrupted(kept: str = "") -> NoReturn:
    """End a command that Ctrl-C stopped, as a shell expects; `kept` says what was not lost."""
    click.echo(f"stopped.{' ' if kept else ''}{kept}", err=True)
    raise click.exceptions.Exit(_EXIT_INTERRUPTED) from None


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(data: object) -> None:
    """Print plain data as JSON on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
