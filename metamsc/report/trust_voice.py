"""How the words of "Can the result be trusted?" write effects: one voice for analyses and for any CSV."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots.forest_cells import effect_decimals
from metamsc.plots.numbers import decimals_for, format_ratio, format_value
from metamsc.plots.wording import percent
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.csv import CsvPool
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest

_UNITS = {"%": "percentage points"}
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What effects are called and how their numbers are written.

    `measure` ("risk ratio"), `unit` ("percentage points", "" for none), `ratio` whether numbers are
    shown as exp, `decimals` of a difference, `people` who takes part ("participants", "animals"), `own` what
    the result is called beside others.
    """

    measure: str
    ratio: bool
    unit: str
    decimals: int
    people: str = "participants"
    own: str = "the planned"

    @property
    def null(self) -> str:
        """No effect, as a reader would say it."""
        return "a ratio of 1" if self.ratio else "no effect"

    @property
    def trial(self) -> str:
        """What one of those who take part is in: a trial, or with animals a study."""
        return "study" if self.people == "animals" else "trial"

    @property
    def trials(self) -> str:
        """The same of several."""
        return "studies" if self.people == "animals" else "trials"

    def number(self, value: float) -> str:
        """Return an effect as it is shown; one that differs from no effect never reads like it."""
        return format_value(value, ratio=self.ratio, decimals=self.decimals)

    def value(self, value: float) -> str:
        """Return an effect with its measure or unit: "risk ratio 0.85", "−0.50 percentage points"."""
        if self.ratio:
            return f"{self.measure} {self.number(value)}"
        return f"{self.number(value)} {self.unit}".rstrip()

    def span(self, low: float, high: float) -> str:
        """Return "0.31 to 0.84", with the unit where there is one."""
        return f"{self.number(low)} to {self.number(high)} {self.unit}".rstrip()

    def with_interval(self, estimate: float, low: float, high: float, level: float) -> str:
        """Return "−0.50 percentage points (95% CI −0.79 to 0.19)"."""
        return f"{self.value(estimate)} ({percent(level)} CI {self.bare(low, high)})"

    def bare(self, low: float, high: float) -> str:
        """Return a span without its unit, where the unit stands before it."""
        return f"{self.number(low)} to {self.number(high)}"

    def size(self, mid: float) -> str:
        """Return a minimal important difference, a positive size on the analysis scale."""
        if self.ratio:
            return f"{self.measure} {format_ratio(math.exp(-mid))} or {format_ratio(math.exp(mid))}"
        text = f"{mid:.3g}"
        return f"{text} {self.unit}".rstrip()


def voice_of(result: AnalysisResult) -> Voice:
    """Return the voice of an analysis."""
    from metamsc.tables.labels import is_animal

    scale = result.scale
    standardised = "standard deviations" if scale.measure.startswith("SMD") else ""
    return Voice(
        measure=scale.measure_label.lower(),
        ratio=scale.ratio,
        unit=_UNITS.get(scale.unit, scale.unit) or standardised,
        decimals=effect_decimals(result),
        people="animals" if is_animal(result) else "participants",
    )


def voice_of_csv(pool: CsvPool) -> Voice:
    """Return the voice of the pool of a CSV, whose unit nobody knows."""
    from metamsc.effects import find_measure
    from metamsc.effects.registry import MEASURES

    measure = pool.overall.measure
    label = find_measure(measure).label.lower() if measure in MEASURES else measure
    decimals = decimals_for(math.sqrt(v) for v in pool.effects.vi)
    return Voice(measure=label, ratio=pool.ratio, unit="", decimals=decimals, own="the result's own")


def studies(stress: StressTest, number: int | None = None) -> str:
    """Return "5 studies", or "5 comparisons" where some are of one cohort."""
    count = stress.k if number is None else number
    return plural(count, one_of(stress), "comparisons" if shares_cohorts(stress) else "studies")


def one_of(stress: StressTest) -> str:
    """Return what one row is: a study, or a comparison where several are of one cohort."""
    return "comparison" if shares_cohorts(stress) else "study"


def shares_cohorts(stress: StressTest) -> bool:
    """Say whether several rows are of one cohort."""
    return len(set(stress.cohorts)) < len(stress.cohorts)


def listed(names: Sequence[str]) -> str:
    """Return "A", "A and B", "A, B and C"; beyond five, the number of the others."""
    some = list(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        some.append(plural(len(names) - _MOST_NAMES, "other"))
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}"
