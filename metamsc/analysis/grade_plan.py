"""What people judge under `grade:` of a plan: certainty of the evidence, domain by domain, with reasons.

The judgements are people's. A domain that nobody judged is left out here and stays "not judged yet" in
every table; nothing fills it in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from metamsc.records.parts import Part, Text, as_tuple

DOMAINS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
"""Reasons to rate down, in the order of a summary of findings."""
LEVELS = {"none": 0, "serious": 1, "very-serious": 2, "extremely-serious": 3}
"""Levels that a judgement takes away."""
IMPORTANCES = ("critical", "important", "limited")
"""How much an outcome counts, most first: the order of a summary of findings."""
UPGRADES = ("large_effect", "dose_response", "opposing_confounding")
"""Reasons to rate up evidence that is not randomised."""


class Start(Part):
    """Where the rating begins: high for randomised trials, low for other studies."""

    level: Literal["high", "low"]
    """high or low."""
    because: Text
    """Why, where designs are mixed; else the design."""
    by: Text
    """Who judged."""


class Judgement(Part):
    """Judgement on one reason to rate down."""

    judgement: Literal["none", "serious", "very-serious", "extremely-serious"]
    """Concern: none, or one, two or three levels down."""
    because: Text
    """The reason; it becomes a footnote of the summary of findings."""
    by: Text
    """Who judged."""


class LargeEffect(Part):
    """Judgement that an effect is too large to come from bias alone."""

    levels: Literal[1, 2]
    """1 for a large effect, 2 for a very large one."""
    because: Text
    """The reason."""
    by: Text
    """Who judged."""


class Upgrade(Part):
    """Judgement on another reason to rate up, by one level."""

    levels: Literal[1] = 1
    """Always 1."""
    because: Text
    """The reason."""
    by: Text
    """Who judged."""


class Upgrades(Part):
    """Reasons to rate up evidence that is not randomised."""

    large_effect: LargeEffect | None = None
    """The effect is large (1) or very large (2)."""
    dose_response: Upgrade | None = None
    """More of the treatment has more of the effect."""
    opposing_confounding: Upgrade | None = None
    """What was not adjusted for would make the effect smaller, not larger."""


class BaselineRisk(Part):
    """Risk without treatment, for effects per 1000 people."""

    value: Annotated[float, Field(gt=0, lt=1)]
    """A fraction: 0.35."""
    source: Text
    """Where it is from."""
    people: Text | None = None
    """Whose risk it is, needed where there are several: "low risk", "people on dialysis"."""


def _told_apart(risks: tuple[BaselineRisk, ...]) -> tuple[BaselineRisk, ...]:
    people = [risk.people for risk in risks]
    if len(risks) > 1 and (None in people or len(set(people)) < len(people)):
        raise ValueError("several baseline risks each say whose they are: `people`, no two alike")
    return risks


BaselineRisks = Annotated[
    tuple[BaselineRisk, ...], Field(min_length=1), BeforeValidator(as_tuple), AfterValidator(_told_apart)
]
"""Risks of several groups of people, in the order in which they are shown."""


class Importance(Part):
    """How much an outcome counts for the decision, judged before its results are known."""

    judgement: Literal["critical", "important", "limited"]
    """What is critical or important stands in a summary of findings; the rest is named below it."""
    order: Annotated[int, Field(ge=1)] | None = None
    """Place among outcomes that count as much, 1 first; without one, after those that have one."""
    because: Text
    """The reason, or how it was found: a survey, a published set of outcomes."""
    by: Text
    """Who judged."""


class GradeEntry(Part):
    """Judgements on one pooled result."""

    stratum: Text
    """Which result, by its label in the results: T1D, "T2D · bone-marrow", "All types"."""
    threshold: Literal["mid", "null"] | None = None
    """What the certainty is about: that the effect passes the minimal important difference, or no effect."""
    baseline_risk: BaselineRisk | BaselineRisks | None = None
    """In place of the risk in the control arms; a list for several, such as low and high risk."""
    importance: Importance | None = None
    """How much the outcome counts for these people; also where no study of them could be pooled."""
    start: Start | None = None
    """Where the rating begins."""
    risk_of_bias: Judgement | None = None
    """Limits of the studies."""
    inconsistency: Judgement | None = None
    """Results that differ, unexplained."""
    indirectness: Judgement | None = None
    """People, treatment or outcome other than those asked about."""
    imprecision: Judgement | None = None
    """An interval that holds more than one answer, or too little information."""
    publication_bias: Judgement | None = None
    """Results that were never published."""
    upgrades: Upgrades = Upgrades()
    """Reasons to rate up."""

    @property
    def baseline_risks(self) -> tuple[BaselineRisk, ...]:
        """The baseline risks of the plan; empty where it gives none."""
        given = self.baseline_risk
        if given is None:
            return ()
        return (given,) if isinstance(given, BaselineRisk) else given

    def judged(self, domain: str) -> Judgement | None:
        """Return the judgement on a domain, None where nobody judged."""
        found = getattr(self, domain)
        assert found is None or isinstance(found, Judgement)  # noqa: S101 - held by the fields above
        return found

    @property
    def judges_a_result(self) -> bool:
        """Whether the entry says something of a pooled result, and not of the outcome alone."""
        return self != GradeEntry(stratum=self.stratum, importance=self.importance)

    def raised(self) -> tuple[tuple[str, LargeEffect | Upgrade], ...]:
        """Return the reasons to rate up that were given, with their names."""
        named = ((name, getattr(self.upgrades, name)) for name in UPGRADES)
        return tuple((name, item) for name, item in named if item is not None)


def _once(entries: tuple[GradeEntry, ...]) -> tuple[GradeEntry, ...]:
    labels = [entry.stratum for entry in entries]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(f"each stratum is judged once; {', '.join(twice)} stands twice")
    return entries


GradeEntries = Annotated[tuple[GradeEntry, ...], BeforeValidator(as_tuple), AfterValidator(_once)]
"""Judgements of a plan, one entry for each pooled result."""


def outcomes_alone(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of entries as plain data what holds for the outcome whatever is measured: its importance."""
    return [
        {name: entry[name] for name in ("stratum", "importance")}
        for entry in entries
        if "importance" in entry
    ]
