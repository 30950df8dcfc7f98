"""Is there enough evidence? One line per pool: participants there are, participants one trial would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_count, format_number
from metamsc.tables.labels import is_animal, label_words
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Information

FEW = 5
"""Below this many studies tau2 is too uncertain to plan with."""


def information_table(result: AnalysisResult) -> Table:
    """Return power and information size for the minimal important difference.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Empty, with the reason, where no minimal important difference is set or nothing is pooled.
    """
    people = "Animals" if is_animal(result) else "Participants"
    items = result.information
    notes = []
    if items:
        target = f"{100 * items[0].target:.0f}"
        notes.append(
            f"Needed: {people.lower()} of one trial with {target}% power for the minimal important "
            f"difference at a two-sided level of {items[0].alpha:g}. Power is at best: τ² is taken as known, "
            "and an interval that allows for few studies is wider."
        )
        if any(item.k < FEW for item in items):
            notes.append(
                "Power is that of studies with one true effect; below five studies τ² is too uncertain to "
                "say what heterogeneity takes away."
            )
    table = Table(
        name="information",
        caption="Evidence there is, and evidence one adequate trial would have.",
        columns=(
            Column("group", "Group"),
            Column("k", "Studies", "right"),
            Column("n", people, "right"),
            Column("optimal", "Needed in\none trial", "right"),
            Column("required", "Needed with\nheterogeneity", "right"),
            Column("power", "Power,\nsame effect", "right"),
            Column("power_random", "Power,\nestimated τ²", "right"),
            Column("assumed", "Assumes"),
        ),
        rows=tuple(_row(result, item) for item in items),
        notes=tuple(notes),
        empty=(
            "No minimal important difference is set, so there is nothing to plan for."
            if result.scale.mid is None
            else "Nothing is pooled, so there is no power to compute."
        ),
    )
    all_few = bool(items) and all(item.k < FEW for item in items)
    return without_columns(table, "required", "power_random") if all_few else table


def _row(result: AnalysisResult, item: Information) -> Row:
    few = item.k < FEW
    return Row(
        (
            cell(label_words(result, item.label)),
            cell(str(item.k)),
            _count(item.participants),
            _count(item.optimal),
            cell("–") if few else _count(item.required),
            cell(f"{format_number(100 * item.power_fixed, 0)}%"),
            cell("–") if few else cell(f"{format_number(100 * item.power_random, 0)}%"),
            cell(Piece(item.assumed, small=True), Piece(item.refused, small=True)),
        )
    )


def _count(number: float | None) -> Cell:
    return cell("–" if number is None else format_count(number))
