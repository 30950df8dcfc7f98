"""From analysis results and records to the data of the explorer. Nothing is computed, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from metamsc.dataset.selection import NO_CONTROL
from metamsc.errors import InputError
from metamsc.plots import wording
from metamsc.plots.forest_axis import mid_positions
from metamsc.report.explorer.judged import in_order, judged, level
from metamsc.report.explorer.row import make_row
from metamsc.report.explorer.schema import (
    Analysis,
    Axis,
    Choices,
    ExplorerData,
    Facet,
    Judged,
    LeftOut,
    Planned,
    StudyFacts,
)
from metamsc.report.head import SITE_TITLE
from metamsc.tables.labels import is_animal, moderator_name, outcome_words, record_name, type_words, word

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale
    from metamsc.dataset.rows import EffectRow, Exclusion, Missing
    from metamsc.records.model import Study
    from metamsc.records.studies import Studies

FACETS = ("diabetes_type", "msc_source", "donor", "species", "product", "design", "risk_of_bias")
"""What studies are filtered by besides their follow-up, in the order of the page."""
NOT_REPORTED = "not-reported"
HUMAN = "human"
TAU2_METHODS = ("REML", "PM", "DL")
"""Estimators of tau2 that the page has."""
CI_METHODS = ("hksj-adhoc", "hksj", "wald", "t")


def explorer_data(
    results: Sequence[AnalysisResult],
    studies: Studies | None = None,
    *,
    in_site: bool = False,
    title: str = SITE_TITLE,
) -> ExplorerData:
    """Collect what the page of these results holds.

    Parameters
    ----------
    results : sequence of AnalysisResult
        At least one; names differ.
    studies : Studies, optional
        The records behind them: titles, registrations and judgements of risk of bias come from there.
    in_site : bool
        Whether the page will stand beside the other pages of the site, and may link to them.
    title : str
        Of the review.

    Returns
    -------
    ExplorerData

    Raises
    ------
    InputError
        If there is no result, or two have one name.
    """
    names = [result.name for result in results]
    if not names:
        raise InputError("the explorer needs at least one analysis; there is none.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"analyses of the explorer need names of their own; {', '.join(twice)} stands twice."
        )
    by_id = {} if studies is None else {study.study.id: study for study in studies}
    facets = _facet_names(results)
    judgements = {
        result.name: [judged(result, row, studies) for row in result.table.rows] for result in results
    }
    levels = {
        result.name: [
            _levels(row, facets, item)
            for row, item in zip(result.table.rows, judgements[result.name], strict=True)
        ]
        for result in results
    }
    used = dict.fromkeys(row.study_id for result in results for row in result.table.rows)
    return ExplorerData(
        metamsc=version("metamsc"),
        title=title,
        in_site=in_site,
        facets=tuple(
            _facet(name, [row[index] for rows in levels.values() for row in rows])
            for index, name in enumerate(facets)
        ),
        analyses=tuple(_analysis(result, levels[result.name], judgements[result.name]) for result in results),
        studies=tuple(_facts(by_id[study_id]) for study_id in used if study_id in by_id),
    )


def _facet_names(results: Sequence[AnalysisResult]) -> tuple[str, ...]:
    """Return what can be filtered by: the fixed facets, and what a plan splits its types by."""
    *first, rob = FACETS
    planned = [name for result in results for name in result.spec.get("strata", ())]
    return (*dict.fromkeys([*first, *planned]), rob)


def _levels(row: EffectRow, facets: Sequence[str], item: Judged | None) -> tuple[str, ...]:
    moderators = dict(row.moderators)
    found = {name: moderators.get(name, "") or NOT_REPORTED for name in facets}
    found["species"] = moderators.get("species") or HUMAN
    found["risk_of_bias"] = level(item)
    return tuple(found[name] for name in facets)


def _facet(name: str, values: Sequence[str]) -> Facet:
    say = type_words if name == "diabetes_type" else word
    if name == "risk_of_bias":
        present = in_order(values)
    else:
        present = sorted(set(values), key=lambda value: (value == NOT_REPORTED, value))
    words = tuple((value, wording.capitalise(say(value))) for value in present)
    return Facet(name=name, label=wording.capitalise(moderator_name(name)), words=words)


def _analysis(
    result: AnalysisResult, levels: Sequence[tuple[str, ...]], judgements: Sequence[Judged | None]
) -> Analysis:
    controlled = [dict(row.moderators).get("design", "") not in NO_CONTROL for row in result.table.rows]
    across = result.spec.get("across_types", {})
    return Analysis(
        name=result.name,
        title=result.title,
        question=result.question,
        setting=str(result.table.setting),
        axis=_axis(result.scale),
        choices=_choices(result),
        strata=tuple(result.spec.get("strata", ("diabetes_type",))),
        across=bool(across.get("pool", False)),
        across_note=str(across.get("because") or ""),
        notes=tuple(result.spec.get("notes", ())),
        rows=tuple(
            make_row(row, own, item, single_arm=not has_control)
            for row, own, item, has_control in zip(
                result.table.rows, levels, judgements, controlled, strict=True
            )
        ),
        planned=tuple(
            Planned(
                key=stratum.key,
                k=stratum.pooled.k,
                estimate=stratum.pooled.estimate,
                se=stratum.pooled.se,
                ci=(stratum.pooled.ci.low, stratum.pooled.ci.high),
                pi=None if stratum.pooled.pi is None else (stratum.pooled.pi.low, stratum.pooled.pi.high),
                tau2=stratum.pooled.heterogeneity.tau2,
            )
            for stratum in result.pools
        ),
        excluded=tuple(_left_out(result, item, item.reason, item.code) for item in result.table.excluded),
        missing=tuple(_left_out(result, item, _said(item), item.kind) for item in result.table.missing),
        plan_sha256=str(result.manifest.get("plan_sha256", "")),
    )


def _said(item: Missing) -> str:
    return f"{item.reason} ({item.direction})" if item.direction else item.reason


def _left_out(result: AnalysisResult, item: Exclusion | Missing, reason: str, code: str) -> LeftOut:
    return LeftOut(
        label=item.label,
        type=wording.capitalise(type_words(item.diabetes_type, animal=is_animal(result))),
        outcome=outcome_words(result, item.outcome),
        reason=reason,
        code=code,
        file=record_name(item.file),
        line=item.line,
    )


def _axis(scale: Scale) -> Axis:
    lower, higher = wording.directions(scale)
    return Axis(
        measure=scale.measure,
        measure_label=wording.capitalise(scale.measure_label),
        outcome_label=scale.outcome_label,
        unit=scale.unit,
        ratio=scale.ratio,
        null=scale.null,
        mid=mid_positions(scale),
        mid_text=wording.mid_line(scale),
        label=wording.axis_label(scale),
        lower=lower,
        higher=higher,
        lower_is_better=scale.lower_is_better,
        treatment=scale.treatment_label,
        control=scale.control_label,
        precision=scale.precision,
    )


def _choices(result: AnalysisResult) -> Choices:
    """Return the plan's choices as they were used, and what of them the page does not do."""
    model = result.spec.get("model", {})
    pooled = [stratum.pooled for stratum in result.pools]
    real = next((item for item in pooled if item.k > 1), pooled[0] if pooled else None)
    differs = []
    if model.get("method", "inverse-variance") != "inverse-variance":
        differs.append(f"The plan pools by {model['method']}; here effects are weighted by 1 / (vi + τ²).")
    if model.get("cluster"):
        differs.append(
            f"The plan takes rows of one {word(str(model['cluster']))} as dependent; "
            "here every row counts as independent, so intervals are too narrow."
        )
    if model.get("tau2_sharing", "separate") != "separate":
        differs.append("The plan shares one τ² among strata; here each pool has its own.")
    tau2, ci, pi = ("REML", "hksj-adhoc", "t") if real is None else _methods(result)
    if not differs and tau2 not in TAU2_METHODS:
        differs.append(f"The plan estimates τ² by {wording.TAU2_WORDS.get(tau2, tau2)}; here by REML.")
    return Choices(
        tau2_method=tau2 if tau2 in TAU2_METHODS else "REML",
        ci_method=ci if ci in CI_METHODS else "hksj-adhoc",
        pi_method=pi if pi in ("t", "riley", "normal", "simple") else "t",
        level=real.level if real is not None else 0.95,
        differs=tuple(differs),
    )


def _methods(result: AnalysisResult) -> tuple[str, str, str]:
    """Return estimator, interval and prediction interval, preset filled in: k = 1 uses none of them."""
    from metamsc.models.presets import preset

    model = result.spec.get("model", {})
    base = preset(str(model.get("preset") or "metamsc"))
    return (
        str(model.get("tau2_method") or base.tau2_method),
        str(model.get("ci_method") or base.ci_method),
        str(model.get("pi_method") or base.pi_method),
    )


def _facts(study: Study) -> StudyFacts:
    info = study.study
    return StudyFacts(
        id=info.id,
        title=info.title or "",
        authors=tuple(info.authors),
        journal=" ".join(str(part) for part in (info.journal, info.year) if part),
        doi=info.doi or "",
        registration=tuple(info.registration),
    )
