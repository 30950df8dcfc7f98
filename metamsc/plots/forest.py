"""Drawing of a forest plot: :func:`forest_layout` says what, :func:`forest_geometry` where; this draws.

Every artist has a `gid`: ``est:<row id>``, ``ci:<row id>``, ``diamond:<stratum>``, ``pi:<stratum>``,
``density:<stratum>``, ``other:<model>:<kind>:<row>``, ``rob:<row>:<domain>``, ``arrow-low:<name>``,
``null``, ``mid:<n>``, ``text:<row key>:<column>``, so that a figure can be read back and each mark in an SVG
can be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style
from metamsc.plots.column import ticks_within
from metamsc.plots.forest_geometry import LINE_PAD, ROW, ForestGeometry, forest_geometry, line_step
from metamsc.plots.forest_ink import put_line
from metamsc.plots.forest_layout import forest_layout
from metamsc.plots.forest_marks import Brush, draw_effect
from metamsc.plots.forest_measure import Measured
from metamsc.plots.forest_models import Models
from metamsc.plots.forest_page import Page, draw_below, draw_cells, draw_headings
from metamsc.plots.forest_rows import ForestLayout
from metamsc.plots.forest_width import layout_within, width_scale
from metamsc.plots.preset import ForestPreset, forest_preset
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult
    from metamsc.plots.judgements import RobProfile

__all__ = ["draw_forest", "draw_layout", "forest_layout"]


def draw_forest(
    result: AnalysisResult,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
    arm_columns: bool = True,
    title: bool = True,
    preset: str | ForestPreset = "plain",
    rob: Mapping[str, RobProfile] | None = None,
    models: Models | None = None,
) -> Axes:
    """Draw the forest plot of an analysis.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw: the axes become the frame of the whole plot, and everything is scaled down if it
        would not fit into them. Default: a new figure of the size the plot needs.
    limits : (low, high), optional
        Ends of the effect axis as shown (ratios as ratios); intervals beyond end in arrows.
    arm_columns : bool
        Show what each arm reported.
    title : bool
        Put the title of the analysis above the figure.
    preset : str or ForestPreset
        "plain", "bmj", "revman", "jama", or what :func:`~metamsc.plots.preset.forest_preset` returns:
        columns, order, dark, how prediction intervals are drawn, the width of a journal's column (given axes
        decide instead of it).
    rob : mapping of str to RobProfile, optional
        Risk of bias by study id, from :func:`~metamsc.plots.judgements.profiles_of`: a disc per domain.
        Default: the judgements that the result carries; {} shows none.
    models : sequence of str or mapping of str to AnalysisResult, optional
        Further models in each row: names of sensitivity analyses of the result, or other results by the
        name that the legend gives them.

    Returns
    -------
    Axes
        Of the graphic: x is the analysis scale (logarithms for ratios), y the row heights of the layout.
        The figure is its ``.figure``; nothing is shown or saved.

    Raises
    ------
    InputError
        If there is no row to draw, `limits` does not fit, a model is on another scale, or the width of the
        preset cannot hold names, graphic and estimates in type that can be read.
    OptionError
        If there is no such preset, column, order or model.
    """

    def make(chosen: ForestPreset) -> ForestLayout:
        return forest_layout(
            result, limits=limits, arm_columns=arm_columns, title=title, preset=chosen, rob=rob, models=models
        )

    chosen = forest_preset(preset) if isinstance(preset, str) else preset
    layout = make(chosen) if chosen.width is None or ax is not None else layout_within(make, chosen)
    return draw_layout(layout, ax=ax)


def draw_layout(
    layout: ForestLayout,
    *,
    ax: Axes | None = None,
    measured: Measured | None = None,
    height: float | None = None,
) -> Axes:
    """Draw a layout, on the given axes or in a new figure; return the axes of the graphic.

    `measured` are the widths of the columns and `height` the points of the figure, where the layout is one
    page of several that share them; a page that needs more is higher.
    """
    palette = layout.preset.palette
    if ax is None:
        geometry = forest_geometry(layout, measured=measured)
        height = max(height or 0.0, geometry.height)
        scale = width_scale(layout)
        geometry = _filled(layout, geometry, scale)
        figure = style.bare_figure(scale * geometry.width, scale * height)
        figure.set_facecolor(palette.background)
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        page = Page(ax, layout, geometry, geometry.width, height, scale)
    else:
        page = _fit(layout, ax)
    ax.set_axis_off()
    ax.set_xlim(0.0, page.width)
    ax.set_ylim(page.height, 0.0)
    ax.set_gid("forest")
    page.draw_background()
    draw_headings(page)
    graphic = _graphic_axes(page)
    brush = Brush(palette, page.scale, line_step(), layout.counts)
    for row in layout.rows:
        draw_cells(page, row)
        draw_effect(graphic, layout.axis, row, brush)
    draw_below(page)
    return graphic


def _filled(layout: ForestLayout, geometry: ForestGeometry, scale: float) -> ForestGeometry:
    """Return the geometry with a graphic that takes what is left of the width of the preset."""
    if layout.preset.width is None or scale < 1.0:
        return geometry
    return forest_geometry(layout, layout.preset.width * POINTS_PER_MM)


def _fit(layout: ForestLayout, ax: Axes) -> Page:
    """Fit a layout into given axes: smaller if it must be, with a wider graphic if there is room."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax belongs to no figure (was it removed?); give axes of a figure.")
    box = ax.get_window_extent()
    width, height = box.width * 72.0 / figure.dpi, box.height * 72.0 / figure.dpi
    natural = forest_geometry(layout)
    scale = min(width / natural.width, height / natural.height, 1.0)
    geometry = forest_geometry(layout, width / scale)
    scale = min(scale, height / geometry.height)
    return Page(ax, layout, geometry, width / scale, height / scale, scale)


def _graphic_axes(page: Page) -> Axes:
    """Make the axes of the graphic: effects across, row heights down."""
    geometry, layout, palette = page.geometry, page.layout, page.palette
    axis = layout.axis
    left, right = geometry.graphic
    top, bottom = geometry.rows_top - LINE_PAD, geometry.rows_bottom
    graphic = page.ax.inset_axes(
        (
            left / page.width,
            1.0 - bottom / page.height,
            (right - left) / page.width,
            (bottom - top) / page.height,
        )
    )
    style.quiet_axes(graphic, scale=page.scale)
    graphic.spines["bottom"].set_color(palette.ink)
    graphic.tick_params(axis="both", which="both", color=palette.ink, labelcolor=palette.ink)
    graphic.set_gid("graphic")
    pad = LINE_PAD / ROW
    graphic.set_xlim(axis.low, axis.high)
    graphic.set_ylim(layout.height + pad, -pad)
    graphic.set_yticks([])
    graphic.set_xticks(*ticks_within(Limits(axis.low, axis.high), right - left, ratio=axis.ratio))
    graphic.minorticks_off()
    lines: list[tuple[str, float, str | tuple[float, tuple[float, ...]], str]] = [
        ("null", axis.null, "-", palette.rule)
    ]
    lines += [
        (f"mid:{number}", value, (0.0, (1.0, 1.6)), palette.mid) for number, value in enumerate(axis.mid, 1)
    ]
    for gid, value, dashes, color in lines:
        if axis.shows(value):
            put_line(
                graphic, [value, value], [-pad, layout.height + pad], color=color, linestyle=dashes,
                linewidth=0.8 * page.scale, zorder=0, gid=gid,
            )  # fmt: skip
    return graphic
