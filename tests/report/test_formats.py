"""Every shipped report in every format: each label, caption and reference once, the same numbers."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from html import unescape
from pathlib import Path

import pytest

from metamsc.analysis.plan import find_specs
from metamsc.errors import ReportError
from metamsc.report.compose import compose
from metamsc.report.docx import reference_docx, whole_rows
from metamsc.report.execute import Executed, execute
from metamsc.report.pandoc import to_docx, to_html, to_typst
from metamsc.report.pdf import svg_to_png, to_pdf
from metamsc.report.source import Document, read_document
from metamsc.report.template import asset

ROOT = Path(__file__).parents[2]
ANALYSES = [Path(plan).parent.name for plan in find_specs(ROOT / "analyses")]
LEFT_OVER = ("??", ":::", "```", "{#", "{.", "@fig-", "@tbl-", "@sec-", "[@", "{python}", "Traceback")
"""What is left on a page when a piece of Markdown or a reference was not understood."""
TEXT = """---
title: Small
---

See @fig-dot, @tbl-folded and @sec-end; @higgins2002 says so.

::: {.panel-tabset}

### Drawn

```{python}
#| label: fig-dot
#| fig-cap: "A *dot*."
class Shown:
    def __init__(self, kind, value):
        self.data = {kind: value}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.data

SVG = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="900pt" height="90pt" '
    'viewBox="0 0 900 90"><title>A dot, "black"</title><circle cx="9" cy="9" r="4"/></svg>'
)
Shown("image/svg+xml", SVG)
```

### As numbers

```{python}
#| label: tbl-numbers
#| tbl-cap: "Numbers."
ROW = "<tr><th scope='row'>row {0}</th><td class='mm-right'>{0}.5 (1 to 2)</td></tr>"
ROWS = "".join(map(ROW.format, range(90)))
GROUP = "<tr class='mm-group'><th colspan='2'>All of them</th></tr>"
HEAD = "<thead><tr><th>Name</th><th>Value</th></tr></thead>"
Shown("text/html", f"<div class='mm-table-box'><table>{HEAD}<tbody>{GROUP}{ROWS}</tbody></table></div>")
```

:::

::: {.callout-note collapse="true" title="Folded"}

```{python}
#| label: tbl-folded
#| tbl-cap: "Folded away."
NOTES = "<div class='mm-notes'><p>A note.</p></div>"
Shown("text/html", f"<table><tr><td>7 &lt; 8<br>two lines</td></tr></table>{NOTES}")
```

:::

## End {#sec-end}

