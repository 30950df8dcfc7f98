"""What each part of a stress test did to the pooled result, as counts: nothing here is in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.sensitivity.stress_result import NOT_ASKED, StressTest, Tried, Verdict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from metamsc.models.batch import BoolArray
    from metamsc.models.results import Interval
    from metamsc.sensitivity.subsets import Refits

CHECKS: dict[str, str] = {
    "leave-one-out": "one-study",
    "leave-one-cohort-out": "one-study",
    "influence": "one-study",
    "by-year": "one-study",
    "by-precision": "one-study",
    "small-study": "missing",
    "adjusted": "missing",
    "known-missing": "missing",
    "choices": "choices",
    "subsets": "subsets",
}
"""Checks -> the question they belong to."""

ADJUSTED = ("trim_fill", "pet_peese", "limit", "selection", "p_uniform")
"""Parts of ``SmallStudyTests`` that give an estimate in place of the pooled one."""

# A change of side is not one of rounding: estimates this near to a line lie on it.
_ON_LINE = 1e-12


def judge(stress: StressTest) -> tuple[Verdict, ...]:
    """Return the verdict of every check that was asked for, in the order of ``CHECKS``."""
    return tuple(
        verdict
        for verdict in (
            _of_refits(stress, "leave-one-out", stress.without_study),
            _of_refits(stress, "leave-one-cohort-out", stress.without_cohort),
            _of_influence(stress),
            _of_refits(stress, "by-year", stress.by_year, last=True),
            _of_refits(stress, "by-precision", stress.by_precision, last=True),
            *_of_small_study(stress),
            _of_missing(stress),
            _of_choices(stress),
            _of_subsets(stress),
        )
        if verdict is not None
    )


def _refused(check: str, part: Tried[Any]) -> Verdict | None:
    """Return the verdict of a part that was not done; None where nobody asked."""
    if part.refused == NOT_ASKED:
        return None
    return Verdict(question=CHECKS[check], check=check, refused=part.refused)


def changed_direction(stress: StressTest, estimates: ArrayLike) -> BoolArray:
    """Say which estimates lie on the other side of no effect than the pooled one."""
    side = -1.0 if stress.pooled.estimate < 0.0 else 1.0
    changed: BoolArray = side * np.asarray(estimates, dtype=np.float64) < -_ON_LINE
    return changed


def changed_importance(stress: StressTest, estimates: ArrayLike) -> BoolArray | None:
    """Say which estimates are as important as `mid` where the pooled one is not, or the other way round."""
    if stress.mid is None:
        return None
    reached = np.abs(np.asarray(estimates, dtype=np.float64)) >= stress.mid * (1.0 - _ON_LINE)
    changed: BoolArray = reached != (abs(stress.pooled.estimate) >= stress.mid * (1.0 - _ON_LINE))
    return changed


def excludes_null(low: float, high: float) -> bool:
    """Say whether an interval excludes no effect (0 on the analysis scale)."""
    return low > 0.0 or high < 0.0


def _compare(
    stress: StressTest,
    check: str,
    estimates: Sequence[float],
    intervals: Sequence[tuple[float, float]] | None,
    names: Sequence[str],
) -> Verdict:
    """Count what changes against the pooled result; `names` of what changed anything."""
    direction = changed_direction(stress, estimates)
    mid = changed_importance(stress, estimates)
    significance = None
    if intervals is not None:
        now = excludes_null(stress.pooled.ci.low, stress.pooled.ci.high)
        significance = np.array([excludes_null(*interval) != now for interval in intervals], dtype=np.bool_)
    anything = direction.copy()
    for other in (mid, significance):
        if other is not None:
            anything |= other
    return Verdict(
        question=CHECKS[check],
        check=check,
        n=len(estimates),
        low=min(estimates, default=None),
        high=max(estimates, default=None),
        n_direction=int(direction.sum()),
        n_significance=None if significance is None else int(significance.sum()),
        n_mid=None if mid is None else int(mid.sum()),
        names=tuple(name for name, changed in zip(names, anything, strict=True) if changed),
    )


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def _of_refits(stress: StressTest, check: str, part: Tried[Refits], *, last: bool = False) -> Verdict | None:
    """Judge refits; of a cumulative series the `last` one is the pooled result itself and is left out."""
    if part.found is None:
        return _refused(check, part)
    rows = [row for row in (part.found.rows[:-1] if last else part.found.rows) if row is not None]
    return _compare(
        stress,
        check,
        [row.estimate for row in rows],
        [_ends(row.ci) for row in rows],
        [row.label for row in rows],
    )


def _of_influence(stress: StressTest) -> Verdict | None:
    table = stress.influence.found
    if table is None:
        return _refused("influence", stress.influence)
    flagged = tuple(row.label for row in table.rows if row.is_influential or row.is_outlier)
    return Verdict(question="one-study", check="influence", n=len(table.rows), names=flagged)


def _of_small_study(stress: StressTest) -> Iterator[Verdict]:
    tests = stress.small_study
    if tests is None:
        return
    name, first = next(iter(tests.regressions.items()))
    p = None if first.found is None else first.found.p
    tried = (name,) if first.found is not None else ()
    yield Verdict(
        question="missing", check="small-study", n=len(tried), p=p, names=tried, refused=first.refused
    )
    adjusted: list[tuple[str, float, tuple[float, float] | None]] = []
    if (fill := tests.trim_fill.found) is not None:
        adjusted.append(("trim_fill", fill.adjusted.estimate, _ends(fill.adjusted.ci)))
    if (pet := tests.pet_peese.found) is not None:
        adjusted.append(("pet_peese", pet.estimate, _ends(pet.ci)))
    if (limit := tests.limit.found) is not None:
        adjusted.append(("limit", limit.adjusted, _ends(limit.adjusted_ci)))
    if (model := tests.selection.found) is not None:
        adjusted.append(("selection", model.estimate, None if model.ci is None else _ends(model.ci)))
    if (uniform := tests.p_uniform.found) is not None:
        adjusted.append(("p_uniform", uniform.estimate, _ends(uniform.ci)))
    if not adjusted:
        yield Verdict(question="missing", check="adjusted", refused=tests.trim_fill.refused)
        return
    # an adjustment without an interval says nothing of significance: it takes the pooled one's side
    own = _ends(stress.pooled.ci)
    yield _compare(
        stress,
        "adjusted",
        [estimate for _, estimate, _ in adjusted],
        [own if interval is None else interval for _, _, interval in adjusted],
        [name for name, _, _ in adjusted],
    )


def _of_missing(stress: StressTest) -> Verdict | None:
    if stress.bounds.found is None:
        return _refused("known-missing", stress.bounds)
    table = stress.missing
    names = () if table is None else tuple(row.label for row in table.rows if row.status != "included")
    n = stress.bounds.found[0].bound.n_missing
    return Verdict(question="missing", check="known-missing", n=n, names=names)


def _of_choices(stress: StressTest) -> Verdict | None:
    curve = stress.choices.found
    if curve is None:
        return _refused("choices", stress.choices)
    if curve.summary is None:
        return Verdict(
            question="choices", check="choices", refused="no combination of choices pools two studies"
        )
    estimates = curve.estimate.tolist()
    pairs = list(zip(curve.ci_low.tolist(), curve.ci_high.tolist(), strict=True))
    found = _compare(stress, "choices", estimates, pairs, [""] * len(estimates))
    top = max(curve.shares, key=lambda share: share.alone, default=None)
    return Verdict(
        question="choices",
        check="choices",
        n=found.n,
        low=found.low if curve.one_scale else None,
        high=found.high if curve.one_scale else None,
        n_direction=found.n_direction,
        n_significance=found.n_significance,
        n_mid=found.n_mid if curve.one_scale else None,
        names=() if top is None or top.alone == 0.0 else (top.name,),
    )


def _of_subsets(stress: StressTest) -> Verdict | None:
    gosh = stress.subsets.found
    if gosh is None:
        return _refused("subsets", stress.subsets)
    estimates = gosh.rows["estimate"].astype(np.float64)
    mid = changed_importance(stress, estimates)
    return Verdict(
        question="subsets",
        check="subsets",
        n=gosh.n_kept,
        low=float(estimates.min()),
        high=float(estimates.max()),
        n_direction=int(changed_direction(stress, estimates).sum()),
        n_mid=None if mid is None else int(mid.sum()),
        names=gosh.drivers,
    )
