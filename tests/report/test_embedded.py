"""The embedded route on small documents: execute, compose, pandoc."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metamsc.errors import ReportError
from metamsc.report.compose import compose, warnings_of
from metamsc.report.execute import Executed, execute
from metamsc.report.pandoc import to_html
from metamsc.report.source import read_document
from metamsc.report.template import asset

FIRST = """---
title: First
---

Two is `{python} 1 + 1`, a star `{python} "*"`. See @fig-dot, @tbl-one and @sec-end; @higgins2002 says so.

```{python}
#| label: fig-dot
#| fig-cap: "A *dot*."
#| fig-alt: "A black dot"
class Dot:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": '<svg width="9pt" height="9pt" viewBox="0 0 9 9"><g id="c"/></svg>'}

Dot()
```

```{python}
#| label: tbl-one
#| tbl-cap: "A table."
class Cells:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": "<table><tr><td>7</td></tr></table>"}

Cells()
```

```{python}
#| include: false
print("hidden")
```

```{python}
#| output: asis
print("Printed **bold**.")
```

```{python}
#| eval: false
raise RuntimeError("never run")
```

```{python}
import os, sys
print("note", file=sys.stderr)
os.path.basename(os.getcwd())
```

::: {.callout-warning title="Mind"}
Text in a callout.
:::

::: {.callout-tip collapse="true"}
## Folded
More.
:::

## End {#sec-end}

::: {#refs}
:::
"""
SECOND = """---
title: Second
---

```{python}
try:
    Dot
except NameError:
    print("forgotten")
```
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "report.qmd"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def render(executed: Executed, markdown: str, bibliography: Path) -> str:
    return to_html(
        markdown,
        source=executed.document.path,
        template=asset("page.html"),
        lua_filter=asset("filter.lua"),
        variables={"styles": "", "site-title": "Site", "footer": "Foot"},
        bibliography=[bibliography],
    )


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Executed, ...]:
    folder = tmp_path_factory.mktemp("documents")
    seen: list[str] = []
    documents = [
        read_document(write(folder, name, text)) for name, text in (("first", FIRST), ("second", SECOND))
    ]
    done = execute(documents, progress=seen.append)
    assert seen == ["first", "second"]
    return done


@pytest.fixture(scope="module")
def page(executed: tuple[Executed, ...], tmp_path_factory: pytest.TempPathFactory) -> str:
    bibliography = tmp_path_factory.mktemp("bibliography") / "references.bib"
    bibliography.write_text(asset("references.bib"), encoding="utf-8")
    return render(executed[0], compose(executed[0]).markdown, bibliography)


def test_a_document_sees_nothing_of_the_one_before(executed: tuple[Executed, ...]) -> None:
    assert "forgotten" in compose(executed[1]).markdown


def test_chunks_run_in_the_folder_of_their_document(executed: tuple[Executed, ...]) -> None:
    assert "'first'" in compose(executed[0]).markdown


def test_inline_values_are_escaped(page: str) -> None:
    assert "Two is 2, a star *." in page


def test_figures_and_tables_are_numbered_once(page: str) -> None:
    figure = re.search(r'<figure id="fig-dot".*?</figure>', page, re.DOTALL)
    assert figure is not None
    assert 'aria-label="A black dot"' in figure[0]
    assert re.search(
        r"<figcaption>\s*<span class=\"mm-number\">Figure 1\.\s*</span>A <em>dot</em>\.", figure[0]
    )
    table = re.search(r'<figure id="tbl-one".*?</figure>', page, re.DOTALL)
    assert table is not None
    assert table[0].index("Table 1.") < table[0].index("<td>7</td>")
    assert page.count("Figure 1.") == 1


def test_references_become_links(page: str) -> None:
    assert re.search(r'<a href="#fig-dot"[^>]*>Figure 1</a>', page)
    assert re.search(r'<a href="#tbl-one"[^>]*>Table 1</a>', page)
    assert re.search(r'<a href="#sec-end"[^>]*>End</a>', page)


def test_citations_become_references(page: str) -> None:
    assert "Higgins and Thompson" in page
    assert "10.1002/sim.1186" in page


def test_callouts(page: str) -> None:
    assert re.search(r'<aside class="mm-callout mm-warning"><p class="mm-callout-title">\s*Mind\s*</p>', page)
    assert re.search(r'<details class="mm-callout mm-tip"><summary>\s*Folded\s*</summary>', page)


def test_options_of_chunks(page: str, executed: tuple[Executed, ...]) -> None:
    assert "hidden" not in page
    assert "Printed <strong>bold</strong>." in page
    assert "never run" not in page
    assert "import os" not in page
    assert "import os" in compose(executed[0], echo=True).markdown
    assert "note" in warnings_of(executed[0])[0]


def test_failing_chunk_names_file_line_chunk_and_error(tmp_path: Path) -> None:
    text = "---\ntitle: x\n---\n\n```{python}\n#| label: fig-bad\n1 / 0\n```\n"
    document = read_document(write(tmp_path, "bad", text))
    with pytest.raises(
        ReportError, match=r"bad/report\.qmd:5: fig-bad failed: ZeroDivisionError: division by zero"
    ):
        execute([document])


def test_process_that_dies_is_told(tmp_path: Path) -> None:
    text = "---\ntitle: x\n---\n\n```{python}\nimport os\nos._exit(3)\n```\n"
    document = read_document(write(tmp_path, "bad", text))
    with pytest.raises(
        ReportError, match=r"bad/report\.qmd:5: chunk at line 5 failed: the Python process ended"
    ):
        execute([document])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("See @fig-none.", "fig-none refers to nothing"),
        ("See [@nobody1999].", "nobody1999"),
        ("::: {.callout-odd}\nx\n:::", "there is no callout-odd"),
        ("![](missing.png)", "missing.png"),
    ],
)
def test_page_with_a_loose_end_is_refused(tmp_path: Path, text: str, message: str) -> None:
    document = read_document(write(tmp_path, "loose", f"---\ntitle: x\n---\n\n{text}\n"))
    item = Executed(document, tuple(() for _ in document.cells))
    bibliography = tmp_path / "references.bib"
    bibliography.write_text(asset("references.bib"), encoding="utf-8")
    with pytest.raises(ReportError, match=message) as caught:
        render(item, compose(item).markdown, bibliography)
    assert "loose/report.qmd" in str(caught.value)


def test_two_chunks_of_one_label_are_refused(tmp_path: Path) -> None:
    chunk = "```{python}\n#| label: fig-a\n1\n```\n"
    document = read_document(write(tmp_path, "twice", f"---\ntitle: x\n---\n\n{chunk}\n{chunk}"))
    item = Executed(document, tuple(() for _ in document.cells))
    with pytest.raises(ReportError, match="label 'fig-a' stands twice"):
        compose(item)
