"""One analysis over time as a table."""

from __future__ import annotations

from collections.abc import Sequence

from metamsc.analysis.crossed import Numbers
from metamsc.analysis.history import History, Moment
from metamsc.plots.numbers import format_percent, format_significant, format_value
from metamsc.plots.strata_words import pool_words
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row


def history_table(history: History) -> Table:
    """Return one analysis over time: a heading per moment, a line per pool."""
    rows: list[Row] = []
    for moment in history.moments:
        rows.append(group_row(_heading(moment)))
        rows += [
            Row(
                (
                    cell(pool_words(step.stratum, animal=history.animal)),
                    *number_cells(step.numbers, ratio=history.scale.ratio),
                    step_cell(step.crossed, trivial=step.trivial, same=step.same),
                )
            )
            for step in moment.steps
        ]
    by = "year of publication" if history.by == "year" else "commit"
    return Table(
        name="history",
        caption=f"{history.title}: what was known, by {by}, by the plan of today.",
        columns=(
            Column("pool", "Pool"),
            *number_columns(history.scale.measure, history.scale.unit),
            Column("step", "Step"),
        ),
        rows=tuple(rows),
        notes=history.notes,
        empty="Nothing could be pooled at any time.",
    )


def then_and_now_table(history: History, moment: Moment, when: str) -> Table:
    """Return what the review would have said at one time beside what it says now, a line per pool.

    Parameters
    ----------
    history : History
    moment : Moment
        The last one not after `when` (:meth:`metamsc.analysis.history.History.as_of`).
    when : str
        As it was asked for.
    """
    then = {step.stratum: step.numbers for step in moment.steps}
    ratio = history.scale.ratio
    rows = [
        Row(
            (
                cell(pool_words(step.stratum, animal=history.animal)),
                *number_cells(then.get(step.stratum), ratio=ratio)[:2],
                *number_cells(step.numbers, ratio=ratio)[:2],
                step_cell(step.crossed, trivial=step.trivial, same=step.same),
            )
        )
        for step in history.since(moment)
    ]
    estimate = number_columns(history.scale.measure, history.scale.unit)[1].label
    since = [label for label in history.moments[-1].rows if label not in moment.rows]
    notes = (
        f"Known then: {' · '.join(moment.rows)}.",
        f"Come since: {' · '.join(since)}." if since else "No study has come since.",
        *history.notes,
    )
    return Table(
        name="then-and-now",
        caption=f"{history.title}: {when} and now, by the plan of today.",
        columns=(
            Column("pool", "Pool"),
            Column("k_then", f"k, {when}", "right"),
            Column("then", f"{when}: {estimate}", "right"),
            Column("k_now", "k, now", "right"),
            Column("now", f"now: {estimate}", "right"),
            Column("step", "From then to now"),
        ),
        rows=tuple(rows),
        notes=notes,
    )


def _heading(moment: Moment) -> str:
    text = " ".join(part for part in (moment.when, moment.what) if part)
    # names hold commas: "Milanesi 2012, unmodified hBMSC"
    named = (("in", moment.rows_in), ("out", moment.rows_out), ("changed", moment.rows_changed))
    said = [f"{word}: {' · '.join(labels)}" for word, labels in named if labels]
    return "; ".join([text, *(said or ["the same rows in other pools"])])


def number_columns(measure: str, unit: str) -> tuple[Column, ...]:
    """Return the columns of a pool's numbers."""
    name = f"{measure}, {unit}" if unit else measure
    return (
        Column("k", "k", "right"),
        Column("estimate", f"{name}\n(95% CI)", "right"),
        Column("tau2", "τ²", "right"),
        Column("I2", "I²", "right"),
        Column("pi", "Prediction interval", "right"),
    )


def number_cells(numbers: Numbers | None, *, ratio: bool) -> tuple[Cell, ...]:
    """Return the cells of a pool's numbers, as they are shown; dashes where nothing was pooled."""
    if numbers is None:
        return (cell("0"), *(cell("–") for _ in range(4)))
    one = numbers.k == 1
    return (
        cell(str(numbers.k)),
        cell(
            _value(numbers.estimate, ratio=ratio),
            Piece(_span(numbers.ci_low, numbers.ci_high, ratio=ratio), small=True),
        ),
        cell("–" if one or numbers.tau2 is None else format_significant(numbers.tau2)),
        cell("–" if one or numbers.I2 is None else f"{format_percent(numbers.I2)}%"),
        cell(_span(numbers.pi_low, numbers.pi_high, ratio=ratio)),
    )


def _value(value: float, *, ratio: bool) -> str:
    return format_value(value, ratio=ratio, decimals=2)


def _span(low: float | None, high: float | None, *, ratio: bool) -> str:
    if low is None or high is None:
        return "–"
    return f"{_value(low, ratio=ratio)} to {_value(high, ratio=ratio)}"


def step_cell(lines: Sequence[str], *, trivial: bool, same: bool = False) -> Cell:
    """Say what became of a pool: the lines it crossed, that nothing changed, or hardly anything."""
    if same:
        return cell(Piece("the same", small=True))
    if lines:
        return cell(*(Piece(text, small=True) for text in lines))
    return cell(Piece("trivial" if trivial else "moved; no line crossed", small=True))
