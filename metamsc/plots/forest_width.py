"""A forest plot as wide as a column of a journal: columns are left out until its type can be read. Pure.

Type is made smaller, to 6 points and no further. What still does not fit is left out in a fixed order, and a
footnote says so; numbers, rows and marks stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metamsc.errors import InputError
from metamsc.plots.forest_geometry import forest_geometry
from metamsc.plots.forest_rows import ForestLayout
from metamsc.plots.preset import ForestPreset
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.style import SMALL, SMALLEST

_LEAST_SCALE = SMALLEST / SMALL
_LEFT_OUT = ((), ("weight",), ("arms",), ("weight", "arms"), ("weight", "arms", "rob"))
"""What goes first where there is no room for all."""
_NAMES = {"weight": "weights", "arms": "what each arm reported", "rob": "risk of bias"}


def width_scale(layout: ForestLayout) -> float:
    """Return the factor that brings a layout to the width of its preset, 1 where it has room."""
    width = layout.preset.width
    return 1.0 if width is None else min(width * POINTS_PER_MM / forest_geometry(layout).width, 1.0)


def layout_within(make: Callable[[ForestPreset], ForestLayout], preset: ForestPreset) -> ForestLayout:
    """Return the layout with the most columns that the width of the preset holds in readable type.

    Parameters
    ----------
    make : callable
        Lays the figure out by a preset.
    preset : ForestPreset

    Raises
    ------
    InputError
        If not even names, graphic and estimates fit.
    """
    layout = make(preset)
    for left_out in _LEFT_OUT:
        shown = [name for name in left_out if name in (*preset.left, *preset.right)]
        if left_out:
            layout = make(
                replace(
                    preset,
                    left=tuple(column for column in preset.left if column not in left_out),
                    right=tuple(column for column in preset.right if column not in left_out),
                )
            )
        if width_scale(layout) >= _LEAST_SCALE:
            told = (
                f"Not shown for want of room: {', '.join(_NAMES[name] for name in shown)}." if shown else ""
            )
            return replace(layout, footer=(*layout.footer, told)) if told else layout
    needed = forest_geometry(layout).width * _LEAST_SCALE / POINTS_PER_MM
    raise InputError(
        f"a figure {preset.width:g} mm wide cannot hold these columns in type of {SMALLEST:g} points: give "
        f"{needed:.0f} mm or more, or fewer columns."
    )
