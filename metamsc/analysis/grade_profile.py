"""One GRADE profile per pooled result: facts computed, judgements taken from the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.analysis.grade import GradeProfile, certainty_of, missing_judgements
from metamsc.analysis.grade_effects import absolute_effects, control_means, target_of
from metamsc.analysis.grade_facts import (
    bias_shares,
    implied_start,
    imprecision,
    inconsistency,
    indirectness,
    publication,
    shares,
)
from metamsc.analysis.grade_notes import disagreements
from metamsc.vocabulary import DiabetesType, Setting

if TYPE_CHECKING:
    from metamsc.analysis.grade_plan import GradeEntry
    from metamsc.analysis.result import AnalysisResult, Stratum


def grade_profiles(result: AnalysisResult, entries: Sequence[GradeEntry] = ()) -> tuple[GradeProfile, ...]:
    """Return the GRADE profile of every pooled result.

    Parameters
    ----------
    result : AnalysisResult
        Complete but for its profiles.
    entries : sequence of GradeEntry
        Judgements of the plan.

    Returns
    -------
    tuple of GradeProfile
        In the order of the pools. Animal evidence has facts and judgements but no certainty: GRADE for
        preclinical evidence is another one (Hooijmans et al. 2018, PLoS ONE 13:e0187271).
    """
    judged = {entry.stratum: entry for entry in entries}
    return tuple(
        _profile(result, stratum, next((judged[name] for name in _names(stratum) if name in judged), None))
        for stratum in result.pools
    )


def _names(stratum: Stratum) -> tuple[str, ...]:
    """Return what a plan may call a pool: its label, or the words of the vocabularies ("unspecified")."""
    return (stratum.label, " · ".join(stratum.key)) if stratum.key else (stratum.label,)


def unused_judgements(result: AnalysisResult, entries: Sequence[GradeEntry]) -> tuple[str, ...]:
    """Return a warning for each entry whose result there is not.

    How much an outcome counts may be said of a type of diabetes in which nothing could be pooled.
    """
    labels = [stratum.label for stratum in result.pools]
    return tuple(
        f"The plan judges {entry.stratum!r} under `grade`, and the results are {', '.join(labels) or 'none'}."
        for entry in entries
        if not any(entry.stratum in _names(stratum) for stratum in result.pools)
        and (entry.judges_a_result or entry.stratum not in set(DiabetesType))
    )


def _profile(result: AnalysisResult, stratum: Stratum, entry: GradeEntry | None) -> GradeProfile:
    scale, pooled, rows = result.scale, stratum.pooled, result.rows_of(stratum)
    weights = pooled.weights_percent
    info = next((item for item in result.information if item.label == stratum.label), None)
    test = next((item for item in result.small_study if item.label == stratum.label), None)
    # nothing can be rated against a difference that is not set
    about = "null" if scale.mid is None else (entry and entry.threshold) or "mid"
    animals = result.table.setting == Setting.PRECLINICAL
    made = GradeProfile(
        label=stratum.label,
        k=len(rows),
        designs=shares(rows, weights, lambda row: row.moderator("design")),
        implied_start=implied_start(rows),
        bias=bias_shares(stratum, rows, result.risk_of_bias),
        inconsistency=inconsistency(stratum, scale, rows, about),
        indirectness=indirectness(result.table.setting, result.table.outcome, rows, weights),
        imprecision=imprecision(stratum, scale, rows, info),
        publication=publication(result, rows, test),
        absolute=absolute_effects(pooled, rows, () if entry is None else entry.baseline_risks, scale.mid),
        control_means=control_means(rows) if scale.measure == "MD" else None,
        target=target_of(scale, pooled.estimate, about),
        judgements=None if entry is None else entry.model_dump(mode="json", exclude_none=True),
        certainty=None if animals else certainty_of(entry),
        not_judged=missing_judgements(entry),
        notes=(),
    )
    if entry is None:
        return made
    return replace(made, notes=disagreements(made, entry, scale, pooled.estimate))
