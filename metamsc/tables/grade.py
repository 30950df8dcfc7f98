"""Summary of findings: per pooled result, effect in relative and absolute terms and how sure one can be."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade import SYMBOLS
from metamsc.analysis.grade_plan import DOMAINS, LEVELS, UPGRADES
from metamsc.plots.numbers import MINUS, format_count, format_number
from metamsc.plots.wording import inside_sentence, percent
from metamsc.tables.grade_words import DOMAIN_WORDS, finding, mid_words
from metamsc.tables.labels import (
    count_words,
    effect_header,
    is_animal,
    label_words,
    shown_effect,
    shown_interval,
)
from metamsc.tables.pooled import participants
from metamsc.tables.table import Cell, Column, Piece, Row, Table, blank_columns, cell, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.grade import AbsoluteEffect, GradeProfile
    from metamsc.analysis.result import AnalysisResult, Stratum

NOT_JUDGED = "Not judged yet"
MEANINGS = (
    "⊕⊕⊕⊕ high: the true effect is very likely close to the estimate. ⊕⊕⊕◯ moderate: probably close. "
    "⊕⊕◯◯ low: it may differ much. ⊕◯◯◯ very low: it is likely to differ much."
)
"""After GRADE guidelines 3 (Balshem et al. 2011, J Clin Epidemiol 64:401-406)."""
ANIMALS = (
    "GRADE rates evidence for decisions about patients. For evidence from animals it is another one "
    "(Hooijmans et al. 2018, PLoS ONE 13:e0187271), so no certainty is given here; the facts are shown."
)
_PER = 1000


def findings_table(result: AnalysisResult) -> Table:
    """Return the GRADE summary of findings.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        A line per pooled result. Judgements are the plan's; where one is missing, the certainty is "not
        judged yet". Columns that say nothing for this measure are left out.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 6 (summary of findings), BMJ 389:e083866.
    """
    pools = {stratum.label: stratum for stratum in result.pools}
    level = percent(result.pools[0].pooled.level) if pools else "95%"
    marks: dict[str, str] = {}
    rows = tuple(_row(result, pools[item.label], item, marks) for item in result.grade)
    notes = [f"{mark}. {text}" for text, mark in marks.items()]
    scale, risks = result.scale, any(item.absolute for item in result.grade)
    name = f"Risk in {_PER} people" if risks else "Size of the effect"
    difference = "Difference" if risks else effect_header(scale)
    table = Table(
        name="findings",
        caption=f"Summary of findings for {inside_sentence(scale.outcome_label)}.",
        columns=(
            Column("group", "Group"),
            Column("evidence", "Evidence"),
            Column("relative", f"{effect_header(scale)}\n({level} CI)", "right"),
            Column("without", f"Without {scale.treatment_label}", "right", name),
            Column("with", f"With {scale.treatment_label}\n({level} CI)", "right", name),
            Column("difference", f"{difference}\n({level} CI)", "right", name),
            Column("mid", "Smallest that\nmatters", "right", name),
            Column("certainty", "Certainty"),
            Column("meaning", "In words"),
        ),
        rows=rows,
        notes=(*notes, *_notes(result)),
        empty="No study can be pooled, so there is nothing to be sure of.",
    )
    hidden = [*blank_columns(table), *(("certainty", "meaning") if is_animal(result) else ())]
    return without_columns(table, *hidden)


def _row(result: AnalysisResult, stratum: Stratum, item: GradeProfile, marks: dict[str, str]) -> Row:
    pooled, rows = stratum.pooled, result.rows_of(stratum)
    total = participants(rows)
    noun = "animals" if is_animal(result) else "participants"
    times = dict.fromkeys(row.at for row in rows)
    effect = cell(
        shown_effect(result, pooled.estimate),
        f"({shown_interval(result, pooled.ci.low, pooled.ci.high)})",
    )
    absolute = item.absolute
    ratio = result.scale.ratio
    return Row(
        (
            cell(label_words(result, stratum.label)),
            cell(
                count_words(rows),
                f"{format_count(total)} {noun}" if total is not None else f"number of {noun} not printed",
                Piece(", ".join(times), small=True),
            ),
            effect if ratio else cell(),
            _without(result, item),
            cell() if absolute is None else _risk(absolute),
            effect if absolute is None and not ratio else _difference(absolute),
            cell(mid_words(result.scale)),
            _certainty(item, marks),
            cell(finding(result, stratum, item)),
        ),
        kind="" if stratum.key else "total",
    )


def _without(result: AnalysisResult, item: GradeProfile) -> Cell:
    if item.absolute is not None:
        return cell(_per(item.absolute.baseline))
    means = item.control_means
    if means is None:
        return cell()
    low, high = (format_number(value, 1 if abs(value) >= 1 else 2) for value in (means.low, means.high))
    unit = f" {result.scale.unit}" if result.scale.unit else ""
    return cell(f"means {low} to {high}{unit}" if low != high else f"mean {low}{unit}")


def _per(risk: float) -> str:
    """Return a risk, or a difference of risks, per 1000 people."""
    return format_number(_PER * risk, 0)


def _risk(found: AbsoluteEffect) -> Cell:
    bound = f"cut to 0 to {_PER}" if found.capped else ""
    ends = f"({_per(found.risk_low)} to {_per(found.risk_high)})"
    return cell(_per(found.risk), ends, Piece(bound, small=True))


def _difference(found: AbsoluteEffect | None) -> Cell:
    if found is None:
        return cell()
    values = [_per(value) if value < 0 else f"+{_per(value)}" for value in found.differences]
    return cell(values[0].replace("+0", "0"), f"({values[1]} to {values[2]})")


def _certainty(item: GradeProfile, marks: dict[str, str]) -> Cell:
    """Write symbols and word, then what was rated down or up, each with the mark of its reason."""
    lines: list[str | Piece] = []
    if item.certainty is None:
        lines.append(NOT_JUDGED)
        if item.judgements is not None:
            missing = ", ".join(DOMAIN_WORDS[name] for name in item.not_judged)
            lines.append(Piece(f"missing: {missing}", small=True))
    else:
        lines += [SYMBOLS[item.certainty], item.certainty.capitalize()]
    lines += [Piece(text, small=True) for text in _reasons(item.judgements or {}, marks)]
    return cell(*lines)


def _reasons(judged: dict[str, Any], marks: dict[str, str]) -> list[str]:
    found = []
    for name in DOMAINS:
        levels = LEVELS[judged[name]["judgement"]] if name in judged else 0
        if levels:
            found.append(f"{MINUS}{levels} {DOMAIN_WORDS[name]} {_mark(judged[name], marks)}")
    for name in UPGRADES:
        given = judged.get("upgrades", {}).get(name)
        if given:
            found.append(f"+{given['levels']} {DOMAIN_WORDS[name]} {_mark(given, marks)}")
    return found


def _mark(given: dict[str, Any], marks: dict[str, str]) -> str:
    """Return the letter of a reason; the same reason has one letter throughout."""
    text = f"{given['because']} ({given['by']})"
    number = len(marks)
    letters = ascii_lowercase[number % 26] * (number // 26 + 1)
    return marks.setdefault(text, letters)


def _notes(result: AnalysisResult) -> tuple[str, ...]:
    notes = [ANIMALS] if is_animal(result) else [MEANINGS]
    if not is_animal(result) and all(item.judgements is None for item in result.grade):
        notes = ["Nobody has judged the certainty of this evidence yet; nothing is filled in for them."]
    sources = dict.fromkeys(item.absolute.source for item in result.grade if item.absolute is not None)
    notes.extend(
        f"Risk without {result.scale.treatment_label}: {source}. Its own uncertainty is not in the intervals."
        for source in sources
    )
    if result.scale.mid is not None:
        notes.append(f"Smallest difference that matters: {result.scale.mid_source}.")
    elif result.scale.mid_source:
        notes.append(f"No smallest difference that matters is set: {result.scale.mid_source}.")
    notes.extend(
        f"{label_words(result, item.label)}, to be looked at: {note}"
        for item in result.grade
        for note in item.notes
    )
    return tuple(notes)
