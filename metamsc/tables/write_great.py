"""Tables as one HTML page that stands alone, through great-tables: for mail, a word processor, a journal.

The pages of our own site keep the writer in :mod:`metamsc.tables.write_html`: it gives a phone one card per
row, follows dark mode, and needs no package. What great-tables adds is a look that goes with the table
wherever it is pasted. Cells are escaped here and handed over as finished HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError
from metamsc.tables.characters import printable
from metamsc.tables.table import Cell, Column, Piece, Table
from metamsc.tables.write_html import cell_html

if TYPE_CHECKING:
    from great_tables import GT

MISSING = "tables as HTML need the package great-tables: pip install 'metamsc[report]'"
_SMALL = 'style="color: #555; font-size: .92em"'
_UNBROKEN = 26
"""Characters of a line of numbers that is not broken."""
_GROUP, _SAME_GROUP = "group", "\u200b"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{
  margin: 1rem clamp(.5rem, 3vw, 2rem) 3rem; background: #fff; color: #222;
  font-family: system-ui, sans-serif;
}}
h1 {{ font-size: 1.4rem; }}
.table {{ margin: 0 0 2.2rem; overflow-x: auto; }}
.table td, .table th {{ min-width: 3.5rem; }}
@media print {{ .table {{ overflow: visible; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}</body>
</html>
"""


def to_html_page(tables: Sequence[Table], *, title: str, fragment: bool = False) -> str:
    """Return a page of tables that fetches nothing.

    Parameters
    ----------
    tables : sequence of Table
    title : str
    fragment : bool
        Return the tables alone, each with its own style, to be put into another page.

    Raises
    ------
    InputError
        If great-tables is not installed.
    """
    body = "".join(_box(table, number) for number, table in enumerate(tables, 1))
    return body if fragment else _PAGE.format(title=escape(printable(title)), body=body)


def _box(table: Table, number: int) -> str:
    name = f"Table {number}. {table.caption}"
    inside = great_table(table, number).as_raw_html() if table.rows else f"<p>{escape(table.empty)}</p>"
    heading = "" if table.rows else f"<p><b>{escape(printable(name))}</b></p>\n"
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(printable(name))}">\n'
        f"{heading}{inside}\n</div>\n"
    )


def great_table(table: Table, number: int = 1) -> GT:
    """Return a table with rows as a great-tables object, to be styled further.

    Raises
    ------
    InputError
        If great-tables is not installed.
    """
    try:
        from great_tables import GT, html, loc, style
    except ImportError as error:
        raise InputError(MISSING) from error
    import pandas as pd

    name = f"table-{number}-{table.name}"
    names = [column.name for column in table.columns]
    records = _records(table)
    grouped = any(row.kind == "group" for row in table.rows)
    frame = pd.DataFrame(records, columns=[*([_GROUP] if grouped else []), *names], dtype="object")
    made = GT(
        frame,
        rowname_col=names[0],
        groupname_col=_GROUP if grouped else None,
        id=name,
    )
    made = made.fmt(_as_it_is, columns=list(frame.columns))
    made = made.cols_label({column.name: html(_heading(column)) for column in table.columns[1:]})
    made = made.tab_stubhead(html(_heading(table.columns[0])))
    for place, (label, members) in enumerate(_spanners(table.columns)):
        made = made.tab_spanner(label=html(_escaped(label)), columns=members, id=f"spanner-{place}")
    for side in ("left", "right"):
        aligned = [column.name for column in table.columns[1:] if column.align == side]
        if aligned:
            made = made.cols_align(align=side, columns=aligned)
    totals = [place for place, kind in enumerate(_kinds(table)) if kind == "total"]
    if totals:
        bold = style.text(weight="bold")
        made = made.tab_style(bold, [loc.body(rows=totals), loc.stub(rows=totals)])
    lead = html("<br>".join(map(_escaped, table.lead))) if table.lead else None
    made = made.tab_header(title=html(_escaped(f"Table {number}. {table.caption}")), subtitle=lead)
    for note in table.notes:
        made = made.tab_source_note(html(_escaped(note)))
    return made.tab_options(
        table_font_size="13px",
        table_margin_left="0px",
        heading_align="left",
        heading_title_font_size="15px",
        heading_subtitle_font_size="12px",
        data_row_padding="4px",
        row_group_padding="4px",
        row_group_font_weight="bold",
        column_labels_font_weight="bold",
        source_notes_font_size="12px",
        table_additional_css=f"#{name} .gt_row {{ vertical-align: top; }}",
    )


def _as_it_is(value: Any) -> str:
    """Hand a cell over as it is: it is escaped already."""
    return str(value)


def _escaped(text: str) -> str:
    return escape(printable(text)).replace("\n", "<br>")


def _heading(column: Column) -> str:
    return _escaped(column.header)


def _spanners(columns: Sequence[Column]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for column in columns:
        if column.spanner:
            found.setdefault(column.spanner, []).append(column.name)
    return list(found.items())


def _kinds(table: Table) -> list[str]:
    return [row.kind for row in table.rows if row.kind != "group"]


def _records(table: Table) -> list[dict[str, str]]:
    """Return the rows as HTML by column; two groups with one heading stay two."""
    records: list[dict[str, str]] = []
    heading, seen = "", [""]
    for row in table.rows:
        if row.kind == "group":
            heading = _cell(row.cells[0])
            while heading in seen:
                heading += _SAME_GROUP
            seen.append(heading)
            continue
        values = {
            column.name: _cell(_unbroken(value) if column.align == "right" else value)
            for column, value in zip(table.columns, row.cells, strict=True)
        }
        values[table.columns[0].name] = _indented(values[table.columns[0].name], row.indent)
        records.append({_GROUP: heading, **values})
    return records


def _indented(text: str, indent: int) -> str:
    """Return what stands in a cell moved to the right, every line of it."""
    return f'<div style="padding-left: {indent}em">{text}</div>' if indent else text


def _unbroken(value: Cell) -> Cell:
    """Keep each short line of numbers on one line: "(0.47 to 2.55)"."""

    def whole(line: tuple[Piece, ...]) -> tuple[Piece, ...]:
        if sum(len(piece.text) for piece in line) > _UNBROKEN:
            return line
        return tuple(replace(piece, text=piece.text.replace(" ", "\u00a0")) for piece in line)

    return Cell(tuple(map(whole, value.lines)))


def _cell(value: Cell) -> str:
    return printable(cell_html(value, small=_SMALL))
