"""What holds for every figure: each artist has a name, words are words, the same bytes in any process."""

import hashlib
import os
import re
import subprocess
import sys
from functools import lru_cache
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

import pytest
from matplotlib.artist import Artist
from matplotlib.text import Text

from metamsc.plots.save import figure_bytes
from metamsc.plots.style import bare_figure
from metamsc.report.plot_kinds import KINDS
from tests.plots.every_kind import ROOT, draw_shipped

RAW = re.compile(r"\b(T1D|T2D|T3c|tau2|I2|[a-z]+_[a-z]+|umbilical-cord|bone-marrow|wharton-jelly)\b")
"""What stands in results and plans, and never in a figure."""
DRAWN_BY = {
    "forest": "forest.draw_forest", "funnel": "funnel.draw_funnel", "filled-funnel": "funnel.draw_funnel",
    "orchard": "orchard.draw_orchard", "caterpillar": "caterpillar.draw_caterpillar",
    "bubble": "bubble.draw_bubble", "coefficients": "coefficients.draw_coefficients",
    "dose-response": "dose_response.draw_dose_response", "sensitivity": "sensitivity.draw_sensitivity",
    "leave-one-out": "refits.draw_refits", "cumulative": "refits.draw_refits",
    "influence": "influence.draw_influence", "baujat": "points.draw_baujat", "radial": "points.draw_radial",
    "labbe": "points.draw_labbe", "drapery": "drapery.draw_drapery", "gosh": "gosh.draw_gosh",
    "specification": "specification.draw_specification",
    "traffic-light": "risk_of_bias.draw_traffic_light", "rob-summary": "risk_of_bias.draw_rob_summary",
    "flow": "prisma_flow.draw_flow", "evidence-map": "evidence_map.draw_evidence_map",
    "translation": "translation.draw_translation",
}  # fmt: skip
"""Name of each figure -> its function in metamsc.plots."""
TITLED = ("forest", "funnel", "filled-funnel", "orchard", "caterpillar", "sensitivity", "specification")
"""Figures that take their title from the result: `title` says whether."""


drawn = lru_cache(maxsize=len(KINDS))(draw_shipped)


@pytest.mark.parametrize("kind", KINDS)
def test_every_artist_has_a_name(kind: str) -> None:
    artists = [
        artist
        for page in drawn(kind).axes
        for ax in (page, *page.child_axes)
        for artist in (*ax.lines, *ax.patches, *ax.collections, *ax.texts)
        if artist.get_visible()
    ]
    assert artists
    assert [str(artist) for artist in artists if not artist.get_gid()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_words(kind: str) -> None:
    texts = {text.get_text() for text in drawn(kind).findobj(Text)}
    assert sorted(text for text in texts if RAW.search(text)) == []


DRAW = """
import hashlib, sys
from tests.plots.test_every_figure import drawn, digest
for kind in sys.argv[1:]:
    print(digest(kind))
"""


def digest(kind: str) -> str:
    """Return what the bytes of the SVG add up to."""
    return hashlib.sha256(figure_bytes(drawn(kind), "svg")).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_can_be_drawn_on_given_axes(kind: str) -> None:
    figure = bare_figure(900.0, 700.0)
    ax = figure.add_axes((0.3, 0.2, 0.4, 0.7))
    name = f"metamsc.plots.{DRAWN_BY[kind]}"
    draw = resolve_name(name.rpartition(".")[0] + ":" + name.rpartition(".")[2])

    def on_mine(*arguments: Any, **options: Any) -> Any:
        return draw(*arguments, ax=ax, **{**options, "title": False if kind in TITLED else "not written"})

    with patch(name, on_mine):
        assert draw_shipped(kind) is figure
    assert figure.texts == []  # titles and captions are its owner's
    assert [one for one in figure.findobj(Artist) if one.get_gid()]
    assert 72.0 * figure.get_figwidth() == pytest.approx(900.0, rel=1e-12)


def test_another_process_writes_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAW, *KINDS],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        check=True,
    )
    assert done.stdout.split() == [digest(kind) for kind in KINDS]
