"""Two builds of an analysis as a table, with what differs in their inputs."""

from __future__ import annotations

from metamsc.plots.strata_words import pool_words
from metamsc.review.drift import Drift
from metamsc.tables.history import number_cells, number_columns, step_cell
from metamsc.tables.labels import plural
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
        sides = (("both", pool.after),) if same else (("old", pool.before), ("new", pool.after))
        name = pool_words(pool.stratum, animal=drift.animal)
        for when, numbers in (side for side in sides if drift.only_in in ("", side[0])):
            step = step_cell(pool.crossed, trivial=pool.trivial, same=same)
            compared = when != "old" and not drift.only_in
            cells = (cell(when), *number_cells(numbers, ratio=drift.ratio), step if compared else cell(""))
            rows.append(Row((cell(name), *cells)))
            name = ""
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
        empty=drift.note or "Neither build pools anything.",
    )


def drift_words(drift: Drift) -> list[str]:
    """Return sentences: what differs in the inputs, and whether that explains what moved."""
    if drift.only_in:
        return [f"The {drift.only_in} build alone has this analysis."]
    words = [f"{_WHY[cause]}: {'; '.join(getattr(drift, cause))}." for cause in drift.causes]
    if drift.other_records:
        others = plural(drift.other_records, "other record")
        words.append(
            f"{others} that this analysis does not name differ{'s' if drift.other_records == 1 else ''}."
        )
    trivial = "A trivial step: no line was crossed, and nothing moved by more than a tenth of an interval."
    return [*words, _reason(drift), *([trivial] if drift.moved and drift.trivial else [])]


def _reason(drift: Drift) -> str:
    if drift.note:
        return drift.note
    if not drift.moved:
        return "No pooled result moved."
    suspects = drift.suspects
    same = (
        "Both builds pool the same rows, so it is not the records. "
        if drift.same_rows and drift.records
        else ""
    )
    if len(suspects) == 1:
        return f"{same}The numbers moved because {_WHY[suspects[0]].lower()}."
    if suspects:
        which = "which of them moved the numbers cannot be told from the builds"
        return f"{same}Several things differ at once; {which}."
    return f"{same}The numbers moved, and nothing that the builds record explains it: the code differs."
