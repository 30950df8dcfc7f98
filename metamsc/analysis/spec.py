"""The plan of an analysis (``analysis.yml``): stated before, echoed in the result after.

A plan is closed like a record: an unknown key or an impossible value is a problem with a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, METHODS, PoolChoice, make_choice
from metamsc.dataset.rows import MODERATORS
from metamsc.dataset.selection import Selection
from metamsc.errors import OptionError
from metamsc.models.presets import DEFAULT_PRESET, PRESETS, preset
from metamsc.records.values import Key, Part, Text, as_tuple

PLANNED = tuple(name for name in METHODS if name != "beta-binomial")
"""Methods that a plan can pool by."""
CLUSTERS = ("study", "cohort", *MODERATORS)
"""What rows can be clustered by."""


class ModelChoice(Part):
    """How rows are pooled. What is left out comes from the preset."""

    method: Text = INVERSE_VARIANCE
    """inverse-variance, mh, peto, glmm-um-fs, glmm-um-rs, glmm-cm-el, glmm-cm-al or bayes."""
    preset: Text = DEFAULT_PRESET
    """A named set of the next three choices."""
    tau2_method: Text | None = None
    """Estimator of tau2: EE, DL, HE, HS, HSk, SJ, ML, REML, EB, PM or PMM."""
    ci_method: Text | None = None
    """Interval of the mean: wald, t, hksj or hksj-adhoc."""
    pi_method: Text | None = None
    """Quantile of the prediction interval: t, riley, normal or simple."""
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Level of every interval, a fraction."""
    tau2_sharing: Literal["separate", "common"] = "separate"
    """Whether the strata of one variable have a tau2 each, or one together."""
    cluster: Text | None = None
    """What rows that depend on each other share: study, cohort or a moderator."""
    rho: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Correlation assumed of the sampling errors within a cluster; 0.6 when left out."""
    tau_prior: Text | None = None
    """Prior of tau for method bayes and for the Bayesian sensitivity analysis: half-normal:0.5, turner."""
    mu_prior: Text | None = None
    """Prior of the mean effect for method bayes, normal:MEAN:SD; flat when left out."""

    @model_validator(mode="after")
    def _known(self) -> ModelChoice:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {self.preset!r}")
        if self.method not in PLANNED:
            raise ValueError(
                f"method must be one of {', '.join(PLANNED)}; got {self.method!r}{_why(self.method)}"
            )
        if self.cluster is not None and self.cluster not in CLUSTERS:
            raise ValueError(f"cluster must be one of {', '.join(CLUSTERS)}; got {self.cluster!r}")
        return self

    def choice(self, mid: float | None = None) -> PoolChoice:
        """Return the choices as the pooling takes them.

        Parameters
        ----------
        mid : float, optional
            Minimal important difference on the analysis scale, with its sign.

        Raises
        ------
        OptionError
            If a choice is not allowed, or the method would not use it.
        """
        given = {name: getattr(self, name) for name in ("tau2_method", "ci_method", "pi_method", "rho")}
        if self.method == "bayes":
            given |= {"tau_prior": self.tau_prior, "mu_prior": self.mu_prior}
        if self.method == INVERSE_VARIANCE and self.cluster is None:
            given["preset"] = self.preset
        return make_choice(
            method=self.method, clustered=self.cluster is not None, mid=mid, level=self.level, **given
        )

    def options(self) -> dict[str, Any]:
        """Return the full set of keyword arguments of :func:`metamsc.models.pool.pool`."""
        base = preset(self.preset)
        return {
            "tau2_method": self.tau2_method or base.tau2_method,
            "ci_method": self.ci_method or base.ci_method,
            "pi_method": self.pi_method or base.pi_method,
            "level": self.level,
        }


def _why(method: str) -> str:
    """Say why a method that there is cannot be the planned one."""
    if method != "beta-binomial":
        return ""
    return (
        "; the beta-binomial model compares arms across studies, which does not respect randomisation: it is "
        "run beside sparse counts by itself"
    )


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


class PathOption(Part):
    """One option of a decision in the multiverse, where a plain value does not say it all."""

    label: Text
    """Its name in tables and figures."""
    select: dict[str, Any] = Field(default_factory=dict)
    """Keys of the plan's `select` to replace; nothing means: as planned."""
    model: dict[str, Any] = Field(default_factory=dict)
    """`tau2_method` and `ci_method` to replace."""


