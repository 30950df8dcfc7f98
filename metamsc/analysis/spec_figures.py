"""How the figures of an analysis look: what the plan asks for, so that every one of them is drawn alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.dataset.rows import MODERATORS
from metamsc.records.values import Key, Part, Text, as_tuple

FOREST_COLUMNS = (
    "label", "arms", "estimate", "weight", "rob", "year", "n", "se", "at", "value", *MODERATORS,
)  # fmt: skip
"""Columns that a forest plot of records can have beside its graphic."""

Columns = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]


class ForestFigure(Part):
    """What the forest plot looks like; the flags of `metamsc forest` say the same."""

    preset: Literal["plain", "bmj", "revman", "jama"] = "plain"
    """Whose figure it looks like."""
    left: Columns | None = None
    """Columns left of the graphic, the preset's when left out: `label`, `arms`, `estimate`, `weight`, `rob`,
    `year`, `n`, `se`, `at`, `value`, or a moderator."""
    right: Columns | None = None
    """Columns right of it."""
    sort: Text | None = None
    """Column that orders the studies within their group, "-" before it for falling: `-weight`."""
    studies: bool = True
    """Show the single studies; otherwise pooled effects only."""
    prediction: Literal["bar", "diamond", "density"] = "bar"
    """How prediction intervals are drawn."""
    models: Annotated[tuple[Key, ...], BeforeValidator(as_tuple)] = ()
    """Sensitivity analyses, by name, to show in each row beside the planned one."""
    limits: Annotated[tuple[float, float], BeforeValidator(as_tuple)] | None = None
    """Both ends of the axis (ratios as ratios); intervals beyond end in arrows."""

    @model_validator(mode="after")
    def _known_columns(self) -> ForestFigure:
        named = [*(self.left or ()), *(self.right or ())]
        for name in (*named, *([self.sort.removeprefix("-")] if self.sort else ())):
            if name not in FOREST_COLUMNS:
                raise ValueError(f"{name!r} is no column; there are {', '.join(FOREST_COLUMNS)}")
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"each column stands once; {', '.join(twice)} stands twice")
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ValueError(f"`limits` are [low, high]; got [{self.limits[0]:g}, {self.limits[1]:g}]")
        return self


class FiguresPlan(Part):
    """How the figures of the analysis look, in reports, from `metamsc run` and from `metamsc plot`."""

    forest: ForestFigure = ForestFigure()
    """The forest plot."""
    dark: bool = False
    """Files that `run`, `plot` and `forest` write are for a dark page; pages follow their reader."""
    width: Annotated[float, Field(ge=40.0, le=1000.0)] | None = None
    """Width in millimetres of such files; 85 is one column of most journals."""
    doses: Literal["kg", "recipient"] = "kg"
    """What the doses are per in the report and in `plot dose-response`."""
    weighted: bool = False
    """Shares of judgements on the risk of bias are of the weight in the pool: first in the report, and in
    `plot rob-summary`."""
