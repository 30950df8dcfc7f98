"""The small parts a record is made of: times, quantities, summaries, values per arm, contrasts.

Everything is held **as reported**, in the reported unit. Nothing here converts, derives or pools.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from metamsc.vocabulary import (
    ChangeWord,
    ComparisonWord,
    ContrastMeasure,
    DerivationKind,
    SpreadKind,
    StatisticalTest,
)

DAYS_PER_UNIT = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Length of the units of time a record may use; a month is a twelfth of a Julian year."""

_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>hour|day|week|month|year)s?")

UNTIMED = ("baseline", "not reported")


class Part(BaseModel):
    """Base of every part of a record: strict, closed, frozen, no NaN and no infinity."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def parse_days(text: str) -> float | None:
    """Return the length in days of ``"12 months"``; 0 for "baseline", None for "not reported".

    Raises
    ------
    ValueError
        If the text is none of these.
    """
    if text == "baseline":
        return 0.0
    if text == "not reported":
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(
            "a time is written like '12 months', '48 weeks', '32 days', 'baseline' or 'not reported'; "
            f"got {text!r}"
        )
    return float(found["number"]) * DAYS_PER_UNIT[found["unit"]]


def _check_time(text: str) -> str:
    parse_days(text)
    return text


def as_tuple(value: Any) -> Any:
    """YAML gives lists; a frozen record holds tuples."""
    return tuple(value) if isinstance(value, list) else value


TIME_PATTERN = r"^(baseline|not reported|\d+(\.\d+)? (hour|day|week|month|year)s?)$"

Time = Annotated[str, AfterValidator(_check_time), Field(json_schema_extra={"pattern": TIME_PATTERN})]
"""A point in time or a length of time, as the text says it: '12 months', '48 weeks', 'baseline'."""

Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
"""Two numbers, low then high."""

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""Participants, animals or events of one study; rules that count up to it end in a moment."""
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$")]
"""Identifier of a study, arm or source: small letters, digits, hyphens."""


class Quantity(Part):
    """A number with its unit, as reported: a dose, a duration, a weight."""

    value: NonNegative | None = None
    """The number; leave out when only a range is printed."""
    unit: Text
    """Unit as printed: 'cells/kg', 'mg/kg', 'years'."""
    range: Pair | None = None
    """Lowest and highest, where a range is printed."""
    note: Text | None = None


class Spread(Part):
    """A ± whose meaning the text does not give."""

    value: NonNegative
    """The number after the ±."""
    kind: Annotated[SpreadKind, Field(strict=False)]
    """What the text calls it: only 'unlabelled'; an SD or SE is written as `sd` or `se`."""


