"""What a pooled effect means in absolute terms, and which thresholds an interval holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.analysis.grade import AbsoluteEffect, ControlMeans
from metamsc.analysis.information import control_risk

if TYPE_CHECKING:
    from metamsc.analysis.grade_plan import BaselineRisk
    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult

BENEFIT, NULL, HARM = "important benefit", "no effect", "important harm"
LOWER, HIGHER = "important fall", "important rise"
"""Names of the two important thresholds where no direction is better."""
CONTROL_ARMS = "events in all control arms together"


def risk_with(measure: str, baseline: float, effect: float) -> float | None:
    """Return the risk with treatment at a baseline risk, not bounded; None for other measures.

    Parameters
    ----------
    measure : str
        "RR", "OR", "PETO" (effect a logarithm) or "RD".
    baseline : float
        Risk without treatment, a fraction.
    effect : float
        On the analysis scale.

    Returns
    -------
    float or None
        RR: baseline x RR. OR: odds x OR, as a risk. RD: baseline + RD.

    References
    ----------
    Schünemann et al., Cochrane Handbook, chapter 15.4.4 (computing absolute effects).
    """
    if measure == "RR":
        return baseline * math.exp(effect)
    if measure in ("OR", "PETO"):
        odds = baseline / (1.0 - baseline) * math.exp(effect)
        return odds / (1.0 + odds)
    return baseline + effect if measure == "RD" else None


def absolute_effects(
    pooled: PooledResult,
    rows: Sequence[EffectRow],
    given: Sequence[BaselineRisk] = (),
    mid: float | None = None,
) -> tuple[AbsoluteEffect, ...]:
    """Return risks with and without treatment; none where the measure or the rows give none.

    Parameters
    ----------
    pooled : PooledResult
    rows : sequence of EffectRow
    given : sequence of BaselineRisk
        The plan's; without any, events over participants of all control arms together.
    mid : float, optional
        Minimal important difference on the analysis scale.

    References
    ----------
    Schünemann et al., Cochrane Handbook, chapter 15.4.4; Guyatt et al. (2025), Core GRADE 2, BMJ 389:e081904:
    what matters is an absolute difference, so a ratio that matters is shown as the differences it stands for.
    """
    if given:
        found = [_absolute(pooled, risk.value, risk.source, risk.people or "", mid) for risk in given]
    else:
        baseline = control_risk(rows)
        found = [] if baseline is None else [_absolute(pooled, baseline, CONTROL_ARMS, "", mid)]
    return tuple(item for item in found if item is not None)


def _absolute(
    pooled: PooledResult, baseline: float, source: str, people: str, mid: float | None
) -> AbsoluteEffect | None:
    if not 0.0 < baseline < 1.0:
        return None
    values = [
        risk_with(pooled.measure, baseline, effect)
        for effect in (pooled.estimate, pooled.ci.low, pooled.ci.high)
    ]
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        return None
    risk, low, high = (min(max(value, 0.0), 1.0) for value in found)
    return AbsoluteEffect(
        baseline=baseline,
        source=source,
        people=people,
        risk=risk,
        risk_low=low,
        risk_high=high,
        capped=any(not 0.0 <= value <= 1.0 for value in found),
        mid=_important_risks(pooled.measure, baseline, mid),
    )


def _important_risks(measure: str, baseline: float, mid: float | None) -> tuple[float, float] | None:
    """Return the differences that a ratio which matters makes; None where a risk would leave 0 to 1."""
    if mid is None or measure == "RD":
        return None
    with_it = [risk_with(measure, baseline, sign * mid) for sign in (1.0, -1.0)]
    if any(risk is None or not 0.0 <= risk <= 1.0 for risk in with_it):
        return None
    more, fewer = (risk - baseline for risk in with_it if risk is not None)
    return more, fewer


def control_means(rows: Sequence[EffectRow]) -> ControlMeans | None:
    """Return the range of the final means of the control arms; None where no row has one."""
    means = [row.control.mean for row in rows if row.value == "final" and row.control.mean is not None]
    return ControlMeans(low=min(means), high=max(means), k=len(means)) if means else None


def thresholds(scale: Scale) -> dict[str, float]:
    """Return the thresholds on the analysis scale: no effect, and both important ones where they are set."""
    if scale.mid is None:
        return {NULL: scale.null}
    low, high = scale.null - scale.mid, scale.null + scale.mid
    if scale.lower_is_better is None:
        return {LOWER: low, NULL: scale.null, HIGHER: high}
    benefit, harm = (low, high) if scale.lower_is_better else (high, low)
    return {BENEFIT: benefit, NULL: scale.null, HARM: harm}


def crossed(scale: Scale, low: float, high: float) -> tuple[str, ...]:
    """Return the names of the thresholds strictly inside an interval, benefit first."""
    return tuple(name for name, value in thresholds(scale).items() if low < value < high)


def target_of(scale: Scale, estimate: float, about: str) -> str:
    """Return what the certainty is about, from where the point estimate lies.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 2, BMJ 389:e081904: an estimate beyond the minimal important difference
    is of an important effect, one short of it of little or no effect.
    """
    lower = estimate < scale.null
    if about == "mid" and scale.mid is not None:
        if abs(estimate - scale.null) < scale.mid:
            return "little or no important difference"
        if scale.lower_is_better is None:
            return f"an {LOWER if lower else HIGHER}"
        return f"an {BENEFIT if lower is scale.lower_is_better else HARM}"
    if estimate == scale.null:
        return "no difference"
    if scale.lower_is_better is None:
        return "a fall, of any size" if lower else "a rise, of any size"
    return "a benefit, of any size" if lower is scale.lower_is_better else "a harm, of any size"