PathOptions = Annotated[
    tuple[PathOption | bool | float | str, ...], BeforeValidator(as_tuple), Field(min_length=2)
]
"""At least two options."""


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
    mods: Text | None = None
    """Meta-regression beside the pooled results: a formula of moderators, "year + msc_source"."""
    mid: Mid | None = None
    """Minimal important difference; the catalogue's when left out."""
    moderators: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] = ("msc_source", "co_intervention")
    """Columns shown beside each study."""
    sensitivity: Annotated[tuple[SensitivityChoice, ...], BeforeValidator(as_tuple)] = ()
    """Besides the automatic ones."""
    multiverse: dict[Key, PathOptions] = Field(default_factory=dict)
    """Decisions to combine in every way (`metamsc multiverse`): a key of `select`, `select.treatment` or
    `model` with its values, or a name of your own with options that have a label."""
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

    @model_validator(mode="after")
    def _dependent_rows_have_their_model(self) -> AnalysisSpec:
        if self.select.multi_arm == "covariance" and self.model.cluster is None:
            raise ValueError(
                "`multi_arm: covariance` gives rows that share a control and are not independent: "
                "give `model: {cluster: study}`, or divide the control with `split-control`"
            )
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
        return self.replaced_data(choice.select, choice.model)

    def replaced(self, select: Mapping[str, Any], model: Mapping[str, Any]) -> AnalysisSpec:
        """Return this plan with keys of `select` and `model` replaced, nested ones one by one.

        Raises
        ------
        pydantic.ValidationError
            If the changed plan is not a valid one.
        """
        return AnalysisSpec.model_validate(self.replaced_data(select, model))

    def replaced_data(self, select: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
        """Return the plan with these keys replaced as plain data, which need not be a valid plan."""
        return merged_plan(self.plain(), select, model)

    def plain(self) -> dict[str, Any]:
        """Return the plan as plain data, without its sensitivity analyses and multiverse."""
        data = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        return data | {"sensitivity": [], "multiverse": {}}

    def with_model(self, **choices: Any) -> AnalysisSpec:
        """Return this plan with single choices of its model replaced; a preset replaces all three."""
        return self.with_flags(**choices)

    def with_flags(
        self, *, measure: str | None = None, by: str | None = None, mods: str | None = None, **model: Any
    ) -> AnalysisSpec:
        """Return this plan with what was given on the command line put in.

        Parameters
        ----------
        measure : str, optional
            Measure to pool; the plan's minimal important difference then goes, being in another unit.
        by : str, optional
            Moderator that splits each type of diabetes.
        mods : str, optional
            Formula of the meta-regression.
        **model
            Keys of `model`.

        Raises
        ------
        OptionError
            If the plan is then not a valid one.
        """
        if measure is by is mods is None and not model:
            return self
        data = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        if measure is not None and measure != data["select"].get("measure"):
            data["select"]["measure"] = measure
            data.pop("mid", None)
        if by is not None:
            data["strata"] = list(dict.fromkeys([self.strata[0], by]))
        if mods is not None:
            data["mods"] = mods
        data["model"] = _merged_model(data["model"], model)
        try:
            return AnalysisSpec.model_validate(data)
        except ValidationError as error:
            said = "; ".join(
                item["msg"].removeprefix("Value error, ") for item in error.errors(include_url=False)
            )
            raise OptionError(f"{self.name}: {said}.") from None


def merged_plan(
    data: Mapping[str, Any], select: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the plain data of a plan with keys of `select` and `model` replaced, nested ones one by one."""
    changed = dict(data)
    changed["select"] = _merged(data["select"], dict(select))
    changed["model"] = _merged_model(data["model"], dict(model))
    return changed


_SET_BY_PRESET = ("tau2_method", "ci_method", "pi_method")
_SET_BY_METHOD = (*_SET_BY_PRESET, "tau_prior", "mu_prior", "rho", "cluster")


def _merged_model(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Put changes into a model; a preset or a method is not mixed with choices made for another one."""
    if "preset" in changes:
        base = {key: value for key, value in base.items() if key not in _SET_BY_PRESET}
    if changes.get("method", base.get("method")) != base.get("method"):
        base = {key: value for key, value in base.items() if key not in _SET_BY_METHOD}
    return _merged(base, changes)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return merged
