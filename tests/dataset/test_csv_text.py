"""A CSV of ours: no spreadsheet runs a cell of it, and it is read back as it was."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.dataset.csv import read_csv
from metamsc.dataset.csv_text import as_written, formula_safe, read_cells, to_csv_text

FORMULAS = (
    "=1+1", '=HYPERLINK("https://x","y")', "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''@x",
    "-", "+",
)  # fmt: skip
HARMLESS = (
    "Cai 2016", "-0.5", "+1.2e-3", "-.5", "'-5", "'quoted'", "'", "", "a=b", "3 - 5", "<script>", "−0.5",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    assert formula_safe(text) == f"'{text}"
    assert as_written(formula_safe(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert formula_safe(text) == text
    assert as_written(text) == text


@given(st.text(st.sampled_from("'=+-@1.5e\t\r\n x＝"), max_size=8))
def test_any_text_comes_back(text: str) -> None:
    cell = formula_safe(text)
    assert as_written(cell) == text
    assert formula_safe(cell)[:1] not in set("=@\t\r＝")


def test_numbers_and_gaps_of_a_frame_are_written_as_pandas_writes_them() -> None:
    frame = pd.DataFrame(
        {
            "text": ["plain", None, "a,b"],
            "number": [1.5, -0.25, None],
            "whole": [1, -2, 3],
            "either": pd.Series([1, None, -2.5], dtype=object),
            "truth": pd.Series([True, None, False], dtype=object),
        }
    )
    assert to_csv_text(frame) == frame.to_csv(index=False, lineterminator="\n")


def test_a_frame_of_formulas_is_safe_and_comes_back(tmp_path: Path) -> None:
    labels = [text for text in FORMULAS if text.strip() == text]
    frame = pd.DataFrame({"study": labels, "yi": -0.5, "vi": 0.25, "note": labels})
    file = tmp_path / "rows.csv"
    file.write_text(to_csv_text(frame), encoding="utf-8")
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert row["study"][0] == row["note"][0] == "'"
            assert row["yi"] == "-0.5"
    assert read_csv(file).labels == tuple(labels)
    assert list(read_cells(file)[1]["note"]) == labels


def test_two_columns_of_one_name_are_both_made_safe() -> None:
    frame = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert list(csv.reader(io.StringIO(to_csv_text(frame))))[1] == ["'=1", "'=2"]
