"""What a reader would call a fault: texts on one another, or cut off by the edge."""

from __future__ import annotations

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOUCH = 0.6
"""Pixels two boxes may share: rounding of glyphs to pixels, invisible."""
SHARED_HEIGHT = 0.15
"""Boxes have room for accents above and for descenders below; lines that share only that do not touch."""


def shown_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text drawn on the figure with its box in pixels."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    hidden = {
        id(text)
        for ax in figure.axes
        if not ax.axison
        for axis in (ax.xaxis, ax.yaxis)
        for text in axis.findobj(Text)
    }
    found = []
    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        if artist.get_visible() and artist.get_text().strip() and id(artist) not in hidden:
            found.append((artist.get_text(), artist.get_window_extent(renderer)))
    return found


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that stand on one another."""
    pairs = []
    boxes = sorted(shown_texts(figure), key=lambda item: item[1].y0)
    for (first, a), (second, b) in combinations(boxes, 2):
        if b.y0 > a.y1:
            continue
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > TOUCH and down > SHARED_HEIGHT * min(a.height, b.height):
            pairs.append((first, second))
    return pairs


def cut_off(figure: Figure) -> list[str]:
    """Texts that reach beyond the figure."""
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text
        for text, box in shown_texts(figure)
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]


def on_graphic(figure: Figure) -> list[str]:
    """Texts beside the graphic of a forest plot that reach into it, where they would hide marks."""
    graphic = next(inset for ax in figure.axes for inset in ax.child_axes if inset.get_gid() == "graphic")
    own = {id(text) for text in graphic.findobj(Text)}
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    room = graphic.get_window_extent(renderer)
    found = []
    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        if id(artist) in own or not artist.get_gid() or not artist.get_text().strip():
            continue
        box = artist.get_window_extent(renderer)
        across = min(box.x1, room.x1) - max(box.x0, room.x0)
        down = min(box.y1, room.y1) - max(box.y0, room.y0)
        if across > TOUCH and down > SHARED_HEIGHT * box.height:
            found.append(artist.get_text())
    return found
