"""Is there enough evidence? Power and information size for the minimal important difference, pool by pool."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metamsc.analysis.result import Information, Scale, Stratum
from metamsc.dataset.rows import EffectRow
from metamsc.models.information_size import (
    InformationSize,
    compute_diversity,
    compute_power,
    information_size_for_means,
    information_size_for_risks,
)

TARGET = 0.8
"""Power that is aimed at (GRADE guidelines 6: 0.8 or 0.9)."""
_RISK_MEASURES = ("RR", "OR", "RD", "PETO")


def information_of(stratum: Stratum, rows: Sequence[EffectRow], scale: Scale) -> Information | None:
    """Return power and information size of one pool; None without a minimal important difference.

    Parameters
    ----------
    stratum : Stratum
    rows : sequence of EffectRow
        Its rows.
    scale : Scale

    Returns
    -------
    Information or None
        Means: the SD is that of the arms, pooled over all that print one. Risks: the control risk is that of
        all control arms together; the treated risk follows from it by the minimal important difference, as
        a benefit where the outcome has a direction, else as a reduction.
    """
    if scale.mid is None:
        return None
    pooled = stratum.pooled
    alpha = round(1.0 - pooled.level, 12)
    tau2 = pooled.heterogeneity.tau2
    vi = [row.vi for row in rows]
    fixed = compute_power(scale.mid, vi, alpha=alpha, target=TARGET)
    random = compute_power(scale.mid, vi, tau2=tau2, alpha=alpha, target=TARGET)
    diversity = compute_diversity(vi, tau2)
    size, assumed, refused = _size(rows, scale, alpha, diversity)
    return Information(
        label=stratum.label,
        k=pooled.k,
        participants=participants_of(rows),
        alpha=alpha,
        target=TARGET,
        effect=scale.mid,
        assumed=assumed,
        optimal=None if size is None else size.n_total,
        diversity=diversity,
        required=None if size is None else size.required,
        power_fixed=fixed.power,
        power_random=random.power,
        refused=refused,
    )


def participants_of(rows: Sequence[EffectRow]) -> float | None:
    """Return the participants of all rows; None where a number is not printed."""
    known = [arm.n for row in rows for arm in (row.treatment, row.control) if arm.n is not None]
    return sum(known) if len(known) == 2 * len(rows) else None


def _size(
    rows: Sequence[EffectRow], scale: Scale, alpha: float, diversity: float
) -> tuple[InformationSize | None, str, str]:
    """Return the information size, what it assumes, and why there is none."""
    mid = scale.mid or 0.0
    if scale.measure.startswith("SMD"):
        size = information_size_for_means(mid, 1.0, alpha=alpha, power=TARGET, diversity=diversity)
        return size, "effects in standard deviations", ""
    if scale.measure == "MD":
        sd = pooled_sd(rows)
        if sd is None:
            return None, "", "no row prints the SD and number of both arms"
        size = information_size_for_means(mid, sd, alpha=alpha, power=TARGET, diversity=diversity)
        return size, f"SD {sd:.2g} {scale.unit}, pooled over the arms", ""
    if scale.measure in _RISK_MEASURES:
        return _size_for_risks(rows, scale, alpha, diversity)
    return None, "", f"no formula for {scale.measure} here"


def pooled_sd(rows: Sequence[EffectRow]) -> float | None:
    """Return the SD within arms, pooled with weights n - 1; None where no arm has one."""
    arms = [
        (arm.n, arm.sd)
        for row in rows
        for arm in (row.treatment, row.control)
        if arm.n is not None and arm.sd is not None and arm.n > 1
    ]
    if not arms:
        return None
    return math.sqrt(sum((n - 1) * sd**2 for n, sd in arms) / sum(n - 1 for n, _ in arms))


def control_risk(rows: Sequence[EffectRow]) -> float | None:
    """Return events over participants of all control arms together; None where no arm has counts."""
    counted = [row.control for row in rows if row.control.events is not None and row.control.n]
    total = sum(arm.n or 0.0 for arm in counted)
    return sum(arm.events or 0.0 for arm in counted) / total if total else None


def _size_for_risks(
    rows: Sequence[EffectRow], scale: Scale, alpha: float, diversity: float
) -> tuple[InformationSize | None, str, str]:
    risk = control_risk(rows)
    if risk is None or not 0.0 < risk < 1.0:
        return None, "", "no control risk between 0 and 1 can be told from the rows"
    treated = treated_risk(risk, scale)
    assumed = f"control risk {100 * risk:.3g}%, that of all control arms"
    if not 0.0 < treated < 1.0:
        return None, assumed, "the minimal important difference leads to a risk outside 0 to 1"
    size = information_size_for_risks(risk, treated, alpha=alpha, power=TARGET, diversity=diversity)
    return size, assumed, ""


def treated_risk(risk: float, scale: Scale) -> float:
    """Return the risk that differs from the control risk by the minimal important difference."""
    mid = scale.mid or 0.0
    change = mid if scale.lower_is_better is False else -mid
    if scale.measure == "RD":
        return risk + change
    if scale.measure == "RR":
        return risk * math.exp(change)
    odds = risk / (1.0 - risk) * math.exp(change)
    return odds / (1.0 + odds)
