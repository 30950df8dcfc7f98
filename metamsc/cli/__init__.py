"""The command line: a table of commands, each loaded only when it is called.

`metamsc --help` imports no command; a user's mistake ends in one message and an exit code (0 fine,
1 problems found, 2 wrong usage), a mistake of ours in a line that says how to see the traceback.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import Any, NamedTuple

import click

from metamsc.errors import MetamscError, OptionError

EXIT_PROBLEMS = 1
EXIT_USAGE = 2
EXIT_BUG = 70  # EX_SOFTWARE of sysexits.h


class _Command(NamedTuple):
    target: str
    help: str


COMMANDS: dict[str, _Command] = {
    "init": _Command("metamsc.cli.init:init", "Begin a review of your own: records, plan, report, workflow."),
    "schema": _Command("metamsc.cli.schema:schema", "Bring what editors complete records from up to date."),
    "check": _Command(
        "metamsc.cli.check:check", "Validate records: structure, meaning, arithmetic, plausibility."
    ),
    "new": _Command("metamsc.cli.new:new", "Begin a record: asks, or takes flags."),
    "form": _Command("metamsc.cli.form:form", "A page to fill in a record in the browser."),
    "template": _Command("metamsc.cli.template:template", "Write an empty workbook for extraction."),
    "import": _Command("metamsc.cli.import_:import_", "Read records from a workbook or another tool's file."),
    "from-issue": _Command("metamsc.cli.from_issue:from_issue", "A record from the form 'Propose a study'."),
    "export": _Command("metamsc.cli.export:export", "Write records as a workbook, CSV or Parquet."),
    "compare": _Command("metamsc.cli.compare:compare", "Compare two extractions of the same studies."),
    "effects": _Command("metamsc.cli.effects:effects", "Effect sizes of an analysis, from records."),
    "pool": _Command("metamsc.cli.pool:pool", "Pool any CSV; no YAML needed."),
    "run": _Command("metamsc.cli.run:run", "Run analyses: results, tables, figures, manifest."),
    "paper": _Command("metamsc.cli.paper:paper", "Methods, results, references, PRISMA: text for a paper."),
    "tables": _Command("metamsc.cli.tables:tables", "Tables of one analysis or several in one document."),
    "forest": _Command("metamsc.cli.forest:forest", "Forest plot of a plan or CSV, as journals print it."),
    "multiverse": _Command(
        "metamsc.cli.multiverse:multiverse", "Every combination of a plan's choices: specification curve."
    ),
    "gosh": _Command(
        "metamsc.cli.gosh:gosh", "Pool all subsets of the studies: groups, and who drives them."
    ),
    "plot": _Command("metamsc.cli.plot:plot", "Draw one figure of a plan, a CSV or the records."),
    "explorer": _Command(
        "metamsc.cli.explorer:explorer", "One HTML page: filter studies, pool again in the browser."
    ),
    "report": _Command("metamsc.cli.report:report", "Build the site of all analyses."),
    "impact": _Command("metamsc.cli.impact:impact", "What a branch does to each pooled result."),
    "history": _Command("metamsc.cli.history:history", "What the review would have said before."),
    "drift": _Command("metamsc.cli.drift:drift", "What changed between two builds, and why."),
    "reviews": _Command("metamsc.cli.reviews:reviews", "Published pooled results beside ours."),
    "verify": _Command("metamsc.cli.verify:verify", "Recompute results with a second engine."),
}


class LazyGroup(click.Group):
    """A group that knows the names of its commands and loads one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of the work."""
        return [name for name in COMMANDS if _is_there(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command."""
        if cmd_name not in COMMANDS or not _is_there(cmd_name):
            return None
        module, attribute = COMMANDS[cmd_name].target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none."""
        rows = [(name, COMMANDS[name].help) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what goes wrong into one message and an exit code."""
        try:
            return super().invoke(ctx)
        except MetamscError as error:
            if _debugging():
                raise
            raise _Failure(
                str(error), EXIT_USAGE if isinstance(error, OptionError) else EXIT_PROBLEMS
            ) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click shows its own, and ends quietly on a closed pipe
        except OSError as error:
            if _debugging():
                raise
            raise _Failure(str(error), EXIT_PROBLEMS) from error
        except Exception as error:
            if _debugging():
                raise
            text = f"internal error, {type(error).__name__}: {error}\nMETAMSC_DEBUG=1 shows the traceback."
            raise _Failure(text, EXIT_BUG) from error


class _Failure(click.ClickException):
    """A message for stderr with its exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it on the class, and reads it here


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(COMMANDS[name].target.split(":")[0]) is not None


def _debugging() -> bool:
    return os.environ.get("METAMSC_DEBUG", "") not in ("", "0")


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: metamsc check data/extractions && metamsc run",
)
@click.version_option(package_name="metamsc", prog_name="metamsc")
def main() -> None:
    """Meta-analysis of mesenchymal stromal cell therapy in diabetes."""
