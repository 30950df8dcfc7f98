"""Tables as documents: same bytes each time, opened again by what reads them, hostile text shown as text."""

from __future__ import annotations

import builtins
import io
import json
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from metamsc.errors import InputError, OptionError
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row
from metamsc.tables.widths import column_widths
from metamsc.tables.write import SUFFIXES, write_tables
from metamsc.tables.write_docx import to_docx
from metamsc.tables.write_great import great_table, to_html_page
from metamsc.tables.write_latex import escape_latex, to_latex
from metamsc.tables.write_xlsx import to_xlsx

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&amp; &lt;b&gt; \"quoted\" 'single'",
    "\\input{/etc/passwd} \\write18{id} $x$ % & # _ ^ ~ { } [1]",
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "@SUM(A1:A9)",
    "-2+3",
    "{{7*7}} ${7*7}",
    "line\x00with\x07controls\x1b[31m",
    "half \ud800 of a pair",
    "中文 עברית ẞ 🧪 á",
)
"""What a record can hold, or a result made by hand."""
LINK = "javascript:alert(1)"


def table(*texts: str, name: str = "results") -> Table:
    """A table with shared headings, groups, a total, small text, links, notes, and these texts everywhere."""
    rows = [group_row(texts[0]), Row((cell("a"), cell("1"), cell("−0.50"), cell("x")))]
    rows += [
        Row((cell(text), cell(Piece(text, small=True)), cell("2"), cell(Piece(text, LINK)))) for text in texts
    ]
    rows.append(group_row(texts[0]))
    linked = cell(Piece("doi", "https://doi.org/10.1/a%b#c&d~e_{f}"), "−")
    rows.append(Row((cell("All"), cell("3"), cell("9.50"), linked), kind="total", indent=1))
    return Table(
        name=name,
        caption=f"Caption {texts[0]}",
        columns=(
            Column("study", "Study"),
            Column("k", f"Shared\n{texts[0]}", "right", spanner=texts[0]),
            Column("n", "Number", "right", spanner=texts[0]),
            Column("where", "Where"),
        ),
        rows=tuple(rows),
        notes=(f"Note {texts[0]}", *texts),
    )


