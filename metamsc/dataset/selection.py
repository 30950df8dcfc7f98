"""What a plan asks of the records: outcome, measure, time, contrasts, and what to do in doubt.

Every rule that decides between two numbers is a named option here with a default, so that a plan
states it and a report can print it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.values import Key, Part, Text, Time, as_tuple, parse_days
from metamsc.vocabulary import Comparator, Design, Donor, MscSource, Product, RobTool, Setting

_Loose = Field(strict=False)

NO_CONTROL = frozenset({Design.SINGLE_ARM, Design.ANIMAL_SINGLE_ARM})
"""Designs without any control group: their change over time is not a controlled difference."""

INERT = (
    Comparator.PLACEBO,
    Comparator.SHAM,
    Comparator.VEHICLE,
    Comparator.UNTREATED,
    Comparator.STANDARD_CARE,
)
"""Controls allowed by default, in order of preference when a study has several."""

_SAME_VISIT = 0.015
"""Share of a time by which two ways of writing one visit differ: 13 weeks, 90 days and 3 months (months of
30 days and years of 52 weeks are up to 1.4 % off the calendar's)."""

Words = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]


class TimeRule(Part):
    """Which time point of a study is taken."""

    at: Time | None = None
    """Target; without one, the rule is "latest" or "earliest". Every time here is met by other words
    for the same visit: 13 weeks, 90 days and 3 months are one."""
    tolerance: Time | None = None
    """Largest distance from the target."""
    earliest: Time | None = None
    """Nothing before this."""
    latest: Time | None = None
    """Nothing after this."""
    rule: Literal["nearest", "latest", "earliest"] = "nearest"
    """Which of several that fit; of two equally near ones the later."""
    untimed: bool = False
    """Whether results whose time is not reported are allowed."""

    @model_validator(mode="after")
    def _rule_has_its_target(self) -> TimeRule:
        if self.rule == "nearest" and self.at is None:
            raise ValueError("the rule 'nearest' needs `at`; use 'latest' or 'earliest' without a target")
        if self.tolerance is not None and self.at is None:
            raise ValueError("`tolerance` needs `at`")
        return self

    def distance(self, days: float | None) -> float | None:
        """Return the rank of a time (smaller is better), or None when it does not fit."""
        if days is None:
            return float("inf") if self.untimed else None
        if days <= 0:
            return None
        if self.earliest is not None and days < (parse_days(self.earliest) or 0.0) * (1 - _SAME_VISIT):
            return None
        if self.latest is not None and days > (parse_days(self.latest) or 0.0) * (1 + _SAME_VISIT):
            return None
        target = None if self.at is None else parse_days(self.at)
        if target is not None and self.tolerance is not None:
            slack = (parse_days(self.tolerance) or 0.0) + _SAME_VISIT * max(days, target)
            if abs(days - target) > slack:
                return None
        if self.rule == "latest":
            return -days
        return days if self.rule == "earliest" or target is None else abs(days - target)

    def choice(self) -> str:
        """Name the time that is taken, in words: "the latest one, not before 8 weeks"."""
        window = []
        if self.at is not None and self.tolerance is not None:
            window.append(f"within {self.tolerance} of {self.at}")
        if self.earliest is not None:
            window.append(f"not before {self.earliest}")
        if self.latest is not None:
            window.append(f"not after {self.latest}")
        choice = f"the nearest to {self.at}" if self.rule == "nearest" else f"the {self.rule} time"
        return choice + (f", {' and '.join(window)}" if window else "")

    def sentence(self) -> str:
        """Say the rule in a sentence."""
        return f"One time point per study: {self.choice()}."


class TreatmentRule(Part):
    """Which products count as the treatment."""

    msc: Literal["only", "none", "any"] = "only"
    """"only": products recorded as MSC; "none": the contrast products; "any": both."""
    products: Annotated[tuple[Annotated[Product, _Loose], ...], BeforeValidator(as_tuple)] = ()
    """Empty means every product."""
    sources: Annotated[tuple[Annotated[MscSource, _Loose], ...], BeforeValidator(as_tuple)] = ()
    """Empty means every tissue."""
    donors: Annotated[tuple[Annotated[Donor, _Loose], ...], BeforeValidator(as_tuple)] = ()
    """Empty means every kind of donor."""
    co_interventions: Literal["include", "exclude"] = "include"
    """Whether arms that got something the control arm did not are used."""


