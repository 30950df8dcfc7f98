"""Evidence that a spread is not what its label says: a Bayes factor of two readings of one series.

A reading says by which factor each printed spread must be multiplied to be an SD: 1 as labelled, √n
where an SE stands for an SD, 1/√n the other way round, 10 or 1/10 for a slipped decimal point. Two
kinds of evidence do not depend on each other given the SD: how SD/mean compares with other studies,
and how the arms differ, at the start and later, when measured in that SD.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from metamsc.checks.usual_spread import Usual
from metamsc.records.positions import Path

STRONG = math.log(10)
"""A Bayes factor of 10 is strong evidence (Jeffreys 1961): enough to ask for a look into the paper."""
PARTIAL = 1.0
"""Log odds against the reading of a part of the spreads only, beside that of all."""

ALIKE = 0.25
"""Difference of log SDs below which no part of them is worth a reading of its own: √3 is 0.55."""

_ARM_TO_ARM = 0.15
"""SD of log SD between arms and times of one study, apart from the error of estimating it."""
_OF_CHANGE = Usual(-0.15, 0.35)
"""Log of SD(change)/SD(level): 1 at a correlation of 0.5, 0.6 at 0.8."""


class Spread(NamedTuple):
    """One printed spread."""

    path: Path
    """Way to `sd` or `se`."""
    label: str
    row: int
    arm: str
    n: int
    number: float
    """As printed."""
    sd: float
    """The SD it stands for as labelled."""
    log_sd: float
    log_usual: float | None
    """log(SD/mean), or log(SD) in the unit of the usual SD; None where neither has a meaning."""
    of_change: bool


class Difference(NamedTuple):
    """A difference between two arms, in the unit of the SDs."""

    treated: int
    control: int
    size: float
    apart: float
    """Expected size beyond chance, in SDs."""
    weight: float
    """Differences at several times of the same participants count as one."""


@dataclass(frozen=True, slots=True)
class Series:
    """All spreads of one outcome of a record that are measured alike."""

    outcome: str
    spreads: tuple[Spread, ...]
    differences: tuple[Difference, ...] = ()
    usual: Usual | None = field(default=None)

    def log_evidence(self, shifts: Sequence[float]) -> float:
        """Log Bayes factor of the reading with these log factors against the one as labelled."""
        return self.log_likelihood(shifts) - self.log_likelihood([0.0] * len(self.spreads))

    def log_likelihood(self, shifts: Sequence[float]) -> float:
        """Log likelihood, up to a constant, of what is printed if each SD is shifted so."""
        total = sum(
            each.weight * self._log_density(each, shifts[each.treated], shifts[each.control])
            for each in self.differences
        )
        if self.usual is None:
            return total
        squares = common = precisions = 0.0
        for spread, shift in zip(self.spreads, shifts, strict=True):
            if spread.log_usual is None:
                continue
            centre = self.usual.centre + (_OF_CHANGE.centre if spread.of_change else 0.0)
            variance = 0.5 / (spread.n - 1) + _ARM_TO_ARM**2
            variance += _OF_CHANGE.width**2 if spread.of_change else 0.0
            off = spread.log_usual + shift - centre
            squares += off * off / variance
            common += off / variance
            precisions += 1 / variance
        # squared distance of values that share a deviation of the study, of the width of the usual range
        return total - (squares - common**2 / (1 / self.usual.width**2 + precisions)) / 2

    def _log_density(self, difference: Difference, shift: float, other_shift: float) -> float:
        """Student density of the difference, up to a constant, when the SDs are shifted."""
        one, other = self.spreads[difference.treated], self.spreads[difference.control]
        variance = ((one.sd * math.exp(shift)) ** 2 + (other.sd * math.exp(other_shift)) ** 2) / 2
        variance *= 1 / one.n + 1 / other.n + difference.apart**2
        df = one.n + other.n - 2
        return -0.5 * math.log(variance) - (df + 1) / 2 * math.log1p(difference.size**2 / variance / df)


class Reading(NamedTuple):
    """The best reading found of some spreads of a series."""

    evidence: float
    """Log Bayes factor, less the log odds against a reading of a part."""
    members: tuple[int, ...]
    """Positions in the series of the spreads that are not what they are called."""


def best_reading(found: Series, label: str, log_factor: Mapping[int, float]) -> Reading | None:
    """Return the reading with the strongest evidence, all of one label, or those of one arm, row or value.

    Parameters
    ----------
    found : Series
        Spreads of one outcome.
    label : str
        "sd" or "se".
    log_factor : mapping
        Position of a spread -> log of what it would be multiplied with.
    """
    positions = [i for i, spread in enumerate(found.spreads) if spread.label == label and i in log_factor]
    best: Reading | None = None
    labelled = found.log_likelihood([0.0] * len(found.spreads))
    for members, against in _parts(found, positions):
        if not _stands_apart(found, members, positions, log_factor):
            continue
        shifts = [log_factor[i] if i in members else 0.0 for i in range(len(found.spreads))]
        evidence = found.log_likelihood(shifts) - labelled - against
        if best is None or evidence > best.evidence:
            best = Reading(evidence, members)
    return best


def _stands_apart(
    found: Series, members: tuple[int, ...], positions: list[int], log_factor: Mapping[int, float]
) -> bool:
    """Whether a part of the spreads differs from the rest at least a third of the way; saves time."""
    if len(members) == len(positions):
        return True
    inside = sum(found.spreads[i].log_sd for i in members)
    whole = sum(found.spreads[i].log_sd for i in positions)
    gap = (whole - inside) / (len(positions) - len(members)) - inside / len(members)
    factor = sum(log_factor[i] for i in members) / len(members)
    return factor != 0 and gap / factor > 1 / 3


def _parts(found: Series, positions: list[int]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield sets of spreads that may share a mistake, each with the log odds against it."""
    if not positions:
        return
    yield tuple(positions), 0.0
    sizes = [found.spreads[i].log_sd for i in positions]
    if max(sizes) - min(sizes) < ALIKE:
        return
    seen = {tuple(positions)}
    arms = sorted({found.spreads[i].arm for i in positions})
    lines = sorted({found.spreads[i].row for i in positions})
    kinds: list[list[tuple[int, ...]]] = [
        [tuple(i for i in positions if found.spreads[i].arm == arm) for arm in arms],
        [tuple(i for i in positions if found.spreads[i].row == line) for line in lines],
        [(i,) for i in positions],
    ]
    for kind in kinds:
        for members in kind:
            if members not in seen:
                seen.add(members)
                yield members, PARTIAL + math.log(len(kind))
