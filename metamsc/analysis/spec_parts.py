"""Smaller parts of a plan: pooling across types, the difference that matters, known missing trials."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from metamsc.records.values import Part, Text
from metamsc.vocabulary import DiabetesType


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


class KnownMissing(Part):
    """A trial known to exist that no record of its own can describe yet."""

    label: Text
    """Name of the trial."""
    reason: Text
    """Why there is no result."""
    source: Text
    """Where the trial is known from."""
    n: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Participants (animals) randomised, or planned; left out where nobody says."""
    diabetes_type: Annotated[DiabetesType, Field(strict=False)] | None = None
    """Type of diabetes; a trial without one counts in every stratum."""
    status: Literal["selected", "unclear", "unrelated"] = "unclear"
    """Whether it is missing because of what it showed: `selected` if probably so, `unrelated` if not."""
