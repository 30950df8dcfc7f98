"""Who contributes a result and whose is missing, pool by pool, in the manner of ROB-ME."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_count, format_percent
from metamsc.plots.wording import capitalise
from metamsc.tables.labels import is_animal, label_words
from metamsc.tables.table import Column, Row, Table, cell, group_row
from metamsc.tables.trust import NOT_ASKED

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.missing_table import MissingTable


_STATUS_WORDS = {
    "included": "Pooled",
    "selected": "Missing, probably because of what it showed",
    "unclear": "Missing, unclear whether because of what it showed",
    "unrelated": "Missing or unusable for another reason",
}
_SHARE = "Share: of all {people} known in the group. Judgements follow the kind of missing result."


def trust_missing_table(result: AnalysisResult) -> Table:
    """Return studies with and without a result, with the judgement on why one is missing.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Empty where the plan does not ask.

    Notes
    -----
    After Page et al. (2023), ROB-ME, BMJ 383:e076754.
    """
    tests = () if result.trust is None else result.trust.shown(result.pools)
    tables = [(label_words(result, test.label), test.missing) for test in tests if test.missing is not None]
    rows: list[Row] = []
    listed: set[tuple[str, str]] = set()
    notes = [_SHARE.format(people="animals" if is_animal(result) else "participants")]
    for label, table in tables:
        own = {(row.label, row.status) for row in table.rows}
        if listed and own <= listed:
            notes.append(f"{label}: the studies listed above, {len(own)} in all.")
            continue
        listed |= own
        if len(tables) > 1:
            rows.append(group_row(label))
        rows.extend(_rows(table))
    return Table(
        name="trust-missing",
        caption="Who contributes a result, and whose is missing.",
        columns=(
            Column("study", "Study"),
            Column("n", "Animals" if is_animal(result) else "Participants", "right"),
            Column("share", "Share", "right"),
            Column("status", "Result"),
            Column("reason", "Why it is missing"),
        ),
        rows=tuple(rows),
        notes=tuple(notes) if rows else (),
        empty=NOT_ASKED,
    )


def _rows(table: MissingTable) -> list[Row]:
    return [
        Row(
            (
                cell(row.label),
                cell("–" if row.n is None else format_count(row.n)),
                cell("–" if row.n_percent is None else f"{format_percent(row.n_percent)}%"),
                cell(_STATUS_WORDS[row.status]),
                cell(capitalise(row.reason)),
            )
        )
        for row in table.rows
    ]
