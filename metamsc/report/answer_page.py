"""The first screen of a report: the question, what was found, what to know before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.report import words
from metamsc.report.evidence_words import across_types, left_out, missing_results
from metamsc.report.shown import Prose
from metamsc.tables.labels import is_animal, stratum_words
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

_NOTHING = "No study in the records can be pooled for this question; below stands why for each of them.\n"
_NOT_JUDGED = "Nobody has judged yet [how sure one can be of this](#sec-certainty)."


def show_question(result: AnalysisResult) -> Prose:
    """Show the question of the plan."""
    return Prose(f"::: {{.mm-question}}\n{escape_markdown(result.question)}\n:::\n")


def show_answer(result: AnalysisResult) -> Prose:
    """Show what was found, a paragraph per group: size, interval, what it includes, how sure one can be."""
    found = words.statements(result)
    if not found:
        return Prose(_NOTHING)
    judged = {item.label: item.certainty for item in result.grade}
    # what holds for every group is said once
    shared = found[0].certainty if len({statement.certainty for statement in found}) == 1 else ""
    paragraphs = []
    for statement, label in zip(found, _labels(result), strict=True):
        where, comma, what = statement.finding.partition(", ")
        parts = [f"**{escape_markdown(where)}**{comma}{escape_markdown(what)}"]
        if not shared or len(found) == 1:
            parts.append(escape_markdown(statement.certainty))
        if judged.get(label):
            parts.append(f"Certainty of the evidence: **{judged[label]}**.")
        paragraphs.append(" ".join(parts))
    if shared and len(found) > 1:
        paragraphs.append(f"In each group, {escape_markdown(shared[0].lower() + shared[1:])}")
    if result.grade and not is_animal(result) and not any(judged.values()):
        paragraphs.append(_NOT_JUDGED)
    return Prose("::: {.mm-answer}\n" + "\n\n".join(paragraphs) + "\n:::\n")


def _labels(result: AnalysisResult) -> list[str]:
    """Return the labels of the pools that :func:`metamsc.report.words.statements` puts into words."""
    pools = [stratum for stratum in result.strata if len(stratum.key) == 1]
    return [pool.label for pool in (*pools, *([result.overall] if result.overall is not None else []))]


def show_cautions(result: AnalysisResult) -> Prose:
    """Show the cautions of the plan as a callout; nothing when it has none."""
    pools = [stratum for stratum in result.pools if stratum.note and len(stratum.key) <= 1]
    notes = [
        *result.spec.get("notes", ()),
        *(f"{capitalise(stratum_words(result, stratum))}: {stratum.note}" for stratum in pools),
    ]
    if not notes:
        return Prose("")
    listed = "\n".join(f"- {escape_markdown(note)}" for note in notes)
    return Prose(f'::: {{.callout-warning title="Know this before using the result"}}\n{listed}\n:::\n')


def show_meaning(result: AnalysisResult) -> Prose:
    """Show what the numbers of the answer mean, group by group, folded; nothing where nothing was pooled."""
    blocks = []
    for statement in words.statements(result):
        rest = [text for text in statement.rest if text != statement.certainty]
        if rest:
            listed = "\n".join(f"- {escape_markdown(text)}" for text in rest)
            blocks.append(f"**{escape_markdown(statement.title)}**\n\n{listed}")
    if not blocks:
        return Prose("")
    inside = "\n\n".join(blocks)
    return Prose(
        f'::: {{.callout-note collapse="true" title="What these numbers mean"}}\n\n{inside}\n\n:::\n'
    )


def show_scope(result: AnalysisResult) -> Prose:
    """Show how many records were used, left out and missing, and why types are or are not pooled."""
    texts = (left_out(result), missing_results(result), across_types(result))
    return Prose("\n\n".join(escape_markdown(text) for text in texts if text) + "\n")
