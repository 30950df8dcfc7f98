"""What the data say about each reason to doubt a result, and what people made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade_effects import crossed
from metamsc.analysis.grade_plan import DOMAINS, UPGRADES
from metamsc.plots.numbers import (
    format_chance,
    format_count,
    format_number,
    format_p,
    format_percent,
    format_significant,
)
from metamsc.plots.wording import capitalise, inside_sentence, percent
from metamsc.tables.grade_rows import PER, interval_words
from metamsc.tables.grade_words import DOMAIN_WORDS, benefit_words, crossing, mid_words
from metamsc.tables.labels import (
    is_animal,
    label_words,
    plural,
    shown_effect,
    shown_interval,
    type_words,
    word,
)
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.grade import AbsoluteEffect, GradeProfile, Share
    from metamsc.analysis.result import AnalysisResult

_NOBODY = "Not judged yet"
_USUAL = {"none": "no concern", "high": "starts high", "low": "starts low"}
_UNUSUAL = {("publication_bias", "none"): "undetected", ("publication_bias", "serious"): "strongly suspected"}
"""GRADE knows two judgements on publication bias, and calls them so."""
_OUTCOMES = {
    "patient-important": "one that patients notice themselves",
    "surrogate": "a surrogate, in place of what patients notice themselves",
    "physiological": "a measure of how the body works, not one that patients notice themselves",
}


def domains_table(result: AnalysisResult) -> Table:
    """Return, per pooled result and GRADE domain, the computed facts and the judgement of the plan.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Columns ``domain, facts, judgement``; for animals without the last, since GRADE for preclinical
        evidence is another one.
    """
    rows: list[Row] = []
    animals = is_animal(result)
    outcome = inside_sentence(result.scale.outcome_label)
    for item in result.grade:
        rows.append(group_row(label_words(result, item.label)))
        rows.extend(_rows(result, item, with_judgement=not animals))
    columns = [Column("domain", "Reason"), Column("facts", "What the data say")]
    return Table(
        name="domains",
        caption=f"Reasons to be more or less sure of the results for {outcome}.",
        columns=tuple(columns if animals else [*columns, Column("judgement", "Judgement")]),
        rows=tuple(rows),
        empty="No study can be pooled.",
    )


def _rows(result: AnalysisResult, item: GradeProfile, *, with_judgement: bool) -> list[Row]:
    noun = _noun(result, item)
    facts = {
        "start": [_listing(item.designs, noun)],
        "risk_of_bias": _bias(result, item, noun),
        "inconsistency": _inconsistency(result, item),
        "indirectness": _indirectness(result, item, noun),
        "imprecision": _imprecision(result, item),
        "publication_bias": _publication(result, item),
    }
    rows = []
    for name in ("start", *DOMAINS):
        own = (cell(capitalise(DOMAIN_WORDS[name])), cell(*facts[name]))
        rows.append(Row((*own, _judgement(item, name)) if with_judgement else own))
    if not with_judgement:
        return rows
    raised = (item.judgements or {}).get("upgrades", {})
    for name in UPGRADES:
        if name in raised:
            given = raised[name]
            own = (cell(capitalise(DOMAIN_WORDS[name])), cell())
            rows.append(Row((*own, _with_reason(f"+{given['levels']}", given))))
    return rows


def _judgement(item: GradeProfile, name: str) -> Cell:
    given = (item.judgements or {}).get(name)
    if given is None:
        return cell(Piece(_NOBODY, small=True))
    said = given["level"] if name == "start" else given["judgement"]
    words = _UNUSUAL.get((name, said)) or _USUAL.get(said, said.replace("-", " "))
    return _with_reason(capitalise(words), given)


def _with_reason(said: str, given: dict[str, Any]) -> Cell:
    return cell(said, Piece(given["because"], small=True), Piece(f"Judged by {given['by']}", small=True))


def _listing(items: Sequence[Share], noun: str, write: Callable[[str], str] = word) -> str:
    """Return "RCT parallel (2 studies, 91% of the weight); …"; what holds for all is said of all."""
    if len(items) == 1:
        only = items[0]
        return f"{write(only.value)} ({'the one ' + noun if only.k == 1 else f'all {only.k} {_many(noun)}'})"
    return "; ".join(
        f"{write(item.value)} ({plural(item.k, noun, _many(noun))}"
        + ("" if item.weight_percent is None else f", {format_number(item.weight_percent, 0)}% of the weight")
        + ")"
        for item in items
    )


def _many(noun: str) -> str:
    return "studies" if noun == "study" else f"{noun}s"


def _noun(result: AnalysisResult, item: GradeProfile) -> str:
    """Return what is counted: comparisons where some share their participants, else studies."""
    stratum = next(stratum for stratum in result.pools if stratum.label == item.label)
    rows = result.rows_of(stratum)
    return "study" if len({row.cohort for row in rows}) == len(rows) else "comparison"


def _bias(result: AnalysisResult, item: GradeProfile, noun: str) -> list[str]:
    facts = item.bias
    lines = [_listing(facts.shares, noun)]
    if facts.at_high_risk is not None and facts.others is not None:
        high, other = (
            f"{shown_effect(result, part.estimate)} ({shown_interval(result, part.low, part.high)})"
            for part in (facts.at_high_risk, facts.others)
        )
        lines.append(f"Effect at high risk {high}, at another judged risk {other}")
    return lines


def _inconsistency(result: AnalysisResult, item: GradeProfile) -> list[str]:
    facts = item.inconsistency
    if facts.k < 2:
        return ["One study: there is nothing to compare."]
    where = _sides(result, item)
    lines = [
        f"Estimates of studies: {where}",
        f"Intervals that do not overlap: {facts.apart} of {plural(facts.pairs, 'pair')}",
    ]
    if facts.pi_low is None or facts.pi_high is None:
        lines.append("No prediction interval: too few studies")
    else:
        shown = shown_interval(result, facts.pi_low, facts.pi_high)
        lines.append(f"Prediction interval {shown}: {crossing(facts.pi_crossed)}")
    tau2 = format_significant(facts.tau2 or 0.0)
    lines.append(f"I² {format_percent(facts.I2 or 0.0)}%, τ² {tau2}, Q test {format_p(facts.Q_p)}")
    return lines


def _sides(result: AnalysisResult, item: GradeProfile) -> str:
    facts = item.inconsistency
    lower = result.scale.lower_is_better
    better, worse = ("higher", "lower") if lower is None else ("better", "worse")
    if facts.about == "mid" and result.scale.ratio:
        return (
            f"{facts.better} {better} beyond {mid_words(result.scale)}, {facts.between} in between, "
            f"{facts.worse} {worse} beyond it"
        )
    if facts.about == "mid":
        return (
            f"{facts.better} {better} by {mid_words(result.scale)} or more, {facts.between} in between, "
            f"{facts.worse} {worse} by as much"
        )
    equal = f", {facts.between} the same" if facts.between else ""
    return f"{facts.better} {better}{equal}, {facts.worse} {worse}"


def _indirectness(result: AnalysisResult, item: GradeProfile, noun: str) -> list[str]:
    facts, animal = item.indirectness, is_animal(result)
    people = _listing(facts.populations, noun, lambda value: _population(value, animal=animal))
    lines = [f"{'Animals' if animal else 'People'}: {people}"]
    if facts.outcome_kind:
        lines.append(f"Outcome: {_OUTCOMES[facts.outcome_kind]}")
    lines.append(f"Product: {_listing(facts.products, noun)}")
    if facts.co_interventions:
        lines.append(f"Given besides the cells: {_listing(facts.co_interventions, noun, str)}")
    elif not animal:
        lines.append("Nothing is reported as given besides the cells")
    lines.append(f"Comparison: {_listing(facts.comparators, noun, str)}")
    return [*lines, f"Time: {_listing(facts.times, noun, str)}"]


def _population(value: str, *, animal: bool) -> str:
    first, *rest = value.split(", ")
    return ", ".join([type_words(first, animal=animal), *map(word, rest)])


def _of_two_studies(result: AnalysisResult, item: GradeProfile, level: str) -> Iterator[str]:
    """Yield how an interval with one degree of freedom looks without it: the rule decides, not the data."""
    if item.k != 2:
        return
    wald = next((choice.strata for choice in result.sensitivity if choice.name == "wald"), ())
    for beside in wald:
        if beside.label == item.label and beside.ci_low is not None and beside.ci_high is not None:
            shown = shown_interval(result, beside.ci_low, beside.ci_high)
            inside = crossing(crossed(result.scale, beside.ci_low, beside.ci_high))
            yield f"Of two studies, it has one degree of freedom; {level} Wald interval {shown}: {inside}"


def _whose(risk: AbsoluteEffect) -> str:
    return f" ({risk.people})" if risk.people else ""


def _imprecision(result: AnalysisResult, item: GradeProfile) -> list[str]:
    facts = item.imprecision
    level = percent(result.pools[0].pooled.level)
    shown = shown_interval(result, facts.low, facts.high)
    lines = [
        f"By the estimate: {item.target}",
        f"{level} interval {shown}: {crossing(facts.crossed)}",
        *(f"In {PER} people{_whose(risk)}: {interval_words(risk)}" for risk in item.absolute),
        *_of_two_studies(result, item, level),
    ]
    people = "animals" if is_animal(result) else "participants"
    count = (
        "number not printed" if facts.participants is None else f"{format_count(facts.participants)} {people}"
    )
    if facts.optimal is not None:
        lines.append(f"{capitalise(count)}; one adequate trial has {facts.optimal} ({facts.assumed})")
    else:
        lines.append(f"{capitalise(count)}; no information size: {facts.assumed}")
    if facts.beyond_mid is not None:
        said = "Probability" if facts.beyond_by == "posterior" else "Confidence"
        new = facts.beyond_mid_new
        more = "" if new is None else f"; that of a new study does: {format_chance(new)}"
        mean = format_chance(facts.beyond_mid)
        lines.append(f"{said} that the mean effect reaches {benefit_words(result.scale)}: {mean}{more}")
    return lines


def _publication(result: AnalysisResult, item: GradeProfile) -> list[str]:
    facts = item.publication
    lines = []
    if facts.refused:
        lines.append(f"No test: {facts.refused.replace('>=', '≥').rstrip('.')}")
    else:
        lines.append(f"{facts.test}: {format_p(facts.p)}")
    people = "animals" if is_animal(result) else "participants"
    known = (
        "" if facts.missing_participants is None else f" ({facts.missing_participants} {people} where known)"
    )
    lines.append(f"Studies with a result that is known or planned and not here: {facts.missing}{known}")
    if facts.unpublished:
        lines.append(f"Pooled results not from a journal article: {facts.unpublished} of {facts.k}")
    return lines
