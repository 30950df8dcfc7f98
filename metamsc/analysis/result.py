"""The result of an analysis: complete, frozen, silent.

A figure, a table and a sentence are functions of it; none of them computes a number again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metamsc.analysis.grade import GradeProfile
    from metamsc.analysis.grade_bias import BiasAssessment
    from metamsc.analysis.trust import Trust
    from metamsc.dataset.rows import EffectRow, EffectTable
    from metamsc.models.results import PooledResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One pooled group of rows."""

    key: tuple[str, ...]
    """Values of the strata variables: ``("T1D",)``, ``("T1D", "bone-marrow")``; ``()`` for overall."""
    label: str
    row_ids: tuple[str, ...]
    """Rows of the table that are in it, in the order of the weights."""
    pooled: PooledResult
    note: str = ""
    """Why this pool needs care (one study, mixed types)."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """How it was pooled, and what only some methods have: see docs/analysis.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Test for differences between strata, with the honest note when strata are tiny."""

    between: tuple[str, ...]
    statistic: float
    df: int
    p: float
    method: str
    note: str = ""
    df2: float | None = None
    """Second degrees of freedom of an F test; None for a chi-square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityStratum:
    """One stratum under another choice. `k` 0 and None elsewhere when nothing was left to pool."""

    label: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float | None
    note: str = ""
    """Why there is no estimate although there are rows."""
    mid_mean: float | None = None
    """Posterior probability that the mean effect reaches the minimal important difference."""
    mid_new_study: float | None = None
    """The same for the true effect of a new study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The analysis under one other choice."""

    name: str
    label: str
    changed: tuple[str, ...]
    """What differs from the plan, as `path = value`."""
    strata: tuple[SensitivityStratum, ...]
    note: str = ""
    """What happened to the rows: "same rows", "without X; with Y"."""
    measure: str = ""
    """Measure, where it is not the main one's: its numbers are then on another scale."""
    ratio: bool = False
    """Whether that other measure is a ratio, shown as exp."""
    unit: str = ""
    """Unit of that other measure, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudy:
    """Test for small-study effects, or the reason it was not run."""

    label: str
    k: int
    method: str
    predictor: str
    statistic: float | None
    df: int | None
    p: float | None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """How much evidence there is against how much one adequate trial would have, for one pool.

    The effect that counts is the minimal important difference, never the one found. Where the sizes cannot
    be told, they are None and `refused` says why.
    """

    label: str
    k: int
    participants: float | None
    """Participants (animals) of all rows; None where a number is not printed."""
    alpha: float
    target: float
    """Power that is aimed at."""
    effect: float
    """Minimal important difference on the analysis scale."""
    assumed: str
    """What the sizes assume: the SD or the control risk, and where it is from."""
    optimal: int | None
    """Optimal information size: participants of one adequately powered trial."""
    diversity: float | None
    """Share of the random-effects variance that is due to heterogeneity, a fraction."""
    required: int | None
    """Required information size: `optimal` / (1 - diversity)."""
    power_fixed: float
    """Power for the effect if studies had one true effect."""
    power_random: float
    """Power with the tau2 that was estimated."""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """The plan's meta-regression in one pool, or the reason it was not run."""

    label: str
    formula: str
    k: int
    left_out: tuple[str, ...] = ()
    """Rows without a value of a moderator, with the moderator."""
    row_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    design: tuple[tuple[float, ...], ...] = ()
    """The design, a row per row of `row_ids`: with it, anyone can fit the model again."""
    pooled: PooledResult | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How numbers of the analysis are shown: everything a plot or sentence needs about the measure."""

    measure: str
    measure_label: str
    """"mean difference", "risk ratio"."""
    ratio: bool
    """True when pooled on the log scale and shown as exp."""
    null: float
    """No effect, on the analysis scale."""
    unit: str
    """Unit of the shown numbers; "" for ratios and standardised differences."""
    outcome_label: str
    lower_is_better: bool | None
    """None when no direction is better."""
    mid: float | None
    """Minimal important difference on the analysis scale, as a positive size; None when not set."""
    mid_source: str
    precision: str
    """Axis of the funnel plot: "se" or "1/sqrt(n)"."""
    treatment_label: str
    control_label: str
    formula: str = ""
    """Formula of the effect, in text."""
    variance: str = ""
    """Formula of its sampling variance, with its code and source."""

    def shown(self, value: float) -> float:
        """Bring a value from the analysis scale to the scale shown to readers."""
        return math.exp(value) if self.ratio else value


RESULT_FORMAT = 1
"""Version of `results.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """Everything that came out of one plan."""

    name: str
    title: str
    question: str
    scale: Scale
    table: EffectTable
    strata: tuple[Stratum, ...]
    """First-level strata (diabetes type first), each followed by its second-level strata, if any."""
    overall: Stratum | None
    """None when types are not pooled across; `overall_note` says why."""
    overall_note: str
    differences: tuple[Difference, ...]
    sensitivity: tuple[Sensitivity, ...]
    small_study: tuple[SmallStudy, ...]
    warnings: tuple[str, ...]
    information: tuple[Information, ...] = ()
    """Power and information size per pool; empty without a minimal important difference."""
    regressions: tuple[Regression, ...] = ()
    """Meta-regressions that the plan asks for, by type of diabetes."""
    method_notes: tuple[str, ...] = ()
    """Why a sensitivity analysis that belongs to such data was not run."""
    risk_of_bias: tuple[BiasAssessment, ...] = ()
    """Risk of bias of each pooled study, as its record has it; one study once."""
    grade: tuple[GradeProfile, ...] = ()
    """Facts and judgements on the certainty of each pool."""
    trust: Trust | None = None
    """What became of each pool under all that the plan's `sensitivity` switches on; None without."""
    spec: dict[str, Any]
    """The plan as read, defaults filled in."""
    manifest: dict[str, Any]
    """SHA-256 of each record and of the plan, versions of the software."""

    @property
    def pools(self) -> tuple[Stratum, ...]:
        """Every pool: the strata and, last, the overall one where there is one."""
        return self.strata if self.overall is None else (*self.strata, self.overall)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python, ready for JSON (`results.json`)."""
        return {
            "format": RESULT_FORMAT,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "scale": asdict(self.scale),
            "strata": [self._stratum_dict(stratum) for stratum in self.strata],
            "overall": None if self.overall is None else self._stratum_dict(self.overall),
            "overall_note": self.overall_note,
            "differences": [asdict(item) for item in self.differences],
            "sensitivity": [asdict(item) for item in self.sensitivity],
            "small_study": [asdict(item) for item in self.small_study],
            "information": [asdict(item) for item in self.information],
            "regressions": [_regression_dict(item) for item in self.regressions],
            "method_notes": list(self.method_notes),
            "risk_of_bias": [asdict(item) for item in self.risk_of_bias],
            "grade": [asdict(item) for item in self.grade],
            "trust": None if self.trust is None else self.trust.to_dict(),
            "warnings": list(self.warnings),
            "table": self.table.to_dict(),
            "spec": self.spec,
            "manifest": self.manifest,
        }

    def _stratum_dict(self, stratum: Stratum) -> dict[str, Any]:
        pooled = stratum.pooled
        shown = {"estimate": pooled.estimate, "ci_low": pooled.ci.low, "ci_high": pooled.ci.high}
        if pooled.pi is not None:
            shown |= {"pi_low": pooled.pi.low, "pi_high": pooled.pi.high}
        return {
            "key": list(stratum.key),
            "label": stratum.label,
            "row_ids": list(stratum.row_ids),
            "pooled": pooled.to_dict(),
            "shown": {name: self.scale.shown(value) for name, value in shown.items()},
            "note": stratum.note,
            "details": dict(stratum.details),
        }

    def rows_of(self, stratum: Stratum) -> tuple[EffectRow, ...]:
        """Return the rows of a stratum, in the order of its weights."""
        by_id = {row.row_id: row for row in self.table.rows}
        return tuple(by_id[row_id] for row_id in stratum.row_ids)


def _regression_dict(item: Regression) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in item.__slots__}
    values["pooled"] = None if item.pooled is None else item.pooled.to_dict()
    values["details"] = dict(item.details)
    values |= {name: list(values[name]) for name in ("left_out", "row_ids", "names")}
    values["design"] = [list(row) for row in item.design]
    return values
