"""The extraction record: what one study reports, with where each number was read.

Comes in as plain Python data from :mod:`metamsc.records.load`, goes out as frozen :class:`Study`.
Structure is judged here; references between parts and everything statistical belong to
:mod:`metamsc.checks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.groups import AnimalModel, Arm, Cells, InductionDetail, Population
from metamsc.records.parts import Count, Key, Part, Text, Time, as_tuple
from metamsc.records.results import DomainJudgement, MissingResult, Result, RiskOfBias
from metamsc.records.values import Acknowledgement
from metamsc.vocabulary import (
    Blinding,
    Design,
    DiabetesType,
    ExtractionStatus,
    Publication,
    Reference,
    Setting,
    SourceKind,
)

__all__ = [
    "SCHEMA_VERSION",
    "AnimalModel",
    "Arm",
    "Cells",
    "DomainJudgement",
    "Extraction",
    "InductionDetail",
    "MissingResult",
    "Population",
    "Result",
    "RiskOfBias",
    "Source",
    "Study",
    "StudyInfo",
    "ToConfirm",
]

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
    """Title of the report, as printed."""
    authors: _Texts = ()
    """Family name and initials; empty when the text read does not give them."""
    year: Annotated[int, Field(ge=1950, le=2100)] | None = None
    """Year of publication."""
    journal: Text | None = None
    """Journal or book, as printed."""
    volume: Text | None = None
    """Volume, issue and pages as printed."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    """10.2337/dc15-0171, without https://doi.org/ before it."""
    pmid: Annotated[str, Field(pattern=r"^\d{4,9}$")] | None = None
    """PubMed's number, in quotes: '26553832'."""
    pmcid: Annotated[str, Field(pattern=r"^PMC\d+$")] | None = None
    """PMC4876543."""
    registration: _Texts = ()
    """Trial registry numbers."""
    countries: Annotated[
        tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...], BeforeValidator(as_tuple)
    ] = ()
    """ISO 3166 two-letter codes."""
    setting: Annotated[Setting, _Loose]
    """People (clinical) or animals (preclinical)."""
    design: Annotated[Design, _Loose]
    """How groups were formed."""
    blinding: Annotated[Blinding, _Loose] = Blinding.NOT_REPORTED
    """Who did not know the allocation, as the report calls it."""
    publication: Annotated[Publication, _Loose] = Publication.ARTICLE
    """How far the study went through peer review."""
    cohort: Key | None = None
    """Shared key when several records describe the same participants; one estimate per cohort is pooled."""
    follow_up: Time | None = None
    """Length of follow-up."""
    n_randomised: Count | None = None
    """Participants randomised or enrolled in all, where arms are not given apart."""
    notes: _Texts = ()
    """What a reader of the numbers has to know of the study."""


class Source(Part):
    """A text in which numbers were read."""

    kind: Annotated[SourceKind, _Loose]
    """What kind of text it is."""
    reference: Annotated[Reference, _Loose]
    """Whether it is the study's own text or another one that quotes it."""
    url: Text | None = None
    """Address where it was read; may be a mirror."""
    locator: Text
    """Place in the text: 'Table 2', 'Results, paragraph 3'."""
    citation: Text | None = None
    """For a secondary source: the work that quotes the study."""
    note: Text | None = None
    """What is odd about the text: a conversion, a misprint."""

    @model_validator(mode="after")
    def _traceable(self) -> Source:
        if self.url is None and self.citation is None:
            raise ValueError("give `url` or `citation`: a number nobody can trace is not used")
        return self


class ToConfirm(Part):
    """A value taken over with a doubt that the paper can settle."""

    field: Text
    """Path in the record: `study.countries`, `arms.msc.n_randomised`."""
    reason: Text
    """What is in doubt; what begins with TODO keeps the record out of analyses."""


class Extraction(Part):
    """Who wrote the record."""

    extracted_by: Text
    """Name of the extractor."""
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """Day of the extraction: 2026-11-22."""
    checked_by: Text | None = None
    """Name of the second extractor, and of who adjudicated."""
    status: Annotated[ExtractionStatus, _Loose]
    """Whether one person extracted it, two, or two and a third decided."""


MOST_ARMS, MOST_RESULTS = 100, 1000
"""No paper has as many; rules compare every two, and a record that a stranger sends may not take minutes."""


class Study(Part):
    """A whole extraction record."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    """Version of the record format: 1."""
    study: StudyInfo
    """Bibliography, design and cohort."""
    population: Population | None = None
    """Clinical studies."""
    model: AnimalModel | None = None
    """Preclinical studies."""
    arms: Annotated[tuple[Arm, ...], Field(min_length=1, max_length=MOST_ARMS), BeforeValidator(as_tuple)]
    """The groups."""
    sources: Annotated[dict[str, Source], Field(min_length=1)]
    """Name of your own -> a text in which numbers were read."""
    results: Annotated[tuple[Result, ...], Field(max_length=MOST_RESULTS), BeforeValidator(as_tuple)] = ()
    """One entry for each outcome and time."""
    missing_results: Annotated[tuple[MissingResult, ...], BeforeValidator(as_tuple)] = ()
    """Results that exist or were planned and are not here as numbers."""
    risk_of_bias: Annotated[tuple[RiskOfBias, ...], BeforeValidator(as_tuple)] = ()
    """Judgements on the risk of bias, one for each tool and outcome."""
    to_confirm: Annotated[tuple[ToConfirm, ...], BeforeValidator(as_tuple)] = ()
    """Values taken over with a doubt, and what is left to write."""
    acknowledged: Annotated[tuple[Acknowledgement, ...], BeforeValidator(as_tuple)] = ()
    """Warnings that a reviewer has looked at."""
    extraction: Extraction
    """Who wrote the record, when, and who checked it."""

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
