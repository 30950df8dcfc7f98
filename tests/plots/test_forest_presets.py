"""Presets of the forest plot: wording, numbers as journals write them, contrasts in light, dark and grey."""

from __future__ import annotations

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.errors import OptionError
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.numbers import plain
from metamsc.plots.preset import PRESETS, forest_preset
from tests.plots.colours import contrast, lightness
from tests.plots.conftest import MD_SCALE, RR_SCALE, event_row, make_result, random_rows
from tests.plots.forest_cases import invented_rob
from tests.plots.forest_reading import headers, line, names, row

TEXT_CONTRAST = 4.5


MARK_CONTRAST = 3.0
"""WCAG 2.2: 1.4.3 for text, 1.4.11 for graphics."""


APART = 10.0
"""CIE L* between two marks that share a shape: what a photocopy keeps."""


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


def test_presets_and_predictions_that_there_are_not() -> None:
    with pytest.raises(
        OptionError, match="preset must be one of 'plain', 'bmj', 'revman', 'jama'; got 'nejm'"
    ):
        forest_preset("nejm")
    with pytest.raises(OptionError, match="prediction must be one of 'bar', 'diamond', 'density'; got 'fan'"):
        forest_preset(prediction="fan")


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
