"""How each figure of ``metamsc plot`` is drawn: one function per kind, from a request to axes.

Those that refit or diagnose one pool are in :mod:`metamsc.report.plot_diagnostics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.errors import InputError, OptionError
from metamsc.plots.strata_words import label_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.report.plot_kinds import PlotRequest


def forest(request: PlotRequest) -> Axes:
    """Draw the forest plot, with the risk of bias where any is judged."""
    from metamsc.plots.forest import draw_forest
    from metamsc.plots.judgements import profiles_of
    from metamsc.plots.planned import planned_forest

    result = request.result(other_choices=request.models)
    rob = None if request.is_csv else profiles_of(request.studies(), result.table.outcome) or None
    look = planned_forest(result, preset=request.preset, dark=request.dark, width=request.width)
    return draw_forest(result, preset=look.preset, limits=look.limits, models=look.models, rob=rob)


def funnel(request: PlotRequest) -> Axes:
    """Draw the funnel plot."""
    from metamsc.plots.funnel import draw_funnel

    return draw_funnel(request.result(), stratum=request.stratum, width=request.width)


def orchard(request: PlotRequest) -> Axes:
    """Draw the orchard plot."""
    from metamsc.plots.orchard import draw_orchard

    return draw_orchard(request.result(), width=request.width)


def caterpillar(request: PlotRequest) -> Axes:
    """Draw the caterpillar plot of one pool."""
    from metamsc.plots.caterpillar import draw_caterpillar

    return draw_caterpillar(request.result(), stratum=request.stratum, width=request.width)


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
    return draw_bubble(bands, result.scale, title=result.title, logarithmic=logarithmic, width=request.width)


def coefficients(request: PlotRequest) -> Axes:
    """Draw the coefficients of the meta-regression in every pool."""
    from metamsc.names import coefficient_words
    from metamsc.plots.coefficients import draw_coefficients
    from metamsc.plots.reference_levels import coefficient_names
    from metamsc.plots.wording import capitalise

    result = request.result()
    models = {
        label_words(result, item.label): item.pooled for item in result.regressions if item.pooled is not None
    }
    if not models:
        refused = "; ".join(f"{item.label}: {item.refused}" for item in result.regressions)
        raise InputError(f"there is no meta-regression to draw: {refused or 'name one with --mods FORMULA'}.")
    names: dict[str, str] = {}
    for item in result.regressions:  # another reference in another pool is another comparison: not named
        for name, words in coefficient_names(result, item).items():
            same = names.setdefault(name, words) == words
            names[name] = words if same else capitalise(coefficient_words(name))
    return draw_coefficients(
        models, ratio=result.scale.ratio, names=names, title=result.title, width=request.width
    )


def doses(request: PlotRequest) -> Axes:
    """Draw effects over doses of cells."""
    from metamsc.analysis.doses import dose_response
    from metamsc.plots.dose_response import draw_dose_response

    result = request.result()
    found = dose_response(result, per=request.per or "kg")
    return draw_dose_response(found, result.scale, title=result.title, width=request.width)


def sensitivity(request: PlotRequest) -> Axes:
    """Draw the plan beside every other choice."""
    from metamsc.plots.sensitivity import draw_sensitivity

    return draw_sensitivity(request.result(other_choices=True), width=request.width)


def specification(request: PlotRequest) -> Axes:
    """Draw the specification curve of a plan."""
    from metamsc.analysis.multiverse import run_multiverse
    from metamsc.plots.specification import draw_specification

    found = run_multiverse(request.spec(), request.studies(), patterns=0)
    return draw_specification(found, stratum=request.stratum, width=request.width)


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
    return draw_traffic_light(
        risk_of_bias_panels(result),
        title=request.title or f"Risk of bias: {result.title}",
        width=request.width,
    )


def rob_summary(request: PlotRequest) -> Axes:
    """Draw the shares of the judgements."""
    from metamsc.plots.risk_of_bias import draw_rob_summary
    from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels

    result = _judged(request)
    panels = risk_of_bias_panels(result)
    return draw_rob_summary(
        panels,
        weighted=bool(request.weighted),
        title=request.title or f"Risk of bias: {result.title}",
        width=request.width,
    )


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
    title = request.title or title
    return draw_flow(make_flow(records, found=found, result=result), title=title, width=request.width)


def evidence(request: PlotRequest) -> Axes:
    """Draw the evidence map of one setting."""
    from metamsc.analysis.evidence_map import map_evidence
    from metamsc.plots.evidence_map import draw_evidence_map

    found = map_evidence(request.studies(), request.setting)
    where = "people" if request.setting == "clinical" else "animals"
    return draw_evidence_map(
        found,
        title=request.title or f"Where there is evidence in {where}",
        least=request.least,
        width=request.width,
    )


def translation(request: PlotRequest) -> Axes:
    """Draw results in animals beside results in people."""
    from metamsc.analysis.translation import translate
    from metamsc.plots.translation import draw_translation

    rows = translate(request.specs(), request.studies())
    return draw_translation(
        rows, title=request.title or "Results in animals and in people", width=request.width
    )
