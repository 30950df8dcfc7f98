"""How each figure of ``metamsc plot`` is drawn: one function per kind, from a request to axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, OptionError
from metamsc.report.plot_regression import regression_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.dataset.rows import EffectRow
    from metamsc.report.plot_kinds import PlotRequest

_ALL_SUBSETS = 14
"""Up to so many studies GOSH takes every subset, else as many as :data:`_DRAWN`."""
_DRAWN, _SEED = 20_000, 1


def forest(request: PlotRequest) -> Axes:
    """Draw the forest plot, with the risk of bias where any is judged."""
    from metamsc.plots.forest import draw_forest
    from metamsc.plots.judgements import profiles_of
    from metamsc.plots.preset import forest_preset

    result = request.result()
    rob = None if request.is_csv else profiles_of(request.studies(), result.table.outcome) or None
    return draw_forest(result, preset=forest_preset(request.preset, dark=request.dark), rob=rob)


def funnel(request: PlotRequest) -> Axes:
    """Draw the funnel plot."""
    from metamsc.plots.funnel import draw_funnel

    return draw_funnel(request.result(), stratum=request.stratum)


def filled_funnel(request: PlotRequest) -> Axes:
    """Draw the funnel plot with what trim and fill puts in; below ten studies too, since it is asked for."""
    from metamsc.plots.funnel import draw_funnel
    from metamsc.sensitivity.trim_fill import trim_and_fill

    result, pool, rows, options = _rows(request)
    yi, vi, _ = _arrays(rows)
    fill = trim_and_fill(
        yi,
        vi,
        tau2_method=options["tau2_method"],
        ci_method=options["ci_method"],
        level=pool.pooled.level,
        measure=result.scale.measure,
        force=True,
    )
    name = "overall" if pool is result.overall else pool.label
    return draw_funnel(result, stratum=name, fill=fill)


def orchard(request: PlotRequest) -> Axes:
    """Draw the orchard plot."""
    from metamsc.plots.orchard import draw_orchard

    return draw_orchard(request.result())


def caterpillar(request: PlotRequest) -> Axes:
    """Draw the caterpillar plot of one pool."""
    from metamsc.plots.caterpillar import draw_caterpillar

    return draw_caterpillar(request.result(), stratum=request.stratum)


def bubble(request: PlotRequest) -> Axes:
    """Draw the bubble plot of the meta-regression."""
    from metamsc.analysis.bands import bands_of
    from metamsc.plots.bubble import draw_bubble

    result = request.result()
    if not request.is_csv:
        bands = bands_of(result, stratum=request.stratum, moderator=request.moderator)
    else:
        from metamsc.analysis.csv_bands import csv_bands

        flags = dict(request.flags)
        if "mods" not in flags:
            raise InputError("a bubble plot needs a meta-regression: --mods FORMULA.")
        flags.pop("by", None)
        bands = csv_bands(request.source, flags.pop("mods"), moderator=request.moderator, **flags)
    logarithmic = bands.moderator in ("dose_per_kg", "dose_total")
    return draw_bubble(bands, result.scale, title=result.title, logarithmic=logarithmic)


def coefficients(request: PlotRequest) -> Axes:
    """Draw the coefficients of the meta-regression in every pool."""
    from metamsc.plots.coefficients import draw_coefficients

    result = request.result()
    models = {item.label: item.pooled for item in result.regressions if item.pooled is not None}
    if not models:
        refused = "; ".join(f"{item.label}: {item.refused}" for item in result.regressions)
        raise InputError(f"there is no meta-regression to draw: {refused or 'name one with --mods FORMULA'}.")
    return draw_coefficients(models, ratio=result.scale.ratio, title=result.title)


def doses(request: PlotRequest) -> Axes:
    """Draw effects over doses of cells."""
    from metamsc.analysis.doses import dose_response
    from metamsc.plots.dose_response import draw_dose_response

    result = request.result()
    return draw_dose_response(dose_response(result, per=request.per), result.scale, title=result.title)


def sensitivity(request: PlotRequest) -> Axes:
    """Draw the plan beside every other choice."""
    from metamsc.plots.sensitivity import draw_sensitivity

    return draw_sensitivity(request.result(other_choices=True))


def _rows(request: PlotRequest) -> tuple[AnalysisResult, Stratum, tuple[EffectRow, ...], dict[str, Any]]:
    """Return result, pool, its rows, and how it was pooled, for a figure that refits it.

    Raises
    ------
    InputError
        If it was not pooled by inverse variance: a refit would be of another model.
    """
    from metamsc.models.fit import CI_METHODS
    from metamsc.models.tau2 import TAU2_METHODS

    result, pool = request.pool()
    pooled = pool.pooled
    if pooled.k > 1 and (pooled.tau2_method not in TAU2_METHODS or pooled.ci_method not in CI_METHODS):
        raise InputError(
            f"{pool.label} was pooled by {pooled.ci_method}; this figure is of inverse variance."
        )
    options = {"tau2_method": pooled.tau2_method, "ci_method": pooled.ci_method}
    return result, pool, result.rows_of(pool), options


def _arrays(rows: tuple[EffectRow, ...]) -> tuple[list[float], list[float], list[str]]:
    return [row.yi for row in rows], [row.vi for row in rows], [row.label for row in rows]


def leave_one_out(request: PlotRequest) -> Axes:
    """Draw the pool without each study."""
    from metamsc.plots.refits import draw_refits
    from metamsc.sensitivity.cumulative import leave_one_out as refit

    result, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    found = refit(yi, vi, labels=labels, level=pool.pooled.level, **options)
    title = f"{result.title}: {pool.label}"
    return draw_refits(found, result.scale, whole=pool.pooled, prefix="without ", title=title)


def cumulative(request: PlotRequest) -> Axes:
    """Draw the pool as studies came in, by year."""
    from metamsc.plots.refits import draw_refits
    from metamsc.sensitivity.cumulative import cumulative as refit

    result, pool, rows, options = _rows(request)
    rows = tuple(sorted(rows, key=lambda row: (row.year or 9999, row.label)))
    yi, vi, labels = _arrays(rows)
    found = refit(yi, vi, labels=labels, level=pool.pooled.level, **options)
    title = f"{result.title}: {pool.label}"
    return draw_refits(found, result.scale, whole=pool.pooled, prefix="+ ", title=title)


def influence(request: PlotRequest) -> Axes:
    """Draw eight diagnostics of influence, on the pool or with `mods` on the meta-regression."""
    from metamsc.plots.influence import draw_influence
    from metamsc.sensitivity.influence import measure_influence

    (yi, vi), options = _refitted(request)
    return draw_influence(measure_influence(yi, vi, **options))[0]


def baujat(request: PlotRequest) -> Axes:
    """Draw influence over the contribution to heterogeneity, of the pool or with `mods` the regression."""
    from metamsc.plots.points import draw_baujat
    from metamsc.sensitivity.coordinates import baujat_coordinates

    (yi, vi), options = _refitted(request)
    del options["ci_method"]  # places are without any interval
    return draw_baujat(baujat_coordinates(yi, vi, **options))


def _refitted(request: PlotRequest) -> tuple[tuple[list[float], list[float]], dict[str, Any]]:
    if "mods" in request.flags:
        return regression_data(request)
    _, _, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    return (yi, vi), {"labels": labels, **options}


def radial(request: PlotRequest) -> Axes:
    """Draw the radial plot."""
    from metamsc.plots.points import draw_radial
    from metamsc.sensitivity.coordinates import radial_coordinates

    _, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    found = radial_coordinates(yi, vi, labels=labels, tau2_method=options["tau2_method"])
    return draw_radial(found, pool.pooled)


def labbe(request: PlotRequest) -> Axes:
    """Draw the L'Abbé plot."""
    from metamsc.plots.points import draw_labbe

    result, pool = request.pool()
    return draw_labbe(result.rows_of(pool), pool.pooled)


