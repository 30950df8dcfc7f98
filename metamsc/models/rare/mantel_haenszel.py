"""Mantel-Haenszel: one common effect over 2×2 tables or person-time counts, no correction of zeros needed.

statsmodels' StratifiedTable gives the common odds ratio, its standard error and the
Cochran-Mantel-Haenszel statistic. Written here is what it does not have (risk difference, rates, the risk
ratio's standard error, Cochran's variance), the risk ratio itself, which is one quotient and not worth
half a second of imports, and what it does not give for every table: its Breslow-Day statistic is not a
number for a common odds ratio of 1 or a study without events, and its p-values are 1 minus a distribution
function, which is 0 below 1e-16.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import OptionError, check_option
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.inference import chi2_p
from metamsc.models.inputs import check_level
from metamsc.models.rare.counts import UNCHANGED, TwoArms, ZeroCells, two_arms
from metamsc.models.rare.results import ChiSquareTest, StratifiedResult
from metamsc.models.rare.stratified import Common, double_zero_note, inverse_variance_q, summarise

MEASURES: dict[str, str] = {
    "OR": "odds ratio (log scale)",
    "RR": "risk ratio (log scale)",
    "RD": "risk difference",
    "IRR": "incidence rate ratio (log scale)",
    "IRD": "incidence rate difference",
}


class _Tests(NamedTuple):
    association: ChiSquareTest | None = None
    cochran: ChiSquareTest | None = None
    breslow_day: ChiSquareTest | None = None
    tarone: ChiSquareTest | None = None


def mantel_haenszel(
    measure: str,
    *,
    events_treat: ArrayLike,
    events_control: ArrayLike,
    n_treat: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
    time_treat: ArrayLike | None = None,
    time_control: ArrayLike | None = None,
    pooled_zeros: ZeroCells = UNCHANGED,
    study_zeros: ZeroCells | None = None,
    correct: bool = True,
    level: float = 0.95,
) -> StratifiedResult:
    """Pool tables by the Mantel-Haenszel method (a common, fixed effect).

    Parameters
    ----------
    measure : str
        OR, RR, RD (events of participants), IRR or IRD (events over person-time).
    events_treat, events_control : array-like of shape (k,)
        Events.
    n_treat, n_control : array-like of shape (k,)
        Participants (OR, RR, RD).
    time_treat, time_control : array-like of shape (k,)
        Person-time (IRR, IRD), in one unit.
    pooled_zeros : ZeroCells
        What is done to the tables before pooling; default: nothing, the method needs no correction.
    study_zeros : ZeroCells, optional
        What is done for the studies' own effects, which only `homogeneity`, I2 and H2 use; default: 1/2
        to studies with an empty cell, double-zero studies left out.
    correct : bool
        Whether the tests of association are continuity-corrected.
    level : float
        Coverage of the interval, a fraction.

    Returns
    -------
    StratifiedResult
        Double-zero studies add nothing to a ratio (their weight is 0); to a difference they add their
        sizes, pulling it towards 0. `warnings` says how many there are.

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        An argument is wrong; the message names it.

    Notes
    -----
    With N = n1 + n2: OR = sum(ad/N) / sum(bc/N); RR = sum(a n2/N) / sum(c n1/N); RD = sum((a n2 -
    c n1)/N) / sum(n1 n2/N). Variances: Robins, Breslow & Greenland 1986 (Biometrics 42:311-323) for OR;
    Greenland & Robins 1985 (Biometrics 41:55-68) for RR; Sato, Greenland & Robins 1989 (Biometrics
    45:1323-1324) for RD; Rothman, Greenland & Lash 2008 (Modern Epidemiology, ch. 15) for rates.
    Association: Mantel & Haenszel 1959 (J Natl Cancer Inst 22:719-748). Equality of odds ratios: Breslow
    & Day 1980 (Statistical Methods in Cancer Research I, p. 142), Tarone 1985 (Biometrika 72:91-95).

    Examples
    --------
    >>> from metamsc.models.rare.mantel_haenszel import mantel_haenszel
    >>> result = mantel_haenszel(
    ...     "RR", events_treat=[8, 22], n_treat=[106, 98], events_control=[5, 16], n_control=[120, 85]
    ... )
    >>> round(result.estimate, 4), round(result.se, 4)
    (0.2818, 0.259)
    """
    check_option("measure", measure, MEASURES)
    check_level(level)
    arms = _arms(measure, events_treat, events_control, n_treat, n_control, time_treat, time_control)
    tables = arms.adjusted(pooled_zeros)
    common = _RULES[measure](tables)
    tests = _tests(measure, tables, common.estimate, correct=correct)
    own = inverse_variance_q(measure, arms, common.estimate, study_zeros or ZeroCells())
    notes = double_zero_note(arms, _EFFECT_OF_DOUBLE_ZERO[measure], left_out=pooled_zeros.drop00)
    kept = ~arms.double_zero if pooled_zeros.drop00 else np.ones(arms.k, dtype=np.bool_)
    return summarise(
        method="MH",
        measure=measure,
        arms=arms,
        kept=kept,
        common=common,
        own=own,
        notes=notes,
        level=level,
        tests=tests._asdict(),
    )


def _arms(measure: str, a: ArrayLike, c: ArrayLike, *sizes: ArrayLike | None) -> TwoArms:
    """Return the checked counts; sizes are participants for tables, person-time for rates."""
    rates = measure in ("IRR", "IRD")
    n_treat, n_control, time_treat, time_control = sizes
    unwanted = (n_treat, n_control) if rates else (time_treat, time_control)
    if any(value is not None for value in unwanted):
        wanted = "time_treat and time_control" if rates else "n_treat and n_control"
        raise OptionError(f"{measure} takes {wanted} as sizes of the arms, and no others.")
    first, second = (time_treat, time_control) if rates else (n_treat, n_control)
    return two_arms(events_treat=a, size_treat=first, events_control=c, size_control=second, rates=rates)


_EFFECT_OF_DOUBLE_ZERO = {
    **dict.fromkeys(("OR", "RR", "IRR"), "they tell nothing about a ratio and have weight 0"),
    **dict.fromkeys(("RD", "IRD"), "they are in the estimate, as evidence of no difference"),
}


def _stratified(t: TwoArms) -> Any:
    """Return statsmodels' view of the tables."""
    from statsmodels.stats.contingency_tables import StratifiedTable

    a, b, c, d = t.cells()
    return StratifiedTable(np.array([[a, b], [c, d]]))


