"""Two versions of one pooled result: its numbers, the lines it crossed, and whether the step matters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from metamsc.models.results import PooledResult

TRIVIAL_SHARE = 0.1
"""Of the half-width of the interval: an estimate that moves by less, with no line crossed, tells a reader
nothing new. A tenth of a half-width is 0.2 standard errors. A convention of this project; docs/living.md sets
it beside the signals of Shojania et al. (2007, Ann Intern Med 147:224)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a reviewer compares, on the analysis scale; None where there is none, or it is not finite."""

    k: int
    estimate: float
    ci_low: float | None
    ci_high: float | None
    tau2: float | None
    I2: float | None
    pi_low: float | None
    pi_high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python."""
        return asdict(self)


def numbers_of(pooled: PooledResult) -> Numbers:
    """Return the numbers of a pooled result."""
    found = pooled.heterogeneity
    return Numbers(
        k=pooled.k,
        estimate=pooled.estimate,
        ci_low=_finite(pooled.ci.low),
        ci_high=_finite(pooled.ci.high),
        tau2=_finite(found.tau2),
        I2=_finite(found.I2),
        pi_low=None if pooled.pi is None else _finite(pooled.pi.low),
        pi_high=None if pooled.pi is None else _finite(pooled.pi.high),
    )


def numbers_from(data: Mapping[str, Any]) -> Numbers:
    """Return the numbers of a pooled result from its dict, as ``results.json`` holds it.

    Raises
    ------
    KeyError, TypeError
        If it is none.
    """
    heterogeneity, ci, pi = data["heterogeneity"], data["ci"], data["pi"] or {}
    return Numbers(
        k=int(data["k"]),
        estimate=float(data["estimate"]),
        ci_low=ci["low"],
        ci_high=ci["high"],
        tau2=heterogeneity["tau2"],
        I2=heterogeneity["I2"],
        pi_low=pi.get("low"),
        pi_high=pi.get("high"),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def crossed(
    before: Numbers | None, after: Numbers | None, *, null: float, mid: float | None
) -> Iterator[str]:
    """Say which lines a pooled result crossed.

    Parameters
    ----------
    before, after : Numbers or None
        None where nothing was pooled.
    null : float
        No difference, on the analysis scale.
    mid : float or None
        Size of the minimal important difference on the analysis scale.

    Yields
    ------
    str
    """
    if before is None or after is None:
        if before is not after:
            first = "the first study" if after is not None and after.k == 1 else "pooled for the first time"
            yield first if before is None else "nothing is left to pool"
        return
    if before.k == 1 < after.k:
        yield "from one study to a pooled result"
    elif after.k == 1 < before.k:
        yield "from a pooled result to one study"
    if (before.estimate > null) != (after.estimate > null):
        yield "the estimate changes its direction"
    was, now = (excludes(side.ci_low, side.ci_high, null) for side in (before, after))
    if was != now:
        yield "the interval now excludes no effect" if now else "the interval no longer excludes no effect"
    if mid is not None:
        big = [abs(side.estimate - null) >= mid for side in (before, after)]
        if big[0] != big[1]:
            side = "reaches" if big[1] else "no longer reaches"
            yield f"the estimate {side} the minimal important difference"
    if before.pi_low is not None and after.pi_low is not None:
        wide = [not excludes(side.pi_low, side.pi_high, null) for side in (before, after)]
        if wide[0] != wide[1]:
            verb = "now includes" if wide[1] else "no longer includes"
            yield f"the prediction interval {verb} no effect"


def excludes(low: float | None, high: float | None, null: float) -> bool:
    """Whether an interval lies on one side of no difference."""
    return low is not None and high is not None and (low > null or high < null)


def is_trivial(before: Numbers | None, after: Numbers | None, *, null: float, mid: float | None) -> bool:
    """Whether a living review may let a step pass: no line crossed, and hardly any move.

    The rule: no line of :func:`crossed`; the estimate moves by at most a tenth of the half-width that its
    interval had (:data:`TRIVIAL_SHARE`), and by at most a tenth of the minimal important difference where
    there is one; the interval's width changes by at most a tenth. A pool that comes or goes is never trivial.
    """
    if before is None or after is None or any(crossed(before, after, null=null, mid=mid)):
        return before is after
    if before.ci_low is None or before.ci_high is None or after.ci_low is None or after.ci_high is None:
        return before == after
    half, now = (before.ci_high - before.ci_low) / 2, (after.ci_high - after.ci_low) / 2
    share = TRIVIAL_SHARE * (1 + 1e-9)  # a tenth is a tenth, whatever binary fractions make of it
    room = share * half if mid is None else share * min(half, mid)
    return abs(after.estimate - before.estimate) <= room and abs(now - half) <= share * half
