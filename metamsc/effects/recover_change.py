"""Changes: from percent to units and back, and the correlation that an SD of change needs.

Percent changes of persons and the percent change of a mean are not the same number; each function says
which one it takes. Where the answer depends on an assumed correlation it comes with a grid of others.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, check_number
from metamsc.effects.recover_delta import check_correlation, product_sd, ratio_sd, variation_notes
from metamsc.effects.recover_groups import sd_of_change
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError

ASSUMED_R = 0.5
"""Correlation before–after where no study gives one: halfway between none and full."""
GRID_R = (0.3, 0.5, 0.7, 0.9)
"""Correlations of the sensitivity analysis."""


def change_from_percent(
    percent: float,
    sd_percent: float,
    n: float,
    *,
    baseline: float,
    sd_baseline: float,
    r: float = 0.0,
    r_reported: bool = False,
) -> Recovered[MeanSd]:
    """Return the mean change in units from the mean of the persons' percent changes and the baseline.

    Parameters
    ----------
    percent, sd_percent : float
        Mean and SD of the percent changes (−12 for a fall by 12 %), SD >= 0.
    n : float
        Size of the arm, >= 1.
    baseline, sd_baseline : float
        Mean and SD at baseline in the unit of the outcome; mean not zero, SD >= 0.
    r : float
        Correlation over persons of percent change with baseline. 0 says that those who start high fall by
        the same percentage as the others.
    r_reported : bool
        Whether `r` was reported for this arm.

    Returns
    -------
    Recovered
        mean = (b·p + r·s_b·s_p)/100, exact; sd = √(b²s_p² + p²s_b² + 2r·b·p·s_b·s_p)/100, first order.
        `imputed` unless `r` was reported. The SE of the mean change is sd/√n.

    Raises
    ------
    InputError
        If a number is impossible.

    References
    ----------
    Mean and delta-method variance of a product: Stuart & Ord, Kendall's Advanced Theory of Statistics,
    vol. 1, ch. 10; exact variance under independence: Goodman (1960), J Am Stat Assoc 55:708.
    """
    check_number("percent", percent)
    check_number("sd_percent", sd_percent, at_least=0)
    check_number("n", n, at_least=1)
    _check_baseline(baseline, sd_baseline)
    check_correlation("r", r)
    mean = (baseline * percent + r * sd_baseline * sd_percent) / 100
    sd = product_sd((baseline, sd_baseline), (percent, sd_percent), r) / 100
    kind = "reported" if r_reported else "assumed"
    derivation = (
        f"change ← {percent:g}% (SD {sd_percent:g}) of baseline {baseline:g} (SD {sd_baseline:g}), "
        f"delta method, r = {r:g} {kind}"
    )
    notes = variation_notes("baseline", baseline, sd_baseline)
    return Recovered(MeanSd(mean, sd, n), derivation, imputed=not r_reported, notes=notes)


def percent_change_of_means(
    mean_pre: float,
    sd_pre: float,
    mean_post: float,
    sd_post: float,
    n: float,
    *,
    r: float = ASSUMED_R,
    r_reported: bool = False,
) -> Recovered[MeanSd]:
    """Return the percent change of an arm's mean, with its SD, from the values before and after.

    Parameters
    ----------
    mean_pre, sd_pre, mean_post, sd_post : float
        Before and after in one unit of a ratio scale; mean_pre > 0, SDs >= 0.
    n : float
        Members measured both times, >= 1.
    r : float
        Correlation of the values before and after.
    r_reported : bool
        Whether `r` was reported for this arm; an assumed or borrowed one makes the result `imputed`.

    Returns
    -------
    Recovered
        mean = 100(m₂/m₁ − 1); sd = (100/m₁)√(s₂² + q²s₁² − 2r·q·s₁·s₂), q = m₂/m₁, to first order. The SE
        of the percent change is sd/√n. The mean of the persons' percent changes differs from it by a
        term of second order in the coefficient of variation at baseline.

    Raises
    ------
    InputError
        If a number is impossible.

    References
    ----------
    Delta method for a ratio: Stuart & Ord, Kendall's Advanced Theory of Statistics, vol. 1, ch. 10.
    """
    check_number("mean_pre", mean_pre, above=0)
    check_number("mean_post", mean_post)
    check_number("sd_pre", sd_pre, at_least=0)
    check_number("sd_post", sd_post, at_least=0)
    check_number("n", n, at_least=1)
    check_correlation("r", r)
    sd = 100 * ratio_sd((mean_post, sd_post), (mean_pre, sd_pre), r)
    kind = "reported" if r_reported else "assumed"
    derivation = (
        f"% change ← 100·({mean_post:g}/{mean_pre:g} − 1), SD by the delta method from SDs {sd_pre:g} and "
        f"{sd_post:g}, r = {r:g} {kind}"
    )
    notes = variation_notes("baseline", mean_pre, sd_pre)
    value = MeanSd(100 * (mean_post / mean_pre - 1), sd, n)
    return Recovered(value, derivation, imputed=not r_reported, notes=notes)


def impute_correlation(others: Sequence[float] = (), *, where: str = "elsewhere") -> Recovered[float]:
    """Return the correlation before–after to be assumed: the median of those known elsewhere, else 0.5.

    Parameters
    ----------
    others : sequence of float
        Correlations of other arms or studies with the same outcome and a like time span, for instance from
        `correlation_from_sds`.
    where : str
        Where they are known, for the derivation.

    Returns
    -------
    Recovered
        Always `imputed`; a note gives the range of the others.

    References
    ----------
    Cochrane Handbook 6.5.2.8 (borrowing a correlation, and a sensitivity analysis in any case).
    """
    for other in others:
        check_correlation("others", other)
    if not others:
        note = "no study gives a correlation"
        return Recovered(ASSUMED_R, f"r ← {ASSUMED_R:g} assumed", imputed=True, notes=(note,))
    r = statistics.median(others)
    known = "known" if len(others) == 1 else f"median of {len(others)} known"
    notes = (f"others from {min(others):.2f} to {max(others):.2f}",) if len(others) > 1 else ()
    return Recovered(r, f"r ← {r:.2f}, {known} {where}", imputed=True, notes=notes)


@dataclass(frozen=True, slots=True)
class ChangeSds:
    """SD of change under the correlation assumed, and under each of a grid.

    Attributes
    ----------
    assumed : Recovered
        SD with the imputed correlation; its notes say where that comes from.
    r : float
        The imputed correlation.
    grid : tuple of (float, float)
        Correlation and SD of change for the sensitivity analysis, in the order given.
    """

    assumed: Recovered[float]
    r: float
    grid: tuple[tuple[float, float], ...]


def sd_of_change_over(
    sd_pre: float, sd_post: float, *, r: Sequence[float] = GRID_R, others: Sequence[float] = ()
) -> ChangeSds:
    """Return the SD of change with an imputed correlation, and over a grid of correlations.

    Parameters
    ----------
    sd_pre, sd_post : float
        SDs before and after, > 0.
    r : sequence of float
        Correlations of the sensitivity analysis, at least one.
    others : sequence of float
        Correlations known from other arms or studies, see `impute_correlation`.

    Returns
    -------
    ChangeSds
        The value to use (always `imputed`) and the grid.

    Raises
    ------
    InputError
        If the grid is empty or a number is impossible.

    References
    ----------
    Cochrane Handbook 6.5.2.8.
    """
    if not r:
        raise InputError("r must hold at least one correlation; got none.")
    chosen = impute_correlation(others)
    found = sd_of_change(sd_pre, sd_post, chosen.value)
    assumed = Recovered(
        found.value,
        f"{found.derivation}; {chosen.derivation}",
        imputed=True,
        notes=chosen.notes,
    )
    grid = tuple((value, sd_of_change(sd_pre, sd_post, value).value) for value in r)
    return ChangeSds(assumed, chosen.value, grid)


def _check_baseline(baseline: float, sd_baseline: float) -> None:
    """Refuse a baseline of which no percentage can be taken."""
    check_number("baseline", baseline)
    check_number("sd_baseline", sd_baseline, at_least=0)
    if baseline == 0:
        raise InputError("baseline must not be 0: a percentage of it says nothing.")