::: {#refs}
:::
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    path = tmp_path_factory.mktemp("small") / "report.qmd"
    path.write_text(TEXT, encoding="utf-8")
    (path.parent / "references.bib").write_text(asset("references.bib"), encoding="utf-8")
    return execute([read_document(path)])[0]


def typst_of(executed: Executed) -> tuple[str, dict[str, bytes]]:
    composed = compose(executed, to="pdf")
    source = executed.document.path
    variables = {"site-title": "A site", "footer": "metamsc, plan *x*"}
    text = to_typst(
        composed.markdown,
        source=source,
        images=composed.images,
        variables=variables,
        bibliography=[source.parent / "references.bib"],
    )
    return text, composed.images


def docx_of(executed: Executed) -> bytes:
    composed = compose(executed, to="docx")
    source = executed.document.path
    made = to_docx(
        composed.markdown,
        source=source,
        images=composed.images,
        reference=reference_docx(),
        bibliography=[source.parent / "references.bib"],
    )
    return whole_rows(made)


def test_tabs_are_details_of_one_name(small: Executed) -> None:
    page = to_html(
        compose(small).markdown,
        source=small.document.path,
        template="$body$",
        lua_filter=asset("filter.lua"),
        variables={},
        bibliography=[small.document.path.parent / "references.bib"],
    )
    tabs = re.findall(r'<details[^>]*name="mm-tabs-1"[^>]*>\s*<summary>\s*(.*?)\s*</summary>', page)
    assert tabs == ["Drawn", "As numbers"]
    assert len(re.findall(r'<details[^>]*name="mm-tabs-1" open>', page)) == 1
    assert "<script" not in page
    assert re.search(r'<a href="#tbl-folded"[^>]*>Table 2</a>', page)


def test_typst_has_each_number_once_and_the_figure_as_vectors(small: Executed) -> None:
    text, images = typst_of(small)
    body = text.split("#heading(level: 1)")[1]
    assert re.findall(r"(?:Figure|Table) \d\.", body) == ["Figure 1.", "Table 1.", "Table 2."]
    assert "#link(<fig-dot>)[Figure 1]" in body
    assert "#link(<tbl-folded>)[Table 2]" in body
    for label in ("fig-dot", "tbl-numbers", "tbl-folded", "sec-end"):
        assert len(re.findall(rf"(?<!\()<{label}>", body)) == 1
    assert list(images) == ["fig-dot.svg"]
    # 900 pt do not fit: the width of the page's text, and the height that goes with it
    assert '#image("fig-dot.svg", width: 6.650in, height: 0.665in, alt: "A dot, “black”")' in body
    assert "table.header([#strong[Name]], [#strong[Value]],)" in body
    assert "#strong[All of them]" in body


def test_pdf_is_tagged_and_always_the_same(small: Executed) -> None:
    text, images = typst_of(small)
    made = to_pdf(text, images, source=small.document.path)
    assert made.startswith(b"%PDF-")
    assert b"pdfuaid" in made
    assert typst_of(small)[0] == text
    assert to_pdf(text, images, source=small.document.path) == made
    if shutil.which("pdftotext"):
        shown = pdf_text(made)
        assert re.findall(r"(?:Figure|Table) \d\.", shown) == ["Figure 1.", "Table 1.", "Table 2."]
        assert "row 89" in shown
        assert shown.count("Name") >= 2, "the head of a long table is repeated on the next page"


def pdf_text(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def test_docx_is_always_the_same_and_has_pictures_with_words(small: Executed) -> None:
    made = docx_of(small)
    assert docx_of(small) == made
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {item.date_time[0] for item in archive.infolist()} == {1980}
        body = archive.read("word/document.xml").decode("utf-8")
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert archive.read(pictures[0]).startswith(b"\x89PNG")
    assert len(pictures) == 1
    assert 'descr="A dot, “black”"' in body
    assert re.search(r'<w:pgSz (?=[^>]*w:w="11906")(?=[^>]*w:h="16838")', body), "A4"
    assert re.findall(r"(?:Figure|Table) \d\.", docx_text(made)) == ["Figure 1.", "Table 1.", "Table 2."]
    for label in ("fig-dot", "tbl-numbers", "tbl-folded", "sec-end"):
        assert len(re.findall(rf'<w:bookmarkStart [^>]*w:name="{label}"', body)) == 1
    assert 'w:anchor="fig-dot"' in body


def test_docx_breaks_between_rows_and_has_numbers_at_the_right(small: Executed) -> None:
    with zipfile.ZipFile(io.BytesIO(docx_of(small))) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
        theme = archive.read("word/theme/theme1.xml").decode("utf-8")
    rows = re.findall(r"<w:tr>.*?</w:tr>", body, flags=re.DOTALL)
    assert len(rows) == 90 + 1 + 1 + 1
    assert all(row.startswith("<w:tr><w:trPr><w:cantSplit/>") for row in rows)
    numbers = re.findall(r"<w:p>(?:(?!</w:p>).)*?1 to 2", body, flags=re.DOTALL)
    assert len(numbers) == 90
    assert all('<w:jc w:val="right" />' in number for number in numbers)
    assert re.findall(r'<a:latin typeface="([^"]*)"', theme) == ["Arial", "Arial"]


def docx_text(made: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
    body = re.sub(r"<w:(?:p|br)\b[^>]*>", "\n", body)
    return unescape(re.sub(r"<[^>]+>", "", body))


def test_figure_that_is_none_is_told() -> None:
    with pytest.raises(ReportError, match=r"x\.qmd: typst refused the page"):
        svg_to_png(b"<svg", source=Path("x.qmd"))


def floats(document: Document) -> dict[str, str]:
    """Labels of figures and tables of a document with their captions."""
    found = {}
    for cell in document.cells:
        label = str(cell.options.get("label", ""))
        caption = cell.options.get(f"{label[:3]}-cap")
        if caption is not None:
            found[label] = str(caption)
    return found


def plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("name", ANALYSES)
def test_page_has_each_label_caption_and_reference(shipped_site: Path, name: str) -> None:
    document = read_document(ROOT / "analyses" / name / "report.qmd")
    page = (shipped_site / name / "report.html").read_text(encoding="utf-8")
    body = page.split("<main")[1].split("</main>")[0]
    shown = plain(re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL))
    assert [text for text in LEFT_OVER if text in shown] == []
    captions = floats(document)
    counts = {"fig": 0, "tbl": 0}
    for label, part in re.findall(r'<figure id="([a-z0-9-]+)"(.*?)</figure>', body, flags=re.DOTALL):
        counts[label[:3]] += 1
        number = f"{'Figure' if label.startswith('fig') else 'Table'} {counts[label[:3]]}."
        told = plain(re.search(r"<figcaption>(.*?)</figcaption>", part, flags=re.DOTALL)[1])  # type: ignore[index]  # a figure has one
        assert told.startswith(f"{number} ")
        assert shown.count(told) == 1
        assert ("<svg" if label.startswith("fig") else "<table") in part, f"nothing stands under {told!r}"
        if label in captions:
            assert told == f"{number} {plain(captions.pop(label))}"
        for link in re.findall(rf'<a href="#{label}"[^>]*>(.*?)</a>', body):
            assert f"{plain(link)}." == number
    for label in captions:  # chunks that show nothing here
        assert f"#{label}" not in body
    assert counts["fig"] >= 3
    assert counts["tbl"] >= 6
    for picture in re.findall(r"<(?:svg|img)\b[^>]*>", body):
        assert re.search(r'(?:aria-label|alt)="[^"]+"', picture), picture[:200]


@pytest.mark.parametrize("name", ANALYSES)
def test_numbers_are_the_same_in_every_format(shipped_site: Path, name: str) -> None:
    folder = shipped_site / name
    page = (folder / "report.html").read_text(encoding="utf-8")
    captions = [plain(text) for text in re.findall(r"<figcaption>(.*?)</figcaption>", page, flags=re.DOTALL)]
    word = docx_text((folder / "report.docx").read_bytes())
    forms = {"docx": " ".join(word.split())}
    if shutil.which("pdftotext"):
        forms["pdf"] = " ".join(pdf_text((folder / "report.pdf").read_bytes()).split())
    for form, text in forms.items():
        assert [mark for mark in LEFT_OVER if mark in text] == [], form
        missing = [caption for caption in captions if text.count(caption) != 1]
        assert missing == [], form
        places = [text.index(caption) for caption in captions]
        assert places == sorted(places), form
    pictures = page.count('<div class="mm-figure">')
    with zipfile.ZipFile(folder / "report.docx") as archive:
        assert sum(item.startswith("word/media/") for item in archive.namelist()) == pictures
        body = archive.read("word/document.xml").decode("utf-8")
    assert len(re.findall(r'<wp:docPr [^>]*descr="[^"]+', body)) == pictures
    assert '<a href="report.pdf">PDF</a>, <a href="report.docx">Word</a>' in page


def test_a_heading_of_a_table_in_a_docx_stays_with_what_it_heads() -> None:
    def row(cells: str, head: str = "") -> str:
        return f"<w:tr>{head}{cells}</w:tr>"

    text = '<w:p><w:pPr><w:pStyle w:val="TableText" /></w:pPr></w:p>'
    cell = f"<w:tc><w:tcPr />{text}</w:tc>"
    whole = f'<w:tc><w:tcPr><w:gridSpan w:val="2" /></w:tcPr>{text}</w:tc>'
    rows = [
        row(cell * 2, '<w:trPr><w:tblHeader w:val="on" /></w:trPr>'),
        row(whole),
        row(cell * 2),
        row(whole + cell),
    ]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        written.writestr("word/document.xml", "".join(rows))
    with zipfile.ZipFile(io.BytesIO(whole_rows(made.getvalue()))) as given:
        found = re.findall(r"<w:tr>.*?</w:tr>", given.read("word/document.xml").decode())
    assert [one.count("<w:keepNext/>") for one in found] == [2, 1, 0, 0]
    assert all(one.startswith("<w:tr><w:trPr><w:cantSplit/>") for one in found)
