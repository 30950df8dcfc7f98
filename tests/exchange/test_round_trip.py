"""The law of exchange: what is exported and imported again is the same record, in every format."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError
from metamsc.exchange.assemble import from_tables
from metamsc.exchange.books import read_sheets
from metamsc.exchange.cells import read_text, read_texts, write_text, write_texts
from metamsc.exchange.columns import columns_of
from metamsc.exchange.csv_files import write_csv_folder
from metamsc.exchange.layout import sheets
from metamsc.exchange.parquet_files import write_parquet_folder
from metamsc.exchange.tables import to_tables
from metamsc.exchange.xlsx_files import write_xlsx
from metamsc.exchange.yaml_scalars import WIDTH
from metamsc.exchange.yaml_writer import write_record_yaml
from metamsc.records.load import load_records, load_study
from metamsc.records.model import Study
from metamsc.records.studies import Studies, StudyFile
from tests.exchange.strategies import AWKWARD, records, texts

ROOT = Path(__file__).parents[2]
RECORDS = (ROOT / "data/extractions", ROOT / "tests/examples/extractions/valid")
KEY = 20
"""A text that would be one line of a folded block stays beside its key."""
FORMATS = ("csv", "xlsx", "parquet")
DRAWN = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""Files are written for each example; the shapes that matter come up within a few dozen. Not shrunk: a
record is large, and making it smaller takes minutes."""


@pytest.fixture(scope="module")
def shipped() -> Studies:
    studies, _ = load_records(RECORDS)
    assert len(studies) > 100
    return studies


def there_and_back(studies: tuple[Study, ...], folder: Path, form: str) -> tuple[Study, ...]:
    tables = to_tables(studies)
    target = folder / "book.xlsx" if form == "xlsx" else folder / form
    if form == "csv":
        write_csv_folder(tables, target)
    elif form == "xlsx":
        write_xlsx(tables, target)
    else:
        write_parquet_folder(tables, target)
    found, problems = read_sheets(target)
    assert problems == ()
    back, problems = from_tables(found)
    assert problems == ()
    return back


@pytest.mark.parametrize("form", FORMATS)
def test_shipped_records(shipped: Studies, form: str, tmp_path: Path) -> None:
    assert there_and_back(tuple(shipped), tmp_path, form) == tuple(shipped)


def test_any_record(tmp_path: Path) -> None:
    @DRAWN
    @given(records())
    def law(study: Study) -> None:
        for form in FORMATS:
            assert there_and_back((study,), tmp_path, form) == (study,)
        back = load_study(write_record_yaml(study).encode(), "x.yml")
        assert isinstance(back, StudyFile), back
        assert back.study == study

    law()


def test_shipped_records_as_yaml(shipped: Studies) -> None:
    for file in shipped.files:
        text = write_record_yaml(file.study, file.file)
        back = load_study(text.encode(), file.file)
        assert isinstance(back, StudyFile), back
        assert back.study == file.study
        long = [line for line in text.splitlines() if len(line) > WIDTH + KEY]
        assert all(" " not in line.strip().split(": ", 1)[1] for line in long)  # nothing but addresses


@given(texts)
@settings(max_examples=500)
def test_text_survives_its_cell(text: str) -> None:
    cell = write_text(text)
    assert read_text(cell) == text
    assert cell[0] not in "=+-@\t\r\n"
    assert cell == cell.strip()


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_survives_its_cell(text: str) -> None:
    assert read_text(write_text(text)) == text


@given(st.lists(texts, max_size=4))
@example(["[a]"])
@example(["a;b", "c"])
def test_list_survives_its_cell(entries: list[str]) -> None:
    assert read_texts(write_texts(entries)) == entries


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "\u200b"])
def test_text_that_no_record_holds_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="U\\+"):
        write_text(text)


def test_two_arms_of_one_id_are_refused(shipped: Studies) -> None:
    study = next(s for s in shipped if len(s.arms) > 1)
    twice = study.model_copy(update={"arms": (study.arms[0], study.arms[0])})
    with pytest.raises(InputError, match="two arms of one id"):
        to_tables([twice])


def test_every_field_of_the_model_has_a_column() -> None:
    """A field added to the model is carried without a change here."""
    names = {column.path for column in columns_of(Study)}
    assert ("study", "doi") in names
    assert ("results",) in names
    for sheet in sheets().values():
        assert len({column.name for column in sheet.all}) == len(sheet.all), sheet.name
        assert all(column.kind != "json" for column in sheet.all), f"{sheet.name}: a field without columns"


def test_long_texts(shipped: Studies, tmp_path: Path) -> None:
    """A text may be longer than a cell of a workbook; it is refused there, and never cut off."""
    study = shipped[0]
    long = study.model_copy(
        update={"study": study.study.model_copy(update={"notes": ("word " * 40_000 + "end",)})}
    )
    for form in ("csv", "parquet"):
        assert there_and_back((long,), tmp_path, form) == (long,)
    with pytest.raises(InputError, match="a cell of a workbook holds 32,767"):
        there_and_back((long,), tmp_path, "xlsx")


def test_formulas_are_no_formulas_in_csv(shipped: Studies, tmp_path: Path) -> None:
    study = shipped[0]
    evil = study.study.model_copy(update={"title": '=HYPERLINK("http://x","y")', "label": "@x"})
    tables = to_tables([study.model_copy(update={"study": evil})])
    write_csv_folder(tables, tmp_path)
    with (tmp_path / "studies.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["title"][0], row["label"]) == ("'", "'@x")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice (soffice) on this machine")
@pytest.mark.parametrize(
    ("form", "filter_name"), [("xlsx", "xlsx:Calc MS Excel 2007 XML"), ("ods", "ods:calc8")]
)
def test_shipped_records_through_libreoffice(
    form: str, filter_name: str, shipped: Studies, tmp_path: Path
) -> None:
    write_xlsx(to_tables(shipped), tmp_path / "book.xlsx")
    command = [
        "soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{tmp_path}/profile",
        "--convert-to", filter_name, "--outdir", str(tmp_path / "saved"), str(tmp_path / "book.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    found, problems = read_sheets(tmp_path / f"saved/book.{form}")
    assert problems == ()
    back, problems = from_tables(found)
    assert problems == ()
    assert back == tuple(shipped)
