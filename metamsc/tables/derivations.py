"""Numbers that are not printed as such: how each came about, how often, in which studies, and by kind."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from metamsc.plots.wording import DERIVED_MARK, IMPUTED_MARK, inside_sentence
from metamsc.tables.labels import note_words, plural
from metamsc.tables.table import Column, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectTable


def derivations_table(result: AnalysisResult) -> Table:
    """Return the derivations of the pooled rows, assumptions first, equal ones counted together."""
    found: dict[bool, dict[str, list[str]]] = {True: defaultdict(list), False: defaultdict(list)}
    for row in result.table.rows:
        for item in row.derived:
            found[item.imputed][note_words(item.text)].append(row.label)
    rows: list[Row] = []
    for imputed, title in (
        (True, f"{IMPUTED_MARK} Rest on an assumption"),
        (False, f"{DERIVED_MARK} Worked out from printed numbers"),
    ):
        if not found[imputed]:
            continue
        total = sum(len(labels) for labels in found[imputed].values())
        rows.append(group_row(f"{title} ({plural(total, 'number')})"))
        rows.extend(
            Row((cell(text), cell(str(len(labels))), cell(", ".join(dict.fromkeys(labels)))))
            for text, labels in found[imputed].items()
        )
    return Table(
        name="derivations",
        caption=f"Derived numbers behind {inside_sentence(result.scale.outcome_label)}.",
        columns=(
            Column("derivation", "How the number came about"),
            Column("times", "Times", "right"),
            Column("studies", "Studies"),
        ),
        rows=tuple(rows),
        notes=(*_counts(result.table), *result.table.assumptions),
        empty="Every number was printed as it is used.",
    )


def _counts(table: EffectTable) -> tuple[str, ...]:
    """Say how many rows rest on an assumption, and how many on each kind of derivation."""
    counts = table.derivation_counts()
    if not counts:
        return ()
    imputed = sum(row.imputed for row in table.rows)
    kinds = (
        f"{count.meaning} {count.rows}" + (f" ({count.imputed} by assumption)" if count.imputed else "")
        for count in counts
    )
    return (
        _assumed(imputed, table.k),
        f"Rows by the kind of derivation: {'; '.join(kinds)}.",
    )


def _assumed(imputed: int, k: int) -> str:
    if not imputed:
        return "No row rests on an assumption."
    return f"{imputed} of {plural(k, 'row')} {'rests' if imputed == 1 else 'rest'} on an assumption."
