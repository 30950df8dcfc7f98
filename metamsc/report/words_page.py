"""The part of a report that authors of a paper take along: text, references, checklists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.analysis.plan import PLAN_FILE
from metamsc.report.citations import to_bibtex
from metamsc.report.paper import Paper, write_paper
from metamsc.report.prisma import checklist_table, prisma_2020, prisma_abstracts
from metamsc.report.prisma_answers import Answer, Known
from metamsc.report.prisma_items import Item
from metamsc.report.shown import Prose

if TYPE_CHECKING:
    from metamsc.analysis.flow import SearchFlow
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies


def show_paper(result: AnalysisResult) -> Prose:
    """Show the text for a paper in both registers and the references as BibTeX, each folded."""
    records = pooled_records(result)
    technical = write_paper(result, records, cite_studies=False)
    plain = write_paper(result, records, register="plain", cite_studies=False)
    bibtex = to_bibtex(write_paper(result, records).references)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", bibtex)), default=0))
    parts = (
        _folded("Text for a paper: technical", _blocks(technical)),
        _folded("Text for a paper: in plain words", _blocks(plain)),
        _folded("References as BibTeX", f"{fence}bibtex\n{bibtex}{fence}"),
    )
    return _on_screen(parts)


def show_prisma(result: AnalysisResult) -> Prose:
    """Show the checklists of PRISMA 2020, filled in where something is recorded, each folded."""
    known = Known(result, pooled_records(result), recorded_search(_project(result)))
    parts = (
        _checklist("PRISMA 2020", "prisma-2020", prisma_2020(known)),
        _checklist("PRISMA 2020 for abstracts", "prisma-abstracts", prisma_abstracts(known)),
    )
    return _on_screen(parts)


def _project(result: AnalysisResult) -> str:
    """Return the folder of the analyses, seen from the report: it stands in it, or beside the plan."""
    return "." if (Path(result.name) / PLAN_FILE).is_file() else ".."


def _on_screen(parts: tuple[str, ...]) -> Prose:
    """Return what is taken along from the web page, and would only lengthen a printed report."""
    inside = "\n".join(parts)
    return Prose(f'::::: {{.content-visible when-format="html"}}\n\n{inside}\n:::::\n')


def pooled_records(result: AnalysisResult) -> Studies:
    """Return the records of the pooled rows, those whose files are still the ones that were pooled."""
    from metamsc.records.load import load_records
    from metamsc.records.studies import Studies

    used = {item["id"]: item["sha256"] for item in result.manifest.get("records", ())}
    files = dict.fromkeys(row.place.file for row in result.table.rows)
    found, _ = load_records([file for file in files if Path(file).is_file()])
    return Studies(file for file in found.files if used.get(file.study.id) == file.sha256)


def recorded_search(folder: str) -> SearchFlow | None:
    """Return the numbers of the search that stand in a folder; None where nobody wrote them down.

    Raises
    ------
    SpecError
        If the file is not valid.
    """
    from metamsc.analysis.flow import read_flow

    found = read_flow(folder)
    return None if found is None else found.search


def _blocks(paper: Paper) -> str:
    """Return the sections as bold lead-ins and paragraphs: a heading in a fold would be one of the page."""
    parts = []
    for section in paper.sections:
        parts += [f"**{section.heading}**", *section.paragraphs]
    return "\n\n".join(parts)


def _checklist(title: str, name: str, filled: tuple[tuple[Item, Answer], ...]) -> str:
    table = checklist_table(filled, name=name, linked=True)
    html = f"```{{=html}}\n{table.to_html(caption=False)}\n```"
    return _folded(title, f"{table.caption[:-1]} [@page2021].\n\n{html}")


def _folded(title: str, content: str) -> str:
    return f'::: {{.callout-note collapse="true" title="{title}"}}\n\n{content}\n\n:::\n'
