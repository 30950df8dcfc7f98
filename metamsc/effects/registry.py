"""Every effect measure by its code, and the way from the analysis scale back to what a reader is shown."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects import (
    correlation,
    mean_difference,
    one_group,
    one_group_means,
    rates,
    ratio_of_means,
    standardised,
    tetrachoric,
    two_by_two,
    variability,
)
from metamsc.effects.measure import FloatArray, Measure
from metamsc.errors import InputError, check_option

_FAMILIES = (
    mean_difference,
    standardised,
    ratio_of_means,
    variability,
    two_by_two,
    rates,
    one_group,
    one_group_means,
    correlation,
    tetrachoric,
)

MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {measure.name: measure for family in _FAMILIES for measure in family.MEASURES}
)
"""Measure by code, in the order of docs/effects.md."""

SIZE_NEEDED = ("freeman-tukey-proportion", "freeman-tukey-rate")
"""Back-transformations that depend on the sample size (or person-time) as well as on the value."""


def find_measure(name: str) -> Measure:
    """Return the measure with this code; raise `OptionError` listing all of them otherwise."""
    check_option("measure", name, MEASURES)
    return MEASURES[name]


def back_transform(measure: str, values: ArrayLike, *, size: ArrayLike | None = None) -> FloatArray:
    """Bring values from the analysis scale to the scale shown to readers.

    Parameters
    ----------
    measure : str
        Code of the measure; log ratios become ratios, logits proportions, raw scales stay.
    values : array
        Estimates or interval ends on the analysis scale.
    size : array, optional
        For PFT the sample size and for IRFT the person-time to invert at (the harmonic mean of the
        studies' is customary for a pooled value: Miller 1978, Am Stat 32:138).

    Returns
    -------
    array
        Of the shape of `values` (broadcast with `size`).

    Raises
    ------
    OptionError
        If there is no such measure.
    InputError
        If `size` is missing for PFT or IRFT, or given for another measure.
    """
    display = find_measure(measure).display
    x = np.asarray(values, dtype=np.float64)
    if (size is not None) != (display in SIZE_NEEDED):
        need = "needs" if size is None else "does not use"
        raise InputError(f"back_transform of {measure} {need} size; got size = {size!r}.")
    if display == "freeman-tukey-proportion":
        return _inverse_double_arcsine(x, np.asarray(size, dtype=np.float64))
    if display == "freeman-tukey-rate":
        return np.asarray(np.maximum(x - 1 / (4 * x * np.asarray(size, dtype=np.float64)), 0) ** 2)
    return np.asarray(_PLAIN[display](x), dtype=np.float64)


def _inverse_double_arcsine(x: FloatArray, n: FloatArray) -> FloatArray:
    """Invert the double arcsine at sample size n (Miller 1978); beyond its ends the proportion is 0 or 1."""
    low = np.arcsin(np.sqrt(1 / (n + 1))) / 2
    high = (np.arcsin(np.sqrt(n / (n + 1))) + np.pi / 2) / 2
    inside = np.clip(x, low, high)
    sine = np.sin(2 * inside)
    root = np.sqrt(np.maximum(1 - (sine + (sine - 1 / sine) / n) ** 2, 0))
    p = (1 - np.sign(np.cos(2 * inside)) * root) / 2
    return np.where(x <= low, 0.0, np.where(x >= high, 1.0, p))


_PLAIN: dict[str, Callable[[FloatArray], FloatArray]] = {
    "identity": lambda x: x,
    "exp": np.exp,
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "sine-squared": lambda x: np.sin(np.clip(x, 0, np.pi / 2)) ** 2,
    "square": lambda x: np.maximum(x, 0) ** 2,
}
