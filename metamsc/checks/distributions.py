"""Tail probabilities of the tests that papers print, without loading scipy.

A check of one record in an editor has half a second of processor time, and importing scipy.special
takes as much. The continued fractions below agree with scipy to 1e-10 (tested); they are only asked
for single numbers, so their speed does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist

_STEPS = 500
_TINY = 1e-300
_CLOSE = 1e-15
LEAST_P = 1e-300
"""Below, half a P value may be 0, which has no quantile; |z| is then 37 and more."""
MANY = 1e6
"""Degrees of freedom beyond which t is normal to 6 digits, and log-gamma loses as many."""


def normal_p(z: float) -> float:
    """Two-sided P value of a z statistic."""
    return math.erfc(abs(z) / math.sqrt(2))


def normal_quantile(p: float) -> float:
    """|z| whose two-sided P value is `p`; 0 < p <= 1."""
    return -NormalDist().inv_cdf(max(p / 2, LEAST_P)) if p < 1 else 0.0


def t_p(t: float, df: float) -> float:
    """Two-sided P value of a t statistic with `df` > 0 degrees of freedom."""
    if df > MANY:
        return normal_p(t)
    return _beta_share(df / 2, 0.5, df / (df + t * t), t * t / (df + t * t)) if math.isfinite(t) else 0.0


@cache
def t_quantile(p: float, df: float) -> float:
    """|t| whose two-sided P value is `p`; 0 < p <= 1."""
    return _inverse(lambda t: t_p(t, df), p)


def f_p(f: float, df_between: float, df_within: float) -> float:
    """Upper tail of an F statistic."""
    if f <= 0:
        return 1.0
    if df_within > MANY:
        return chi2_p(f * df_between, df_between)
    whole = df_within + df_between * f
    return _beta_share(df_within / 2, df_between / 2, df_within / whole, df_between * f / whole)


def chi2_p(x: float, df: float) -> float:
    """Upper tail of a chi-square statistic."""
    half = x / 2  # of the smallest number there is, half is 0
    return _gamma_tail(df / 2, half) if half > 0 else 1.0


def fisher_p(events_a: int, n_a: int, events_b: int, n_b: int) -> float:
    """Two-sided P value of Fisher's exact test: all tables no likelier than the one found."""
    events = events_a + events_b
    low, high = max(0, events - n_b), min(events, n_a)

    def weight(x: int) -> float:
        return _log_choose(n_a, x) + _log_choose(n_b, events - x)

    whole = _log_choose(n_a + n_b, events)
    found = weight(events_a)
    # 1e-7: tables of equal probability differ in the last bits (as in R's fisher.test)
    return min(
        1.0, sum(math.exp(weight(x) - whole) for x in range(low, high + 1) if weight(x) <= found + 1e-7)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _inverse(tail: Callable[[float], float], p: float) -> float:
    """Solve tail(x) = p for x >= 0 by bisection; `tail` falls."""
    low, high = 0.0, 1.0
    while tail(high) > p and high < 1e8:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if tail(middle) > p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_share(a: float, b: float, x: float, rest: float) -> float:
    """Regularised incomplete beta function I_x(a, b); `rest` is 1 - x, without its rounding error.

    References
    ----------
    Abramowitz & Stegun (1964) 26.5.8, evaluated by the modified Lentz method.
    """
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, rest) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    result = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            result *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return result


def _gamma_tail(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function Q(a, x).

    References
    ----------
    Abramowitz & Stegun (1964) 6.5.29 (series, for small x) and 6.5.31 (continued fraction).
    """
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for m in range(1, _STEPS):
            term *= x / (a + m)
            total += term
            if term < total * _CLOSE:
                break
        return 1 - front * total
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    result = d
    for m in range(1, _STEPS):
        step = -m * (m - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        result *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return front * result
