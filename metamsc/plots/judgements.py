"""Risk-of-bias judgements as figures show them: one look per judgement, in the order of the tool's domains.

A judgement is a colour **and** a symbol. Colours get darker with the risk, so they keep their order in
greyscale and for colour-blind readers; within a tool no two judgements share a symbol. Data only: nothing is
drawn here.

The symbols are those of robvis (``+ – × !``), which most published traffic-light plots use. RevMan's "–" for
a high risk is not used anywhere, since it means the middle judgement in the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import check_option
from metamsc.records.rob_tools import SCHEMES, RobScheme

if TYPE_CHECKING:
    from metamsc.analysis.grade_bias import BiasAssessment
    from metamsc.records.model import Study
    from metamsc.records.results import RiskOfBias


@dataclass(frozen=True, slots=True)
class JudgementLook:
    """How one judgement is drawn: a disc of `fill` with `symbol` in the colour `ink`."""

    judgement: str
    symbol: str
    fill: str
    ink: str
    words: str
    """What the legend says."""
    rank: int
    """Higher is worse; -1 where nothing is known."""


_DARK, _LIGHT = "#1A1A1A", "#FFFFFF"
LOOKS: dict[str, JudgementLook] = {
    look.judgement: look
    for look in (
        JudgementLook("low", "+", "#CDEBC5", _DARK, "low risk", 0),
        JudgementLook("some concerns", "–", "#F2B233", _DARK, "some concerns", 1),
        JudgementLook("moderate", "–", "#F2B233", _DARK, "moderate risk", 1),
        JudgementLook("unclear", "?", "#F2B233", _DARK, "unclear", 1),
        JudgementLook("serious", "×", "#D4632A", _DARK, "serious risk", 2),
        JudgementLook("high", "×", "#A5182A", _LIGHT, "high risk", 3),
        JudgementLook("critical", "!", "#5E0A1E", _LIGHT, "critical risk", 3),
        JudgementLook("no information", "NI", "#A9ADB3", _DARK, "no information", -1),
    )
}
"""Look of every word of :class:`~metamsc.vocabulary.RobJudgement`."""

EDGE = "#4D4D4D"
"""Colour of the thin line around each disc: the palest one must be seen on white."""


@dataclass(frozen=True, slots=True)
class RobProfile:
    """The judgements on one result of one study, in the order of its tool's domains.

    Attributes
    ----------
    tool : str
        Key of :data:`SCHEMES`.
    judgements : tuple of (str or None)
        One per domain; None where the record judges none.
    overall : str or None
    unknown : tuple of str
        Domains of the record that the tool does not have, or that say one domain twice: a figure must name
        them, it cannot show them.
    """

    tool: str
    judgements: tuple[str | None, ...]
    overall: str | None
    unknown: tuple[str, ...] = ()

    @property
    def scheme(self) -> RobScheme:
        """The tool."""
        return SCHEMES[self.tool]


def look_of(judgement: str) -> JudgementLook:
    """Return how a judgement is drawn.

    Raises
    ------
    OptionError
        If it is no word of the vocabulary.
    """
    check_option("judgement", judgement, LOOKS)
    return LOOKS[judgement]


def profile_of(entry: RiskOfBias) -> RobProfile:
    """Return the judgements of one entry of a record, domain by domain."""
    return _profile(
        str(entry.tool.value),
        [(item.domain, str(item.judgement.value)) for item in entry.domains],
        None if entry.overall is None else str(entry.overall.value),
    )


def _profile(tool: str, domains: Sequence[tuple[str, str]], overall: str | None) -> RobProfile:
    """Return the judgements with each in the place of its domain."""
    scheme = SCHEMES[tool]
    found: dict[str, str] = {}
    unknown: list[str] = []
    for words, judgement in domains:
        domain = scheme.find(words)
        if domain is None or domain.code in found:
            unknown.append(words)
        else:
            found[domain.code] = judgement
    return RobProfile(
        tool=scheme.tool,
        judgements=tuple(found.get(domain.code) for domain in scheme.domains),
        overall=overall,
        unknown=tuple(unknown),
    )


def assessed_profiles(assessments: Iterable[BiasAssessment]) -> dict[str, RobProfile]:
    """Return the judgements that an analysis carries: study id -> profile, without studies nobody judged."""
    return {
        item.study_id: _profile(
            item.tool,
            [(domain, judgement) for domain, judgement, _ in item.domains],
            item.overall if item.overall in LOOKS else None,
        )
        for item in assessments
        if item.domains or item.overall in LOOKS
    }


def profiles_of(studies: Iterable[Study], outcome: str) -> dict[str, RobProfile]:
    """Return the judgements that hold for an outcome: study id -> profile.

    A judgement of the outcome itself goes before one of the whole study; of several alike, the first. Studies
    without either are left out.

    Parameters
    ----------
    studies : iterable of Study
    outcome : str
        Key of the outcome: "hba1c".

    Returns
    -------
    dict of str to RobProfile
    """
    profiles = {}
    for study in studies:
        fitting = [entry for entry in study.risk_of_bias if entry.outcome in {outcome, None}]
        fitting.sort(key=lambda entry: entry.outcome is None)
        if fitting:
            profiles[study.study.id] = profile_of(fitting[0])
    return profiles
