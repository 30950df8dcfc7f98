"""Standard deviations, standard errors and counts recovered from what a paper prints instead.

Numbers in, a :class:`Recovered` out: the value, a short text saying how it came about, and whether it
rests on an assumption (`imputed`) rather than on algebra. Medians are in ``recover_quantiles.py``,
several arms and changes in ``recover_groups.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

from scipy.special import ndtri, stdtrit

from metamsc.errors import InputError, check_option

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recovered(Generic[T]):
    """A value that is not printed as such.

    Attributes
    ----------
    value : float, int or a small frozen group of numbers
        The value recovered.
    derivation : str
        How, with the numbers: "sd ← se·√n (0.25·√21)".
    imputed : bool
        True where it rests on an assumption (a shape, a correlation, the reading of an unlabelled ±).
    notes : tuple of str
        What a reader should know about it (skewness, asymmetry of an interval).
    """

    value: T
    derivation: str
    imputed: bool = False
    notes: tuple[str, ...] = ()


def check_number(
    name: str,
    value: float,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
) -> None:
    """Raise `InputError` unless the value is finite and within the bounds given."""
    rules = []
    if above is not None:
        rules.append((f"> {above:g}", value > above))
    if at_least is not None:
        rules.append((f">= {at_least:g}", value >= at_least))
    if below is not None:
        rules.append((f"< {below:g}", value < below))
    if not math.isfinite(value) or not all(fits for _, fits in rules):
        wanted = " and ".join(text for text, _ in rules) or "finite"
        raise InputError(f"{name} must be {wanted}; got {value:g}.")


def quantile(level: float, df: float | None) -> tuple[float, str]:
    """Return the two-sided quantile, normal when `df` is None, else Student's t, and its name."""
    check_number("level", level, above=0, below=1)
    tail = 1 - (1 - level) / 2
    if df is None:
        return float(ndtri(tail)), "z"
    check_number("degrees of freedom", df, above=0)
    return float(stdtrit(df, tail)), f"t on {df:g} df"


def sd_from_se(se: float, n: float) -> Recovered[float]:
    """Return the SD of a group from the standard error of its mean.

    Parameters
    ----------
    se : float
        Standard error of the mean, > 0, in the unit of the outcome.
    n : float
        Size of the group, >= 1.

    Returns
    -------
    Recovered
        sd = se·√n.

    References
    ----------
    Cochrane Handbook 6.5.2.2.
    """
    check_number("se", se, above=0)
    check_number("n", n, at_least=1)
    return Recovered(se * math.sqrt(n), f"sd ← se·√n ({se:g}·√{n:g})")


def se_from_ci(low: float, high: float, *, level: float = 0.95, df: float | None = None) -> Recovered[float]:
    """Return the standard error from a confidence interval, both on the analysis scale.

    Parameters
    ----------
    low, high : float
        Ends of the interval; for a ratio, of its logarithm.
    level : float
        Confidence level as a fraction.
    df : float, optional
        Degrees of freedom when the interval was made with Student's t; normal otherwise.

    Returns
    -------
    Recovered
        se = (high − low)/(2q).

    References
    ----------
    Cochrane Handbook 6.3.1 and 6.5.2.3.
    """
    check_number("low", low)
    check_number("high", high, above=low)
    q, name = quantile(level, df)
    width = f"{_printed(high)} − {_printed(low)}"
    return Recovered((high - low) / (2 * q), f"se ← width of CI/(2·{name}) (({width})/(2·{q:.4f}))")


def _printed(number: float) -> str:
    """Return a number inside a formula: one below zero in brackets, with a minus sign."""
    return f"{number:g}" if number >= 0 else f"(−{-number:g})"


def sd_from_ci(low: float, high: float, n: float, *, level: float = 0.95) -> Recovered[float]:
    """Return the SD of a group from the confidence interval of its mean, by t on n − 1 degrees of freedom.

    Parameters
    ----------
    low, high : float
        Ends of the interval, in the unit of the outcome.
    n : float
        Size of the group, >= 2.
    level : float
        Confidence level as a fraction.

    Returns
    -------
    Recovered
        sd = √n(high − low)/(2t).

    References
    ----------
    Cochrane Handbook 6.5.2.2 (t rather than 1.96 for small groups; the same for large ones).
    """
    check_number("n", n, at_least=2)
    se = se_from_ci(low, high, level=level, df=n - 1)
    text = se.derivation.removeprefix("se ← ")
    return Recovered(se.value * math.sqrt(n), f"sd ← √n·{text}, n = {n:g}")


