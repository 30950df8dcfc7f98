"""What stands in the tables, against the numbers of the result and the rows of the figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.numbers import FIGURE_SPACE
from metamsc.tables import (
    Table,
    derivations_table,
    excluded_table,
    missing_table,
    results_table,
    sensitivity_table,
    small_study_table,
    studies_table,
)

Z = 1.959963984540054  # normal quantile of a 95% interval
Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]


def texts(table: Table, row: int) -> dict[str, str]:
    cells = [row for row in table.rows if row.kind != "group"][row].cells
    return {column.name: cell.text for column, cell in zip(table.columns, cells, strict=True)}


def groups(table: Table) -> list[str]:
    return [row.cells[0].text for row in table.rows if row.kind == "group"]


def test_results_by_hand(make_result: Make, make_row: MakeRow) -> None:
    """Equal variances 0.04: mean (-1 - 0.2)/2 = -0.6; tau2 = 0.32 - 0.04 = 0.28; I2 = 0.28/0.32 = 87.5 %."""
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T1D", -0.2, 0.04)])
    line = texts(results_table(result), 0)
    assert line["group"] == "Type 1 diabetes"
    assert (line["k"], line["n"]) == ("2", "40 / 42")
    # HKSJ: se = sqrt(((−0.4)² + 0.4²) / (2·1)) = 0.4; t(1) = 12.706; −0.6 ± 5.082
    assert line["estimate"] == "−0.60\n(−5.68 to 4.48)"
    assert line["tau2"].startswith("0.28\n(")
    assert line["I2"].startswith("87.5%\n(")
    assert line["pi"] == "–"


def test_one_study_says_so(full: AnalysisResult) -> None:
    line = texts(results_table(full), 1)
    # one study: its own estimate ± 1.96·0.25
    assert line["estimate"] == "−0.50\n(−0.99 to −0.01)"
    assert (line["tau2"], line["I2"], line["pi"]) == ("–", "–", "–")
    assert line["group"] == "Type 2 diabetes\none study, not pooled"


def test_results_notes_name_method_and_test(full: AnalysisResult) -> None:
    notes = " ".join(results_table(full).notes)
    assert "Method: REML, Hartung–Knapp (ad hoc)." in notes
    assert "Difference between type 1 diabetes and type 2 diabetes: Q = 0.43, df = 1, p = 0.51" in notes
    assert "Tiny strata." in notes


def test_method_is_a_column_where_it_differs(full: AnalysisResult) -> None:
    assert full.overall is not None
    other = replace(
        full, overall=replace(full.overall, pooled=replace(full.overall.pooled, tau2_method="DL"))
    )
    table = results_table(other)
    assert "method" in [column.name for column in table.columns]
    assert texts(table, 2)["method"] == "DerSimonian–Laird, Hartung–Knapp (ad hoc)"


def test_ratios_are_back_transformed(make_result: Make, make_row: MakeRow) -> None:
    from metamsc.analysis.result import Scale

    scale: Scale = replace(
        make_result([make_row("A 2014", "T1D", 0.0, 1.0)]).scale, ratio=True, measure="RR", unit=""
    )
    result = make_result([make_row("A 2014", "T1D", math.log(2.0), math.log(2.0) ** 2 / Z**2)], scale)
    # log 2 ± z·(log 2 / z) = 0 to 2·log 2, so 1 to 4
    assert texts(results_table(result), 0)["estimate"] == "2.00\n(1.00 to 4.00)"


def test_participants_not_printed_are_not_summed(make_result: Make, make_row: MakeRow) -> None:
    first = make_row("Aa 2014", "T1D", -1.0, 0.04)
    unknown = replace(first, row_id="b:msc", label="Bb", treatment=replace(first.treatment, n=None))
    assert texts(results_table(make_result([first, unknown])), 0)["n"] == "– / 42"


def test_studies_show_the_numbers_of_the_forest_plot(full: AnalysisResult) -> None:
    drawn = {row.target: row for row in forest_layout(full).of_kind("study")}
    table = studies_table(full)
    for number, row in enumerate(full.table.rows):
        shown = texts(table, number)["effect"].split("\n")
        figure = drawn[row.row_id].cell("estimate").replace(FIGURE_SPACE, "")
        estimate, interval = figure.split(" [")
        low, high = interval.rstrip("]").split(", ")
        assert shown[:2] == [estimate, f"({low} to {high})"]


def test_every_study_names_source_and_line(full: AnalysisResult) -> None:
    table = studies_table(full, record_link=lambda file, line: f"../{file}#{line}")
    assert groups(table) == ["Type 1 diabetes", "Type 2 diabetes"]
    for number, row in enumerate(full.table.rows):
        source = texts(table, number)["source"]
        assert source == f"Abstract: Results\nclinical/{row.study_id}.yml:41"
    html = table.to_html()
    assert 'href="https://example.org/aa-2014"' in html
    assert 'href="../data/extractions/clinical/aa-2014.yml#41"' in html


def test_marks_stand_where_the_number_stands(full: AnalysisResult) -> None:
    table = studies_table(full)
    assert texts(table, 0)["study"].startswith("Aa 2014 *")
    assert "* sd ← se·√n" in texts(table, 0)["treated"]
    assert "*" not in texts(table, 0)["control"]
    assert texts(table, 1)["study"].startswith("Bb 2018 †")
    assert "† ± read as SD" in texts(table, 1)["control"]
    assert "Bb 2018: number of completers not printed" in table.notes


def test_arms_show_what_was_reported(full: AnalysisResult, make_result: Make, make_row: MakeRow) -> None:
    assert texts(studies_table(full), 2)["treated"] == "7.0 ± 1.0\nn = 20\nUC-MSC"
    row = make_row("Aa 2014", "T1D", -0.4, 0.04)
    contrast = replace(
        row,
        value="contrast",
        treatment=replace(row.treatment, mean=None, sd=None, n=None),
        control=row.control,
    )
    assert texts(studies_table(make_result([contrast])), 0)["treated"].startswith(
        "reported contrast\nn not printed"
    )


def test_excluded_grouped_by_reason(full: AnalysisResult) -> None:
    table = excluded_table(full)
    assert groups(table) == [
        "Design not allowed by the plan (2 results)",
        "Outside the time window, or another time is nearer (1 result)",
    ]
    assert texts(table, 2)["reason"] == "At 3 months; used: 12 months"
    assert texts(table, 2)["record"] == "clinical/dd-2020.yml:7"


def test_missing_lists_those_that_could_have_been_pooled_first(full: AnalysisResult) -> None:
    table = missing_table(full)
    assert groups(table) == [
        "Could have been pooled (1)",
        "No control group: could not have been pooled (1)",
        "Known to the plan, without a record (1)",
    ]
    assert texts(table, 0)["why"] == "Reported in a figure only\nFigure 2"
    assert texts(table, 2)["why"] == "never reported"
    # every result is on HbA1c and nobody says a direction: those columns say nothing
    assert [column.name for column in table.columns] == ["study", "diabetes_type", "n", "why", "record"]


def test_sensitivity_names_rows_by_label_and_joins_what_is_the_same(full: AnalysisResult) -> None:
    table = sensitivity_table(full)
    assert groups(table)[:2] == ["Type 1 diabetes", "Type 2 diabetes"]
    rows = [row for row in table.rows if row.kind != "group"]
    told = [(row.cells[0].text, row.cells[2].text, row.cells[4].text) for row in rows]
    planned = texts(results_table(full), 0)["estimate"].split("\n")[0]
    assert told[1][:2] == ("Wald interval", f"{planned} (−1.40 to 0.20)")
    assert told[2] == ("Published only", "nothing left to pool", "without Aa 2014, Bb 2018; with Dd 2020")
    assert told[4][:2] == ("Ratio of means", "ROM 0.90 (0.80 to 1.01)")
    assert told[5] == ("Same numbers", "", "Wald interval; Published only")


def test_small_study_tests_or_why_not(full: AnalysisResult) -> None:
    table = small_study_table(full)
    assert texts(table, 0)["result"] == "Not run: fewer than 10 studies."
    assert table.notes == (
        "Fewer than 10 studies cannot tell small-study effects from chance (Sterne 2011).",
    )
    assert texts(table, 1)["result"] == "t = −1.40, df = 10, p = 0.19"


def test_derivations_counted_assumptions_first(full: AnalysisResult) -> None:
    table = derivations_table(full)
    assert groups(table) == [
        "† Rest on an assumption (1 number)",
        "* Worked out from printed numbers (1 number)",
    ]
    assert texts(table, 0) == {"derivation": "± read as SD (0.9)", "times": "1", "studies": "Bb 2018"}


@pytest.mark.parametrize(
    "maker",
    [
        results_table,
        studies_table,
        excluded_table,
        missing_table,
        sensitivity_table,
        small_study_table,
        derivations_table,
    ],
)
def test_nothing_to_show_is_said(make_result: Make, maker: Callable[[AnalysisResult], Table]) -> None:
    table = maker(make_result([]))
    assert table.rows == ()
    assert table.empty in table.to_html()
    assert table.empty.split(";")[0] in table.to_markdown()


def test_animals_are_not_participants(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)], setting="preclinical")
    table = results_table(result)
    assert "Animals" in [column.header.split("\n")[0] for column in table.columns]
    assert texts(table, 0)["group"].startswith("Models of type 1 diabetes")
