"""What stands above and below a summary of findings: who, what, compared with what; sources and cautions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from metamsc.analysis.information import control_risk
from metamsc.plots.wording import inside_sentence
from metamsc.tables.grade_rows import PER, Finding, Footnotes
from metamsc.tables.labels import is_animal, word
from metamsc.tables.sizes import STANDARDISED, unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow

MEANINGS = (
    "⊕⊕⊕⊕ high: the true effect is very likely close to the estimate. ⊕⊕⊕◯ moderate: probably close. "
    "⊕⊕◯◯ low: it may differ much. ⊕◯◯◯ very low: it is likely to differ much."
)
"""After GRADE guidelines 3 (Balshem et al. 2011, J Clin Epidemiol 64:401-406)."""
ANIMALS = (
    "GRADE rates evidence for decisions about patients. For evidence from animals it is another one "
    "(Hooijmans et al. 2018, PLoS ONE 13:e0187271), so no certainty is given here; the facts are shown."
)
NOBODY = "Nobody has judged the certainty of this evidence yet; nothing is filled in for them."
STANDARD_DEVIATIONS = (
    "A standardised difference is in standard deviations; as a rule of thumb 0.2 is small, 0.5 moderate and "
    "0.8 large (Cohen 1988), whatever it means to patients."
)
BETWEEN = " · "
"""Between names of outcomes, which have commas of their own."""
_EVENTS = ("RR", "OR", "PETO", "RD")
"""Measures that have an effect per 1000 people."""
_MOST_CONTROLS = 5
"""Names of control groups that stand beside "control"; with more, the table of studies has them."""


def told_apart(said: Iterable[tuple[str, str]], total: int) -> str:
    """Return what holds for all once; else per text whom it holds for: "HbA1c · insulin dose: MSC; …".

    Parameters
    ----------
    said : iterable of (str, str)
        Whom or what it is said of, and the text; blank texts are left out.
    total : int
        How many all are.
    """
    names: dict[str, list[str]] = {}
    for name, text in said:
        if text:
            names.setdefault(text, []).append(name)
    for text, who in names.items():
        if len(who) == total:
            return text
    return "; ".join(f"{BETWEEN.join(dict.fromkeys(who))}: {text}" for text, who in names.items())


def treatment_words(result: AnalysisResult, rows: Sequence[EffectRow]) -> str:
    """Return the treatment, with its products where they are not plain MSC: "MSC (MSC, gene-edited MSC)"."""
    products = sorted({row.moderator("product") for row in rows} - {""})
    if products in ([], ["cells"]):
        return result.scale.treatment_label
    return f"{result.scale.treatment_label} ({', '.join(map(word, products))})"


def control_words(result: AnalysisResult, rows: Sequence[EffectRow]) -> str:
    """Return the control, with what it was where that is few: "control (placebo, standard care)"."""
    name = result.scale.control_label
    controls = sorted({row.control.label for row in rows}, key=str.casefold)
    told = f" ({', '.join(controls)})" if all(controls) and 0 < len(controls) <= _MOST_CONTROLS else ""
    return name if controls == [name] else f"{name}{told}"


def conditions_words(rows: Sequence[EffectRow]) -> str:
    """Return the complications that made people eligible: "foot ulcer", "foot ulcer in some studies", ""."""
    found = {word(row.moderator("complication")) for row in rows}
    some = " in some studies" if "" in found and len(found) > 1 else ""
    return ", ".join(sorted(found - {""})) + some


def better_words(result: AnalysisResult) -> str:
    """Return which direction of the outcome is better; "" where none is."""
    return {True: "lower is better", False: "higher is better", None: ""}[result.scale.lower_is_better]


def notes_below(named: Sequence[tuple[str, Finding]], footnotes: Footnotes) -> tuple[str, ...]:
    """Return the notes of a summary of findings: footnotes first, then how sure, sources, cautions.

    Parameters
    ----------
    named : sequence of (str, Finding)
        Every finding with what it is called here: its group, or its outcome.
    footnotes : Footnotes
        The reasons that the rows refer to.
    """
    return (
        *footnotes.lines,
        *_certainty_notes(named),
        *_risk_notes(named),
        *_no_risk_notes(named),
        *_difference_notes(named),
        *(
            f"{name}, to be looked at: {' '.join(found.profile.notes)}"
            for name, found in named
            if found.profile.notes and not is_animal(found.result)
        ),
    )


def _certainty_notes(named: Sequence[tuple[str, Finding]]) -> list[str]:
    """Return what the symbols mean, or who has not judged; for animals, why there are none."""
    if any(is_animal(found.result) for _, found in named):
        return [ANIMALS]
    open_ones = [name for name, found in named if not found.profile.is_judged]
    if len(open_ones) == len(named):
        return [NOBODY] if named else []
    notes = [MEANINGS] if any(found.profile.certainty for _, found in named) else []
    if open_ones:
        notes.append(f"Nobody has judged yet, and nothing is filled in: {BETWEEN.join(open_ones)}.")
    return notes


def _risk_notes(named: Sequence[tuple[str, Finding]]) -> list[str]:
    """Return where the risks without treatment are from, and what those with it are made of."""
    with_risks = [(name, found) for name, found in named if found.profile.absolute]
    if not with_risks:
        return []
    labels = {found.result.scale.treatment_label for _, found in with_risks}
    treatment = labels.pop() if len(labels) == 1 else "treatment"
    told = told_apart(((name, _risk_sources(found)) for name, found in with_risks), len(with_risks))
    effects = dict.fromkeys(
        "relative effect" if found.result.scale.ratio else "risk difference" for _, found in with_risks
    )
    effect = " or the ".join(effects)
    return [
        f"Risk without {treatment}: {told}. Its own uncertainty is not in the intervals.",
        f"The risk with {treatment} follows from the risk without it and the {effect} with its interval.",
    ]


def _risk_sources(found: Finding) -> str:
    """Return where the baseline risks are from: "low risk: a register; high risk: a cohort"."""
    sources: dict[str, list[str]] = {}
    for risk in found.profile.absolute:
        people = sources.setdefault(risk.source, [])
        if risk.people:
            people.append(risk.people)
    return "; ".join(
        f"{' and '.join(people)}: {source}" if people else source for source, people in sources.items()
    )


def _no_risk_notes(named: Sequence[tuple[str, Finding]]) -> list[str]:
    """Say why results on events have no effect in 1000: without it nobody can weigh them."""
    why = [
        (name, _no_risk(found))
        for name, found in named
        if found.result.scale.measure in _EVENTS and not found.profile.absolute
    ]
    if not why:
        return []
    animal = is_animal(named[0][1].result)
    ask = "" if animal else " The plan can give a baseline risk."
    return [f"No effect in {PER} {'animals' if animal else 'people'}: {told_apart(why, len(named))}.{ask}"]


def _no_risk(found: Finding) -> str:
    risk = control_risk(found.result.rows_of(found.stratum))
    if risk is None:
        return "the events of the control arms are not printed"
    return "no control arm had an event" if risk == 0.0 else "everyone in the control arms had the event"


def _difference_notes(named: Sequence[tuple[str, Finding]]) -> list[str]:
    """Return where smallest differences that matter are from, or why there are none; how to read an SMD."""
    notes = []
    firsts: dict[int, tuple[str, Finding]] = {}
    for name, found in named:  # a difference is set for an analysis, not for a pool of it
        firsts.setdefault(id(found.result), (name, found))
    sized = [(name, found) for name, found in firsts.values() if found.result.scale.mid is not None]
    others = [(name, found) for name, found in firsts.values() if found.result.scale.mid is None]
    if sized:
        told = told_apart(((name, found.result.scale.mid_source) for name, found in sized), len(firsts))
        notes.append(f"Smallest difference that matters: {told}.")
    if any(found.result.scale.mid_source for _, found in others):
        told = told_apart(((name, found.result.scale.mid_source) for name, found in others), len(firsts))
        notes.append(f"No smallest difference that matters is set: {told}.")
    if any(unit_words(found.result.scale) == STANDARDISED for _, found in named):
        notes.append(STANDARD_DEVIATIONS)
    return notes


def outcome_line(result: AnalysisResult) -> str:
    """Return the outcome as a line above the table of one analysis."""
    better = better_words(result)
    return f"Outcome: {inside_sentence(result.scale.outcome_label)}{f'; {better}' if better else ''}."
