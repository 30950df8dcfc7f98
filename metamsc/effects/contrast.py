"""Effects that a paper reports as a contrast: a difference or ratio with SE, interval, test or P value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, check_number, se_from_ci, se_from_p
from metamsc.effects.recover_statistics import se_from_chi2, se_from_f, se_from_t
from metamsc.effects.registry import find_measure
from metamsc.errors import InputError, check_option

DISTRIBUTIONS = ("z", "t")
TESTS = ("t", "welch", "z", "f", "chi2")
"""Tests whose statistic gives a standard error: of two groups, so F and χ² on 1 degree of freedom."""
OPERATORS = ("=", "<", ">")
ASYMMETRY = 0.1
"""An estimate further than this part of the half-width from the middle of its interval is pointed out."""


@dataclass(frozen=True, slots=True)
class ContrastEffect:
    """One effect taken from a reported contrast.

    Attributes
    ----------
    measure : str
        Code of the measure.
    yi : float
        Effect on the analysis scale (the log of a ratio).
    vi : float
        Sampling variance.
    derivation : tuple of str
        Each step from what is printed.
    notes : tuple of str
        What does not fit together in what is printed.
    """

    measure: str
    yi: float
    vi: float
    derivation: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def sei(self) -> float:
        """Standard error."""
        return math.sqrt(self.vi)


def effect_from_contrast(
    measure: str,
    *,
    difference: float | None = None,
    ratio: float | None = None,
    se: float | None = None,
    ci: tuple[float, float] | None = None,
    test: str | None = None,
    statistic: float | None = None,
    p: float | None = None,
    p_operator: str = "=",
    one_sided: bool = False,
    level: float = 0.95,
    n_treat: float | None = None,
    n_control: float | None = None,
    distribution: str = "z",
    df: float | None = None,
) -> ContrastEffect:
    """Take effect and sampling variance from a contrast as reported.

    Parameters
    ----------
    measure : str
        Code of the measure ("MD", "RR", "OR", "HR", ...).
    difference : float, optional
        Treated minus control, for measures that are not ratios; in the unit of the outcome.
    ratio : float, optional
        Treated over control on the natural scale, for ratios.
    se : float, optional
        Standard error of the difference, or of the **log** of the ratio.
    ci : (float, float), optional
        Confidence interval, of the difference or of the ratio on its natural scale.
    test, statistic : str and float, optional
        The statistic of the test of this very estimate, and its kind: "t", "welch", "z", "f" (1 numerator
        degree of freedom) or "chi2" (1 degree of freedom).
    p : float, optional
        Exact P value. Of `se`, `ci`, `statistic` and `p` the first that is given is used, in this order.
    p_operator : str
        "<" or ">" for a bound, which gives no standard error.
    one_sided : bool
        Whether `p` is of a one-sided test in the direction of the estimate.
    level : float
        Level of `ci` as a fraction.
    n_treat, n_control : float, optional
        Group sizes, needed for `distribution` "t" without `df`.
    distribution : str
        What the interval or P value was made with: "z" for estimates of regression models, "t" for raw
        comparisons of small groups, on n_treat + n_control − 2 degrees of freedom or on `df`.
    df : float, optional
        Degrees of freedom of "t" as printed.

    Returns
    -------
    ContrastEffect
        yi, vi and the derivation.

    Raises
    ------
    OptionError
        For an unknown measure or distribution.
    InputError
        If the estimate is not of the kind the measure needs, nothing gives its precision (a bound on P does
        not), or the interval does not contain the estimate.

    References
    ----------
    Cochrane Handbook 6.3.1, 6.3.2, 6.5.2.3; Altman & Bland (2011), BMJ 343:d2090.
    """
    check_option("distribution", distribution, DISTRIBUTIONS)
    is_ratio = find_measure(measure).is_ratio
    yi, steps = _estimate(measure, is_ratio, difference, ratio)
    df = _degrees_of_freedom(distribution, df, n_treat, n_control)
    limits = _limits(is_ratio, yi, ci)
    notes = _asymmetry(yi, limits)
    what = "of the log ratio" if is_ratio else "of the difference"
    if se is not None:
        check_number("se", se, above=0)
        sei, step = se, f"standard error {what} as reported ({se:g})"
    elif limits is not None:
        recovered = se_from_ci(*limits, level=level, df=df)
        on_log = " on the log scale" if is_ratio else ""
        sei, step = recovered.value, f"{recovered.derivation}, {level:.0%} CI{on_log}"
    elif statistic is not None and test is not None:
        recovered = _from_statistic(test, statistic, yi, is_ratio)
        sei, step, notes = recovered.value, recovered.derivation, (*notes, *recovered.notes)
    elif p is not None:
        recovered = se_from_p(yi, _exact(p, p_operator), df=df, sides=1 if one_sided else 2)
        sei, step = recovered.value, recovered.derivation
    else:
        raise InputError(f"{measure}: a contrast needs se, ci, statistic or p to be weighted; got none.")
    return ContrastEffect(measure=measure, yi=yi, vi=sei**2, derivation=(*steps, step), notes=notes)


def _estimate(
    measure: str, is_ratio: bool, difference: float | None, ratio: float | None
) -> tuple[float, tuple[str, ...]]:
    """Return the estimate on the analysis scale and the step that led to it."""
    if is_ratio:
        if ratio is None or difference is not None:
            raise InputError(f"{measure} is a ratio: give `ratio` (natural scale) and not `difference`.")
        check_number("ratio", ratio, above=0)
        return math.log(ratio), (f"yi ← ln {ratio:g}",)
    if difference is None or ratio is not None:
        raise InputError(f"{measure} is a difference: give `difference` and not `ratio`.")
    check_number("difference", difference)
    return float(difference), ()


def _from_statistic(test: str, statistic: float, yi: float, is_ratio: bool) -> Recovered[float]:
    """Return the standard error on the analysis scale from a test statistic of two groups."""
    check_option("test", test, TESTS)
    if test == "chi2" and is_ratio:
        return se_from_chi2(math.exp(yi), statistic)
    if test == "chi2":
        check_number("chi2", statistic, above=0)
        found = se_from_t(yi, math.sqrt(statistic))
        return Recovered(found.value, f"se ← |estimate|/√χ² ({abs(yi):g}/√{statistic:g})")
    return se_from_f(yi, statistic) if test == "f" else se_from_t(yi, statistic)


def _exact(p: float, operator: str) -> float:
    """Return a P value that is printed as such; refuse a bound."""
    check_option("p_operator", operator, OPERATORS)
    if operator != "=":
        raise InputError(
            f"P {operator} {p:g} is a bound and gives no standard error; give se, ci or statistic."
        )
    return p


def _degrees_of_freedom(
    distribution: str, df: float | None, n_treat: float | None, n_control: float | None
) -> float | None:
    """Return the printed df or n_treat + n_control − 2 for "t", None for "z"."""
    if distribution == "z":
        if df is not None:
            raise InputError(f'df = {df:g} is of Student\'s t: use it with distribution "t".')
        return None
    if df is not None:
        check_number("df", df, above=0)
        return df
    if n_treat is None or n_control is None:
        raise InputError('distribution "t" needs n_treat and n_control.')
    check_number("n_treat", n_treat, at_least=1)
    check_number("n_control", n_control, at_least=1)
    return n_treat + n_control - 2


def _limits(is_ratio: bool, yi: float, ci: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the ends of the interval on the analysis scale, checked to enclose the estimate."""
    if ci is None:
        return None
    low, high = ci
    if is_ratio:
        check_number("low end of ci", low, above=0)
    check_number("high end of ci", high, above=low)
    limits = (math.log(low), math.log(high)) if is_ratio else (float(low), float(high))
    if not limits[0] <= yi <= limits[1]:
        shown = math.exp(yi) if is_ratio else yi
        raise InputError(f"ci {low:g} to {high:g} does not contain the estimate {shown:g}.")
    return limits


def _asymmetry(yi: float, limits: tuple[float, float] | None) -> tuple[str, ...]:
    """Point out an estimate that is far from the middle of its interval on the analysis scale."""
    if limits is None:
        return ()
    half = (limits[1] - limits[0]) / 2
    off = (yi - (limits[0] + limits[1]) / 2) / half
    if abs(off) <= ASYMMETRY:
        return ()
    return (
        f"estimate is {abs(off):.0%} of the half-width from the middle of its interval: check the figures",
    )
