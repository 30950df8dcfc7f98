"""Models that stand beside the planned one unasked: Bayes with few studies, count models with few events.

Few studies cannot tell how much true effects vary; a stated prior can (Bender et al. 2018, Res Synth Methods
9:382-392; Friede et al. 2017, Res Synth Methods 8:79-91). With few events an inverse-variance result rests
on the constant added to empty cells; models of the counts need none. Nothing here replaces the planned
analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from metamsc.analysis.methods.choice import make_choice
from metamsc.analysis.methods.pool import COUNT_MEASURES, pool_rows
from metamsc.analysis.methods.priors import default_tau_prior
from metamsc.analysis.methods.result import MethodResult
from metamsc.analysis.pooling import pool_data
from metamsc.analysis.result import Scale, Sensitivity, SensitivityStratum, Stratum
from metamsc.analysis.scale import mid_threshold
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.effects import find_measure
from metamsc.errors import InputError, OptionError, TooFewStudiesError

FEW = (2, 3, 4)
"""Numbers of studies (not of arms of one) that cannot tell heterogeneity (Bender et al. 2018)."""
SPARSE = 5
"""Fewer events, or fewer participants without one, in an arm than this: the normal approximation fails."""
_COUNT_MODELS = (
    ("mh", "Mantel–Haenszel, common effect"),
    ("peto", "Peto, common odds ratio"),
    ("glmm-cm-el", "GLMM, exact conditional likelihood"),
    ("beta-binomial", "Beta-binomial"),
)
Build = Callable[[str], tuple[EffectTable, Scale]]
"""Measure -> the table of the same plan with that measure, and its scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """One model to set beside the planned one."""

    name: str
    label: str
    method: str
    measure: str
    tau_prior: str | None = None


def other_models(
    spec: AnalysisSpec, main: tuple[EffectTable, Scale], pools: Sequence[Stratum], build: Build
) -> tuple[tuple[Sensitivity, ...], tuple[str, ...]]:
    """Run the models that such data ask for.

    Parameters
    ----------
    spec : AnalysisSpec
    main : tuple of EffectTable and Scale
    pools : sequence of Stratum
        Every pool of the planned analysis.
    build : callable
        Makes the table and scale of another measure.

    Returns
    -------
    sensitivity : tuple of Sensitivity
    notes : tuple of str
        Why a model that belongs here was not run.
    """
    table, scale = main
    found: list[Sensitivity] = []
    notes: list[str] = []
    models = list(_count_models(spec, table))
    cohorts = {row.row_id: row.cohort for row in table.rows}
    few = [stratum for stratum in pools if len({cohorts[i] for i in stratum.row_ids}) in FEW]
    if few and spec.model.method != "bayes" and spec.model.cluster is None:
        bayes, why_not = _bayes_models(spec, table, scale)
        models += bayes
        notes += [why_not] if why_not else []
    for model in models:
        strata = few if model.method == "bayes" else [s for s in pools if s.pooled.k > 1]
        other = main if model.measure == table.measure else build(model.measure)
        if strata:
            found.append(_beside(spec, model, strata, main, other))
    return tuple(found), tuple(notes)


def is_sparse(rows: Sequence[EffectRow]) -> bool:
    """Say whether any arm has fewer than five events, or fewer than five participants without one."""
    arms = [arm for row in rows for arm in (row.treatment, row.control)]
    return any(
        min(arm.events, arm.n - arm.events) < SPARSE
        for arm in arms
        if arm.events is not None and arm.n is not None
    )


def _count_models(spec: AnalysisSpec, table: EffectTable) -> Iterator[_Model]:
    """Yield the rare-event models where all rows are counts and some of them are sparse."""
    if not is_sparse(table.rows) or not pool_data(table.rows, table.measure).counts:
        return
    for method, label in _COUNT_MODELS:
        measures = COUNT_MEASURES[method]
        measure = table.measure if table.measure in measures else "OR"
        if spec.model.method != method:
            yield _Model(name=method, label=label, method=method, measure=measure)


