"""What a chunk of a report shows: one kind of content, with the one MIME type that a renderer takes it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.tables.table import Table


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown: sentences, lists, callouts."""

    markdown: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/markdown": self.markdown}


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as HTML; its caption stands in the document."""

    table: Table

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"text/html": self.table.to_html(caption=False)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as SVG, its description as the SVG's title."""

    svg: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {"image/svg+xml": self.svg}


def draw(result: AnalysisResult, drawing: Callable[[AnalysisResult], Axes], alt: str) -> Figure:
    """Draw a figure and keep it as SVG with a description for those who do not see it."""
    from metamsc.plots.save import figure_bytes

    figure = drawing(result).get_figure(root=True)
    assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
    return Figure(figure_bytes(figure, "svg", title=alt).decode("utf-8"))
