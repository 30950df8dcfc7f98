"""Characteristics of the pooled studies, from their records: who took part, what they got, for how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from metamsc.dataset.describe import dose_words
from metamsc.plots.numbers import NO_VALUE, format_count
from metamsc.plots.wording import capitalise, inside_sentence
from metamsc.tables.labels import is_animal, stratum_title, type_words, word
from metamsc.tables.studies import rows_in_order
from metamsc.tables.table import (
    Cell,
    Column,
    Piece,
    Row,
    Table,
    blank_columns,
    cell,
    group_row,
    without_columns,
)

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow
    from metamsc.records.model import Study
    from metamsc.records.studies import Studies
    from metamsc.records.values import Characteristic

_SILENT = ("", "none", "not-reported")


def characteristics_table(result: AnalysisResult, records: Studies) -> Table:
    """Return the characteristics of every pooled study.

    Parameters
    ----------
    result : AnalysisResult
    records : Studies
        The records that the analysis was run on.

    Returns
    -------
    Table
        A line per study, grouped by type of diabetes. What a record does not give is left blank; a column
        that is blank throughout is left out.

    Raises
    ------
    OptionError
        If a pooled study has no record among them.
    """
    rows: list[Row] = []
    for stratum in result.strata:
        if len(stratum.key) > 1:
            continue
        rows.append(group_row(stratum_title(result, stratum)))
        by_study = {row.study_id: row for row in reversed(rows_in_order(result, stratum))}
        order = dict.fromkeys(row.study_id for row in rows_in_order(result, stratum))
        rows.extend(_row(result, by_study[name], records.study(name)) for name in order)
    animal = is_animal(result)
    table = Table(
        name="characteristics",
        caption=f"Characteristics of the studies pooled for {inside_sentence(result.scale.outcome_label)}.",
        columns=(
            Column("study", "Study"),
            Column("design", "Design"),
            Column("people", "Animals" if animal else "Participants"),
            Column("age", "Age"),
            Column("duration", "Duration of\ndiabetes"),
            Column("female", "Women", "right"),
            Column("treatment", "Treatment"),
            Column("control", "Control"),
            Column("follow_up", "Follow-up"),
            Column("registration", "Registration"),
        ),
        rows=tuple(rows),
        notes=() if not rows else ("Blank: the text read does not say.",),
        empty="No study can be pooled.",
    )
    return without_columns(table, *blank_columns(table))


def _row(result: AnalysisResult, row: EffectRow, study: Study) -> Row:
    info = study.study
    about = [info.title, ", ".join(info.authors[:1]) + (" et al." if len(info.authors) > 1 else "")]
    source = " ".join(filter(None, (info.journal, info.volume)))
    doi = Piece(info.doi, f"https://doi.org/{info.doi}", small=True) if info.doi else Piece("")
    design = [capitalise(word(info.design.value)), _said(info.blinding.value), ", ".join(info.countries)]
    design.append("" if info.publication.value == "journal-article" else word(info.publication.value))
    return Row(
        (
            cell(study.label, *(Piece(text, small=True) for text in (*about, source)), doi),
            cell(*design),
            _people(result, study),
            _characteristic(study, "age"),
            _characteristic(study, "disease_duration"),
            _women(study),
            _treatment(study),
            _control(study),
            cell(info.follow_up or "", Piece(f"used: {row.at}", small=True)),
            cell(*info.registration),
        )
    )


def _said(value: str) -> str:
    return "" if value in _SILENT else word(value)


def _people(result: AnalysisResult, study: Study) -> Cell:
    type_of = capitalise(type_words(study.diabetes_type.value, animal=is_animal(result)))
    part = study.population or study.model
    complication = "" if part is None or part.complication is None else word(part.complication.value)
    total = study.study.n_randomised
    arms = [
        f"{arm.label or arm.id}: {format_count(arm.n_randomised)}" for arm in study.arms if arm.n_randomised
    ]
    lines: list[str] = [type_of, complication]
    if study.model is not None:
        model = study.model
        induced = word(model.induction.agent.value)
        lines += [
            " ".join(filter(None, (model.strain, word(model.species.value)))),
            _said(model.sex.value),
            induced,
        ]
    lines += arms or ([f"{total} in all"] if total is not None else [])
    eligible = "" if study.population is None else study.population.description or ""
    return cell(*lines, Piece(eligible, small=True))


def _characteristic(study: Study, name: str) -> Cell:
    """Write a characteristic of the whole study, else arm by arm."""
    whole = getattr(study.population, name, None)
    if whole is not None:
        return cell(_summary(whole))
    found = ((arm.label or arm.id, getattr(arm, name)) for arm in study.arms)
    return cell(*(f"{label}: {_summary(value)}" for label, value in found if value is not None))


def _summary(value: Characteristic) -> str:
    """Write what is printed: centre and width with the names that they have, and the unit."""
    given = value.model_dump(exclude_none=True)
    centre = next(
        (given[name] for name in ("mean", "median", "geometric_mean", "change") if name in given), None
    )
    parts = [NO_VALUE if centre is None else f"{centre:g}"]
    if "median" in given:
        parts[0] = f"median {parts[0]}"
    parts += [f"({name.upper()} {given[name]:g})" for name in ("sd", "se") if name in given]
    if value.spread is not None:
        parts.append(f"± {value.spread.value:g} (unlabelled)")
    for name, words in (("iq_range", "quartiles"), ("range", "range"), ("ci", "95% CI")):
        if name in given:
            parts.append(f"({words} {given[name][0]:g} to {given[name][1]:g})")
    return f"{' '.join(parts)} {value.unit}"


def _women(study: Study) -> Cell:
    if study.population is None:
        return cell()
    if study.population.n_female is not None:
        return cell(str(study.population.n_female))
    known = [arm.n_female for arm in study.arms]
    return cell(str(sum(n or 0 for n in known))) if known and None not in known else cell()


def _treatment(study: Study) -> Cell:
    lines: list[str | Piece] = []
    for arm in study.arms:
        cells = arm.cells
        if cells is None:
            continue
        facts = [word(cells.product.value), word(cells.source.value), _said(cells.donor.value)]
        lines.append(f"{arm.label or arm.id}: {_joined(facts)}")
        given = _joined((dose_words(cells), _said(cells.route.value), cells.schedule or ""))
        lines.append(Piece(given, small=True))
        if cells.co_intervention:
            lines.append(Piece(f"Also given: {cells.co_intervention}", small=True))
    return cell(*lines)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(text for text in texts if text)


def _control(study: Study) -> Cell:
    lines: list[str | Piece] = []
    for arm in study.arms:
        if arm.cells is None and arm.comparator is not None:
            lines.append(capitalise(word(arm.comparator.value)))
            lines.append(Piece(arm.comparator_detail or "", small=True))
    background = dict.fromkeys(arm.background for arm in study.arms if arm.background)
    lines += [Piece(f"Both groups: {text}", small=True) for text in background]
    return cell(*lines)
