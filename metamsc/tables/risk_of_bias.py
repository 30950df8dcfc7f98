"""Risk of bias of the pooled studies, a table per tool, domain by domain, as the records have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.records.rob_tools import SCHEMES
from metamsc.tables.labels import outcome_words, plural
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell

if TYPE_CHECKING:
    from metamsc.analysis.grade_bias import BiasAssessment
    from metamsc.analysis.result import AnalysisResult

NOT_ASSESSED = "not assessed"


def risk_of_bias_tables(result: AnalysisResult) -> tuple[Table, ...]:
    """Return one table for each tool that the designs of the pooled studies call for.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    tuple of Table
        Named ``risk-of-bias-rob2``, ``-robins-i-v2``, ``-syrcle``. A domain that nobody judged says "not
        assessed"; no overall judgement is worked out from domains. Without a pooled study, none.
    """
    by_tool: dict[str, list[BiasAssessment]] = {}
    for item in result.risk_of_bias:
        by_tool.setdefault(item.tool, []).append(item)
    return tuple(_table(result, tool, by_tool[tool]) for tool in SCHEMES if tool in by_tool)


def _table(result: AnalysisResult, tool: str, items: Sequence[BiasAssessment]) -> Table:
    scheme = SCHEMES[tool]
    others = [name for item in items for name in _unknown(item)]
    notes = [f"{domain.code}: {domain.name.lower()}." for domain in scheme.domains]
    blank = sum(not item.domains and item.overall == NOT_ASSESSED for item in items)
    if blank == len(items):
        notes.append("Not assessed: nobody has judged these studies yet.")
    elif blank:
        notes.append(
            f"Not assessed: nobody has judged {plural(blank, 'study', 'studies')} of {len(items)} yet."
        )
    notes.extend(
        f"{item.label}, {name}: {support}" for item in items for name, _, support in item.domains if support
    )
    columns = [Column("study", "Study")]
    columns += [Column(domain.code.lower(), domain.code, spanner="Domains") for domain in scheme.domains]
    columns += [Column("other", "Other")] if others else []
    columns += [Column("overall", "Overall"), Column("by", "Judged by")]
    return Table(
        name=f"risk-of-bias-{tool}",
        caption=f"Risk of bias by {scheme.title}.",
        columns=tuple(columns),
        rows=tuple(_row(result, item, with_other=bool(others)) for item in items),
        notes=(" ".join(notes[: len(scheme.domains)]), *notes[len(scheme.domains) :]),
    )


def _unknown(item: BiasAssessment) -> list[str]:
    """Return the domains of a record that the tool does not have, or that come twice."""
    return [name for name, _, _ in item.domains if name not in _known(item).values()]


def _known(item: BiasAssessment) -> dict[str, str]:
    """Return the record's name of each domain of the tool that it judges, by the tool's code."""
    found: dict[str, str] = {}
    for name, _, _ in item.domains:
        domain = SCHEMES[item.tool].find(name)
        if domain is not None:
            found.setdefault(domain.code, name)
    return found


def _row(result: AnalysisResult, item: BiasAssessment, *, with_other: bool) -> Row:
    known, said = _known(item), {name: judgement for name, judgement, _ in reversed(item.domains)}
    about = f"of {outcome_words(result, item.about)}" if item.about else ""
    cells = [cell(item.label, Piece(about, small=True))]
    cells += [
        _judgement(said[known[domain.code]] if domain.code in known else "")
        for domain in SCHEMES[item.tool].domains
    ]
    if with_other:
        cells.append(cell(*(f"{name}: {said[name]}" for name in _unknown(item))))
    return Row((*cells, _judgement(item.overall), cell(item.assessed_by or "–")))


def _judgement(value: str) -> Cell:
    return cell(
        capitalise(value) if value not in ("", NOT_ASSESSED) else Piece(capitalise(NOT_ASSESSED), small=True)
    )
