"""Is something missing? Sentences on small-study effects and on trials known to be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_count, format_p, format_percent
from metamsc.report.trust_changes import range_of, what_changed
from metamsc.report.trust_voice import Voice, listed, studies
from metamsc.sensitivity.bias import MINIMUM_K
from metamsc.sensitivity.stress_verdicts import excludes_null
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.sensitivity.missing_result import MissingBound, TippingPoint
    from metamsc.sensitivity.missing_table import MissingTable
    from metamsc.sensitivity.stress_result import AssumedBound, StressTest, Verdict
    from metamsc.sensitivity.trim_fill import TrimFill

METHOD_WORDS = {
    "trim_fill": "trim and fill",
    "pet_peese": "PET-PEESE",
    "limit": "limit meta-analysis",
    "selection": "a selection model",
    "p_uniform": "p-uniform*",
}
_ALPHA = 0.05


def something_missing(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Answer whether something is missing: what asymmetry says, and what is known not to be here."""
    return (*small_study(stress, voice), *known_missing(stress, voice))


def small_study(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Say what tests for small-study effects and allowances for them give, or why there are none."""
    verdict = stress.verdict("small-study")
    if verdict is None or stress.small_study is None:
        return ()
    if stress.k == 1:
        return ("One study has no small-study effects to look for.",)
    if stress.k < MINIMUM_K and not stress.forced:
        return (
            (
                f"Small-study effects were not tested: with fewer than {MINIMUM_K} studies no test can tell "
                "them from chance."
            ),
        )
    sentences = [_test(verdict)]
    fill = stress.small_study.trim_fill.found
    if fill is not None:
        sentences.append(_filled(fill, voice))
    adjusted = stress.verdict("adjusted")
    if adjusted is not None and adjusted.low is not None and adjusted.high is not None:
        sentences.append(_adjusted(stress, adjusted, voice))
    if stress.k < MINIMUM_K:
        sentences.append(f"All of this was forced: with {studies(stress)} it can hardly be told from chance.")
    return tuple(sentences)


def _test(verdict: Verdict) -> str:
    if verdict.refused:
        return f"The test for small-study effects was not run: {verdict.refused.rstrip('.')}."
    name = f"{verdict.names[0]}'s test" if verdict.names[0][0].isupper() else f"The {verdict.names[0]}"
    if verdict.p is None:
        return f"{name} has no P value: its line passes through every study."
    if verdict.p < _ALPHA:
        return (
            f"{name} finds that effects go with the size of studies ({format_p(verdict.p)}), which missing "
            "results are one reason for."
        )
    return (
        f"{name} does not find that effects go with the size of studies ({format_p(verdict.p)}), which does "
        "not show that nothing is missing."
    )


def _filled(fill: TrimFill, voice: Voice) -> str:
    if fill.k0 == 0:
        return "Trim and fill puts in no study."
    way = "lower" if fill.side == "left" else "higher"
    ci = fill.adjusted.ci
    verb = "excludes" if excludes_null(ci.low, ci.high) else "includes"
    return (
        f"Trim and fill puts in {plural(fill.k0, 'study', 'studies')} with {way} values; with "
        f"{'it' if fill.k0 == 1 else 'them'} the estimate is {voice.value(fill.adjusted.estimate)}, its "
        f"interval ({voice.bare(ci.low, ci.high)}) {verb} {voice.null}."
    )


def _adjusted(stress: StressTest, verdict: Verdict, voice: Voice) -> str:
    tests = stress.small_study
    tried = [words for name, words in METHOD_WORDS.items() if getattr(tests, name).found is not None]
    if verdict.n == 1:
        return f"Allowing for such effects by {tried[0]} gives {voice.value(verdict.low or 0.0)}."
    behind = ", ".join(METHOD_WORDS[name] for name in verdict.names)
    return (
        f"Allowing for such effects in {verdict.n} ways ({', '.join(tried)}) gives estimates from "
        f"{voice.span(*range_of(verdict))}: {what_changed(stress, verdict, voice, behind)}."
    )


def known_missing(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Say which trials are known to be missing, and what they would have to show."""
    verdict, table = stress.verdict("known-missing"), stress.missing
    if verdict is None:
        return ()
    if table is None:
        return (f"No bound for missing trials: {verdict.refused}",)
    sentences = [_who(table, voice)]
    bounds = stress.bounds.found or ()
    sentences.extend(_bound(stress, assumed, voice) for assumed in bounds[:1])
    sentences.extend(_other_bound(assumed, bounds[0], voice) for assumed in bounds[1:])
    if not bounds and _count(table):
        sentences.append("With one study there is no pool whose conclusion they could change.")
    return tuple(sentences)


def _count(table: MissingTable) -> int:
    return sum(n for status, n in table.studies.items() if status != "included")


def _who(table: MissingTable, voice: Voice) -> str:
    n = _count(table)
    if n == 0:
        return "No result is known to be missing; that does not mean that none is."
    sizes = [row.n for row in table.rows if row.status != "included" and row.n is not None]
    people = f"{format_count(sum(sizes))} {voice.people}" if sizes else f"unknown numbers of {voice.people}"
    some = f" in {len(sizes)} of them" if sizes and len(sizes) < n else ""
    included = [row.n for row in table.rows if row.status == "included"]
    pooled = [size for size in included if size is not None]
    here = f"; the pooled ones have {format_count(sum(pooled))}" if len(pooled) == len(included) else ""
    known = (
        f"{voice.trial} is known whose result is" if n == 1 else f"{voice.trials} are known whose results are"
    )
    said = [f"{word} {table.studies[status]}" for status, word in _BECAUSE if table.studies[status]]
    because = f"Missing because of what {'it' if n == 1 else 'they'} showed: {', '.join(said)}."
    if n == 1:
        because = f"Missing because of what it showed: {said[0].rsplit(' ', 1)[0]}."
    return f"{n} {known} not here ({people}{some}{here}). {because}"


_BECAUSE = (("selected", "probably"), ("unclear", "unclear"), ("unrelated", "no"))
"""Whether a result is missing because of what it showed, in a word."""


def _bound(stress: StressTest, assumed: AssumedBound, voice: Voice) -> str:
    """Say what the missing trials would have to show, under one assumption on those of unknown size."""
    bound = assumed.bound
    one = bound.n_missing == 1
    share = f"{format_percent(bound.weight_percent)}% of the weight"
    sizes = ""
    if assumed.assumes:
        sizes = f", {'being' if one else 'those of unknown size being'} {assumed.assumes}"
    suppose = "Depending on the effect it showed" if one else "Had all of them shown one and the same effect"
    points = "; ".join(_point(stress, bound, point, voice) for point in bound.tipping_points)
    return f"{'It' if one else 'Together they'} would have {share}{sizes}. {suppose}: {points}."


def _other_bound(assumed: AssumedBound, first: AssumedBound, voice: Voice) -> str:
    """Say how far the same effects move under another assumption."""
    pairs = [
        (voice.number(point.effect), voice.number(before.effect))
        for point, before in zip(assumed.bound.tipping_points, first.bound.tipping_points, strict=True)
        if point.effect is not None and before.effect is not None
    ]
    share = f"{format_percent(assumed.bound.weight_percent)}% of the weight"
    which = "it" if assumed.bound.n_missing == 1 else "those of unknown size"
    begin = f"Were {which} {assumed.assumes} ({share})"
    if not pairs or all(one == other for one, other in pairs):
        return f"{begin}, the same would hold."
    return f"{begin}, this would be at {listed([one for one, _ in pairs])}."


def _point(stress: StressTest, bound: MissingBound, point: TippingPoint, voice: Voice) -> str:
    """Return "at X the direction would turn (chance 5%)"."""
    subject, verb, rest = _CHANGES[point.change]
    if point.change == "passes the threshold":
        reached = stress.mid is not None and abs(stress.pooled.estimate) >= stress.mid
        verb = "fall short of" if reached else "reach"
    does = f"{verb} {rest.format(null=voice.null)}".rstrip()
    if point.effect is None:
        return f"no effect was found, however large, at which {subject} would {does}"
    value = voice.value(point.effect)
    if point.change == "becomes significant" and bound.is_significant_if_alike:
        return f"if it agreed with the pooled ones {subject} would {does}, at {value} no longer"
    chance = "" if point.chance is None else f" (chance {_chance(point.chance)})"
    return f"at {value} {subject} would {does}{chance}"


_CHANGES = {
    "loses significance": ("the interval", "include", "{null}"),
    "becomes significant": ("the interval", "exclude", "{null}"),
    "changes direction": ("the direction", "turn", ""),
    "passes the threshold": ("the estimate", "reach", "the minimal important difference"),
}


def _chance(p: float) -> str:
    return "below 0.1%" if p < 0.001 else f"{format_percent(100 * p)}%"


BOUND_NOTE = (
    "Missing trials: of the effects at which something changes, the one nearest to the pooled estimate is "
    "given. Chance: the probability of a true effect that far out or further, under the prediction from the "
    "pooled studies; with few of them that prediction is itself a guess."
)
"""How the sentences on missing trials are read."""
