"""A table as Markdown for people and as CSV for programs."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import quote

from metamsc.plots.numbers import plain
from metamsc.tables.table import Cell, Piece, Row, Table
from metamsc.tables.write_html import is_safe_link

_ENDS_TARGET = re.compile(r"[\s<>|\\\"`]")
_NUMBERS = re.compile(r"(?:[-+\d.,;:()%–*†\s]|to|e)+")
_BREAKS = re.compile(r"[\t\r\n]")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#$~^@])")


def to_markdown(table: Table) -> str:
    """Return a pipe table; heading rows are bold lines of it, lines within a cell are kept apart by a dot."""
    if not table.rows:
        return f"{escape_markdown(table.empty)}\n"
    width = len(table.columns)
    rule = [("---:" if column.align == "right" else ":---") for column in table.columns]
    lines = [
        _line([escape_markdown(column.label) for column in table.columns]),
        _line(rule),
    ]
    for row in table.rows:
        texts = [_cell_markdown(value) for value in row.cells]
        if row.kind == "group":
            texts = [f"**{texts[0]}**", *[""] * (width - 1)]
        elif row.indent:
            texts[0] = "\u2003" * row.indent + texts[0]  # blanks at the edge of a cell are taken away
        lines.append(_line(texts))
    lead = [f"{escape_markdown(_one_line(line))}\n" for line in table.lead]
    notes = [f"\n{escape_markdown(note)}" for note in table.notes]
    return "\n".join([*lead, *lines, *notes]) + "\n"


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def _line(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _cell_markdown(value: Cell) -> str:
    return " · ".join("".join(_piece_markdown(piece) for piece in line) for line in value.lines)


def _piece_markdown(piece: Piece) -> str:
    text = escape_markdown(_one_line(piece.text))
    return f"[{text}](<{_link_target(piece.href)}>)" if is_safe_link(piece.href) else text


def _one_line(text: str) -> str:
    """Return text without line ends and tabs, which would end a row or a cell."""
    return _BREAKS.sub(" ", text)


def _link_target(href: str) -> str:
    """Percent-encode what would end the target: an address in a record is any text."""
    return _ENDS_TARGET.sub(lambda found: quote(found[0], safe=""), href)


def to_csv(table: Table) -> str:
    """Return the table as CSV: RFC 4180 quoting, a bare line feed at each line's end."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(flat_rows(table))
    return written.getvalue()


def flat_rows(table: Table) -> list[list[str]]:
    """Return a header and rows of plain text; the heading rows become a first column ``group``."""
    grouped = any(row.kind == "group" for row in table.rows)
    header = [column.name for column in table.columns]
    rows = [["group", *header] if grouped else header]
    path: list[str] = []
    for row in table.rows:
        if row.kind == "group":
            path = [*path[: row.indent], row.cells[0].text]
            continue
        texts = _flat_cells(row)
        rows.append([formula_safe(" / ".join(path)), *texts] if grouped else texts)
    return rows


def _flat_cells(row: Row) -> list[str]:
    return [
        formula_safe("; ".join("".join(_piece_flat(piece) for piece in line) for line in value.lines))
        for value in row.cells
    ]


def formula_safe(text: str) -> str:
    """Return text that no spreadsheet runs: an apostrophe before a formula, numbers as they are."""
    runs = text[:1] in tuple("=@\t\r＝＋－＠") or (text[:1] in ("+", "-") and not _NUMBERS.fullmatch(text))
    return f"'{text}" if runs else text


def _piece_flat(piece: Piece) -> str:
    text = plain(_one_line(piece.text))
    web = piece.href.startswith(("https://", "http://"))
    return f"{text} <{piece.href}>" if web and piece.href != text else text
