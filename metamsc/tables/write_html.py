"""A table as HTML: semantic, escaped, self-contained; how it looks is left to a style sheet.

Every cell repeats its column's heading in ``data-label``, so that a narrow screen can show each row as
a card. Roles are written out because such a layout would otherwise cost them.
"""

from __future__ import annotations

from html import escape
from itertools import groupby

from metamsc.tables.table import Cell, Column, Piece, Row, Table, spans

_SAFE = ("https://", "http://", "../", "./", "#", "records/")


def to_html(table: Table, *, caption: bool = True) -> str:
    """Return the table as HTML.

    Parameters
    ----------
    table : Table
    caption : bool
        Whether the caption is written into the table; a report writes its own.

    Returns
    -------
    str
        A ``div`` with the class ``mm-table-box``, lines before and notes after it.
    """
    if not table.rows:
        return f'<p class="mm-empty">{escape(table.empty)}</p>\n'
    head = _spanners(table.columns) + f'<tr role="row">{"".join(map(_header, table.columns))}</tr>'
    title = f"<caption>{escape(table.caption)}</caption>" if caption else ""
    lead = "".join(f"<p>{escape(line)}</p>" for line in table.lead)
    lines = [
        *([f'<div class="mm-notes mm-before">{lead}</div>'] if lead else []),
        f'<div class="mm-table-box" role="region" aria-label="{escape(table.caption)}" tabindex="0">',
        f'<table class="mm-table mm-{escape(table.name)}" role="table">{title}',
        f'<thead role="rowgroup">{head}</thead>',
        *_bodies(table),
        "</table>",
        "</div>",
    ]
    if table.notes:
        notes = "".join(f"<p>{escape(note)}</p>" for note in table.notes)
        lines.append(f'<div class="mm-notes">{notes}</div>')
    return "\n".join(lines) + "\n"


def _header(column: Column) -> str:
    # what belongs together stays on one line: "difference, %" and "(95% CI)"
    text = _text(column.header).replace(", %", ",&nbsp;%").replace("% CI", "%&nbsp;CI")
    return f'<th scope="col" role="columnheader" class="mm-{column.align}">{text}</th>'


def _spanners(columns: tuple[Column, ...]) -> str:
    """Return the row of shared headings; nothing where no column has one."""
    if not any(column.spanner for column in columns):
        return ""
    cells = (
        f'<th scope="colgroup" role="columnheader" class="mm-spanner" colspan="{count}">{_text(name)}</th>'
        if name
        else f'<td role="cell" colspan="{count}"></td>'
        for name, count in spans(columns)
    )
    return f'<tr role="row">{"".join(cells)}</tr>'


def _bodies(table: Table) -> list[str]:
    """One ``tbody`` per heading row, so that the heading's scope is its group."""
    number = 0
    numbered = []
    for row in table.rows:
        number += row.kind == "group"
        numbered.append((number, row))
    lines = []
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        lines.append('<tbody role="rowgroup">')
        lines.extend(_row(row, table.columns) for _, row in group)
        lines.append("</tbody>")
    return lines


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    if row.kind == "group":
        inside = cell_html(row.cells[0])
        return (
            f'<tr role="row" class="mm-group mm-indent-{row.indent}"><th scope="rowgroup" role="rowheader" '
            f'colspan="{len(columns)}">{inside}</th></tr>'
        )
    kind = f"mm-{row.kind} " if row.kind else ""
    cells = []
    for position, (column, value) in enumerate(zip(columns, row.cells, strict=True)):
        inside = cell_html(value)
        blank = "" if inside else " mm-blank"
        label = escape(column.label)
        common = f'class="mm-{column.align} mm-c-{escape(column.name)}{blank}" data-label="{label}"'
        if position == 0:
            cells.append(f'<th scope="row" role="rowheader" {common}>{inside}</th>')
        else:
            cells.append(f'<td role="cell" {common}><div>{inside or "&nbsp;"}</div></td>')
    return f'<tr role="row" class="{kind}mm-indent-{row.indent}">{"".join(cells)}</tr>'


def cell_html(value: Cell, *, small: str = 'class="mm-small"') -> str:
    """Return the lines of a cell, escaped; what is said besides is in a span with the attribute `small`."""
    return "<br>".join("".join(_piece_html(piece, small) for piece in line) for line in value.lines)


def _piece_html(piece: Piece, small: str) -> str:
    inside = _text(piece.text)
    if is_safe_link(piece.href):
        inside = f'<a href="{escape(piece.href)}">{inside}</a>'
    if piece.raised:
        inside = f"<sup>{inside}</sup>"
    return f"<span {small}>{inside}</span>" if piece.small else inside


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def is_safe_link(href: str) -> bool:
    """Say whether an address may become a link: the web, or a place in the same site."""
    return href.lower().startswith(_SAFE)
