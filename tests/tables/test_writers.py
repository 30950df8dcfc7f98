"""A table written as HTML, Markdown, CSV and data frame."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.tables import Column, Piece, Row, Table, sensitivity_table, studies_table
from metamsc.tables.table import blank_columns, cell, group_row, without_columns
from metamsc.tables.write_html import is_safe_link

NASTY = '<script>alert("1")</script> & | `x` *y* [z](http://a) −1'


class Reader(HTMLParser):
    """Tags in order, and the text outside of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def table() -> Table:
    return Table(
        name="small",
        caption="A caption & more.",
        columns=(Column("a", "First"), Column("b", "Second\nline", "right")),
        rows=(
            group_row("Group"),
            Row((cell(NASTY), cell("−1.5", Piece("*", small=True)))),
            group_row("Other"),
            Row(
                (
                    cell(Piece("link", "https://example.org/?a=1&b=2")),
                    cell(Piece("bad", "javascript:alert(1)")),
                )
            ),
        ),
        notes=("Note <1>",),
    )


def test_html_is_balanced_escaped_and_safe(table: Table) -> None:
    read = Reader(table.to_html())
    assert read.open == []
    assert NASTY in read.text
    assert "script" not in {tag for tag, _ in read.tags}
    links = [attributes["href"] for tag, attributes in read.tags if tag == "a"]
    assert links == ["https://example.org/?a=1&b=2"]
    assert "Note <1>" in read.text


def test_headers_have_a_scope(table: Table) -> None:
    scopes = [attributes["scope"] for tag, attributes in Reader(table.to_html()).tags if tag == "th"]
    assert scopes == ["col", "col", "rowgroup", "row", "rowgroup", "row"]


def test_each_group_is_a_body(table: Table) -> None:
    assert sum(tag == "tbody" for tag, _ in Reader(table.to_html()).tags) == 2


def test_caption_can_be_left_to_the_report(table: Table) -> None:
    assert "<caption>A caption &amp; more.</caption>" in table.to_html()
    assert "<caption" not in table.to_html(caption=False)


@pytest.mark.parametrize(
    ("href", "safe"),
    [
        ("https://a.org", True),
        ("../records/x.html#L4", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("", False),
    ],
)
def test_only_web_and_site_addresses_become_links(href: str, safe: bool) -> None:
    assert is_safe_link(href) is safe


def test_markdown_keeps_one_line_per_row(table: Table) -> None:
    lines = table.to_markdown().splitlines()
    assert lines[0] == "| First | Second line |"
    assert lines[1] == "| :--- | ---: |"
    assert lines[2] == "| **Group** |  |"
    assert r"\<script\>" in lines[3]
    assert r"\|" in lines[3]
    assert len(lines) == 8


def test_csv_is_for_programs(table: Table) -> None:
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert rows[0] == ["group", "a", "b"]
    assert rows[1] == ["Group", NASTY.replace("−", "-"), "-1.5; *"]
    assert rows[2] == ["Other", "link <https://example.org/?a=1&b=2>", "bad"]


def test_frame_has_the_rows_of_the_csv(full: AnalysisResult) -> None:
    table = studies_table(full)
    frame = table.to_frame()
    assert list(frame["group"]) == ["Type 1 diabetes", "Type 1 diabetes", "Type 2 diabetes"]
    assert [list(frame.columns), *frame.to_numpy().tolist()] == list(csv.reader(io.StringIO(table.to_csv())))


def test_columns_can_be_dropped() -> None:
    table = Table(
        name="t",
        caption="",
        columns=(Column("a", "A"), Column("b", "B")),
        rows=(group_row("G"), Row((cell("1"), cell()))),
    )
    assert blank_columns(table) == ("b",)
    smaller = without_columns(table, "b")
    assert [column.name for column in smaller.columns] == ["a"]
    assert [len(row.cells) for row in smaller.rows] == [1, 1]


def test_a_notebook_shows_the_table(full: AnalysisResult) -> None:
    assert sensitivity_table(full)._repr_html_() == sensitivity_table(full).to_html()
