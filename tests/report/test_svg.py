"""A figure inside a page: ids of its own, a name, nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import EffectRow
from metamsc.report.page import show_forest
from metamsc.report.shown import Figure, Prose
from metamsc.report.svg import inline_svg

SVG = """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "x" "http://y">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="200.5pt" height="100pt" viewBox="0 0 200 100">
 <title>Forest &amp; plot</title>
 <metadata><rdf>http://z</rdf></metadata>
 <!-- words -->
 <defs><clipPath id="p1"><rect/></clipPath></defs>
 <g id="a" clip-path="url(#p1)"><use xlink:href="#p1"/></g>
</svg>
"""


def test_ids_and_references_get_the_prefix() -> None:
    text = inline_svg(SVG, "fig-forest")
    assert 'id="fig-forest-p1"' in text
    assert "url(#fig-forest-p1)" in text
    assert 'xlink:href="#fig-forest-p1"' in text
    assert not re.search(r'(id="|#)(p1|a)\b', text)


def test_name_and_size_for_the_page() -> None:
    text = inline_svg(SVG, "f")
    assert text.startswith("<svg ")
    assert 'role="img" aria-label="Forest &amp; plot"' in text
    assert "--mm-width:200" in text
    assert 'width="' not in text.split(">")[0]
    assert "<title>" not in text
    assert "metadata" not in text
    assert "<!--" not in text


def test_alt_text_given_wins() -> None:
    assert 'aria-label="Mine &lt;&gt;"' in inline_svg(SVG, "f", "Mine <>")


@pytest.mark.parametrize("text", ["", "<html></html>"])
def test_no_svg_gives_nothing(text: str) -> None:
    assert inline_svg(text, "f") == ""


def test_a_drawn_figure_stays_well_formed(
    make_result: Callable[..., AnalysisResult], make_row: Callable[..., EffectRow]
) -> None:
    result = make_result([make_row("A 2014", "T1D", -1.0, 0.04), make_row("B 2015", "T1D", -0.2, 0.09)])
    figure = show_forest(result)
    assert isinstance(figure, Figure)
    text = inline_svg(figure.svg, "fig-forest")
    root = ET.fromstring(text)  # noqa: S314 - our own figure
    assert "1" in root.attrib["aria-label"]
    assert "HbA1c was" in root.attrib["aria-label"]
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert ids
    assert all(name.startswith("fig-forest-") for name in ids)
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'xlink:href="#([^"]+)"', text))
    assert used <= set(ids)


def test_nothing_to_draw_is_said(make_result: Callable[..., AnalysisResult]) -> None:
    assert isinstance(show_forest(make_result([])), Prose)
