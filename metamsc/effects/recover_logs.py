"""Geometric means and logarithms: to the log scale, back to arithmetic means, and the ratio of two.

Going from a geometric mean to the log scale is algebra. Between arithmetic means and the log scale lies the
assumption that values are log-normal, so those results are `imputed`. All logarithms are natural.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, check_number, quantile
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError

ASYMMETRY = 0.1
"""A mean further than this part of the half-width from the middle of its log interval is pointed out."""

MAX_LOG_MEAN, MAX_LOG_SD, MAX_CV = 300.0, 20.0, 1e100
"""Far beyond anything measured; larger ones have no finite exponential (or square) in double precision."""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """Log of a ratio and its standard error."""

    yi: float
    sei: float


def log_mean_sd_from_geometric(
    mean: float,
    n: float,
    *,
    sd: float | None = None,
    ci: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Recovered[MeanSd]:
    """Return mean and SD of the logarithms from a geometric mean with geometric SD or interval.

    Parameters
    ----------
    mean : float
        Geometric mean, > 0.
    n : float
        Size of the group, >= 2.
    sd : float, optional
        Geometric SD: a factor, > 1.
    ci : (float, float), optional
        Confidence interval of the geometric mean. One of `sd` and `ci` must be given.
    level : float
        Level of `ci` as a fraction.

    Returns
    -------
    Recovered
        μ = ln mean; σ = ln sd, or √n·ln(high/low)/(2t) by t on n − 1 degrees of freedom. Algebra, not
        `imputed`; a note where the mean is not in the middle of the interval on the log scale.

    Raises
    ------
    InputError
        If both or neither of `sd` and `ci` are given, or a number is impossible.

    References
    ----------
    Higgins, White & Anzures-Cabrera (2008), Stat Med 27:6072; Cochrane Handbook 6.5.2.4.
    """
    check_number("mean", mean, above=0)
    check_number("n", n, at_least=2)
    if (sd is None) == (ci is None):
        raise InputError("give the geometric SD or the interval of the geometric mean, one of the two.")
    mu = math.log(mean)
    if sd is not None:
        check_number("sd", sd, above=1)
        derivation = f"log mean, sd ← ln {mean:g}, ln {sd:g} (geometric mean and SD)"
        return Recovered(MeanSd(mu, math.log(sd), n), derivation)
    low, high = ci or (math.nan, math.nan)
    check_number("low", low, above=0)
    check_number("high", high, above=low)
    if not low <= mean <= high:
        raise InputError(f"ci {low:g} to {high:g} does not contain the geometric mean {mean:g}.")
    q, name = quantile(level, n - 1)
    width = math.log(high / low)
    derivation = (
        f"log mean ← ln {mean:g}; log sd ← √n·ln(high/low)/(2·{name}) "
        f"(√{n:g}·ln({high:g}/{low:g})/(2·{q:.4f}))"
    )
    off = abs(mu - (math.log(low) + math.log(high)) / 2) / (width / 2)
    note = f"geometric mean is {off:.0%} of the half-width from the middle of its log interval"
    notes = (note,) if off > ASYMMETRY else ()
    return Recovered(MeanSd(mu, math.sqrt(n) * width / (2 * q), n), derivation, notes=notes)


def log_mean_sd_from_raw(mean: float, sd: float, n: float) -> Recovered[MeanSd]:
    """Return mean and SD of the logarithms from arithmetic mean and SD, if values are log-normal.

    Parameters
    ----------
    mean, sd : float
        Arithmetic mean and SD, > 0, in the unit of the outcome (which must have a true zero).
    n : float
        Size of the group, >= 1.

    Returns
    -------
    Recovered
        σ² = ln(1 + sd²/mean²), μ = ln mean − σ²/2; always `imputed`.

    References
    ----------
    Higgins, White & Anzures-Cabrera (2008), Stat Med 27:6072 (log-normal values, SDs not taken as
    equal in the arms).
    """
    check_number("mean", mean, above=0)
    check_number("sd", sd, above=0)
    check_number("sd/mean", sd / mean, below=MAX_CV)
    check_number("n", n, at_least=1)
    variance = math.log1p((sd / mean) ** 2)
    derivation = f"log mean, sd ← mean {mean:g}, SD {sd:g}, values taken as log-normal (Higgins 2008)"
    return Recovered(MeanSd(math.log(mean) - variance / 2, math.sqrt(variance), n), derivation, imputed=True)


def mean_sd_from_log(log_mean: float, log_sd: float, n: float) -> Recovered[MeanSd]:
    """Return arithmetic mean and SD from mean and SD of the logarithms, if values are log-normal.

    Parameters
    ----------
    log_mean, log_sd : float
        Mean and SD of the natural logarithms; SD > 0.
    n : float
        Size of the group, >= 1.

    Returns
    -------
    Recovered
        mean = exp(μ + σ²/2), sd = mean·√(exp(σ²) − 1); always `imputed`.

    References
    ----------
    Higgins, White & Anzures-Cabrera (2008), Stat Med 27:6072.
    """
    check_number("log_mean", log_mean, below=MAX_LOG_MEAN)
    check_number("log_sd", log_sd, above=0, below=MAX_LOG_SD)
    check_number("n", n, at_least=1)
    mean = math.exp(log_mean + log_sd**2 / 2)
    derivation = f"mean, sd ← log mean {log_mean:g}, log SD {log_sd:g}, values taken as log-normal"
    return Recovered(MeanSd(mean, mean * math.sqrt(math.expm1(log_sd**2)), n), derivation, imputed=True)


def ratio_of_geometric_means(treat: Recovered[MeanSd], control: Recovered[MeanSd]) -> Recovered[LogRatio]:
    """Return the log of the ratio of two geometric means, treated over control, with its SE.

    Parameters
    ----------
    treat, control : Recovered
        Mean and SD of the logarithms of each arm, from the functions above; n >= 2.

    Returns
    -------
    Recovered
        yi = μ₁ − μ₂, sei = √(σ₁²/n₁ + σ₂²/n₂); `imputed` if either arm is, with the notes of both.

    References
    ----------
    Higgins, White & Anzures-Cabrera (2008), Stat Med 27:6072.
    """
    first, second = treat.value, control.value
    for name, arm in (("treat", first), ("control", second)):
        check_number(f"n of {name}", arm.n, at_least=2)
        check_number(f"sd of {name}", arm.sd, above=0)
    ratio = LogRatio(first.mean - second.mean, math.sqrt(first.sd**2 / first.n + second.sd**2 / second.n))
    derivation = f"log ratio of geometric means ← treated: {treat.derivation}; control: {control.derivation}"
    imputed = treat.imputed or control.imputed
    return Recovered(ratio, derivation, imputed=imputed, notes=(*treat.notes, *control.notes))
