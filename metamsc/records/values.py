"""The small parts a record is made of: times, quantities, summaries, values per arm, contrasts.

Everything is held **as reported**, in the reported unit. Nothing here converts, derives or pools.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.parts import (
    Count,
    Key,
    NonNegative,
    Pair,
    Part,
    Positive,
    Text,
    Time,
    as_tuple,
    parse_days,
)
from metamsc.vocabulary import (
    ChangeWord,
    ComparisonWord,
    ContrastMeasure,
    DerivationKind,
    SpreadKind,
    StatisticalTest,
)

__all__ = [
    "Acknowledgement",
    "ArmValue",
    "Characteristic",
    "Contrast",
    "Count",
    "Derivation",
    "Key",
    "NonNegative",
    "Pair",
    "Part",
    "Positive",
    "PrintedTest",
    "Quantity",
    "Spread",
    "Summary",
    "Text",
    "Time",
    "as_tuple",
    "parse_days",
]

CENTRES = ("mean", "change", "percent_change", "median", "geometric_mean")
"""Fields that can be the centre of a summary; at most one is given."""

Operator = Literal["=", "<", ">"]


class Quantity(Part):
    """A number with its unit, as reported: a dose, a duration, a weight."""

    value: NonNegative | None = None
    """The number; leave out when only a range is printed."""
    unit: Text
    """Unit as printed: 'cells/kg', 'mg/kg', 'years'."""
    range: Pair | None = None
    """Lowest and highest, where a range is printed."""
    note: Text | None = None
    """What the number leaves open: 'per infusion'."""


class Spread(Part):
    """A ± whose meaning the text does not give."""

    value: NonNegative
    """The number after the ±."""
    kind: Annotated[SpreadKind, Field(strict=False)]
    """What the text calls it: only 'unlabelled'; an SD or SE is written as `sd` or `se`."""


class Derivation(Part):
    """How the extractor came by values of this arm that are not printed as such."""

    fields: Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(as_tuple)]
    """Names of the fields concerned: [events, n]."""
    kind: Annotated[DerivationKind, Field(strict=False)]
    """How the values were come by."""
    note: Text
    """What is printed, and the working."""


def _low_before_high(part: Any, *names: str) -> None:
    for name in names:
        pair = getattr(part, name)
        if pair is not None and pair[0] > pair[1]:
            raise ValueError(f"{name} is written low, high; got {list(pair)}")


class Summary(Part):
    """A distribution as reported: one centre (mean, change, median, ...) at most, with its width."""

    n: Count | None = None
    """Participants (or units of analysis) behind the numbers; leave out when not printed."""
    mean: float | None = None
    """Mean, as printed."""
    change: float | None = None
    """Mean change from baseline, in the unit of the outcome; its sd, se or ci is of the change."""
    percent_change: float | None = None
    """Mean percent change from baseline."""
    median: float | None = None
    """Median, as printed."""
    geometric_mean: Positive | None = None
    """Its interval is `ci`, its spread `geometric_sd`."""
    sd: NonNegative | None = None
    """Standard deviation, where the text calls it so."""
    se: NonNegative | None = None
    """Standard error of the mean, where the text calls it so."""
    ci: Pair | None = None
    """95 % confidence interval of the centre, low then high."""
    spread: Spread | None = None
    """A ± that the text does not label."""
    geometric_sd: Annotated[float, Field(gt=1)] | None = None
    """Geometric SD of `geometric_mean`: a factor."""
    iq_range: Pair | None = None
    """First and third quartile."""
    range: Pair | None = None
    """Lowest and highest value."""

    @model_validator(mode="after")
    def _one_centre_one_width(self) -> Summary:
        given = self.__dict__  # a review of ten thousand records asks a million times: no attribute look-up
        centres = [name for name in CENTRES if given[name] is not None]
        if len(centres) > 1:
            raise ValueError(f"give one of {', '.join(CENTRES)}; got {', '.join(centres)}")
        widths = [name for name in ("sd", "se", "spread") if given[name] is not None]
        if len(widths) > 1:
            raise ValueError(f"give one of sd, se, spread as the text labels it; got {', '.join(widths)}")
        if self.geometric_sd is not None and self.geometric_mean is None:
            raise ValueError("`geometric_sd` is the spread of a `geometric_mean`, which is not given")
        if self.geometric_mean is not None and widths:
            raise ValueError(f"the spread of a geometric mean is `geometric_sd` or `ci`; got {widths[0]}")
        _low_before_high(self, "ci", "iq_range", "range")
        return self

    @property
    def centre(self) -> str | None:
        """Name of the field that holds the centre, None when there is none."""
        given = self.__dict__  # rules ask for it sixty times in a record
        for name in CENTRES:
            if given[name] is not None:
                return name
        return None


class Characteristic(Summary):
    """A baseline characteristic (age, duration, BMI) with its unit."""

    unit: Text
    """Unit as printed: years, kg/m2."""
    source: Key | None = None
    """Key of the source it was read in, where it is not the study's first one."""
    note: Text | None = None
    """What else there is to know of the numbers."""


