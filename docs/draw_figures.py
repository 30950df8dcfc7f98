"""Draw the figures that the README and the docs show: `make figures`. Of shipped records, but where said."""

from dataclasses import replace
from pathlib import Path

import metamsc as mm
from metamsc.plots.judgements import SCHEMES
from metamsc.plots.risk_of_bias import draw_rob_summary, draw_traffic_light
from metamsc.plots.risk_of_bias_layout import RobPanel, panels_of
from metamsc.report.plot_kinds import PlotRequest, draw_kind

FOLDER = "docs/figures"
BCG, HBA1C, PLANS = Path("examples/bcg.csv"), Path("analyses/hba1c"), Path("analyses")
DRAWN = {
    "bubble": PlotRequest(source=BCG, flags={"mods": "ablat"}),
    "coefficients": PlotRequest(source=BCG, flags={"mods": "ablat + year + alloc"}),
    "caterpillar": PlotRequest(source=BCG),
    "orchard": PlotRequest(source=BCG, flags={"by": "alloc"}),
    "dose-response": PlotRequest(source=HBA1C),
    "flow": PlotRequest(source=HBA1C),
    "evidence-map": PlotRequest(source=PLANS, least=2),
    "translation": PlotRequest(source=PLANS),
}


def invented(panel: RobPanel) -> RobPanel:
    """Return a panel with judgements that nobody made."""
    levels = SCHEMES[panel.scheme.tool].levels
    rows = []
    for number, row in enumerate(panel.rows):
        judged = [levels[(2 * number + column) % 3] for column in range(len(panel.columns))]
        rows.append(replace(row, judgements=(*judged[:-2], None, judged[-1])))
    return replace(panel, rows=tuple(rows))


records = mm.read_records("data/extractions")
result = mm.run(mm.read_spec(HBA1C), records)
mm.write_figure(mm.draw_forest(result), f"{FOLDER}/hba1c-forest", formats=["svg"])
for kind, request in DRAWN.items():
    mm.write_figure(draw_kind(kind, request), f"{FOLDER}/{kind}", formats=["png"])
judged = [invented(panel) for panel in panels_of(result)]
title = "Invented judgements, to show the figure"
mm.write_figure(draw_traffic_light(judged, title=title), f"{FOLDER}/traffic-light", formats=["png"])
mm.write_figure(draw_rob_summary(judged, title=title), f"{FOLDER}/rob-summary", formats=["png"])
