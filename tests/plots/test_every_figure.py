"""What holds for every figure: each artist has a name, words are words, the same bytes in any process."""

import hashlib
import os
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.checks.read import read_records
from metamsc.plots.save import figure_bytes
from metamsc.report.plot_kinds import KINDS, PlotRequest, draw_kind

ROOT = Path(__file__).parents[2]
BCG, PLAN, PLANS = "examples/bcg.csv", "analyses/hba1c", "analyses"
SOURCES = {
    "dose-response": PLAN, "sensitivity": PLAN, "traffic-light": PLAN, "rob-summary": PLAN, "flow": PLAN,
    "orchard": PLAN, "funnel": PLAN, "evidence-map": PLANS, "translation": PLANS,
}  # fmt: skip
"""What each kind is drawn of here; the others of the CSV."""
OTHERS = ("forest", "leave-one-out", "cumulative", "specification")
"""Kinds whose names are tested with their own layouts."""
OURS = tuple(kind for kind in KINDS if kind not in OTHERS)
RAW = re.compile(r"\b(T1D|T2D|T3c|tau2|I2|[a-z]+_[a-z]+|umbilical-cord|bone-marrow|wharton-jelly)\b")
"""What stands in results and plans, and never in a figure."""
REPEATED = ("funnel", "caterpillar", "labbe", "gosh", "influence", "bubble", "coefficients")


read_once = lru_cache(maxsize=1)(read_records)


@lru_cache(maxsize=len(KINDS))
def drawn(kind: str) -> Figure:
    flags = {"mods": "ablat + alloc"} if kind in ("bubble", "coefficients") else {}
    source = ROOT / SOURCES.get(kind, BCG)
    request = PlotRequest(source=source, records=str(ROOT / "data/extractions"), flags=flags)
    with patch("metamsc.checks.read.read_records", read_once):  # reading takes longer than drawing
        figure = draw_kind(kind, request).get_figure(root=True)
    assert figure is not None
    return figure


@pytest.mark.parametrize("kind", OURS)
def test_every_artist_has_a_name(kind: str) -> None:
    artists = [
        artist
        for ax in drawn(kind).axes
        for artist in (*ax.lines, *ax.patches, *ax.collections, *ax.texts)
        if artist.get_visible()
    ]
    assert artists
    assert [str(artist) for artist in artists if not artist.get_gid()] == []


@pytest.mark.parametrize("kind", OURS)
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


def test_another_process_writes_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAW, *REPEATED],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        check=True,
    )
    assert done.stdout.split() == [digest(kind) for kind in REPEATED]
