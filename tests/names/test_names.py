"""The one table of display names: every word of a vocabulary reads as text, nothing else is changed."""

import re

import pytest

import metamsc.vocabulary as vocabulary
from metamsc.dataset.rows import MODERATORS
from metamsc.names import coefficient_words, is_known, moderator_name, note_words, type_words, word
from metamsc.plots.strata_words import pool_words

WORDS = sorted(
    {
        str(member)
        for kind in vars(vocabulary).values()
        if isinstance(kind, type) and issubclass(kind, vocabulary.Vocabulary)
        for member in kind
    }
)
HYPHENATED = {"insulin-producing cells", "gene-edited MSC", "non-human primate", "high-fat diet",
              "high-fat diet and streptozotocin", "ROBINS-I V2"}  # fmt: skip
"""Words that are spelled with a hyphen."""


@pytest.mark.parametrize("value", WORDS)
def test_every_word_of_a_vocabulary_reads_as_text(value: str) -> None:
    shown = word(value)
    assert is_known(value)
    assert shown == shown.strip()
    assert shown in HYPHENATED or not re.search(r"[-_+]", shown)
    assert not re.search(r"\b(msc|rct)\b", shown)


@pytest.mark.parametrize("member", vocabulary.DiabetesType)
def test_every_type_has_words(member: vocabulary.DiabetesType) -> None:
    assert "diabetes" in type_words(member)
    assert type_words(member, animal=True) == f"models of {type_words(member)}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("cells", "MSC"),
        ("wharton-jelly", "Wharton's jelly"),
        ("umbilical-cord", "umbilical cord"),
        ("rct-parallel", "RCT parallel"),
        ("pre-2010", "pre-2010"),
        ("mTOR-inhibitor", "mTOR-inhibitor"),
        ("", ""),
    ],
)
def test_words_of_others_stay_as_they_are_written(value: str, shown: str) -> None:
    assert word(value) == shown


@pytest.mark.parametrize("name", MODERATORS)
def test_moderators_are_no_identifiers(name: str) -> None:
    assert "_" not in moderator_name(name)
    assert moderator_name("absolute_latitude") == "absolute latitude"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("year", "year"),
        ("alloc[T.random]", "alloc: random"),
        ("msc_source[T.wharton-jelly]", "tissue source: Wharton's jelly"),
        (
            "dose_per_kg:diabetes_type[T.T2D]",
            "cells per kg of body weight × type of diabetes: type 2 diabetes",
        ),
        ("site[T.a:b]:year", "site: a:b × year"),
        ("intercept", "intercept"),
    ],
)
def test_coefficients_are_columns_and_levels(name: str, shown: str) -> None:
    assert coefficient_words(name) == shown


@pytest.mark.parametrize(
    ("label", "animal", "shown"),
    [
        ("T1D", False, "Type 1 diabetes"),
        ("T2D · bone-marrow", False, "Type 2 diabetes, bone marrow"),
        ("T1D", True, "Models of type 1 diabetes"),
        ("All types", False, "All types of diabetes together"),
        ("All types", True, "All models together"),
        ("Type not stated", False, "Diabetes of unstated type"),
        ("Mixed types", False, "Mixed types of diabetes"),
    ],
)
def test_labels_of_pools_in_words(label: str, animal: bool, shown: str) -> None:
    assert pool_words(label, animal=animal) == shown


def test_notes_print_statistics_and_types() -> None:
    assert note_words("Q between T1D and T2D, separate tau2; I2 is high") == (
        "Q between type 1 diabetes and type 2 diabetes, separate τ²; I² is high"
    )
    assert note_words("tau2_method and T1DM stay") == "tau2_method and T1DM stay"


def test_the_hyphen_before_a_number_is_a_minus() -> None:
    assert note_words("-0.5, d ← -1.2 (-3 to -.4)") == "−0.5, d ← −1.2 (−3 to −.4)"
    kept = "cohort-2, 2019-03-01, 3-12 months, IIEF-5, 10.1000/j-4"
    assert note_words(kept) == kept
