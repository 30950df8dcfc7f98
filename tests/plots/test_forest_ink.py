"""Texts and lines drawn the short way are what matplotlib draws the long way."""

from __future__ import annotations

import gc

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from metamsc.plots.forest_ink import many_artists, put_line, put_text
from metamsc.plots.save import FORMATS, figure_bytes
from metamsc.plots.style import bare_figure, text_style

WORDS = (("left", "Cai 2016 †"), ("right", "−1.30 [−1.88, −0.72]"), ("center", "β² (95% CI)"))


def figure_with(short: bool) -> Figure:
    figure = bare_figure(200.0, 60.0)
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    ax.set_xlim(0.0, 200.0)
    ax.set_ylim(0.0, 60.0)
    for number, (align, words) in enumerate(WORDS):
        place, bold = (95.3, 10.7 + 15.0 * number), number == 1
        if short:
            put_text(ax, place, words, f"t{number}", align=align, size=7.5, bold=bold, color="#123456")
        else:
            style = text_style(words, size=7.5, bold=bold, color="#123456")
            ax.text(*place, words, ha=align, va="baseline", gid=f"t{number}", clip_on=False, **style)
    if short:
        put_line(ax, [10.0, 90.0], [5.0, 5.0], color="#654321", linewidth=0.9, linestyle="-", gid="line")
    else:
        ax.plot(
            [10.0, 90.0], [5.0, 5.0], color="#654321", linewidth=0.9, linestyle="-", marker="", gid="line"
        )
    return figure


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_bytes(kind: str) -> None:
    assert figure_bytes(figure_with(True), kind) == figure_bytes(figure_with(False), kind)


def test_a_text_that_is_changed_is_drawn_as_changed() -> None:
    both = []
    for short in (True, False):
        figure = figure_with(short)
        (text,) = [found for found in figure.findobj(Text) if found.get_gid() == "t1"]
        assert isinstance(text, Text)
        text.set_rotation(30.0)
        text.set_text("two\nlines")
        both.append(figure_bytes(figure, "png"))
    assert both[0] == both[1]
    assert both[0] != figure_bytes(figure_with(True), "png")


def test_the_collector_comes_back() -> None:
    def fail() -> None:
        with many_artists():
            assert not gc.isenabled()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert gc.isenabled()
