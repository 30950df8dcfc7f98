"""What the data say about each GRADE domain of one pooled result; no judgement is made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING

from metamsc.analysis.grade import (
    BiasShares,
    Imprecision,
    Inconsistency,
    Indirectness,
    PartEstimate,
    Publication,
    Share,
)
from metamsc.analysis.grade_bias import HIGH_RISK, NOT_ASSESSED, WORST_FIRST, BiasAssessment
from metamsc.analysis.grade_effects import crossed
from metamsc.analysis.information import participants_of
from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.methods.mid import mid_probabilities
from metamsc.analysis.methods.result import MethodResult
from metamsc.analysis.scale import mid_threshold
from metamsc.models.pool import pool
from metamsc.outcomes.catalogue import outcome as known_outcome
from metamsc.records.designs import RANDOMISED
from metamsc.vocabulary import Design
from metamsc.vocabulary import Publication as Published

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Information, Scale, SmallStudy, Stratum
    from metamsc.dataset.rows import EffectRow

NOT_STATED = "not stated"
_TAU2, _CI = "REML", "hksj-adhoc"
"""Defaults of :func:`~metamsc.models.pool.pool`, for parts of a pool made by another method."""
_NO_CO_INTERVENTION = ("", "none")


def shares(
    rows: Sequence[EffectRow], weights: Sequence[float] | None, key: Callable[[EffectRow], str]
) -> tuple[Share, ...]:
    """Return how many rows have each value, with their weight, the commonest first."""
    found: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        found.setdefault(key(row), []).append(position)
    made = [
        Share(
            value=value,
            k=len(positions),
            weight_percent=None if weights is None else sum(weights[i] for i in positions),
        )
        for value, positions in found.items()
    ]
    return tuple(sorted(made, key=lambda item: (-item.k, item.value)))


def bias_shares(stratum: Stratum, rows: Sequence[EffectRow], found: Sequence[BiasAssessment]) -> BiasShares:
    """Return the weight of the rows by overall risk of bias, and the effects on either side.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 4, BMJ 389:e083864: the weights of studies at high and at low risk, and
    whether their results are alike, decide on rating down.
    """
    overall = {item.study_id: item.overall for item in found}

    def judged(row: EffectRow) -> str:
        return overall.get(row.study_id, NOT_ASSESSED)

    made = shares(rows, stratum.pooled.weights_percent, judged)
    high = [row for row in rows if judged(row) in HIGH_RISK]
    others = [row for row in rows if judged(row) not in (*HIGH_RISK, NOT_ASSESSED)]
    both = bool(high and others)
    return BiasShares(
        shares=tuple(sorted(made, key=lambda item: WORST_FIRST.index(item.value))),
        at_high_risk=_part(stratum, high) if both else None,
        others=_part(stratum, others) if both else None,
    )


def _part(stratum: Stratum, rows: Sequence[EffectRow]) -> PartEstimate:
    """Pool some rows by inverse variance: as planned where that is the method, else by the defaults."""
    pooled, details = stratum.pooled, stratum.details
    planned = details.get("method") == INVERSE_VARIANCE and not details.get("cluster")
    made = pool(
        [row.yi for row in rows],
        [row.vi for row in rows],
        measure=pooled.measure,
        level=pooled.level,
        tau2_method=pooled.tau2_method if planned else _TAU2,
        ci_method=pooled.ci_method if planned else _CI,
    )
    return PartEstimate(k=len(rows), estimate=made.estimate, low=made.ci.low, high=made.ci.high)


def implied_start(rows: Sequence[EffectRow]) -> str | None:
    """Return where Core GRADE lets such designs begin; None where they are mixed or of animals."""
    designs = {Design(row.moderator("design")) for row in rows if row.moderator("design")}
    if not designs or any(design.value.startswith("animal") for design in designs):
        return None
    randomised = {design in RANDOMISED for design in designs}
    if len(randomised) > 1:
        return None
    return "high" if randomised.pop() else "low"


def imprecision(
    stratum: Stratum, scale: Scale, rows: Sequence[EffectRow], info: Information | None
) -> Imprecision:
    """Return where the interval lies and how much information there is.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 2, BMJ 389:e081904; optimal information size: Guyatt et al. (2011), GRADE
    guidelines 6, J Clin Epidemiol 64:1283-1293.
    """
    ci = stratum.pooled.ci
    beyond = _beyond(stratum, scale)
    return Imprecision(
        low=ci.low,
        high=ci.high,
        crossed=crossed(scale, ci.low, ci.high),
        participants=participants_of(rows),
        optimal=None if info is None else info.optimal,
        assumed="no minimal important difference is set" if info is None else info.assumed or info.refused,
        beyond_mid=None if beyond is None else beyond[0],
        beyond_mid_new=None if beyond is None else beyond[1],
        beyond_by="" if beyond is None else beyond[2],
    )


def _beyond(stratum: Stratum, scale: Scale) -> tuple[float, float | None, str] | None:
    """Return the probabilities the pooling left; else those of the confidence distribution."""
    found = stratum.details.get("mid")
    threshold = mid_threshold(scale)
    if found is None and threshold is not None:
        found = mid_probabilities(MethodResult.of_pooled(stratum.pooled, {"method": ""}), threshold)
    if found is None:
        return None
    mean = float(found["mean"])
    if mean != mean:  # not a number: no standard error
        return None
    new = found["new_study"]
    return mean, None if new is None else float(new), str(found["by"])


def inconsistency(stratum: Stratum, scale: Scale, rows: Sequence[EffectRow], about: str) -> Inconsistency:
    """Return spread of estimates, overlap of intervals and sides of the threshold.

    Intervals of studies are normal ones at the level of the pooled interval.

    References
    ----------
    Guyatt & Eachempati et al. (2025), Core GRADE 3, BMJ 389:e081905.
    """
    pooled, alone = stratum.pooled, len(rows) < 2
    z = NormalDist().inv_cdf(0.5 + pooled.level / 2.0)
    spans = [(row.yi - z * row.sei, row.yi + z * row.sei) for row in rows]
    apart = sum(a[1] < b[0] or b[1] < a[0] for a, b in combinations(spans, 2))
    margin = scale.mid if about == "mid" and scale.mid is not None else 0.0
    sign = -1.0 if scale.lower_is_better else 1.0
    gains = [sign * (row.yi - scale.null) for row in rows]
    better, worse = (
        sum(gain >= margin and gain > 0.0 for gain in side) for side in (gains, [-g for g in gains])
    )
    pi = pooled.pi
    return Inconsistency(
        k=len(rows),
        tau2=None if alone else pooled.heterogeneity.tau2,
        I2=None if alone else pooled.heterogeneity.I2,
        Q_p=None if alone else pooled.heterogeneity.Q_p,
        pi_low=None if pi is None else pi.low,
        pi_high=None if pi is None else pi.high,
        pi_crossed=() if pi is None else crossed(scale, pi.low, pi.high),
        pairs=len(rows) * (len(rows) - 1) // 2,
        apart=apart,
        better=better,
        between=len(rows) - better - worse,
        worse=worse,
        about=about,
    )


def indirectness(
    setting: str, outcome: str, rows: Sequence[EffectRow], weights: Sequence[float] | None
) -> Indirectness:
    """Return who was studied, what they got and what was measured.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 5, BMJ 389:e083865.
    """

    def of(name: str) -> tuple[Share, ...]:
        return shares(rows, weights, lambda row: row.moderator(name) or NOT_STATED)

    def population(row: EffectRow) -> str:
        return ", ".join(
            filter(None, (row.diabetes_type, row.moderator("complication"), row.moderator("species")))
        )

    given = of("co_intervention")
    return Indirectness(
        setting=setting,
        outcome_kind=known_outcome(outcome).importance or "",
        populations=shares(rows, weights, population),
        co_interventions=tuple(
            item for item in given if item.value not in (*_NO_CO_INTERVENTION, NOT_STATED)
        ),
        comparators=shares(rows, weights, lambda row: row.control.label or NOT_STATED),
        products=of("product"),
        times=shares(rows, weights, lambda row: row.at),
    )


def publication(result: AnalysisResult, rows: Sequence[EffectRow], test: SmallStudy | None) -> Publication:
    """Return the test for small-study effects, and results known to be missing.

    Results of studies of this group's types of diabetes are counted; trials the plan knows of, which have
    no type, count everywhere.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 4, BMJ 389:e083864; Page et al. (2023), ROB-ME, BMJ 383:e076754.
    """
    types = {row.diabetes_type for row in rows}
    missing = [item for item in result.table.missing if item.controlled and item.diabetes_type in types]
    known = [item.n for item in missing if item.n is not None]
    unrecorded = len(result.spec.get("known_missing", ()))
    article = Published.ARTICLE.value
    return Publication(
        k=len(rows),
        test="" if test is None else test.method,
        p=None if test is None else test.p,
        refused="no test was made" if test is None else test.refused,
        missing=len({item.study_id for item in missing}) + unrecorded,
        missing_participants=sum(known) if known else None,
        unpublished=sum(row.moderator("publication") not in ("", article) for row in rows),
    )
