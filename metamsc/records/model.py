"""The extraction record: what one study reports, with where each number was read.

Comes in as plain Python data from :mod:`metamsc.records.load`, goes out as frozen :class:`Study`.
Structure is judged here; references between parts and everything statistical belong to
:mod:`metamsc.checks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.values import (
    Acknowledgement,
    ArmValue,
    Characteristic,
    Contrast,
    Count,
    Key,
    Part,
    PrintedTest,
    Quantity,
    Text,
    Time,
    as_tuple,
)
from metamsc.vocabulary import (
    NOT_MSC,
    ArmRole,
    Blinding,
    Comparator,
    Complication,
    Design,
    DiabetesType,
    Donor,
    ExtractionStatus,
    Induction,
    MissingKind,
    MscSource,
    Product,
    Publication,
    Reference,
    RobJudgement,
    RobTool,
    Route,
    Setting,
    Sex,
    SourceKind,
    Species,
    UnitOfAnalysis,
)

SCHEMA_VERSION = 1

_Texts = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]
_Loose = Field(strict=False)


class StudyInfo(Part):
    """Bibliography, design and cohort of the study."""

    id: Key
    """Same as the file name without `.yml`."""
    label: Text
    """Short name in tables and plots: 'Cai 2016'."""
    title: Text
    authors: _Texts = ()
    """Family name and initials; empty when the text read does not give them."""
    year: Annotated[int, Field(ge=1950, le=2100)] | None = None
    journal: Text | None = None
    volume: Text | None = None
    """Volume, issue and pages as printed."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    pmid: Annotated[str, Field(pattern=r"^\d{4,9}$")] | None = None
    pmcid: Annotated[str, Field(pattern=r"^PMC\d+$")] | None = None
    registration: _Texts = ()
    """Trial registry numbers."""
    countries: Annotated[
        tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...], BeforeValidator(as_tuple)
    ] = ()
    """ISO 3166 two-letter codes."""
    setting: Annotated[Setting, _Loose]
    design: Annotated[Design, _Loose]
    blinding: Annotated[Blinding, _Loose] = Blinding.NOT_REPORTED
    publication: Annotated[Publication, _Loose] = Publication.ARTICLE
    cohort: Key | None = None
    """Shared key when several records describe the same participants; one estimate per cohort is pooled."""
    follow_up: Time | None = None
    """Length of follow-up."""
    n_randomised: Count | None = None
    """Participants randomised or enrolled in all, where arms are not given apart."""
    notes: _Texts = ()


class Population(Part):
    """Who took part in a clinical study."""

    diabetes_type: Annotated[DiabetesType, _Loose]
    complication: Annotated[Complication, _Loose] | None = None
    disease_duration: Characteristic | None = None
    age: Characteristic | None = None
    bmi: Characteristic | None = None
    n_female: Count | None = None
    description: Text | None = None
    """Eligibility in a sentence, as printed."""


class InductionDetail(Part):
    """How diabetes was induced."""

    agent: Annotated[Induction, _Loose]
    dose: Quantity | None = None
    schedule: Text | None = None
    """'once', 'daily on days 1-5', as printed."""
    confirmed_by: Text | None = None
    """Glucose threshold that made an animal count as diabetic."""


class AnimalModel(Part):
    """The animal model of a preclinical study."""

    species: Annotated[Species, _Loose]
    strain: Text | None = None
    sex: Annotated[Sex, _Loose] = Sex.NOT_REPORTED
    induction: InductionDetail
    models_type: Annotated[DiabetesType, _Loose]
    """Type of human diabetes that the model stands for."""
    complication: Annotated[Complication, _Loose] | None = None
    immunodeficient: bool | None = None
    """Whether the strain cannot reject human cells."""
    note: Text | None = None


class Cells(Part):
    """The cell or cell-derived product of an arm."""

    product: Annotated[Product, _Loose] = Product.CELLS
    source: Annotated[MscSource, _Loose]
    donor: Annotated[Donor, _Loose] = Donor.NOT_REPORTED
    donor_species: Text | None = None
    """Where it is not the recipient's."""
    msc: bool = True
    """False for a product that is not MSC: kept as a contrast, outside MSC analyses by default."""
    name: Text | None = None
    """Trade or working name: 'rexlemestrocel-L'."""
    dose: Quantity | None = None
    """Per infusion."""
    infusions: Annotated[int, Field(ge=1)] | None = None
    schedule: Text | None = None
    """Interval between infusions, as printed."""
    route: Annotated[Route, _Loose] = Route.NOT_REPORTED
    route_detail: Text | None = None
    co_intervention: Text | None = None
    """Given besides the cells and not to the control arm: a moderator, not a footnote."""
    note: Text | None = None

    @model_validator(mode="after")
    def _msc_fits_product(self) -> Cells:
        if self.msc and self.product in NOT_MSC:
            raise ValueError(f"product {self.product.value!r} is not MSC: write `msc: false`")
        return self


