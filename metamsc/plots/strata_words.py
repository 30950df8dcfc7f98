"""What the pools of a result are called wherever a person reads of them: figures, tables, sentences.

Results keep labels ("T1D", "All types"); a pool of somebody's CSV keeps its own label throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.names import is_known, type_words, word
from metamsc.plots.wording import capitalise
from metamsc.vocabulary import Setting

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Difference, Stratum

_ALL = "All types"
_BETWEEN = " · "
_SAID = {"Type not stated": "unspecified", "Mixed types": "mixed"}
"""Labels of pools that are not the word of the vocabulary -> that word."""
_SETTINGS = frozenset(Setting)


def is_animal(result: AnalysisResult) -> bool:
    """Say whether the evidence comes from animals."""
    return result.table.setting == Setting.PRECLINICAL


def stratum_words(result: AnalysisResult, stratum: Stratum) -> str:
    """Return what a stratum is, in words that fit into a sentence: "type 1 diabetes, bone marrow"."""
    if result.table.setting not in _SETTINGS:  # of a CSV
        return stratum.label if stratum.key else "all studies"
    if not stratum.key:
        return _together(is_animal(result))
    first = type_words(stratum.key[0], animal=is_animal(result))
    return ", ".join([first, *(word(value) for value in stratum.key[1:])])


def stratum_heading(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the whole name of a pool as a label begins: "Type 1 diabetes, bone marrow"."""
    of_csv = result.table.setting not in _SETTINGS
    return stratum.label if of_csv else capitalise(stratum_words(result, stratum))


def stratum_title(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the heading of a stratum; within its parent, only its own value."""
    if len(stratum.key) <= 1:
        return stratum_heading(result, stratum)
    own = stratum.key[-1]
    return capitalise(word(own)) if is_known(own) else own


def label_words(result: AnalysisResult, label: str) -> str:
    """Return the heading of the stratum with this label, or the label in words if the result has none."""
    for stratum in (*result.strata, *([result.overall] if result.overall is not None else [])):
        if stratum.label == label:
            return stratum_heading(result, stratum)
    if result.table.setting not in _SETTINGS:
        return label
    return pool_words(label, animal=is_animal(result))


def pool_words(label: str, *, animal: bool = False) -> str:
    """Return the label of a pool in words where the result itself is not at hand."""
    if label == _ALL:
        return capitalise(_together(animal))
    return capitalise(
        ", ".join(type_words(_SAID.get(part, part), animal=animal) for part in label.split(_BETWEEN))
    )


def between_words(result: AnalysisResult, difference: Difference) -> str:
    """Return the groups that a test compares: "type 1 diabetes and type 2 diabetes"."""
    known = result.table.setting in _SETTINGS
    *first, last = (
        type_words(level, animal=is_animal(result)) if known else level for level in difference.between
    )
    return f"{', '.join(first)} and {last}" if first else last


def _together(animal: bool) -> str:
    return "all models together" if animal else "all types of diabetes together"
