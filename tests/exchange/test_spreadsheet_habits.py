"""What spreadsheets and their users do to cells: read where it means one thing, else named by its cell."""

import datetime as dt
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

import openpyxl
import pytest

from metamsc.errors import InputError, Problem
from metamsc.exchange.books import read_sheets
from metamsc.exchange.convert import Hints
from metamsc.exchange.csv_files import read_csv
from metamsc.exchange.importing import import_tables
from metamsc.exchange.numbers import CommaText, read_integer, read_number
from metamsc.exchange.ods_files import read_ods
from metamsc.exchange.parquet_files import read_parquet
from metamsc.exchange.raw import ErrorValue, Formula, Merged, Percentage, hidden_words
from metamsc.exchange.xlsx_files import read_xlsx

SAVED = Path(__file__).parent / "libreoffice"
HINTS = Hints(extracted_by="A. Importer", date="2026-11-22", setting="clinical")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("7.5", 7.5), (" 7.5 ", 7.5), ("7.5\u00a0", 7.5), ("\u22121.3", -1.3), ("\u20131.3", -1.3),
        (1e6, 1e6), ("1E+06", 1e6), ("1e6", 1e6), (21, 21), ("021", 21), (CommaText("7,5"), 7.5),
        (CommaText("-0,25"), -0.25),
        (CommaText("21"), 21), (CommaText("1,500"), 1.5), (1e50, 1e50), (1e-50, 1e-50), (0, 0),
    ],
)  # fmt: skip
def test_numbers_that_mean_one_thing(cell: object, number: float) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("7,5", "--decimal-comma"), ("1,500", "thousands or decimals"), ("1.500,5", "thousands or decimals"),
        ("1 500", "thousands or decimals"), ("1\u00a0500", "thousands"), ("1'500", "thousands or decimals"),
        (CommaText("1.500"), "thousands or decimals"), (CommaText("7.5"), "decimal commas"),
        ("58 %", "alone"),
        (dt.datetime(2026, 5, 7), "date"), (dt.date(2026, 5, 7), "date"), (dt.time(7, 5), "date"),  # noqa: DTZ001
        ("05/06/2026", "a date"), ("06-May", "a date"), ("5. Jun", "a date"), ("May-06", "a date"),
        ("7.5 ± 1.0", "two cells"), ("7.5+/-1", "two cells"), ("<0.05", "p_operator"), ("1×10^6", "1e6"),
        ("1.1 x 106", "1e6"), (True, "a number is needed"), ("n.s.", "a number is needed"), ("NaN", "needed"),
        ("1e51", "larger"), (1e51, "larger"), ("9" * 60, "larger"), (1e-51, "nearer to zero"),
        (float("inf"), "finite"), (float("nan"), "finite"), (10**60, "larger"),
    ],
)  # fmt: skip
def test_numbers_that_do_not(cell: object, words: str) -> None:
    with pytest.raises(InputError) as found:
        read_number(cell)
    assert words in str(found.value)


@pytest.mark.parametrize("cell", [10**51, "1" * 52, 1e51])
def test_whole_numbers_end_where_records_do(cell: object) -> None:
    with pytest.raises(InputError, match="larger"):
        read_integer(cell)


EXPECTED = [
    ("A1", "T913", "row 8, column O"),
    ("M2", "S202", "unit"),
    ("H3", "T905", "--decimal-comma"),
    ("N3", "T905", "p_operator"),
    ("H4", "T905", "2026-05-06"),
    ("H5", "T906", "=7+1.5"),
    ("I5", "T905", "58%"),
    ("F7", "T905", "merged cells"),
    ("H7", "T905", "1/0"),
    ("H8", "T905", "two cells"),
]


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_a_sheet_typed_into_libreoffice(form: str) -> None:
    """Saved by LibreOffice 7.4 after a macro had typed it, with a hidden row and column and merged cells."""
    imported = import_tables(SAVED / f"habits.{form}", HINTS)
    assert imported.form == "long"
    found = [(p.where.removeprefix("Sheet1!"), p.code) for p in imported.problems]
    assert found == [(where, code) for where, code, _ in EXPECTED]
    for problem, (_, _, words) in zip(imported.problems, EXPECTED, strict=True):
        assert words in problem.message
    assert imported.problems[0].severity == "warning"


def test_both_formats_hold_the_same() -> None:
    (xlsx,), _ = read_sheets(SAVED / "habits.xlsx")
    (ods,), _ = read_sheets(SAVED / "habits.ods")
    assert xlsx.header == ods.header
    assert [number for number, _ in xlsx.rows] == [number for number, _ in ods.rows]
    assert dict(xlsx.rows[0][1]) == dict(ods.rows[0][1])
    assert xlsx.rows[0][1][12] == "line1\nline2"
    assert xlsx.rows[0][1][13] == 1e6


