"""How sure one can be of a result, as a report shows it: summary of findings, and the reasons behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.shown import Prose, folded, numbered
from metamsc.tables.grade import findings_table
from metamsc.tables.grade_domains import domains_table
from metamsc.tables.grade_words import finding
from metamsc.tables.labels import is_animal, label_words, plural
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

_NOBODY = (
    "**Nobody has judged it yet.** How sure one can be of a result is a judgement of people: of the studies' "
    "limits, of results that differ, of whom and what was studied, of too little information, of results "
    "that were never published. The table says what the data contribute to each of these; the judgements "
    "would stand in the plan, with a reason and a name, and the certainty would follow from them."
)
_ANIMALS = (
    "No certainty is given: GRADE rates evidence for decisions about patients, and for evidence from animals "
    "it is another one, which also asks how well a model stands for people (Hooijmans et al. 2018, "
    "[doi:10.1371/journal.pone.0187271](https://doi.org/10.1371/journal.pone.0187271)). The facts that it "
    "would start from stand below."
)
_WORDS = {
    "high": "The true effect is very likely close to the one found.",
    "moderate": "The true effect is probably close to the one found; it may differ.",
    "low": "The true effect may differ much from the one found.",
    "very low": "The true effect is likely to differ much from the one found.",
}


def show_certainty(result: AnalysisResult) -> Prose:
    """Show in plain words how sure one can be of each result, or why that is not said."""
    if not result.grade:
        return Prose("No study can be pooled, so there is nothing to be sure of.\n")
    if is_animal(result):
        return Prose(f"{_ANIMALS}\n")
    pools = {stratum.label: stratum for stratum in result.pools}
    lines = []
    for item in result.grade:
        name = escape_markdown(label_words(result, item.label))
        if item.certainty is not None:
            said = escape_markdown(finding(result, pools[item.label], item))
            lines.append(f"- **{name}: {item.certainty} certainty.** {said} {_WORDS[item.certainty]}")
        elif item.is_judged:
            count = plural(len(item.not_judged), "judgement")
            lines.append(f"- **{name}: not judged yet.** {count} of six missing.")
        else:
            lines.append(f"- **{name}: not judged yet.**")
    if not any(item.is_judged for item in result.grade):
        return Prose(f"{_NOBODY}\n")
    return Prose("\n".join(lines) + "\n")


def show_findings(result: AnalysisResult) -> Prose:
    """Show the summary of findings; nothing where nothing was pooled."""
    if not result.grade:
        return Prose("")
    return numbered(findings_table(result), "Summary of findings: the effect, and how sure one can be of it.")


def show_domains(result: AnalysisResult) -> Prose:
    """Show what the data say about each reason to doubt a result, beside the judgements, folded."""
    if not result.grade:
        return Prose("")
    shown = numbered(domains_table(result), "Reasons to be more or less sure, and what was made of them.")
    return folded("What the data say about each reason for doubt", shown)
