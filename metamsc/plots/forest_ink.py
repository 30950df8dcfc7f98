"""Texts and lines put on axes whose limits stand: the bytes of ``ax.text`` and ``ax.plot``, sooner.

A forest plot of 200 studies has some 4,000 artists. ``ax.plot`` and ``ax.add_patch`` work out data limits
that nothing asks for here, ``ax.text`` makes the font of each text anew, and matplotlib's collector walks all
artists again and again while more are made.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text

from metamsc.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Transform

_SHIFT = {"left": 0.0, "center": 0.5, "right": 1.0}
"""Share of its width that a text stands left of its place."""

_WIDTHS: WeakKeyDictionary[RendererBase, dict[tuple[str | float, ...], float]] = WeakKeyDictionary()


class _Line(Text):
    """One level line of text on its baseline, drawn without the layout of paragraphs.

    Whatever else a caller makes of it (turned, boxed, on several lines) matplotlib draws.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw the text at its place."""
        if not self._is_plain():
            super().draw(renderer)
            return
        renderer.open_group("text", self.get_gid())
        words, font = self.get_text(), self.get_fontproperties()
        x, y = (float(value) for value in self.get_transform().transform(self.get_position()))
        share = _SHIFT[self.get_horizontalalignment()]
        if share:
            x += 0.0 - share * _width(renderer, words, font)
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        ink = renderer.new_gc()
        ink.set_foreground(to_rgba(self.get_color()), isRGBA=True)
        ink.set_antialiased(self.get_antialiased())
        renderer.draw_text(ink, x, y, words, font, 0.0, ismath=False, mtext=self)
        ink.restore()
        renderer.close_group("text")
        self.stale = False

    def set_clip_path(self, path: Any, transform: Transform | None = None) -> None:
        """Take a clip path only where text is clipped at all; axes give one to every artist."""
        if self.get_clip_on():
            super().set_clip_path(path, transform)

    def _is_plain(self) -> bool:
        """Say whether nothing was changed that the short way does not draw."""
        return (
            self.get_visible()
            and bool(self.get_text())
            and "\n" not in self.get_text()
            and self.get_rotation() == 0.0
            and self.get_verticalalignment() == "baseline"
            and self.get_bbox_patch() is None
            and self.get_alpha() is None
            and not (self.get_clip_on() or self.get_path_effects() or self.get_url())
            and not (self.get_usetex() or self.get_parse_math() or self.get_rasterized())
        )


def _width(renderer: RendererBase, words: str, font: FontProperties) -> float:
    """Return the width of a line in pixels; one renderer measures the same words once."""
    known = _WIDTHS.setdefault(renderer, {})
    key = (words, font.get_size_in_points(), font.get_weight(), *font.get_family())
    if key not in known:
        known[key] = renderer.get_text_width_height_descent(words, font, False)[0]
    return known[key]


@lru_cache(maxsize=256)
def _font(families: tuple[str, ...], size: float, bold: bool) -> FontProperties:
    weight = "bold" if bold else "normal"
    return FontProperties(family=list(families), size=size, weight=weight, style="normal")


def put_text(
    ax: Axes,
    place: tuple[float, float],
    text: str,
    gid: str,
    *,
    align: str,
    size: float,
    bold: bool,
    color: str,
) -> None:
    """Write one line with its baseline at `place`."""
    line = _Line(
        *place,
        text,
        color=color,
        fontproperties=_font(style.families(text), size, bold),
        horizontalalignment=align,  # type: ignore[arg-type]  # one of three words
        verticalalignment="baseline",
        linespacing=style.LINE_SPACING,
        parse_math=False,
        usetex=False,
        clip_on=False,
        gid=gid,
    )
    ax.add_artist(line)


def put_line(
    ax: Axes, xs: Sequence[float], ys: Sequence[float], *, marker: str | int = "", **options: Any
) -> None:
    """Draw a line, or marks; keywords as for :class:`matplotlib.lines.Line2D`."""
    ax.add_artist(Line2D(xs, ys, marker=marker, **options))  # type: ignore[arg-type]  # stubs lack the carets


@contextmanager
def many_artists() -> Iterator[None]:
    """Let the collector wait while a figure is made: what is made stays alive until the figure is gone."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
