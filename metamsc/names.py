"""What a reader sees for words of the vocabularies, names of columns and statistics: the one table.

Records, plans and results keep the words of :mod:`metamsc.vocabulary` ("T1D", "umbilical-cord", "tau2");
figures, tables, pages and sentences write what stands here. Text in, text out, all in small letters where a
sentence would have them so. A word that no vocabulary has (a level of a column of somebody's CSV) stays as it
is written.
"""

from __future__ import annotations

import re

import metamsc.vocabulary as vocabulary

TYPE_WORDS = {
    "T1D": "type 1 diabetes",
    "T2D": "type 2 diabetes",
    "T3c": "pancreatogenic diabetes",
    "mixed": "mixed types of diabetes",
    "unspecified": "diabetes of unstated type",
}
"""Word of :class:`~metamsc.vocabulary.DiabetesType` -> words."""
MODERATOR_WORDS = {
    "diabetes_type": "type of diabetes",
    "msc_source": "tissue source",
    "co_intervention": "co-intervention",
    "source_kind": "kind of source",
    "dose": "dose",
    "dose_per_kg": "cells per kg of body weight",
    "dose_total": "cells per recipient",
}
"""Name of a moderator or column -> words, where its name with spaces for underscores is not what is said."""
STATISTIC_WORDS = {"tau2": "τ²", "I2": "I²", "H2": "H²", "R2": "R²", "chi2": "χ²"}
"""Name of a statistic in results -> how it is printed."""

_WORDS = {
    "cells": "MSC",
    "gene-edited": "gene-edited MSC",
    "insulin-producing-cells": "insulin-producing cells",
    "msc-with-other-cells": "MSC with other cells",
    "wharton-jelly": "Wharton's jelly",
    "rct-within-person": "RCT within persons",
    "non-human-primate": "non-human primate",
    "high-fat-diet": "high-fat diet",
    "high-fat-diet+streptozotocin": "high-fat diet and streptozotocin",
    "streptozotocin+nicotinamide": "streptozotocin and nicotinamide",
    "rob2": "RoB 2",
    "robins-i-v2": "ROBINS-I V2",
    "syrcle": "SYRCLE",
}
"""Words of the vocabularies that opening their hyphens does not make readable."""
_ACRONYMS = {"msc": "MSC", "rct": "RCT"}
_KNOWN = frozenset(
    str(member)
    for kind in vars(vocabulary).values()
    if isinstance(kind, type) and issubclass(kind, vocabulary.Vocabulary)
    for member in kind
)
_STATISTIC = re.compile(rf"\b({'|'.join(STATISTIC_WORDS)})\b")
_LEVEL = re.compile(r"(\w+)\[T\.(.*)\]")
_PRODUCT = re.compile(r":(?![^\[]*\])")
"""The colon of an interaction, not one inside the name of a level."""
_NEGATIVE = re.compile(r"(?:(?<=[\s(\[=<>≤≥←])|^)-(?=\.?\d)")
"""The hyphen before a number, not one between two of them or within a name."""
_TYPE = re.compile(r"\b(T1D|T2D|T3c)\b")


def is_known(value: str) -> bool:
    """Say whether a value is a word of a vocabulary, so that these names hold for it."""
    return value in _KNOWN


def word(value: str) -> str:
    """Return a value as text: hyphens of a vocabulary's word open, acronyms in capitals; others as is."""
    if value in _WORDS:
        return _WORDS[value]
    if value not in _KNOWN:
        return value
    return " ".join(_ACRONYMS.get(part, part) for part in value.replace("-", " ").split(" "))


def type_words(value: str, *, animal: bool = False) -> str:
    """Return a type of diabetes in words; for animals, the type their model stands for."""
    words = TYPE_WORDS.get(value, word(value))
    return f"models of {words}" if animal and value in TYPE_WORDS else words


def moderator_name(name: str) -> str:
    """Return what a moderator or a column is called."""
    return MODERATOR_WORDS.get(name, name.replace("_", " "))


def coefficient_words(name: str) -> str:
    """Return what a coefficient of a formula is called: "msc_source[T.bone-marrow]" is a level of a column.

    >>> coefficient_words("msc_source[T.bone-marrow]:year")
    'tissue source: bone marrow × year'
    """
    return " × ".join(_term_words(term) for term in _PRODUCT.split(name))


def level_of(name: str) -> tuple[str, str] | None:
    """Return column and level of the coefficient of a level; None for any other coefficient."""
    found = _LEVEL.fullmatch(name)
    return None if found is None else (found[1], found[2])


def _term_words(term: str) -> str:
    found = level_of(term)
    return moderator_name(term) if found is None else f"{moderator_name(found[0])}: {type_words(found[1])}"


def note_words(note: str) -> str:
    """Return a note of a result as a reader's text: types of diabetes in words, τ² and − as printed."""
    spelled = _TYPE.sub(lambda found: TYPE_WORDS[found[0]], note)
    spelled = _STATISTIC.sub(lambda found: STATISTIC_WORDS[found[0]], spelled)
    return _NEGATIVE.sub("\N{MINUS SIGN}", spelled).replace("Hartung-Knapp", "Hartung–Knapp")
