"""`metamsc explorer`: one HTML file in which a reader filters studies and pools them again."""

from __future__ import annotations

from pathlib import Path

import click

from metamsc.cli.options import read_some_records, records_option


@click.command(epilog="Example: metamsc explorer analyses/hba1c --output build/explorer.html")
@click.argument("specs", nargs=-1, type=click.Path(exists=True))
@records_option
@click.option("--analyses", default="analyses", show_default=True, help="Folder of plans when none is named.")
@click.option("--output", type=click.Path(dir_okay=False), default="build/explorer.html", show_default=True,
              help="The file; replaced if it exists.")  # fmt: skip
def explorer(specs: tuple[str, ...], records: str, analyses: str, output: str) -> None:
    """Write the plans SPECS (files or folders; all of them when none is named) as one page to explore.

    The page needs nothing but a browser and fetches nothing: filters, forest and funnel plots, leaving one
    study out, each number with its source. It computes in the browser what metamsc computes.
    """
    from metamsc.analysis.plan import find_specs, read_spec
    from metamsc.analysis.run import run
    from metamsc.cli.progress import progress
    from metamsc.report.explorer import write_explorer
    from metamsc.report.render import site_title

    plans = [read_spec(spec) for spec in specs or find_specs(analyses)]
    studies = read_some_records(records)
    steps = progress(plans, "running", [plan.name for plan in plans])
    results = [run(plan, studies) for plan in steps]
    path = Path(output)
    title = site_title(Path(analyses))
    click.echo(write_explorer(path.parent, results, studies, file_name=path.name, in_site=False, title=title))
