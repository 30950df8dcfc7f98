"""Means and SDs that no whole numbers of n participants can give, and SDs that no range allows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metamsc.checks.rounding import SLACK, Range, decimals, unrounded
from metamsc.checks.rows import known_outcome, rows, sd_range, summaries
from metamsc.checks.rule import Finding
from metamsc.records.model import Result, Study
from metamsc.records.positions import Path
from metamsc.records.values import ArmValue, Summary

MOST_SUMS = 1000
LARGEST_SCORE = 1e6
"""Sums of larger numbers leave no digits for the test."""
WHOLE = ("mean", "change")
"""Centres that are a sum of whole numbers divided by n."""


def _whole_numbers(result: Result) -> bool:
    outcome = known_outcome(result)
    if result.integer is not None:
        return result.integer
    return outcome is not None and outcome.integer


def _whole_means(study: Study) -> Iterator[tuple[Path, str, ArmValue]]:
    for row in rows(study):
        if not _whole_numbers(row.result):
            continue
        for arm, value in (row.result.arms or {}).items():
            if value.centre in WHOLE and value.n and abs(getattr(value, value.centre)) < LARGEST_SCORE:
                yield row.arm_path(arm), value.centre, value


def possible_sums(mean: float, n: int) -> range:
    """Return the sums of n whole numbers whose mean is printed as `mean`.

    References
    ----------
    Brown & Heathers (2017), Soc Psychol Pers Sci 8:363-369 (GRIM).
    """
    low, high = unrounded(mean)
    return range(math.ceil(low * n - SLACK), math.floor(high * n + SLACK) + 1)


def check_mean_of_whole_numbers(study: Study) -> Iterator[Finding]:
    """Check by GRIM that a mean of whole numbers is a sum divided by n."""
    for path, name, value in _whole_means(study):
        mean, n = getattr(value, name), value.n or 1
        if possible_sums(mean, n):
            continue
        places = decimals(mean) + 1
        nearest = round(mean * n)
        message = f"{mean:g} is no mean of {n} whole numbers; {nearest}/{n} is {nearest / n:.{places}f}"
        yield Finding((*path, name), message, "the mean may be of another n, or a digit is wrong")


def check_sd_of_whole_numbers(study: Study) -> Iterator[Finding]:
    """Check by GRIMMER that an SD belongs to whole numbers with this mean and n."""
    for path, name, value in _whole_means(study):
        spread, n = sd_range(value), value.n or 1
        sums = possible_sums(getattr(value, name), n)
        if spread is None or n < 2 or not 0 < len(sums) <= MOST_SUMS:
            continue  # without a possible sum GRIM tells; with many, some sum always fits
        if float(value.sd or value.se or 0.0).is_integer():
            continue  # a "1" may be 1.0, or 0.6 rounded to no decimals: the record does not tell
        if not any(_possible_squares(total, n, spread) for total in sums):
            label = "sd" if value.sd else "se"
            message = (
                f"no {n} whole numbers with the {name} {getattr(value, name):g} "
                f"have the {label.upper()} {getattr(value, label):g}"
            )
            yield Finding((*path, label), message, "check mean, spread and n; is it an SD or an SE?")


def _possible_squares(total: int, n: int, sd: Range) -> bool:
    """Whether a sum of squares fits: a whole number, odd or even as the sum is, and large enough.

    References
    ----------
    Anaya (2016), PeerJ Preprints 4:e2400v1 (GRIMMER); Allard (2018), analytic form (A-GRIMMER).
    """
    base = total * total / n
    low = math.ceil((n - 1) * sd.low**2 + base - SLACK * max(1.0, base))
    high = math.floor((n - 1) * sd.high**2 + base + SLACK * max(1.0, base))
    if low > high:
        return False
    return high > low or (low - total) % 2 == 0


def check_sd_within_range(study: Study) -> Iterator[Finding]:
    """Check that the SD is possible for the lowest and highest value, the mean and n."""
    for path, summary in summaries(study):
        spread = sd_range(summary)
        if summary.n is None or summary.n < 3 or spread is None:
            continue
        if summary.range is None:
            yield from _beyond_scale(study, path, summary, spread)
            continue
        limits = sd_limits(summary)
        if spread.meets(limits):
            continue
        label = "sd" if summary.sd else "se"
        low, high = summary.range
        message = (
            f"{label.upper()} {getattr(summary, label):g}; {summary.n} values from {low:g} to {high:g} "
            f"have an SD of {limits.low:.3g} to {limits.high:.3g}"
        )
        root = math.sqrt(summary.n)
        hint = "check spread, range and n against the paper"
        if summary.sd and Range(spread.low * root, spread.high * root).meets(limits):
            hint = f"it fits as a standard error: write `se: {summary.sd:g}`"
        if summary.se and Range(spread.low / root, spread.high / root).meets(limits):
            hint = f"it fits as a standard deviation: write `sd: {summary.se:g}`"
        yield Finding((*path, label), message, hint)


def _beyond_scale(study: Study, path: Path, summary: Summary, spread: Range) -> Iterator[Finding]:
    """SD beside the ends of the scale of a score, which no participant can leave."""
    if path[0] != "results" or summary.mean is None:
        return
    outcome = known_outcome(study.results[int(path[1])])
    if outcome is None or outcome.scale is None:
        return
    low, high = outcome.scale
    if not low <= summary.mean <= high:
        return  # P701 tells
    n = summary.n or 1
    mean = unrounded(summary.mean)
    middle = min(max((high + low) / 2, mean.low), mean.high)
    most = math.sqrt(max(0.0, (high - middle) * (middle - low)) * n / (n - 1))
    if spread.low <= most:
        return
    label = "sd" if summary.sd else "se"
    message = (
        f"{label.upper()} {getattr(summary, label):g}; {n} values between {low:g} and {high:g} with the mean "
        f"{summary.mean:g} have an SD of at most {most:.3g}"
    )
    hint = "is it a sum of another scale, or the mean of another group?"
    if summary.se and spread.low / math.sqrt(n) <= most:
        hint = f"it fits as a standard deviation: write `sd: {summary.se:g}`"
    yield Finding((*path, label), message, hint)


def sd_limits(summary: Summary) -> Range:
    """Smallest and largest SD of n values with this range and, where printed, this mean.

    Notes
    -----
    Two values lie at the ends. The SD is smallest when all others are equal, so as to give the mean;
    it is largest when every value is at one of the ends: (high - mean)(mean - low)·n/(n - 1)
    (Bhatia & Davis 2000, Am Math Mon 107:353-357), at most (high - low)²/4·n/(n - 1).
    """
    assert summary.range is not None  # a caller's condition  # noqa: S101
    assert summary.n is not None  # noqa: S101
    n = summary.n
    low, high = (unrounded(end, *summary.range) for end in summary.range)
    widest, narrowest = high.high - low.low, max(0.0, high.low - low.high)
    most = widest**2 / 4 * n / (n - 1)
    least = narrowest**2 / 2 / (n - 1)
    if summary.mean is not None:
        mean = unrounded(summary.mean, *summary.range)
        # the product is largest for the mean nearest to the middle; the room for rounding is generous
        middle = min(max((high.high + low.low) / 2, mean.low), mean.high)
        most = min(most, max(0.0, (high.high - middle) * (middle - low.low)) * n / (n - 1))
        least = max(least, _least_square(low, high, mean, n) / (n - 1))
    return Range(math.sqrt(least), math.sqrt(most))


def _least_square(low: Range, high: Range, mean: Range, n: int) -> float:
    """Smallest sum of squares about the mean when one value is lowest, one highest and the rest equal."""
    above = max(0.0, high.low - mean.high)
    below = max(0.0, mean.low - low.high)
    rest = max(0.0, abs(above - below) - 2 * (mean.high - mean.low)) ** 2 / (n - 2)
    return above**2 + below**2 + rest
