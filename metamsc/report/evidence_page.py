"""What the index shows of all records: where there is evidence and where none, and the flow of the review."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from metamsc.analysis.evidence_map import SETTINGS, EvidenceMap, map_evidence
from metamsc.analysis.flow import FlowFile, make_flow
from metamsc.report.svg import inline_svg
from metamsc.tables.labels import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.records.studies import Studies

LEAST = 2
"""Outcomes of fewer cohorts have no row in the maps of the index; the captions name them."""
_WHERE = {"clinical": "people", "preclinical": "animals"}
_LEAD = (
    "Every outcome, type of diabetes and source of cells that the records know: filled where controlled "
    "numbers are, in brackets where there is something else, empty where there is nothing."
)


def evidence_section(records: Studies, found: FlowFile | None = None) -> str:
    """Return the section with an evidence map for each setting and the flow, as HTML; "" without records.

    Parameters
    ----------
    records : Studies
    found : FlowFile, optional
        Numbers of the search, from :func:`metamsc.analysis.flow.read_flow`.
    """
    from metamsc.plots.evidence_map import draw_evidence_map
    from metamsc.plots.prisma_flow import draw_flow

    if not len(records):
        return ""
    maps = [map_evidence(records, setting) for setting in SETTINGS]
    figures = [
        _figure(
            f"In {_WHERE[evidence.setting]}: {plural(evidence.n_cohorts, 'cohort')}",
            draw_evidence_map(evidence, least=least),
            f"evidence-{evidence.setting}",
            _alt(evidence),
        )
        for evidence in maps
        if (least := _least(evidence))
    ]
    flow = make_flow(records, found=found)
    said = (
        f"Flow of the review: {plural(flow.studies, 'study', 'studies')} in {plural(flow.reports, 'report')}."
    )
    figures.append(_figure("How the records came together", draw_flow(flow), "flow", said))
    heading = "<h2>Where there is evidence, and where there is none</h2>"
    return f"<section>{heading}<p>{escape(_LEAD)}</p>{''.join(figures)}</section>"


def _least(evidence: EvidenceMap) -> int:
    """Return from how many cohorts on an outcome has a row: 1 where none has more, 0 for an empty map."""
    if not evidence.outcomes:
        return 0
    return LEAST if any(evidence.n_of(key) >= LEAST for key, _ in evidence.outcomes) else 1


def _alt(evidence: EvidenceMap) -> str:
    most = ", ".join(label for _, label in evidence.outcomes[:3])
    return (
        f"Evidence map in {_WHERE[evidence.setting]}: {plural(evidence.n_cohorts, 'cohort')}, "
        f"{plural(len(evidence.outcomes), 'outcome')}, most on {most}; "
        f"{evidence.n_gaps} combinations without any study."
    )


def _figure(title: str, ax: Axes, prefix: str, alt: str) -> str:
    from metamsc.plots.save import figure_bytes

    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - our drawing functions return axes of a figure
    svg = inline_svg(figure_bytes(figure, "svg", title=alt).decode("utf-8"), prefix)
    opened = " open" if prefix == f"evidence-{SETTINGS[0]}" else ""
    drawn = f'<div class="mm-figure" tabindex="0">{svg}</div>'
    return f"<details{opened}><summary>{escape(title)}</summary>{drawn}</details>"
