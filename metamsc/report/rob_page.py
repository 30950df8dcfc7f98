"""The figures of the risk of bias in a report: traffic lights and shares, where anybody judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from metamsc.report.shown import Figure, Prose
from metamsc.report.stack import stack_svgs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult


def show_risk_of_bias_figures(result: AnalysisResult) -> Figure | Prose:
    """Draw the judgements by study and domain, and their shares; nothing where nobody judged."""
    from metamsc.plots.risk_of_bias import draw_rob_summary, draw_traffic_light
    from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels

    if not result.risk_of_bias:
        return Prose("")
    panels = risk_of_bias_panels(result)
    if not any(row.is_assessed for panel in panels for row in panel.rows):
        return Prose("")
    drawings: list[tuple[str, Callable[[], Axes]]] = [
        ("By study and domain", partial(draw_traffic_light, panels)),
        ("Shares of the studies", partial(draw_rob_summary, panels)),
    ]
    if all(row.weight_percent is not None for panel in panels for row in panel.rows):
        drawings.append(
            ("Shares of the weight in the pool", partial(draw_rob_summary, panels, weighted=True))
        )
    parts = [(heading, _svg(drawing(), heading)) for heading, drawing in drawings]
    return Figure(stack_svgs(parts, "Risk of bias of the pooled studies by study and domain, and as shares."))


def _svg(ax: Axes, heading: str) -> str:
    from metamsc.plots.save import figure_bytes

    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
    return figure_bytes(figure, "svg", title=heading).decode("utf-8")
