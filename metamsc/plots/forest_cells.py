"""Text cells of a forest plot: which columns a table of effects needs, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots.forest_rows import ForestColumn
from metamsc.plots.numbers import (
    FIGURE_SPACE,
    NO_VALUE,
    decimals_for,
    format_count,
    format_number,
    format_percent,
    format_value,
    pad_left,
    shortest_decimals,
)
from metamsc.plots.wording import capitalise, percent, row_mark, wrap

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale
    from metamsc.dataset.rows import ArmNumbers, EffectRow

LABEL_COLUMNS = 40
ARM_COLUMNS = 24
_UNLIKE = 20.0
"""Largest SD over smallest SD from which rows are written with decimals of their own."""
CONTRAST_TEXT = "reported contrast"
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


def forest_columns(scale: Scale, style: ArmStyle, level: float, weights: int) -> tuple[ForestColumn, ...]:
    """Return the columns, left to right; `weights` is how many weight columns there are (0, 1 or 2)."""
    columns = [ForestColumn(name="label", header="Study", align="left")]
    for side, label in (("treat", scale.treatment_label), ("control", scale.control_label)):
        group = capitalise(wrap(label, ARM_COLUMNS, 4))
        if style.kind in {"means", "n"}:
            columns.append(ForestColumn(name=f"n_{side}", header="n", group=group))
        if style.kind == "means":
            header = "Mean change ± SD" if style.change else "Mean ± SD"
            columns.append(ForestColumn(name=f"value_{side}", header=header, group=group))
        if style.kind == "events":
            columns.append(ForestColumn(name=f"value_{side}", header="Events/n", group=group))
    name = scale.measure_label if len(scale.measure_label) <= 20 else scale.measure
    header = f"{capitalise(name)}\n[{percent(level)} CI]"
    columns.append(ForestColumn(name="estimate", header=header, side="right"))
    if weights == 1:
        columns.append(ForestColumn(name="weight", header="Weight\n(%)", side="right"))
    if weights == 2:
        columns.append(ForestColumn(name="weight", header="group", group="Weight (%)", side="right"))
        columns.append(
            ForestColumn(name="weight_overall", header="overall", group="Weight (%)", side="right")
        )
    return tuple(columns)


def label_cell(row: EffectRow) -> str:
    """Return the row's label, wrapped to two lines, with the mark that a footnote explains."""
    mark = row_mark(row)
    return f"{wrap(row.label, LABEL_COLUMNS, 2)} {mark}" if mark else wrap(row.label, LABEL_COLUMNS, 2)


def arm_cells(rows: Sequence[EffectRow], style: ArmStyle) -> dict[str, dict[str, str]]:
    """Return the arm cells of every row: row id -> column -> text, numbers lined up by column."""
    cells: dict[str, dict[str, str]] = {row.row_id: {} for row in rows}
    if style.kind == "none":
        return cells
    for side in ("treat", "control"):
        arms = [row.treatment if side == "treat" else row.control for row in rows]
        if style.kind != "events":
            for row, arm in zip(rows, arms, strict=True):
                cells[row.row_id][f"n_{side}"] = format_count(arm.n)
        if style.kind == "n":
            continue
        decimals = [style.decimals_of(row) for row in rows]
        texts = _mean_texts(arms, decimals) if style.kind == "means" else _event_texts(arms)
        for row, arm, text in zip(rows, arms, texts, strict=True):
            empty = arm.mean is None and arm.events is None
            contrast = row.value == "contrast" and empty and side == "treat"
            cells[row.row_id][f"value_{side}"] = CONTRAST_TEXT if contrast else text
            if contrast and style.kind == "events" and arm.n is not None:
                cells[row.row_id][f"value_{side}"] = f"{CONTRAST_TEXT}, n = {format_count(arm.n)}"
    return cells


def _mean_texts(arms: Sequence[ArmNumbers], decimals: Sequence[int]) -> tuple[str, ...]:
    pairs = list(zip(arms, decimals, strict=True))
    spreads = pad_left(["" if arm.sd is None else format_number(arm.sd, shown) for arm, shown in pairs])
    return tuple(
        NO_VALUE
        if arm.mean is None
        else f"{format_number(arm.mean, shown)}{_spread_text(arm, spread, shown)}"
        for (arm, shown), spread in zip(pairs, spreads, strict=True)
    )


def _spread_text(arm: ArmNumbers, sd: str, decimals: int) -> str:
    if arm.sd is not None:
        return f" ± {sd}"
    return f" (SE {format_number(arm.se, decimals + 1)})" if arm.se is not None else ""


def _event_texts(arms: Sequence[ArmNumbers]) -> tuple[str, ...]:
    return tuple(
        f"{format_count(arm.events)}/{format_count(arm.n)}"
        if arm.events is not None
        else (f"n = {format_count(arm.n)}" if arm.n is not None else NO_VALUE)
        for arm in arms
    )


def total_cells(rows: Sequence[EffectRow], style: ArmStyle) -> dict[str, str]:
    """Return the sums of participants (and events) of a pooled line; nothing where a number is missing."""
    cells: dict[str, str] = {}
    for side in ("treat", "control"):
        arms = [row.treatment if side == "treat" else row.control for row in rows]
        people = [arm.n for arm in arms if arm.n is not None]
        events = [arm.events for arm in arms if arm.events is not None]
        if style.kind in {"means", "n"} and len(people) == len(arms):
            cells[f"n_{side}"] = format_count(sum(people))
        if style.kind == "events" and len(people) == len(events) == len(arms):
            cells[f"value_{side}"] = f"{format_count(sum(events))}/{format_count(sum(people))}"
    return cells


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


def weight_text(weight: float) -> str:
    """Return a weight in percent; what rounds to nothing is shown as a trace."""
    return format_percent(weight)
