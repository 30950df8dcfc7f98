"""The figure of effects over doses of cells in a report, where enough studies say a dose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.shown import Figure, Prose, draw
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

FEWEST = 2
"""Below so many doses there is nothing to compare."""


def show_doses(result: AnalysisResult) -> Figure | Prose:
    """Draw effects over doses, per kg of body weight or per recipient as the plan has it."""
    from metamsc.analysis.doses import dose_response
    from metamsc.plots.dose_response import draw_dose_response
    from metamsc.plots.planned import planned_figures

    if not result.strata:
        return Prose("")
    found = dose_response(result, per=planned_figures(result).get("doses", "kg"))
    if len(found.points) < FEWEST:
        return Prose("")
    alt = f"Effect over the dose of cells in {plural(len(found.points), 'study', 'studies')}."
    return draw(result, lambda drawn: draw_dose_response(found, drawn.scale), alt)