EMPTY = Table(name="none", caption="Nothing.", columns=(Column("a", "A"),), rows=(), empty="Nothing <here>.")


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("form", SUFFIXES)
def test_same_tables_same_bytes(form: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{n}{SUFFIXES[form]}" for n in (1, 2)]
    for file in files:
        assert write_tables([table("a"), EMPTY], file, title="T") == file
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert len(first) > 300


def test_no_time_of_writing_in_office_files() -> None:
    for content in (to_docx([table("a")], title="T"), to_xlsx([table("a")], title="T")):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = package.read("docProps/core.xml").decode("utf-8")
            assert set(re.findall(r"20\d\d-\d\d-\d\dT[\d:]+Z", core)) == {"2000-01-01T00:00:00Z"}


# --- HTML ---


class _Page(HTMLParser):
    """Collects tags, attributes that run or fetch, and the text of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.events: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            if name.startswith("on"):
                self.events.append(name)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def test_html_shows_hostile_text_as_text(hostile: str) -> None:
    page = parsed(to_html_page([table(hostile)], title=hostile))
    assert {"script", "img", "iframe", "object"}.isdisjoint(page.tags)
    assert page.events == []
    assert page.links == ["https://doi.org/10.1/a%b#c&d~e_{f}"]
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", hostile)
    assert page.text.count(shown) >= 4  # title, heading, both columns


def test_html_has_groups_spanners_notes_and_two_groups_of_one_name() -> None:
    html = to_html_page([table("Group")], title="T")
    page = parsed(html)
    assert html.count('class="gt_group_heading"') == 2
    assert html.count('gt_column_spanner"') == 1
    assert html.count('class="gt_sourcenote"') == 2
    assert page.tags.count("table") == 1
    assert 'id="table-1-results"' in html
    body = html[html.index("<tbody") : html.index("</tbody")]
    assert body.count("<tr") == 5  # two headings, three rows


def test_html_fetches_nothing_and_runs_nothing() -> None:
    html = to_html_page([table("a"), EMPTY], title="T")
    assert not re.search(r"<script|<link|@import|url\(|src=", html)
    assert "Nothing &lt;here&gt;." in html
    fragment = to_html_page([table("a")], title="T", fragment=True)
    assert fragment.startswith('<div class="table"')
    assert "<html" not in fragment


def test_a_great_table_can_be_styled_further() -> None:
    from great_tables import GT

    assert isinstance(great_table(table("a")), GT)


# --- LaTeX ---


def pandoc(latex: str) -> list[Any]:
    import pypandoc

    found = json.loads(pypandoc.convert_text(latex, "json", format="latex"))
    return list(found["blocks"])


def words(node: Any) -> str:
    """The text of a pandoc tree."""
    if isinstance(node, dict):
        if node.get("t") == "Str":
            return str(node["c"])
        if node.get("t") in ("Space", "SoftBreak", "LineBreak"):
            return " "
        if node.get("t") == "Math":
            return str(node["c"][1])
        return words(node.get("c", ""))
    if isinstance(node, list):
        return "".join(map(words, node))
    return ""


def test_latex_is_read_as_a_table_with_its_rows_and_columns() -> None:
    blocks = pandoc(to_latex([table("Group"), table("Other")], title="Tables"))
    tables = [block for block in blocks if block["t"] == "Table"]
    assert len(tables) == 2
    specs, bodies = tables[0]["c"][2], tables[0]["c"][4]
    assert len(specs) == 4
    rows = [row for body in bodies for row in body[3]]
    assert len(rows) >= 5


def test_latex_holds_no_command_of_a_record(hostile: str) -> None:
    escaped = escape_latex(hostile)
    signs = "backslash|asciicircum|asciitilde|less|greater|bar|quotedbl|asciigrave"
    rest = re.sub(rf"\\(text({signs})|[{{}}$&#%_])", "", escaped)
    assert "\\" not in rest
    assert not re.search(r"[$&#%_^~<>|\"`]", rest)


def test_latex_shows_hostile_text_as_text() -> None:
    shown = words(pandoc(to_latex([table(HOSTILE[3])], title="T")))
    assert shown.count("input{/etc/passwd}") >= 3
    assert "write18{id}" in shown


def test_latex_braces_and_environments_are_balanced(hostile: str) -> None:
    latex = to_latex([table(hostile), EMPTY], title=hostile)
    bare = re.sub(r"\\[\\{}]", "", latex)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", latex).count("longtable") == 2
    assert sorted(re.findall(r"\\begin\{(\w+)\}", latex)) == sorted(re.findall(r"\\end\{(\w+)\}", latex))
    body = latex[latex.index(r"\endlastfoot") : latex.index(r"\end{longtable}")]
    ordinary = [line for line in body.splitlines() if line.endswith(r" \\")]
    assert {re.sub(r"\\&", "", line).count("&") for line in ordinary} == {3}


def test_latex_signs_have_commands_and_cells_lines() -> None:
    assert escape_latex("τ² ≥ −0.5 ± 1 ⊕◯ †") == (
        r"$\tau$\textsuperscript{2} $\geq$ $-$0.5 $\pm$ 1 $\oplus$$\bigcirc$ \textdagger{}"
    )
    two = Table(
        name="t", caption="C", columns=(Column("a", "A\nB", "right"),), rows=(Row((cell("x", "y"),)),)
    )
    latex = to_latex([two], title="T")
    assert r"x\linebreak y" in latex
    assert r"\textbf{A\linebreak B}" in latex


def test_a_latex_fragment_has_no_document() -> None:
    latex = to_latex([table("a")], title="T", fragment=True)
    assert r"\documentclass" not in latex
    assert latex.startswith("% needs the packages")


def test_columns_share_the_page_and_get_their_longest_word() -> None:
    def of(*lines: str) -> Table:
        return Table(
            name="t",
            caption="C",
            columns=tuple(Column(f"c{n}", "h") for n in range(len(lines))),
            rows=(Row(tuple(cell(line) for line in lines)),),
        )

    # 10 + 3 and 20 + 3 of 165 characters: a small table is not stretched
    assert column_widths(of("a" * 10, "b" * 20)) == pytest.approx((13 / 165, 23 / 165), rel=1e-12)
    wide = column_widths(of(*["word " * 60] * 4, "NCT01374854"))
    assert sum(wide) == pytest.approx(1.0, rel=1e-12)
    assert wide[4] == pytest.approx(14 / 165, rel=1e-12)  # one word: 11 + 3, no more
    narrow = column_widths(of(*["x" * 40] * 9))
    assert sum(narrow) == pytest.approx(1.0, rel=1e-12)


# --- docx ---


def test_docx_opened_again() -> None:
    import docx

    document = docx.Document(io.BytesIO(to_docx([table("Group"), EMPTY], title="Appendix")))
    assert document.paragraphs[0].text == "Appendix"
    assert [p.text for p in document.paragraphs if p.text.startswith("Table ")] == [
        "Table 1. Caption Group",
        "Table 2. Nothing.",
    ]
    (made,) = document.tables
    assert [made.cell(1, place).text for place in range(4)] == ["Study", "Shared\nGroup", "Number", "Where"]
    assert made.cell(0, 1).text == made.cell(0, 2).text == "Group"  # one merged heading
    assert made.cell(2, 0).text == made.cell(2, 3).text == "Group"  # a heading across
    assert [made.cell(3, place).text for place in range(4)] == ["a", "1", "−0.50", "x"]
    total = made.rows[-1].cells
    assert total[0].paragraphs[0].runs[0].bold
    assert [p.text for p in document.paragraphs if p.text.startswith("Note")] == ["Note Group"]
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert section.page_width > section.page_height


def test_docx_shows_hostile_text_as_text_and_links_only_to_the_web(hostile: str) -> None:
    import docx

    content = to_docx([table(hostile)], title=hostile)
    document = docx.Document(io.BytesIO(content))
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", hostile)
    assert document.tables[0].cell(4, 0).text == shown
    assert document.paragraphs[0].text == shown
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        relations = package.read("word/_rels/document.xml.rels").decode("utf-8")
    external = re.findall(r'Target="([^"]*)"[^>]*TargetMode="External"', relations)
    assert external == ["https://doi.org/10.1/a%b#c&amp;d~e_{f}"]


# --- xlsx ---


def test_xlsx_opened_again() -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([table("Group"), EMPTY], title="Appendix")))
    assert book.sheetnames == ["contents", "1 results", "2 none"]
    contents = [[one.value for one in row] for row in book["contents"].iter_rows()]
    assert contents[2] == ["1 results", "Caption Group"]
    sheet = book["1 results"]
    lines = [[one.value for one in row] for row in sheet.iter_rows()]
    assert lines[0][0] == "Table 1. Caption Group"
    assert lines[3] == ["Study", "Shared\nGroup", "Number", "Where"]
    assert lines[5] == ["a", 1, -0.5, "x"]
    assert sheet["C6"].number_format == "0.00"
    assert str(next(iter(sheet.merged_cells.ranges))) == "B3:C3"
    assert book["2 none"]["A3"].value == "Nothing <here>."


def test_xlsx_runs_nothing(hostile: str) -> None:
    import openpyxl

    content = to_xlsx([table(hostile)], title=hostile)
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for one in row:
                assert one.data_type != "f", one.coordinate
                if isinstance(one.value, str):
                    assert one.value[:1] not in ("=", "@", "\t")
                assert one.hyperlink is None or str(one.hyperlink.target).startswith("https://")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
        assert all(b"<f>" not in package.read(name) for name in sheets)


def test_xlsx_numbers_stand_at_the_top_and_notes_over_all_columns() -> None:
    import openpyxl

    note = "A long sentence below the table. " * 12
    made = Table(
        name="t",
        caption="C.",
        lead=("Population: people.", "Intervention: cells."),
        columns=(Column("a", "A"), Column("n", "N", "right")),
        rows=(Row((cell("x", "two lines"), cell("12"))),),
        notes=(note,),
    )
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx([made], title="T"))).worksheets[1]
    assert [sheet.cell(line, 1).value for line in (2, 3)] == list(made.lead)
    assert sheet.cell(5, 1).value == "A"
    number = sheet.cell(6, 2)
    assert (number.value, number.alignment.vertical, number.alignment.horizontal) == (12, "top", "right")
    assert sheet.cell(8, 1).value == note.strip() or sheet.cell(8, 1).value == note
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A8:B8"]
    assert sheet.row_dimensions[8].height > 100  # wrapped, not one line as wide as itself
    assert sheet.print_title_rows == "$5:$5"


@pytest.mark.parametrize("form", sorted(SUFFIXES))
def test_lines_above_a_table_stand_in_every_format(form: str, tmp_path: Path) -> None:
    made = Table(
        name="t",
        caption="C.",
        lead=("Population: people & co.",),
        columns=(Column("a", "A"),),
        rows=(Row((cell("x"),)),),
    )
    content = write_tables([made], tmp_path / f"t{SUFFIXES[form]}", title="T").read_bytes()
    if form in ("docx", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    text = content.decode("utf-8", errors="replace").replace("&amp;", "&").replace(r"\&", "&")
    assert "Population: people & co." in text


def test_xlsx_sheet_names_are_short_and_different() -> None:
    import openpyxl

    many = [table("a", name="a-name-that-is-much-longer-than-a-sheet-may-have") for _ in range(12)]
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(many, title="T")))
    assert len(set(book.sheetnames)) == 13
    assert max(map(len, book.sheetnames)) <= 31


def test_xlsx_cuts_off_what_no_cell_holds() -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([table("x" * 40_000)], title="T")))
    assert max(len(str(one.value)) for row in book["1 results"].iter_rows() for one in row) == 32_767


# --- what is refused ---


@pytest.mark.parametrize(
    ("form", "package", "extra"),
    [("html", "great_tables", "report"), ("docx", "docx", "report"), ("xlsx", "openpyxl", "exchange")],
)
def test_a_missing_package_is_named_with_its_extra(
    form: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == package:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    file = tmp_path / f"a{SUFFIXES[form]}"
    with pytest.raises(InputError, match=rf"pip install 'metamsc\[{extra}\]'"):
        write_tables([table("a")], file, title="T")
    assert not file.exists()


def test_a_format_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"the file must end in one of \.html, .*; got"):
        write_tables([], tmp_path / "a.pdf", title="T")
    with pytest.raises(OptionError, match="form must be one of 'html', 'latex', 'docx', 'xlsx', 'markdown'"):
        write_tables([], tmp_path / "a", title="T", form="pdf")
    with pytest.raises(OptionError, match="fragment is for html, latex, markdown"):
        write_tables([], tmp_path / "a.docx", title="T", fragment=True)


def test_a_cell_of_lines_and_pieces_keeps_its_order() -> None:
    lines = Cell(((Piece("a"), Piece("b")), (Piece("c", small=True),)))
    one = Table(name="t", caption="C", columns=(Column("a", "A"),), rows=(Row((lines,)),))
    assert "ab<br><span" in to_html_page([one], title="T")
    assert r"ab\linebreak {\scriptsize c}" in to_latex([one], title="T")
