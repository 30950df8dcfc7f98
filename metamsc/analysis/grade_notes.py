"""Where a judgement and a computed fact do not agree: said as a note, never corrected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from metamsc.analysis.grade_bias import HIGH_RISK, NOT_ASSESSED
from metamsc.analysis.grade_effects import BENEFIT, HARM, HIGHER, LOWER, NULL
from metamsc.analysis.grade_plan import DOMAINS, GradeEntry

if TYPE_CHECKING:
    from metamsc.analysis.grade import GradeProfile
    from metamsc.analysis.result import Scale

HALF = 50.0
"""Percent of the weight: more of it than this at high risk of bias is most of the evidence."""
ALL = 100.0 - 1e-6
"""Percent of the weight: all of it, but for rounding."""
SMALL_P = 0.1
"""Level at which tests of small-study effects are usually read: they have little power."""
LARGE_RATIO = 2.0
"""GRADE guidelines 9 (Guyatt et al. 2011, J Clin Epidemiol 64:1311-1316): large above 2 or below 0.5."""
VERY_LARGE_RATIO = 5.0
"""The same source: very large above 5 or below 0.2."""


def disagreements(profile: GradeProfile, entry: GradeEntry, scale: Scale, estimate: float) -> tuple[str, ...]:
    """Return a sentence for each judgement that a computed fact speaks against.

    Parameters
    ----------
    profile : GradeProfile
        The facts; its own notes are not read.
    entry : GradeEntry
        The judgements.
    scale : Scale
    estimate : float
        Pooled effect on the analysis scale.
    """
    return (
        *_threshold(entry, scale),
        *_start(profile, entry),
        *_bias(profile, entry),
        *_inconsistency(profile, entry),
        *_indirectness(profile, entry),
        *_imprecision(profile, entry),
        *_publication(profile, entry),
        *_upgrades(profile, entry, scale, estimate),
        *_baseline(profile, entry),
    )


def _says(entry: GradeEntry, domain: str) -> str:
    found = entry.judged(domain)
    return "" if found is None else found.judgement


def _listed(names: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _relevant(names: Sequence[str], profile: GradeProfile) -> list[str]:
    """Return of crossed thresholds those that the rating is about: no effect, or the important ones."""
    return [name for name in names if (name == NULL) == (profile.inconsistency.about == "null")]


def _threshold(entry: GradeEntry, scale: Scale) -> Iterator[str]:
    if entry.threshold == "mid" and scale.mid is None:
        yield "The threshold is the minimal important difference, and none is set; no effect is used instead."


def _start(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    start, implied = entry.start, profile.implied_start
    if start is None or implied is None or start.level == implied:
        return
    designs = ", ".join(item.value for item in profile.designs)
    yield f"The rating starts {start.level}; the designs ({designs}) would start {implied}."


def _bias(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    said, good = _says(entry, "risk_of_bias"), profile.bias.weight("low")
    if said not in ("", "none") and good > ALL:
        yield "Risk of bias is judged a concern; all of the weight is at low risk."
    if said != "none":
        return
    high, blank = profile.bias.weight(*HIGH_RISK), profile.bias.weight(NOT_ASSESSED)
    if high > HALF:
        yield f"Risk of bias is judged no concern; {high:.0f}% of the weight is at high risk."
    if blank > 0.0:
        yield f"Risk of bias is judged no concern; {blank:.0f}% of the weight is not assessed."


def _inconsistency(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    said, facts = _says(entry, "inconsistency"), profile.inconsistency
    if said == "none":
        crossed = _relevant(facts.pi_crossed, profile)
        only_pi = [name for name in crossed if name not in profile.imprecision.crossed]
        if only_pi:
            yield (
                "Inconsistency is judged no concern; the prediction interval crosses "
                f"{_listed(only_pi)}, the confidence interval does not."
            )
        sides = sum(count > 0 for count in (facts.better, facts.between, facts.worse))
        if facts.apart and sides > 1:
            yield (
                "Inconsistency is judged no concern; intervals of studies do not all overlap, and their "
                "estimates lie on different sides of the threshold."
            )
    elif said and facts.k < 2:
        yield "Inconsistency is judged a concern; one study alone cannot be inconsistent."


def _indirectness(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    if _says(entry, "indirectness") != "none":
        return
    facts = profile.indirectness
    if facts.outcome_kind not in ("", "patient-important"):
        yield f"Indirectness is judged no concern; the outcome is a {facts.outcome_kind} one."
    given = sum(item.k for item in facts.co_interventions)
    if given == profile.k:
        yield "Indirectness is judged no concern; every treated group got something besides the cells."
    elif given:
        yield f"Indirectness is judged no concern; {given} of {profile.k} treated groups got more than cells."


def _imprecision(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    said, facts = _says(entry, "imprecision"), profile.imprecision
    relevant = _relevant(facts.crossed, profile)
    if said == "none" and relevant:
        yield f"Imprecision is judged no concern; the interval crosses {_listed(relevant)}."
    if said == "none" and not relevant and facts.enough is False:
        yield (
            f"Imprecision is judged no concern; {facts.participants:.0f} participants are fewer than the "
            f"{facts.optimal} of one adequate trial."
        )
    if said == "serious" and set(relevant) in ({BENEFIT, HARM}, {LOWER, HIGHER}):
        yield f"Imprecision takes one level; the interval holds both {_listed(relevant)}."
    if said not in ("", "none") and not relevant and facts.enough:
        yield (
            "Imprecision is judged a concern; the interval crosses no threshold of the rating, and there is "
            "as much information as one adequate trial has."
        )


def _publication(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    said, facts = _says(entry, "publication_bias"), profile.publication
    if said == "none" and facts.missing:
        of = "1 study" if facts.missing == 1 else f"{facts.missing} studies"
        yield f"Publication bias is judged no concern; results of {of} are missing."
    if said == "none" and facts.p is not None and facts.p < SMALL_P:
        yield f"Publication bias is judged no concern; {facts.test} gives p = {facts.p:.3f}."
    if said in ("very-serious", "extremely-serious"):
        yield "Publication bias takes more than one level; GRADE knows it as undetected or suspected."


def _upgrades(profile: GradeProfile, entry: GradeEntry, scale: Scale, estimate: float) -> Iterator[str]:
    if not entry.raised():
        return
    if profile.implied_start == "high":
        yield "Certainty is rated up; Core GRADE does so for non-randomised studies only."
    if any(_says(entry, domain) not in ("", "none") for domain in DOMAINS):
        yield "Certainty is rated up although it is rated down elsewhere."
    large = entry.upgrades.large_effect
    if large is None:
        return
    if scale.measure != "RR":
        yield f"A large effect is claimed for a {scale.measure}; GRADE's limits are for a risk ratio."
        return
    limit = VERY_LARGE_RATIO if large.levels == 2 else LARGE_RATIO
    if abs(estimate) < math.log(limit):
        ratio = math.exp(estimate)
        yield (
            f"The effect is rated up by {large.levels} as large; a risk ratio of {ratio:.2f} lies between "
            f"{1.0 / limit:g} and {limit:g}."
        )


def _baseline(profile: GradeProfile, entry: GradeEntry) -> Iterator[str]:
    if entry.baseline_risks and not profile.absolute:
        yield "A baseline risk is given; the measure has no effect per 1000 people, so it is not used."
