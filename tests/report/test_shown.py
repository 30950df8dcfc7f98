"""What chunks show, by the kind of output that each route takes."""

from __future__ import annotations

import base64

import pytest
from IPython.core.formatters import DisplayFormatter

from metamsc.report.shown import FORMAT_VARIABLE, Figure, Prose, numbered, table_markdown
from metamsc.tables.table import Column, Row, Table, cell

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="30pt" height="20pt" viewBox="0 0 30 20">'
    '<title>Two lines</title><rect width="30" height="20"/></svg>'
)
COLUMNS = (Column("study", "Study"), Column("n", "n", "right"))
FULL = Table(
    name="some",
    caption="Some numbers.",
    columns=COLUMNS,
    rows=(Row((cell("Cai 2016"), cell("42"))),),
    notes=("* worked out from [printed] numbers.", "second"),
)
EMPTY = Table(
    name="some", caption="Some numbers.", columns=COLUMNS, rows=(), notes=("assumed",), empty="None."
)


@pytest.mark.parametrize("wanted", ["png", "retina"])
def test_figure_is_pixels_where_quarto_asks_for_them(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, wanted)
    ((kind, value),) = Figure(SVG)._repr_mimebundle_().items()
    assert kind == "image/png"
    assert base64.b64decode(value).startswith(b"\x89PNG")


@pytest.mark.parametrize("wanted", ["svg", None])
def test_figure_is_vectors_else(monkeypatch: pytest.MonkeyPatch, wanted: str | None) -> None:
    if wanted is None:
        monkeypatch.delenv(FORMAT_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(FORMAT_VARIABLE, wanted)
    assert Figure(SVG)._repr_mimebundle_() == {"image/svg+xml": SVG}


def displayed(shown: Prose) -> dict[str, str]:
    data, _ = DisplayFormatter().format(shown)  # type: ignore[no-untyped-call]  # IPython has no types here
    return dict(data)


def test_prose_without_text_is_no_output_at_all() -> None:
    assert displayed(Prose("")) == {}
    assert displayed(Prose("Text.\n"))["text/markdown"] == "Text.\n"


def test_notes_of_a_table_are_markdown_and_its_rows_html() -> None:
    text = table_markdown(FULL)
    html, _, after = text.partition("```\n\n")
    assert html.startswith("```{=html}\n<div")
    assert "Cai 2016" in html
    assert "worked out" not in html
    assert after == "::: {.mm-notes}\n\\* worked out from \\[printed\\] numbers.\n\nsecond\n:::\n"


def test_empty_table_is_its_sentence_without_number_and_caption() -> None:
    shown = numbered(EMPTY, "Caption.").markdown
    assert shown == "None.\n\n::: {.mm-notes}\nassumed\n:::\n"
    assert table_markdown(EMPTY) == shown


def test_table_with_rows_has_number_and_caption() -> None:
    shown = numbered(FULL, "Caption.").markdown
    assert shown.startswith("::::: {#tbl-some}\n\n```{=html}\n")
    assert shown.endswith(":::\n\nCaption.\n:::::\n")
