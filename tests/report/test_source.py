"""Reading a Quarto document: cells, options, lines, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from metamsc.errors import ReportError
from metamsc.report.source import read_document
from metamsc.report.template import report_source, shared_source

TEXT = """---
title: "A: title"
---

First `{python} 1 + 1` words.

```{python}
#| label: fig-one
#| fig-cap: "What it: shows"
value = 1
value
```

## Heading

::: {.callout-note}
Inside.
:::

```{python}
2
```
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "report.qmd"
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_options_and_lines(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, TEXT))
    assert document.front == {"title": "A: title"}
    assert [cell.kind for cell in document.cells] == ["prose", "code", "prose", "code"]
    code = document.cells[1]
    assert code.options == {"label": "fig-one", "fig-cap": "What it: shows"}
    assert code.source == "value = 1\nvalue"
    assert (code.name, code.line) == ("fig-one", 7)
    assert (document.cells[3].name, document.cells[3].line) == ("chunk at line 20", 20)


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ("\n{{< include other.qmd >}}\n", "shortcodes"),
        ("\n::: {layout-ncol=2}\nx\n:::\n", "column layouts"),
        ('\n::: {.content-visible when-format="pdf"}\nx\n:::\n', "conditional content"),
        ("\n```{r}\n1\n```\n", "chunks in other languages"),
    ],
)
def test_what_only_quarto_renders_is_refused_by_name(tmp_path: Path, extra: str, what: str) -> None:
    with pytest.raises(ReportError, match=rf"report\.qmd:\d+: {what} need a real quarto"):
        read_document(write(tmp_path, TEXT + extra))


def test_bad_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"report\.qmd:7: chunk options are not YAML"):
        read_document(write(tmp_path, TEXT.replace('"What it: shows"', '"open')))
    with pytest.raises(ReportError, match=r"report\.qmd:7: chunk options must be"):
        read_document(write(tmp_path, TEXT.replace("#| label: fig-one\n", "").replace("fig-cap: ", "- ")))


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_document(tmp_path / "none.qmd")


def test_template_is_thin_and_computes_nothing(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, report_source('A "quoted" title')))
    assert document.front["title"] == 'A "quoted" title'
    code = [cell for cell in document.cells if cell.kind == "code"]
    assert code[0].source.startswith("from metamsc.report import page")
    for cell in code[1:]:
        assert cell.source.startswith("page.show_")
        assert cell.source.count("\n") == 0


def test_shared_report_has_the_sections_of_the_others_and_a_parameter(tmp_path: Path) -> None:
    own = read_document(write(tmp_path, report_source("x")))
    document = read_document(write(tmp_path, shared_source("hba1c")), {"analysis": "c-peptide"})
    assert document.name == "c-peptide"
    default, given, setup, title, *sections = [cell for cell in document.cells if cell.kind == "code"]
    assert default.options["tags"] == ["parameters"]
    assert (default.source, given.source) == ('analysis = "hba1c"', "analysis = 'c-peptide'")
    assert setup.source.endswith("result = page.load_result(analysis)")
    assert title.source == "page.show_title(result)"
    assert [cell.source for cell in sections] == [cell.source for cell in own.cells if cell.kind == "code"][
        1:
    ]


def test_parameters_need_a_chunk_that_sets_them(tmp_path: Path) -> None:
    with pytest.raises(
        ReportError, match=r"no chunk with `#\| tags: \[parameters\]`; got values for analysis"
    ):
        read_document(write(tmp_path, TEXT), {"analysis": "x"})
    with pytest.raises(ReportError, match=r"report\.qmd:5: the chunk of parameters sets no 'outcome'"):
        read_document(write(tmp_path, shared_source("hba1c")), {"outcome": "x"})
