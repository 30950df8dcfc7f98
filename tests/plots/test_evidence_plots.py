"""Risk of bias, evidence map, flow, translation and the dark look: right judgements, numbers and gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch, Rectangle
from matplotlib.text import Text

from metamsc.analysis.evidence_map import EvidenceCell, EvidenceMap, map_evidence
from metamsc.analysis.flow import Flow, FlowFile, SearchFlow, make_flow
from metamsc.analysis.grade_bias import NOT_ASSESSED, BiasAssessment
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.translation import TranslationRow
from metamsc.checks.read import read_records
from metamsc.errors import InputError
from metamsc.models.results import Interval
from metamsc.plots import style
from metamsc.plots.dark import PAGE, darken
from metamsc.plots.evidence_map import draw_evidence_map
from metamsc.plots.evidence_map_layout import evidence_map_layout
from metamsc.plots.judgements import LOOKS
from metamsc.plots.orchard import draw_orchard
from metamsc.plots.prisma_flow import draw_flow
from metamsc.plots.prisma_flow_layout import NOT_RECORDED, FlowBox, flow_layout
from metamsc.plots.risk_of_bias import draw_rob_summary, draw_traffic_light
from metamsc.plots.risk_of_bias_layout import RobPanel, panels_of_studies, risk_of_bias_panels
from metamsc.plots.save import figure_bytes
from metamsc.plots.translation import draw_translation
from metamsc.plots.translation_layout import translation_layout
from metamsc.records.rob_tools import SCHEMES
from metamsc.records.studies import Studies
from tests.plots.conftest import make_result, mean_row
from tests.plots.extents import cut_off, overlapping
from tests.plots.images import reference_image
from tests.plots.test_forest_drawing import figure_of
from tests.plots.test_regression_plots import place

ROOT = Path(__file__).parents[2]
DOMAINS = {tool: [domain.name for domain in scheme.domains] for tool, scheme in SCHEMES.items()}


def assessed(study_id: str, tool: str, judgements: list[str], overall: str = NOT_ASSESSED) -> BiasAssessment:
    """An assessment with one judgement per domain; "" judges none."""
    domains = tuple((name, word, "") for name, word in zip(DOMAINS[tool], judgements, strict=True) if word)
    return BiasAssessment(
        study_id=study_id,
        label=f"Study {study_id}",
        tool=tool,
        about="",
        overall=overall,
        domains=domains,
        assessed_by="",
    )


@pytest.fixture
def judged() -> AnalysisResult:
    """Three pooled studies: two trials, one of them judged in part, and one of another design."""
    rows = [
        mean_row(name, "T1D", (n, 7.0, 1.0), (n, 7.5, 1.0)) for name, n in (("a", 10), ("b", 40), ("c", 20))
    ]
    return replace(
        make_result(rows),
        risk_of_bias=(
            assessed("a", "rob2", ["low", "some concerns", "high", "", "low"], "high"),
            assessed("b", "rob2", ["low", "low", "low", "no information", "low"], "some concerns"),
            assessed("c", "robins-i-v2", ["serious", "moderate", "low", "critical", "low", "low"]),
        ),
    )


def marks(figure: Figure, kind: type[Patch]) -> dict[str, Patch]:
    return {str(a.get_gid()): a for a in figure.findobj(kind) if isinstance(a, kind) and a.get_gid()}


def test_a_disc_per_study_and_domain_in_the_colour_of_its_judgement(judged: AnalysisResult) -> None:
    panels = risk_of_bias_panels(judged)
    assert [panel.scheme.tool for panel in panels] == ["rob2", "robins-i-v2"]
    assert [len(panel.columns) for panel in panels] == [
        6,
        7,
    ]  # five domains and six, and the overall judgement
    found = marks(figure_of(draw_traffic_light(panels)), Ellipse)
    for panel in panels:
        for row in panel.rows:
            for (code, _), judgement in zip(panel.columns, row.judgements, strict=True):
                if judgement is None:
                    assert f"none:{row.study_id}:{code}" in found
                else:
                    disc = found[f"rob:disc:{row.study_id}:{code}"]
                    assert colors.to_hex(disc.get_facecolor()).upper() == LOOKS[judgement].fill
    assert len([name for name in found if "legend:" not in name]) == 6 + 6 + 7


def test_shares_by_studies_and_by_weight(judged: AnalysisResult) -> None:
    (trials, other) = risk_of_bias_panels(judged)
    first = {part.judgement: part.percent for part in trials.shares()[2]}
    assert first == {"low": 50.0, "high": 50.0}  # D3: one high, one low
    fourth = {part.judgement: part.percent for part in trials.shares()[3]}
    assert fourth == {"no information": 50.0, NOT_ASSESSED: 50.0}  # never taken for low
    # vi = 2/n: weights are as 10 to 40, so 20 % and 80 % of the two trials (tau2 is 0: equal effects)
    weighted = {part.judgement: part.percent for part in trials.shares(weighted=True)[2]}
    assert weighted == {"low": pytest.approx(80.0, rel=1e-9), "high": pytest.approx(20.0, rel=1e-9)}
    for shares in (trials.shares(), trials.shares(weighted=True), other.shares()):
        for parts in shares:
            assert sum(part.percent for part in parts) == pytest.approx(100.0, rel=1e-12)
    assert [part.judgement for part in other.shares()[-1]] == [NOT_ASSESSED]


def test_bars_are_as_wide_as_their_shares(judged: AnalysisResult) -> None:
    found = marks(figure_of(draw_rob_summary(risk_of_bias_panels(judged))), Rectangle)
    low, high = found["rob:bar:rob2:D3:low"], found["rob:bar:rob2:D3:high"]
    assert isinstance(low, Rectangle)
    assert isinstance(high, Rectangle)
    assert low.get_width() == pytest.approx(140.0)
    assert high.get_x() == pytest.approx(low.get_x() + low.get_width())


def test_without_a_common_pool_there_are_no_weights(judged: AnalysisResult) -> None:
    apart = make_result(
        [mean_row("a", "T1D", (9, 7, 1), (9, 8, 1)), mean_row("b", "T2D", (9, 7, 1), (9, 8, 1))],
        overall=False,
    )
    panels = risk_of_bias_panels(replace(apart, risk_of_bias=judged.risk_of_bias[:2]))
    draw_rob_summary(panels)
    with pytest.raises(InputError, match="in none"):
        draw_rob_summary(panels, weighted=True)


def test_a_domain_the_tool_does_not_have_is_named_not_drawn(judged: AnalysisResult) -> None:
    odd = replace(
        judged.risk_of_bias[0],
        domains=(("Luck", "low", ""), ("D1", "high", ""), ("1. randomisation", "low", "")),
    )
    (panel, _) = risk_of_bias_panels(replace(judged, risk_of_bias=(odd, *judged.risk_of_bias[1:])))
    assert panel.rows[0].judgements == ("high", None, None, None, None, "high")
    assert len(panel.problems) == 2
    figure = figure_of(draw_traffic_light([panel]))
    words = " ".join(text.get_text() for text in figure.texts)
    assert "'Luck'" in words


def test_syrcle_has_ten_items_and_no_overall_judgement() -> None:
    result = make_result([mean_row("a", "T1D", (9, 7, 1), (9, 8, 1))])
    item = assessed("a", "syrcle", ["unclear"] * 10)
    (panel,) = risk_of_bias_panels(replace(result, risk_of_bias=(item,)))
    assert [code for code, _ in panel.columns] == [f"D{n}" for n in range(1, 11)]


def test_shipped_records_are_not_assessed_and_say_so() -> None:
    """Nobody has judged the shipped trials: the figure must not look as if somebody had."""
    records = read_records(ROOT / "data" / "extractions")
    panels = panels_of_studies([records.study(name) for name in ("cai-2016", "zang-2022")], "hba1c")
    assert [row.is_assessed for panel in panels for row in panel.rows] == [False, False]
    figure = figure_of(draw_traffic_light(panels))
    assert not [gid for gid in marks(figure, Ellipse) if gid.startswith("rob:")]
    assert any("none assessed" in text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


def test_nothing_to_judge_is_said() -> None:
    for act in (
        lambda: panels_of_studies([], "hba1c"),
        lambda: draw_traffic_light([]),
        lambda: draw_rob_summary([]),
    ):
        with pytest.raises(InputError, match="nothing to judge"):
            act()
    with pytest.raises(InputError, match="nothing to judge"):
        risk_of_bias_panels(make_result([mean_row("a", "T1D", (9, 7, 1), (9, 8, 1))]))


@reference_image("traffic-light")
def test_traffic_light_looks_as_it_did(judged: AnalysisResult) -> Figure:
    return figure_of(draw_traffic_light(risk_of_bias_panels(judged), title="Invented judgements"))


@reference_image("rob-summary-dark")
def test_rob_summary_looks_as_it_did(judged: AnalysisResult) -> Figure:
    ax = draw_rob_summary(risk_of_bias_panels(judged), weighted=True, title="Invented judgements")
    darken(ax)
    return figure_of(ax)


def small_map() -> EvidenceMap:
    def cell(outcome: str, source: str, **lists: tuple[str, ...]) -> EvidenceCell:
        given = {"controlled": (), "uncontrolled": (), "without_numbers": (), **lists}
        n = len(given["controlled"])
        return EvidenceCell(
            outcome=outcome,
            diabetes_type="T1D",
            msc_source=source,
            participants=21 * n,
            unknown_sizes=0,
            **given,
        )

    return EvidenceMap(
        setting="clinical",
        outcomes=(("hba1c", "HbA1c"), ("death", "Death"), ("rare", "Rare outcome")),
        diabetes_types=("T1D", "T2D"),
        msc_sources=("bone-marrow", "adipose"),
        cells=(
            cell("hba1c", "bone-marrow", controlled=("a", "b")),
            cell("hba1c", "adipose", uncontrolled=("c",), without_numbers=("d", "e")),
            cell("death", "bone-marrow", without_numbers=("a", "b")),
            cell("rare", "adipose", controlled=("c",)),
        ),
        n_cohorts=5,
    )


def test_every_place_of_the_map_is_a_cell_or_a_gap() -> None:
    found = small_map()
    layout = evidence_map_layout(found)
    assert len(layout.cells) == 3 * 2 * 2
    counts = {place.key: (place.count, place.size) for place in layout.cells if place.cell is not None}
    assert counts[("hba1c", "T1D", "bone-marrow")] == ("2", "42")
    assert counts[("hba1c", "T1D", "adipose")] == ("(3)", "")
    assert sum(place.cell is None for place in layout.cells) == found.n_gaps == 8
    drawn = marks(figure_of(draw_evidence_map(found)), Rectangle)
    assert sum(gid.startswith("gap:") for gid in drawn) == 8
    assert {gid for gid in drawn if gid.startswith("cell:")} == {f"cell:{':'.join(key)}" for key in counts}


def test_rare_outcomes_are_named_where_they_have_no_row() -> None:
    layout = evidence_map_layout(small_map(), least=2)
    assert [label for _, label in layout.rows] == ["HbA1c", "Death"]
    assert layout.caption[-1] == "Not shown, fewer than 2 cohorts: rare outcome."
    with pytest.raises(InputError, match="9 cohorts"):
        evidence_map_layout(small_map(), least=9)


def test_sizes_that_are_not_printed_say_so() -> None:
    found = small_map()
    open_size = replace(found.cells[0], participants=42, unknown_sizes=1)
    unknown = replace(found.cells[3], participants=0, unknown_sizes=1)
    layout = evidence_map_layout(replace(found, cells=(open_size, *found.cells[1:3], unknown)))
    assert [place.size for place in layout.cells if place.size] == ["≥42", "?"]


@reference_image("evidence-map")
def test_evidence_map_looks_as_it_did() -> Figure:
    return figure_of(draw_evidence_map(small_map(), title="Invented evidence"))


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_the_map_of_the_shipped_records_fits_its_page(setting: str) -> None:
    found = map_evidence(read_records(ROOT / "data" / "extractions"), setting)
    figure = figure_of(draw_evidence_map(found, title="Evidence"))
    assert cut_off(figure) == []
    assert overlapping(figure) == []


SEARCH = {
    "schema": 1,
    "identified": {
        "databases": {"PubMed": 812, "A database with a name so long that it has to be broken into lines": 1},
        "registers": {"ClinicalTrials.gov": 55},
        "other": {"Citation searching": 12},
    },
    "removed_before_screening": {"Duplicates": 68},
    "screened": 800,
    "excluded_at_screening": 700,
    "sought": 100,
    "assessed": 90,
    "excluded_reports": {f"Reason number {n} that is given in many words": n for n in range(1, 9)},
    "other_methods": {"sought": 12, "not_retrieved": 0, "assessed": 12, "excluded_reports": {"Duplicate": 3}},
}


def flows() -> Iterator[Flow]:
    records = Studies()
    yield make_flow(records)
    yield replace(
        make_flow(records, found=FlowFile(SearchFlow.model_validate(SEARCH))), studies=40, reports=50
    )
    yield Flow(
        search=None, setting="clinical", studies=56, reports=60, analysis="HbA1c " * 20, pooled_studies=4,
        pooled_reports=5,
        not_pooled=tuple((f"a reason of many words, number {n}", n) for n in range(12, 0, -1)),
    )  # fmt: skip


def apart(a: FlowBox, b: FlowBox) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


@pytest.mark.parametrize("flow", list(flows()), ids=["nothing recorded", "everything recorded", "analysis"])
def test_boxes_never_overlap_and_hold_their_text(flow: Flow) -> None:
    layout = flow_layout(flow)
    for a, b in combinations(layout.boxes, 2):
        assert apart(a, b), (a.name, b.name)
    for box in layout.boxes:
        assert box.x >= 0.0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
        assert style.text_height(len(box.lines)) <= box.height
        assert max(style.text_width(line) for line in box.lines) <= box.width
    figure = figure_of(draw_flow(flow, title="Flow"))
    assert cut_off(figure) == []
    assert overlapping(figure) == []
    ax = figure.axes[0]
    drawn = {str(text.get_gid()): text for text in ax.texts}
    for box in layout.boxes:
        for number in range(len(box.lines)):
            text = drawn[f"text:{box.name}:{number}"]
            ends = ax.transData.inverted().transform(text.get_window_extent().get_points())
            assert box.x <= ends[0][0]
            assert ends[1][0] <= box.x + box.width


def test_what_nobody_recorded_says_so() -> None:
    nothing, everything, _ = flows()
    layout = flow_layout(nothing)
    unknown = [box for box in layout.boxes if not box.recorded]
    assert {box.name for box in unknown} == {
        "identified", "removed", "screened", "excluded", "sought", "not-retrieved", "assessed",
        "excluded-reports",
    }  # fmt: skip
    assert all(NOT_RECORDED in " ".join(box.lines).replace("(", "") for box in unknown)
    assert "other-identified" not in {box.name for box in layout.boxes}
    full = flow_layout(everything)
    assert [box.name for box in full.boxes if not box.recorded] == ["not-retrieved"]
    assert full.box("screened").lines == ("Records screened (n\u00a0=\u00a0800)",)
    assert any(
        "Does not add up" in line for line in full.caption
    )  # 800 screened, 700 excluded, but 90 - 36 ...


def test_arrows_lead_from_box_to_box() -> None:
    for flow in flows():
        layout = flow_layout(flow)
        names = {box.name for box in layout.boxes}
        reached = {arrow.end for arrow in layout.arrows}
        assert names - reached == {"identified"} | ({"other-identified"} & names)


@reference_image("flow")
def test_flow_looks_as_it_did() -> Figure:
    _, everything, _ = flows()
    return figure_of(draw_flow(everything, title="Invented search"))


def translated(setting: str, theme: str, estimate: float | None, half: float = 1.0) -> TranslationRow:
    ends = None if estimate is None else Interval(estimate - half, estimate + half)
    return TranslationRow(
        theme=theme, setting=setting, outcome_label=f"{theme} of some kind", stratum="T1D",
        analysis=f"{setting}-{theme}",
        k=0 if estimate is None else 3, participants=41.5, estimate=estimate, ci=ends, pi=ends, measure="SMD",
        note="" if estimate is not None else "no SMD: Lee 2006",
    )  # fmt: skip


ROWS = (
    translated("clinical", "Blood glucose", 0.5),
    translated("preclinical", "Blood glucose", 1.5),
    translated("clinical", "Wounds", -0.3, 40.0),
    translated("preclinical", "Kidney", None),
)


def test_settings_stand_side_by_side_and_gaps_are_seen() -> None:
    layout = translation_layout(ROWS)
    known = {(cell.setting, cell.theme): cell for cell in layout.cells}
    assert known["clinical", "Blood glucose"].y == known["preclinical", "Blood glucose"].y
    assert known["preclinical", "Wounds"].words == ("no analysis",)
    assert known["preclinical", "Kidney"].words == ("Kidney of some kind", "not computable")
    assert known["clinical", "Blood glucose"].effect == "0.50 (−0.50 to 1.50)"
    assert "Kidney of some kind: no SMD: Lee 2006." in layout.caption
    figure = figure_of(draw_translation(ROWS))
    drawn = {str(line.get_gid()): line for line in figure.axes[0].lines if line.get_gid()}
    # one scale on both sides: 1.5 is three times as far from its zero as 0.5
    far, near = (
        place(drawn[f"est:{setting}-Blood glucose:T1D"])[0] - place(drawn[f"null:{setting}"])[0]
        for setting in ("preclinical", "clinical")
    )
    assert far == pytest.approx(3.0 * near, rel=1e-9)
    assert cut_off(figure) == []
    with pytest.raises(InputError, match="nothing to compare"):
        draw_translation([ROWS[-1]])


@reference_image("translation-dark")
def test_translation_looks_as_it_did() -> Figure:
    ax = draw_translation(ROWS, title="Invented results")
    darken(ax)
    return figure_of(ax)


def luminance(color: object) -> float:
    red, green, blue, _ = colors.to_rgba(color)  # type: ignore[arg-type]  # whatever an artist holds
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dark_text_and_marks_can_be_read(md_result: AnalysisResult, judged: AnalysisResult) -> None:
    """WCAG 2.2: 4.5 for text, 3 for marks, against the dark page."""
    page = luminance(PAGE)
    ax = draw_orchard(md_result)
    darken(ax)
    figure = figure_of(ax)
    assert colors.to_hex(figure.get_facecolor()).upper() == PAGE
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_text().strip() and text.get_visible():
            assert (luminance(text.get_color()) + 0.05) / (page + 0.05) >= 4.5, text.get_text()
    for line in figure.axes[0].lines:
        assert isinstance(line, Line2D)
        if str(line.get_gid()).startswith(("mean:", "ci:", "pi:")):
            assert (luminance(line.get_color()) + 0.05) / (page + 0.05) >= 3.0, line.get_gid()
    lights = draw_traffic_light(risk_of_bias_panels(judged))
    before = {
        gid: disc.get_facecolor() for gid, disc in marks(figure_of(lights), Ellipse).items() if "rob:" in gid
    }
    darken(lights)
    after = marks(figure_of(lights), Ellipse)
    assert all(
        after[gid].get_facecolor() == face for gid, face in before.items()
    )  # judgements keep their colour


def test_the_same_bytes_each_time(judged: AnalysisResult) -> None:
    panels: tuple[RobPanel, ...] = risk_of_bias_panels(judged)
    _, everything, _ = flows()
    draws: tuple[Callable[[], Axes], ...] = (
        lambda: draw_traffic_light(panels),
        lambda: draw_rob_summary(panels),
        lambda: draw_evidence_map(small_map()),
        lambda: draw_flow(everything),
        lambda: draw_translation(ROWS),
    )
    for draw in draws:
        assert figure_bytes(figure_of(draw()), "svg") == figure_bytes(figure_of(draw()), "svg")
