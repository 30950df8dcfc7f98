"""Summary of findings: per pooled result, effect in relative and absolute terms and how sure one can be."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade import SYMBOLS
from metamsc.analysis.grade_plan import DOMAINS, LEVELS, UPGRADES
from metamsc.plots.numbers import MINUS, faithful, format_count, format_number, side
from metamsc.plots.wording import inside_sentence, percent
from metamsc.tables.grade_words import DOMAIN_WORDS, finding, mid_words
from metamsc.tables.labels import (
    count_words,
    effect_header,
    is_animal,
    label_words,
    shown_effect,
    shown_interval,
    type_words,
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
_MOST_CONTROLS = 5
"""Names of control groups that stand beside "control"; with more, the table of studies has them."""


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
    rows = tuple(row for item in result.grade for row in _rows(result, pools[item.label], item, marks))
    notes = [f"{mark}. {text}" for text, mark in marks.items()]
    scale, risks = result.scale, any(item.absolute for item in result.grade)
    people = "animals" if is_animal(result) else "people"
    name = f"Absolute effect, in {_PER} {people}" if risks else "Absolute effect"
    difference = "Difference" if risks else effect_header(scale)
    table = Table(
        name="findings",
        caption=f"Summary of findings for {inside_sentence(scale.outcome_label)}.",
        columns=(
            Column("group", "Group"),
            Column("evidence", f"{people_heading(result)}, studies,\nfollow-up"),
            Column("relative", f"{effect_header(scale)}\n({level} CI)", "right"),
            Column("without", f"Without {scale.treatment_label}", "right", name),
            Column("with", f"With {scale.treatment_label}\n({level} CI)", "right", name),
            Column("difference", f"{difference}\n({level} CI)", "right", name),
            Column("mid", "Smallest that\nmatters", "right", name),
            Column("certainty", "Certainty of the\nevidence (GRADE)"),
            Column("meaning", "What happens"),
        ),
        rows=rows,
        lead=_lead(result),
        notes=(*notes, *_notes(result)),
        empty="No study can be pooled, so there is nothing to be sure of.",
    )
    hidden = [*blank_columns(table), *(("certainty", "meaning") if is_animal(result) else ())]
    return without_columns(table, *hidden)


def _lead(result: AnalysisResult) -> tuple[str, ...]:
    """Return population, intervention, comparison and outcome, as they stand above a summary of findings."""
    if not result.pools:
        return ()
    scale, animal = result.scale, is_animal(result)
    types = dict.fromkeys(row.diabetes_type for row in result.table.rows)
    words = [type_words(value, animal=animal) for value in types]
    who = ", ".join(words if animal else [f"people with {words[0]}", *words[1:]])
    controls = dict.fromkeys(row.control.label for row in result.table.rows)
    told = f" ({', '.join(controls)})" if all(controls) and len(controls) <= _MOST_CONTROLS else ""
    better = {True: "; lower is better", False: "; higher is better", None: ""}[scale.lower_is_better]
    return (
        f"Population: {who}.",
        f"Intervention: {scale.treatment_label}. Comparison: {scale.control_label}{told}.",
        f"Outcome: {inside_sentence(scale.outcome_label)}{better}.",
    )


def people_heading(result: AnalysisResult) -> str:
    """Return the heading over numbers of participants."""
    return "Animals" if is_animal(result) else "Participants"


def _rows(result: AnalysisResult, stratum: Stratum, item: GradeProfile, marks: dict[str, str]) -> list[Row]:
    """Return the row of a pool and, where the plan gives several baseline risks, one for each of them."""
    several = len(item.absolute) > 1
    only = item.absolute[0] if len(item.absolute) == 1 else None
    pooled = stratum.pooled
    effect = cell(
        shown_effect(result, pooled.estimate),
        f"({shown_interval(result, pooled.ci.low, pooled.ci.high)})",
    )
    ratio = result.scale.ratio
    if item.absolute:
        below = cell() if several and ratio else _difference(item.absolute[0])
    else:
        below = cell() if ratio else effect
    first = Row(
        (
            cell(label_words(result, stratum.label), Piece(only.people if only else "", small=True)),
            _evidence(result, stratum),
            effect if ratio else cell(),
            cell() if several else _without(result, item),
            cell() if only is None else _risk(only),
            below,
            cell(mid_words(result.scale)),
            _certainty(item, marks),
            cell(finding(result, stratum, item)),
        ),
        kind="" if stratum.key else "total",
    )
    more = [
        Row(
            (cell(found.people), cell(), cell(), cell(_per(found.baseline)), _risk(found), _difference(found))
            + (cell(),) * 3,
            indent=1,
        )
        for found in (item.absolute if several else ())
    ]
    return [first, *more]


def _evidence(result: AnalysisResult, stratum: Stratum) -> Cell:
    rows = result.rows_of(stratum)
    total = participants(rows)
    noun = "animals" if is_animal(result) else "participants"
    return cell(
        f"{format_count(total)} {noun}" if total is not None else f"number of {noun} not printed",
        count_words(rows),
        Piece(", ".join(dict.fromkeys(row.at for row in rows)), small=True),
    )


def _without(result: AnalysisResult, item: GradeProfile) -> Cell:
    if item.absolute:
        return cell(_per(item.absolute[0].baseline))
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
    bound = f"limited to 0 to {_PER}" if found.capped else ""
    ends = f"({_per(found.risk_low)} to {_per(found.risk_high)})"
    return cell(_per(found.risk), ends, Piece(bound, small=True))


def _difference(found: AbsoluteEffect | None) -> Cell:
    """Write "58 more" and "(326 fewer to 386 more)"; a difference that is not zero is never written as it."""
    if found is None:
        return cell()
    effect, low, high = map(_more_or_fewer, found.differences)
    return cell(effect, f"({low} to {high})")


def _more_or_fewer(difference: float) -> str:
    size = _PER * difference
    text = faithful(size, format_number(size, 0), 0, 0.0)
    if side(size, 0.0) == 0:
        return text
    return f"{text.lstrip(MINUS)} {'more' if size > 0 else 'fewer'}"


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
            found.append(f"{MINUS}{levels} {DOMAIN_WORDS[name]}\u00a0{_mark(judged[name], marks)}")
    for name in UPGRADES:
        given = judged.get("upgrades", {}).get(name)
        if given:
            found.append(f"+{given['levels']} {DOMAIN_WORDS[name]}\u00a0{_mark(given, marks)}")
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
    notes.extend(_risk_notes(result))
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


def _risk_notes(result: AnalysisResult) -> list[str]:
    """Return where the risks without treatment are from, and what those with it are made of."""
    found = [risk for item in result.grade for risk in item.absolute]
    if not found:
        return []
    treatment = result.scale.treatment_label
    sources: dict[str, list[str]] = {}
    for risk in found:
        people = sources.setdefault(risk.source, [])
        if risk.people and risk.people not in people:
            people.append(risk.people)
    told = "; ".join(
        f"{' and '.join(people)}: {source}" if people else source for source, people in sources.items()
    )
    effect = "relative effect" if result.scale.ratio else "risk difference"
    return [
        f"Risk without {treatment}: {told}. Its own uncertainty is not in the intervals.",
        f"The risk with {treatment} follows from the risk without it and the {effect} with its interval.",
    ]
