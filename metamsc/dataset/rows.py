"""The table of effect sizes: one row per comparison that is pooled, one reason per row that is not.

Everything a table, a plot or a sentence needs about a row is in it; nothing downstream looks the
record up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from metamsc.dataset.derivations import DerivationCount, count_derivations

if TYPE_CHECKING:
    import pandas as pd

    from metamsc.effects.covariance import SamplingCovariance


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmNumbers:
    """What one side of a comparison contributes, in the unit of the table (else as reported).

    `n` may be fractional where a shared control was split. Means and SDs are None for counts, counts
    None for means. A side of a reported contrast has `n` at most. With `log_sd`, the SD of the natural
    logarithms, `mean` is a geometric mean. `reading` is the standard error of reading the mean off a figure.
    """

    arms: tuple[str, ...]
    label: str
    n: float | None = None
    mean: float | None = None
    sd: float | None = None
    se: float | None = None
    events: float | None = None
    log_sd: float | None = None
    reading: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One number that is not printed as such: how it came about.

    `imputed` is True when it rests on an assumption (a ± read as an SD, a mean from a median, a count
    that had to be inferred), False when it is algebra on printed numbers.
    """

    side: str
    """"treatment", "control" or "effect"."""
    text: str
    imputed: bool = False
    kind: str = "other"
    """Stable word: see :data:`~metamsc.dataset.derivations.DERIVATION_KINDS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row's numbers were read, and where the record says so."""

    file: str
    line: int
    sources: tuple[str, ...]
    """Readable source with its locator, one per source key."""
    urls: tuple[str, ...]
    secondary: bool
    """True when at least one source is not the study's own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One comparison, ready to pool: `yi` and `vi` are on the analysis scale of the measure."""

    row_id: str
    """Unique: the study id, with the treated arm where a study gives several rows."""
    study_id: str
    label: str
    """Unique in its table; shown in plots."""
    year: int | None
    cohort: str
    diabetes_type: str
    outcome: str
    definition: str | None
    at: str
    at_days: float | None
    value: str
    """"final", "change", "contrast" (reported as such) or "events"."""
    yi: float
    vi: float
    treatment: ArmNumbers
    control: ArmNumbers
    derived: tuple[Derived, ...]
    notes: tuple[str, ...]
    """Cautions about this row, shown under tables."""
    moderators: tuple[tuple[str, str], ...]
    """Name and value, in a fixed order: see :data:`MODERATORS`."""
    place: Place
    rob: str = ""
    """Overall judgement on the risk of bias of this result; "" where the record has none."""

    @property
    def sei(self) -> float:
        """Standard error of `yi`."""
        return float(self.vi**0.5)

    @property
    def imputed(self) -> bool:
        """True when any number behind the row rests on an assumption."""
        return any(item.imputed for item in self.derived)

    def moderator(self, name: str) -> str:
        """Return the value of a moderator.

        Raises
        ------
        KeyError
            If there is no such moderator.
        """
        return dict(self.moderators)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """One result, or one study, that is not in the pool, and why."""

    study_id: str
    label: str
    cohort: str
    diabetes_type: str
    code: str
    """Stable word: see :data:`EXCLUSION_CODES`."""
    reason: str
    outcome: str
    at: str
    file: str
    line: int


EXCLUSION_CODES = {
    "by-plan": "the plan names the study",
    "design": "design not allowed by the plan",
    "no-control": "no control arm that the plan allows",
    "not-msc": "the product is not the one the plan asks for",
    "co-intervention": "co-intervention given to the treated arm only",
    "unpublished": "unpublished results left out by the plan",
    "time": "outside the time window, or another time is nearer",
    "cohort": "another record or row of the same participants is used",
    "not-for-pooling": "the record keeps it out, with a reason",
    "definition": "another definition of the outcome than the plan asks for",
    "subgroup": "part of the participants only",
    "post-hoc": "grouping chosen after the outcome was seen",
    "risk-of-bias": "risk of bias above what the plan takes, or not judged",
    "no-spread": "no usable measure of spread",
    "skewed": "median of values that look skewed",
    "unlabelled-spread": "a ± that the text does not label",
    "no-n": "number analysed not printed",
    "no-value": "value of one arm not printed",
    "unit": "unit cannot be brought to the unit of the analysis",
    "measure": "reported in a form that does not give the measure",
    "imputed": "rests on an assumption, and the plan takes reported numbers only",
    "not-computable": "the effect size or its variance does not exist for these numbers",
}
"""Every reason a row can be left out for, with its one-line meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A result known to exist, or to have been planned, that is not here as a number."""

    study_id: str
    label: str
    diabetes_type: str
    outcome: str
    kind: str
    reason: str
    direction: str
    n: int | None
    """Participants randomised in the study, where known."""
    controlled: bool
    """True when the study's design could have contributed a row."""
    file: str
    line: int


