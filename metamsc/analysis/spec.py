"""The plan of an analysis (``analysis.yml``): stated before, echoed in the result after.

A plan is closed like a record: an unknown key or an impossible value is a problem with a line.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.dataset.rows import MODERATORS
from metamsc.dataset.selection import Selection
from metamsc.models.presets import DEFAULT_PRESET, PRESETS, preset
from metamsc.records.values import Key, Part, Text, as_tuple


class ModelChoice(Part):
    """How rows are pooled. What is left out comes from the preset."""

    preset: Text = DEFAULT_PRESET
    """A named set of the three methods."""
    tau2_method: Text | None = None
    """Estimator of tau2: EE, DL, HE, HS, HSk, SJ, ML, REML, EB, PM or PMM."""
    ci_method: Text | None = None
    """Interval of the mean: wald, t, hksj or hksj-adhoc."""
    pi_method: Text | None = None
    """Quantile of the prediction interval: t, riley or normal."""
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Level of every interval, a fraction."""

    @model_validator(mode="after")
    def _known_preset(self) -> ModelChoice:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {self.preset!r}")
        return self

    def options(self) -> dict[str, Any]:
        """Return the full set of keyword arguments of :func:`metamsc.models.pool.pool`."""
        base = preset(self.preset)
        return {
            "tau2_method": self.tau2_method or base.tau2_method,
            "ci_method": self.ci_method or base.ci_method,
            "pi_method": self.pi_method or base.pi_method,
            "level": self.level,
        }


class AcrossTypes(Part):
    """Whether types of diabetes are pooled together, and why that is allowed."""

    pool: bool = False
    """Whether there is an estimate over all types."""
    because: Text | None = None
    """Needed when they are: printed beside the overall estimate."""

    @model_validator(mode="after")
    def _reason(self) -> AcrossTypes:
        if self.pool and self.because is None:
            raise ValueError("pooling across types of diabetes needs `because`: it is printed beside it")
        return self


class Mid(Part):
    """Minimal important difference, where the catalogue's is not the one wanted."""

    value: Annotated[float, Field(gt=0)]
    """Size in the unit of the analysis; for ratios the ratio (1.25)."""
    source: Text
    """Where it is from."""


class SensitivityChoice(Part):
    """The same analysis with something else chosen."""

    name: Key
    """Its key in results; each stands once."""
    label: Text
    """Its name in tables and figures."""
    select: dict[str, Any] = Field(default_factory=dict)
    """Keys of the plan's `select` to replace: lists whole, mappings key by key, `null` takes a key away."""
    model: dict[str, Any] = Field(default_factory=dict)
    """Keys of the plan's `model` to replace; a `preset` replaces the methods beside it too."""

    @model_validator(mode="after")
    def _changes_something(self) -> SensitivityChoice:
        if not self.select and not self.model:
            raise ValueError("a sensitivity analysis changes something: give `select` or `model`")
        return self


class KnownMissing(Part):
    """A trial known to exist that no record of its own can describe yet."""

    label: Text
    """Name of the trial."""
    reason: Text
    """Why there is no result."""
    source: Text
    """Where the trial is known from."""


class AnalysisSpec(Part):
    """A whole plan."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    """Version of the plan format: 1."""
    name: Key
    """Same as the folder under `analyses/`."""
    title: Text
    """Heading of its report."""
    question: Text
    """The question in one sentence a clinician would ask."""
    select: Selection
    """Which comparisons are taken from the records."""
    strata: Annotated[tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1, max_length=2)] = (
        "diabetes_type",
    )
    """Variables that split the pool; the type of diabetes is always the first."""
    across_types: AcrossTypes = AcrossTypes()
    """Whether types are pooled together."""
    model: ModelChoice = ModelChoice()
    """How rows are pooled."""
    mid: Mid | None = None
    """Minimal important difference; the catalogue's when left out."""
    moderators: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] = ("msc_source", "co_intervention")
    """Columns shown beside each study."""
    sensitivity: Annotated[tuple[SensitivityChoice, ...], BeforeValidator(as_tuple)] = ()
    """Besides the automatic ones."""
    known_missing: Annotated[tuple[KnownMissing, ...], BeforeValidator(as_tuple)] = ()
    """Trials that no record describes."""
    notes: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] = ()
    """Cautions printed with the result."""

    @model_validator(mode="after")
    def _known_variables(self) -> AnalysisSpec:
        if self.strata[0] != "diabetes_type":
            raise ValueError(f"the first of `strata` is diabetes_type; got {self.strata[0]!r}")
        for name in (*self.strata, *self.moderators):
            if name not in MODERATORS:
                raise ValueError(f"{name!r} is no moderator; there are {', '.join(MODERATORS)}")
        names = [choice.name for choice in self.sensitivity]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"sensitivity names must differ; {', '.join(sorted(twice))} stands twice")
        return self

    def changed(self, choice: SensitivityChoice) -> AnalysisSpec:
        """Return this plan with the choice put in; nested keys replace one by one.

        Raises
        ------
        pydantic.ValidationError
            If the changed plan is not a valid one.
        """
        return AnalysisSpec.model_validate(self.changed_data(choice))

    def changed_data(self, choice: SensitivityChoice) -> dict[str, Any]:
        """Return the plan with the choice put in as plain data, which need not be a valid plan."""
        data = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        data["select"] = _merged(data["select"], choice.select)
        data["model"] = _merged_model(data["model"], choice.model)
        data["sensitivity"] = []
        return data

    def with_model(self, **choices: Any) -> AnalysisSpec:
        """Return this plan with single choices of its model replaced; a preset replaces all three."""
        if not choices:
            return self
        data = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        data["model"] = _merged_model(data["model"], choices)
        return AnalysisSpec.model_validate(data)


_SET_BY_PRESET = ("tau2_method", "ci_method", "pi_method")


def _merged_model(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Put changes into a model; a preset is taken whole, not mixed with the choices it replaces."""
    if "preset" in changes:
        base = {key: value for key, value in base.items() if key not in _SET_BY_PRESET}
    return _merged(base, changes)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return merged
