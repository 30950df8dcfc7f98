"""Text for a paper: methods and results of one analysis, in the plain or the technical register.

One text, three forms: Markdown with citations (for Quarto or pandoc), plain text, and a Word document; the
references beside it as BibTeX.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.errors import check_option
from metamsc.report import few_studies, words
from metamsc.report.citations import (
    Reference,
    packaged_references,
    software_references,
    study_references,
)
from metamsc.report.effects_in_words import mid_words
from metamsc.report.evidence_words import (
    across_types,
    differences,
    left_out,
    missing_results,
    risk_of_bias,
    small_study,
)
from metamsc.report.markdown import cited_keys, escaped, without_markup
from metamsc.report.methods import methods
from metamsc.report.methods_plain import plain_methods
from metamsc.report.results_technical import pool_paragraph
from metamsc.report.sensitivity_words import sensitivity

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

REGISTERS = ("plain", "technical")
UNWRITTEN = (
    r"\[Write this yourself: how studies were searched for (databases, dates, words), who chose among them "
    r"and how many people took the numbers out of each report. The records do not hold it.\]"
)
"""Stands where a paper tells what neither plan nor records know."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its paragraphs, in Markdown."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Methods and results of one analysis, ready to be pasted."""

    title: str
    register: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    """Works and software cited, metamsc, and every pooled study."""

    def to_markdown(self) -> str:
        """Return headings and paragraphs; citations are keys of the BibTeX file."""
        parts = [f"# {escaped(self.title)}"]
        for section in self.sections:
            parts += [f"## {section.heading}", *section.paragraphs]
        return "\n\n".join(parts) + "\n"

    def to_text(self) -> str:
        """Return plain text, citations as names and years, with the list of references."""
        parts = [" ".join(self.title.split())]
        for section in self.sections:
            parts += [section.heading.upper(), *(self.plain(text) for text in section.paragraphs)]
        if self.references:
            parts += ["REFERENCES", *(item.to_text() for item in self.references)]
        return "\n\n".join(parts) + "\n"

    def plain(self, paragraph: str) -> str:
        """Return one paragraph as plain text; studies stand there by name, so they are not cited again."""
        names = {key: item.label for key, item in packaged_references().items()}
        return without_markup(paragraph, lambda key: names.get(key, ""))

    def to_docx(self) -> bytes:
        """Return a Word document with headings, paragraphs and the list of references.

        Raises
        ------
        ReportError
            If pandoc is missing (``metamsc[report]``) or fails.
        """
        from metamsc.report.docx import reference_docx
        from metamsc.report.pandoc import to_docx

        parts = [f"# {escaped(self.title)}"]
        for section in self.sections:
            parts.append(f"## {section.heading}")
            parts += [escaped(self.plain(text)) for text in section.paragraphs]
        if self.references:
            parts += ["## References", *(escaped(item.to_text()) for item in self.references)]
        source = Path("paper.docx")
        return to_docx("\n\n".join(parts) + "\n", source=source, images={}, reference=reference_docx())


def write_paper(
    result: AnalysisResult,
    records: Studies | None = None,
    *,
    register: str = "technical",
    cite_studies: bool = True,
) -> Paper:
    """Write the methods and results of one analysis.

    Parameters
    ----------
    result : AnalysisResult
    records : Studies, optional
        Records the result was made from: bibliography and risk of bias of the pooled studies.
    register : {"technical", "plain"}
        For a journal's methods and results, or for clinicians and patients.
    cite_studies : bool
        Cite studies and versions of the software too, whose entries are made for each result. Without it,
        every key is one of the packaged ``references.bib``.

    Returns
    -------
    Paper

    Raises
    ------
    OptionError
        If there is no such register.
    """
    check_option("register", register, REGISTERS)
    technical = register == "technical"
    told = methods(result, versions=cite_studies) if technical else plain_methods(result)
    method_section = Section("Methods", (UNWRITTEN, *told))
    pools = _technical_pools(result, cite_studies) if technical else _plain_pools(result)
    around = (
        left_out(result),
        across_types(result),
        differences(result, technical=technical),
        *sensitivity(result, technical=technical),
        small_study(result, technical=technical),
        missing_results(result),
        risk_of_bias(result, records),
    )
    paragraphs = (*pools, *(escaped(text) for text in around if text), *_cautions(result))
    result_section = Section("Results", paragraphs)
    sections = (method_section, result_section)
    return Paper(
        title=result.title,
        register=register,
        sections=sections,
        references=_references(result, records, sections),
    )


def _technical_pools(result: AnalysisResult, cite_studies: bool) -> tuple[str, ...]:
    if not result.pools:
        return ("No study could be pooled.",)
    return _told_once(
        result, [pool_paragraph(result, stratum, cited=cite_studies) for stratum in result.pools]
    )


def _plain_pools(result: AnalysisResult) -> tuple[str, ...]:
    found = words.statements(result)
    if not found:
        return ("No study could be pooled.",)
    return _told_once(result, [escaped(item.text) for item in found])


def _told_once(result: AnalysisResult, paragraphs: list[str]) -> tuple[str, ...]:
    """Leave out what a reader was told before: the size that matters, the prior, what an interval is not."""
    name = "the minimal important difference"
    size = f"{name} ({escaped(mid_words(result))})"
    same = escaped(words.NOT_THE_SAME.format(result.scale.treatment_label, result.scale.control_label))
    prior = f"If {escaped(few_studies.assumption(result))}, the"
    found = []
    seen = dict.fromkeys((same, prior), False)
    for text in paragraphs:
        first, sized, rest = text.partition(size)
        told = f"{first}{sized}{rest.replace(size, name)}"
        if seen[same]:
            told = told.replace(f" {same}", "")
        if seen[prior]:
            told = told.replace(prior, "Under the same prior, the")
        seen = {part: known or part in text for part, known in seen.items()}
        found.append(told)
    return tuple(found)


def _cautions(result: AnalysisResult) -> tuple[str, ...]:
    """Return the cautions of the plan, which belong beside every result of it."""
    notes = [escaped(note) for note in result.spec.get("notes", ())]
    return (f"Cautions: {' '.join(notes)}",) if notes else ()


def _references(
    result: AnalysisResult, records: Studies | None, sections: tuple[Section, ...]
) -> tuple[Reference, ...]:
    """Return the works cited in order, then the software and the studies."""
    keys = cited_keys("\n".join(text for section in sections for text in section.paragraphs))
    works = packaged_references()
    cited = [works[key] for key in keys if key in works]
    software = [item for item in software_references(result) if item.key in (*keys, "software-metamsc")]
    return (*cited, *software, *study_references(result, records))
