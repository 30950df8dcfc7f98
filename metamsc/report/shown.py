"""What a chunk of a report shows: one kind of content, with the one MIME type that a renderer takes it by."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.report.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.tables.table import Table

FORMAT_VARIABLE = "QUARTO_FIG_FORMAT"
"""Set by quarto for the kernel: the `fig-format` of the format it renders."""
_PIXELS = frozenset({"png", "retina", "jpeg"})


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown: sentences, lists, callouts. Empty, it gives no output at all, not even a caption."""

    markdown: str

    def _ipython_display_(self) -> None:
        if self.markdown:
            raise NotImplementedError  # IPython's way to ask for what stands below

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/markdown": self.markdown}


def table_markdown(table: Table) -> str:
    """Return a table for a Markdown document: its rows as raw HTML, the lines around them as text.

    For a PDF and a docx quarto reads a table that stands as raw HTML, and drops every other HTML. A table
    without rows is the sentence that stands for it.
    """
    if table.rows:
        rows = f"```{{=html}}\n{replace(table, lead=(), notes=()).to_html(caption=False)}```"
        parts = [_lines(table.lead, ".mm-notes .mm-before"), rows, _lines(table.notes, ".mm-notes")]
    else:
        parts = [escaped(table.empty), _lines(table.notes, ".mm-notes")]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(lines: Sequence[str], classes: str) -> str:
    inside = "\n\n".join(escaped(line) for line in lines)
    return f"::: {{{classes}}}\n{inside}\n:::" if inside else ""


def folded(title: str, content: Prose) -> Prose:
    """Return what stands behind a line to be opened; nothing for nothing."""
    if not content.markdown:
        return content
    return Prose(f'::: {{.callout-note collapse="true" title="{title}"}}\n\n{content.markdown}\n:::\n')


def numbered(table: Table, caption: str) -> Prose:
    """Return a table with its number and caption, or the sentence that stands for an empty one without them.

    For a chunk that has no label of its own: a label gives a caption to whatever the chunk shows.
    """
    if not table.rows:
        return Prose(table_markdown(table))
    return Prose(f"::::: {{#tbl-{table.name}}}\n\n{table_markdown(table)}\n{caption}\n:::::\n")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as SVG, its description as the SVG's title.

    As PNG where quarto asks for pixels: it prefers SVG whatever is offered, and Word does not draw it.
    """

    svg: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        if os.environ.get(FORMAT_VARIABLE) not in _PIXELS:
            return {"image/svg+xml": self.svg}
        from metamsc.report.pdf import svg_to_png

        data = svg_to_png(self.svg.encode("utf-8"), source=Path("figure"))
        return {"image/png": base64.b64encode(data).decode("ascii")}


def draw(result: AnalysisResult, drawing: Callable[[AnalysisResult], Axes], alt: str) -> Figure:
    """Draw a figure and keep it as SVG with a description for those who do not see it."""
    from metamsc.plots.save import figure_bytes

    figure = drawing(result).get_figure(root=True)
    assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
    return Figure(figure_bytes(figure, "svg", title=alt).decode("utf-8"))
