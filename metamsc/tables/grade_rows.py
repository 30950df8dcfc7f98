"""Rows of a summary of findings: one pooled result in relative and absolute terms, and how sure one can be.

The table of one analysis and the one over several are made of these rows. Over several, each cell says its
own measure and unit, because the column cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade import SYMBOLS
from metamsc.analysis.grade_plan import DOMAINS, LEVELS, UPGRADES
from metamsc.plots.numbers import MINUS, faithful, format_count, format_number, side
from metamsc.plots.wording import percent
from metamsc.records.designs import RANDOMISED
from metamsc.tables.grade_words import DOMAIN_WORDS, finding, mid_words
from metamsc.tables.labels import count_words, effect_header, is_animal, shown_effect, shown_interval
from metamsc.tables.pooled import participants
from metamsc.tables.table import Cell, Piece, Row, cell
from metamsc.vocabulary import Design

if TYPE_CHECKING:
    from metamsc.analysis.grade import AbsoluteEffect, GradeProfile
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.dataset.rows import EffectRow

NOT_JUDGED = "Not judged yet"
PER = 1000
"""People to whom absolute effects of events refer."""
_MOST_TIMES = 3
"""Times of follow-up that are named; of more, the first and the last."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One pooled result with its facts and judgements."""

    result: AnalysisResult
    stratum: Stratum
    profile: GradeProfile