class Derivation(Part):
    """How the extractor came by values of this arm that are not printed as such."""

    fields: Annotated[tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    """Names of the fields concerned: [events, n]."""
    kind: Annotated[DerivationKind, Field(strict=False)]
    note: Text
    """What is printed, and the working."""


def _low_before_high(part: Any, *names: str) -> None:
    for name in names:
        pair = getattr(part, name)
        if pair is not None and pair[0] > pair[1]:
            raise ValueError(f"{name} is written low, high; got {list(pair)}")


class Summary(Part):
    """A distribution as reported. At most one of mean, change, percent_change, median is its centre."""

    n: Count | None = None
    """Participants (or units of analysis) behind the numbers; leave out when not printed."""
    mean: float | None = None
    change: float | None = None
    """Mean change from baseline, in the unit of the outcome; its sd, se or ci is of the change."""
    percent_change: float | None = None
    """Mean percent change from baseline."""
    median: float | None = None
    sd: NonNegative | None = None
    se: NonNegative | None = None
    ci: Pair | None = None
    """95 % confidence interval of the centre, low then high."""
    spread: Spread | None = None
    """A ± that the text does not label."""
    iq_range: Pair | None = None
    """First and third quartile."""
    range: Pair | None = None
    """Lowest and highest value."""

    @model_validator(mode="after")
    def _one_centre_one_width(self) -> Summary:
        centres = [
            name for name in ("mean", "change", "percent_change", "median") if getattr(self, name) is not None
        ]
        if len(centres) > 1:
            raise ValueError(f"give one of mean, change, percent_change, median; got {', '.join(centres)}")
        widths = [name for name in ("sd", "se", "spread") if getattr(self, name) is not None]
        if len(widths) > 1:
            raise ValueError(f"give one of sd, se, spread as the text labels it; got {', '.join(widths)}")
        _low_before_high(self, "ci", "iq_range", "range")
        return self

    @property
    def centre(self) -> str | None:
        """Name of the field that holds the centre, None when there is none."""
        for name in ("mean", "change", "percent_change", "median"):
            if getattr(self, name) is not None:
                return name
        return None


class Characteristic(Summary):
    """A baseline characteristic (age, duration, BMI) with its unit."""

    unit: Text
    source: Key | None = None
    """Key of the source it was read in, where it is not the study's first one."""
    note: Text | None = None


class ArmValue(Summary):
    """What one arm reports for one outcome at one time."""

    events: Count | None = None
    """Number with the event."""
    percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Percentage with the event as printed; the count is derived when `events` is left out."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    """P value of the change within this arm."""
    said: Annotated[ChangeWord, Field(strict=False)] | None = None
    """What the text says in words about the change in this arm; compared with the numbers."""
    derivations: Annotated[tuple[Derivation, ...], BeforeValidator(as_tuple)] = ()
    """Values above that are not printed as such."""
    note: Text | None = None

    @model_validator(mode="after")
    def _some_number(self) -> ArmValue:
        if self.centre is None and self.events is None and self.percent is None:
            raise ValueError("give mean, change, percent_change, median, events or percent")
        if self.centre is not None and (self.events is not None or self.percent is not None):
            raise ValueError("an arm value is either a mean or median, or a count; got both")
        for derivation in self.derivations:
            for name in derivation.fields:
                if getattr(self, name, None) is None:
                    raise ValueError(f"derivations name the field {name!r}, which is not given here")
        return self


class Contrast(Part):
    """A comparison between two arms reported as such (adjusted difference, hazard ratio)."""

    treatment: Key
    """Arm id."""
    control: Key
    """Arm id."""
    measure: Annotated[ContrastMeasure, Field(strict=False)] = ContrastMeasure.DIFFERENCE
    difference: float | None = None
    """Treated minus control, in the unit of the outcome."""
    ratio: Positive | None = None
    """Treated over control, on the natural scale (not the log)."""
    se: Positive | None = None
    """Standard error of the difference, or of the log of the ratio."""
    ci: Pair | None = None
    """95 % confidence interval of the difference or ratio."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    n_treatment: Count | None = None
    n_control: Count | None = None
    value: Annotated[str, Field(pattern="^(final|change)$")] = "final"
    """Whether it compares final values or changes from baseline."""
    said: Annotated[ComparisonWord, Field(strict=False)] | None = None
    """What the text says in words about the treated arm; compared with the numbers."""
    adjusted_for: Text | None = None
    """Model and covariates, as printed."""
    derivations: Annotated[tuple[Derivation, ...], BeforeValidator(as_tuple)] = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _fits_measure(self) -> Contrast:
        ratio = self.measure is not ContrastMeasure.DIFFERENCE
        if ratio and (self.ratio is None or self.difference is not None):
            raise ValueError(f"measure {self.measure} needs `ratio` and no `difference`")
        if not ratio and (self.difference is None or self.ratio is not None):
            raise ValueError("a difference needs `difference` and no `ratio`; for a ratio name the measure")
        if self.treatment == self.control:
            raise ValueError(f"treatment and control are the same arm {self.treatment!r}")
        _low_before_high(self, "ci")
        return self


class PrintedTest(Part):
    """A test between the arms of a row as printed: what means, SDs and counts are checked against."""

    test: Annotated[StatisticalTest, Field(strict=False)] = StatisticalTest.NOT_REPORTED
    statistic: float | None = None
    """t, z, F or chi-square as printed."""
    df: Positive | None = None
    """Degrees of freedom; of F the second, the first is the number of arms minus one."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    p_operator: Literal["=", "<", ">"] = "="
    """'<' for "P < 0.05"."""
    arms: Annotated[tuple[Key, Key], BeforeValidator(as_tuple)] | None = None
    """The two arms compared; all arms of the row when left out."""

    @model_validator(mode="after")
    def _some_number(self) -> PrintedTest:
        if self.statistic is None and self.p is None:
            raise ValueError("give `p`, `statistic` or both")
        return self


class Acknowledgement(Part):
    """A warning that a reviewer has looked at: listed with its reason, not hidden. Errors cannot be."""

    code: Annotated[str, Field(pattern=r"^[A-Z]\d{3}$")]
    """Code of the warning: P701."""
    reason: Text
    """Why the number stands: 'printed so; the row is kept out of pooling'."""
    by: Text
    """Who looked at it."""
    where: Text | None = None
    """Place, with all below it: `results.hba1c`, `results[2].arms.msc.sd`; everywhere when left out."""
