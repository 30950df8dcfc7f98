"""The empty workbook: what it offers is what the model allows, and filled in it is a record."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from metamsc.exchange.assemble import from_tables
from metamsc.exchange.books import read_sheets
from metamsc.exchange.layout import sheets
from metamsc.exchange.raw import column_letters
from metamsc.exchange.tables import to_tables
from metamsc.exchange.template import FIRST_ROW, write_template
from metamsc.exchange.template_example import example_study
from metamsc.outcomes.catalogue import catalogue
from metamsc.vocabulary import Design


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_template(tmp_path / "template.xlsx")


def test_the_empty_template_is_no_record_and_no_problem(file: Path) -> None:
    found, problems = read_sheets(file)
    assert problems == ()
    assert from_tables(found) == ((), ())


def fill_in(file: Path) -> None:
    """Write the cells of the example below the help, header by header."""
    book = openpyxl.load_workbook(file)
    for name, table in to_tables([example_study()]).items():
        sheet = book[name]
        places = {str(cell.value).rstrip("*"): n for n, cell in enumerate(sheet[1], start=1)}
        for number, row in enumerate(table.rows, start=FIRST_ROW):
            for header, value in row.items():
                if value is not None:
                    sheet.cell(number, places[header]).value = value
    book.save(file)


def test_filled_in_it_gives_the_record(file: Path) -> None:
    fill_in(file)
    studies, problems = from_tables(read_sheets(file)[0])
    assert problems == ()
    assert studies == (example_study(),)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice (soffice) on this machine")
@pytest.mark.parametrize(
    ("form", "filter_name"), [("xlsx", "xlsx:Calc MS Excel 2007 XML"), ("ods", "ods:calc8")]
)
def test_filled_in_and_saved_by_libreoffice(form: str, filter_name: str, file: Path, tmp_path: Path) -> None:
    fill_in(file)
    command = [
        "soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{tmp_path}/profile",
        "--convert-to", filter_name, "--outdir", str(tmp_path / "saved"), str(file),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    studies, problems = from_tables(read_sheets(tmp_path / "saved" / f"{file.stem}.{form}")[0])
    assert problems == ()
    assert studies == (example_study(),)


def test_filled_in_by_hand_in_libreoffice() -> None:
    """A template in which a macro typed what a person would (LibreOffice 7.4), saved as ods."""
    found, problems = read_sheets(Path(__file__).parent / "libreoffice/template-filled-in.ods")
    assert problems == ()
    (study,), problems = from_tables(found)
    assert problems == ()
    assert (study.id, study.label, study.study.volume) == ("muller-2020", "Müller 2020", "3-9")
    assert (study.study.pmid, study.extraction.date) == ("26553832", "2026-11-22")
    assert [(result.outcome, result.at) for result in study.results] == [
        ("hba1c", "baseline"), ("hba1c", "12 months"), ("insulin_independence", "12 months"),
    ]  # fmt: skip
    assert study.arms[0].cells is not None
    assert study.arms[0].cells.dose is not None
    assert study.arms[0].cells.dose.value == 1e6


def test_every_sheet_has_header_and_help(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["read me", *sheets(), "example", "words"]
    for name, layout in sheets().items():
        assert [str(c.value).rstrip("*") for c in book[name][1]] == [c.name for c in layout.all]
        assert str(book[name].cell(2, 1).value).startswith("# ")
        assert not book[name].protection.sheet


@pytest.mark.parametrize(("setting", "left", "out"), [
    ("clinical", "population.diabetes_type", "model.species"),
    ("preclinical", "model.species", "population.diabetes_type"),
])  # fmt: skip
def test_one_setting_has_no_columns_of_the_other(setting: str, left: str, out: str, tmp_path: Path) -> None:
    file = write_template(tmp_path / "t.xlsx", setting)
    headers = [str(cell.value).rstrip("*") for cell in openpyxl.load_workbook(file)["studies"][1]]
    assert left in headers
    assert out not in headers
    assert from_tables(read_sheets(file)[0]) == ((), ())
    if setting == "clinical":
        fill_in(file)
        studies, problems = from_tables(read_sheets(file)[0])
        assert (studies, problems) == ((example_study(),), ())


def test_drop_downs_are_the_vocabularies(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    words = {
        str(column[0].value): [str(cell.value) for cell in column[1:] if cell.value is not None]
        for column in book["words"].iter_cols()
    }
    assert words["Design"] == [word.value for word in Design]
    assert words["outcome"] == list(catalogue().outcomes)
    rules = {str(rule.sqref): rule for rule in book["studies"].data_validations.dataValidation}
    headers = [str(cell.value) for cell in book["studies"][1]]
    letter = column_letters(headers.index("design*") + 1)
    rule = rules[f"{letter}3:{letter}2000"]
    start, end = rule.formula1.removeprefix("words!").replace("$", "").split(":")
    offered = [cell.value for (cell,) in book["words"][f"{start}:{end}"]]
    assert offered == [word.value for word in Design]


def test_the_example_is_a_sound_record() -> None:
    from metamsc.checks.run import check_studies
    from metamsc.records.studies import Studies, StudyFile

    problems = check_studies(Studies([StudyFile(example_study())]))
    assert [p for p in getattr(problems, "problems", problems) if p.severity == "error"] == []