MODERATORS = (
    "diabetes_type",
    "complication",
    "msc_source",
    "product",
    "donor",
    "dose",
    "dose_per_kg",
    "dose_total",
    "route",
    "design",
    "blinding",
    "publication",
    "co_intervention",
    "species",
    "induction",
    "country",
    "source_kind",
)
"""Names of the moderators every row carries; "" where a record does not give one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectTable:
    """Rows to pool, rows left out with reasons, and results known to be missing."""

    outcome: str
    measure: str
    unit: str
    """Unit of the means in the rows; "" for counts and for measures that take each study's own unit."""
    setting: str
    rows: tuple[EffectRow, ...]
    excluded: tuple[Exclusion, ...]
    missing: tuple[Missing, ...]
    assumptions: tuple[str, ...]
    """What the selection assumes, in sentences."""
    n_records: int
    """Records of the setting that were looked at."""

    @property
    def yi(self) -> tuple[float, ...]:
        """Effect sizes in row order."""
        return tuple(row.yi for row in self.rows)

    @property
    def vi(self) -> tuple[float, ...]:
        """Sampling variances in row order."""
        return tuple(row.vi for row in self.rows)

    @property
    def k(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def derivation_counts(self) -> tuple[DerivationCount, ...]:
        """Return how many rows rest on each kind of derivation, assumptions or not."""
        return count_derivations(self.rows)

    def covariance(self) -> SamplingCovariance:
        """Return the sampling covariance of the rows, for a model that takes it as V.

        Raises
        ------
        OptionError, InputError
            As :func:`~metamsc.dataset.shared_control.covariance_of_rows`.
        """
        from metamsc.dataset.shared_control import covariance_of_rows

        return covariance_of_rows(self.rows, self.measure)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a data frame, one column per plain field and per moderator."""
        import pandas as pd

        return pd.DataFrame([flat_row(row) for row in self.rows], columns=list(FLAT_COLUMNS))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python, ready for JSON."""
        return {**asdict(self), "derivations": [asdict(count) for count in self.derivation_counts()]}


_ARM_FIELDS = ("n", "mean", "sd", "se", "events")
_PLAIN_FIELDS = (
    "row_id", "study_id", "label", "year", "cohort", "outcome", "definition", "at", "at_days", "value",
    "yi", "vi", "sei",
)  # fmt: skip
FLAT_COLUMNS = (
    *_PLAIN_FIELDS,
    *(f"{name}_treat" for name in _ARM_FIELDS),
    *(f"{name}_control" for name in _ARM_FIELDS),
    *MODERATORS,
    "imputed", "derivations", "notes", "sources", "urls", "file", "line",
)  # fmt: skip
"""Columns of :meth:`EffectTable.to_frame` and of the rows table on disk."""


def flat_row(row: EffectRow) -> dict[str, Any]:
    """Return one row as a flat mapping with the columns of :data:`FLAT_COLUMNS`."""
    flat: dict[str, Any] = {name: getattr(row, name) for name in (*_PLAIN_FIELDS, "imputed")}
    for name in _ARM_FIELDS:
        flat[f"{name}_treat"] = getattr(row.treatment, name)
        flat[f"{name}_control"] = getattr(row.control, name)
    flat.update(row.moderators)
    flat["derivations"] = "; ".join(f"{item.side}: {item.text}" for item in row.derived)
    flat["notes"] = "; ".join(row.notes)
    flat["sources"] = "; ".join(row.place.sources)
    flat["urls"] = " ; ".join(row.place.urls)
    flat["file"] = row.place.file
    flat["line"] = row.place.line
    return flat


def sort_rows(rows: Sequence[EffectRow]) -> tuple[EffectRow, ...]:
    """Order rows by year, then label: the order of every table and plot."""
    return tuple(sorted(rows, key=lambda row: (row.year or 9999, row.label, row.row_id)))
