"""What became of direction, significance and importance, as parts of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.trust_voice import Voice, listed
from metamsc.sensitivity.stress_verdicts import excludes_null

if TYPE_CHECKING:
    from metamsc.sensitivity.stress_result import StressTest, Verdict


def reaches(stress: StressTest, estimate: float) -> bool:
    """Say whether an estimate is as large as the minimal important difference."""
    return stress.mid is not None and abs(estimate) >= stress.mid * (1.0 - 1e-12)


def what_changed(stress: StressTest, verdict: Verdict, voice: Voice, behind: str = "") -> str:
    """Return what of direction, significance and importance changed and how often, and what did not.

    Without its full stop: "1 of 3 turns the direction (without A); significance holds". `behind` says which
    ones changed something, where that is not all of them.
    """
    compared = verdict.changed
    named = behind and len(verdict.names) < verdict.n
    # where several aspects change, the names are those of any change
    places = [name for name, count in compared.items() if named and count == len(verdict.names)]
    changed = [
        _change(stress, verdict, voice, name) + (f" ({behind})" if name in places else "")
        for name, count in compared.items()
        if count
    ]
    if changed and named and not places:
        changed[-1] += f" ({behind})"
    same = [name for name, count in compared.items() if not count]
    if not same:
        return "; ".join(changed)
    hold = f"{listed(same)} {'holds' if len(same) == 1 else 'hold'}"
    if changed:
        return "; ".join([*changed, hold])
    return f"{hold} in {'both' if verdict.n == 2 else f'all {verdict.n:,}'}" if verdict.n > 1 else hold


def _change(stress: StressTest, verdict: Verdict, voice: Voice, name: str) -> str:
    """Return "1 of 3 turns the direction"."""
    count = verdict.changed[name]
    one = count == 1
    if name == "direction":
        does = "turns the direction" if one else "turn the direction"
    elif name == "significance":
        excludes = excludes_null(stress.pooled.ci.low, stress.pooled.ci.high)
        verb = "includes" if excludes else "excludes"
        does = (
            f"{'has an interval' if one else 'have intervals'} that {verb if one else verb[:-1]} {voice.null}"
        )
    elif reaches(stress, stress.pooled.estimate):
        does = f"{'falls' if one else 'fall'} short of the minimal important difference"
    else:
        does = f"{'reaches' if one else 'reach'} the minimal important difference"
    return f"{of_all(count, verdict.n)} {does}"


def of_all(count: int, total: int) -> str:
    """Return "1 of 3", "both", "all 7"; "it" where there is one only."""
    if count < total:
        return f"{count:,} of {total:,}"
    return {1: "it", 2: "both"}.get(total, f"all {total:,}")


def range_of(verdict: Verdict) -> tuple[float, float]:
    """Return the smallest and the largest estimate of a comparison."""
    assert verdict.low is not None  # noqa: S101 - a comparison of estimates has a range
    assert verdict.high is not None  # noqa: S101
    return verdict.low, verdict.high
