"""The tools for the risk of bias as data: their domains in order, and the judgements each has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metamsc.records.designs import ANIMAL, RANDOMISED
from metamsc.vocabulary import Design


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain of a tool. `pattern` finds it in the words of a record."""

    code: str
    """"D1": column heading; "overall" is no domain."""
    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class RobScheme:
    """A tool: its domains in order, and the judgements it has, best first."""

    tool: str
    title: str
    domains: tuple[Domain, ...]
    levels: tuple[str, ...]
    has_overall: bool = True
    """SYRCLE sums nothing up."""

    def find(self, words: str) -> Domain | None:
        """Return the domain that a record's words name: by number ("D1", "1. ...") or by what it is about."""
        text = " ".join(words.casefold().split())
        number = re.match(r"(?:d|domain|item|signalling domain)?\s*(\d+)(?!\d)", text)
        if number and 1 <= int(number[1]) <= len(self.domains):
            return self.domains[int(number[1]) - 1]
        found = [domain for domain in self.domains if re.search(domain.pattern, text)]
        return found[0] if len(found) == 1 else None


SCHEMES: dict[str, RobScheme] = {
    scheme.tool: scheme
    for scheme in (
        RobScheme(
            "rob2",
            "RoB 2",
            (
                Domain("D1", "Randomisation process", r"randomi[sz]ation"),
                Domain("D2", "Deviations from intended interventions", r"deviation"),
                Domain("D3", "Missing outcome data", r"missing"),
                Domain("D4", "Measurement of the outcome", r"measurement"),
                Domain("D5", "Selection of the reported result", r"reported result|selective report"),
            ),
            ("low", "some concerns", "high", "no information"),
        ),
        RobScheme(
            "robins-i-v2",
            "ROBINS-I V2",
            (
                Domain("D1", "Confounding", r"confounding"),
                Domain("D2", "Classification of interventions", r"classification"),
                Domain("D3", "Selection of participants", r"selection of participants|participant selection"),
                Domain("D4", "Missing data", r"missing"),
                Domain("D5", "Measurement of the outcome", r"measurement"),
                Domain("D6", "Selection of the reported result", r"reported result|selective report"),
            ),
            ("low", "moderate", "serious", "critical", "no information"),
        ),
        RobScheme(
            "syrcle",
            "SYRCLE",
            (
                Domain("D1", "Sequence generation", r"sequence generation"),
                Domain("D2", "Baseline characteristics", r"baseline"),
                Domain("D3", "Allocation concealment", r"allocation concealment|concealment"),
                Domain("D4", "Random housing", r"housing"),
                Domain(
                    "D5", "Blinding of caregivers and investigators", r"caregiver|investigator|performance"
                ),
                Domain("D6", "Random outcome assessment", r"random outcome assessment"),
                Domain(
                    "D7", "Blinding of outcome assessors", r"assessor|blind\w* (of |the )?outcome|detection"
                ),
                Domain("D8", "Incomplete outcome data", r"incomplete|attrition"),
                Domain("D9", "Selective outcome reporting", r"selective"),
                Domain("D10", "Other sources of bias", r"\bother\b"),
            ),
            ("low", "unclear", "high", "no information"),
            has_overall=False,
        ),
    )
}
"""RoB 2 (Sterne 2019, doi:10.1136/bmj.l4898), ROBINS-I version 2 (2024, six domains, riskofbias.info) and
SYRCLE (Hooijmans 2014, doi:10.1186/1471-2288-14-43)."""


def tool_for(design: Design) -> RobScheme:
    """Return the tool that fits a design."""
    if design in ANIMAL:
        return SCHEMES["syrcle"]
    return SCHEMES["rob2" if design in RANDOMISED else "robins-i-v2"]
