"""Presets of the forest plot: columns, wording, numbers in their rows, contrasts in light, dark and grey."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from metamsc.analysis.grade_bias import BiasAssessment
from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.errors import InputError, OptionError
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.numbers import plain
from metamsc.plots.preset import PREDICTIONS, PRESETS, ForestField, forest_preset
from tests.plots.colours import contrast, lightness
from tests.plots.conftest import MD_SCALE, RR_SCALE, event_row, make_result, mean_row, random_rows
from tests.plots.forest_cases import invented_rob, two_levels
from tests.plots.test_forest_layout import row

TEXT_CONTRAST = 4.5
MARK_CONTRAST = 3.0
"""WCAG 2.2: 1.4.3 for text, 1.4.11 for graphics."""
APART = 10.0
"""CIE L* between two marks that share a shape: what a photocopy keeps."""


def names(layout: ForestLayout, side: str) -> list[str]:
    return [column.name for column in layout.columns if column.side == side]


def headers(layout: ForestLayout) -> dict[str, str]:
    return {column.name: column.header for column in layout.columns}


def line(layout: ForestLayout, key: str) -> str:
    return row(layout, key).cell("label").replace("\u00a0", " ")


def test_revman_has_revmans_columns(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result, preset="revman", rob=invented_rob(md_result))
    assert names(layout, "left") == [
        "label", "mean_treat", "sd_treat", "n_treat", "mean_control", "sd_control", "n_control", "weight",
        "estimate",
    ]  # fmt: skip
    assert [headers(layout)[f"rob:D{number}"] for number in range(1, 6)] == list("ABCDE")
    assert headers(layout)["estimate"] == "Mean difference\nIV, random, 95% CI"
    assert layout.graphic_header == "Mean difference\nIV, random, 95% CI"
    assert row(layout, "subtotal:T1D").cell("label") == "Subtotal (95% CI)"
    assert row(layout, "overall:overall").cell("label") == "Total (95% CI)"
    assert row(layout, "study:aa-2014").cell("sd_treat") == "1.0"
    assert row(layout, "study:dd-2021").cell("mean_treat") == "–"
    assert "Reported as a difference between the arms only: Dd 2021." in layout.footer


def test_revman_says_heterogeneity_and_the_test_of_the_effect(md_result: AnalysisResult) -> None:
    layout = forest_layout(md_result, preset="revman")
    stratum = next(found for found in md_result.strata if found.key == ("T1D",))
    found = stratum.pooled
    assert found.statistic is not None
    assert line(layout, "heterogeneity:T1D").startswith("Heterogeneity: Tau² = ")
    assert f"Chi² = {found.heterogeneity.Q:.2f}, df = 1 (P = " in line(layout, "heterogeneity:T1D")
    shown = f"{found.statistic:.2f}".replace("-", "−")
    assert line(layout, "test:T1D").startswith(f"Test for overall effect: t = {shown}, df = 1 (P = ")
    assert layout.of_kind("difference")[0].cell("label").replace("\u00a0", " ") == (
        "Test for subgroup differences: Chi² = 0.43, df = 1 (P = 0.51), I² = 0%"
    )


def test_bmj_and_jama_write_numbers_their_way(rr_result: AnalysisResult, md_result: AnalysisResult) -> None:
    found = plain(row(forest_layout(rr_result, preset="jama"), "study:ff-2011").cell("estimate"))
    plain_text = plain(row(forest_layout(rr_result), "study:ff-2011").cell("estimate"))
    point, low, high = plain_text.replace("[", "").replace("]", "").replace(",", "").split()
    assert found == f"{point} ({low}-{high})"
    bmj = forest_layout(rr_result, preset="bmj")
    assert plain(row(bmj, "study:ff-2011").cell("estimate")) == f"{point} ({low} to {high})"
    assert "P=" in line(bmj, "heterogeneity:T2D")
    jama = forest_layout(md_result, preset="jama")
    assert "; P = ." in line(jama, "heterogeneity:T1D")
    assert (jama.axis.lower, headers(jama)["label"]) == ("Favors MSC therapy", "Source")
    # a number below 0 is never joined by a hyphen
    assert plain(row(jama, "study:aa-2014").cell("estimate")) == "-1.30 (-1.88 to -0.72)"


def test_one_study_has_no_weight_and_no_method(one_row_result: AnalysisResult) -> None:
    layout = forest_layout(one_row_result, preset="revman")
    assert "weight" not in headers(layout)
    assert headers(layout)["estimate"] == "Mean difference\n95% CI"


def test_events_stand_apart_in_revman(rr_result: AnalysisResult) -> None:
    layout = forest_layout(rr_result, preset="revman")
    assert names(layout, "left")[1:5] == ["events_treat", "n_treat", "events_control", "n_control"]
    # 11 + 5 + 17 + 9 + 26 = 68 of 20 + 12 + 22 + 27 + 30 = 111
    found = row(layout, "subtotal:T2D")
    assert (found.cell("events_treat"), found.cell("n_treat")) == ("68", "111")


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_shows_the_same_numbers(name: str, md_result: AnalysisResult) -> None:
    reference = {
        found.key: (found.estimate, found.low, found.high) for found in forest_layout(md_result).rows
    }
    layout = forest_layout(md_result, preset=name)
    for found in layout.rows:
        if found.kind in {"study", "subtotal", "overall", "prediction"}:
            assert (found.estimate, found.low, found.high) == reference[found.key]


def identity(found: ForestRow, layout: ForestLayout) -> dict[str, str]:
    return {column.name: found.cell(column.name) for column in layout.columns}


SORTS = (
    "label",
    "-label",
    "estimate",
    "-estimate",
    "weight",
    "-weight",
    "year",
    "-n",
    "se",
    "at",
    "own",
    "-own",
)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("preset", list(PRESETS))
def test_sorting_leaves_every_number_in_its_row(sort: str, preset: str) -> None:
    result = two_levels()
    own = ForestField(name="own", header="Own", value=lambda found: found.treatment.sd)
    rob = invented_rob(result, skip=2)
    base = forest_preset(preset, right=("estimate", "weight", own, "rob", "year"))
    before = forest_layout(result, preset=base, rob=rob)
    after = forest_layout(result, preset=replace(base, sort=sort), rob=rob)
    told = {found.key: identity(found, before) for found in before.rows}
    assert {found.key: identity(found, after) for found in after.rows} == told
    numbers = {found.key: (found.estimate, found.low, found.high, found.size) for found in before.rows}
    assert {found.key: (found.estimate, found.low, found.high, found.size) for found in after.rows} == numbers


def test_sorting_a_permuted_table_gives_the_same_figure() -> None:
    rows = random_rows(20, ("T1D",), seed=5)
    sorted_once = forest_layout(make_result(rows), preset=forest_preset(sort="estimate"))
    random.Random(11).shuffle(rows)  # noqa: S311  # a fixed seed, no secret
    again = forest_layout(make_result(rows), preset=forest_preset(sort="estimate"))
    assert [found.estimate for found in again.of_kind("study")] == sorted(row.yi for row in rows)
    by_key = {found.key: found.cells for found in sorted_once.of_kind("study")}
    assert {found.key: found.cells for found in again.of_kind("study")} == by_key


def test_studies_are_sorted_within_their_group_and_unknown_ones_stand_last() -> None:
    def value(found: EffectRow) -> float | None:
        return None if found.row_id == "b" else found.yi

    rows = [
        mean_row("a", "T1D", (9, 7.0, 1.0), (9, 7.5, 1.0)),
        mean_row("b", "T1D", (9, 6.0, 1.0), (9, 7.5, 1.0)),
        mean_row("c", "T1D", (9, 7.3, 1.0), (9, 7.5, 1.0)),
        mean_row("d", "T2D", (9, 5.0, 1.0), (9, 7.5, 1.0)),
        mean_row("e", "T2D", (9, 4.0, 1.0), (9, 7.5, 1.0)),
    ]
    own = ForestField(name="own", header="Own", value=value)
    preset = forest_preset(sort="-own", right=("estimate", own))
    assert [found.target for found in forest_layout(make_result(rows), preset=preset).of_kind("study")] == [
        "c", "a", "b", "d", "e",
    ]  # fmt: skip


def test_columns_by_name_and_by_function(md_result: AnalysisResult) -> None:
    own = ForestField(name="ratio", header="n ratio", value=lambda found: (found.treatment.n or 0) / 4)
    preset = forest_preset(left=("label", "year", "msc_source", "arms"), right=("estimate", own))
    layout = forest_layout(md_result, preset=preset)
    assert names(layout, "left")[:3] == ["label", "year", "msc_source"]
    assert names(layout, "right") == ["estimate", "ratio"]
    found = row(layout, "study:aa-2014")
    # 21 / 4 = 5.25
    assert (found.cell("year"), found.cell("msc_source"), found.cell("ratio")) == ("2020", "–", "5.25")


def test_written_numbers_are_numbers_and_words_stay_as_written() -> None:
    rows = [
        replace(found, moderators=(("slope", value), ("kind", kind), ("msc_source", "umbilical-cord")))
        for found, value, kind in zip(
            random_rows(2, ("T1D",)), ("-3.5", "12"), ("non-random", "2e-06"), strict=True
        )
    ]
    layout = forest_layout(
        make_result(rows), preset=forest_preset(left=("label", "slope", "kind", "msc_source"))
    )
    assert [found.cell("slope") for found in layout.of_kind("study")] == ["−3.5", "12"]
    assert [found.cell("kind") for found in layout.of_kind("study")] == ["non-random", "2e-06"]
    assert layout.of_kind("study")[0].cell("msc_source") == "umbilical cord"
    assert [column.align for column in layout.columns[1:4]] == ["decimal", "left", "left"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"left": ("label", "nothing")}, "there is no column 'nothing'; there are label, arms"),
        ({"left": ("label", "year"), "right": ("year",)}, "'year' is there twice"),
        ({"left": ("arms",)}, "left must name the column 'label'"),
        ({"sort": "nothing"}, "sort must be a column, with - before it for falling: label"),
    ],
)
def test_columns_that_there_are_not(
    md_result: AnalysisResult, options: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        forest_layout(md_result, preset=forest_preset("plain", **options))  # type: ignore[arg-type]  # of mixed types


def test_presets_and_predictions_that_there_are_not() -> None:
    with pytest.raises(
        OptionError, match="preset must be one of 'plain', 'bmj', 'revman', 'jama'; got 'nejm'"
    ):
        forest_preset("nejm")
    with pytest.raises(OptionError, match="prediction must be one of 'bar', 'diamond', 'density'; got 'fan'"):
        forest_preset(prediction="fan")


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
    assert row(layout, "subtotal:T1D").cell("label") == "T1D, subtotal (95% CI)"


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
    said = [found.cell("label").split(":")[0] for found in layout.of_kind("difference")]
    assert said == [
        "Test for subgroup differences, T1D and T2D",
        "Test for subgroup differences, bone marrow and umbilical cord within T1D",
        "Test for subgroup differences, bone marrow and umbilical cord within T2D",
    ]


@pytest.mark.parametrize("name", list(PRESETS))
@pytest.mark.parametrize("dark", [False, True])
def test_everything_can_be_read_and_told_apart_in_grey(name: str, dark: bool) -> None:
    palette = forest_preset(name, dark=dark).palette
    behind = [palette.background] + ([palette.band] if palette.band != "none" else [])
    for ground in behind:
        assert min(contrast(color, ground) for color in (palette.ink, palette.soft)) >= TEXT_CONTRAST
    marks = (
        palette.study,
        palette.study_of_events,
        palette.pooled,
        palette.inner,
        palette.prediction,
        palette.mid,
    )
    assert min(contrast(color, palette.background) for color in (*marks, palette.rule)) >= MARK_CONTRAST
    # A bar, a diamond and a square have shapes of their own; only diamonds on two levels share one.
    if palette.inner != palette.pooled:
        assert abs(lightness(palette.inner) - lightness(palette.pooled)) >= APART
    assert len({marker for marker, _ in palette.series}) == len(palette.series)


def test_plain_is_what_it_was(md_result: AnalysisResult) -> None:
    assert forest_layout(md_result) == forest_layout(md_result, preset=forest_preset("plain"))


def test_counts_are_told_from_means() -> None:
    rows = [event_row("a", "T2D", 9, 20, 5, 20), event_row("b", "T2D", 8, 20, 5, 20)]
    assert forest_layout(make_result(rows, RR_SCALE)).counts
    assert not forest_layout(make_result(random_rows(2, ("T1D",)), MD_SCALE)).counts


def test_a_column_moves_to_the_side_that_names_it() -> None:
    moved = forest_preset("revman", right=("estimate", "rob"))
    assert (moved.left, moved.right) == (("label", "arms", "weight"), ("estimate", "rob"))
