"""Who contributes a result and whose is missing, pool by pool, in the manner of ROB-ME."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_count, format_percent
from metamsc.plots.wording import capitalise
from metamsc.sensitivity.missing_table import STATUSES
from metamsc.tables.labels import is_animal, label_words
from metamsc.tables.table import Column, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.missing_table import MissingTable


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
    tables = [(test.label, test.missing) for test in tests if test.missing is not None]
    rows: list[Row] = []
    for label, table in tables:
        if len(tables) > 1:
            rows.append(group_row(label_words(result, label)))
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
        notes=("Share: of all participants (animals) known. Judgements follow the kind of missing result.",)
        if rows
        else (),
        empty="The plan does not ask for it; `sensitivity: all` in `analysis.yml` does.",
    )


def _rows(table: MissingTable) -> list[Row]:
    return [
        Row(
            (
                cell(row.label),
                cell("–" if row.n is None else format_count(row.n)),
                cell("–" if row.n_percent is None else f"{format_percent(row.n_percent)}%"),
                cell(capitalise(STATUSES[row.status])),
                cell(capitalise(row.reason)),
            )
        )
        for row in table.rows
    ]
