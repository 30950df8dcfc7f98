"""`metamsc forest`: the forest plot of a plan or of any CSV, as a journal prints it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metamsc.cli.options import chosen, model_options, read_some_records, records_option

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.plots.planned import ForestLook

FIGURE_PRESETS = ("plain", "bmj", "revman", "jama")
PREDICTIONS = ("bar", "diamond", "density")


class _Names(click.ParamType[tuple[str, ...]]):
    """Names between commas."""

    name = "NAME,NAME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names, one at least."""
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail(f"{value!r} holds no name.", param, ctx)
        return names


@click.command(epilog="Example: metamsc forest x.csv --figure-preset bmj --sort year")
@click.argument("source", type=click.Path(exists=True, allow_dash=True))
@records_option
@click.option(
    "--figure-preset",
    type=click.Choice(FIGURE_PRESETS),
    help="Whose figure it looks like.  [default: the plan's, or plain]",
)
@click.option(
    "--dark/--light", default=None, help="For a dark or a light page.  [default: the plan's, or light]"
)
@click.option("--sort", metavar="COLUMN", help="Order of the studies; - before it for falling.")
@click.option("--left", type=_Names(), help="Columns left of the graphic: label,arms,year,design.")
@click.option("--right", type=_Names(), help="Columns right of it: estimate,weight,rob.")
@click.option("--summary/--studies", default=None, help="Pooled effects only, or the studies too.")
@click.option(
    "--prediction",
    type=click.Choice(PREDICTIONS),
    help="Prediction intervals.  [default: the plan's, or bar]",
)
@click.option("--models", type=_Names(), help="Sensitivity analyses of the plan to show beside it.")
@click.option(
    "--limits", type=(float, float), metavar="LOW HIGH", help="Ends of the axis (ratios as ratios)."
)
@click.option(
    "--width", type=click.FloatRange(min=0.0, min_open=True), metavar="MM",
    help="Millimetres of a journal's column: 85, 178. What does not fit in type of 6 points is left out.",
)  # fmt: skip
@click.option("--pages", is_flag=True, help="A PDF of as many pages as it needs.")
@click.option("--title", help="Heading (the plan's, or the name of the CSV).")
@click.option("--outcome", help="For a CSV: what was measured.")
@click.option("--unit", default="", help="For a CSV: unit of differences.")
@click.option("--better", type=click.Choice(("lower", "higher")), help="For a CSV: which values are better.")
@click.option("--arms", nargs=2, metavar="TREATED CONTROL", help="For a CSV: what the arms are called.")
@click.option(
    "--output", "-o", metavar="PATH",
    help="Where to write: .svg, .pdf or .png for that alone, else all (build/NAME/forest-PRESET).",
)  # fmt: skip
@model_options
def forest(source: str, records: str, **given: Any) -> None:
    """Draw the forest plot of SOURCE, a plan (file or folder) or a CSV (- for standard input).

    Writes SVG, PDF and PNG, or with --pages one PDF of several pages. Columns are label, arms, estimate,
    weight, rob (risk of bias in the records), year, n, se, at, value and every moderator or column of the
    CSV.
    """
    from dataclasses import replace

    from metamsc.plots.forest import forest_layout
    from metamsc.plots.forest_legend import missing_characters

    result = _result(source, records, given)
    look = _look(result, given)
    width = given["width"] if given["pages"] else given["width"] or look.preset.width  # pages are A4
    preset = replace(look.preset, width=width)
    figure: dict[str, Any] = {"preset": preset, "limits": look.limits, "models": look.models}
    name = f"{look.preset.name}{'-dark' if look.preset.is_dark else ''}"
    stem = given["output"] or f"build/{result.name}/forest-{name}"
    for path in _write(result, stem, figure, pages=given["pages"]):
        click.echo(str(path))
    for text in missing_characters(forest_layout(result, **figure)):
        click.echo(f"no font here has every character of {text!r}: the figure shows □ for them.", err=True)


def _look(result: AnalysisResult, given: dict[str, Any]) -> ForestLook:
    """Return what was asked for, and for the rest what the plan says."""
    from metamsc.plots.planned import planned_forest

    return planned_forest(
        result,
        preset=given["figure_preset"],
        dark=given["dark"],
        left=given["left"],
        right=given["right"],
        sort=given["sort"],
        studies=None if given["summary"] is None else not given["summary"],
        prediction=given["prediction"],
        limits=given["limits"],
        models=given["models"],
    )


_OF_MODEL = (
    "measure", "by", "mods", "cluster", "preset", "tau2_method", "ci_method", "pi_method", "level", "method",
    "tau_prior", "mu_prior", "rho", "tau2_sharing",
)  # fmt: skip


def _result(source: str, records: str, given: dict[str, Any]) -> AnalysisResult:
    """Run the plan, or pool the CSV."""
    from dataclasses import replace

    model = chosen(**{name: given[name] for name in _OF_MODEL})
    if source == "-" or source.lower().endswith(".csv"):
        from metamsc.analysis.csv import pool_csv
        from metamsc.analysis.csv_result import csv_result

        if "mods" in model:
            raise click.UsageError(
                "--mods is a regression: it has no pooled effect to draw; see `metamsc pool`."
            )
        treated, control = given["arms"] or ("treatment", "control")
        return csv_result(
            pool_csv(source, **model),
            title=given["title"] or "",
            outcome=given["outcome"] or "the outcome",
            unit=given["unit"],
            lower_is_better={"lower": True, "higher": False}.get(given["better"]),
            treatment=treated,
            control=control,
        )
    from metamsc.analysis.plan import read_spec
    from metamsc.analysis.run import run

    result = run(read_spec(source).with_flags(**model), read_some_records(records))
    return replace(result, title=given["title"] or result.title)


def _write(result: AnalysisResult, stem: str, figure: dict[str, Any], *, pages: bool) -> tuple[Path, ...]:
    from metamsc.plots.save import FORMATS

    form = next((form for form in FORMATS if stem.lower().endswith(f".{form}")), None)
    stem = stem if form is None else stem[: -len(form) - 1]
    if pages:
        if figure["preset"].width is not None:
            raise click.UsageError("--pages are in the shape of A4: they take no --width.")
        if form not in (None, "pdf"):
            raise click.UsageError("--pages writes a PDF: end --output in .pdf, or in nothing.")
        from metamsc.plots.forest_pages import write_forest_pages

        return (write_forest_pages(result, f"{stem}.pdf", **figure),)
    from metamsc.plots.forest import draw_forest
    from metamsc.plots.save import write_figure

    formats = FORMATS if form is None else (form,)
    drawn = draw_forest(result, **figure)
    return write_figure(drawn, stem, formats=formats, title=f"{result.title}: forest plot")
