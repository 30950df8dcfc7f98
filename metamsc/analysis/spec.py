"""The plan of an analysis (``analysis.yml``): stated before, echoed in the result after.

A plan is closed like a record: an unknown key or an impossible value is a problem with a line. Its parts
are in the modules ``spec_*``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from metamsc.analysis.grade_plan import GradeEntries, outcomes_alone
from metamsc.analysis.spec_changes import merged_model, merged_plan
from metamsc.analysis.spec_figures import FiguresPlan
from metamsc.analysis.spec_model import ModelChoice
from metamsc.analysis.spec_parts import AcrossTypes, KnownMissing, Mid
from metamsc.analysis.spec_sensitivity import (
    MOST_DECISIONS,
    NamedAnalyses,
    PathOptions,
    SensitivityChoice,
    SensitivityPlan,
)
from metamsc.dataset.rows import MODERATORS
from metamsc.dataset.selection import Selection
from metamsc.errors import OptionError
from metamsc.records.values import Key, Part, Text, as_tuple


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
    strata: Annotated[tuple[Text, ...], Field(min_length=1, max_length=2), BeforeValidator(as_tuple)] = (
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
    sensitivity: Literal["all"] | SensitivityPlan | NamedAnalyses = ()
    """What the result is held against: `all`, or a mapping whose parts can be switched off. A list names
    analyses with something else chosen, and nothing more is done."""
    multiverse: Annotated[dict[Key, PathOptions], Field(max_length=MOST_DECISIONS)] = Field(
        default_factory=dict
    )
    """Decisions to combine in every way (`metamsc multiverse`): a key of `select`, `select.treatment` or
    `model` with its values, or a name of your own with options that have a label."""
    known_missing: Annotated[tuple[KnownMissing, ...], BeforeValidator(as_tuple)] = ()
    """Trials that no record describes."""
    grade: GradeEntries = ()
    """Judgements of people on the certainty of each result."""
    figures: FiguresPlan | None = None
    """How its figures look; the usual way when left out."""
    notes: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] = ()
    """Cautions printed with the result."""

    @model_validator(mode="after")
    def _known_variables(self) -> AnalysisSpec:
        if self.strata[0] != "diabetes_type":
            raise ValueError(f"the first of `strata` is diabetes_type; got {self.strata[0]!r}")
        for name in (*self.strata, *self.moderators):
            if name not in MODERATORS:
                raise ValueError(f"{name!r} is no moderator; there are {', '.join(MODERATORS)}")
        names = [choice.name for choice in self.named_analyses]
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

    @property
    def named_analyses(self) -> tuple[SensitivityChoice, ...]:
        """The same analysis with something else chosen, as the plan names them."""
        if isinstance(self.sensitivity, SensitivityPlan):
            return self.sensitivity.analyses
        return () if self.sensitivity == "all" else self.sensitivity

    @property
    def stress(self) -> SensitivityPlan | None:
        """What the result is held against besides; None where the plan asks for named analyses at most."""
        if isinstance(self.sensitivity, SensitivityPlan):
            return self.sensitivity
        return SensitivityPlan() if self.sensitivity == "all" else None

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
        without = {"sensitivity", "multiverse"}  # a long list of them would be written out for each of them
        data = self.model_dump(by_alias=True, mode="json", exclude_none=True, exclude=without)
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
            Measure to pool; the plan's minimal important difference, its judgements of certainty and the
            ends of its forest plot then go, being about another one; how much the outcome counts stays.
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
            data["grade"] = outcomes_alone(data.get("grade", ()))
            data.get("figures", {}).get("forest", {}).pop("limits", None)
        if by is not None:
            data["strata"] = list(dict.fromkeys([self.strata[0], by]))
        if mods is not None:
            data["mods"] = mods
        data["model"] = merged_model(data["model"], model)
        try:
            return AnalysisSpec.model_validate(data)
        except ValidationError as error:
            said = "; ".join(
                item["msg"].removeprefix("Value error, ") for item in error.errors(include_url=False)
            )
            raise OptionError(f"{self.name}: {said}.") from None
