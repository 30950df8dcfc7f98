"""Coefficients in words with what they are compared with; why a table of information is empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from metamsc.analysis.csv import pool_csv
from metamsc.analysis.csv_bands import csv_regression
from metamsc.analysis.csv_result import csv_result
from metamsc.tables import information_table, regression_table

SOURCE = Path(__file__).parents[2] / "examples/bcg.csv"


def test_levels_of_a_moderator_are_words_with_their_reference() -> None:
    fitted = csv_regression(SOURCE, "ablat + alloc")
    table = regression_table(replace(csv_result(pool_csv(SOURCE)), regressions=(fitted,)))
    assert [row.cells[0].text for row in table.rows[1:]] == [
        "Intercept",
        "Ablat",
        "Alloc: random (vs alternate)",
        "Alloc: systematic (vs alternate)",
    ]


def test_an_empty_table_says_which_of_the_two_is_missing() -> None:
    result = replace(csv_result(pool_csv(SOURCE)), information=())
    assert "No minimal important difference is set" in information_table(result).empty
    known = replace(result, scale=replace(result.scale, mid=0.2))
    assert information_table(known).empty == "Nothing is pooled, so there is no power to compute."
