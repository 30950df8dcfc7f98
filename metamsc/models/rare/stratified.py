"""What Mantel-Haenszel and Peto share: heterogeneity about the common effect, the result, its warnings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.inference import chi2_p, infer_coefficient
from metamsc.models.rare.counts import TwoArms, ZeroCells, arm_effects, usable
from metamsc.models.rare.results import ChiSquareTest, StratifiedResult


class Common(NamedTuple):
    """A common effect, its standard error, and the weight of each table."""

    estimate: float | None
    se: float | None
    weight: FloatArray


class Own(NamedTuple):
    """How many studies have an effect of their own, and how far these are from the common one."""

    k: int
    homogeneity: ChiSquareTest | None
    I2: float | None
    H2: float | None


def inverse_variance_q(measure: str, arms: TwoArms, estimate: float | None, rule: ZeroCells) -> Own:
    """Return Q of the studies' own effects about `estimate`, with 1 / variance as weights."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = arm_effects(measure, arms.adjusted(rule))
    kept = usable(yi, vi)
    yi, vi = yi[kept], vi[kept]
    if estimate is None and yi.size > 1:
        return Own(yi.size, None, None, None)
    Q = 0.0 if estimate is None or yi.size < 2 else float(((yi - estimate) ** 2 / vi).sum())
    return own_from_q(yi.size, Q)


def own_from_q(k: int, Q: float) -> Own:
    """Return I2 and H2 beside Q on k - 1 degrees of freedom; with one study there is no heterogeneity."""
    df = max(k - 1, 0)
    if df == 0:
        return Own(k, ChiSquareTest(statistic=0.0, df=0, p=1.0), 0.0, 1.0)
    I2 = max(0.0, 100.0 * (Q - df) / Q) if Q > 0.0 else 0.0
    return Own(k, ChiSquareTest(statistic=Q, df=df, p=chi2_p(Q, df)), I2, Q / df)


def double_zero_note(arms: TwoArms, effect: str, *, left_out: bool) -> list[str]:
    """Return the sentence about double-zero studies, if there are any."""
    n = int(arms.double_zero.sum())
    if not n:
        return []
    studies = "1 study has" if n == 1 else f"{n} studies have"
    kind = "no events" if arms.rates else "no events, or nothing but events,"
    fate = "left out" if left_out else effect
    return [f"{studies} {kind} in both arms: {fate}."]


def summarise(
    *,
    method: str,
    measure: str,
    arms: TwoArms,
    kept: BoolArray,
    common: Common,
    own: Own,
    notes: list[str],
    level: float,
    tests: dict[str, Any],
) -> StratifiedResult:
    """Return the result with the common effect's test and interval (normal quantiles)."""
    known = common.estimate is not None and common.se is not None and np.isfinite(common.se)
    effect = None
    if known and common.estimate is not None and common.se is not None:
        effect = infer_coefficient("common", common.estimate, common.se, None, level)
    else:
        notes = [*notes, _undetermined(measure, arms)]
    if arms.k == 1:
        notes = ["k = 1: nothing was pooled; the estimate is the single study's own.", *notes]
    return StratifiedResult(
        method=method,
        measure=measure,
        k=int(kept.sum()),
        k_effects=own.k,
        n_double_zero=int(arms.double_zero.sum()),
        estimate=None if effect is None else effect.estimate,
        se=None if effect is None else effect.se,
        statistic=None if effect is None else effect.statistic,
        p=None if effect is None else effect.p,
        ci=None if effect is None else effect.ci,
        level=level,
        homogeneity=own.homogeneity,
        I2=own.I2,
        H2=own.H2,
        weights_percent=_percent(common.weight, kept),
        warnings=tuple(notes),
        **tests,
    )


def _percent(weight: FloatArray, kept: BoolArray) -> tuple[float, ...]:
    """Return the weights of all studies given, those left out 0, summing to 100 (or all 0)."""
    all_weights = np.zeros(kept.size)
    all_weights[kept] = weight
    total = all_weights.sum()
    return tuple(float(x) for x in (100.0 * all_weights / total if total > 0.0 else all_weights))


def _undetermined(measure: str, arms: TwoArms) -> str:
    """Say why there is no estimate."""
    treat, control = bool(arms.events_treat.any()), bool(arms.events_control.any())
    if treat and control:
        return f"Every study's {measure} is 0, infinite or undefined: there is no common estimate."
    arm = "either arm" if not (treat or control) else "the treated arms" if not treat else "the control arms"
    return (
        f"No events in {arm} of any study: the common {measure} is not determined. A risk difference, "
        "Peto's method (if one arm has events) or the beta-binomial model may be."
    )