class ArmValue(Summary):
    """What one arm reports for one outcome at one time."""

    events: Count | None = None
    """Number with the event."""
    percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Percentage with the event as printed; the count is derived when `events` is left out."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    """P value of the change within this arm (two-sided, paired)."""
    p_operator: Operator = "="
    """'<' for "P < 0.05": a bound, never turned into a standard error."""
    t: float | None = None
    """Statistic of the paired t test of the change within this arm."""
    correlation: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Correlation of baseline and later values over the members of this arm, as printed."""
    reading_error: Positive | None = None
    """Set when the centre was read off a figure: the true value lies within ± this, in its unit."""
    said: Annotated[ChangeWord, Field(strict=False)] | None = None
    """What the text says in words about the change in this arm; compared with the numbers."""
    derivations: Annotated[tuple[Derivation, ...], BeforeValidator(as_tuple)] = ()
    """Values above that are not printed as such."""
    note: Text | None = None
    """What else there is to know of this arm's numbers."""

    @model_validator(mode="after")
    def _some_number(self) -> ArmValue:
        if self.centre is None and self.events is None and self.percent is None:
            raise ValueError(f"give {', '.join(CENTRES)}, events or percent")
        if self.centre is not None and (self.events is not None or self.percent is not None):
            raise ValueError("an arm value is either a mean or median, or a count; got both")
        if self.reading_error is not None and self.centre is None:
            raise ValueError("`reading_error` is of a centre read off a figure, and none is given")
        for derivation in self.derivations:
            for name in derivation.fields:
                if getattr(self, name, None) is None:
                    raise ValueError(f"derivations name the field {name!r}, which is not given here")
        return self


class Contrast(Part):
    """A comparison between two arms reported as such (adjusted difference, hazard ratio)."""

    treatment: Key
    """Id of the treated arm."""
    control: Key
    """Id of the arm that it is compared with."""
    measure: Annotated[ContrastMeasure, Field(strict=False)] = ContrastMeasure.DIFFERENCE
    """What the comparison is: a difference or a ratio."""
    difference: float | None = None
    """Treated minus control, in the unit of the outcome."""
    ratio: Positive | None = None
    """Treated over control, on the natural scale (not the log)."""
    se: Positive | None = None
    """Standard error of the difference, or of the log of the ratio."""
    ci: Pair | None = None
    """95 % confidence interval of the difference or ratio."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    """P value of the difference or ratio."""
    p_operator: Operator = "="
    """'<' for "P < 0.05": a bound, never turned into a standard error."""
    one_sided: bool = False
    """True when `p` is of a one-sided test in the direction of the estimate."""
    test: Annotated[StatisticalTest, Field(strict=False)] = StatisticalTest.NOT_REPORTED
    """What `statistic` is and `p` belongs to: t, z, F on (1, df) or chi-square on 1 df can be used."""
    statistic: float | None = None
    """Test statistic of this very difference or ratio."""
    df: Positive | None = None
    """Degrees of freedom of t, of the denominator of F, or of the model behind interval and P."""
    n_treatment: Count | None = None
    """Participants behind it in the treated arm."""
    n_control: Count | None = None
    """Participants behind it in the control arm."""
    value: Annotated[str, Field(pattern="^(final|change)$")] = "final"
    """Whether it compares final values or changes from baseline."""
    said: Annotated[ComparisonWord, Field(strict=False)] | None = None
    """What the text says in words about the treated arm; compared with the numbers."""
    adjusted_for: Text | None = None
    """Model and covariates, as printed."""
    derivations: Annotated[tuple[Derivation, ...], BeforeValidator(as_tuple)] = ()
    """Values above that are not printed as such."""
    note: Text | None = None
    """What else there is to know of the comparison."""

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
    """Which test it was, as printed."""
    statistic: float | None = None
    """t, z, F or chi-square as printed."""
    df: Positive | None = None
    """Degrees of freedom; of F the second, the first is the number of arms minus one."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    """P value, as printed."""
    p_operator: Operator = "="
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
