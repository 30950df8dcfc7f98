"""Values read off a figure: the error of the reading is in the variance. All studies are invented."""

import math
from typing import Any

import pytest

from tests.dataset.invented import control, means, only, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
SLOPE = 1e-7  # a difference quotient with a step of 1e-4 of the mean

READ = {"mean": 7.0, "sd": 1.0, "n": 10, "reading_error": 0.3}


def test_a_mean_difference() -> None:
    """± 0.3, anywhere equally likely: variance 0.09/3 = 0.03 beside 0.1 of either arm."""
    (row,) = table(study("a", means(msc=READ)), as_reported_only=True).rows
    assert row.vi == pytest.approx(0.1 + 0.03 + 0.1, rel=SLOPE)
    assert [(item.side, item.kind, item.imputed) for item in row.derived] == [("treatment", "figure", False)]
    assert row.derived[0].text == "se ← √(se² + reading²) (√(0.316228² + 0.173²)), uniform ± 0.3"
    assert "read from a figure: 23.1% of the variance is reading error" in row.notes  # 0.03/0.13


def test_both_arms_and_a_ratio_of_means() -> None:
    """Slopes of ln(m₁/m₂) + ½(v₁/m₁² − v₂/m₂²) are ±(1/m − v/m³); v = 0.1, m = 7 and 8."""
    read = {**READ, "mean": 8.0}
    (row,) = table(study("a", means(msc=READ, ctrl=read)), measure="ROM").rows
    plain = 0.1 / 49 + 0.1 / 64
    slopes = (1 / 7 - 0.1 / 343, 1 / 8 - 0.1 / 512)
    assert row.vi == pytest.approx(plain + 0.03 * (slopes[0] ** 2 + slopes[1] ** 2), rel=SLOPE)


def test_a_standardised_difference() -> None:
    """Its slope is J/s with s = 1 and J the correction of Hedges' g."""
    (row,) = table(study("a", means(msc=READ)), measure="SMD").rows
    (plain,) = table(study("a", means()), measure="SMD").rows
    assert row.yi == plain.yi
    assert row.vi - plain.vi == pytest.approx(0.03 * plain.yi**2, rel=1e-6)  # yi = −J


def test_an_error_bar_without_n() -> None:
    arms: dict[str, Any] = {
        "msc": {"mean": 7.0, "se": 0.4, "reading_error": 0.3},
        "ctrl": {"mean": 8.0, "se": 0.3},
    }
    (row,) = table(study("a", means(**arms))).rows
    assert row.vi == pytest.approx(0.16 + 0.03 + 0.09, rel=SLOPE)


def test_units_and_combined_arms() -> None:
    """In mmol/mol ± 3 is ± 0.27444 %. Two arms of 10 and 30, one of them read: a quarter of its error."""
    arms = [treated("low"), treated("high"), control("placebo")]
    values = {
        "low": {"mean": 53.0, "sd": 10.0, "n": 10, "reading_error": 3.0},
        "high": {"mean": 53.0, "sd": 10.0, "n": 30},
        "placebo": {"mean": 63.0, "sd": 10.0, "n": 10},
    }
    result = {**means(), "unit": "mmol/mol", "arms": values}
    (row,) = table(study("a", result, arms=arms)).rows
    error = 0.09148 * 3 / 4
    assert row.treatment.reading == pytest.approx(error / math.sqrt(3), abs=EXACT)
    sd = row.treatment.sd or math.nan
    assert row.vi == pytest.approx(sd**2 / 40 + error**2 / 3 + 0.9148**2 / 10, rel=SLOPE)


def test_a_change_carries_both_readings() -> None:
    """± 0.3 at either end: 0.03 + 0.03. SD of change 1 with r = 0.5."""
    before = means("baseline", READ, {"mean": 8.0, "sd": 1.0, "n": 10})
    options: dict[str, Any] = {"values": ["change"], "changes": "derived"}
    (row,) = table(study("a", before, means(msc=READ)), **options).rows
    assert row.vi == pytest.approx(0.1 + 0.06 + 0.1, rel=SLOPE)


def test_geometric_means_read_off_a_figure() -> None:
    """± 0.6 of 6: relative variance 0.01/3."""
    arm = {"geometric_sd": 1.5, "n": 10}
    arms: dict[str, Any] = {
        "msc": {"geometric_mean": 6.0, "reading_error": 0.6, **arm},
        "ctrl": {"geometric_mean": 8.0, **arm},
    }
    (row,) = table(study("a", means(**arms)), measure="ROM").rows
    assert row.vi == pytest.approx(2 * math.log(1.5) ** 2 / 10 + 0.01 / 3, rel=EXACT)
    assert any(item.kind == "figure" for item in row.derived)


def test_as_reported_only_keeps_readings_and_drops_assumptions() -> None:
    loose = {"mean": 8.0, "n": 10, "spread": {"value": 1.0, "kind": "unlabelled"}, "reading_error": 0.3}
    found = table(study("a", means(ctrl=loose)), unlabelled_spread="sd")
    assert [(count.kind, count.rows, count.imputed) for count in found.derivation_counts()] == [
        ("unlabelled-spread", 1, 1),
        ("figure", 1, 0),
    ]
    item = only(table(study("a", means(ctrl=loose)), unlabelled_spread="sd", as_reported_only=True))
    assert item.code == "imputed"