class Arm(Part):
    """One group of participants or animals."""

    id: Key
    label: Text | None = None
    """Name in tables; the id when left out."""
    role: Annotated[ArmRole, _Loose]
    n_randomised: Count | None = None
    """Participants randomised or allocated."""
    cells: Cells | None = None
    """Needed in treatment arms."""
    comparator: Annotated[Comparator, _Loose] | None = None
    """Needed in control and comparator arms without cells."""
    comparator_detail: Text | None = None
    background: Text | None = None
    """Therapy that this arm and its control both got."""
    age: Characteristic | None = None
    disease_duration: Characteristic | None = None
    bmi: Characteristic | None = None
    n_female: Count | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_what_was_given(self) -> Arm:
        if self.role is ArmRole.TREATMENT and self.cells is None:
            raise ValueError("a treatment arm needs `cells`")
        if self.role is ArmRole.CONTROL and self.comparator is None:
            raise ValueError("a control arm needs `comparator` (placebo, standard-care, vehicle, ...)")
        return self


class Source(Part):
    """A text in which numbers were read."""

    kind: Annotated[SourceKind, _Loose]
    reference: Annotated[Reference, _Loose]
    """Whether it is the study's own text or another one that quotes it."""
    url: Text | None = None
    """Address where it was read; may be a mirror."""
    locator: Text
    """Place in the text: 'Table 2', 'Results, paragraph 3'."""
    citation: Text | None = None
    """For a secondary source: the work that quotes the study."""
    note: Text | None = None

    @model_validator(mode="after")
    def _traceable(self) -> Source:
        if self.url is None and self.citation is None:
            raise ValueError("give `url` or `citation`: a number nobody can trace is not used")
        return self


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
    between: PrintedTest | None = None
    """Test between the arms, as printed."""
    integer: bool | None = None
    """True when each single value is a whole number (a score, a count): its mean can be checked against n."""
    unit_of_analysis: Annotated[UnitOfAnalysis, _Loose] = UnitOfAnalysis.PARTICIPANTS
    subgroup: Text | None = None
    """Set when the numbers are of a part of the participants only: listed, not pooled by default."""
    post_hoc: bool = False
    """True when the grouping or definition was chosen after seeing the outcome (responders)."""
    pool: bool = True
    """False keeps the row out of every analysis; `note` must say why."""
    note: Text | None = None

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
    kind: Annotated[MissingKind, _Loose] = MissingKind.OTHER
    at: Time | None = None
    direction: Text | None = None
    """What is said about it in words: 'no significant difference'."""
    source: Key | None = None


class DomainJudgement(Part):
    """Judgement on one domain of a risk-of-bias tool."""

    domain: Text
    judgement: Annotated[RobJudgement, _Loose]
    support: Text | None = None
    """The passage or fact behind it."""


class RiskOfBias(Part):
    """Risk of bias of one result of the study, by one tool."""

    tool: Annotated[RobTool, _Loose]
    outcome: Key | None = None
    """Outcome judged; left out when the judgement is for the study."""
    overall: Annotated[RobJudgement, _Loose] | None = None
    domains: Annotated[tuple[DomainJudgement, ...], BeforeValidator(as_tuple)] = ()
    assessed_by: Text | None = None


class ToConfirm(Part):
    """A value taken over with a doubt that the paper can settle."""

    field: Text
    """Path in the record: `study.countries`, `arms.msc.n_randomised`."""
    reason: Text


class Extraction(Part):
    """Who wrote the record."""

    extracted_by: Text
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    checked_by: Text | None = None
    status: Annotated[ExtractionStatus, _Loose]


class Study(Part):
    """A whole extraction record."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    """Version of the record format: 1."""
    study: StudyInfo
    population: Population | None = None
    """Clinical studies."""
    model: AnimalModel | None = None
    """Preclinical studies."""
    arms: Annotated[tuple[Arm, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    sources: Annotated[dict[str, Source], Field(min_length=1)]
    results: Annotated[tuple[Result, ...], BeforeValidator(as_tuple)] = ()
    missing_results: Annotated[tuple[MissingResult, ...], BeforeValidator(as_tuple)] = ()
    risk_of_bias: Annotated[tuple[RiskOfBias, ...], BeforeValidator(as_tuple)] = ()
    to_confirm: Annotated[tuple[ToConfirm, ...], BeforeValidator(as_tuple)] = ()
    acknowledged: Annotated[tuple[Acknowledgement, ...], BeforeValidator(as_tuple)] = ()
    extraction: Extraction

    @model_validator(mode="after")
    def _setting_has_its_part(self) -> Study:
        clinical = self.study.setting is Setting.CLINICAL
        if clinical and (self.population is None or self.model is not None):
            raise ValueError("a clinical record has `population` and no `model`")
        if not clinical and (self.model is None or self.population is not None):
            raise ValueError("a preclinical record has `model` and no `population`")
        return self

    @property
    def id(self) -> str:
        """Study id."""
        return self.study.id

    @property
    def label(self) -> str:
        """Short name for tables and plots."""
        return self.study.label

    @property
    def cohort(self) -> str:
        """Cohort key; the study's own id when no other record shares its participants."""
        return self.study.cohort or self.study.id

    @property
    def diabetes_type(self) -> DiabetesType:
        """Type of the participants, or the type that the animal model stands for."""
        if self.population is not None:
            return self.population.diabetes_type
        assert self.model is not None  # held by the validator above  # noqa: S101
        return self.model.models_type

    def arm(self, arm_id: str) -> Arm:
        """Return the arm with this id.

        Raises
        ------
        KeyError
            If the record has no such arm.
        """
        for arm in self.arms:
            if arm.id == arm_id:
                return arm
        raise KeyError(arm_id)
