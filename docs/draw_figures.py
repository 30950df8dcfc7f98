"""Draw the figures that the README and the docs show: `make figures`. Of shipped records, but where said."""

from dataclasses import replace
from pathlib import Path

import metamsc as mm
from metamsc.analysis.csv import pool_csv
from metamsc.analysis.csv_result import csv_result
from metamsc.plots.judgements import RobProfile
from metamsc.plots.preset import forest_preset
from metamsc.plots.risk_of_bias import draw_rob_summary, draw_traffic_light
from metamsc.plots.risk_of_bias_layout import RobPanel, risk_of_bias_panels
from metamsc.records.rob_tools import SCHEMES
from metamsc.report.plot_kinds import PlotRequest, draw_kind

FOLDER = "docs/figures"
BCG, HBA1C, PLANS = Path("examples/bcg.csv"), Path("analyses/hba1c"), Path("analyses")
JAMA_LEFT = ("label", "ablat", "arms", "estimate")
VACCINE = "BCG vaccine against tuberculosis"
MODELS = ("bayes", "paule-mandel")
DRAWN = {
    "bubble": PlotRequest(source=BCG, title=VACCINE, outcome="tuberculosis", flags={"mods": "ablat"}),
    "coefficients": PlotRequest(source=BCG, title=VACCINE, flags={"mods": "ablat + year + alloc"}),
    "caterpillar": PlotRequest(source=BCG, title=VACCINE, outcome="tuberculosis"),
    "radial": PlotRequest(source=BCG, title=VACCINE, outcome="tuberculosis"),
    "orchard": PlotRequest(source=BCG, title=VACCINE, outcome="tuberculosis", flags={"by": "alloc"}),
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
judged = [invented(panel) for panel in risk_of_bias_panels(result)]
title = "Invented judgements, to show the figure"
mm.write_figure(draw_traffic_light(judged, title=title), f"{FOLDER}/traffic-light", formats=["png"])
mm.write_figure(draw_rob_summary(judged, title=title), f"{FOLDER}/rob-summary", formats=["png"])

bcg = csv_result(
    pool_csv(BCG, by="alloc"),
    title="BCG vaccine against tuberculosis, by allocation",
    outcome="tuberculosis",
    lower_is_better=True,
    treatment="BCG",
    control="control",
)
by_source = mm.run(mm.read_spec(HBA1C).with_flags(by="msc_source"), records)
levels = SCHEMES["rob2"].levels
profiles = {
    row.study_id: RobProfile("rob2", tuple(levels[(2 * n + d) % 3] for d in range(5)), levels[n % 3])
    for n, row in enumerate(result.table.rows)
}
for name, axes in {
    "forest-bmj": mm.draw_forest(bcg, preset=forest_preset("bmj", sort="-weight", prediction="density")),
    "forest-jama": mm.draw_forest(bcg, preset=forest_preset("jama", left=JAMA_LEFT)),
    "forest-revman": mm.draw_forest(replace(result, title=title), preset="revman", rob=profiles),
    "forest-dark": mm.draw_forest(by_source, preset=forest_preset(dark=True), models=MODELS),
}.items():
    mm.write_figure(axes, f"{FOLDER}/{name}", formats=["png"])
