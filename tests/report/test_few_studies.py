"""Sentences for two to four studies, and for how much evidence there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metamsc.analysis.result import AnalysisResult, Information, Sensitivity, SensitivityStratum
from metamsc.report import words
from metamsc.report.few_studies import assumption, too_narrow, with_prior
from metamsc.tables import information_table, regression_table


def beside(name: str, low: float, high: float, changed: str = "", **more: Any) -> Sensitivity:
    found = SensitivityStratum(
        label="T1D", k=2, estimate=(low + high) / 2, ci_low=low, ci_high=high, tau2=0.1, **more
    )
    return Sensitivity(name=name, label=name, changed=(changed,) if changed else (), strata=(found,))


@pytest.fixture
def two(invented: Any) -> AnalysisResult:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.5 * i, 0.04) for i in range(1, 3)]
    made: AnalysisResult = invented.make(rows)
    return replace(
        made,
        scale=replace(made.scale, mid=0.5, mid_source="invented"),
        sensitivity=(
            beside("wald", -1.2, -0.3),
            beside(
                "bayes", -1.8, 0.2, "model.tau_prior = half-normal:0.5", mid_mean=0.874, mid_new_study=0.8
            ),
            beside("bayes-narrow", -1.5, -0.1),
            beside("bayes-wide", -2.5, 0.9),
        ),
        information=(
            Information(
                label="T1D",
                k=2,
                participants=53.0,
                alpha=0.05,
                target=0.8,
                effect=0.5,
                assumed="SD 1 %",
                optimal=126,
                diversity=0.0,
                required=126,
                power_fixed=0.44,
                power_random=0.44,
            ),
        ),
    )


def test_two_studies_are_told_three_ways(two: AnalysisResult) -> None:
    stratum = two.strata[0]
    assert "(0.30 to 1.20 percentage points lower)" in too_narrow(two, stratum)
    told = with_prior(two, stratum)
    assert "standard deviation of less than 0.98" in told
    assert "half-normal prior, scale 0.5" in told
    assert "is 1.80 lower to 0.20 higher (percentage points); with half that scale it is 0.10 to 1.50" in told
    assert "with twice that scale it is 2.50 lower to 0.90 higher (percentage points)." in told
    assert "free of bias" in told
    assert (
        "0.5 percentage points) in favour of MSC is 87%, and that the true effect of a new study does, 80%"
        in told
    )


def test_the_plain_register_tells_it_shortly(two: AnalysisResult) -> None:
    (told,) = words.statements(two)
    assert "credible interval is 1.80 lower to 0.20 higher (percentage points)." in told.with_prior
    assert "half-normal" not in told.with_prior
    assert "in favour of MSC is 87%." in told.with_prior
    assert "half-normal prior, scale 0.5" in assumption(two)
    assert "53 participants; one trial with 80% power" in told.enough
    assert "would need 126 (SD 1 %)." in told.enough
    assert told.text.count("  ") == 0


def test_enough_participants_are_called_enough(two: AnalysisResult) -> None:
    item = replace(two.information[0], participants=126.0)
    (told,) = words.statements(replace(two, information=(item,)))
    assert told.enough.endswith("their number alone does not limit the answer.")
    (nothing,) = words.statements(replace(two, information=(replace(item, optimal=None),)))
    assert nothing.enough == ""


def test_five_studies_are_told_as_ever(invented: Any) -> None:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 6)]
    made = replace(invented.make(rows), sensitivity=(beside("wald", -1.2, -0.3),))
    (told,) = words.statements(made)
    assert (too_narrow(made, made.strata[0]), told.with_prior, told.enough) == ("", "", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.9999, "more than 99%"), (0.0001, "less than 1%"), (0.5, "50%")],
)
def test_no_probability_is_certain(two: AnalysisResult, value: float, said: str) -> None:
    changed = beside("bayes", -1, 0, "model.tau_prior = turner", mid_mean=value, mid_new_study=0.5)
    (told,) = words.statements(replace(two, sensitivity=(changed,)))
    assert f"is {said}" in told.with_prior
    made = replace(two, sensitivity=(changed,))
    assert "published reviews of binary outcomes (Turner et al. 2015)" in with_prior(made, made.strata[0])


def test_the_table_leaves_heterogeneity_out_below_five(two: AnalysisResult) -> None:
    few = information_table(two)
    assert [column.name for column in few.columns] == ["group", "k", "n", "optimal", "power", "assumed"]
    many = information_table(replace(two, information=(replace(two.information[0], k=5, required=300),)))
    row = [cell.text for cell in many.rows[0].cells]
    assert row[2:7] == ["53", "126", "300", "44%", "44%"]
    none = information_table(replace(two, information=(), scale=replace(two.scale, mid=None)))
    assert none.rows == ()
    assert "No minimal important difference" in none.empty


def test_no_regression_no_table(two: AnalysisResult) -> None:
    assert regression_table(two).rows == ()
