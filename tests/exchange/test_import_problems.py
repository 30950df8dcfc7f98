"""Every wrong cell is named by sheet, row and column; all are collected; nothing ends in a traceback."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.errors import Problem
from metamsc.exchange.assemble import from_tables
from metamsc.exchange.books import read_sheets
from metamsc.exchange.codes import EXCHANGE_CODES
from metamsc.exchange.csv_files import read_csv
from metamsc.exchange.raw import column_letters
from metamsc.exchange.tables import to_tables
from metamsc.exchange.template_example import example_study
from metamsc.exchange.xlsx_files import write_xlsx
from metamsc.records.model import Study

Edit = Callable[[Any], None]


def imported(tmp_path: Path, edit: Edit) -> tuple[tuple[Study, ...], tuple[Problem, ...]]:
    """Import the example after an edit of its workbook."""
    file = write_xlsx(to_tables([example_study()]), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(file)
    edit(book)
    book.save(file)
    sheets, problems = read_sheets(file)
    assert problems == ()
    return from_tables(sheets)


def cell(book: Any, sheet: str, header: str, row: int) -> Any:
    headers = [c.value for c in book[sheet][1]]
    return book[sheet].cell(row, headers.index(header) + 1)


def set_cell(sheet: str, header: str, row: int, value: Any, number_format: str | None = None) -> Edit:
    def edit(book: Any) -> None:
        target = cell(book, sheet, header, row)
        target.value = value
        if number_format:
            target.number_format = number_format

    return edit


def place_of(tmp_path: Path, sheet: str, header: str, row: int) -> str:
    book = openpyxl.load_workbook(write_xlsx(to_tables([example_study()]), tmp_path / "place.xlsx"))
    return f"{sheet}!{cell(book, sheet, header, row).coordinate}"


CASES = [
    # sheet, header, row, value, number format, code, words of the message
    ("results", "mean", 2, "7.5 %", None, "T905", "number alone"),
    ("results", "mean", 2, "7,5", None, "T905", "decimal point"),
    ("results", "mean", 2, "7.5 ± 1.0", None, "T905", "two cells"),
    ("results", "mean", 2, "<7.5", None, "T905", "bound"),
    ("results", "n", 2, 20.5, None, "T905", "whole number"),
    ("results", "n", 2, "=SUM(A1:A2)", None, "T906", "=SUM(A1:A2)"),
    ("results", "mean", 3, 0.58, "0%", "T905", "shows 58% and holds 0.58"),
    ("studies", "title", 2, "=1+1", None, "T906", "formula"),
    ("studies", "design", 2, "rct", None, "S204", "not an allowed word"),
    ("studies", "year", 2, 1492, None, "S205", "1950"),
    ("studies", "study", 2, "Example 2020", None, "S206", "form"),
    ("studies", "title", 2, None, None, "T904", "'title' is empty"),
    ("arms", "role", 3, "placebo", None, "S204", "allowed"),
    ("results", "arm", 2, None, None, "T904", "'arm' is empty"),
    ("results", "study", 2, "other", None, "T908", "not on the sheet 'studies'"),
    ("results", "arm", 3, "msc", None, "T907", "twice"),
    ("results", "unit", 3, "mmol/mol", None, "T907", "first row"),
    ("characteristics", "arm", 2, "mcs", None, "T908", "no arm 'mcs'"),
    ("derivations", "result", 2, 9, None, "T908", "not there"),
    ("derivations", "kind", 2, "guess", None, "S204", "allowed"),
    ("studies", "title", 2, "zero\u200bwidth", None, "T905", "U+200B"),
    ("studies", "title", 2, '"a\\u0000b"', None, "T905", "U+0000"),
    ("results", "pool", 2, "maybe", None, "T905", "true or false"),
]


@pytest.mark.parametrize(("sheet", "header", "row", "value", "form", "code", "words"), CASES)
def test_wrong_cell_is_named(
    sheet: str, header: str, row: int, value: Any, form: str | None, code: str, words: str, tmp_path: Path
) -> None:
    studies, problems = imported(tmp_path, set_cell(sheet, header, row, value, form))
    found = [p for p in problems if p.code == code]
    assert found, problems
    assert words in found[0].message + found[0].hint
    assert found[0].line == row
    assert found[0].file == str(tmp_path / "book.xlsx")
    assert found[0].where.startswith(f"{sheet}!")
    if header != "study":  # a row's own problem stands at its first cell
        assert found[0].where == place_of(tmp_path, sheet, header, row)
    assert studies == () or (code, header) == ("T908", "study")  # that row belongs to no study


def test_a_percentage_where_one_belongs(tmp_path: Path) -> None:
    """28.6 % in the column of percentages holds 0.286; it can only mean 28.6."""
    studies, problems = imported(tmp_path, set_cell("results", "percent", 4, 0.286, "0.0%"))
    assert problems == ()
    assert (studies[0].results[1].arms or {})["msc"].percent == 28.6


def test_a_hidden_sheet_is_read_and_named(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book["arms"].sheet_state = "hidden"

    studies, problems = imported(tmp_path, hide)
    assert len(studies) == 1
    assert [(p.code, p.severity) for p in problems] == [("T913", "warning")]
    assert "the sheet itself" in problems[0].message


def test_all_problems_are_collected(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        cell(book, "results", "mean", 2).value = "x"
        cell(book, "results", "sd", 2).value = "y"
        cell(book, "results", "n", 3).value = "z"
        cell(book, "studies", "setting", 2).value = "hospital"

    studies, problems = imported(tmp_path, edit)
    assert studies == ()
    assert [p.where.split("!")[0] for p in problems] == ["studies", "results", "results", "results"]
    assert problems[1].where < problems[2].where


def test_a_formula_that_shows_a_number_is_not_trusted(tmp_path: Path) -> None:
    """The number that a formula last showed stands in the file; it is not read."""
    file = write_xlsx(to_tables([example_study()]), tmp_path / "book.xlsx")
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            content = content.replace(b"<v>7.5</v>", b"<f>3+4.5</f><v>7.5</v>")
            new.writestr(entry, content)
    file.write_bytes(changed.getvalue())
    _, problems = from_tables(read_sheets(file)[0])
    assert [p.code for p in problems] == ["T906"]


def test_date_that_a_spreadsheet_made(tmp_path: Path) -> None:
    import datetime as dt

    _, problems = imported(tmp_path, set_cell("studies", "volume", 2, dt.datetime(2026, 3, 9)))  # noqa: DTZ001
    assert "has turned this cell into a date" in problems[0].message
    studies, problems = imported(
        tmp_path, set_cell("studies", "extraction.date", 2, dt.datetime(2026, 3, 9))  # noqa: DTZ001
    )  # fmt: skip
    assert problems == ()
    assert studies[0].extraction.date == "2026-03-09"


def test_unknown_column_and_sheet(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        book["results"].cell(1, 60).value = "outcom"
        book["results"].cell(2, 60).value = "x"
        book.create_sheet("my notes")["A1"].value = "x"
        book["arms"].cell(2, 90).value = "stray"

    _, problems = imported(tmp_path, edit)
    codes = {p.where.split("!")[0]: (p.code, p.severity) for p in problems}
    assert codes == {"results": ("T903", "error"), "my notes": ("T902", "warning"), "arms": ("T903", "error")}
    assert any("did you mean 'outcome'" in p.hint for p in problems)


def test_numbers_of_results_may_be_left_out(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        for row in (2, 3, 4, 5):
            cell(book, "results", "result", row).value = None
        book["derivations"].delete_rows(2)

    studies, problems = imported(tmp_path, edit)
    assert problems == ()
    assert [r.outcome for r in studies[0].results] == ["hba1c", "insulin_independence"]
    assert set(studies[0].results[0].arms or {}) == {"msc", "control"}


@pytest.mark.parametrize("header", ["definition", "unit"])
def test_half_filled_rows_are_not_two_results(header: str, tmp_path: Path) -> None:
    """What somebody wrote in the first row only would make two results of one arm each, without a word."""

    def edit(book: Any) -> None:
        for row in (2, 3, 4, 5):
            cell(book, "results", "result", row).value = None
        book["derivations"].delete_rows(2)
        cell(book, "results", header, 2).value = "%"
        cell(book, "results", header, 3).value = None

    studies, problems = imported(tmp_path, edit)
    assert studies == ()
    assert [(p.code, p.line) for p in problems] == [("T907", 3)]
    assert f"as row 2, but for {header}" in problems[0].message
    assert "number them" in problems[0].hint


def test_half_filled_judgements(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        for row, overall in ((2, "low"), (3, None)):
            values = {"study": "example-2020", "tool": "rob2", "domain": f"D{row}", "judgement": "low"}
            for header, value in {**values, "overall": overall}.items():
                cell(book, "risk_of_bias", header, row).value = value

    _, problems = imported(tmp_path, edit)
    assert [(p.code, p.where.split("!")[0], p.line) for p in problems] == [("T907", "risk_of_bias", 3)]


def test_a_percentage_in_any_other_column(tmp_path: Path) -> None:
    _, problems = imported(tmp_path, set_cell("results", "study", 2, 0.5, "0%"))
    assert "T905" in {p.code for p in problems}


def test_a_sheet_without_rows_needs_no_columns(tmp_path: Path) -> None:
    studies, problems = imported(tmp_path, lambda book: book.remove(book["risk_of_bias"]))
    assert (len(studies), problems) == (1, ())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"not a zip"),
        ("x.xlsx", b"PK\x05\x06" + b"\0" * 18),
        ("x.csv", b"\xff\xfe\x00"),
        ("x.csv", b'study,title\n"open'),
        ("x.csv", b"a\x00b"),
        ("x.parquet", b"PAR1"),
        ("x.docx", b""),
    ],
)
def test_files_that_are_no_tables(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    sheets, problems = read_sheets(tmp_path / name)
    assert sheets == ()
    assert [p.code for p in problems] == ["T901"]


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    file = write_xlsx(to_tables([]), tmp_path / "book.xlsx")
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 70_000_000)
    _, problems = read_sheets(file)
    assert "unpacks to" in problems[0].message


def test_folder_without_tables(tmp_path: Path) -> None:
    assert "no .csv" in read_sheets(tmp_path)[1][0].message


@given(st.binary(max_size=300))
def test_any_bytes_as_csv_end_in_problems(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(content)
        file.flush()
        found = read_csv(file.name)
    if not isinstance(found, Problem):
        from_tables([found])


def test_semicolons_and_tabs(tmp_path: Path) -> None:
    for delimiter in ";\t":
        (tmp_path / "studies.csv").write_text(f"study{delimiter}title\nx{delimiter}a, b\n")
        found = read_csv(tmp_path / "studies.csv")
        assert not isinstance(found, Problem)
        assert found.rows == ((2, {1: "x", 2: "a, b"}),)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """A cell with line breaks moves the rows below it; the number named is the one an editor shows."""
    (tmp_path / "studies.csv").write_text('study,title\nx,"a\nb\nc"\ny,d\n')
    found = read_csv(tmp_path / "studies.csv")
    assert not isinstance(found, Problem)
    assert [number for number, _ in found.rows] == [2, 5]


def test_column_letters() -> None:
    assert [column_letters(n) for n in (1, 26, 27, 52, 53, 702, 703)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_every_code_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/exchange.md").read_text(encoding="utf-8")
    assert all(f"| {code} | {title} |" in page for code, title in EXCHANGE_CODES.items())
