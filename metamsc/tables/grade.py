"""Summary of findings of one analysis: per pooled result, the effect and how sure one can be of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.wording import inside_sentence, percent
from metamsc.tables.grade_below import control_words, notes_below, outcome_line, treatment_words
from metamsc.tables.grade_rows import PER, Finding, Footnotes, finding_rows
from metamsc.tables.labels import effect_header, is_animal, label_words, type_words
from metamsc.tables.table import Column, Table, blank_columns, cell, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult


def findings_table(result: AnalysisResult) -> Table:
    """Return the GRADE summary of findings of one analysis.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        A line per pooled result. Judgements are the plan's; where one is missing, the certainty is "not
        judged yet". Columns that say nothing for this measure are left out.

    See Also
    --------
    findings_across : one table per population, with the outcomes of several analyses as its lines.

    References
    ----------
    Guyatt et al. (2025), Core GRADE 6 (summary of findings), BMJ 389:e083866.
    """
    findings = findings_of(result)
    level = percent(result.pools[0].pooled.level) if findings else "95%"
    footnotes = Footnotes()
    rows = tuple(
        row
        for found in findings
        for row in finding_rows(found, cell(label_words(result, found.stratum.label)), footnotes)
    )
    scale, risks = result.scale, any(item.absolute for item in result.grade)
    people = "animals" if is_animal(result) else "people"
    name = f"Absolute effect, in {PER} {people}" if risks else "Absolute effect"
    difference = "Difference" if risks else effect_header(scale)
    table = Table(
        name="findings",
        caption=f"Summary of findings for {inside_sentence(scale.outcome_label)}.",
        columns=(
            Column("group", "Group"),
            Column("evidence", f"{'Animals' if is_animal(result) else 'Participants'}, studies,\nfollow-up"),
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
        notes=notes_below(
            [(label_words(result, found.stratum.label), found) for found in findings], footnotes
        ),
        empty="No study can be pooled, so there is nothing to be sure of.",
    )
    return without_columns(table, *blank_columns(table))


def findings_of(result: AnalysisResult) -> tuple[Finding, ...]:
    """Return the pools of a result with their profiles, in the order of the profiles."""
    pools = {stratum.label: stratum for stratum in result.pools}
    return tuple(Finding(result, pools[item.label], item) for item in result.grade)


def _lead(result: AnalysisResult) -> tuple[str, ...]:
    """Return population, intervention, comparison and outcome, as they stand above a summary of findings."""
    if not result.pools:
        return ()
    animal, rows = is_animal(result), result.table.rows
    types = dict.fromkeys(stratum.key[0] for stratum in result.strata)
    words = [type_words(value, animal=animal) for value in types]
    who = ", ".join(words if animal else [f"people with {words[0]}", *words[1:]])
    return (
        f"Population: {who}.",
        f"Intervention: {treatment_words(result, rows)}. Comparison: {control_words(result, rows)}.",
        outcome_line(result),
    )