def _odds_ratio(t: TwoArms) -> Common:
    a, b, c, d = t.cells()
    N = t.size_treat + t.size_control
    weight = b * c / N
    if not (a * d).any() or not weight.any():
        return Common(None, None, weight)
    strata = _stratified(t)
    return Common(float(strata.logodds_pooled), float(strata.logodds_pooled_se), weight)


def _risk_ratio(t: TwoArms) -> Common:
    a, c, n1, n2 = t.events_treat, t.events_control, t.size_treat, t.size_control
    N = n1 + n2
    above, weight = a * n2 / N, c * n1 / N
    if not a.any() or not c.any():
        return Common(None, None, weight)
    variance = (n1 / N * (n2 / N) * (a + c) - a * c / N).sum() / (above.sum() * weight.sum())
    return Common(float(np.log(above.sum() / weight.sum())), float(np.sqrt(variance)), weight)


def _risk_difference(t: TwoArms) -> Common:
    a, c, n1, n2 = t.events_treat, t.events_control, t.size_treat, t.size_control
    N = n1 + n2
    weight = n1 * n2 / N
    difference = float((a * n2 / N - c * n1 / N).sum() / weight.sum())
    P = (c * (n1 / N) ** 2 - a * (n2 / N) ** 2 + n1 / N * (n2 / N) * (n2 - n1) / 2).sum()
    Q = (a * (n2 - c) / N + c * (n1 - a) / N).sum() / 2
    return Common(difference, float(np.sqrt(difference * P + Q) / weight.sum()), weight)


