"""Tables as a Word document (docx): landscape, headings repeated on each page, notes below each table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError
from metamsc.tables.characters import printable
from metamsc.tables.package_bytes import fixed_package
from metamsc.tables.table import Cell, Piece, Row, Table, spans
from metamsc.tables.widths import column_widths

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.table import _Cell as WordCell
    from docx.text.paragraph import Paragraph

MISSING = "tables as docx need the package python-docx: pip install 'metamsc[report]'"
_SIZE, _SMALL = 8.0, 7.0
"""Points: text of a cell and of a note; what is said besides."""
_PAGE_MM, _MARGIN_MM = (297.0, 210.0), 15.0
_SHADE = {"head": "E6EBF1", "group": "F3F5F8"}
_INSIDE_TWIPS = (("top", 40), ("left", 70), ("bottom", 40), ("right", 70))
_FONT = "Arial"


def to_docx(tables: Sequence[Table], *, title: str) -> bytes:
    """Return a document of tables; the same tables give the same bytes.

    Parameters
    ----------
    tables : sequence of Table
    title : str

    Raises
    ------
    InputError
        If python-docx is not installed.
    """
    document = _new_document(title)
    document.add_heading(printable(title), level=1)
    for number, table in enumerate(tables, 1):
        _add_table(document, table, number)
    stream = io.BytesIO()
    document.save(stream)
    return fixed_package(stream.getvalue())


def _new_document(title: str) -> Document:
    try:
        import docx
    except ImportError as error:
        raise InputError(MISSING) from error
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(_PAGE_MM[0]), Mm(_PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(_MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(_MARGIN_MM)
    normal = document.styles["Normal"]
    normal.font.name = _FONT
    normal.font.size = Pt(_SIZE)  # an empty cell is as high as a letter of this size
    normal.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = printable(title)[:255], "metamsc", ""
    return document


def _add_table(document: Document, table: Table, number: int) -> None:
    from docx.shared import Pt

    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_after = Pt(3)
    _run(caption, f"Table {number}. ", bold=True, size=10)
    _run(caption, table.caption, size=10)
    if not table.rows:
        said = document.add_paragraph()
        said.paragraph_format.space_after = Pt(14)
        _run(said, table.empty)
        return
    for line in table.lead:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = 0
        paragraph.paragraph_format.keep_with_next = True
        _run(paragraph, line)
    spanned = any(column.spanner for column in table.columns)
    head = 2 if spanned else 1
    made = document.add_table(rows=head + len(table.rows), cols=len(table.columns))
    made.autofit = False
    _lines(made)
    _widths(made, table)
    if spanned:
        _spanner_row(made, table)
    for place, column in enumerate(table.columns):
        _fill(
            made.cell(head - 1, place),
            Cell(tuple((Piece(t),) for t in column.header.split("\n"))),
            column.align,
            bold=True,
        )
    for row in made.rows[:head]:
        _shade(row.cells, _SHADE["head"])
        _mark(row, "w:tblHeader")
    cells = [
        list(row.cells) for row in made.rows
    ]  # one walk: asking cell by cell takes the square of the rows
    for place, own in enumerate(table.rows, head):
        _mark(made.rows[place], "w:cantSplit")
        _body_row(cells[place], own, table)
    for note in table.notes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = 0
        _run(paragraph, note, size=_SIZE)
    document.add_paragraph().paragraph_format.space_after = Pt(14)


def _body_row(cells: Sequence[WordCell], row: Row, table: Table) -> None:
    if row.kind == "group":
        merged = cells[0].merge(cells[-1]) if len(cells) > 1 else cells[0]
        _fill(merged, row.cells[0], "left", bold=True)
        merged.paragraphs[0].paragraph_format.keep_with_next = True
        _shade([merged], _SHADE["group"])
        return
    for place, (column, value) in enumerate(zip(table.columns, row.cells, strict=True)):
        indent = row.indent if place == 0 else 0
        _fill(cells[place], value, column.align, bold=row.kind == "total", indent=indent)


def _spanner_row(made: WordTable, table: Table) -> None:
    start = 0
    for name, count in spans(table.columns):
        first, last = made.cell(0, start), made.cell(0, start + count - 1)
        merged = first.merge(last) if count > 1 else first
        _fill(merged, Cell(((Piece(name),),)), "center", bold=True)
        start += count


def _fill(target: WordCell, value: Cell, align: str, *, bold: bool = False, indent: int = 0) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
    }
    for number, line in enumerate(value.lines):
        paragraph = target.paragraphs[0] if number == 0 else target.add_paragraph()
        paragraph.alignment = sides[align]
        paragraph.paragraph_format.space_after = 0
        paragraph.paragraph_format.left_indent = Mm(3.0 * indent)
        for piece in line:
            _piece(paragraph, piece, bold=bold)


def _piece(paragraph: Paragraph, piece: Piece, *, bold: bool) -> None:
    size = _SMALL if piece.small else _SIZE
    made = _run(paragraph, piece.text, bold=bold and not piece.small, size=size)
    made.font.superscript = piece.raised or None
    if not piece.href.startswith(("https://", "http://")):
        return
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    address = paragraph.part.relate_to(printable(piece.href), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), address)
    link.append(made._r)  # noqa: SLF001 - python-docx has no public way to make a link
    paragraph._p.append(link)  # noqa: SLF001 - the same


def _run(paragraph: Paragraph, text: str, *, bold: bool = False, size: float = _SIZE) -> Any:
    from docx.shared import Pt

    run = paragraph.add_run(printable(text))
    run.bold = bold
    run.font.size = Pt(size)
    return run


def _widths(made: WordTable, table: Table) -> None:
    from docx.shared import Mm

    width = _PAGE_MM[0] - 2 * _MARGIN_MM
    for column, share in zip(made.columns, column_widths(table), strict=True):
        column.width = Mm(width * share)
        for one in column.cells:
            one.width = Mm(width * share)


def _lines(made: WordTable) -> None:
    """Draw lines above, below and between rows, none between columns, and keep text off them."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    sides = (("top", 8), ("bottom", 8), ("insideH", 2))
    drawn = "".join(f'<w:{side} w:val="single" w:sz="{size}" w:color="8A94A0"/>' for side, size in sides)
    margins = "".join(f'<w:{side} w:w="{size}" w:type="dxa"/>' for side, size in _INSIDE_TWIPS)
    properties = made._tbl.tblPr  # noqa: SLF001 - no public way to set lines and margins
    properties.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{drawn}</w:tblBorders>"))
    properties.append(parse_xml(f"<w:tblCellMar {nsdecls('w')}>{margins}</w:tblCellMar>"))


def _mark(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))  # noqa: SLF001 - no public way to repeat a heading


def _shade(cells: Sequence[WordCell], colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for one in cells:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), colour)
        one._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - no public way to shade a cell