class RiskOfBiasRule(Part):
    """Which risk of bias of a result is taken."""

    at_most: Literal["any", "low", "some-concerns", "serious"] = "any"
    """Floor on the overall judgement: "low"; "some-concerns", which moderate (ROBINS-I) and unclear (SYRCLE)
    are too; "serious" (ROBINS-I), which high and critical are above; "any" looks at none."""
    not_judged: Literal["drop", "keep"] = "drop"
    """Results without an overall judgement, where there is a floor: left out with the reason, or kept with a
    note."""
    tools: Annotated[tuple[Annotated[RobTool, _Loose], ...], BeforeValidator(as_tuple)] = ()
    """Tools whose judgements count; empty means every one."""

    @model_validator(mode="after")
    def _has_a_floor(self) -> RiskOfBiasRule:
        if self.at_most == "any" and self.tools:
            raise ValueError("`tools` needs a floor: give `at_most`")
        return self


class Leave(Part):
    """A study that the plan leaves out by name."""

    study: Key
    """Study id."""
    reason: Text
    """Shown among the results that are left out."""


class Selection(Part):
    """Which comparisons a plan takes from the records."""

    outcome: Key
    """Id from the outcome catalogue."""
    setting: Annotated[Setting, _Loose] = Setting.CLINICAL
    """People or animals."""
    measure: Text | None = None
    """Code of the effect measure; the outcome's usual one when left out."""
    unit: Text | None = None
    """Unit of the analysis; the outcome's canonical one when left out."""
    definition: Text | None = None
    """Words that a result's definition must contain (any case); empty takes the first result listed."""
    time: TimeRule = TimeRule(rule="latest")
    """Which time point of a study; the latest when left out."""
    values: Annotated[tuple[Literal["final", "change", "contrast"], ...], BeforeValidator(as_tuple)] = (
        "final",
        "contrast",
        "change",
    )
    """Kinds of numbers allowed, best first, when one time point has several."""
    changes: Literal["printed", "derived"] = "printed"
    """Where changes from baseline come from: "printed" takes those a record reports (an SD that is missing is
    worked out); "derived" also takes final minus baseline."""
    correlation: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Correlation before-after for the SD of a change where the arm prints none. Left out: the median of what
    other arms of the study give, else other studies, else 0.5."""
    treatment: TreatmentRule = TreatmentRule()
    """Which products; every MSC product when left out."""
    control: Annotated[tuple[Annotated[Comparator, _Loose], ...], BeforeValidator(as_tuple)] = INERT
    """Controls allowed, best first."""
    designs: Annotated[tuple[Annotated[Design, _Loose], ...], BeforeValidator(as_tuple)] = ()
    """Empty means every design with a control group."""
    unpublished: Literal["include", "exclude"] = "include"
    """Trials known from a sponsor's disclosure or a registry only."""
    post_hoc: Literal["include", "exclude"] = "exclude"
    """Results whose grouping or definition was chosen after the outcome was seen."""
    risk_of_bias: RiskOfBiasRule = RiskOfBiasRule()
    """Which risk of bias; any when left out."""
    multi_arm: Literal["combine", "split-control", "covariance", "highest-dose"] = "combine"
    """Several treated arms against one control: one combined arm; the control shared out; each arm against
    the whole control, for a model that takes the covariance of such rows; or the arm with the highest dose
    (per infusion times infusions; the first listed where doses cannot be compared)."""
    unlabelled_spread: Literal["exclude", "sd", "se"] = "exclude"
    """How a ± that the text does not label is read."""
    medians: Literal["convert", "refuse-skewed", "exclude"] = "convert"
    """Whether a median with quartiles or range is turned into a mean and SD: always, unless the numbers look
    skewed (test of Shi 2023), or never."""
    as_reported_only: bool = False
    """Drop every row that rests on an assumption."""
    exclude: Annotated[tuple[Leave, ...], BeforeValidator(as_tuple)] = ()
    """Studies left out by name, each with its reason."""

    @model_validator(mode="after")
    def _controlled_only(self) -> Selection:
        mixed = [design.value for design in self.designs if design in NO_CONTROL]
        if mixed:
            raise ValueError(
                f"designs: {', '.join(mixed)} has no control group; its change over time is not a controlled "
                "difference and is not pooled with one"
            )
        return self
