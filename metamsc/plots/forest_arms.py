"""What each arm reported, in the columns of a preset. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots.forest_cells import ARM_COLUMNS, ArmStyle
from metamsc.plots.forest_rows import ForestColumn
from metamsc.plots.numbers import NO_VALUE, format_count, format_number
from metamsc.plots.wording import capitalise, names, wrap

if TYPE_CHECKING:
    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import ArmNumbers, EffectRow
    from metamsc.plots.preset_words import ForestWords

_SIDES = ("treat", "control")


def arm_columns(scale: Scale, style: ArmStyle, words: ForestWords) -> tuple[ForestColumn, ...]:
    """Return the columns of both arms, left to right, each arm's under its name."""
    headers = _headers(style, words)
    return tuple(
        ForestColumn(name=f"{name}_{side}", header=header, group=capitalise(wrap(label, ARM_COLUMNS, 4)))
        for side, label in zip(_SIDES, (scale.treatment_label, scale.control_label), strict=True)
        for name, header in headers
    )


def _headers(style: ArmStyle, words: ForestWords) -> tuple[tuple[str, str], ...]:
    """Return name and heading of each column of one arm."""
    change = " change" if style.change else ""
    if style.kind == "means":
        if words.means == "apart":
            return (("mean", f"Mean{change}"), ("sd", "SD"), ("n", words.n))
        header = f"Mean{change} ± SD" if words.means == "together" else f"Mean{change} (SD)"
        return (("n", words.n), ("value", header))
    if style.kind == "events":
        return (
            (("events", "Events"), ("n", words.n))
            if words.events == "apart"
            else (("value", words.events_header),)
        )
    return (("n", words.n),) if style.kind == "n" else ()


def arm_texts(rows: Sequence[EffectRow], style: ArmStyle, words: ForestWords) -> dict[str, dict[str, str]]:
    """Return the arm cells of every row: row id -> column -> text."""
    return {
        row.row_id: {
            f"{name}_{side}": text
            for side, arm in zip(_SIDES, (row.treatment, row.control), strict=True)
            for name, text in _cells(row, arm, style, words).items()
        }
        for row in rows
    }


def _cells(row: EffectRow, arm: ArmNumbers, style: ArmStyle, words: ForestWords) -> dict[str, str]:
    cells = {"n": format_count(arm.n)}
    if style.kind == "means":
        cells |= _mean_cells(arm, style.decimals_of(row), words)
        if arm.mean is None:
            cells |= {"value": NO_VALUE, "mean": NO_VALUE, "sd": NO_VALUE}
    if style.kind == "events":
        cells["events"] = format_count(arm.events)
        known = arm.events is not None or arm.n is not None
        cells["value"] = f"{cells['events']}/{cells['n']}" if known else NO_VALUE
    return cells


def _mean_cells(arm: ArmNumbers, decimals: int, words: ForestWords) -> dict[str, str]:
    """Return mean and spread, in one cell and in two; a standard error says that it is one."""
    if arm.mean is None:
        return {}
    mean = format_number(arm.mean, decimals)
    if arm.sd is not None:
        sd = format_number(arm.sd, decimals)
        return {
            "mean": mean,
            "sd": sd,
            "value": f"{mean} ({sd})" if words.means == "brackets" else f"{mean} ± {sd}",
        }
    if arm.se is not None:
        se = format_number(arm.se, decimals + 1)
        return {"mean": mean, "sd": f"SE {se}", "value": f"{mean} (SE {se})"}
    return {"mean": mean, "sd": NO_VALUE, "value": mean}


def arm_totals(rows: Sequence[EffectRow], style: ArmStyle) -> dict[str, str]:
    """Return the sums of participants (and events) of a pooled line; nothing where a number is missing."""
    cells: dict[str, str] = {}
    for side in _SIDES:
        arms = [row.treatment if side == "treat" else row.control for row in rows]
        people = [arm.n for arm in arms if arm.n is not None]
        events = [arm.events for arm in arms if arm.events is not None]
        if style.kind != "none" and len(people) == len(arms):
            cells[f"n_{side}"] = format_count(sum(people))
        if style.kind == "events" and len(people) == len(events) == len(arms):
            cells[f"events_{side}"] = format_count(sum(events))
            cells[f"value_{side}"] = f"{format_count(sum(events))}/{format_count(sum(people))}"
    return cells


def contrast_line(rows: Sequence[EffectRow], style: ArmStyle) -> str:
    """Return which rows have a dash where the numbers of their arms would stand; else ""."""
    if style.kind not in {"means", "events"}:
        return ""
    arms = [(row, row.treatment) for row in rows if row.value == "contrast"]
    labels = [row.label for row, arm in arms if arm.mean is None and arm.events is None]
    return f"Reported as a difference between the arms only: {names(labels)}." if labels else ""