@dataclass(slots=True)
class Footnotes:
    """Reasons of judgements and their letters; the same reason has one letter throughout a table."""

    marks: dict[str, str] = field(default_factory=dict)

    def mark(self, given: dict[str, Any]) -> str:
        """Return the letter of a reason: a to z, then aa, bb."""
        text = f"{given['because']} ({given['by']})"
        number = len(self.marks)
        letters = ascii_lowercase[number % 26] * (number // 26 + 1)
        return self.marks.setdefault(text, letters)

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands below the table, in the order of the letters."""
        return tuple(f"{mark}. {text}" for text, mark in self.marks.items())


@dataclass(frozen=True, slots=True)
class Style:
    """What a cell says by itself because its column does not."""

    units: bool = False
    """Measure, unit and "per 1000"."""
    level: bool = False
    """The level of the interval."""


def finding_rows(found: Finding, first: Cell, footnotes: Footnotes, style: Style = Style()) -> list[Row]:
    """Return the row of a pool and, where the plan gives several baseline risks, one for each of them.

    Parameters
    ----------
    found : Finding
    first : Cell
        What the row is called: the group, or the outcome.
    footnotes : Footnotes
        Gets the reasons of this row.
    style : Style
    """
    item, animal = found.profile, is_animal(found.result)
    several = len(item.absolute) > 1
    only = item.absolute[0] if len(item.absolute) == 1 else None
    relative, difference = _effects(found, style)
    if only is not None and only.people:
        first = Cell((*first.lines, (Piece(only.people, small=True),)))
    row = Row(
        (
            first,
            _evidence(found, times=not style.units),
            relative,
            cell() if several else _without(found, style),
            cell() if only is None else _risk(only, style),
            difference,
            _mid(found, style),
            # GRADE rates evidence from people: a judgement on animals has no place, and no footnote
            cell() if animal else _certainty(item, footnotes),
            cell("" if animal else finding(found.result, found.stratum, item)),
        ),
        kind="" if found.stratum.key or style.units else "total",
    )
    more = [_risk_row(risk, style) for risk in (item.absolute if several else ())]
    return [row, *more]


def _risk_row(risk: AbsoluteEffect, style: Style) -> Row:
    """Return the row of one baseline risk: without and with treatment, the difference, what matters."""
    absolute = (cell(_per(risk.baseline, style)), _risk(risk, style), _difference(risk, style))
    mid = cell(_mid_in_risks(risk, style))
    return Row((cell(risk.people), cell(), cell(), *absolute, mid, cell(), cell()), indent=1)


def _effects(found: Finding, style: Style) -> tuple[Cell, Cell]:
    """Return the relative effect and the difference; each blank where the measure has none."""
    result, pooled = found.result, found.stratum.pooled
    level = f"{percent(pooled.level)} CI" if style.level else ""
    shown = cell(
        shown_effect(result, pooled.estimate),
        f"({shown_interval(result, pooled.ci.low, pooled.ci.high)})",
        Piece(effect_header(result.scale) if style.units else "", small=True),
        Piece(level, small=True),
    )
    ratio, risks = result.scale.ratio, found.profile.absolute
    if not risks:
        return (shown, cell()) if ratio else (cell(), shown)
    # a risk difference is the absolute effect itself, whatever the baseline
    difference = cell() if ratio and len(risks) > 1 else _difference(risks[0], style)
    return (shown if ratio else cell()), difference


def _evidence(found: Finding, *, times: bool) -> Cell:
    result = found.result
    rows = result.rows_of(found.stratum)
    total = participants(rows)
    noun = "animals" if is_animal(result) else "participants"
    return cell(
        f"{format_count(total)} {noun}" if total is not None else f"number of {noun} not printed",
        count_words(rows),
        Piece(_allocation(found), small=True),
        Piece(follow_up(rows) if times else "", small=True),
    )


def _allocation(found: Finding) -> str:
    """Return whether the studies are randomised, where the rating begins; "" for animals."""
    designs = [item for item in found.profile.designs if item.value]
    if is_animal(found.result) or not designs:
        return ""
    randomised = sum(item.k for item in designs if Design(item.value) in RANDOMISED)
    if 0 < randomised < found.profile.k:
        return f"{randomised} of {found.profile.k} randomised"
    return "randomised" if randomised else "not randomised"


def follow_up(rows: Sequence[EffectRow]) -> str:
    """Return the times of follow-up, the shortest first; of many, "12 weeks to 48 months"."""
    timed = sorted((row for row in rows if row.at_days is not None), key=lambda row: row.at_days or 0.0)
    times = list(dict.fromkeys(row.at for row in timed))
    if len(times) > _MOST_TIMES:
        times = [f"{times[0]} to {times[-1]}"]
    return ", ".join(dict.fromkeys([*times, *(row.at for row in rows if row.at_days is None)]))


def _without(found: Finding, style: Style) -> Cell:
    item = found.profile
    if item.absolute:
        return cell(_per(item.absolute[0].baseline, style))
    means = item.control_means
    if means is None:
        return cell()
    low, high = (format_number(value, 1 if abs(value) >= 1 else 2) for value in (means.low, means.high))
    unit = f"\u00a0{found.result.scale.unit}" if found.result.scale.unit else ""
    return cell(f"means {low} to {high}{unit}" if low != high else f"mean {low}{unit}")


def _mid(found: Finding, style: Style) -> Cell:
    """Return the smallest difference that matters, and of a ratio the difference of risks it stands for."""
    scale, risks = found.result.scale, found.profile.absolute
    if scale.measure == "RD" and scale.mid is not None:  # in the unit of the effect beside it
        return cell(_per(scale.mid, style) if risks else f"{scale.mid:g}")
    only = _mid_in_risks(risks[0], style) if len(risks) == 1 else ""
    return cell(mid_words(scale), Piece(only, small=True))


def _mid_in_risks(risk: AbsoluteEffect, style: Style) -> str:
    """Return "18 more or 15 fewer"; "" where that is not known."""
    if risk.mid is None:
        return ""
    said = " or ".join(map(_more_or_fewer, risk.mid))
    return f"{said} per\u00a0{PER}" if style.units else said


def _count(risk: float) -> str:
    """Return a risk, or a difference of risks, in 1000; one that is not zero is never written as it."""
    size = PER * risk
    return faithful(size, format_number(size, 0), 0, 0.0)


def _per(risk: float, style: Style) -> str:
    return f"{_count(risk)} per\u00a0{PER}" if style.units else _count(risk)


def _risk(found: AbsoluteEffect, style: Style) -> Cell:
    bound = f"limited to 0 to {PER}" if found.capped else ""
    ends = f"({_count(found.risk_low)} to {_count(found.risk_high)})"
    return cell(_per(found.risk, style), ends, Piece(bound, small=True))


def _difference(found: AbsoluteEffect, style: Style) -> Cell:
    """Write "58 more" and "(326 fewer to 386 more)"."""
    effect = _more_or_fewer(found.differences[0])
    return cell(f"{effect} per\u00a0{PER}" if style.units else effect, f"({interval_words(found)})")


def interval_words(found: AbsoluteEffect) -> str:
    """Return the limits of a difference of risks, in 1000: "326 fewer to 386 more"."""
    _, low, high = map(_more_or_fewer, found.differences)
    return f"{low} to {high}"


def _more_or_fewer(difference: float) -> str:
    text = _count(difference)
    if side(PER * difference, 0.0) == 0:
        return text
    return f"{text.lstrip(MINUS)} {'more' if difference > 0 else 'fewer'}"


def _certainty(item: GradeProfile, footnotes: Footnotes) -> Cell:
    """Write symbols and word, then what was rated down or up, each with the mark of its reason."""
    lines: list[Piece | Sequence[Piece]] = []
    if item.certainty is not None:
        lines += [Piece(SYMBOLS[item.certainty]), Piece(item.certainty.capitalize())]
    else:
        lines.append(Piece(NOT_JUDGED))
        if item.is_judged:
            missing = ", ".join(DOMAIN_WORDS[name] for name in item.not_judged)
            lines.append(Piece(f"missing: {missing}", small=True))
    return cell(*lines, *_reasons(item.judgements or {}, footnotes))


def _reasons(judged: dict[str, Any], footnotes: Footnotes) -> list[tuple[Piece, Piece]]:
    """Return "−1 imprecision" with its mark, for each reason to rate down and up."""
    found = []
    for name in DOMAINS:
        levels = LEVELS[judged[name]["judgement"]] if name in judged else 0
        if levels:
            found.append((f"{MINUS}{levels}\u00a0{DOMAIN_WORDS[name]}", judged[name]))
    for name in UPGRADES:
        given = judged.get("upgrades", {}).get(name)
        if given:
            found.append((f"+{given['levels']}\u00a0{DOMAIN_WORDS[name]}", given))
    return [
        (Piece(f"{text}\u00a0", small=True), Piece(footnotes.mark(given), small=True, raised=True))
        for text, given in found
    ]
