"""The studies that were pooled: what was done to whom, the numbers of each arm, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from metamsc.plots.forest_cells import arm_style
from metamsc.plots.numbers import NO_VALUE, format_count, format_number
from metamsc.plots.wording import DERIVED_MARK, IMPUTED_MARK, capitalise, inside_sentence, percent, row_mark
from metamsc.tables.labels import (
    effect_header,
    moderator_name,
    note_words,
    record_name,
    shown_effect,
    shown_interval,
    stratum_title,
    word,
)
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.dataset.rows import ArmNumbers, EffectRow
    from metamsc.plots.forest_cells import ArmStyle

RecordLink = Callable[[str, int], str]
"""From a record's file and line to the address where it can be read."""

_POPULATION = ("complication", "species", "induction", "country")
_DESIGN = ("design", "blinding")
_PRODUCT = ("product", "msc_source", "donor", "dose", "route")
_SHOWN = {*_POPULATION, *_DESIGN, *_PRODUCT, "diabetes_type", "co_intervention", "publication", "source_kind"}
_SILENT = {"", "none", "not-reported"}


def studies_table(result: AnalysisResult, *, record_link: RecordLink | None = None) -> Table:
    """Return the table of included studies.

    Parameters
    ----------
    result : AnalysisResult
    record_link : callable, optional
        Gives the address of a record's line, where records can be opened; without it file and line
        stand as text.

    Returns
    -------
    Table
        Grouped by the first-level strata; every derived number is marked where it stands: † rests on
        an assumption, * is algebra on printed numbers.
    """
    scale, level = result.scale, _level(result)
    style = arm_style(result.table.rows)
    columns = (
        Column("study", "Study"),
        Column("product", "Product"),
        Column("time", "Time"),
        Column("treated", capitalise(scale.treatment_label)),
        Column("control", capitalise(scale.control_label)),
        Column("effect", f"{effect_header(scale)}\n({percent(level)} CI)", "right"),
        Column("source", "Where it stands"),
    )
    rows: list[Row] = []
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    for stratum in first:
        rows.append(group_row(stratum_title(result, stratum)))
        rows.extend(_row(result, row, style, level, record_link) for row in rows_in_order(result, stratum))
    return Table(
        name="studies",
        caption=f"Studies pooled for {inside_sentence(scale.outcome_label)}, with the source of each number.",
        columns=columns,
        rows=tuple(rows),
        notes=_notes(result.table.rows),
        empty="No study can be pooled.",
    )


def rows_in_order(result: AnalysisResult, stratum: Stratum) -> tuple[EffectRow, ...]:
    """Return the rows of a stratum in the order of the table."""
    inside = set(stratum.row_ids)
    return tuple(row for row in result.table.rows if row.row_id in inside)


def _level(result: AnalysisResult) -> float:
    return result.strata[0].pooled.level if result.strata else 0.95


def _row(
    result: AnalysisResult, row: EffectRow, style: ArmStyle, level: float, record_link: RecordLink | None
) -> Row:
    half = NormalDist().inv_cdf(0.5 + level / 2.0) * row.sei
    facts = dict(row.moderators)
    return Row(
        (
            cell(
                f"{row.label} {row_mark(row)}".strip(),
                *_small([", ".join(_facts(facts, names)) for names in (_DESIGN, _POPULATION)]),
                *_small([*_published(facts), *_other_facts(result, facts)]),
            ),
            _product(facts),
            cell(row.at, *_small([row.definition or ""])),
            _arm(row, "treatment", style),
            _arm(row, "control", style),
            cell(
                shown_effect(result, row.yi),
                f"({shown_interval(result, row.yi - half, row.yi + half)})",
                *_derived(row, "effect"),
            ),
            _source(row, record_link),
        ),
        indent=0,
    )


def _small(texts: Sequence[str]) -> list[Piece]:
    return [Piece(text, small=True) for text in texts]


def _facts(facts: dict[str, str], names: Sequence[str]) -> list[str]:
    found = [word(facts[name]) for name in names if facts.get(name, "") not in _SILENT]
    return [capitalise(found[0]), *found[1:]] if found else []


def _published(facts: dict[str, str]) -> list[str]:
    value = facts.get("publication", "")
    return [] if value in {"", "journal-article"} else [capitalise(word(value))]


def _other_facts(result: AnalysisResult, facts: dict[str, str]) -> list[str]:
    """Return the moderators the plan wants shown that have no column of their own."""
    wanted = result.spec.get("moderators", ())
    return [
        f"{capitalise(moderator_name(name))}: {word(facts[name])}"
        for name in wanted
        if name not in _SHOWN and facts.get(name, "") not in _SILENT
    ]


def _product(facts: dict[str, str]) -> Cell:
    lines: list[str | Piece] = [", ".join(_facts(facts, _PRODUCT))]
    also = facts.get("co_intervention", "")
    if also not in _SILENT:
        lines.append(Piece(f"Also given: {also}", small=True))
    return cell(*lines)


def _arm(row: EffectRow, side: str, style: ArmStyle) -> Cell:
    arm = row.treatment if side == "treatment" else row.control
    label = [arm.label] if arm.label else []
    return cell(*_arm_numbers(row, arm, style), *_small(label), *_derived(row, side))


def _arm_numbers(row: EffectRow, arm: ArmNumbers, style: ArmStyle) -> list[str]:
    if arm.events is not None:
        return [f"{format_count(arm.events)}/{format_count(arm.n)}"]
    lines = []
    decimals = style.decimals_of(row)
    if arm.mean is not None:
        spread = ""
        if arm.sd is not None:
            spread = f" ± {format_number(arm.sd, decimals)}"
        elif arm.se is not None:
            spread = f" (SE {format_number(arm.se, decimals + 1)})"
        change = "change " if row.value == "change" else ""
        lines.append(f"{change}{format_number(arm.mean, decimals)}{spread}")
    elif row.value == "contrast" and arm is row.treatment:
        lines.append("reported contrast")
    lines.append("n not printed" if arm.n is None else f"n = {format_count(arm.n)}")
    return lines or [NO_VALUE]


def _derived(row: EffectRow, side: str) -> list[Piece]:
    # the whole way, in brackets, is told once in the table of derivations
    return [
        Piece(
            f"{IMPUTED_MARK if item.imputed else DERIVED_MARK} {note_words(item.text.split(' (')[0])}",
            small=True,
        )
        for item in row.derived
        if item.side == side
    ]


def _source(row: EffectRow, record_link: RecordLink | None) -> Cell:
    place = row.place
    lines: list[Piece | Sequence[Piece]] = []
    paired = len(place.sources) == len(place.urls)
    for position, source in enumerate(place.sources):
        lines.append(Piece(capitalise(source), place.urls[position] if paired else ""))
    if not paired:
        lines.extend(Piece(url, url) for url in place.urls)
    if place.secondary:
        lines.append(Piece("secondary source", small=True))
    name = f"{record_name(place.file)}:{place.line}"
    lines.append(Piece(name, record_link(place.file, place.line) if record_link else "", small=True))
    return cell(*lines)


def _notes(rows: Sequence[EffectRow]) -> tuple[str, ...]:
    marks = {item.imputed for row in rows for item in row.derived}
    notes = []
    if True in marks:
        notes.append("† rests on an assumption.")
    if False in marks:
        notes.append("* worked out from printed numbers.")
    notes.extend(f"{row.label}: {note}" for row in rows for note in row.notes)
    return tuple(notes)


__all__ = ["RecordLink", "rows_in_order", "studies_table"]