def _rate_ratio(t: TwoArms) -> Common:
    x1, x2, t1, t2 = t.events_treat, t.events_control, t.size_treat, t.size_control
    T = t1 + t2
    above, weight = x1 * t2 / T, x2 * t1 / T
    if not x1.any() or not x2.any():
        return Common(None, None, weight)
    variance = (t1 / T * (t2 / T) * (x1 + x2)).sum() / (above.sum() * weight.sum())
    return Common(float(np.log(above.sum() / weight.sum())), float(np.sqrt(variance)), weight)


def _rate_difference(t: TwoArms) -> Common:
    x1, x2, t1, t2 = t.events_treat, t.events_control, t.size_treat, t.size_control
    T = t1 + t2
    weight = t1 * t2 / T
    variance = (weight**2 * (x1 / t1**2 + x2 / t2**2)).sum() / weight.sum() ** 2
    return Common(float(((x1 * t2 - x2 * t1) / T).sum() / weight.sum()), float(np.sqrt(variance)), weight)


_RULES = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
}


def _tests(measure: str, t: TwoArms, log_or: float | None, *, correct: bool) -> _Tests:
    """Return the tests that the measure has."""
    if measure == "IRR":
        return _Tests(association=_person_time_test(t, correct=correct))
    if measure != "OR":
        return _Tests()
    informative = ~t.double_zero
    a, b, c, d = t.cells()
    if not (a + c).any() or not (b + d).any():
        return _Tests()
    n1, n2, N = t.size_treat, t.size_control, t.size_treat + t.size_control
    mh = float(_stratified(t).test_null_odds(correction=correct).statistic)
    surplus = abs(float((a - n1 * (a + c) / N).sum())) - (0.5 if correct else 0.0)
    cochran = surplus**2 / float((n1 / N * (n2 / N) * (a + c) * ((b + d) / N)).sum())
    equal = (None, None) if log_or is None else _equal_odds(t, informative, float(np.exp(log_or)))
    return _Tests(_chi2(mh, 1), _chi2(cochran, 1), *equal)


def _person_time_test(t: TwoArms, *, correct: bool) -> ChiSquareTest | None:
    x1, events, T = t.events_treat, t.events_treat + t.events_control, t.size_treat + t.size_control
    if not events.any():
        return None
    surplus = abs(float((x1 - events * t.size_treat / T).sum())) - (0.5 if correct else 0.0)
    return _chi2(surplus**2 / float((events * (t.size_treat / T) * (t.size_control / T)).sum()), 1)


def _equal_odds(
    t: TwoArms, informative: BoolArray, odds_ratio: float
) -> tuple[ChiSquareTest | None, ChiSquareTest | None]:
    """Return Breslow and Day's test and Tarone's, over the studies that have an odds ratio."""
    df = int(informative.sum()) - 1
    if df < 1:
        return None, None
    t = t.take(informative)
    a, n1, n2, m = t.events_treat, t.size_treat, t.size_control, t.events_treat + t.events_control
    expected = _expected_events(n1, n2, m, odds_ratio)
    v = 1.0 / (1 / expected + 1 / (n1 - expected) + 1 / (m - expected) + 1 / (n2 - m + expected))
    breslow_day = float(((a - expected) ** 2 / v).sum())
    tarone = max(0.0, breslow_day - float((a - expected).sum()) ** 2 / float(v.sum()))
    return _chi2(breslow_day, df), _chi2(tarone, df)


def _expected_events(n1: FloatArray, n2: FloatArray, m: FloatArray, odds_ratio: float) -> FloatArray:
    """Return the treated events that give each table, its margins kept, this odds ratio.

    The root of a quadratic equation in the form that stays exact for an odds ratio near 1.
    """
    B = odds_ratio * (n1 + m) + n2 - m
    return np.asarray(
        2.0 * odds_ratio * n1 * m / (B + np.sqrt(B**2 - 4.0 * odds_ratio * (odds_ratio - 1.0) * n1 * m))
    )


def _chi2(statistic: float, df: int) -> ChiSquareTest:
    return ChiSquareTest(statistic=statistic, df=df, p=chi2_p(statistic, df))
