"""Numbers that are not printed as such: how each kind came about, how often, and in which studies."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from metamsc.plots.wording import DERIVED_MARK, IMPUTED_MARK
from metamsc.tables.labels import plural
from metamsc.tables.table import Column, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult


def derivations_table(result: AnalysisResult) -> Table:
    """Return the derivations of the pooled rows, assumptions first, equal ones counted together."""
    found: dict[bool, dict[str, list[str]]] = {True: defaultdict(list), False: defaultdict(list)}
    for row in result.table.rows:
        for item in row.derived:
            found[item.imputed][item.text].append(row.label)
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
        caption=f"Derived numbers behind {result.scale.outcome_label}.",
        columns=(
            Column("derivation", "How the number came about"),
            Column("times", "Times", "right"),
            Column("studies", "Studies"),
        ),
        rows=tuple(rows),
        notes=tuple(result.table.assumptions),
        empty="Every number was printed as it is used.",
    )
