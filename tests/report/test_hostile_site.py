"""A site of records whose every text was written by a stranger: the tags and addresses stay ours."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.plots.forest import draw_forest
from metamsc.plots.save import write_figure
from metamsc.records.yaml_values import quick_values
from metamsc.report.build import build_site
from metamsc.report.outputs import write_outputs
from metamsc.tables.studies import studies_table
from tests.fuzz.pipeline import check_html, check_table

FREE = frozenset((
    "label", "title", "journal", "volume", "notes", "note", "description", "locator", "citation",
    "definition", "at_note", "comparator_detail", "background", "co_intervention", "name",
    "schedule", "route_detail", "url", "domain", "support", "reason", "extracted_by", "checked_by",
    "authors", "donor_species", "assessed_by", "by", "adjusted_for", "direction", "confirmed_by",
    "field",
))  # fmt: skip
"""Fields whose text is free; the others are words of a list, ids, units and numbers."""

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</td></tr></table><h1 onclick=x>x</h1><!-- <style>*{display:none}</style>",
    '=HYPERLINK("https://evil.example","x")',
    "@SUM(A1)|'][x](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "```{=html}\n<script>alert(2)</script>\n```\n\n::: {.x onclick=y}\n:::",
    "`<b onload=x>`{=html} $\\require{x}$ \\input{/etc/passwd} {{< include /etc/passwd >}} @cite [^1]",
    "javascript:alert(1)//https://x.example/\"onmouseover=\"alert(1)",
    "https://x.example/'><svg/onload=alert(1)>",
    "&lt;script&gt;alert(3)&lt;/script&gt; &#60;b&#62;",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0430\u0441\u0435 a\u0301\u0323\u0308 🩸",
    "${styles} $header %s {0} {result} __import__('os')",
    "x" * 20_000,
)  # fmt: skip


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and its addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, str]] = set()
        self.addresses: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {(tag, name) for name, _ in [*attrs, ("", None)]}
        self.addresses |= {str(value) for name, value in attrs if name in ("href", "src", "action", "data")}


def spoil(value: Any, texts: Iterator[str]) -> Any:
    """Put a hostile text in the place of every free one."""
    if isinstance(value, list):
        return [spoil(item, texts) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if key in FREE and isinstance(inner, str):
            found[key] = next(texts)
        elif key in FREE and isinstance(inner, list) and all(isinstance(item, str) for item in inner):
            found[key] = [next(texts) for _ in inner]
        else:
            found[key] = spoil(inner, texts)
    return found


def texts_from(first: int) -> Iterator[str]:
    number = first
    while True:
        yield HOSTILE[number % len(HOSTILE)]
        number += 1


def write_hostile(records: Path) -> None:
    """Spoil the records of a folder, each beginning with another text; they stay valid."""
    for number, file in enumerate(sorted(records.rglob("*.yml"))):
        values = quick_values(file.read_text(encoding="utf-8"))
        assert values is not None
        spoiled = spoil(values, texts_from(number))
        spoiled["sources"] = {
            key: source | {"note": "=1+1", "url": source.get("url", HOSTILE[6])}
            for key, source in spoiled["sources"].items()
        }
        file.write_text(json.dumps(spoiled, indent=1, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def hostile_project(small_project: Path) -> Path:
    write_hostile(small_project / "data" / "extractions")
    return small_project


def pages_of(project: Path) -> dict[str, str]:
    site = build_site(
        project / "build" / "site",
        analyses=project / "analyses",
        records=project / "data" / "extractions",
        route="embedded",
    )
    assert site.warnings == ()
    return {
        name: (site.folder / name).read_text(encoding="utf-8") for name in site.pages if name[-4:] == "html"
    }


def test_a_hostile_site_has_the_tags_of_the_shipped_one(hostile_project: Path, shipped_site: Path) -> None:
    for name, text in pages_of(hostile_project).items():
        hostile, harmless = Shape(text), Shape((shipped_site / name).read_text(encoding="utf-8"))
        assert hostile.tags <= harmless.tags, (name, hostile.tags - harmless.tags)
        for address in hostile.addresses - harmless.addresses:
            assert address.startswith(("https://", "http://", "#", "../", "./")), (name, address)
        assert "root:" not in text, name  # no file of this machine was included


def test_tables_and_files_of_a_hostile_result(hostile_project: Path, tmp_path: Path) -> None:
    studies = read_records(hostile_project / "data" / "extractions")
    result = run(read_spec(hostile_project / "analyses" / "hba1c"), studies)
    table = studies_table(result, record_link=lambda file, line: f"../records/{Path(file).stem}.html#L{line}")
    assert table.rows
    check_table(table)
    check_table(studies_table(result))
    check_html(table.to_html())
    written = write_outputs(result, tmp_path / "out", figures=False)
    assert all(file.parent == tmp_path / "out" for file in written)
    for file in written:
        if file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as stream:
                cells = [cell for line in csv.reader(stream) for cell in line]
            assert not [cell for cell in cells if re.match(r"[=@\t\r＝＠]|[+-].*[A-Za-z|!]", cell)], file.name


def test_the_forest_plot_of_a_hostile_result_holds_its_texts_as_texts(
    hostile_project: Path, tmp_path: Path
) -> None:
    studies = read_records(hostile_project / "data" / "extractions")
    result = run(read_spec(hostile_project / "analyses" / "hba1c"), studies)
    for file in write_figure(draw_forest(result), tmp_path / "forest", title=result.title):
        if file.suffix == ".svg":
            shape = Shape(file.read_text(encoding="utf-8"))
            assert not {tag for tag, _ in shape.tags} & {"script", "img", "foreignobject", "iframe"}
            assert not {name for _, name in shape.tags if name.startswith("on")}
