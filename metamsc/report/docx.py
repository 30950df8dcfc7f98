"""The look of the docx: pandoc's own reference document with A4 pages, small tables, and our styles."""

from __future__ import annotations

import io
import re
import zipfile
from functools import lru_cache

from metamsc.report.pandoc import default_reference

_PAGE = (
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" '
    'w:gutter="0"/>'
)
"""A4 with margins of 2 cm, in twentieths of a point."""
_LINES = {"top": ("6", "444444"), "bottom": ("6", "444444"), "insideH": ("2", "BBBBBB")}
"""Lines of a table: width in eighths of a point, colour."""
_BAR = '<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="1F6B55"/></w:pBdr>'
_SHADED = f'{_BAR.replace("1F6B55", "0B2F57")}<w:shd w:val="clear" w:color="auto" w:fill="F4F6F9"/>'
_INDENT = '<w:ind w:left="227"/>'
_STYLES = {
    "Table Text": ("Normal", '<w:spacing w:before="20" w:after="20"/>', '<w:sz w:val="15"/>'),
    "Table Notes": (
        "Normal",
        '<w:spacing w:before="20" w:after="40"/>',
        '<w:color w:val="505050"/><w:sz w:val="16"/>',
    ),
    "Callout": ("Normal", f'{_BAR}<w:spacing w:before="60" w:after="60"/>{_INDENT}', ""),
    "Callout Title": (
        "Normal",
        f'<w:keepNext/>{_BAR}<w:spacing w:before="200" w:after="60"/>{_INDENT}',
        "<w:b/>",
    ),
    "Question": ("Normal", '<w:spacing w:after="160"/>', '<w:color w:val="505050"/><w:sz w:val="24"/>'),
    "Answer": ("Normal", f'{_SHADED}<w:spacing w:before="60" w:after="60"/>{_INDENT}', ""),
}
"""Paragraph styles: what each is based on, how its paragraphs look and how its letters (half-points)."""


_LATIN = re.compile(rb'(<a:latin typeface=)"[^"]*"')
"""Fonts of the theme: Arial, or letters as wide, is wherever a docx is opened, so columns are wide enough."""
_ROW = re.compile(rb"<w:tr>(<w:trPr>)?(.*?</w:tr>)", re.DOTALL)
_HEADING = re.compile(
    rb"<w:tblHeader|^(?:(?!<w:tc>).)*<w:tc><w:tcPr><w:gridSpan (?:(?!<w:tc>).)*$", re.DOTALL
)
"""A row of the head, or one cell over all columns: the heading of a group."""
_TEXT = b'<w:pStyle w:val="TableText" />'


def whole_rows(docx: bytes) -> bytes:
    """Return a docx whose tables break between rows only, and not after a heading, as the PDF's do."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for item in given.infolist():
            content = given.read(item)
            if item.filename == "word/document.xml":
                content = _ROW.sub(_whole_row, content)
            written.writestr(item, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _whole_row(row: re.Match[bytes]) -> bytes:
    rest = row[2]
    if _HEADING.search(rest):
        rest = rest.replace(_TEXT, _TEXT + b"<w:keepNext/>")
    return b"<w:tr><w:trPr><w:cantSplit/>" + (b"" if row[1] else b"</w:trPr>") + rest


@lru_cache(maxsize=1)
def reference_docx() -> bytes:
    """Return the docx whose styles and pages our documents take; always the same bytes.

    Raises
    ------
    ReportError
        If pandoc is missing.
    """
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(default_reference())) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in sorted(given.namelist()):
            content = given.read(name)
            if name == "word/styles.xml":
                content = _with_styles(content.decode("utf-8")).encode("utf-8")
            elif name.startswith("word/theme/"):
                content = _LATIN.sub(rb'\1"Arial"', content)
            elif name == "word/document.xml":
                content = content.replace(b"</w:sectPr>", f"{_PAGE}</w:sectPr>".encode())
            written.writestr(zipfile.ZipInfo(name), content)  # ZipInfo without a time is of 1980-01-01
    return made.getvalue()


def _with_styles(text: str) -> str:
    """Return pandoc's styles with smaller type, lines in tables, and ours added."""
    text = re.sub(r'(<w:szC?s? w:val=")24(" />)', r"\g<1>20\g<2>", text, count=2)
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{width}" w:space="0" w:color="{color}"/>'
        for side, (width, color) in _LINES.items()
    )
    text = re.sub(
        r'(w:styleId="Table">.*?<w:tblInd [^>]*>)',
        rf"\1<w:tblBorders>{lines}</w:tblBorders>",
        text,
        count=1,
        flags=re.DOTALL,
    )
    added = "".join(_style(name, *parts) for name, parts in _STYLES.items())
    return text.replace("</w:styles>", f"{added}</w:styles>")


def _style(name: str, based_on: str, paragraph: str, letters: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{name.replace(" ", "")}">'
        f'<w:name w:val="{name}"/><w:basedOn w:val="{based_on}"/>'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{letters}</w:rPr></w:style>"
    )
