"""What the chunks of "Can the result be trusted?" call: words, one table, and figures to be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from metamsc.report import trust_words
from metamsc.report.shown import Figure, Prose, ShownTable
from metamsc.report.stack import stack_svgs
from metamsc.report.trust_figures import (
    choice_figures,
    filled_figures,
    influence_figures,
    refit_figures,
)
from metamsc.report.trust_missing_words import BOUND_NOTE
from metamsc.report.trust_voice import voice_of
from metamsc.sensitivity.stress_result import QUESTIONS
from metamsc.tables.labels import label_words
from metamsc.tables.trust import trust_table
from metamsc.tables.trust_missing import trust_missing_table
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult

NOT_ASKED = (
    "The plan of this analysis does not ask for it: `sensitivity: all` in `analysis.yml` switches it on.\n"
)


def show_trust(result: AnalysisResult) -> Prose:
    """Show what held and what did not, pool by pool and question by question."""
    if result.trust is None:
        return Prose(NOT_ASKED if result.strata else "No study can be pooled: there is nothing to hold.\n")
    voice, blocks, bounded = voice_of(result), [], False
    for test in result.trust.shown(result.pools):
        title = escape_markdown(label_words(result, test.label))
        start = escape_markdown(trust_words.starting_point(test, voice))
        held = escape_markdown(trust_words.summary(test))
        answers = [
            f"- **{QUESTIONS[question]}** {escape_markdown(text)}"
            for question, text in trust_words.answers(test, voice).items()
        ]
        blocks.append(f"**{title}.** {start} {held}\n\n" + "\n".join(answers))
        bounded = bounded or bool(test.bounds.found)
    notes = [*result.trust.notes, *([BOUND_NOTE] if bounded else [])]
    blocks.extend(escape_markdown(note) for note in notes)
    return Prose("\n\n".join(blocks) + "\n")


def show_trust_table(result: AnalysisResult) -> ShownTable:
    """Show every check with what changed."""
    return ShownTable(trust_table(result))


def show_trust_missing(result: AnalysisResult) -> ShownTable:
    """Show who contributes a result and whose is missing."""
    return ShownTable(trust_missing_table(result))


def show_trust_refits(result: AnalysisResult) -> Figure | Prose:
    """Draw the result without each study, and as evidence came in; nothing below three studies."""
    return _stacked(refit_figures(result), "The result without each study, and as evidence came in.")


def show_trust_influence(result: AnalysisResult) -> Figure | Prose:
    """Draw diagnostics of influence and Baujat's plot; nothing below five studies."""
    return _stacked(influence_figures(result), "Diagnostics of influence of each study.")


def show_trust_funnel(result: AnalysisResult) -> Figure | Prose:
    """Draw the funnel with the studies that trim and fill puts in; nothing below ten studies."""
    return _stacked(filled_figures(result), "Funnel plot with the studies that trim and fill puts in.")


def show_trust_choices(result: AnalysisResult) -> Figure | Prose:
    """Draw every combination of choices, every subset, and the P value of every effect."""
    told = "The result under every combination of choices and in every subset of the studies."
    return _stacked(choice_figures(result), told)


def _stacked(figures: Iterator[tuple[str, str, Callable[[], Axes]]], title: str) -> Figure | Prose:
    """Draw figures below each other; nothing where there is none."""
    from metamsc.plots.save import figure_bytes

    parts = []
    for _, heading, drawing in figures:
        figure = drawing().get_figure(root=True)
        assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
        parts.append((heading, figure_bytes(figure, "svg").decode("utf-8")))
    return Figure(stack_svgs(parts, title)) if parts else Prose("")
