"""Can the result be trusted? Sentences on what held and what did not, question by question.

Each sentence says what was done and what came out, with the numbers; none says more. Whether a result is
"robust" is not said at all: with few studies nothing here could show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_p, format_percent
from metamsc.plots.specification_layout import decision_words
from metamsc.plots.wording import inside_sentence, percent
from metamsc.report.trust_changes import range_of, reaches, what_changed
from metamsc.report.trust_missing_words import something_missing
from metamsc.report.trust_study_words import one_study
from metamsc.report.trust_voice import Voice, listed, shares_cohorts, studies
from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE, FEWEST_FOR_SUBSETS
from metamsc.sensitivity.stress_verdicts import excludes_null
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.sensitivity.gosh_result import Gosh
    from metamsc.sensitivity.specification import ChoiceShare
    from metamsc.sensitivity.stress_result import ChoiceCurve, StressTest, Verdict

CHECK_WORDS = {
    "leave-one-out": "leaving out one study at a time",
    "leave-one-cohort-out": "leaving out one cohort at a time",
    "influence": "diagnostics of influence",
    "by-year": "taking studies in by year",
    "by-precision": "taking studies in by precision",
    "small-study": "the test for small-study effects",
    "adjusted": "allowing for small-study effects",
    "known-missing": "the bound for known missing trials",
    "choices": "other choices",
    "subsets": "every subset of the studies",
}


def answers(stress: StressTest, voice: Voice) -> dict[str, str]:
    """Return the paragraph that answers each question, by its key in ``stress_result.QUESTIONS``.

    Questions that nobody asked are left out.
    """
    found = {
        "one-study": one_study(stress, voice),
        "missing": something_missing(stress, voice),
        "choices": other_choices(stress, voice),
        "subsets": every_subset(stress, voice),
    }
    return {question: " ".join(sentences) for question, sentences in found.items() if sentences}


def starting_point(stress: StressTest, voice: Voice) -> str:
    """Return what everything is compared with: estimate, interval, and what it includes."""
    pooled = stress.pooled
    interval = f"{percent(pooled.level)} CI {voice.bare(pooled.ci.low, pooled.ci.high)}"
    what = f"{voice.value(pooled.estimate)} ({interval}; {studies(stress)})"
    start = f"The result is {what}" if stress.k > 1 else f"This is one study, not a pool: {what}"
    sides = "excludes" if excludes_null(pooled.ci.low, pooled.ci.high) else "includes"
    text = f"{start}; its interval {sides} {voice.null}"
    if stress.mid is None:
        return f"{text}."
    size = "at least as large as" if reaches(stress, pooled.estimate) else "smaller than"
    return f"{text}, and the estimate is {size} the minimal important difference ({voice.size(stress.mid)})."


def summary(stress: StressTest) -> str:
    """Return what left direction, significance and importance as they were, what did not, what did not run.

    Tests, bounds and the order in which evidence came in compare no whole results, and are not in it.
    """
    if stress.k == 1:
        return "One study cannot be held against others; only the choices behind its number can be changed."
    told = [item for item in stress.verdicts if item.check in _COMPARED]
    if stress.k == 2:  # a study left out leaves a single one, which is no refit of the pool
        told = [item for item in told if item.question != "one-study"]
    compared = [item for item in told if item.changes is not None]
    same = [CHECK_WORDS[item.check] for item in compared if not item.changes]
    other = [f"{CHECK_WORDS[item.check]} ({_changed_what(item)})" for item in compared if item.changes]
    refused = [CHECK_WORDS[item.check] for item in told if item.refused and item.check in _EXPECTED]
    if stress.k == 2 and stress.verdict("leave-one-out") is not None:
        refused.insert(0, CHECK_WORDS["leave-one-out"])
    aspects = "Direction, significance and importance" if stress.mid else "Direction and significance"
    parts = [f"{aspects} stay the same under {listed(same)}."] if same else []
    if same and stress.k < FEWEST_FOR_INFLUENCE:
        parts.append(f"With {studies(stress)}, that says little about what further ones would show.")
    parts += [f"Something changes under {listed(other)}."] if other else []
    parts += [f"Not examined: {listed(refused)}."] if refused else []
    text = " ".join(parts)
    return text.replace("one study at", "one comparison at") if shares_cohorts(stress) else text


_COMPARED = frozenset({"leave-one-out", "leave-one-cohort-out", "adjusted", "choices", "subsets"})
_EXPECTED = frozenset({"leave-one-out", "adjusted", "choices", "subsets"})
"""Checks whose absence a reader should know of; others do not apply where they are not run."""


def _changed_what(verdict: Verdict) -> str:
    aspects = (
        ("direction", verdict.n_direction),
        ("significance", verdict.n_significance),
        ("importance", verdict.n_mid),
    )
    return ", ".join(f"{name} in {count:,} of {verdict.n:,}" for name, count in aspects if count)


def other_choices(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Answer whether the result holds under other choices, beside what was planned."""
    verdict = stress.verdict("choices")
    if verdict is None:
        return ()
    curve = stress.choices.found
    if curve is None or verdict.refused or curve.summary is None:
        return (f"Other choices were not combined: {verdict.refused.rstrip('.')}.",)
    names = "; ".join(f"{_decision(name)}: {n}" for name, n in curve.decisions)
    total, pooled = curve.summary.n_paths, verdict.n
    counted = f"All {total:,}" if pooled == total else f"{pooled:,} of {total:,}"
    unlike = curve.one_scale and voice.number(range_of(verdict)[0]) != voice.number(range_of(verdict)[1])
    return (
        (
            f"{counted} combinations of the choices left open ({names}) pool two studies or more. "
            f"{_estimates(verdict, curve, voice)}, beside {_planned(stress, voice)}: "
            f"{what_changed(stress, verdict, voice)}."
        ),
        *_matters(curve.shares if unlike else (), curve.shares_of_significance),
        *_joint(stress, curve),
    )


