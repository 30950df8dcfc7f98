"""Values read off a figure, with the error of the reading added to that of the study.

The model: a reading is the value plus an error that is independent of it and of other readings, with mean
zero. "uniform" says that the true value lies within ± `error`, anywhere there equally likely, so that the
variance is error²/3; "normal" says that `error` is the SD of repeated readings. A wrong calibration of the
axis moves every reading of the figure together and is not in the model: check it on a printed value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, check_number
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError, check_option

READING_MODELS = ("uniform", "normal")
MAX_LOG = 700.0
"""The exponential of anything larger is not finite; only a pixel far off the axis gives that."""


@dataclass(frozen=True, slots=True)
class MeanSe:
    """A mean and its standard error, in the unit of the outcome."""

    mean: float
    se: float


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight axis, calibrated at two points.

    Attributes
    ----------
    pixels : (float, float)
        Positions of two marks, different.
    values : (float, float)
        Their values in the unit of the axis, different; both > 0 on a logarithmic axis.
    log : bool
        Whether the axis is logarithmic.
    """

    pixels: tuple[float, float]
    values: tuple[float, float]
    log: bool = False


def value_from_pixel(pixel: float, axis: Axis, *, error: float = 1.0) -> Recovered[tuple[float, float]]:
    """Return the value at a position along an axis and its reading error, in the unit of the axis.

    Parameters
    ----------
    pixel : float
        Position read.
    axis : Axis
        Calibration.
    error : float
        Reading error in pixels, > 0.

    Returns
    -------
    Recovered
        (value, error) by linear interpolation; on a logarithmic axis the error is value·(error of the
        logarithm), to first order. Not `imputed`: it is a measurement, and the note says so.

    Raises
    ------
    InputError
        If the two marks coincide, or a value on a logarithmic axis is not above zero.
    """
    check_number("pixel", pixel)
    check_number("error", error, above=0)
    for name, pair in (("pixels", axis.pixels), ("values", axis.values)):
        for number in pair:
            check_number(name, number)
        if pair[0] == pair[1]:
            raise InputError(f"{name} of the axis must differ; got {pair[0]:g} twice.")
    if axis.log and min(axis.values) <= 0:
        raise InputError(f"values of a logarithmic axis must be > 0; got {min(axis.values):g}.")
    low, high = (math.log(value) for value in axis.values) if axis.log else axis.values
    slope = (high - low) / (axis.pixels[1] - axis.pixels[0])
    place = low + slope * (pixel - axis.pixels[0])
    if axis.log:
        check_number("logarithm read", place, below=MAX_LOG)
    value = math.exp(place) if axis.log else place
    reading = abs(slope) * error * (value if axis.log else 1)
    kind = "logarithmic " if axis.log else ""
    derivation = f"value ← {kind}axis at pixel {pixel:g} (± {error:g} pixels)"
    return Recovered((value, reading), derivation, notes=(f"read from a figure, ± {reading:.3g}",))


def mean_from_figure(mean: float, se: float, *, error: float, model: str = "uniform") -> Recovered[MeanSe]:
    """Return a mean read off a figure with a standard error that includes the reading.

    Parameters
    ----------
    mean : float
        Mean as read, in the unit of the outcome.
    se : float
        Standard error of the mean without the reading (from the text, or the error bar as read), > 0.
    error : float
        Reading error, > 0, in the same unit; see the module for what the models mean by it.
    model : str
        "uniform" or "normal".

    Returns
    -------
    Recovered
        se = √(se² + v), v = error²/3 or error². Not `imputed`: it was measured. The note says how much of
        the variance is reading; above a tenth the figure is too coarse for its purpose.

    Raises
    ------
    OptionError
        For an unknown model.
    InputError
        If a number is impossible.

    References
    ----------
    Sum of independent variances: JCGM 100:2008 (GUM), 5.1.2 and 4.3.7 (uniform distribution, a²/3).
    """
    check_number("mean", mean)
    check_number("se", se, above=0)
    variance = _reading_variance(error, model)
    total = se**2 + variance
    derivation = f"se ← √(se² + reading²) (√({se:g}² + {math.sqrt(variance):.3g}²)), {model} ± {error:g}"
    note = f"read from a figure: {variance / total:.1%} of the variance is reading error"
    return Recovered(MeanSe(mean, math.sqrt(total)), derivation, notes=(note,))


def mean_sd_from_points(
    points: Sequence[float], *, error: float, model: str = "uniform"
) -> Recovered[MeanSd]:
    """Return mean and SD of a group whose members were read off a figure one by one.

    Parameters
    ----------
    points : sequence of float
        One reading per member, at least two, in the unit of the outcome.
    error : float
        Reading error of one point, > 0.
    model : str
        "uniform" or "normal".

    Returns
    -------
    Recovered
        Mean, and SD of the readings as they are: independent reading errors are in them already, so that
        sd/√n is the right standard error. The note gives the SD without them, √(sd² − v), for a
        standardised difference. Not `imputed`.

    Raises
    ------
    InputError
        If there are fewer than two points, they are all equal, or a number is impossible.

    References
    ----------
    Sum of independent variances: JCGM 100:2008 (GUM), 5.1.2 and 4.3.7.
    """
    n = len(points)
    if n < 2:
        raise InputError(f"points must hold at least two readings; got {n}.")
    for point in points:
        check_number("points", point)
    variance = _reading_variance(error, model)
    mean = math.fsum(points) / n
    observed = math.fsum((point - mean) ** 2 for point in points) / (n - 1)
    if observed == 0:
        raise InputError(f"all {n} points are {points[0]:g}: no SD can be had from them.")
    derivation = f"mean, sd ← {n} points read from a figure, {model} ± {error:g}"
    if observed > variance:
        note = f"read from a figure: SD without reading error {math.sqrt(observed - variance):.4g}"
    else:
        note = "read from a figure: the readings differ by no more than the reading error"
    return Recovered(MeanSd(mean, math.sqrt(observed), n), derivation, notes=(note,))


def _reading_variance(error: float, model: str) -> float:
    """Return the variance of one reading."""
    check_option("model", model, READING_MODELS)
    check_number("error", error, above=0)
    return error**2 / 3 if model == "uniform" else error**2
