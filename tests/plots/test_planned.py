"""What a plan says of its figures is what is drawn, unless something else is asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.dark import PAGE
from metamsc.plots.planned import planned_figures, planned_forest
from metamsc.report import outputs
from metamsc.report.plot_kinds import PlotRequest, draw_kind
from tests.plots.conftest import sensitivity_of

ROOT = Path(__file__).parents[2]
FIGURES: dict[str, Any] = {
    "dark": True,
    "width": 100.0,
    "doses": "recipient",
    "weighted": True,
    "forest": {
        "preset": "jama", "left": None, "right": ["estimate", "year"], "sort": "-year", "studies": True,
        "prediction": "diamond", "models": ["s1"], "limits": [-3.0, 2.0],
    },
}  # fmt: skip


@pytest.fixture
def planned(md_result: AnalysisResult) -> AnalysisResult:
    return replace(sensitivity_of(md_result), spec={"figures": FIGURES})


def test_a_plan_that_says_nothing_gives_the_usual_look(md_result: AnalysisResult) -> None:
    for spec in ({}, {"figures": None}):
        result = replace(md_result, spec=spec)
        look = planned_forest(result)
        assert planned_figures(result) == {}
        assert (look.preset.name, look.preset.is_dark, look.limits, look.models) == (
            "plain",
            False,
            None,
            None,
        )


def test_the_plan_is_the_look(planned: AnalysisResult) -> None:
    look = planned_forest(planned)
    assert (look.preset.name, look.preset.is_dark, look.preset.sort) == ("jama", True, "-year")
    assert look.preset.right == ("estimate", "year")
    assert look.preset.left == ("label", "arms")
    assert look.preset.width == 100.0
    assert (look.preset.prediction, look.limits, look.models) == ("diamond", (-3.0, 2.0), ("s1",))


def test_what_is_asked_for_goes_before_the_plan(planned: AnalysisResult) -> None:
    look = planned_forest(planned, preset="bmj", dark=False, sort="", models=(), limits=(-1.0, 1.0))
    assert (look.preset.name, look.preset.is_dark, look.preset.sort) == ("bmj", False, "")
    assert look.preset.right == ("weight", "estimate", "rob")  # another preset has its own columns
    assert (look.limits, look.models) == ((-1.0, 1.0), None)
    assert planned_forest(planned, left=["label"], studies=False).preset.left == ("label",)
    assert planned_forest(planned, width=85.0).preset.width == 85.0
    page = planned_forest(planned, on_page=True).preset
    assert (page.name, page.is_dark, page.width) == ("jama", False, None)


def test_run_writes_what_is_planned(
    planned: AnalysisResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, Any] = {}

    def kept(axes: Any, stem: Path, **_: Any) -> tuple[Path, ...]:
        drawn[stem.name] = axes
        return ()

    monkeypatch.setattr(outputs, "write_figure", kept)
    outputs.write_outputs(planned, tmp_path)
    pages = {name: to_hex(axes.get_figure(root=True).get_facecolor()) for name, axes in drawn.items()}
    assert pages == dict.fromkeys(("forest", "funnel", "sensitivity"), to_hex(PAGE))
    width = drawn["funnel"].get_figure(root=True).get_figwidth()
    assert width == pytest.approx(100.0 / 25.4, rel=1e-12)  # one division and one product
    assert tuple(drawn["forest"].get_xlim()) == (-3.0, 2.0)


def test_plot_draws_what_is_planned(tmp_path: Path) -> None:
    text = (ROOT / "analyses/hba1c/analysis.yml").read_text("utf-8")
    folder = tmp_path / "hba1c"
    folder.mkdir()
    (folder / "analysis.yml").write_text(
        text + "figures: {dark: true, width: 110, doses: recipient}\n", "utf-8"
    )
    records = str(ROOT / "data/extractions")
    axes = draw_kind("orchard", PlotRequest(source=folder, records=records))
    figure = axes.get_figure(root=True)
    assert figure is not None
    assert to_hex(figure.get_facecolor()) == to_hex(PAGE)
    assert figure.get_figwidth() == pytest.approx(110.0 / 25.4, rel=1e-12)
    other = PlotRequest(source=folder, records=records, dark=False, width=150.0, per="kg")
    assert other.as_planned().per == "kg"
    assert PlotRequest(source=folder).as_planned().per == "recipient"
    light = draw_kind("orchard", other).get_figure(root=True)
    assert light is not None
    assert to_hex(light.get_facecolor()) == "#ffffff"
    lights = draw_kind("traffic-light", PlotRequest(source=folder, records=records)).get_figure(root=True)
    assert lights is not None
    assert lights.get_figwidth() == pytest.approx(110.0 / 25.4, rel=1e-12)
