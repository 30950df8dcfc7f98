"""Judgements on the risk of bias: words and domains that the tool has, each domain once."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.results import RiskOfBias
from metamsc.records.rob_tools import SCHEMES, RobScheme


def check_judgements(study: Study) -> Iterator[Finding]:
    """Check that every judgement is one of its tool, on a domain of its tool that is judged once."""
    for index, entry in enumerate(study.risk_of_bias):
        scheme = SCHEMES[entry.tool.value]
        if entry.overall is not None and entry.overall.value not in scheme.levels:
            yield _wrong_word(("risk_of_bias", index, "overall"), entry.overall.value, scheme)
        yield from _domains(index, entry, scheme)


def _domains(index: int, entry: RiskOfBias, scheme: RobScheme) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, item in enumerate(entry.domains):
        place = ("risk_of_bias", index, "domains", number)
        domain = scheme.find(item.domain)
        if domain is None:
            names = ", ".join(one.name for one in scheme.domains)
            yield Finding(
                (*place, "domain"), f"{scheme.title} has no domain {item.domain!r}", f"write one of: {names}"
            )
        elif domain.code in seen:
            message = f"the domain {domain.name!r} is judged twice"
            yield Finding((*place, "domain"), message, "keep one judgement for each domain")
        else:
            seen.add(domain.code)
        if item.judgement.value not in scheme.levels:
            yield _wrong_word((*place, "judgement"), item.judgement.value, scheme)


def _wrong_word(place: tuple[str | int, ...], word: str, scheme: RobScheme) -> Finding:
    return Finding(place, f"{scheme.title} has no judgement {word!r}", f"use {', '.join(scheme.levels)}")
