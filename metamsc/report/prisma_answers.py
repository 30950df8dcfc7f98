"""What answers each item of PRISMA: functions of the result, the records and the recorded search.

An item without a function is never answered: no plan, record or result holds what it asks for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.report import words
from metamsc.report.effects_in_words import measure_words
from metamsc.report.evidence_words import (
    differences,
    left_out,
    listed,
    missing_results,
    risk_of_bias,
    small_study,
)
from metamsc.report.sensitivity_words import sensitivity
from metamsc.tables.labels import label_words, moderator_name, outcome_words, plural

if TYPE_CHECKING:
    from metamsc.analysis.flow import SearchFlow
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

NOT_RECORDED = "Not recorded: write it yourself."
ANSWERED, PARTLY, MISSING = "answered", "partly", "write"


@dataclass(frozen=True, slots=True)
class Known:
    """What items are answered from."""

    result: AnalysisResult
    records: Studies | None = None
    search: SearchFlow | None = None
    """Numbers of the search, where somebody wrote them down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known for one item."""

    state: str
    """"answered", "partly" or "write"."""
    text: str
    section: str = ""
    """Anchor of the section of the report; "" where there is none."""


NOTHING = Answer(MISSING, NOT_RECORDED)


def nothing(_known: Known) -> Answer:
    """Answer what nothing of ours answers."""
    return NOTHING


def _partly(text: str, section: str, rest: str) -> Answer:
    """Return an answer to part of an item, and what else it asks for."""
    return Answer(PARTLY, f"{text} Not recorded: {rest}.", section)


def _objectives(known: Known) -> Answer:
    return Answer(ANSWERED, known.result.question, "sec-answer")


def _eligibility(known: Known) -> Answer:
    names = listed(moderator_name(name) for name in known.result.spec.get("strata", ())) or "nothing"
    return _partly(
        f"The plan says which results are taken; studies are grouped by {names}.",
        "sec-methods",
        "which studies were sought for the records",
    )


def _sources(known: Known) -> Answer:
    if known.search is None:
        return NOTHING
    found = known.search.identified
    names = [*found.databases, *found.registers]
    return _partly(f"Searched: {listed(names)}.", "", "the days of the searches") if names else NOTHING


def _collection(known: Known) -> Answer:
    pooled = {row.study_id for row in known.result.table.rows}
    chosen = [study for study in known.records or () if study.id in pooled]
    if not chosen:
        return NOTHING
    counts = Counter(study.extraction.status.meaning for study in chosen)
    said = listed(
        f"{plural(number, 'pooled record')} by {words_}" for words_, number in sorted(counts.items())
    )
    return _partly(f"{said[:1].upper()}{said[1:]}.", "", "how numbers were confirmed")


def _outcomes(known: Known) -> Answer:
    table = known.result.table
    unit = f", in {table.unit}" if table.unit else ""
    name = outcome_words(known.result, table.outcome)
    return Answer(ANSWERED, " ".join((f"{name}{unit}.", *table.assumptions)), "sec-methods")


def _variables(known: Known) -> Answer:
    names = [moderator_name(name) for name in known.result.spec.get("moderators", ())]
    if not names:
        return NOTHING
    return Answer(ANSWERED, f"Shown for each study: {listed(names)}.", "sec-studies")


def _bias_methods(known: Known) -> Answer:
    pooled = {row.study_id for row in known.result.table.rows}
    judged = [item for study in known.records or () if study.id in pooled for item in study.risk_of_bias]
    if not judged:
        return Answer(MISSING, "No judgement is recorded: write it yourself.")
    tools = listed(sorted({item.tool.meaning for item in judged}))
    return _partly(f"Tools: {tools}.", "", "how many people judged")


def _bias_results(known: Known) -> Answer:
    told = risk_of_bias(known.result, known.records)
    state = PARTLY if told.startswith("Risk of bias was judged") else MISSING
    return Answer(state, told or NOT_RECORDED)


def _measure(known: Known) -> Answer:
    scale = known.result.scale
    unit = f", in {scale.unit}" if scale.unit else ""
    name = measure_words(scale)
    return Answer(ANSWERED, f"{name[:1].upper()}{name[1:]} ({scale.measure}){unit}.", "sec-methods")


def _said(text: str, section: str) -> Callable[[Known], Answer]:
    return lambda _known: Answer(ANSWERED, text, section)


def _heterogeneity_methods(known: Known) -> Answer:
    names = listed(moderator_name(name) for name in known.result.spec.get("strata", ())) or "nothing"
    formula = known.result.spec.get("mods")
    regression = f"Meta-regression on {formula}." if formula else "No meta-regression was planned."
    return Answer(ANSWERED, f"Groups: {names}. {regression}", "sec-methods")


def _sensitivity_methods(known: Known) -> Answer:
    labels = [choice.label for choice in known.result.sensitivity]
    if not labels:
        return Answer(ANSWERED, "None: no other choice would change anything here.", "sec-sensitivity")
    return Answer(ANSWERED, f"{'; '.join(labels)}.", "sec-sensitivity")


def _certainty(known: Known) -> Answer:
    if not any(item.is_judged for item in known.result.grade):
        return Answer(
            MISSING, "No judgement on certainty is in the plan: write it yourself.", "sec-certainty"
        )
    return Answer(PARTLY, "GRADE: the judgements that the plan holds, with their reasons.", "sec-certainty")


def _certainties(known: Known) -> Answer:
    """Return the certainty of each result, from the judgements of the plan."""
    judged = [item for item in known.result.grade if item.certainty is not None]
    if not judged:
        return _certainty(known)
    said = "; ".join(f"{label_words(known.result, item.label)}: {item.certainty}" for item in judged)
    rest = [label_words(known.result, item.label) for item in known.result.grade if item.certainty is None]
    if rest:
        return _partly(f"GRADE: {said}.", "sec-certainty", f"the certainty for {listed(rest)}")
    return Answer(ANSWERED, f"GRADE: {said}.", "sec-certainty")


def _selection(known: Known) -> Answer:
    text = left_out(known.result).split(". ")[0] + "."
    if known.search is None:
        return _partly(text, "sec-pooled", "numbers from the search to the records")
    return Answer(PARTLY, f"{text} Numbers of the search: see flow.yml and the flow diagram.", "sec-pooled")


def _excluded(known: Known) -> Answer:
    return Answer(ANSWERED, left_out(known.result), "sec-missing")


def _characteristics(known: Known) -> Answer:
    count = len({row.study_id for row in known.result.table.rows})
    return Answer(ANSWERED, f"{plural(count, 'study', 'studies')} in the table.", "sec-studies")


def _contributing(known: Known) -> Answer:
    judged = _bias_results(known)
    if judged.state == MISSING:
        return _partly("Characteristics of the studies are shown.", "sec-studies", "their risk of bias")
    return Answer(ANSWERED, f"Characteristics are shown. {judged.text}", "sec-studies")


def _pooled(known: Known) -> Answer:
    found = [item.finding for item in words.statements(known.result)]
    return Answer(ANSWERED, " ".join(found) or "Nothing could be pooled.", "sec-answer")


def _causes(known: Known) -> Answer:
    told = differences(known.result, technical=True)
    return Answer(ANSWERED, told or "There is one group: no difference to test.", "sec-pooled")


def _other_choices(known: Known) -> Answer:
    told = " ".join(sensitivity(known.result, technical=False))
    return Answer(ANSWERED, told or "There was no other choice.", "sec-sensitivity")


def _reporting_bias(known: Known) -> Answer:
    told = (small_study(known.result, technical=False), missing_results(known.result))
    return Answer(ANSWERED, " ".join(text for text in told if text), "sec-missing")


def _limits(known: Known) -> Answer:
    notes = known.result.spec.get("notes", ())
    if not notes:
        return NOTHING
    return _partly(" ".join(notes), "sec-answer", "what follows from them for the reader")


def _protocol(known: Known) -> Answer:
    print_ = known.result.manifest.get("plan_sha256", "")
    text = f"The plan of this analysis is {known.result.name} (SHA-256 {print_[:12]}…)."
    return _partly(text, "sec-manifest", "whether and where it was published before")


def _availability(known: Known) -> Answer:
    count = len(known.result.manifest.get("records", ()))
    text = f"Plan, code and {plural(count, 'record')} with fingerprints are named."
    return _partly(text, "sec-manifest", "the address at which they are public")


def _included(known: Known) -> Answer:
    told = [words.counted(known.result, stratum) for stratum in known.result.strata if len(stratum.key) == 1]
    titles = [item.title for item in words.statements(known.result)]
    said = "; ".join(f"{title}: {count}" for title, count in zip(titles, told, strict=False))
    return Answer(ANSWERED, f"{said or 'No study could be pooled'}.", "sec-studies")


ANSWERS: dict[str, Callable[[Known], Answer]] = {
    "2": lambda _known: Answer(MISSING, "The checklist for abstracts says what is recorded for it."),
    "4": _objectives,
    "5": _eligibility,
    "6": _sources,
    "9": _collection,
    "10a": _outcomes,
    "10b": _variables,
    "11": _bias_methods,
    "12": _measure,
    "13a": _said("By the rules of the plan; every result left out has a reason.", "sec-pooled"),
    "13b": _said("Every derived number is marked and its way is shown.", "sec-derivations"),
    "13c": _said("Table of studies and forest plot.", "sec-forest"),
    "13d": _said("Model, intervals, heterogeneity and versions of the software are named.", "sec-methods"),
    "13e": _heterogeneity_methods,
    "13f": _sensitivity_methods,
    "14": _said(
        "Tests for small-study effects where studies suffice; a list of missing results.", "sec-methods"
    ),
    "15": _certainty,
    "16a": _selection,
    "16b": _excluded,
    "17": _characteristics,
    "18": _bias_results,
    "19": _said("Numbers of each group and effect with interval, each with its source.", "sec-studies"),
    "20a": _contributing,
    "20b": _pooled,
    "20c": _causes,
    "20d": _other_choices,
    "21": _reporting_bias,
    "22": _certainties,
    "23b": _limits,
    "24b": _protocol,
    "27": _availability,
}
ANSWERS_FOR_ABSTRACTS: dict[str, Callable[[Known], Answer]] = {
    "2": _objectives,
    "3": _eligibility,
    "4": _sources,
    "5": _bias_methods,
    "6": _said("Model and intervals are named.", "sec-methods"),
    "7": _included,
    "8": _pooled,
    "9": _limits,
}
