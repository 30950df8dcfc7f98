"""One invented YAML record that prints everything but means with SDs, through to the rows of its analyses."""

import math
from pathlib import Path
from typing import Any

import pytest

from metamsc.checks.read import read_records
from metamsc.dataset.build import effect_table
from metamsc.dataset.rows import EffectRow

FOLDER = Path(__file__).parents[1] / "examples/extractions/valid/clinical"
EXACT = 1e-12  # a few operations on numbers near 1
SLOPE = 1e-7  # a difference quotient with a step of 1e-4 of the mean
T19 = 2.0930240544083087  # 0.975 quantile of Student's t on 19 df
T19_HALF = 0.6876214602039602  # 0.75 quantile of Student's t on 19 df: P = 0.5


def row_of(outcome: str, **options: Any) -> EffectRow:
    records = read_records(FOLDER).select(lambda study: study.id == "trial-2022")
    (row,) = effect_table(records, outcome=outcome, **options).rows
    return row


def test_change_from_baseline() -> None:
    """SD² 1 + 1.21 − 2·0.6·1.1 = 0.89 in the treated arm; the other borrows r: 1.21 + 1.44 − 1.584."""
    row = row_of("hba1c", values=["change"], changes="derived")
    assert row.yi == pytest.approx(-0.9 + 0.1, abs=EXACT)
    assert row.vi == pytest.approx((0.89 + 1.066) / 20, abs=EXACT)
    assert [(item.side, item.imputed) for item in row.derived if item.kind == "change-sd"] == [
        ("treatment", False),
        ("control", True),
    ]


def test_tests_within_the_arms() -> None:
    """SE 1.2/3 by t; 0.2/0.6876 by P = 0.5 on 19 df, an assumption."""
    row = row_of("fasting_glucose")
    assert row.yi == pytest.approx(-1.0, abs=EXACT)
    assert row.vi == pytest.approx(0.16 + (0.2 / T19_HALF) ** 2, rel=1e-9)
    assert row.imputed


def test_test_between_the_arms() -> None:
    row = row_of("bmi", as_reported_only=True)
    assert (row.yi, row.sei) == pytest.approx((-2.0, 1.0), abs=EXACT)


def test_geometric_means() -> None:
    row = row_of("c_peptide_fasting", measure="ROM", as_reported_only=True)
    assert row.yi == pytest.approx(math.log(0.8 / 0.6), abs=EXACT)
    half = math.log(0.72 / 0.5) / 2
    assert row.vi == pytest.approx(math.log(1.5) ** 2 / 20 + (half / T19) ** 2, rel=1e-9)


def test_read_off_a_figure() -> None:
    row = row_of("postprandial_glucose")
    assert row.vi == pytest.approx(2 * (9 / 20 + 0.01 / 3), rel=SLOPE)
    assert [item.kind for item in row.derived] == ["figure", "figure"]


def test_insulin_and_cells_by_body_weight() -> None:
    row = row_of("insulin_dose")
    assert row.yi == pytest.approx(-0.1, abs=EXACT)
    assert row.vi == pytest.approx(2 * 0.15**2 / 20, abs=EXACT)
    assert (row.moderator("dose_per_kg"), row.moderator("dose_total")) == ("3e+06", "2.4e+08")


def test_contrast_by_its_t() -> None:
    """4/2 = 2, before P = 0.05, which would give 4/2.024."""
    row = row_of("egfr")
    assert (row.yi, row.sei) == pytest.approx((4.0, 2.0), abs=EXACT)
