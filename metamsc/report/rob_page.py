"""Risk of bias in a report: who has judged, a table per tool, traffic lights and shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from metamsc.analysis.grade_bias import NOT_ASSESSED
from metamsc.report.evidence_words import listed
from metamsc.report.shown import Figure, Prose, numbered
from metamsc.report.stack import stack_svgs
from metamsc.tables.risk_of_bias import risk_of_bias_tables
from metamsc.tables.write_text import escape_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.grade_bias import BiasAssessment
    from metamsc.analysis.result import AnalysisResult

_WHY = (
    "whether a study was run and reported so that its result can be believed cannot be read off the numbers "
    "on this page. A judgement is made by people who have read the paper; each record has a place for it, "
    "with its reasons (`risk_of_bias`)."
)


def show_risk_of_bias(result: AnalysisResult) -> Prose:
    """Show the risk of bias of the pooled studies, a table per tool, and say who is not judged yet."""
    judged = [item for item in result.risk_of_bias if _is_judged(item)]
    open_ = [item.label for item in result.risk_of_bias if not _is_judged(item)]
    parts = []
    if open_:
        parts.append(f"{escape_markdown(_said(open_, len(judged)))} {_WHY}\n")
    tools = {item.tool for item in judged}
    parts.extend(
        numbered(table, escape_markdown(table.caption)).markdown
        for table in risk_of_bias_tables(result)
        if table.name.removeprefix("risk-of-bias-") in tools
    )
    return Prose("\n".join(parts))


def _said(open_: list[str], judged: int) -> str:
    """Say whose risk of bias nobody has judged."""
    if judged:
        return f"The risk of bias is not judged yet of {listed(open_)}:"
    if len(open_) == 1:
        return f"Nobody has judged the risk of bias of the one study yet ({open_[0]}):"
    return f"Nobody has judged the risk of bias of the {len(open_)} pooled studies yet:"


def _is_judged(item: BiasAssessment) -> bool:
    return bool(item.domains) or item.overall != NOT_ASSESSED


def show_risk_of_bias_figures(result: AnalysisResult) -> Figure | Prose:
    """Draw the judgements by study and domain, and their shares; nothing where nobody judged."""
    from metamsc.plots.planned import planned_figures
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
        shares = ("Shares of the weight in the pool", partial(draw_rob_summary, panels, weighted=True))
        # a plan that wants weights has them first, and the numbers of studies after them
        drawings.insert(1 if planned_figures(result).get("weighted") else 2, shares)
    parts = [(heading, _svg(drawing(), heading)) for heading, drawing in drawings]
    return Figure(stack_svgs(parts, "Risk of bias of the pooled studies by study and domain, and as shares."))


def _svg(ax: Axes, heading: str) -> str:
    from metamsc.plots.save import figure_bytes

    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
    return figure_bytes(figure, "svg", title=heading).decode("utf-8")
