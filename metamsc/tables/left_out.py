"""What is not in the pool: results left out, each with its reason, and results known to be missing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from metamsc.dataset.rows import EXCLUSION_CODES
from metamsc.plots.wording import capitalise, inside_sentence
from metamsc.tables.labels import is_animal, outcome_words, plural, record_name, type_words, word
from metamsc.tables.table import (
    Column,
    Piece,
    Row,
    Table,
    blank_columns,
    cell,
    group_row,
    without_columns,
)
from metamsc.vocabulary import MissingKind

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import Exclusion, Missing
    from metamsc.tables.studies import RecordLink


def excluded_table(result: AnalysisResult, *, record_link: RecordLink | None = None) -> Table:
    """Return every result that was looked at and left out, grouped by the kind of reason."""
    groups: dict[str, list[Exclusion]] = defaultdict(list)
    for item in result.table.excluded:
        groups[item.code].append(item)
    rows: list[Row] = []
    for code in sorted(groups, key=lambda code: (-len(groups[code]), code)):
        meaning = EXCLUSION_CODES.get(code, code)
        rows.append(group_row(f"{capitalise(meaning)} ({plural(len(groups[code]), 'result')})"))
        rows.extend(_excluded_row(result, item, record_link) for item in groups[code])
    outcome = inside_sentence(result.scale.outcome_label)
    return Table(
        name="excluded",
        caption=f"Results for {outcome} that were left out, with the reason of each.",
        columns=(
            Column("study", "Study"),
            Column("diabetes_type", "Type"),
            Column("result", "Result"),
            Column("time", "Time"),
            Column("reason", "Reason"),
            Column("record", "Record"),
        ),
        rows=tuple(rows),
        empty="No result of a study in the records was left out.",
    )


def _excluded_row(result: AnalysisResult, item: Exclusion, record_link: RecordLink | None) -> Row:
    return Row(
        (
            cell(item.label),
            cell(capitalise(type_words(item.diabetes_type, animal=is_animal(result)))),
            cell(outcome_words(result, item.outcome)),
            cell(item.at),
            cell(capitalise(item.reason)),
            cell(_record(item.file, item.line, record_link)),
        )
    )


def _record(file: str, line: int, record_link: RecordLink | None) -> Piece:
    return Piece(f"{record_name(file)}:{line}", record_link(file, line) if record_link else "")


def missing_table(result: AnalysisResult, *, record_link: RecordLink | None = None) -> Table:
    """Return the results known to exist, or to have been planned, of which there is no number here.

    Those of studies that could have been pooled come first, then studies without a control group, then
    trials the plan knows of that have no record.
    """
    controlled = [item for item in result.table.missing if item.controlled]
    others = [item for item in result.table.missing if not item.controlled]
    unrecorded = result.spec.get("known_missing", ())
    rows: list[Row] = []
    for title, items in (
        ("Could have been pooled", controlled),
        ("No control group: could not have been pooled", others),
    ):
        if items:
            rows.append(group_row(f"{title} ({len(items)})"))
            rows.extend(_missing_row(result, item, record_link) for item in items)
    if unrecorded:
        rows.append(group_row(f"Known to the plan, without a record ({len(unrecorded)})"))
        rows.extend(_unrecorded_row(item) for item in unrecorded)
    people = "Animals" if is_animal(result) else "Number\nrandomised"
    outcome = inside_sentence(result.scale.outcome_label)
    table = Table(
        name="missing",
        caption=f"Results for {outcome} that are known or planned but are not here.",
        columns=(
            Column("study", "Study"),
            Column("diabetes_type", "Type"),
            Column("n", people, "right"),
            Column("outcome", "Outcome"),
            Column("why", "Why it is missing"),
            Column("direction", "What is said of it"),
            Column("record", "Record"),
        ),
        rows=tuple(rows),
        empty="No result is known to be missing; that does not mean that none is.",
    )
    one_outcome = {item.outcome for item in result.table.missing} <= {result.table.outcome}
    return without_columns(table, "outcome" if one_outcome else "", *blank_columns(table))


def _missing_row(result: AnalysisResult, item: Missing, record_link: RecordLink | None) -> Row:
    meanings = {kind.value: kind.meaning for kind in MissingKind}
    kind = "" if item.kind == MissingKind.OTHER else meanings.get(item.kind, word(item.kind))
    why = "" if item.reason.casefold() == kind.casefold() else capitalise(item.reason)
    return Row(
        (
            cell(item.label),
            cell(capitalise(type_words(item.diabetes_type, animal=is_animal(result)))),
            cell("–" if item.n is None else str(item.n)),
            cell(outcome_words(result, item.outcome)),
            cell(capitalise(kind), Piece(why, small=bool(kind))),
            cell(capitalise(item.direction)),
            cell(_record(item.file, item.line, record_link)),
        )
    )


def _unrecorded_row(item: dict[str, Any]) -> Row:
    """Make a row of a trial named by the plan; its source takes the place of the record."""
    source = item.get("source", "")
    link = source if source.startswith(("https://", "http://")) else ""
    blank = cell()
    return Row(
        (
            cell(item["label"]),
            blank,
            cell(str(item.get("n") or "")),
            blank,
            cell(item["reason"]),
            blank,
            cell(Piece(source, link)),
        )
    )