def drapery(request: PlotRequest) -> Axes:
    """Draw p value functions."""
    from metamsc.plots.drapery import draw_drapery

    result, pool = request.pool()
    return draw_drapery(result.rows_of(pool), pool.pooled, result.scale)


def gosh(request: PlotRequest) -> Axes:
    """Draw the pools of all subsets, of 20,000 at random where there are too many."""
    from metamsc.plots.gosh import draw_gosh
    from metamsc.sensitivity.gosh import gosh as run_gosh

    result, _, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    drawn = None if len(yi) <= _ALL_SUBSETS else _DRAWN
    found = run_gosh(
        yi,
        vi,
        n_subsets=drawn,
        seed=None if drawn is None else _SEED,
        labels=labels,
        tau2_method=options["tau2_method"],
    )
    return draw_gosh(found, result.scale)


def specification(request: PlotRequest) -> Axes:
    """Draw the specification curve of a plan."""
    from metamsc.analysis.multiverse import run_multiverse
    from metamsc.plots.specification import draw_specification

    found = run_multiverse(request.spec(), request.studies(), patterns=0)
    return draw_specification(found, stratum=request.stratum)


def _judged(request: PlotRequest) -> AnalysisResult:
    """Return the result of a plan, whose studies have records and may have judgements."""
    if request.is_csv:
        raise OptionError("the risk of bias stands in records; name a plan, not a CSV.")
    return request.result()


def traffic_light(request: PlotRequest) -> Axes:
    """Draw the risk of bias by study and domain."""
    from metamsc.plots.risk_of_bias import draw_traffic_light
    from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels

    result = _judged(request)
    return draw_traffic_light(risk_of_bias_panels(result), title=f"Risk of bias: {result.title}")


def rob_summary(request: PlotRequest) -> Axes:
    """Draw the shares of the judgements."""
    from metamsc.plots.risk_of_bias import draw_rob_summary
    from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels

    result = _judged(request)
    panels = risk_of_bias_panels(result)
    return draw_rob_summary(panels, weighted=request.weighted, title=f"Risk of bias: {result.title}")


def flow(request: PlotRequest) -> Axes:
    """Draw the flow of the review, down to one analysis where a plan is named."""
    from metamsc.analysis.flow import make_flow, read_flow
    from metamsc.analysis.plan import PLAN_FILE
    from metamsc.plots.prisma_flow import draw_flow

    records = request.studies()
    source = request.source
    one_plan = source.is_file() or (source / PLAN_FILE).is_file()
    folder = source.parent if source.is_file() else source
    result = request.result() if one_plan else None
    found = read_flow(folder) or (read_flow(folder.absolute().parent) if one_plan else None)
    title = "Flow of studies" if result is None else f"Flow of studies: {result.title}"
    return draw_flow(make_flow(records, found=found, result=result), title=title)


def evidence(request: PlotRequest) -> Axes:
    """Draw the evidence map of one setting."""
    from metamsc.analysis.evidence_map import map_evidence
    from metamsc.plots.evidence_map import draw_evidence_map

    found = map_evidence(request.studies(), request.setting)
    where = "people" if request.setting == "clinical" else "animals"
    return draw_evidence_map(found, title=f"Where there is evidence in {where}", least=request.least)


def translation(request: PlotRequest) -> Axes:
    """Draw results in animals beside results in people."""
    from metamsc.analysis.translation import translate
    from metamsc.plots.translation import draw_translation

    rows = translate(request.specs(), request.studies())
    return draw_translation(rows, title="Results in animals and in people")