def se_from_p(
    estimate: float, p: float | str, *, df: float | None = None, sides: int = 2
) -> Recovered[float]:
    """Return the standard error from an estimate and its exact P value.

    Parameters
    ----------
    estimate : float
        Estimate on the analysis scale (log of a ratio), not zero.
    p : float or str
        P value of the test of no effect, strictly between 0 and 1, or as printed ("0.03", "P = 0.03").
    df : float, optional
        Degrees of freedom of a t test; a z test otherwise.
    sides : int
        2, or 1 where the paper tested in the direction of the estimate only.

    Returns
    -------
    Recovered
        se = |estimate|/q(p); a one-sided P value is doubled first.

    Raises
    ------
    InputError
        If p is a bound ("<0.05", "NS"), impossible, or one-sided and not below ½; or if the estimate is 0.

    References
    ----------
    Altman & Bland (2011), BMJ 343:d2090; Cochrane Handbook 6.3.2 and 6.5.2.3.
    """
    exact = _exact_p(p) if isinstance(p, str) else p
    check_option("sides", str(sides), ("1", "2"))
    if sides == 1:
        check_number("one-sided p", exact, above=0, below=0.5)
    check_number("p", exact, above=0, below=1)
    check_number("estimate", estimate)
    if estimate == 0:
        raise InputError("an estimate of 0 has P = 1 whatever its standard error; give se or ci.")
    q, name = quantile(1 - exact * (2 if sides == 1 else 1), df)
    kind = ", one-sided" if sides == 1 else ""
    derivation = f"se ← |estimate|/{name} at P = {exact:g}{kind} ({abs(estimate):g}/{q:.4f})"
    return Recovered(abs(estimate) / q, derivation)


def _exact_p(printed: str) -> float:
    """Return the number of a P value as printed; refuse a bound, with what to do instead."""
    try:
        return float(printed.strip().lstrip("pP").strip().removeprefix("=").strip())
    except ValueError:
        raise InputError(
            f"p must be exact; got {printed!r}. A bound gives no standard error: look for se, ci or the test "
            'statistic; in a sensitivity analysis "<0.05" may be taken as 0.05, which makes the SE too large.'
        ) from None


SPREAD_READINGS = ("sd", "se")


def sd_from_unlabelled(value: float, n: float, *, reading: str) -> Recovered[float]:
    """Return the SD from a ± that the paper does not label, under the reading the analysis states.

    Parameters
    ----------
    value : float
        Number after the ±, > 0.
    n : float
        Size of the group.
    reading : str
        "sd" or "se": what the number is assumed to be.

    Returns
    -------
    Recovered
        Always `imputed`; the note gives the SD under the other reading.
    """
    check_option("reading", reading, SPREAD_READINGS)
    check_number("value", value, above=0)
    check_number("n", n, at_least=1)
    as_se = value * math.sqrt(n)
    if reading == "sd":
        return Recovered(
            value,
            f"sd ← unlabelled ± read as SD ({value:g})",
            imputed=True,
            notes=(f"as SE it would be {as_se:.4g}",),
        )
    return Recovered(
        as_se,
        f"sd ← unlabelled ± read as SE ({value:g}·√{n:g})",
        imputed=True,
        notes=(f"as SD it would be {value:g}",),
    )


def events_from_percent(percent: float, n: int, *, decimals: int | None = None) -> Recovered[int]:
    """Return the count behind a printed percentage, provided exactly one count prints as that percentage.

    Parameters
    ----------
    percent : float
        Percentage as printed, 0 to 100.
    n : int
        Size of the group.
    decimals : int, optional
        Decimal places printed; those of the number as written when left out (say 0 for "57 %" and
        1 for "57.0 %", which as a number looks the same as "57").

    Returns
    -------
    Recovered
        The count; half a unit of the last place may have been rounded either way.

    Raises
    ------
    InputError
        If no count, or more than one, reproduces the percentage.
    """
    check_number("percent", percent, at_least=0)
    check_number("n", n, at_least=1)
    if percent > 100 or n != int(n):
        raise InputError(f"percent must be at most 100 and n whole; got percent = {percent:g}, n = {n:g}.")
    places = _printed_decimals(percent) if decimals is None else decimals
    half = 0.5 * 10.0**-places
    # 1e-9 of a percent lets an exact half (12.5 printed as 13) through in spite of binary fractions
    fits = [x for x in _near(percent, n, half) if abs(100 * x / n - percent) <= half + 1e-9]
    printed = f"{percent:.{places}f}%"
    if len(fits) != 1:
        listed = ", ".join(map(str, fits))
        found = f"each of {listed} of {n} prints" if fits else f"no count of {n} prints"
        raise InputError(f"{found} as {printed}; give the count.")
    return Recovered(fits[0], f"events ← {printed} of {n} ({100 * fits[0] / n:.{places + 2}f}%)")


def _near(percent: float, n: int, half: float) -> range:
    """Return the counts whose percentage can lie within `half` of the printed one, and one more each side."""
    low = math.floor((percent - half) * n / 100) - 1
    high = math.ceil((percent + half) * n / 100) + 1
    return range(max(low, 0), min(high, int(n)) + 1)


def _printed_decimals(number: float) -> int:
    """Return the decimal places of a number as Python writes it (57.1 has 1, 57.0 has 0)."""
    text = repr(float(number))
    decimals = text.partition(".")[2]
    return 0 if decimals == "0" or "e" in text else len(decimals)
