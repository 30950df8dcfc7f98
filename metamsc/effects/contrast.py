"""Effects that a paper reports as a contrast: a difference or ratio with its SE, interval or P value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from metamsc.effects.recover import check_number, se_from_ci, se_from_p
from metamsc.effects.registry import find_measure
from metamsc.errors import InputError, check_option

DISTRIBUTIONS = ("z", "t")
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
    p: float | None = None,
    level: float = 0.95,
    n_treat: float | None = None,
    n_control: float | None = None,
    distribution: str = "z",
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
    p : float, optional
        Exact two-sided P value. Of `se`, `ci` and `p` the first that is given is used, in this order.
    level : float
        Level of `ci` as a fraction.
    n_treat, n_control : float, optional
        Group sizes, needed for `distribution` "t".
    distribution : str
        What the interval or P value was made with: "z" for estimates of regression models, "t" on
        n_treat + n_control − 2 degrees of freedom for raw comparisons of small groups.

    Returns
    -------
    ContrastEffect
        yi, vi and the derivation.

    Raises
    ------
    OptionError
        For an unknown measure or distribution.
    InputError
        If the estimate is not of the kind the measure needs, nothing gives its precision, or the
        interval does not contain the estimate.

    References
    ----------
    Cochrane Handbook 6.3.1, 6.3.2, 6.5.2.3; Altman & Bland (2011), BMJ 343:d2090.
    """
    check_option("distribution", distribution, DISTRIBUTIONS)
    is_ratio = find_measure(measure).is_ratio
    yi, steps = _estimate(measure, is_ratio, difference, ratio)
    df = _degrees_of_freedom(distribution, n_treat, n_control)
    limits = _limits(is_ratio, yi, ci)
    notes = _asymmetry(yi, limits)
    what = "of the log ratio" if is_ratio else "of the difference"
    if se is not None:
        check_number("se", se, above=0)
        sei, step = se, f"se {what} as reported ({se:g})"
    elif limits is not None:
        recovered = se_from_ci(*limits, level=level, df=df)
        on_log = " on the log scale" if is_ratio else ""
        sei, step = recovered.value, f"{recovered.derivation}, {level:.0%} CI{on_log}"
    elif p is not None:
        recovered = se_from_p(yi, p, df=df)
        sei, step = recovered.value, recovered.derivation
    else:
        raise InputError(f"{measure}: a contrast needs se, ci or p to be weighted; got none.")
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


def _degrees_of_freedom(distribution: str, n_treat: float | None, n_control: float | None) -> float | None:
    """Return n_treat + n_control − 2 for "t", None for "z"."""
    if distribution == "z":
        return None
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
