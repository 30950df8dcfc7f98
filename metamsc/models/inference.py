"""Tests and intervals from estimates and standard errors: normal or t, chi-square or F.

Scalars in, scalars or results out. Distributions come from ``scipy.special`` (``scipy.stats`` takes
three times as long to import and gives the same numbers).
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from metamsc.models.batch import FloatArray
from metamsc.models.results import Coefficient, Interval, OmnibusTest


def critical_value(level: float, df: float | None) -> float:
    """Return the two-sided quantile at `level` of the normal (`df` None) or the t distribution."""
    upper = 0.5 + 0.5 * level
    return float(ndtri(upper)) if df is None else float(stdtrit(df, upper))


def two_sided_p(statistic: float, df: float | None) -> float:
    """Return the two-sided p-value of a z (`df` None) or t statistic."""
    tail = ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))
    return float(2.0 * tail)


def chi2_p(statistic: float, df: float) -> float:
    """Return the upper tail probability of chi-square; 1 when there are no degrees of freedom."""
    return float(chdtrc(df, statistic)) if df > 0 else 1.0


def infer_coefficient(name: str, estimate: float, se: float, df: float | None, level: float) -> Coefficient:
    """Return the test and interval of one coefficient; with se = 0 no test is defined."""
    half = critical_value(level, df) * se
    statistic = estimate / se if se > 0 else None
    return Coefficient(
        name=name,
        estimate=estimate,
        se=se,
        statistic=statistic,
        df=df,
        p=None if statistic is None else two_sided_p(statistic, df),
        ci=Interval(estimate - half, estimate + half, level),
    )


def omnibus_test(estimate: FloatArray, cov: FloatArray, df: float | None) -> OmnibusTest | None:
    """Return the Wald-type test that all coefficients given are 0; None if `cov` is singular.

    Parameters
    ----------
    estimate : array of shape (m,)
    cov : array of shape (m, m)
    df : float or None
        Residual degrees of freedom: an F test on (m, df); None: a chi-square test on m.
    """
    m = estimate.size
    sd = np.sqrt(np.diag(cov))
    if not (sd > 0).all():
        return None
    # Work with the correlation matrix: coefficients may be on very different scales.
    z = estimate / sd
    correlation = cov / np.outer(sd, sd)
    if np.linalg.cond(correlation) > 1e14:
        return None
    statistic = max(float(z @ np.linalg.solve(correlation, z)), 0.0)
    if df is None:
        return OmnibusTest(statistic=statistic, df=m, df2=None, p=chi2_p(statistic, m))
    return OmnibusTest(statistic=statistic / m, df=m, df2=df, p=float(fdtrc(m, df, statistic / m)))
