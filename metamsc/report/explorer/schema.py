"""What the explorer's page holds, as frozen data: its JSON is these classes, field for field.

Numbers keep full precision and stand on the analysis scale (ratios as logarithms). The page computes
everything else from `yi` and `vi`; `planned` is there so that it can check itself against it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
"""Version of the data in the page; docs/explorer.md describes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """Something studies are filtered by."""

    name: str
    """A moderator, or "risk_of_bias"."""
    label: str
    words: tuple[tuple[str, str], ...]
    """Every level that occurs, in order, with the words a reader sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number of one side of a comparison; `how` is empty where it is as reported."""

    name: str
    """"n", "mean", "sd", "se", "events" or "log_sd"."""
    value: float
    how: tuple[str, ...]
    assumed: bool
    """Whether a derivation rests on an assumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison; `other` are derivations that name none of its numbers."""

    label: str
    numbers: tuple[Number, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The judgements on the risk of bias of one result."""

    tool: str
    """Title of the tool: "RoB 2"."""
    about: str
    """The outcome judged, in words; "" for a judgement on the whole study."""
    overall: str
    """"" where there is none."""
    by: str
    domains: tuple[tuple[str, str, str], ...]
    """Name, judgement and support of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison: `yi` and `vi` on the analysis scale, and everything its record says of it."""

    id: str
    study_id: str
    label: str
    year: int | None
    cohort: str
    type: str
    single_arm: bool
    """True for a design without a control group: such rows are pooled by themselves only."""
    yi: float
    vi: float
    n: float | None
    """Participants of both sides; None where one is not printed."""
    at: str
    days: float | None
    value: str
    """"final", "change", "contrast" or "events"."""
    definition: str
    levels: tuple[str, ...]
    """One level per facet, in the order of the facets."""
    judged: Judged | None
    """None where nobody judged."""
    sides: tuple[Side, Side]
    """Treatment, control."""
    derived: tuple[str, ...]
    """Derivations of the effect itself."""
    imputed: bool
    notes: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    """Source with its locator, and its address ("" without one)."""
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A result that is not in the pool, or known to be missing."""

    label: str
    type: str
    outcome: str
    reason: str
    code: str
    """The exclusion's code, or the kind of gap."""
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A pool of the plan as metamsc computed it; `pi` is None below three studies."""

    key: tuple[str, ...]
    k: int
    estimate: float
    se: float
    ci: tuple[float, float]
    pi: tuple[float, float] | None
    tau2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How the plan pools; `differs` says what of it this page does not do."""

    tau2_method: str
    ci_method: str
    pi_method: str
    level: float
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """How effects are shown."""

    measure: str
    measure_label: str
    outcome_label: str
    unit: str
    ratio: bool
    null: float
    mid: tuple[float, ...]
    """Where the minimal important difference stands, analysis scale."""
    mid_text: str
    label: str
    lower: str
    higher: str
    lower_is_better: bool | None
    treatment: str
    control: str
    precision: str
    """Axis of the funnel plot: "se" or "1/sqrt(n)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One plan with its rows."""

    name: str
    title: str
    question: str
    setting: str
    axis: Axis
    choices: Choices
    strata: tuple[str, ...]
    across: bool
    """Whether the plan pools across types of diabetes."""
    across_note: str
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    planned: tuple[Planned, ...]
    excluded: tuple[LeftOut, ...]
    missing: tuple[LeftOut, ...]
    plan_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What a record says of the report itself."""

    id: str
    title: str
    authors: tuple[str, ...]
    journal: str
    doi: str
    registration: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorerData:
    """Everything in the page."""

    format: int = FORMAT
    metamsc: str
    title: str
    in_site: bool
    """Whether links to the site's other pages lead somewhere."""
    facets: tuple[Facet, ...]
    analyses: tuple[Analysis, ...]
    studies: tuple[StudyFacts, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python, ready for JSON."""
        return asdict(self)
