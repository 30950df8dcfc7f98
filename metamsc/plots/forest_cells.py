"""Text cells of a forest plot: which columns a table of effects needs, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots.numbers import (
    FIGURE_SPACE,
    decimals_for,
    format_value,
    pad_left,
    shortest_decimals,
)
from metamsc.plots.wording import row_mark, wrap

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import ArmNumbers, EffectRow

LABEL_LINES = 4
"""A name that needs more ends in an ellipsis."""
ARM_COLUMNS = 24
_UNLIKE = 20.0
"""Largest SD over smallest SD from which rows are written with decimals of their own."""
Effect = tuple[float | None, float, float]
"""Estimate (None for a prediction interval), low, high: analysis scale."""


@dataclass(frozen=True, slots=True)
class ArmStyle:
    """How the arms of a table are shown: "means", "events", "n" (nothing else is known) or "none"."""

    kind: str
    decimals: int = 0
    change: bool = False
    """Every mean is a change from baseline."""
    by_row: bool = False
    """Rows are of such different size (other units, other species) that each needs its own decimals."""

    def decimals_of(self, row: EffectRow) -> int:
        """Return the decimals for the means and SDs of one row."""
        return _shared_decimals([row]) if self.by_row else self.decimals


def arm_style(rows: Sequence[EffectRow]) -> ArmStyle:
    """Return what the arm columns of these rows can show."""
    arms = [arm for row in rows for arm in (row.treatment, row.control)]
    if any(arm.events is not None for arm in arms):
        return ArmStyle("events")
    if any(arm.mean is not None for arm in arms):
        spreads = [spread for arm in arms if (spread := _spread(arm))]
        values = {row.value for row in rows if row.treatment.mean is not None}
        by_row = bool(spreads) and max(spreads) > _UNLIKE * min(spreads)
        return ArmStyle("means", _shared_decimals(rows), values == {"change"}, by_row)
    return ArmStyle("n" if any(arm.n is not None for arm in arms) else "none")


def _spread(arm: ArmNumbers) -> float | None:
    return arm.sd if arm.sd is not None else arm.se


def _shared_decimals(rows: Sequence[EffectRow]) -> int:
    """Return the fewest decimals that show the means as printed and the SDs to two digits."""
    arms = [arm for row in rows for arm in (row.treatment, row.control)]
    spreads = [_spread(arm) for arm in arms]
    return shortest_decimals([*(arm.mean for arm in arms), *spreads], decimals_for(spreads))


def label_cell(row: EffectRow, columns: int) -> str:
    """Return the row's label, wrapped to so many columns, with the mark that a footnote explains."""
    mark, text = row_mark(row), wrap(row.label, columns, LABEL_LINES)
    return f"{text}\u00a0{mark}" if mark else text


def effect_texts(effects: Sequence[Effect], *, ratio: bool, decimals: int) -> tuple[str, ...]:
    """Return "−1.20 [−2.10, −0.30]" for each effect, digits under digits down the column."""

    def column(values: Sequence[float | None]) -> tuple[str, ...]:
        texts = [
            FIGURE_SPACE if value is None else format_value(value, ratio=ratio, decimals=decimals)
            for value in values
        ]
        return pad_left(texts)

    points, lows, highs = (column([effect[part] for effect in effects]) for part in range(3))
    opened = pad_left([f"[{low.lstrip(FIGURE_SPACE)}" for low in lows])
    return tuple(f"{point} {low}, {high}]" for point, low, high in zip(points, opened, highs, strict=True))


def effect_decimals(result: AnalysisResult) -> int:
    """Return the decimals effects are shown with: two significant digits of the median SE."""
    return max(decimals_for([row.sei for row in result.table.rows]), 1)
