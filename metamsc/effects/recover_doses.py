"""Doses per kilogram and per person, of cells and of insulin, with the body weight between them.

The unit table converts single numbers (``metamsc.outcomes.units``); here the SD comes along, and it is said
whether weights were taken as equal or as varying.
"""

from __future__ import annotations

from metamsc.effects.recover import Recovered, check_number
from metamsc.effects.recover_delta import check_correlation, product_sd, ratio_sd, variation_notes
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError

MAX_WEIGHT = 1000.0
"""Body weight in kg; anything above is grams (also the limit of the unit conversion)."""


def total_dose(per_kg: float, weight: float, *, weight_reported: bool = True) -> Recovered[float]:
    """Return the dose per recipient from a dose per kilogram of body weight.

    Parameters
    ----------
    per_kg : float
        Dose per kg, > 0, in cells (or any unit) per kg.
    weight : float
        Mean body weight in kg, > 0 and < 1000 (a mouse of 25 g is 0.025).
    weight_reported : bool
        Whether the study gives the weight; one taken from elsewhere makes the result `imputed`.

    Returns
    -------
    Recovered
        per_kg·weight, the dose of the average recipient.
    """
    check_number("per_kg", per_kg, above=0)
    _check_weight(weight)
    derivation = f"total dose ← {per_kg:g} per kg · {weight:g} kg{_weight_origin(weight_reported)}"
    return Recovered(per_kg * weight, derivation, imputed=not weight_reported)


def dose_per_kg(total: float, weight: float, *, weight_reported: bool = True) -> Recovered[float]:
    """Return the dose per kilogram of body weight from a dose per recipient.

    Parameters
    ----------
    total : float
        Dose per recipient, > 0.
    weight : float
        Mean body weight in kg, > 0 and < 1000.
    weight_reported : bool
        Whether the study gives the weight; one taken from elsewhere makes the result `imputed`.

    Returns
    -------
    Recovered
        total/weight, the dose per kg of the average recipient.
    """
    check_number("total", total, above=0)
    _check_weight(weight)
    derivation = f"dose per kg ← {total:g}/{weight:g} kg{_weight_origin(weight_reported)}"
    return Recovered(total / weight, derivation, imputed=not weight_reported)


def per_kg_from_total(
    mean: float, sd: float, n: float, *, weight: float, sd_weight: float | None = None, r: float = 0.0
) -> Recovered[MeanSd]:
    """Return mean and SD per kilogram from mean and SD per person (insulin: U/day to U/kg/day).

    Parameters
    ----------
    mean, sd : float
        Per person; SD >= 0.
    n : float
        Size of the arm, >= 1.
    weight, sd_weight : float
        Mean body weight in kg and its SD, >= 0. Without SD every member is taken to weigh `weight`.
    r : float
        Correlation over persons of dose with weight; only with `sd_weight`.

    Returns
    -------
    Recovered
        mean/weight; sd/weight for one fixed weight (a change of unit), else the delta method for a ratio,
        which is `imputed` as it rests on `r`.

    Raises
    ------
    InputError
        If a number is impossible, or `r` is given without `sd_weight`.

    References
    ----------
    Delta method for a ratio: Stuart & Ord, Kendall's Advanced Theory of Statistics, vol. 1, ch. 10.
    """
    _check_amount(mean, sd, n, weight, sd_weight, r)
    if sd_weight is None:
        return _fixed(MeanSd(mean / weight, sd / weight, n), f"per kg ← per person/{weight:g} kg")
    spread = ratio_sd((mean, sd), (weight, sd_weight), r)
    derivation = f"per kg ← per person/{weight:g} kg (SD {sd_weight:g}), delta method, r = {r:g} assumed"
    notes = variation_notes("body weight", weight, sd_weight)
    return Recovered(MeanSd(mean / weight, spread, n), derivation, imputed=True, notes=notes)


def total_from_per_kg(
    mean: float, sd: float, n: float, *, weight: float, sd_weight: float | None = None, r: float = 0.0
) -> Recovered[MeanSd]:
    """Return mean and SD per person from mean and SD per kilogram (insulin: U/kg/day to U/day).

    Parameters
    ----------
    mean, sd : float
        Per kg; SD >= 0.
    n : float
        Size of the arm, >= 1.
    weight, sd_weight : float
        Mean body weight in kg and its SD, >= 0. Without SD every member is taken to weigh `weight`.
    r : float
        Correlation over persons of dose per kg with weight; only with `sd_weight`.

    Returns
    -------
    Recovered
        mean·weight (+ r·sd·sd_weight); sd·weight for one fixed weight (a change of unit), else the delta
        method for a product, which is `imputed` as it rests on `r`.

    Raises
    ------
    InputError
        If a number is impossible, or `r` is given without `sd_weight`.

    References
    ----------
    Delta method for a product: Stuart & Ord, Kendall's Advanced Theory of Statistics, vol. 1, ch. 10.
    """
    _check_amount(mean, sd, n, weight, sd_weight, r)
    if sd_weight is None:
        return _fixed(MeanSd(mean * weight, sd * weight, n), f"per person ← per kg·{weight:g} kg")
    centre = mean * weight + r * sd * sd_weight
    spread = product_sd((mean, sd), (weight, sd_weight), r)
    derivation = f"per person ← per kg·{weight:g} kg (SD {sd_weight:g}), delta method, r = {r:g} assumed"
    notes = variation_notes("body weight", weight, sd_weight)
    return Recovered(MeanSd(centre, spread, n), derivation, imputed=True, notes=notes)


def _fixed(value: MeanSd, derivation: str) -> Recovered[MeanSd]:
    """Return a value converted at one weight, saying so."""
    return Recovered(value, derivation, notes=("every member taken to have the mean body weight",))


def _check_amount(mean: float, sd: float, n: float, weight: float, sd_weight: float | None, r: float) -> None:
    """Check the arguments common to both directions."""
    check_number("mean", mean)
    check_number("sd", sd, at_least=0)
    check_number("n", n, at_least=1)
    _check_weight(weight)
    check_correlation("r", r)
    if sd_weight is not None:
        check_number("sd_weight", sd_weight, at_least=0)
    elif r != 0:
        raise InputError(f"r = {r:g} needs sd_weight: one fixed weight correlates with nothing.")


def _check_weight(weight: float) -> None:
    """Refuse a body weight that cannot be in kg."""
    check_number("weight", weight, above=0, below=MAX_WEIGHT)


def _weight_origin(reported: bool) -> str:
    """Say where a weight comes from when it is not the study's own."""
    return "" if reported else " (weight not of this study)"
