"""What an arm prints of its own centre and spread, brought to mean, SD and SE in the printed unit.

Only the arm itself is looked at: other times, other arms and tests between arms are left to
``changes`` and ``printed_tests``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.selection import Selection
from metamsc.dataset.trail import Trail
from metamsc.effects.recover import Recovered, sd_from_ci, sd_from_se, sd_from_unlabelled
from metamsc.effects.recover_logs import log_mean_sd_from_geometric, mean_sd_from_log
from metamsc.effects.recover_quantiles import MeanSd, mean_sd_from_quantiles
from metamsc.effects.recover_skewness import check_skewness
from metamsc.errors import InputError
from metamsc.records.values import ArmValue


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean of a group with what is known of its spread, all in one unit.

    Attributes
    ----------
    mean : float
    sd, se : float or None
        The SD is None where only an SE without n is known; both are where nothing is.
    reading : float
        Standard error of reading the mean off a figure; 0 for a printed one.
    """

    mean: float
    sd: float | None = None
    se: float | None = None
    reading: float = 0.0

    def scaled(self, factor: float, mean: float) -> Moments:
        """Return the same group with another mean, its widths multiplied."""
        return Moments(
            mean,
            None if self.sd is None else self.sd * abs(factor),
            None if self.se is None else self.se * abs(factor),
            self.reading * abs(factor),
        )

    def with_sd(self, sd: float, n: float | None) -> Moments:
        """Return the same mean with an SD, and with its SE where n is known."""
        return replace(self, sd=sd, se=sd / math.sqrt(n) if n else None)


def reading_se(value: ArmValue) -> float:
    """Return the standard error of a reading: anywhere within ± error equally likely (GUM 4.3.7)."""
    return 0.0 if value.reading_error is None else value.reading_error / math.sqrt(3)


def own_moments(value: ArmValue, selection: Selection, trail: Trail) -> Moments:
    """Return mean, SD and SE of an arm from its own numbers, in its own unit.

    Parameters
    ----------
    value : ArmValue
        Has a centre.
    selection : Selection
        Says how a ± without a label and a median are read.
    trail : Trail
        Takes the derivations.

    Returns
    -------
    Moments
        Without SD and SE where the arm prints no measure of spread.

    Raises
    ------
    Unusable
        If what is printed cannot be used under the selection.
    """
    reading = reading_se(value)
    if value.centre == "median":
        return replace(_from_median(value, selection, trail), reading=reading)
    if value.centre == "geometric_mean":
        logs = log_moments(value, trail)
        found = trail.recover("geometric", lambda: mean_sd_from_log(logs.mean, logs.sd, logs.n))
        relative = found.mean / math.exp(logs.mean)
        return Moments(found.mean, reading=reading * relative).with_sd(found.sd, found.n)
    centre: float = getattr(value, value.centre or "mean")
    return _with_spread(Moments(centre, reading=reading), value, selection, trail)


def _with_spread(bare: Moments, value: ArmValue, selection: Selection, trail: Trail) -> Moments:
    """Add the spread that stands beside a centre, in the order of how directly it is printed."""
    n = value.n
    if value.sd is not None:
        return bare.with_sd(value.sd, n)
    if value.se is not None:
        if n is None:
            return replace(bare, se=value.se)
        found = trail.recover("sd-from-se", lambda: sd_from_se(value.se or 0.0, n))
        return replace(bare, sd=found, se=value.se)
    if value.spread is not None:
        return _from_unlabelled(bare, value.spread.value, n, selection, trail)
    if value.ci is not None:
        if n is None or n < 2:
            raise Unusable("no-n", "an interval without the number analysed")
        low, high = value.ci
        return bare.with_sd(trail.recover("sd-from-ci", lambda: sd_from_ci(low, high, n)), n)
    return bare


def _from_unlabelled(
    bare: Moments, spread: float, n: int | None, selection: Selection, trail: Trail
) -> Moments:
    reading = selection.unlabelled_spread
    if reading == "exclude":
        reason = f"± {spread:g} is not labelled SD or SE, and the plan assumes neither"
        raise Unusable("unlabelled-spread", reason)
    if n is not None:
        found = trail.recover("unlabelled-spread", lambda: sd_from_unlabelled(spread, n, reading=reading))
        return bare.with_sd(found, n)
    if reading == "sd":
        raise Unusable("no-n", "± read as SD, and the number analysed is not printed")
    trail.add("unlabelled-spread", f"se ← unlabelled ± read as SE ({spread:g})", imputed=True)
    return replace(bare, se=spread)


def _from_median(value: ArmValue, selection: Selection, trail: Trail) -> Moments:
    """Return mean and SD guessed from quartiles or range, with what the skewness test says."""
    if selection.medians == "exclude":
        raise Unusable("measure", "median, and the plan takes means only")
    if value.iq_range is None and value.range is None:
        raise Unusable("no-spread", "median without quartiles or range")
    if value.n is None:
        raise Unusable("no-n", "median without the number analysed")
    median, n, quartiles, extremes = value.median or 0.0, value.n, value.iq_range, value.range
    try:
        skewness = check_skewness(median, n, quartiles=quartiles, extremes=extremes)
        found = mean_sd_from_quantiles(median, n, quartiles=quartiles, extremes=extremes)
    except InputError as error:
        raise Unusable("not-computable", str(error)) from None
    if skewness.rejected and selection.medians == "refuse-skewed":
        raise Unusable("skewed", f"median of values of which {skewness.note}")
    noted = Recovered(found.value, found.derivation, found.imputed, (f"median: {skewness.note}",))
    pair = trail.keep("median", noted)
    return Moments(pair.mean).with_sd(pair.sd, n)


def log_moments(value: ArmValue, trail: Trail) -> MeanSd:
    """Return mean and SD of the logarithms of an arm that reports a geometric mean.

    Raises
    ------
    Unusable
        If n or the spread is not printed.
    """
    if value.n is None:
        raise Unusable("no-n", "geometric mean without the number analysed")
    if value.geometric_sd is None and value.ci is None:
        raise Unusable("no-spread", "geometric mean without geometric SD or interval")
    mean, n = value.geometric_mean or 0.0, value.n
    ci = value.ci if value.geometric_sd is None else None
    return trail.recover(
        "geometric", lambda: log_mean_sd_from_geometric(mean, n, sd=value.geometric_sd, ci=ci)
    )
