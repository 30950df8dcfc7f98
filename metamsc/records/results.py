"""What a study found: results per arm or as a contrast, results that are missing, and risk of bias."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.parts import Key, Part, Text, Time, as_tuple
from metamsc.records.values import ArmValue, Contrast, PrintedTest
from metamsc.vocabulary import MissingKind, RobJudgement, RobTool, UnitOfAnalysis

_Loose = Field(strict=False)


class Result(Part):
    """One outcome at one time: values per arm, or a reported contrast."""

    outcome: Key
    """Id from the outcome catalogue."""
    definition: Text | None = None
    """What was counted or measured, in the paper's words."""
    unit: Text | None = None
    """Unit as printed; left out for counts."""
    at: Time
    """Time after the start of treatment."""
    at_note: Text | None = None
    """The time in the paper's own counting: 'day 32 after the first streptozotocin dose'."""
    source: Annotated[tuple[Key, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else as_tuple(v))]
    """Key, or keys, of `sources`."""
    arms: dict[str, ArmValue] | None = None
    """Arm id -> values."""
    contrast: Contrast | None = None
    """The comparison of two arms, where only that is reported."""
    between: PrintedTest | None = None
    """Test between the arms, as printed."""
    integer: bool | None = None
    """True when each single value is a whole number (a score, a count): its mean can be checked against n."""
    unit_of_analysis: Annotated[UnitOfAnalysis, _Loose] = UnitOfAnalysis.PARTICIPANTS
    """What n counts."""
    subgroup: Text | None = None
    """Set when the numbers are of a part of the participants only: listed, not pooled by default."""
    post_hoc: bool = False
    """True when the grouping or definition was chosen after seeing the outcome (responders)."""
    pool: bool = True
    """False keeps the row out of every analysis; `note` must say why."""
    note: Text | None = None
    """What a reader of the numbers has to know."""

    @model_validator(mode="after")
    def _arms_or_contrast(self) -> Result:
        if (self.arms is None) == (self.contrast is None):
            raise ValueError("give either `arms` (values per arm) or `contrast`")
        if self.arms is not None and not self.arms:
            raise ValueError("`arms` is empty")
        if self.between is not None and self.arms is None:
            raise ValueError("`between` is a test of values per arm; a contrast has its own `p`")
        if not self.pool and self.note is None:
            raise ValueError("`pool: false` needs a `note` that says why")
        return self


class MissingResult(Part):
    """A result that exists or was planned and is not here as a number."""

    outcome: Key
    """Outcome id, or a family of the catalogue (`c_peptide`)."""
    reason: Text
    """Why it is not here as a number."""
    kind: Annotated[MissingKind, _Loose] = MissingKind.OTHER
    """In what way it is missing."""
    at: Time | None = None
    """Time after the start of treatment."""
    direction: Text | None = None
    """What is said about it in words: 'no significant difference'."""
    source: Key | None = None
    """Key of the source that mentions it."""


class DomainJudgement(Part):
    """Judgement on one domain of a risk-of-bias tool."""

    domain: Text
    """Name of the domain, as the tool has it."""
    judgement: Annotated[RobJudgement, _Loose]
    """Judgement on the domain."""
    support: Text | None = None
    """The passage or fact behind it."""


class RiskOfBias(Part):
    """Risk of bias of one result of the study, by one tool."""

    tool: Annotated[RobTool, _Loose]
    """Tool of the judgement; it goes with the design."""
    outcome: Key | None = None
    """Outcome judged; left out when the judgement is for the study."""
    overall: Annotated[RobJudgement, _Loose] | None = None
    """Judgement over all domains."""
    domains: Annotated[tuple[DomainJudgement, ...], BeforeValidator(as_tuple)] = ()
    """Judgements domain by domain."""
    assessed_by: Text | None = None
    """Who judged."""
