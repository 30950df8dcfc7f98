"""Several arms taken as one, and the SD of changes from the SDs before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, check_number
from metamsc.effects.recover_quantiles import MeanSd
from metamsc.errors import InputError


@dataclass(frozen=True, slots=True)
class Count:
    """Members with the event, of `n`."""

    events: float
    n: float


def combine_means(n: Sequence[float], mean: Sequence[float], sd: Sequence[float]) -> Recovered[MeanSd]:
    """Take several groups as one: size, mean and SD of all their members together.

    Parameters
    ----------
    n, mean, sd : sequence of float
        One value per group, at least two groups; n >= 1, sd >= 0.

    Returns
    -------
    Recovered
        The SD of the union, which is larger than the pooled SD when the means differ.

    Notes
    -----
    N = Σnᵢ, M = Σnᵢmᵢ/N, S² = (Σ(nᵢ−1)sᵢ² + Σnᵢ(mᵢ−M)²)/(N−1); for two groups this is the formula of
    the Cochrane Handbook, table 6.5.a, for more it does not depend on the order of combining.
    """
    k = _check_groups(n=n, mean=mean, sd=sd)
    for size, value in zip(n, sd, strict=True):
        check_number("n", size, at_least=1)
        check_number("sd", value, at_least=0)
    total = math.fsum(n)
    centre = math.fsum(size * value for size, value in zip(n, mean, strict=True)) / total
    within = math.fsum((size - 1) * value**2 for size, value in zip(n, sd, strict=True))
    between = math.fsum(size * (value - centre) ** 2 for size, value in zip(n, mean, strict=True))
    combined = MeanSd(centre, math.sqrt((within + between) / (total - 1)), total)
    return Recovered(combined, f"n, mean, sd ← {k} arms taken as one (Cochrane Handbook table 6.5.a)")


def combine_counts(events: Sequence[float], n: Sequence[float]) -> Recovered[Count]:
    """Take several groups as one: sums of events and of members.

    Parameters
    ----------
    events, n : sequence of float
        One value per group, at least two groups; 0 <= events <= n.

    Returns
    -------
    Recovered
        The sums.
    """
    k = _check_groups(events=events, n=n)
    for count, size in zip(events, n, strict=True):
        check_number("n", size, at_least=1)
        check_number("events", count, at_least=0)
        if count > size:
            raise InputError(f"events must be at most n; got {count:g} of {size:g}.")
    return Recovered(Count(math.fsum(events), math.fsum(n)), f"events, n ← sums over {k} arms")


def _check_groups(**columns: Sequence[float]) -> int:
    """Return the number of groups; refuse unequal lengths, fewer than two groups, and non-finite numbers."""
    lengths = {name: len(values) for name, values in columns.items()}
    k = next(iter(lengths.values()))
    if set(lengths.values()) != {k} or k < 2:
        listed = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise InputError(f"one value per arm and at least two arms are needed; got {listed}.")
    for name, values in columns.items():
        for value in values:
            check_number(name, value)
    return k


def sd_of_change(sd_pre: float, sd_post: float, r: float, *, r_reported: bool = False) -> Recovered[float]:
    """Return the SD of individual changes from the SDs before and after and their correlation.

    Parameters
    ----------
    sd_pre, sd_post : float
        SDs before and after, > 0.
    r : float
        Correlation of the values before and after, in [-1, 1].
    r_reported : bool
        Whether `r` was reported for this group; an assumed or borrowed one makes the result `imputed`.

    Returns
    -------
    Recovered
        √(s_pre² + s_post² − 2·r·s_pre·s_post).

    References
    ----------
    Cochrane Handbook 6.5.2.8.
    """
    _check_sds_and_r(sd_pre, sd_post, r)
    variance = sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post
    kind = "reported" if r_reported else "assumed"
    derivation = f"sd of change ← sd before {sd_pre:g}, after {sd_post:g}, r = {r:g} {kind}"
    return Recovered(math.sqrt(max(variance, 0.0)), derivation, imputed=not r_reported)


def correlation_from_sds(sd_pre: float, sd_post: float, sd_change: float) -> Recovered[float]:
    """Return the correlation of values before and after from the SDs before, after and of the change.

    Parameters
    ----------
    sd_pre, sd_post, sd_change : float
        SDs, > 0, of one group.

    Returns
    -------
    Recovered
        r = (s_pre² + s_post² − s_change²)/(2·s_pre·s_post).

    Raises
    ------
    InputError
        If the three SDs cannot belong to one group (|r| > 1).

    References
    ----------
    Cochrane Handbook 6.5.2.8.
    """
    check_number("sd_change", sd_change, above=0)
    _check_sds_and_r(sd_pre, sd_post, 0.0)
    r = (sd_pre**2 + sd_post**2 - sd_change**2) / (2 * sd_pre * sd_post)
    if abs(r) > 1:
        raise InputError(
            f"SDs before {sd_pre:g}, after {sd_post:g} and of change {sd_change:g} give r = {r:.3f}."
        )
    return Recovered(r, f"r ← SDs before {sd_pre:g}, after {sd_post:g}, of change {sd_change:g}")


def _check_sds_and_r(sd_pre: float, sd_post: float, r: float) -> None:
    """Check the arguments common to both functions."""
    check_number("sd_pre", sd_pre, above=0)
    check_number("sd_post", sd_post, above=0)
    if not -1 <= r <= 1:
        raise InputError(f"r must lie between -1 and 1; got {r:g}.")