def ods(tmp_path: Path, rows: str, content: bytes | None = None) -> Path:
    spaces = " ".join(
        f"xmlns:{name}={quoteattr(f'urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0')}"
        for name, uri in (("office", "office"), ("table", "table"), ("text", "text"), ("calcext", "calcext"))
    )
    made = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="studies">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    ).encode()
    file = tmp_path / "made.ods"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", made if content is None else content)
    return file


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def cell(attributes: str = "", text: str = "") -> str:
    return f"<table:table-cell {attributes}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"


def test_cells_of_ods(tmp_path: Path) -> None:
    head = row(*(cell(text=name) for name in "abcdefghijk"))
    kinds = row(
        cell('office:value-type="float" office:value="7.5"', "7.50"),
        cell('office:value-type="percentage" office:value="0.5"', "50%"),
        cell('office:value-type="boolean" office:boolean-value="true"', "TRUE"),
        cell('office:value-type="date" office:date-value="2026-05-07"', "07.05.26"),
        cell('table:formula="of:=TRUE()" office:value-type="boolean" office:boolean-value="true"', "TRUE"),
        cell('table:formula="of:=1+1" office:value-type="float" office:value="2"', "2"),
        cell('office:value-type="time" office:time-value="PT07H05M00S"', "07:05"),
        cell('office:value-type="string" calcext:value-type="error"', "#DIV/0!"),
        cell('office:value-type="string"', 'a<text:s text:c="2"/>b<text:line-break/>c'),
        "<table:table-cell><office:annotation><text:p>a remark</text:p></office:annotation><text:p>x</text:p>"
        "</table:table-cell>",
        "<table:covered-table-cell/>",
    )
    found = read_ods(ods(tmp_path, head + kinds))
    assert not isinstance(found, Problem)
    assert list(found[0].rows[0][1].values()) == [
        7.5, Percentage(50.0), True, dt.date(2026, 5, 7), True, Formula("=1+1"),
        ErrorValue("the time 07:05"),
        ErrorValue("#DIV/0!"), "a  b\nc", "x", Merged("with the cells beside or above it"),
    ]  # fmt: skip


def test_repeated_cells_and_rows_of_ods(tmp_path: Path) -> None:
    rows = (
        row(cell(text="study"), cell('table:number-columns-repeated="2"'), cell(text="title"))
        + '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        + '<table:table-row table:number-rows-repeated="2" table:visibility="collapse">'
        + cell('table:number-columns-repeated="4"', "x")
        + "</table:table-row>"
        + '<table:table-row table:number-rows-repeated="1048569">'
        + cell('table:number-columns-repeated="16384"')
        + "</table:table-row>"
    )
    found = read_ods(ods(tmp_path, rows))
    assert not isinstance(found, Problem)
    (sheet,) = found
    assert sheet.header == {1: "study", 4: "title"}
    assert [number for number, _ in sheet.rows] == [5, 6]
    assert sheet.rows[0][1] == {1: "x", 2: "x", 3: "x", 4: "x"}
    assert sheet.hidden == "rows 5-6"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<a", "not a workbook"),
        (b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "document type"),
    ],
)
def test_ods_that_is_none(content: bytes, words: str, tmp_path: Path) -> None:
    found = read_ods(ods(tmp_path, "", content))
    assert isinstance(found, Problem)
    assert words in found.message


def test_ods_that_spans_too_much(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="1000000">' + cell(text="x") * 6 + "</table:table-row>"
    )
    found = read_ods(ods(tmp_path, rows))
    assert isinstance(found, Problem)
    assert "span more than" in found.message


def test_texts_that_are_multiplied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may hold one long text and say that a million cells have it; no limit is tried at full size."""
    monkeypatch.setattr("metamsc.exchange.raw.MAX_CHARACTERS", 10_000)
    monkeypatch.setattr("metamsc.exchange.ods_files.MAX_CHARACTERS", 10_000)
    many = cell('table:number-columns-repeated="200"', "x" * 100)
    blanks = cell(text='a<text:s text:c="9999"/><text:s text:c="9999"/>b')
    for rows in (row(many), row(blanks)):
        found = read_ods(ods(tmp_path, rows))
        assert isinstance(found, Problem)
        assert "hold more than 10,000" in found.message
    book = openpyxl.Workbook()
    for number in range(1, 201):
        book.worksheets[0].cell(1, number).value = "x" * 100
    book.save(tmp_path / "x.xlsx")
    refused = read_xlsx(tmp_path / "x.xlsx")
    assert isinstance(refused, Problem)
    assert "hold more than 10,000 characters" in refused.message


def test_parquet_that_is_multiplied(tmp_path: Path) -> None:
    """Two kilobytes that say fifty thousand times a text of thirty thousand; nothing, a million times."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 30_000]))
    pq.write_table(pa.table({"study": text}), tmp_path / "text.parquet")
    pq.write_table(pa.table({"study": text.slice(0, 1000).cast(pa.string())}), tmp_path / "less.parquet")
    pq.write_table(pa.table({"study": pa.nulls(6_000_000, pa.string())}), tmp_path / "rows.parquet")
    for name, words in (("text", "characters"), ("rows", "6,000,000 cells")):
        assert (tmp_path / f"{name}.parquet").stat().st_size < 20_000
        found = read_parquet(tmp_path / f"{name}.parquet")
        assert isinstance(found, Problem)
        assert words in found.message
    assert not isinstance(read_parquet(tmp_path / "less.parquet"), Problem)


