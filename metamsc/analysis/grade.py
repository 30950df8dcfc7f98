"""Certainty of the evidence by GRADE: what the data say about each domain, and what people judged.

Facts are computed from a result; judgements come from the plan (:mod:`metamsc.analysis.grade_plan`) and
are never filled in. Certainty is arithmetic on the judgements, and there is none while one is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade_plan import DOMAINS, LEVELS

if TYPE_CHECKING:
    from metamsc.analysis.grade_plan import GradeEntry

CERTAINTIES = ("very low", "low", "moderate", "high")
"""From one to four."""
SYMBOLS = {
    "very low": "⊕◯◯◯",
    "low": "⊕⊕◯◯",
    "moderate": "⊕⊕⊕◯",
    "high": "⊕⊕⊕⊕",
}
_START = {"high": 4, "low": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Studies with one property, and their weight in the pool."""

    value: str
    k: int
    weight_percent: float | None
    """None where the method gives no weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsoluteEffect:
    """What the relative effect means for people with a given risk; every risk is a fraction.

    The limits are those of the relative effect at one baseline risk, whose own uncertainty is not in them.
    """

    baseline: float
    source: str
    """Where the baseline risk is from."""
    people: str
    """Whose risk it is, where the plan says; else ""."""
    risk: float
    """Risk with treatment."""
    risk_low: float
    risk_high: float
    capped: bool
    """Whether a limit was outside 0 to 1 and is shown at that bound."""
    mid: tuple[float, float] | None = None
    """What the minimal important ratio makes of this risk: the differences of a rise and of a fall by it."""

    @property
    def differences(self) -> tuple[float, float, float]:
        """Difference from the baseline risk, and its limits."""
        return tuple(value - self.baseline for value in (self.risk, self.risk_low, self.risk_high))  # type: ignore[return-value]  # three in, three out


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlMeans:
    """Final means of the control arms, in the unit of the analysis: what an effect is a difference from."""

    low: float
    high: float
    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprecision:
    """Where the confidence interval lies, and how much information there is."""

    low: float
    high: float
    crossed: tuple[str, ...]
    """Thresholds inside the interval: "important benefit", "no effect", "important harm"."""
    participants: float | None
    optimal: int | None
    """Optimal information size (participants of one adequate trial)."""
    assumed: str
    """What that size assumes; why there is none."""
    beyond_mid: float | None
    """Probability (or confidence) that the mean effect passes the minimal important difference."""
    beyond_mid_new: float | None
    """The same for the true effect of a new study."""
    beyond_by: str
    """"confidence" or "posterior"; "" without a threshold."""

    @property
    def enough(self) -> bool | None:
        """Whether the optimal information size is reached; None where it cannot be told."""
        if self.optimal is None or self.participants is None:
            return None
        return self.participants >= self.optimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """How far results of studies differ, and on which side of the thresholds they lie."""

    k: int
    tau2: float | None
    I2: float | None
    Q_p: float | None
    pi_low: float | None
    pi_high: float | None
    pi_crossed: tuple[str, ...]
    """Thresholds inside the prediction interval."""
    pairs: int
    """Pairs of studies."""
    apart: int
    """Pairs whose confidence intervals do not overlap."""
    better: int
    """Studies whose estimate is beyond the threshold, on the side of benefit."""
    between: int
    """Studies whose estimate is between the thresholds; 0 where the threshold is no effect."""
    worse: int
    about: str
    """The threshold of the last three: "mid" or "null"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indirectness:
    """Who was studied, what they got and what was measured."""

    setting: str
    outcome_kind: str
    """"patient-important", "surrogate", "physiological" or "" where the list has none."""
    populations: tuple[Share, ...]
    co_interventions: tuple[Share, ...]
    """What treated arms got besides the cells, and their controls did not."""
    comparators: tuple[Share, ...]
    """What the control arms got, as their records call it."""
    products: tuple[Share, ...]
    times: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEstimate:
    """Pooled effect of some of the studies, on the analysis scale."""

    k: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasShares:
    """Weight of the studies by their overall risk of bias, and what those at high risk find."""

    shares: tuple[Share, ...]
    """By judgement, least favourable first; "not assessed" last."""
    at_high_risk: PartEstimate | None = None
    """Both None where one side has no study, or nobody judged."""
    others: PartEstimate | None = None
    """Of the studies judged otherwise; those not assessed are on neither side."""

    def weight(self, *judgements: str) -> float:
        """Return the weight of these judgements together, percent."""
        return sum(item.weight_percent or 0.0 for item in self.shares if item.value in judgements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is known of results that are not here."""

    k: int
    test: str
    p: float | None
    refused: str
    """Why there is no test."""
    missing: int
    """Controlled studies with a result that is known or planned and not here, and trials without a record."""
    missing_participants: int | None
    """Participants of those of which the number is known; None where of none."""
    unpublished: int
    """Pooled rows that are not from a journal article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeProfile:
    """One pooled result: facts by domain, judgements, certainty."""

    label: str
    k: int
    designs: tuple[Share, ...]
    implied_start: str | None
    """"high" where every study is randomised, "low" where none is, None where they are mixed or animal."""
    bias: BiasShares
    inconsistency: Inconsistency
    indirectness: Indirectness
    imprecision: Imprecision
    publication: Publication
    absolute: tuple[AbsoluteEffect, ...]
    """One for each baseline risk; empty where the measure or the rows give none."""
    control_means: ControlMeans | None
    target: str
    """What the certainty is about, from the place of the estimate: "an important benefit", ..."""
    judgements: dict[str, Any] | None
    """The plan's entry as plain data; None where it has none."""
    certainty: str | None
    """None while a judgement is missing, and for animals."""
    not_judged: tuple[str, ...]
    """What is missing for a certainty."""
    notes: tuple[str, ...]
    """Where a judgement and a fact do not agree."""

    @property
    def is_judged(self) -> bool:
        """Whether anybody judged anything of the certainty; a baseline risk or an importance is not that."""
        return any(name in (self.judgements or {}) for name in ("start", *DOMAINS))


def missing_judgements(entry: GradeEntry | None) -> tuple[str, ...]:
    """Return what nobody judged: "start" and domains, in their order."""
    names = ("start", *DOMAINS)
    return tuple(name for name in names if entry is None or getattr(entry, name) is None)


def certainty_of(entry: GradeEntry | None) -> str | None:
    """Return the certainty that follows from the judgements; None while one is missing.

    Parameters
    ----------
    entry : GradeEntry or None

    Returns
    -------
    str or None
        One of :data:`CERTAINTIES`.

    Notes
    -----
    Four levels for randomised evidence and two for other, less the levels of the five domains, plus the
    levels of the reasons to rate up; never above four or below one.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 1, BMJ 389:e081903; start and rating up: Core GRADE 4, BMJ 389:e083864.
    """
    if entry is None or entry.start is None or missing_judgements(entry):
        return None
    points = _START[entry.start.level]
    points -= sum(LEVELS[item.judgement] for item in map(entry.judged, DOMAINS) if item is not None)
    points += sum(item.levels for _, item in entry.raised())
    return CERTAINTIES[min(max(points, 1), 4) - 1]
