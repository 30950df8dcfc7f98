"""Besides the result itself: the same with something else chosen, one choice at a time or all combined."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.values import Key, Part, Text, as_tuple

MOST_ANALYSES = 200
"""Of the same with something else chosen: each is run, and a reader reads each."""
MOST_DECISIONS, MOST_OPTIONS = 20, 50
"""Of a multiverse, and options of one decision: every combination of them is a path."""


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
    tuple[PathOption | bool | float | str, ...],
    Field(min_length=2, max_length=MOST_OPTIONS),
    BeforeValidator(as_tuple),
]
"""At least two options."""


class SmallStudyPlan(Part):
    """How small-study effects are looked for."""

    force: bool = False
    """Run the tests below ten studies too, where they can hardly tell asymmetry from chance."""


class SubsetsPlan(Part):
    """Which subsets of the studies are pooled."""

    number: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    """All subsets where there are no more than this, else so many drawn ones."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of the draws."""


class ChoicesPlan(Part):
    """How the multiverse is run."""

    max_paths: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    """With more combinations it is left to `metamsc multiverse`, and the report says so."""
    patterns: Annotated[int, Field(ge=0, le=99_999)] = 999
    """Sign patterns of the joint test; 0 leaves it out."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of random sign patterns."""


NamedAnalyses = Annotated[
    tuple[SensitivityChoice, ...], Field(max_length=MOST_ANALYSES), BeforeValidator(as_tuple)
]


class SensitivityPlan(Part):
    """What the result is held against; each part is on unless it is switched off with `false`."""

    analyses: NamedAnalyses = ()
    """The same analysis with something else chosen, besides the automatic ones."""
    influence: bool = True
    """Without each study and each cohort, as evidence came in, and diagnostics of influence."""
    small_study: bool | SmallStudyPlan = True
    """Tests for small-study effects, and pools that allow for them: from ten studies on."""
    missing: bool = True
    """Known missing trials, and what they would have to show to change the conclusion."""
    choices: bool | ChoicesPlan = True
    """Every combination of the choices under `multiverse`, or of those that the plan leaves open."""
    subsets: bool | SubsetsPlan = True
    """Every subset of the studies, from three on."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that are on."""
        names = ("influence", "small_study", "missing", "choices", "subsets")
        return tuple(name for name in names if getattr(self, name) is not False)
