"""What a forest plot can hold: pools only, prediction intervals, models, judgements, two levels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metamsc.analysis.grade_bias import BiasAssessment
from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError, OptionError
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.preset import PREDICTIONS, forest_preset
from tests.plots.conftest import make_result, random_rows
from tests.plots.forest_cases import invented_rob, two_levels
from tests.plots.forest_reading import row


def test_pools_only() -> None:
    result = two_levels()
    layout = forest_layout(result, preset=forest_preset(studies=False))
    assert not layout.of_kind("study")
    assert {found.target for found in layout.of_kind("subtotal")} == {"/".join(s.key) for s in result.strata}
    assert [column.name for column in layout.columns if column.side == "left"] == [
        "label",
        "n_treat",
        "n_control",
    ]
    assert row(layout, "subtotal:T1D/bone-marrow").cell("label") == "Bone marrow, pooled (k = 2)"


def test_a_group_of_one_study_still_stands_where_only_pools_are_shown(rr_result: AnalysisResult) -> None:
    layout = forest_layout(rr_result, preset=forest_preset(studies=False))
    assert [found.target for found in layout.of_kind("study")] == ["ee-2009"]


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_prediction_intervals_have_three_shapes_and_one_pair_of_ends(prediction: str) -> None:
    result = make_result(random_rows(6, ("T1D",)))
    layout = forest_layout(result, preset=forest_preset(prediction=prediction))
    (found,) = layout.of_kind("prediction")
    assert result.overall is not None
    assert result.overall.pooled.pi is not None
    assert (found.low, found.high) == (result.overall.pooled.pi.low, result.overall.pooled.pi.high)
    assert found.shape == prediction
    if prediction == "diamond":
        assert found.outline == ((found.low, 0.0), (result.overall.pooled.estimate, 1.0), (found.high, 0.0))


def test_models_stand_in_the_rows_of_their_pools() -> None:
    result = two_levels()
    layout = forest_layout(result, models=["s1", "s2"])
    assert layout.models == ("The analysis as planned", "Wald interval", "DerSimonian–Laird")
    for number, item in enumerate(result.sensitivity[:2]):
        for said, stratum in zip(item.strata, [*result.strata, result.overall], strict=True):
            assert stratum is not None
            kind = "subtotal" if stratum.key else "overall"
            found = row(layout, f"{kind}:{'/'.join(stratum.key) or 'overall'}").others[number]
            assert (found.estimate, found.low, found.high) == (said.estimate, said.ci_low, said.ci_high)
    lines = row(layout, "overall:overall").cell("estimate").split("\n")
    assert len(lines) == 3
    assert row(layout, "overall:overall").lines == 3


def test_another_result_shows_the_studies_that_it_changes() -> None:
    result = make_result(random_rows(4, ("T1D",)))
    rows = list(result.table.rows)
    rows[1] = replace(rows[1], yi=rows[1].yi - 0.5)
    layout = forest_layout(result, models={"Adjusted": make_result(rows)})
    assert [len(found.others) for found in layout.of_kind("study")] == [0, 1, 0, 0]
    assert row(layout, "study:study-002").others[0].estimate == rows[1].yi


def test_models_that_do_not_fit(md_result: AnalysisResult, rr_result: AnalysisResult) -> None:
    with pytest.raises(
        OptionError, match="models must be sensitivity analyses of 'invented': it has none; got 'x'"
    ):
        forest_layout(md_result, models=["x"])
    with pytest.raises(InputError, match="model 'Ratios' is on another scale: RR"):
        forest_layout(md_result, models={"Ratios": rr_result})
    twins = two_levels()
    same = tuple(replace(stratum, label="one") for stratum in twins.strata)
    with pytest.raises(InputError, match="two pools of 'invented' have one label"):
        forest_layout(replace(twins, strata=same), models=["s1"])


@pytest.mark.parametrize(("tool", "columns"), [("rob2", 5), ("robins-i-v2", 6), ("syrcle", 10)])
def test_judgements_stand_in_the_rows_of_their_studies(
    tool: str, columns: int, md_result: AnalysisResult
) -> None:
    rob = invented_rob(md_result, tool, skip=1)
    layout = forest_layout(md_result, rob=rob)
    shown = [column.name for column in layout.columns if column.kind == "rob"]
    assert shown == [*(f"rob:D{number}" for number in range(1, columns + 1)), "rob:overall"]
    for found in layout.of_kind("study"):
        profile = rob.get(found.target)
        wanted = [] if profile is None else [*profile.judgements, profile.overall]
        assert [found.cell(name) for name in shown if found.cell(name)] == wanted
    assert set(layout.judgements) == {
        word for profile in rob.values() for word in (*profile.judgements, profile.overall)
    }
    assert "Risk of bias not judged: Aa 2014." in layout.footer


def test_judgements_of_the_result_are_shown_unasked(md_result: AnalysisResult) -> None:
    domains = (("Randomisation process", "low", "by computer"), ("D3", "high", ""), ("Blinding", "low", ""))
    judged = replace(
        md_result,
        risk_of_bias=(
            _assessment("aa-2014", "some concerns", domains),
            _assessment("bb-2018", "not assessed", ()),
        ),
    )
    layout = forest_layout(judged)
    found = row(layout, "study:aa-2014")
    assert [found.cell(f"rob:D{number}") for number in range(1, 6)] == ["low", "", "high", "", ""]
    assert found.cell("rob:overall") == "some concerns"
    assert "Risk of bias, Aa 2014: no domain of RoB 2, not shown: Blinding." in layout.footer
    assert "Risk of bias not judged: Bb 2018, Cc 2016, Dd 2021." in layout.footer
    assert not [column for column in forest_layout(judged, rob={}).columns if column.kind == "rob"]


def _assessment(study: str, overall: str, domains: tuple[tuple[str, str, str], ...]) -> BiasAssessment:
    return BiasAssessment(
        study_id=study, label=study, tool="rob2", about="", overall=overall, domains=domains, assessed_by=""
    )


def test_two_tools_in_one_figure_are_named(md_result: AnalysisResult) -> None:
    rob = invented_rob(md_result, "rob2") | invented_rob(md_result, "robins-i-v2", skip=3)
    lines = [text for text in forest_layout(md_result, rob=rob).footer if text.startswith("Risk of bias")]
    assert lines[0].startswith("Risk of bias, RoB 2 (Aa 2014, Bb 2018, Cc 2016): 1 randomisation process; 2")
    assert lines[1].startswith("Risk of bias, ROBINS-I V2 (Dd 2021): 1 confounding; 2 classification")


def test_two_levels_have_subtotals_at_each_level() -> None:
    layout = forest_layout(two_levels(), preset="bmj")
    order = [
        (found.kind, found.target, found.indent)
        for found in layout.rows
        if found.kind in {"stratum", "subtotal", "overall"}
    ]
    one = [
        ("stratum", "T1D", 0),
        ("stratum", "T1D/umbilical-cord", 1), ("subtotal", "T1D/umbilical-cord", 2),
        ("stratum", "T1D/bone-marrow", 1), ("subtotal", "T1D/bone-marrow", 2),
        ("subtotal", "T1D", 1),
    ]  # fmt: skip
    two = [(kind, target.replace("T1D", "T2D"), indent) for kind, target, indent in one]
    assert order == [*one, *two, ("overall", "overall", 0)]
    assert row(layout, "subtotal:T1D").cell("label") == "Type 1 diabetes, subtotal (95% CI)"


def test_tests_within_types_say_which_type() -> None:
    result = two_levels()
    inner = [
        replace(
            result.differences[0],
            between=("bone-marrow", "umbilical-cord"),
            method=f"Q between strata of msc source within {name}, separate tau2",
        )
        for name in ("T1D", "T2D")
    ]
    layout = forest_layout(replace(result, differences=(*result.differences, *inner)), preset="revman")
    said = [" ".join(found.cell("label").split()).split(":")[0] for found in layout.of_kind("difference")]
    assert said == [
        "Test for subgroup differences, type 1 diabetes and type 2 diabetes",
        "Test for subgroup differences, bone marrow and umbilical cord within type 1 diabetes",
        "Test for subgroup differences, bone marrow and umbilical cord within type 2 diabetes",
    ]
