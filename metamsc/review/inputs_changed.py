"""What a judgement of certainty rests on, other choices and verdicts of checks, before and after a change."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.analysis.crossed import excludes
from metamsc.analysis.grade import GradeProfile
from metamsc.analysis.result import AnalysisResult, SensitivityStratum
from metamsc.sensitivity.stress_result import StressTest, Verdict
from metamsc.tables.labels import label_words


def grade_changes(before: AnalysisResult, after: AnalysisResult) -> Iterator[str]:
    """Say which inputs of GRADE differ, pool by pool; numbers alone, without a threshold, are no line."""
    old = {profile.label: profile for profile in before.grade}
    for profile in after.grade:
        was = old.get(profile.label)
        if was is not None:
            title = label_words(after, profile.label)
            yield from (f"{title}, {text}" for text in _differences(was, profile))


def _differences(was: GradeProfile, now: GradeProfile) -> Iterator[str]:
    yield from _sets("imprecision, inside the interval", was.imprecision.crossed, now.imprecision.crossed)
    if was.imprecision.enough != now.imprecision.enough:
        reached = {True: "reached", False: "not reached", None: "not known"}
        yield (
            f"imprecision, optimal information size: {reached[was.imprecision.enough]} → "
            f"{reached[now.imprecision.enough]}"
        )
    yield from _sets(
        "inconsistency, inside the prediction interval",
        was.inconsistency.pi_crossed,
        now.inconsistency.pi_crossed,
    )
    for name, one, other in (
        ("inconsistency, pairs of studies whose intervals do not overlap", was.inconsistency.apart,
         now.inconsistency.apart),
        ("publication bias, studies with a result known to be missing", was.publication.missing,
         now.publication.missing),
        ("publication bias, rows not from a journal article", was.publication.unpublished,
         now.publication.unpublished),
    ):  # fmt: skip
        if one != other:
            yield f"{name}: {one} → {other}"
    if was.certainty != now.certainty:
        yield f"certainty: {was.certainty or 'not judged'} → {now.certainty or 'not judged'}"
    new_notes = [note for note in now.notes if note not in was.notes]
    yield from (f"a judgement and a fact no longer agree: {note}" for note in new_notes)


def _sets(name: str, was: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    if set(was) != set(now):
        yield f"{name}: {', '.join(was) or 'no threshold'} → {', '.join(now) or 'no threshold'}"


def verdict_changes(before: AnalysisResult, after: AnalysisResult) -> Iterator[str]:
    """Say which checks of the plan's `sensitivity` change the conclusion now or did before, not both."""
    if before.trust is None or after.trust is None:
        return
    for test in after.trust.tests:
        was = before.trust.test(test.label)
        if was is not None:
            title = label_words(after, test.label)
            yield from (f"{title}, {text}" for text in _flips(was, test))


def _flips(was: StressTest, now: StressTest) -> Iterator[str]:
    for verdict in now.verdicts:
        old = next((item for item in was.verdicts if item.check == verdict.check), None)
        if old is None or old.changes == verdict.changes:
            continue
        yield f"{verdict.check.replace('-', ' ')}: {_said(old)} → {_said(verdict)}"


def _said(verdict: Verdict) -> str:
    if verdict.refused:
        return "not done"
    return {True: "changes the conclusion", False: "changes nothing", None: "nothing to compare"}[
        verdict.changes
    ]


def choice_changes(before: AnalysisResult, after: AnalysisResult) -> Iterator[str]:
    """Name other choices whose answer (sign, or whether the interval excludes no effect) is another one."""
    old = {(item.name, stratum.label): stratum for item in before.sensitivity for stratum in item.strata}
    found: dict[tuple[str, str], list[str]] = {}
    for item in after.sensitivity:
        for stratum in item.strata:
            was = old.get((item.name, stratum.label))
            if was is None or item.measure:
                continue
            said = _turn(was, stratum, after.scale.null)
            if said:
                found.setdefault((label_words(after, stratum.label), said), []).append(item.label)
    for (title, said), labels in found.items():
        yield f"{title}, {said}: {'; '.join(labels)}"


def _turn(was: SensitivityStratum, now: SensitivityStratum, null: float) -> str:
    """Say how an answer turned; empty where it did not."""
    sides = [_answer(side, null) for side in (was, now)]
    if sides[0] == sides[1]:
        return ""
    if sides[0] is None or sides[1] is None:
        return "can now be pooled" if sides[0] is None else "can no longer be pooled"
    (above, clear), (now_above, now_clear) = sides[0], sides[1]
    parts = []
    if above != now_above:
        parts.append("the estimate changes its direction")
    if clear != now_clear:
        parts.append(f"the interval {'now excludes' if now_clear else 'no longer excludes'} no effect")
    return " and ".join(parts)


def _answer(stratum: SensitivityStratum, null: float) -> tuple[bool, bool] | None:
    """Return whether it lies above no effect, and whether the interval excludes that; None if not pooled."""
    if stratum.estimate is None or stratum.ci_low is None or stratum.ci_high is None:
        return None
    return stratum.estimate > null, excludes(stratum.ci_low, stratum.ci_high, null)
