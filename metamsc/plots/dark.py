"""The dark look: a drawn figure with every colour replaced by its counterpart on a dark page.

Colours of :mod:`metamsc.plots.style` have chosen counterparts; any other keeps its hue and swaps light for
dark. One function for every figure, so that no drawing function has to know two palettes.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colors
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from metamsc.plots import style
from metamsc.plots.preset_palette import DARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE = DARK.background
COUNTERPARTS = {
    "#FFFFFF": PAGE,
    style.INK: DARK.ink,
    style.SOFT: DARK.soft,
    style.RULE: DARK.rule,
    style.FAINT: "#4B535C",
    style.BAND: DARK.band,
    style.STUDY: DARK.study,
    style.POOLED: DARK.pooled,
    style.PREDICTION: DARK.prediction,
    style.MID: DARK.mid,
    **{light: dark for (_, light), (_, dark) in zip(style.SERIES[1:], DARK.series, strict=True)},
}
"""Colour on white -> colour on the dark page."""
KEPT = "rob:"
"""Artists whose `gid` begins so keep their colours: those of the risk-of-bias tools mean something."""


def darken(drawn: Axes | Figure) -> None:
    """Give a drawn figure the dark look, in place.

    Parameters
    ----------
    drawn : Axes or Figure
        What a ``draw_`` function returned; the whole figure is changed, colour maps too.
        A second call would turn the figure light again, in part.
    """
    figure = drawn.get_figure(root=True)
    if figure is None:
        return
    figure.set_facecolor(PAGE)
    for ax in figure.axes:
        ax.tick_params(which="both", color=_dark(style.INK), labelcolor=_dark(style.INK))
        if colors.to_rgba(ax.get_facecolor())[3] > 0.0:
            ax.set_facecolor(_dark(ax.get_facecolor()))
    skip = {id(figure.patch), *(id(ax.patch) for ax in figure.axes)}
    skip |= {
        id(label) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels()
    }
    for artist in figure.findobj():
        if id(artist) not in skip and not str(artist.get_gid() or "").startswith(KEPT):
            _recolour(artist)


def _recolour(artist: Artist) -> None:
    if isinstance(artist, Text):
        artist.set_color(_dark(artist.get_color()))
    elif isinstance(artist, Line2D):
        # all three are read first: a marker without a colour of its own follows the line's
        line, face, edge = artist.get_color(), artist.get_markerfacecolor(), artist.get_markeredgecolor()
        artist.set_color(_dark(line))
        artist.set_markerfacecolor(_dark(face))
        artist.set_markeredgecolor(_dark(edge))
    elif isinstance(artist, Patch):
        face, edge = artist.get_facecolor(), artist.get_edgecolor()
        artist.set_facecolor(_dark(face))
        artist.set_edgecolor(_dark(edge))
    elif isinstance(artist, Collection) and artist.get_array() is not None:
        shades = artist.get_cmap()
        artist.set_cmap(ListedColormap([_dark(shades(step / 255.0)) for step in range(256)]))
    elif isinstance(artist, Collection):
        faces, edges = np.asarray(artist.get_facecolor()), np.asarray(artist.get_edgecolor())
        artist.set_facecolor(_each(faces))
        artist.set_edgecolor(_each(edges))


def _each(found: Iterable[Any]) -> list[tuple[float, float, float, float]]:
    return [_dark(color) for color in found]


def _dark(color: Any) -> tuple[float, float, float, float]:
    """Return the counterpart of a colour, its transparency kept; "none" stays nothing."""
    if isinstance(color, str) and color == "none":
        return (0.0, 0.0, 0.0, 0.0)
    red, green, blue, alpha = colors.to_rgba(color)
    known = _KNOWN.get(colors.to_hex((red, green, blue)).upper())
    if known is not None:
        return colors.to_rgba(known, alpha)
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    return (*colorsys.hls_to_rgb(hue, 0.08 + 0.86 * (1.0 - light), saturation), alpha)


_KNOWN = {name.upper(): dark for name, dark in COUNTERPARTS.items()}
