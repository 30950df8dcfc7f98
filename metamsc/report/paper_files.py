"""The text for a paper as files: methods and results, references, and both PRISMA checklists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.errors import check_option
from metamsc.files import PathLike, write_atomic
from metamsc.report.citations import to_bibtex
from metamsc.report.paper import Paper, write_paper
from metamsc.report.prisma import checklist_table, prisma_2020, prisma_abstracts
from metamsc.report.prisma_answers import Known
from metamsc.tables.write_docx import to_docx

if TYPE_CHECKING:
    from metamsc.analysis.flow import SearchFlow
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

FORMATS = {"markdown": "md", "text": "txt", "docx": "docx"}
"""Format -> ending of its file."""
_TITLES = {
    "prisma-2020": "PRISMA 2020 checklist",
    "prisma-abstracts": "PRISMA 2020 for abstracts checklist",
}


def write_paper_files(
    result: AnalysisResult,
    folder: PathLike,
    *,
    records: Studies | None = None,
    search: SearchFlow | None = None,
    register: str = "technical",
    form: str = "markdown",
) -> tuple[Path, ...]:
    """Write the text for a paper and what goes with it.

    Parameters
    ----------
    result : AnalysisResult
    folder : path
        Made if it does not exist.
    records : Studies, optional
        Records the result was made from: bibliography, who extracted, risk of bias.
    search : SearchFlow, optional
        Numbers of the search, where they were written down.
    register : {"technical", "plain"}
    form : {"markdown", "text", "docx"}

    Returns
    -------
    tuple of Path
        ``paper.md`` (or ``.txt``, ``.docx``), ``references.bib``, and the checklists as Markdown and CSV; as
        docx too where the text is one.

    Raises
    ------
    OptionError
        If register or form is not one of those.
    ReportError
        If the docx of the text cannot be made.
    InputError
        If python-docx, for the checklists as docx, is not installed.
    OSError
        If the folder cannot be written to.
    """
    check_option("form", form, FORMATS)
    paper = write_paper(result, records, register=register)
    known = Known(result, records, search)
    base = Path(folder)
    files: dict[str, str | bytes] = {f"paper.{FORMATS[form]}": _text(paper, form)}
    files["references.bib"] = to_bibtex(paper.references)
    for name, filled in (("prisma-2020", prisma_2020(known)), ("prisma-abstracts", prisma_abstracts(known))):
        table = checklist_table(filled, name=name, linked=False)
        files[f"{name}.md"] = f"{table.caption}\n\n{table.to_markdown()}"
        files[f"{name}.csv"] = table.to_csv()
        if form == "docx":
            files[f"{name}.docx"] = to_docx([table], title=f"{_TITLES[name]}: {result.title}")
    for name, content in files.items():
        write_atomic(base / name, content)
    return tuple(base / name for name in files)


def _text(paper: Paper, form: str) -> str | bytes:
    if form == "docx":
        return paper.to_docx()
    return paper.to_text() if form == "text" else paper.to_markdown()
