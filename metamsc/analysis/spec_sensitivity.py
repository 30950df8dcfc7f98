"""Besides the result itself: the same with something else chosen, one choice at a time or all combined."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from metamsc.records.values import Key, Part, Text, as_tuple


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
