"""Two builds of an analysis as a table, with what differs in their inputs."""

from __future__ import annotations

from metamsc.review.drift import Drift
from metamsc.tables.history import number_cells, number_columns, step_cell
from metamsc.tables.table import Column, Row, Table, cell

_WHY = {
    "records": "The records differ",
    "plan": "The plan differs",
    "software": "The software differs",
}


def drift_table(drift: Drift) -> Table:
    """Return one analysis in two builds: the pools before and after, and what differs in its inputs."""
    rows: list[Row] = []
    for pool in drift.pools:
        same = pool.before == pool.after
        for when, numbers in (("both", pool.after),) if same else (("old", pool.before), ("new", pool.after)):
            crossed = () if when == "old" else pool.crossed
            step = step_cell(crossed, trivial=when != "old" and pool.trivial, same=same)
            rows.append(
                Row(
                    (
                        cell("" if when == "new" else pool.stratum),
                        cell(when),
                        *number_cells(numbers, ratio=drift.ratio),
                        step,
                    )
                )
            )
    return Table(
        name="drift",
        caption=f"{drift.title}: two builds.",
        columns=(
            Column("pool", "Pool"),
            Column("build", "Build"),
            *number_columns(drift.measure, drift.unit),
            Column("step", "Step"),
        ),
        rows=tuple(rows),
        notes=tuple(drift_words(drift)),
        empty="Neither build pools anything.",
    )


def drift_words(drift: Drift) -> list[str]:
    """Return sentences: what differs in the inputs, and whether that explains what moved."""
    if drift.only_in:
        return [f"The {drift.only_in} build alone has this analysis."]
    words = [f"{_WHY[cause]}: {'; '.join(getattr(drift, cause))}." for cause in drift.causes]
    if not drift.moved:
        moved = "No number moved."
    elif len(drift.causes) == 1:
        moved = f"The numbers moved because {_WHY[drift.causes[0]].lower()}."
    elif drift.causes:
        moved = (
            "Several things differ at once; which of them moved the numbers cannot be told from the builds."
        )
    else:
        moved = "The numbers moved, and nothing that the builds record differs: the code does."
    trivial = "A trivial step: no line was crossed, and nothing moved by more than a tenth of an interval."
    return [*words, moved, *([trivial] if drift.moved and drift.trivial else [])]