def _planned(stress: StressTest, voice: Voice) -> str:
    """Return what the choices made give: what the plan says, or the one who asked for a CSV."""
    pooled = stress.pooled
    shown = voice.with_interval(pooled.estimate, pooled.ci.low, pooled.ci.high, pooled.level)
    return f"{voice.own} {shown}" if stress.k > 1 else f"{voice.own} one study, {shown}"


def _estimates(verdict: Verdict, curve: ChoiceCurve, voice: Voice) -> str:
    if not curve.one_scale or curve.summary is None:
        return "Their estimates are on several scales"
    low, high = range_of(verdict)
    if voice.number(low) == voice.number(high):
        return f"Their estimates are all {voice.value(low)}"
    return f"Their estimates run from {voice.span(low, high)} (median {voice.number(curve.summary.median)})"


def _matters(shares: tuple[ChoiceShare, ...], of_significance: tuple[ChoiceShare, ...]) -> tuple[str, ...]:
    """Name the choice that moves the estimate most, and the one that moves significance most."""
    said = []
    for what, found in (("the estimate", shares), ("significance", of_significance)):
        top = max(found, key=lambda share: share.alone, default=None)
        if top is not None and top.alone > 0.0:
            share = format_percent(100 * top.alone)
            said.append(f"“{_decision(top.name)}” moves {what} most ({share}% of its variance)")
    return (f"Of the choices, {' and '.join(said)}.",) if said else ()


def _decision(name: str) -> str:
    return inside_sentence(decision_words(name))


def _joint(stress: StressTest, curve: ChoiceCurve) -> tuple[str, ...]:
    test = curve.test
    if test is None:
        return ()
    one, many = ("cohort", "cohorts") if shares_cohorts(stress) else ("study", "studies")
    if test.smallest_p > 1.0 - stress.pooled.level:
        return (
            (
                f"A joint test of all combinations can find nothing in {plural(test.n_clusters, one, many)}: "
                f"its P cannot be below {test.smallest_p:.3g}."
            ),
        )
    return (f"Joint test of all combinations, by their mean z: {format_p(test.p_z)}.",)


def every_subset(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Answer whether the result is the same in every subset of the studies."""
    verdict = stress.verdict("subsets")
    if verdict is None:
        return ()
    gosh = stress.subsets.found
    if stress.k < FEWEST_FOR_SUBSETS:
        return (f"With {studies(stress)} there are no subsets to compare.",)
    if gosh is None:
        return (f"Subsets were not looked at: {verdict.refused.rstrip('.')}.",)
    quartiles = gosh.distributions["estimate"].quantiles
    which = f"All {gosh.n_subsets:,} subsets" if gosh.is_all else f"{gosh.n_subsets:,} drawn subsets"
    sentences = [
        (
            f"{which} of the {studies(stress)} give estimates from {voice.span(*range_of(verdict))}, half of "
            f"them between {voice.number(quartiles[3])} and {voice.number(quartiles[5])}: "
            f"{what_changed(stress, verdict, voice)}."
        ),
        *_groups(gosh, voice),
    ]
    if stress.k < FEWEST_FOR_INFLUENCE:
        sentences.append(f"With {studies(stress)} these are few, and the smallest are single ones.")
    return tuple(sentences)


def _groups(gosh: Gosh, voice: Voice) -> tuple[str, ...]:
    """Say whether the estimates of enough subsets fall apart into groups, and which studies move them."""
    if gosh.k < FEWEST_FOR_INFLUENCE:
        return ()
    if len(gosh.groups) > 1:
        means = listed([voice.number(group.mean) for group in gosh.groups])
        said = f"The estimates form {len(gosh.groups)} separate groups, around {means}"
    else:
        said = "The estimates form no separate groups"
    if not gosh.drivers:
        return (f"{said}.",)
    return (f"{said}; what moves them most is whether {listed(gosh.drivers)} {_is(gosh.drivers)} in.",)


def _is(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"
