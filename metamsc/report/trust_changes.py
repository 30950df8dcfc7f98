"""What became of direction, significance and importance, as parts of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.trust_voice import Voice, of_all
from metamsc.sensitivity.stress_verdicts import excludes_null

if TYPE_CHECKING:
    from metamsc.sensitivity.stress_result import StressTest, Verdict


def reaches(stress: StressTest, estimate: float) -> bool:
    """Say whether an estimate is as large as the minimal important difference."""
    return stress.mid is not None and abs(estimate) >= stress.mid * (1.0 - 1e-12)


def what_changed(stress: StressTest, verdict: Verdict, voice: Voice) -> str:
    """Return what became of direction, significance and importance, as parts of one sentence."""
    n, parts = verdict.n, []
    if verdict.n_direction is not None:
        side = of_all(n - verdict.n_direction, n, "estimate", "is", "are")
        parts.append(f"{side} on the same side of {voice.null} as the whole")
    if verdict.n_significance is not None:
        excludes = excludes_null(stress.pooled.ci.low, stress.pooled.ci.high)
        verb, other = ("exclude", "include") if excludes else ("include", "exclude")
        if verdict.n_significance:
            parts.append(f"{of_all(verdict.n_significance, n, 'interval', f'{other}s', other)} {voice.null}")
        else:
            parts.append(f"{of_all(n, n, 'interval', f'{verb}s', verb)} {voice.null}")
    if verdict.n_mid is not None:
        same, other = "at least as large as", "smaller than"
        if not reaches(stress, stress.pooled.estimate):
            same, other = other, same
        count, words = (verdict.n_mid, other) if verdict.n_mid else (n, same)
        counted = of_all(count, n, "estimate", "is", "are")
        parts.append(f"{counted} {words} the minimal important difference")
    return f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def range_of(verdict: Verdict) -> tuple[float, float]:
    """Return the smallest and the largest estimate of a comparison."""
    assert verdict.low is not None  # noqa: S101 - a comparison of estimates has a range
    assert verdict.high is not None  # noqa: S101
    return verdict.low, verdict.high
