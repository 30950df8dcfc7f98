"""Standard errors from printed test statistics: t, F on (1, df), χ² on 1 df; and the SD behind a difference.

A test statistic gives a standard error only together with the estimate it tests; one that compares more
than two groups at once gives none and is refused.
"""

from __future__ import annotations

import math

from metamsc.effects.recover import Recovered, check_number
from metamsc.errors import InputError


def se_from_t(estimate: float, t: float) -> Recovered[float]:
    """Return the standard error from an estimate and its t (or z) statistic.

    Parameters
    ----------
    estimate : float
        Estimate on the analysis scale (difference of means, log of a ratio), not zero.
    t : float
        Statistic of the test that this very estimate is zero, not zero. Its sign is ignored: papers
        subtract either way round.

    Returns
    -------
    Recovered
        se = |estimate|/|t|.

    Raises
    ------
    InputError
        If either is zero or not finite.

    References
    ----------
    Cochrane Handbook 6.5.2.3.
    """
    _check_estimate(estimate)
    check_number("t", t)
    if t == 0:
        raise InputError("t = 0 gives no standard error; give se or ci.")
    size, statistic = abs(estimate), abs(t)
    return Recovered(size / statistic, f"se ← |estimate|/|t| ({size:g}/{statistic:g})")


def se_from_f(estimate: float, f: float, *, df_between: int = 1) -> Recovered[float]:
    """Return the standard error from a difference and the F statistic of a comparison of two groups.

    Parameters
    ----------
    estimate : float
        Difference tested, not zero.
    f : float
        F statistic, > 0.
    df_between : int
        Numerator degrees of freedom; only 1 (two groups) can be used.

    Returns
    -------
    Recovered
        se = |estimate|/√F, as F(1, df) = t(df)².

    Raises
    ------
    InputError
        If F compares more than two groups, or a number is impossible.

    References
    ----------
    Cochrane Handbook 6.5.2.3 with F = t².
    """
    _check_one_df("F", df_between)
    _check_estimate(estimate)
    check_number("f", f, above=0)
    size = abs(estimate)
    return Recovered(size / math.sqrt(f), f"se ← |estimate|/√F ({size:g}/√{f:g}), F on 1 numerator df")


def se_from_chi2(
    ratio: float, chi2: float, *, df: int = 1, continuity_corrected: bool = False
) -> Recovered[float]:
    """Return the standard error of the log of a ratio from the χ² statistic on 1 degree of freedom.

    Parameters
    ----------
    ratio : float
        RR, OR or HR on its natural scale, > 0 and not 1.
    chi2 : float
        Statistic of a Wald, score (Pearson, log-rank) or likelihood-ratio test of ratio = 1, > 0.
    df : int
        Degrees of freedom; only 1 can be used.
    continuity_corrected : bool
        Whether Yates's correction was applied; the result is then too large, and a note says so.

    Returns
    -------
    Recovered
        se = |ln ratio|/√χ². Exact for a Wald test; a note says that other tests only approximate it.

    Raises
    ------
    InputError
        If df is not 1, or a number is impossible.

    References
    ----------
    Parmar, Torri & Stewart (1998), Stat Med 17:2815; Cochrane Handbook 6.3.2.
    """
    _check_one_df("χ²", df)
    check_number("ratio", ratio, above=0)
    check_number("chi2", chi2, above=0)
    if ratio == 1:
        raise InputError("a ratio of 1 has χ² = 0 whatever its standard error; give se or ci.")
    size = abs(math.log(ratio))
    notes = ["exact for a Wald test only; score and likelihood-ratio tests agree with it approximately"]
    if continuity_corrected:
        notes.append("χ² with continuity correction is too small: this standard error is too large")
    derivation = f"se of log ratio ← |ln {ratio:g}|/√χ² ({size:.4g}/√{chi2:g})"
    return Recovered(size / math.sqrt(chi2), derivation, notes=tuple(notes))


def sd_from_se_of_difference(se: float, n_treat: float, n_control: float) -> Recovered[float]:
    """Return the SD within groups from the standard error of the difference of two means.

    Parameters
    ----------
    se : float
        Standard error of the unadjusted difference, > 0, in the unit of the outcome.
    n_treat, n_control : float
        Group sizes, >= 1.

    Returns
    -------
    Recovered
        sd = se/√(1/n_treat + 1/n_control), to be used for both groups: the pooled SD where the test was
        Student's. From an adjusted analysis (ANCOVA) it would be a residual SD, which is smaller.

    References
    ----------
    Cochrane Handbook 6.5.2.3.
    """
    check_number("se", se, above=0)
    check_number("n_treat", n_treat, at_least=1)
    check_number("n_control", n_control, at_least=1)
    derivation = f"sd ← se/√(1/n₁ + 1/n₂) ({se:g}/√(1/{n_treat:g} + 1/{n_control:g}))"
    note = "one SD for both groups; too small if the difference was adjusted for baseline"
    return Recovered(se / math.sqrt(1 / n_treat + 1 / n_control), derivation, notes=(note,))


def _check_estimate(estimate: float) -> None:
    """Refuse an estimate that says nothing about its standard error."""
    check_number("estimate", estimate)
    if estimate == 0:
        raise InputError("an estimate of 0 has a statistic of 0 whatever its standard error; give se or ci.")


def _check_one_df(statistic: str, df: int) -> None:
    """Refuse a statistic that compares more than two groups at once."""
    if df != 1:
        raise InputError(
            f"{statistic} must have 1 degree of freedom (two groups); got {df}. With more groups compared "
            "at once give their SDs, or the statistic of the pairwise comparison."
        )
