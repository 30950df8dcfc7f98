"""The words a reader sees for the closed vocabularies, and effects written the same way everywhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots.forest_cells import effect_decimals
from metamsc.plots.numbers import format_value
from metamsc.plots.wording import capitalise
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale, Stratum
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import Interval

TYPE_WORDS = {
    "T1D": "type 1 diabetes",
    "T2D": "type 2 diabetes",
    "T3c": "pancreatogenic diabetes",
    "mixed": "mixed types of diabetes",
    "unspecified": "diabetes of unstated type",
}
MODERATOR_WORDS = {
    "diabetes_type": "type of diabetes",
    "msc_source": "tissue source",
    "co_intervention": "co-intervention",
    "source_kind": "kind of source",
}
"""Where the name of a moderator with spaces for underscores is not what a reader would say."""
_WORDS = {"cells": "MSC"}
_ACRONYMS = {"msc": "MSC", "rct": "RCT"}


def is_animal(result: AnalysisResult) -> bool:
    """Say whether the evidence comes from animals."""
    return result.table.setting == Setting.PRECLINICAL


def word(value: str) -> str:
    """Return a word of a vocabulary as text: hyphens open, acronyms in capitals."""
    if value in _WORDS:
        return _WORDS[value]
    return " ".join(_ACRONYMS.get(part, part) for part in value.replace("-", " ").split(" "))


def moderator_name(name: str) -> str:
    """Return what a moderator is called."""
    return MODERATOR_WORDS.get(name, name.replace("_", " "))


def type_words(value: str, *, animal: bool = False) -> str:
    """Return a type of diabetes in words; for animals, the type their model stands for."""
    words = TYPE_WORDS.get(value, word(value))
    return f"models of {words}" if animal and value in TYPE_WORDS else words


def note_words(note: str) -> str:
    """Return a note of a result as a reader's text: types of diabetes in words, τ² as it is printed."""
    spelled = re.sub(r"\bT1D\b|\bT2D\b|\bT3c\b", lambda found: TYPE_WORDS[found[0]], note)
    return re.sub(r"\btau2\b", "τ²", spelled)


def stratum_words(result: AnalysisResult, stratum: Stratum) -> str:
    """Return what a stratum is, in words that fit into a sentence: "type 1 diabetes, bone marrow"."""
    if not stratum.key:
        return "all models together" if is_animal(result) else "all types of diabetes together"
    first = type_words(stratum.key[0], animal=is_animal(result))
    return ", ".join([first, *(word(value) for value in stratum.key[1:])])


def stratum_title(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the heading of a stratum; within its parent, only its own value."""
    own = word(stratum.key[-1]) if len(stratum.key) > 1 else stratum_words(result, stratum)
    return capitalise(own)


def label_words(result: AnalysisResult, label: str) -> str:
    """Return the title of the stratum with this label, or the label in words if the result has none."""
    pools = [*result.strata, *([result.overall] if result.overall is not None else [])]
    for stratum in pools:
        if stratum.label == label:
            return capitalise(stratum_words(result, stratum))
    if label == "All types":
        return "All models together" if is_animal(result) else "All types of diabetes together"
    parts = [type_words(part, animal=is_animal(result)) for part in label.split(" · ")]
    return capitalise(", ".join(parts))


def shown_effect(result: AnalysisResult, value: float) -> str:
    """Return an effect as every table, figure and sentence of this result shows it."""
    return format_value(value, ratio=result.scale.ratio, decimals=effect_decimals(result))


def shown_interval(result: AnalysisResult, low: float, high: float) -> str:
    """Return ``−2.10 to −0.30`` on the shown scale."""
    return f"{shown_effect(result, low)} to {shown_effect(result, high)}"


def shown_pi(result: AnalysisResult, interval: Interval | None) -> str:
    """Return a prediction interval, or a dash where there is none."""
    return "–" if interval is None else shown_interval(result, interval.low, interval.high)


def count_words(rows: Sequence[EffectRow]) -> str:
    """Return "3 studies", or "3 comparisons from 1 study" where rows share their participants."""
    cohorts = {row.cohort for row in rows}
    studies = plural(len(cohorts), "study", "studies")
    return studies if len(cohorts) == len(rows) else f"{plural(len(rows), 'comparison')} from {studies}"


def outcome_words(result: AnalysisResult, outcome: str) -> str:
    """Return what an outcome id is called; a definition in a paper's words stays as it is."""
    return result.scale.outcome_label if outcome == result.table.outcome else outcome.replace("_", " ")


def effect_header(scale: Scale) -> str:
    """Return the heading of an effect column: measure, and unit where it has one."""
    return capitalise(scale.measure_label) + (f", {scale.unit}" if scale.unit else "")


def record_name(file: str) -> str:
    """Return a record's file by its last two parts, wherever the checkout is: ``clinical/cai-2016.yml``."""
    parts = file.replace("\\", "/").split("/")
    return posixpath.join(*parts[-2:])


def plural(count: int, noun: str, many: str = "") -> str:
    """Return ``1 study``, ``2 studies``."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"