def patched(tmp_path: Path, old: bytes, new: bytes) -> Path:
    """A workbook of openpyxl with a part of its sheet exchanged, as no program would write it."""
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "study"
    book.save(tmp_path / "plain.xlsx")
    file = tmp_path / "patched.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(file, "w") as archive:
        for entry in plain.infolist():
            content = plain.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                assert old in content
                content = content.replace(old, new)
            archive.writestr(entry, content)
    return file


@pytest.mark.parametrize("range_", ["A1:XFD1048576", "A1:CV20000", "A:C", "1:5"])
def test_a_million_merged_cells_are_refused_at_once(range_: str, tmp_path: Path) -> None:
    merged = f'</sheetData><mergeCells count="1"><mergeCell ref="{range_}"/></mergeCells>'.encode()
    found = read_xlsx(patched(tmp_path, b"</sheetData>", merged))
    assert isinstance(found, Problem)
    assert "merged cells" in found.message


def test_entities_of_a_workbook_are_refused(tmp_path: Path) -> None:
    found = read_xlsx(patched(tmp_path, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "a">]><worksheet'))
    assert isinstance(found, Problem)
    assert "document type" in found.message


TEXT = "study,arm,role,outcome,time,unit,n,mean,sd\na-1,m,treatment,hba1c,baseline,%,21,7.5,1\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        ("sep=;\r\n" + TEXT.replace(",", ";")).encode(),
        ('"sep=,"\n' + TEXT).encode(),
        ("," * 8 + "\n" + TEXT + "," * 8 + "\n\n").encode(),
    ],
)
def test_csv_as_programs_write_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    imported = import_tables(tmp_path / "t.csv", HINTS)
    assert imported.problems == ()
    assert imported.studies[0].results[0].arms is not None
    assert imported.studies[0].results[0].arms["m"].mean == 7.5


def test_windows_encoding_and_decimal_commas(tmp_path: Path) -> None:
    text = TEXT.replace(",", ";").replace("7.5", "7,5").replace("a-1;", "a-1;").replace("time", "title;time")
    text = text.replace("hba1c;baseline", "hba1c;Müller;baseline")
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    refused = import_tables(tmp_path / "t.csv", HINTS)
    assert [p.code for p in refused.problems] == ["T901"]
    assert "--encoding cp1252" in refused.problems[0].hint
    still = import_tables(tmp_path / "t.csv", Hints(extracted_by="x", date="2026-11-22", setting="clinical",
                                                    encoding="cp1252"))  # fmt: skip
    assert [(p.where, p.code) for p in still.problems] == [("t!I2", "T905")]
    assert "--decimal-comma" in still.problems[0].message
    hints = Hints(
        extracted_by="x", date="2026-11-22", setting="clinical", encoding="cp1252", decimal_comma=True
    )
    imported = import_tables(tmp_path / "t.csv", hints)
    assert imported.problems == ()
    assert imported.studies[0].study.title == "Müller"
    assert imported.studies[0].results[0].arms is not None
    assert imported.studies[0].results[0].arms["m"].mean == 7.5


def test_lines_below_a_separator_line_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "studies.csv").write_text('sep=,\nstudy,title\nx,"a\nb"\ny,d\n')
    found = read_csv(tmp_path / "studies.csv")
    assert not isinstance(found, Problem)
    assert (found.header_row, [number for number, _ in found.rows]) == (2, [3, 5])


def test_remarks_and_errors_that_begin_alike(tmp_path: Path) -> None:
    (tmp_path / "studies.csv").write_text("# a title\nstudy,title\n#Note: one,x\n#N/A,y\n#REF!,z\n#D,w\n")
    found = read_csv(tmp_path / "studies.csv")
    assert not isinstance(found, Problem)
    assert (found.header_row, [cells[1] for _, cells in found.rows]) == (2, ["#N/A", "#REF!"])


def test_hidden_rows_and_columns_in_words() -> None:
    assert hidden_words([], []) == ""
    assert hidden_words([3, 4, 5, 9], [3]) == "rows 3-5, 9, column C"
    assert hidden_words(list(range(1, 40, 2)), []) == "rows 1, 3, 5, 7, 9, ..."
