"""The one call of the ``forestplot`` package, and the guards around what it does to the process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from metamsc.plots import column, page, style
from metamsc.plots.ticks import Limits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SQUARE_AREA = 17.0
"""Of the mark of an estimate, in points²."""


def call_forestplot(
    frame: pd.DataFrame, ax: Axes, limits: Limits, *, ratio: bool, null: float, size: float = style.SIZE
) -> None:
    """Let forestplot draw rows on given axes.

    Parameters
    ----------
    frame : DataFrame
        Columns ``row`` (no text twice), ``group``, ``estimate``, ``low``, ``high`` and ``effect``, the text
        on the right; ratios as logarithms.
    ax : Axes
    limits : Limits
        Ends of the axis.
    ratio : bool
        Whether ticks are written as ratios.
    null : float
        Where the reference line stands.
    size : float
        Of the type, in points.
    """
    ticks, labels = column.ticks_within(limits, page.size_of(ax)[0], ratio=ratio, size=size)
    with guarded():
        import forestplot

        forestplot.forestplot(
            frame,
            estimate="estimate",
            ll="low",
            hl="high",
            varlabel="row",
            groupvar="group",
            rightannote=["effect"],
            right_annoteheaders=["effect"],
            form_ci_report=False,
            ci_report=False,
            capitalize=None,
            color_alt_rows=True,
            xline=null,
            xlinecolor=style.RULE,
            xticks=list(ticks),
            xticklabels=list(labels),
            xlabel="",
            fontfamily=style.FONT,
            fontsize=size,
            xlabel_size=size,
            xtick_size=size,
            linecolor=style.INK,
            lw=0.9,
            marker="s",
            markersize=SQUARE_AREA,
            markercolor=style.STUDY,
            markeralpha=1.0,
            ax=ax,
        )


@contextmanager
def guarded() -> Iterator[None]:
    """Keep what forestplot does to the process inside: numpy, warnings, rcParams, pyplot's figures."""
    import numpy as np

    number = max(Gcf.figs, default=0) + 1
    with np.errstate(), warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("ignore")
        # It asks pyplot for "the current figure" to measure text; without one, pyplot would start a
        # window system. A figure of our own stands there meanwhile.
        stand_in = FigureManagerBase(FigureCanvasAgg(Figure()), number)
        Gcf.set_active(stand_in)
        try:
            yield
        finally:
            Gcf.figs.pop(number, None)
