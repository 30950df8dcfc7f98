"""The section "Can the result be trusted?": a summary, and per group what was done and what came out, folded.

It is written as one piece of Markdown, since what there is to show depends on the result: a group with two
studies has neither figures nor subsets. Pictures stand in it as data; :mod:`metamsc.report.compose` makes
files or inline SVG of them, and quarto takes them as they are.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.report import trust_words
from metamsc.report.markdown import escaped
from metamsc.report.shown import Figure, Prose, table_markdown
from metamsc.report.trust_figures import TrustFigure, figures_of, slug_of
from metamsc.report.trust_missing_words import BOUND_NOTE
from metamsc.report.trust_voice import Voice, voice_of
from metamsc.sensitivity.stress_result import QUESTIONS
from metamsc.tables.labels import label_words
from metamsc.tables.trust import trust_group_table
from metamsc.tables.trust_missing import trust_missing_table
from metamsc.tables.trust_summary import trust_summary_table

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest
    from metamsc.tables.table import Table

NOT_ASKED = (
    "The plan of this analysis does not ask for it: `sensitivity: all` in `analysis.yml` switches it on.\n"
)
_SUMMARY = (
    "Four questions to ask of any pooled result: does one study carry it, is something missing, does it hold "
    "under other choices, and is it the same in every subset of the studies? @tbl-trust says what held; "
    "below it stands, group by group, what was done and what came out."
)
_MOST_INCHES = 6.3
"""Widest a picture gets on paper, inside a box."""


def show_trust(result: AnalysisResult) -> Prose:
    """Show what held and what did not: a line per group, then each group in detail and who is missing."""
    if result.trust is None:
        return Prose(NOT_ASKED if result.strata else "No study can be pooled: there is nothing to hold.\n")
    tests, voice = result.trust.shown(result.pools), voice_of(result)
    notes = [*result.trust.notes, *([BOUND_NOTE] if any(test.bounds.found for test in tests) else [])]
    parts: list[str] = []
    if tests:
        summary = trust_summary_table(result)
        parts = [
            _SUMMARY,
            _numbered(summary, "tbl-trust"),
            *(_details(result, test, voice) for test in tests),
        ]
        missing = trust_missing_table(result)
        if missing.rows:
            parts.append(_folded(missing.caption.rstrip("."), _numbered(missing, "tbl-trust-missing")))
    if notes:
        below = "\n\n".join(escaped(note) for note in notes)
        parts.append(f"::: {{.mm-notes}}\n{below}\n:::")
    return Prose("\n\n".join(parts) + "\n")


def _details(result: AnalysisResult, test: StressTest, voice: Voice) -> str:
    """Return one group, folded: its result, every check, and the answers with their figures."""
    title = label_words(result, test.label)
    table = replace(trust_group_table(result, test), notes=())
    figures = list(figures_of(result, test))
    blocks = [
        escaped(trust_words.starting_point(test, voice)),
        _numbered(table, f"tbl-trust-{slug_of(test.label)}"),
    ]
    for question, text in trust_words.answers(test, voice).items():
        blocks.append(f"**{QUESTIONS[question]}** {escaped(text)}")
        blocks.extend(_picture(figure) for figure in figures if figure.question == question)
    return _folded(f"{title}: what was done, and what came out", "\n\n".join(blocks))


def _folded(title: str, content: str) -> str:
    quoted = " ".join(title.replace("\\", "").replace('"', "”").split())
    return f':::::: {{.callout-note collapse="true" title="{quoted}"}}\n\n{content}\n\n::::::'


def _numbered(table: Table, label: str) -> str:
    """Return a table with its number and caption, and its notes below."""
    return f"::::: {{#{label}}}\n\n{table_markdown(table)}\n{escaped(table.caption)}\n\n:::::"


def _picture(figure: TrustFigure) -> str:
    """Return a figure with its number and caption, the picture as data."""
    ((kind, value),) = Figure(_svg(figure))._repr_mimebundle_().items()
    data = value if kind == "image/png" else base64.b64encode(value.encode("utf-8")).decode("ascii")
    said = escaped(f"{figure.heading}. {figure.caption}")
    picture = f"![{escaped(figure.heading)}](data:{kind};base64,{data}){{width={_MOST_INCHES}in}}"
    return f"::::: {{#fig-trust-{figure.name}}}\n\n{picture}\n\n{said}\n\n:::::"


def _svg(figure: TrustFigure) -> str:
    from metamsc.plots.save import figure_bytes

    drawn = figure.drawing().get_figure(root=True)
    assert drawn is not None  # noqa: S101 - our drawing functions return axes of a figure
    return figure_bytes(drawn, "svg", title=figure.heading).decode("utf-8")