def _bayes_models(spec: AnalysisSpec, table: EffectTable, scale: Scale) -> tuple[list[_Model], str]:
    """Return the Bayesian model with the prior that suits the measure, or why none does."""
    measure = table.measure
    prior = spec.model.tau_prior or default_tau_prior(measure)
    if prior is not None:
        return [_bayes("bayes", measure, prior)], ""
    if pool_data(table.rows, measure).counts:
        # the published prior is one of log odds ratios
        return [_bayes("bayes", "OR", str(default_tau_prior("OR")))], ""
    if measure == "MD" and scale.mid is not None:
        kinds = (("bayes", 1.0), ("bayes-narrow", 0.5), ("bayes-wide", 2.0))
        return [_bayes(name, measure, f"half-normal:{factor * scale.mid:.6g}") for name, factor in kinds], ""
    why = f"no published prior of heterogeneity is on the scale of the {scale.measure_label.lower()}"
    if measure == "MD":
        why += ", and there is no minimal important difference to scale one by"
    return [], f"No Bayesian analysis stands beside few studies here: {why} (`model.tau_prior` gives one)."


def _bayes(name: str, measure: str, prior: str) -> _Model:
    """Return the model with a short label; the prior itself stands among what is changed."""
    family, *numbers = prior.split(":")
    words = {"turner": "Turner 2015", "rhodes": "Rhodes 2015"}.get(family, family)
    said = f"{words} prior" if family in ("turner", "rhodes") else f"{words}({', '.join(numbers)}) prior"
    return _Model(name=name, label=f"Bayesian, {said}", method="bayes", measure=measure, tau_prior=prior)


def _beside(
    spec: AnalysisSpec,
    model: _Model,
    strata: Sequence[Stratum],
    main: tuple[EffectTable, Scale],
    other: tuple[EffectTable, Scale],
) -> Sensitivity:
    """Pool the strata's rows by the model."""
    (table, scale), changed = other, [f"model.method = {model.method}"]
    if model.tau_prior is not None:
        changed.append(f"model.tau_prior = {model.tau_prior}")
    elsewhere = table.measure != main[0].measure
    if elsewhere:
        changed.append(f"select.measure = {table.measure}")
    by_id = {row.row_id: row for row in table.rows}
    return Sensitivity(
        name=model.name,
        label=model.label,
        changed=tuple(changed),
        strata=tuple(_stratum(spec, model, stratum, by_id, scale) for stratum in strata),
        note=_note(strata, by_id, main[0]),
        measure=table.measure if elsewhere else "",
        ratio=elsewhere and find_measure(table.measure).is_ratio,
        unit="",
    )


def _note(strata: Sequence[Stratum], by_id: dict[str, EffectRow], table: EffectTable) -> str:
    labels = {row.row_id: row.label for row in table.rows}
    gone = [labels[row_id] for stratum in strata for row_id in stratum.row_ids if row_id not in by_id]
    return f"without {', '.join(dict.fromkeys(gone))}" if gone else "same rows"


def _stratum(
    spec: AnalysisSpec, model: _Model, stratum: Stratum, by_id: dict[str, EffectRow], scale: Scale
) -> SensitivityStratum:
    rows = [by_id[row_id] for row_id in stratum.row_ids if row_id in by_id]
    empty = SensitivityStratum(
        label=stratum.label, k=len(rows), estimate=None, ci_low=None, ci_high=None, tau2=None
    )
    if not rows:
        return empty
    threshold = mid_threshold(scale) if model.method == "bayes" else None
    choice = make_choice(
        method=model.method, tau_prior=model.tau_prior, level=spec.model.level, mid=threshold
    )
    try:
        found = pool_rows(replace(pool_data(rows, model.measure), measure=model.measure), choice)
    except (InputError, OptionError, TooFewStudiesError) as error:
        return replace(empty, note=str(error))
    return _with_numbers(empty, found)


def _with_numbers(empty: SensitivityStratum, found: MethodResult) -> SensitivityStratum:
    mid = found.details.get("mid") or {}
    return replace(
        empty,
        estimate=found.estimate,
        ci_low=found.ci.low,
        ci_high=found.ci.high,
        tau2=None if found.heterogeneity is None else found.heterogeneity.tau2,
        mid_mean=mid.get("mean"),
        mid_new_study=mid.get("new_study"),
    )
