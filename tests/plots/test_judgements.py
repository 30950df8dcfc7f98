"""Risk-of-bias judgements: every tool whole, every word found, every look told apart without colour."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from metamsc.errors import OptionError
from metamsc.plots.judgements import LOOKS, look_of, profile_of
from metamsc.records.results import RiskOfBias
from metamsc.records.rob_tools import SCHEMES
from metamsc.vocabulary import RobJudgement, RobTool
from tests.plots.colours import contrast, lightness, seen_by

READABLE = 4.5
"""WCAG 2.2, 1.4.3: contrast of text with what is behind it."""
APART = 10.0
"""CIE L*: ten just noticeable differences, what survives a photocopy."""
APART_IN_COLOUR = 20.0
"""Distance in CIE Lab (ΔE 1976); below about 2 two colours look the same side by side."""


def test_every_tool_and_every_judgement_is_there() -> None:
    assert set(SCHEMES) == {tool.value for tool in RobTool}
    assert set(LOOKS) == {word.value for word in RobJudgement}
    assert [len(SCHEMES[tool].domains) for tool in ("rob2", "robins-i-v2", "syrcle")] == [5, 6, 10]


@pytest.mark.parametrize("tool", list(SCHEMES))
def test_symbols_are_told_apart_within_a_tool(tool: str) -> None:
    symbols = [LOOKS[level].symbol for level in SCHEMES[tool].levels]
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize("judgement", list(LOOKS))
def test_symbols_are_readable_on_their_disc(judgement: str) -> None:
    assert contrast(LOOKS[judgement].ink, LOOKS[judgement].fill) >= READABLE


@pytest.mark.parametrize("tool", list(SCHEMES))
def test_worse_is_darker_in_greyscale(tool: str) -> None:
    ranked = [LOOKS[level] for level in SCHEMES[tool].levels if LOOKS[level].rank >= 0]
    shades = [lightness(look.fill) for look in ranked]
    assert all(first - second >= APART for first, second in pairwise(shades))


@pytest.mark.parametrize("tool", list(SCHEMES))
@pytest.mark.parametrize("kind", ["protan", "deutan"])
def test_colours_are_told_apart_without_a_cone(tool: str, kind: str) -> None:
    for first, second in combinations(SCHEMES[tool].levels, 2):
        distance = np.linalg.norm(seen_by(LOOKS[first].fill, kind) - seen_by(LOOKS[second].fill, kind))
        assert distance >= APART_IN_COLOUR, (first, second)


@pytest.mark.parametrize("tool", list(SCHEMES))
def test_a_domain_is_found_by_number_code_and_name(tool: str) -> None:
    for number, domain in enumerate(SCHEMES[tool].domains, start=1):
        for words in (
            domain.name,
            domain.name.upper(),
            domain.code,
            f"{number}",
            f"{number}. xyz",
            f"Domain {number}: a",
        ):
            found = SCHEMES[tool].find(words)
            assert found is not None, words
            assert found.code == domain.code, words


@pytest.mark.parametrize(
    ("tool", "words", "code"),
    [
        ("rob2", "Bias arising from the randomization process", "D1"),
        ("rob2", "bias due to deviations from intended interventions", "D2"),
        ("rob2", "Bias in selection of the reported result", "D5"),
        (
            "robins-i-v2",
            "Risk of bias in selection of participants into the study",
            "D3",
        ),
        ("robins-i-v2", "risk of bias in classification of interventions", "D2"),
        ("syrcle", "Performance bias: blinding", "D5"),
        ("syrcle", "Detection bias: random outcome assessment", None),
        ("syrcle", "11", None),
        ("rob2", "Blinding", None),
    ],
)
def test_words_of_the_tools(tool: str, words: str, code: str | None) -> None:
    found = SCHEMES[tool].find(words)
    assert (found.code if found else None) == code


def test_what_a_tool_does_not_have_is_kept_and_named() -> None:
    entry = RiskOfBias.model_validate(
        {
            "tool": "rob2",
            "overall": "high",
            "domains": [
                {"domain": "D2", "judgement": "low"},
                {"domain": "Deviations from intended interventions", "judgement": "high"},
                {"domain": "Baseline imbalance", "judgement": "high"},
            ],
        }
    )
    found = profile_of(entry)
    assert found.judgements == (None, "low", None, None, None)
    assert (found.overall, found.unknown) == (
        "high",
        ("Deviations from intended interventions", "Baseline imbalance"),
    )


def test_a_word_that_is_no_judgement_is_refused() -> None:
    with pytest.raises(OptionError, match="judgement must be one of 'low'"):
        look_of("medium")
